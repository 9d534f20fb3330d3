//! How a stop went: in time, and done when it is said to be done.

use lumbra::{LinkState, PhaseName};
use lumbra_protocol::{Command, DeviceState};
use lumbra_wearable::Lie;

use super::{Counter, Facts, Op, SLICES_MS, Therapy, Verdict, delivers, longest_ms};
use crate::campaign::log::{Answer, What};
use crate::campaign::moves::Wish;

pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    for op in &facts.ops {
        let stops = match op.wish {
            Wish::Stop => true,
            // The screening stops what it rules out, where a session is known.
            Wish::Screening { passes: false } => knows_of_session(facts, op.asked_ms),
            _ => false,
        };
        // An app that is killed in the very moment has not heard; nor has one that had died already.
        let unheard = facts.killed(op.asked_ms, op.asked_ms) || op.answer == Answer::Not("closed");
        if stops && !unheard {
            stop(facts, op, verdict);
        }
    }
}

fn stop(facts: &Facts<'_>, op: &Op<'_>, verdict: &mut Verdict) {
    let asked_ms = op.asked_ms;
    let in_session = |at_ms| facts.turn_at(at_ms).is_some_and(|turn| turn.state != DeviceState::Idle);
    let Some(therapy) = facts.therapy_at(asked_ms).filter(|_| in_session(asked_ms)) else { return };
    // Until the person wants more again.
    let until_ms = facts
        .ops
        .iter()
        .filter(|later| {
            later.asked_ms > asked_ms
                && later.targets_dma.is_some_and(|targets| targets.iter().any(|target| *target > 0))
        })
        .map(|later| later.asked_ms)
        .min()
        .unwrap_or(facts.evidence.end_ms);

    if let Some(trip_ms) = working_link(facts, asked_ms, therapy) {
        // Sent at once, without waiting for the disk; one trip, then the ramp (PROFILE.md, section 7.1).
        let zero_ms = asked_ms + trip_ms + SLICES_MS + therapy.ramp_down_ms();
        if let Some(at_ms) = facts.flows_within(zero_ms, until_ms) {
            let what = format!("current flows {} ms after a stop on a working link", at_ms - asked_ms);
            verdict.add(Counter::StopLate, at_ms, what);
        }
        latency(facts, asked_ms, trip_ms, verdict);
    }
    // A stop that is wanted is no lease: without a link that works the device pauses when its grace time is over
    // (PROFILE.md, section 7.3). What is on its way may renew it once more.
    let heard_ms = asked_ms + facts.longest_trip_ms();
    let zero_ms = heard_ms + therapy.grace_ms() + therapy.ramp_down_ms() + 2 * SLICES_MS;
    if let Some(at_ms) = facts.flows_within(zero_ms, until_ms) {
        let what = format!("current flows {} ms after a stop", at_ms - asked_ms);
        verdict.add(Counter::StopLate, at_ms, what);
    }
    let lied = facts.happened(0, op.answered_ms, |what| *what == What::Lying(Some(Lie::Idle)));
    if op.is_confirmed() && !lied {
        let zero_ms = op.answered_ms + therapy.ramp_down_ms() + SLICES_MS;
        if let Some(at_ms) = facts.flows_within(zero_ms, until_ms) {
            let what = format!("current flows {} ms after the stop was confirmed", at_ms - op.answered_ms);
            verdict.add(Counter::ShownWrong, at_ms, what);
        }
    }
}

/// The longest trip on a link that works from the person's stop until the output must be zero; nothing when it does not
/// work all the time: lost messages, a cut, an app that goes.
fn working_link(facts: &Facts<'_>, asked_ms: u64, therapy: &Therapy<'_>) -> Option<u64> {
    let to_ms = asked_ms + facts.longest_trip_ms() + therapy.ramp_down_ms() + 1_000;
    let airs = facts.airs(asked_ms, to_ms);
    let linked = facts.turn_at(asked_ms).is_some_and(|turn| turn.linked)
        && !facts.evidence.turns.iter().any(|turn| (asked_ms..=to_ms).contains(&turn.at_ms) && !turn.linked);
    let shown = facts.evidence.entries.iter().take_while(|entry| entry.at_ms <= asked_ms);
    let mut connected = false;
    for entry in shown {
        match &entry.what {
            What::Shown(shown) => connected = shown.link == LinkState::Connected,
            What::Killed | What::Closed => connected = false,
            _ => {}
        }
    }
    let goes = facts.happened(asked_ms, to_ms, |what| matches!(what, What::Killed | What::Closed));
    let works = linked && connected && !goes && airs.iter().all(delivers);
    works.then(|| airs.iter().map(longest_ms).max()).flatten()
}

/// Of a stop over an air that neither loses nor holds up anything.
fn latency(facts: &Facts<'_>, asked_ms: u64, trip_ms: u64, verdict: &mut Verdict) {
    if trip_ms > facts.evidence.trip_ms {
        return;
    }
    let before = facts.turn_at(asked_ms).map(|turn| turn.state);
    if !matches!(before, Some(DeviceState::Running | DeviceState::Paused)) {
        return;
    }
    let taken = facts.evidence.taken.iter().find(|taken| taken.command == Command::Stop && taken.at_ms >= asked_ms);
    if let Some(taken) = taken {
        let round_trip_ms = 2 * facts.evidence.trip_ms.max(1);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of one session")]
        verdict.stop_round_trips.push((taken.at_ms - asked_ms) as f64 / round_trip_ms as f64);
    }
}

fn knows_of_session(facts: &Facts<'_>, at_ms: u64) -> bool {
    let mut session = false;
    for entry in facts.evidence.entries.iter().take_while(|entry| entry.at_ms <= at_ms) {
        match &entry.what {
            // A stop that is under way already is repeated by itself.
            What::Shown(shown) => session = shown.session && shown.phase != PhaseName::Stopping,
            What::Killed | What::Closed => session = false,
            _ => {}
        }
    }
    session
}
