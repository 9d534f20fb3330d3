//! What a shell shows: one value that says how things are, and how sure that is.

use lumbra_domain::programme::Mode;
use lumbra_domain::therapy::{Contact, Moment, OrderKind, Phase, Reading, Reason, Therapy};
use lumbra_domain::units::Ohms;
use serde::Serialize;

/// Everything about one wearable at one moment. A shell shows it and computes nothing.
// Independent facts that a shell shows side by side, not a state in disguise.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// The radio link.
    pub link: LinkState,
    /// Why the link can't be made, in words for the person.
    pub link_problem: Option<String>,
    /// How things are.
    pub phase: PhaseName,
    /// Why the session waits or ended, where there is something to tell.
    pub reason: Option<&'static str>,
    /// Whether the values below are of now. When false they are old: show them as such, or not at all.
    pub certain: bool,
    /// How old the values are, in milliseconds; absent when nothing was ever read.
    pub age_ms: Option<u64>,
    /// While a session may be running and how it is can't be told, a stop that is not confirmed included: in how many
    /// milliseconds the wearable is at zero at the latest, by its own rules, unless it is heard before.
    pub zero_within_ms: Option<u64>,
    /// Every channel.
    pub channels: Vec<ChannelSnapshot>,
    /// Stimulation time so far, in seconds.
    pub elapsed_s: u32,
    /// Stimulation time left, in seconds.
    pub remaining_s: u32,
    /// Battery in percent.
    pub battery_percent: Option<u8>,
    /// Latched faults, as the profile numbers them.
    pub faults: u16,
    /// The session under way, or possibly under way.
    pub session: Option<SessionSnapshot>,
    /// Whether the wearable runs a session that wasn't started here.
    pub foreign_session: bool,
    /// The command on its way.
    pub pending: Option<&'static str>,
    /// Whether that command's outcome is unknown.
    pub pending_unknown: bool,
    /// Posture, while its stream runs.
    pub posture: Option<PostureSnapshot>,
    /// What became of the commands since this connection to the core was opened.
    pub commands: CommandCounts,
    /// How often a link was lost since then.
    pub link_losses: u32,
    /// Whether the wearable's stored records have been fetched since the link was made.
    pub records_fetched: bool,
    /// A failure of the store that the person must know of.
    pub storage_problem: Option<String>,
}

/// The radio link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Nobody asked for a link.
    Closed,
    /// Looking for the wearable.
    Connecting,
    /// There is a link.
    Connected,
}

/// The phase, as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    /// No link, nothing running as far as is known.
    Disconnected,
    /// A link, and no state yet.
    Connecting,
    /// Ready.
    Idle,
    /// A start is on its way.
    Starting,
    /// A session runs.
    Running,
    /// A session waits at zero.
    Paused,
    /// A stop is under way.
    Stopping,
    /// A session may be running; how it is can't be told right now.
    Uncertain,
}

/// One channel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChannelSnapshot {
    /// What was asked for, in mA.
    pub target_ma: f64,
    /// What flowed, measured, in mA.
    pub delivered_ma: f64,
    /// The most it may be driven with in this session, in mA; absent without a session of this app.
    pub cap_ma: Option<f64>,
    /// How the pads sit.
    pub contact: Contact,
    /// Impedance in ohm.
    pub impedance_ohm: Option<u32>,
}

/// The session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SessionSnapshot {
    /// Its number.
    pub id: u32,
    /// Whether the wearable has begun it.
    pub begun: bool,
    /// The programme's name.
    pub mode: Option<&'static str>,
    /// Planned stimulation time in seconds.
    pub planned_s: u32,
    /// The highest cap of any channel, in mA.
    pub limit_ma: Option<f64>,
    /// The highest current measured so far, in mA.
    pub max_delivered_ma: f64,
    /// How often the link was lost in it.
    pub link_losses: u32,
}

