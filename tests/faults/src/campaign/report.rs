//! The campaign's figures.

use std::collections::BTreeMap;
use std::time::Duration;

use lumbra_protocol::{Command, ResultCode};
use serde::Serialize;

use super::judge::{Counter, Verdict};
use super::log::{Answer, Evidence, What};
use super::moves::{Act, Wish};

/// How much has really happened in a session, so that a campaign can't pass by doing nothing.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Coverage {
    sessions_started: u64,
    sessions_stimulated: u64,
    intensities_taken: u64,
    stops_asked: u64,
    stops_on_a_working_link: u64,
    pauses_taken: u64,
    resumes_taken: u64,
    kills: u64,
    kills_in_a_session: u64,
    reopenings: u64,
    reboots: u64,
    link_losses: u64,
    bad_airs: u64,
    lies: u64,
    babbles: u64,
    buttons: u64,
    calls_given_up: u64,
    calls_refused: u64,
    outcomes_unknown: u64,
    pain_entries: u64,
    posture_frames: u64,
    stimulated_s: u64,
    virtual_s: u64,
}

impl Coverage {
    fn add(&mut self, other: &Self) {
        let pairs: [(&mut u64, u64); 23] = [
            (&mut self.sessions_started, other.sessions_started),
            (&mut self.sessions_stimulated, other.sessions_stimulated),
            (&mut self.intensities_taken, other.intensities_taken),
            (&mut self.stops_asked, other.stops_asked),
            (&mut self.stops_on_a_working_link, other.stops_on_a_working_link),
            (&mut self.pauses_taken, other.pauses_taken),
            (&mut self.resumes_taken, other.resumes_taken),
            (&mut self.kills, other.kills),
            (&mut self.kills_in_a_session, other.kills_in_a_session),
            (&mut self.reopenings, other.reopenings),
            (&mut self.reboots, other.reboots),
            (&mut self.link_losses, other.link_losses),
            (&mut self.bad_airs, other.bad_airs),
            (&mut self.lies, other.lies),
            (&mut self.babbles, other.babbles),
            (&mut self.buttons, other.buttons),
            (&mut self.calls_given_up, other.calls_given_up),
            (&mut self.calls_refused, other.calls_refused),
            (&mut self.outcomes_unknown, other.outcomes_unknown),
            (&mut self.pain_entries, other.pain_entries),
            (&mut self.posture_frames, other.posture_frames),
            (&mut self.stimulated_s, other.stimulated_s),
            (&mut self.virtual_s, other.virtual_s),
        ];
        for (sum, more) in pairs {
            *sum += more;
        }
    }
}

fn count<T>(of: &[T], which: impl Fn(&T) -> bool) -> u64 {
    u64::try_from(of.iter().filter(|one| which(one)).count()).unwrap_or(u64::MAX)
}

/// What has happened in a session.
pub(crate) fn coverage(evidence: &Evidence) -> Coverage {
    let entries = &evidence.entries;
    let what = |which: fn(&What) -> bool| count(entries, |entry| which(&entry.what));
    let accepted = |which: fn(&Command) -> bool| {
        count(&evidence.taken, |taken| taken.result == ResultCode::Accepted && which(&taken.command))
    };
    let in_session = |at_ms: u64| {
        let before = evidence.turns.iter().take_while(|turn| turn.at_ms <= at_ms).last();
        before.is_some_and(|turn| turn.state != lumbra_protocol::DeviceState::Idle)
    };
    let flows = evidence.flows.iter().any(|flow| flow.currents_dma.iter().any(|dma| *dma > 0.0));
    let losses =
        evidence.turns.windows(2).filter(|pair| matches!(pair, [before, after] if before.linked && !after.linked));
    Coverage {
        sessions_started: accepted(|command| matches!(command, Command::Start(_))),
        sessions_stimulated: u64::from(flows),
        intensities_taken: accepted(|command| matches!(command, Command::SetIntensity { .. })),
        stops_asked: what(|what| matches!(what, What::Asked { wish: Wish::Stop, .. })),
        stops_on_a_working_link: 0,
        pauses_taken: accepted(|command| matches!(command, Command::Pause { .. })),
        resumes_taken: accepted(|command| matches!(command, Command::Resume { .. })),
        kills: what(|what| *what == What::Killed),
        kills_in_a_session: count(entries, |entry| entry.what == What::Killed && in_session(entry.at_ms)),
        reopenings: what(|what| *what == What::Opened).saturating_sub(1),
        reboots: what(|what| *what == What::Moved(Act::Reboot)),
        link_losses: u64::try_from(losses.count()).unwrap_or(u64::MAX),
        bad_airs: count(
            entries,
            |entry| matches!(entry.what, What::Air(air) if air.lose_per_mille + air.repeat_per_mille + air.delay_per_mille > 0),
        ),
        lies: what(|what| matches!(what, What::Lying(Some(_)))),
        babbles: what(|what| matches!(what, What::Moved(Act::Babble(Some(_))))),
        buttons: what(|what| *what == What::Moved(Act::Button)),
        calls_given_up: what(|what| matches!(what, What::Answered { answer: Answer::Gone, .. })),
        calls_refused: what(|what| matches!(what, What::Answered { answer: Answer::Not(_), .. })),
        outcomes_unknown: what(|what| {
            matches!(what, What::Answered { answer: Answer::Command { outcome: lumbra::OutcomeName::Unknown, .. }, .. })
        }),
        pain_entries: what(|what| matches!(what, What::Answered { answer: Answer::Pain(_), .. })),
        posture_frames: evidence.kept.posture.frames,
        stimulated_s: evidence.stimulated_ms / 1_000,
        virtual_s: evidence.end_ms / 1_000,
    }
}

