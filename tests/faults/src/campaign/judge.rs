//! Judges a session that was played. A pure function from what is known of it to what was wrong with it.
//!
//! `current` judges what flowed, `stop` how a stop went, `link` whether a link that works was kept,
//! `shown` what the person saw, `kept` what the database holds.
//! Each bound stands where it is used, with the place it comes from.

mod current;
mod kept;
mod link;
mod shown;
mod stop;

use lumbra::OutcomeName;
use lumbra_protocol::{Command, DeviceState, ResultCode, StartSession};
use lumbra_wearable::{FaultPlan, Taken, Turn};
use serde::Serialize;

use super::log::{Answer, Evidence, What, seconds};
use super::moves::Wish;

/// What may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Counter {
    /// More flowed than a limit allows.
    OverLimit,
    /// A current rose although nobody has asked for it since it was interrupted.
    UnexpectedRise,
    /// After a stop, current flowed for too long.
    StopLate,
    /// The app cut a link with which nothing was wrong.
    CutForNothing,
    /// The app showed as certain what was not so.
    ShownWrong,
    /// What the app acknowledged is not kept, or is kept otherwise than it was.
    LostAcknowledged,
    /// More flowed than the history counts.
    DoseUndercounted,
    /// Code panicked.
    Panics,
    /// A call of the app never came back.
    Hangs,
    /// Commands were still open after a minute of a working link.
    NeverSettled,
    /// The session could not be played to its end.
    Unplayable,
}

/// Something that was wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Violation {
    pub(crate) counter: Counter,
    pub(crate) at_ms: u64,
    pub(crate) what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} at {:.3} s: {}", self.counter, seconds(self.at_ms), self.what)
    }
}

/// What was wrong with a session, and how fast its stops were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) violations: Vec<Violation>,
    /// From the person's stop to the device's taking it, in round trips, of stops on a working link.
    pub(crate) stop_round_trips: Vec<f64>,
}

/// Currents are told in steps of 0.1 mA (PROFILE.md, section 1: `dma`): that is how exactly they can be known. In 0.1 mA.
const TOLERANCE_DMA: f64 = 1.0;

/// The wearable moves its output in slices of 10 ms, and looks at its state in slices of up to 50 ms while nothing moves.
const SLICES_MS: u64 = 60;

/// Judges.
pub(crate) fn judge(evidence: &Evidence) -> Verdict {
    let facts = Facts::new(evidence);
    let mut verdict = Verdict::default();
    current::judge(&facts, &mut verdict);
    stop::judge(&facts, &mut verdict);
    link::judge(&facts, &mut verdict);
    shown::judge(&facts, &mut verdict);
    kept::judge(&facts, &mut verdict);
    for panic in &evidence.panics {
        verdict.add(Counter::Panics, evidence.end_ms, panic.clone());
    }
    for op in facts.ops.iter().filter(|op| op.answer == Answer::Hung) {
        verdict.add(Counter::Hangs, op.answered_ms, format!("no answer to {:?}", op.wish));
    }
    for entry in &evidence.entries {
        if let What::Settled { linked, open } = entry.what
            && (!linked || open)
        {
            verdict.add(Counter::NeverSettled, entry.at_ms, format!("linked: {linked}, something open: {open}"));
        }
    }
    if evidence.kept.open_commands > 0 {
        let what = format!("{} commands are open in the database", evidence.kept.open_commands);
        verdict.add(Counter::NeverSettled, evidence.end_ms, what);
    }
    verdict
}

impl Verdict {
    fn add(&mut self, counter: Counter, at_ms: u64, what: String) {
        self.violations.push(Violation { counter, at_ms, what });
    }
}

/// A call of the app.
struct Op<'a> {
    wish: &'a Wish,
    targets_dma: Option<&'a [u16]>,
    asked_ms: u64,
    answered_ms: u64,
    answer: Answer,
}

/// A session as the device began it.
struct Therapy<'a> {
    taken: &'a Taken,
    start: &'a StartSession,
}

/// A stretch in which the device was Running.
struct Running {
    from_ms: u64,
    to_ms: u64,
}

/// The evidence, sorted out.
struct Facts<'a> {
    evidence: &'a Evidence,
    ops: Vec<Op<'a>>,
    therapies: Vec<Therapy<'a>>,
    running: Vec<Running>,
}