/// Posture, now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PostureSnapshot {
    /// Forward lean of the sensor in degrees.
    pub pitch_deg: f64,
    /// Sideways lean of the sensor in degrees.
    pub roll_deg: f64,
    /// How the person sits or stands; absent before calibration.
    pub judged: Option<&'static str>,
    /// Samples received since the core was opened.
    pub samples: u64,
    /// Frames received.
    pub frames: u64,
    /// Frames that are missing.
    pub lost_frames: u64,
}

/// What became of commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CommandCounts {
    /// Applied.
    pub confirmed: u32,
    /// Not applied.
    pub rejected: u32,
    /// Unknown at first, and told from the wearable's status later.
    pub unknown_settled: u32,
    /// Unknown still, or for good.
    pub unknown: u32,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            link: LinkState::Closed,
            link_problem: None,
            phase: PhaseName::Disconnected,
            reason: None,
            certain: false,
            age_ms: None,
            zero_within_ms: None,
            channels: Vec::new(),
            elapsed_s: 0,
            remaining_s: 0,
            battery_percent: None,
            faults: 0,
            session: None,
            foreign_session: false,
            pending: None,
            pending_unknown: false,
            posture: None,
            commands: CommandCounts::default(),
            link_losses: 0,
            records_fetched: false,
            storage_problem: None,
        }
    }
}

impl Snapshot {
    /// Takes the therapy's view over; `caps_ma` are the caps of the session that was approved here.
    pub(crate) fn show(&mut self, therapy: &Therapy, caps_ma: &[f64], now: Moment) {
        let view = therapy.view(now);
        self.phase = match view.phase {
            Phase::Disconnected => PhaseName::Disconnected,
            Phase::Connecting => PhaseName::Connecting,
            Phase::Idle => PhaseName::Idle,
            Phase::Starting => PhaseName::Starting,
            Phase::Running => PhaseName::Running,
            Phase::Paused(_) => PhaseName::Paused,
            Phase::Stopping => PhaseName::Stopping,
            Phase::Uncertain => PhaseName::Uncertain,
        };
        self.zero_within_ms = view.zero_by.map(|zero_by| zero_by.since_ms(now));
        (self.certain, self.age_ms) = match view.reading {
            Reading::None => (false, None),
            Reading::Now(_) => (true, Some(0)),
            Reading::Old { age_ms, .. } => (false, Some(age_ms)),
        };
        if let Some(report) = view.reading.report() {
            self.reason = reason_name(report.reason);
            self.elapsed_s = report.elapsed_s;
            self.remaining_s = report.remaining_s;
            self.battery_percent = Some(report.battery.get());
            self.faults = report.faults;
            self.channels = report
                .channels
                .iter()
                .enumerate()
                .map(|(index, channel)| ChannelSnapshot {
                    target_ma: channel.target.as_f64(),
                    delivered_ma: channel.delivered.as_f64(),
                    cap_ma: caps_ma.get(index).copied(),
                    contact: channel.contact,
                    impedance_ohm: channel.impedance.map(Ohms::get),
                })
                .collect();
        }
        let mode = view.reading.report().and_then(|report| report.mode).map(Mode::id);
        self.session = view.session.map(|session| SessionSnapshot {
            id: session.id.get(),
            begun: session.begun,
            mode,
            planned_s: session.planned_s,
            limit_ma: caps_ma.iter().copied().reduce(f64::max),
            max_delivered_ma: session.max_delivered.as_f64(),
            link_losses: session.link_losses,
        });
        self.foreign_session = view.foreign_session;
        self.pending = view.pending.map(OrderKind::as_str);
        self.pending_unknown = view.unknown;
    }
}

/// A reason as a word, where there is one.
pub(crate) const fn reason_name(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::None => return None,
        Reason::App => "app",
        Reason::Button => "button",
        Reason::PadsOff => "pads_off",
        Reason::LinkLost => "link_lost",
        Reason::Completed => "completed",
        Reason::Fault => "fault",
        Reason::LowBattery => "low_battery",
        Reason::PauseTooLong => "pause_too_long",
        Reason::Other(_) => "other",
    })
}