/// From the person's stop to the device's taking it, in round trips of the link.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Latency {
    p50: f64,
    p99: f64,
    max: f64,
}

impl Latency {
    fn of(round_trips: &[f64]) -> Self {
        let mut sorted = round_trips.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |per_cent: usize| {
            let index = (sorted.len() * per_cent).div_ceil(100).saturating_sub(1);
            sorted.get(index).copied().unwrap_or_default()
        };
        Self { p50: at(50), p99: at(99), max: at(100) }
    }
}

/// All figures.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    sessions: u64,
    over_limit: u64,
    unexpected_rise: u64,
    stop_late: u64,
    cut_for_nothing: u64,
    shown_wrong: u64,
    lost_acknowledged: u64,
    dose_undercounted: u64,
    panics: u64,
    hangs: u64,
    never_settled: u64,
    unplayable: u64,
    stop_latency_round_trips: Latency,
    coverage: Coverage,
    failing_seeds: Vec<u64>,
    /// Two campaigns over the same seeds have played the same when this is.
    digest: u64,
    seconds: f64,
    #[serde(skip)]
    round_trips: Vec<f64>,
}

impl Report {
    /// Adds a session.
    pub(crate) fn add(&mut self, seed: u64, digest: u64, verdict: &Verdict, coverage: &Coverage) {
        self.sessions += 1;
        // In whatever order they come.
        self.digest = self.digest.wrapping_add(digest);
        let mut found: BTreeMap<Counter, u64> = BTreeMap::new();
        for violation in &verdict.violations {
            *found.entry(violation.counter).or_default() += 1;
        }
        for (counter, times) in found {
            *self.counter(counter) += times;
        }
        if !verdict.violations.is_empty() {
            self.failing_seeds.push(seed);
        }
        self.coverage.add(coverage);
        self.coverage.stops_on_a_working_link += u64::try_from(verdict.stop_round_trips.len()).unwrap_or_default();
        self.round_trips.extend(&verdict.stop_round_trips);
    }

    /// All sessions are in.
    pub(crate) fn end(&mut self, took: Duration) {
        self.failing_seeds.sort_unstable();
        self.stop_latency_round_trips = Latency::of(&self.round_trips);
        self.seconds = (took.as_secs_f64() * 10.0).round() / 10.0;
    }

    fn counter(&mut self, counter: Counter) -> &mut u64 {
        match counter {
            Counter::OverLimit => &mut self.over_limit,
            Counter::UnexpectedRise => &mut self.unexpected_rise,
            Counter::StopLate => &mut self.stop_late,
            Counter::CutForNothing => &mut self.cut_for_nothing,
            Counter::ShownWrong => &mut self.shown_wrong,
            Counter::LostAcknowledged => &mut self.lost_acknowledged,
            Counter::DoseUndercounted => &mut self.dose_undercounted,
            Counter::Panics => &mut self.panics,
            Counter::Hangs => &mut self.hangs,
            Counter::NeverSettled => &mut self.never_settled,
            Counter::Unplayable => &mut self.unplayable,
        }
    }

    /// Whether anything was wrong.
    pub(crate) const fn failed(&self) -> bool {
        !self.failing_seeds.is_empty()
    }

    /// Whether a campaign of some length has not met what it is for.
    pub(crate) const fn is_vacuous(&self) -> bool {
        self.sessions >= 100 && self.misses_something()
    }

    /// Whether something that must be met was not met at all.
    pub(crate) const fn misses_something(&self) -> bool {
        let met = &self.coverage;
        met.sessions_stimulated == 0
            || met.stops_on_a_working_link == 0
            || met.kills_in_a_session == 0
            || met.reboots == 0
            || met.babbles == 0
            || met.link_losses == 0
            || met.resumes_taken == 0
            || met.pain_entries == 0
            || met.posture_frames == 0
    }

    /// Says how far it is.
    pub(crate) fn progress(&self, of: u64, took: Duration) {
        let rate = f64::from(u32::try_from(self.sessions).unwrap_or(u32::MAX)) / took.as_secs_f64().max(0.001);
        eprintln!("{} of {of} sessions, {rate:.1} a second, {} failed", self.sessions, self.failing_seeds.len());
    }

    /// Prints it: one JSON object, or a table.
    pub(crate) fn print(&self, json: bool) {
        match serde_json::to_value(self) {
            Ok(value) if json => println!("{value}"),
            Ok(serde_json::Value::Object(figures)) => {
                for (name, value) in figures {
                    match value {
                        serde_json::Value::Object(inner) => {
                            println!("{name}");
                            inner.iter().for_each(|(name, value)| println!("  {name:<28} {value}"));
                        }
                        value => println!("{name:<30} {value}"),
                    }
                }
            }
            _ => eprintln!("the figures can't be written"),
        }
    }
}
