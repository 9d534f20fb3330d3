//! What is known of a session that was played: what the person and the app said and did, what was shown, what truly
//! flowed, and what is kept. The judge looks at nothing else.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use lumbra::store::{Command, PainEntry, PostureCounts, Session};
use lumbra::{LinkState, OutcomeName, PhaseName, Snapshot};
use lumbra_wearable::{FaultPlan, Flow, Lie, Taken, Turn};
use tokio::time::Instant;

use super::moves::{Act, Wish};

/// What was shown, as far as it is judged.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as the snapshot has them")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) link: LinkState,
    pub(crate) phase: PhaseName,
    pub(crate) certain: bool,
    /// In 0.1 mA, each channel: target, delivered.
    pub(crate) channels_dma: Vec<(f64, f64)>,
    pub(crate) session: bool,
    pub(crate) pending: bool,
    pub(crate) unknown: bool,
    pub(crate) posture_frames: u64,
    pub(crate) posture_lost: u64,
}

impl From<&Snapshot> for Shown {
    fn from(snapshot: &Snapshot) -> Self {
        let channels = snapshot.channels.iter();
        Self {
            link: snapshot.link,
            phase: snapshot.phase,
            certain: snapshot.certain,
            channels_dma: channels.map(|channel| (channel.target_ma * 10.0, channel.delivered_ma * 10.0)).collect(),
            session: snapshot.session.is_some(),
            pending: snapshot.pending.is_some(),
            unknown: snapshot.pending_unknown,
            posture_frames: snapshot.posture.map_or(0, |posture| posture.frames),
            posture_lost: snapshot.posture.map_or(0, |posture| posture.lost_frames),
        }
    }
}

/// What the app answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// A command's outcome, and its identity in the audit.
    Command { outcome: OutcomeName, command: Identity },
    /// It did not even try, or failed; by kind.
    Not(&'static str),
    /// The pain entry is kept.
    Pain(Identity),
    /// Whatever was asked is done.
    Done,
    /// The person's call was dropped, or the app died on it.
    Gone,
    /// There was no answer in two minutes.
    Hung,
}

/// A random name: it differs each time a session is played, so it is not told.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Identity(pub(crate) String);

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("..")
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A move.
    Moved(Act),
    /// The app was asked for something. For an intensity, the targets in 0.1 mA.
    Asked { op: u32, wish: Wish, targets_dma: Option<Vec<u16>> },
    /// The app answered.
    Answered { op: u32, answer: Answer },
    /// The app shows something else.
    Shown(Shown),
    /// The app told an event.
    Told(&'static str),
    /// The app has died.
    Killed,
    /// The app was closed properly.
    Closed,
    /// The app was opened.
    Opened,
    /// The air is like this now.
    Air(FaultPlan),
    /// The status lies so now.
    Lying(Option<Lie>),
    /// The moves are over: everything is put right, and must settle.
    Over,
    /// After a minute of a working link.
    Settled { linked: bool, open: bool },
}

/// One thing that happened, and when.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Milliseconds since the session began.
    pub(crate) at_ms: u64,
    pub(crate) what: What,
}

/// Where everybody writes down what happens.
#[derive(Clone)]
pub(crate) struct Log {
    origin: Instant,
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Log {
    pub(crate) fn new(origin: Instant) -> Self {
        Self { origin, entries: Arc::default() }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn add(&self, what: What) {
        let entry = Entry { at_ms: self.now_ms(), what };
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    pub(crate) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut *self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the database holds at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) commands: Vec<Command>,
    pub(crate) open_commands: usize,
    pub(crate) sessions: Vec<Session>,
    pub(crate) pain: Vec<PainEntry>,
    pub(crate) posture: PostureCounts,
    /// The numbers of the wearable's records, in order.
    pub(crate) records: Vec<u32>,
    /// What counts as stimulated, in seconds.
    pub(crate) stimulated_s: u64,
    /// Whether a damaged database was set aside.
    pub(crate) set_aside: bool,
}

/// Everything.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) entries: Vec<Entry>,
    pub(crate) flows: Vec<Flow>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) taken: Vec<Taken>,
    /// Stimulated time, in milliseconds, as the wearable's output had it.
    pub(crate) stimulated_ms: u64,
    /// The wearable's highest current, in 0.1 mA.
    pub(crate) device_max_dma: u16,
    /// The wearable's highest charge of a phase, in 0.1 uC.
    pub(crate) device_max_charge_duc: u16,
    pub(crate) clinician_cap_dma: Option<u16>,
    /// Half a round trip, in milliseconds.
    pub(crate) trip_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) kept: Kept,
    pub(crate) panics: Vec<String>,
}

impl Evidence {
    /// What happened, readable, the same each time the session is played.
    pub(crate) fn trace(&self) -> Vec<String> {
        let mut lines: Vec<(u64, u8, String)> = Vec::new();
        for entry in &self.entries {
            lines.push((entry.at_ms, 0, format!("app   {:?}", entry.what)));
        }
        for turn in &self.turns {
            let line = format!("world {:?} {:?} linked {}", turn.state, turn.reason, turn.linked);
            lines.push((turn.at_ms, 1, line));
        }
        for taken in &self.taken {
            let name = format!("{:?}", taken.command);
            let name = name.split([' ', '{']).next().unwrap_or_default().to_owned();
            let targets = match taken.command {
                lumbra_protocol::Command::SetIntensity { targets_dma, .. } => format!(" {:?}", targets_dma.as_slice()),
                _ => String::new(),
            };
            let line = format!("world took {} {name}{targets}: {:?}", taken.sequence.get(), taken.result);
            lines.push((taken.at_ms, 1, line));
        }
        let mut last_dma: Option<Vec<i64>> = None;
        for flow in &self.flows {
            // Whole milliamperes are enough to read.
            let coarse: Vec<i64> = flow.currents_dma.iter().map(|dma| whole(dma / 10.0)).collect();
            let zero = flow.currents_dma.iter().all(|dma| *dma <= 0.0);
            if last_dma.as_ref() != Some(&coarse) || zero {
                lines.push((flow.at_ms, 2, format!("skin  {:.1?} dmA", flow.currents_dma)));
                last_dma = Some(coarse);
            }
        }
        lines.sort_by_key(|(at_ms, source, _)| (*at_ms, *source));
        lines.into_iter().map(|(at_ms, _, line)| format!("{:>9.3} {line}", seconds(at_ms))).collect()
    }

    /// Two plays of a session are the same when this is.
    pub(crate) fn digest(&self) -> u64 {
        // FNV-1a: any hash that is the same on every machine.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        let kept = self.kept.commands.iter().map(|kept| format!("{} {:?}", kept.intent.kind, kept.outcome));
        let sessions = self.kept.sessions.iter().map(|kept| format!("{:?} {}", kept.outcome, kept.elapsed_s));
        for line in self.trace().into_iter().chain(kept).chain(sessions) {
            for byte in line.bytes().chain([b'\n']) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        hash
    }
}

/// Milliseconds as seconds, to read.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 ms, and only read by people")]
pub(crate) fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

#[expect(clippy::cast_possible_truncation, reason = "a current, and only to tell lines apart")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}