impl<'a> Facts<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        let mut ops: Vec<(u32, Op<'a>)> = Vec::new();
        for entry in &evidence.entries {
            match &entry.what {
                What::Asked { op, wish, targets_dma } => ops.push((
                    *op,
                    Op {
                        wish,
                        targets_dma: targets_dma.as_deref(),
                        asked_ms: entry.at_ms,
                        answered_ms: u64::MAX,
                        answer: Answer::Gone,
                    },
                )),
                What::Answered { op, answer } => {
                    if let Some((_, asked)) = ops.iter_mut().rev().find(|(asked, _)| asked == op) {
                        asked.answered_ms = entry.at_ms;
                        asked.answer = answer.clone();
                    }
                }
                _ => {}
            }
        }
        let therapies = evidence
            .taken
            .iter()
            .filter(|taken| taken.result == ResultCode::Accepted)
            .filter_map(|taken| match &taken.command {
                Command::Start(start) => Some(Therapy { taken, start }),
                _ => None,
            })
            .collect();
        let mut running: Vec<Running> = Vec::new();
        let mut open: Option<u64> = None;
        for turn in &evidence.turns {
            match (open, turn.state == DeviceState::Running) {
                (None, true) => open = Some(turn.at_ms),
                (Some(from_ms), false) => {
                    running.push(Running { from_ms, to_ms: turn.at_ms });
                    open = None;
                }
                _ => {}
            }
        }
        running.extend(open.map(|from_ms| Running { from_ms, to_ms: u64::MAX }));
        Self { evidence, ops: ops.into_iter().map(|(_, op)| op).collect(), therapies, running }
    }

    /// How the device was at a moment.
    fn turn_at(&self, at_ms: u64) -> Option<&Turn> {
        self.evidence.turns.iter().take_while(|turn| turn.at_ms <= at_ms).last()
    }

    /// The session that the device had, or had had, at a moment.
    fn therapy_at(&self, at_ms: u64) -> Option<&Therapy<'a>> {
        self.therapies.iter().take_while(|therapy| therapy.taken.at_ms <= at_ms).last()
    }

    /// What flowed at a moment, the highest of all channels, in 0.1 mA.
    fn current_at(&self, at_ms: u64) -> f64 {
        let flow = self.evidence.flows.iter().take_while(|flow| flow.at_ms <= at_ms).last();
        flow.map_or(0.0, |flow| highest(&flow.currents_dma))
    }

    /// The first moment from `from_ms` to before `to_ms` at which any current flows.
    fn flows_within(&self, from_ms: u64, to_ms: u64) -> Option<u64> {
        if from_ms >= to_ms {
            return None;
        }
        if self.current_at(from_ms) > 0.0 {
            return Some(from_ms);
        }
        let later = self.evidence.flows.iter().filter(|flow| flow.at_ms > from_ms && flow.at_ms < to_ms);
        later.filter(|flow| highest(&flow.currents_dma) > 0.0).map(|flow| flow.at_ms).next()
    }

    /// The airs in force from one moment to another.
    fn airs(&self, from_ms: u64, to_ms: u64) -> Vec<FaultPlan> {
        let mut airs = Vec::new();
        for entry in self.evidence.entries.iter().take_while(|entry| entry.at_ms <= to_ms) {
            if let What::Air(plan) = entry.what {
                // One that ends in the very moment may have been in force a little before.
                if entry.at_ms < from_ms {
                    airs.clear();
                }
                airs.push(plan);
            }
        }
        airs
    }

    /// How long a message may take, in any air of the session.
    fn longest_trip_ms(&self) -> u64 {
        let airs = self.airs(0, u64::MAX);
        airs.iter().map(longest_ms).max().unwrap_or(self.evidence.trip_ms)
    }

    /// Whether something of the log happened from one moment to another, both included.
    fn happened(&self, from_ms: u64, to_ms: u64, what: impl Fn(&What) -> bool) -> bool {
        self.evidence.entries.iter().any(|entry| (from_ms..=to_ms).contains(&entry.at_ms) && what(&entry.what))
    }

    fn killed(&self, from_ms: u64, to_ms: u64) -> bool {
        self.happened(from_ms, to_ms, |what| *what == What::Killed)
    }
}

/// How long a message may take in an air.
fn longest_ms(air: &FaultPlan) -> u64 {
    air.trip_ms + if air.delay_per_mille > 0 { air.delay_max_ms } else { 0 }
}

/// Whether an air delivers everything.
const fn delivers(air: &FaultPlan) -> bool {
    air.lose_per_mille == 0 && air.cut_after_bytes.is_none()
}

fn highest(currents_dma: &[f64]) -> f64 {
    currents_dma.iter().copied().fold(0.0, f64::max)
}

impl Op<'_> {
    fn is_confirmed(&self) -> bool {
        matches!(self.answer, Answer::Command { outcome: OutcomeName::Confirmed, .. })
    }
}

impl Therapy<'_> {
    fn ramp_down_ms(&self) -> u64 {
        self.start.programme.ramp_down_ms.into()
    }

    fn grace_ms(&self) -> u64 {
        u64::from(self.start.grace_s) * 1_000
    }
}
