//! What the database holds at the end: all that the app acknowledged, as it was, and no less than flowed.

use lumbra::OutcomeName;
use lumbra::store::{Command as KeptCommand, CommandOutcome, Session};
use lumbra_protocol::{Command, DeviceState, ResultCode};
use lumbra_wearable::{Lie, Taken};

use super::{Counter, Facts, SLICES_MS, Therapy, Verdict, highest};
use crate::campaign::log::{Answer, What};
use crate::campaign::mortal::ORIGIN_UNIX_MS;
use crate::campaign::moves::Wish;

pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    if facts.evidence.kept.set_aside {
        verdict.add(Counter::LostAcknowledged, facts.evidence.end_ms, "the database was damaged".to_owned());
    }
    pain(facts, verdict);
    outcomes(facts, verdict);
    applied(facts, verdict);
    sessions(facts, verdict);
    posture(facts, verdict);
    records(facts, verdict);
    dose(facts, verdict);
}

fn pain(facts: &Facts<'_>, verdict: &mut Verdict) {
    for op in &facts.ops {
        let Answer::Pain(entry_id) = &op.answer else { continue };
        let score = match op.wish {
            Wish::Pain { score, .. } => Some(*score),
            _ => None,
        };
        let kept = facts.evidence.kept.pain.iter().find(|kept| kept.entry_id == entry_id.0);
        if kept.is_none_or(|kept| score.is_some_and(|score| score != kept.score)) {
            verdict.add(Counter::LostAcknowledged, op.answered_ms, "a pain entry".to_owned());
        }
    }
}

/// What the app answered and what it keeps must not contradict each other. An app that dies in the very moment of the answer
/// has kept the command, and finds its outcome out again.
fn outcomes(facts: &Facts<'_>, verdict: &mut Verdict) {
    for op in &facts.ops {
        let Answer::Command { outcome, command } = &op.answer else { continue };
        let kept = facts.evidence.kept.commands.iter().find(|kept| kept.intent.command_id == command.0);
        let killed = facts.killed(op.answered_ms, op.answered_ms);
        let Some(kept) = kept else {
            // One that was overtaken before it was saved was never sent.
            if killed && *outcome == OutcomeName::Rejected {
                continue;
            }
            verdict.add(Counter::LostAcknowledged, op.answered_ms, format!("{:?} is not kept", op.wish));
            continue;
        };
        let said = match outcome {
            OutcomeName::Confirmed => CommandOutcome::Confirmed,
            OutcomeName::Rejected => CommandOutcome::Rejected,
            OutcomeName::Unknown => continue,
        };
        if kept.outcome != said && !killed {
            let what = format!("{:?} was {said:?} to the person and is kept as {:?}", op.wish, kept.outcome);
            verdict.add(Counter::LostAcknowledged, op.answered_ms, what);
        }
    }
}

/// What is kept of commands must be what the device did.
fn applied(facts: &Facts<'_>, verdict: &mut Verdict) {
    let kept = &facts.evidence.kept.commands;
    let mut took: Vec<Vec<&Taken>> = vec![Vec::new(); kept.len()];
    for taken in &facts.evidence.taken {
        let row = kept.iter().rposition(|kept| fits(kept, taken));
        match row.and_then(|row| took.get_mut(row)) {
            Some(row) => row.push(taken),
            // It is sent before it is saved.
            None if taken.command == Command::Stop => {}
            None => {
                let what = format!("the device took a {} that was never saved", kind(&taken.command));
                verdict.add(Counter::LostAcknowledged, taken.at_ms, what);
            }
        }
    }
    let lies = |lie| facts.happened(0, u64::MAX, |what| *what == What::Lying(Some(lie)));
    let (idle, froze) = (lies(Lie::Idle), lies(Lie::Frozen));
    for (kept, took) in kept.iter().zip(&took) {
        let is_stop = kept.intent.kind == "stop";
        let accepted = took.iter().filter(|taken| taken.result == ResultCode::Accepted).count();
        let at_ms = took.first().map_or(since_origin_ms(kept.intent.saved_at_ms), |taken| taken.at_ms);
        let what = match kept.outcome {
            _ if !is_stop && accepted > 1 => "was applied twice",
            // One stop is as good as another; and a device at rest needs none.
            CommandOutcome::Confirmed if is_stop && (idle || stopped_since(facts, kept)) => continue,
            // A frozen status names an old command as the newest, so that a number may be used twice.
            _ if froze && kept.settled_at_ms.is_some() && accepted == 0 => continue,
            CommandOutcome::Confirmed if accepted == 0 => "is kept as confirmed, and was never applied",
            // Whatever it did is over.
            CommandOutcome::Rejected if kept.settled_by.as_deref() == Some("restart") => continue,
            CommandOutcome::Rejected if froze && kept.settled_by.as_deref() == Some("status") => continue,
            CommandOutcome::Rejected if accepted > 0 && !is_stop => "is kept as rejected, and was applied",
            _ => continue,
        };
        verdict.add(Counter::LostAcknowledged, at_ms, format!("a {} {what}", kept.intent.kind));
    }
}

/// Whether a kept command may be the one that was taken: the newest row that fits is.
fn fits(kept: &KeptCommand, taken: &Taken) -> bool {
    kept.intent.kind == kind(&taken.command)
        && kept.intent.sequence == taken.sequence.get()
        && kept.intent.boot_id.is_none_or(|boot_id| boot_id == taken.boot_id)
        && since_origin_ms(kept.intent.saved_at_ms) <= taken.at_ms
}

/// Whether a stop reached the device since this one was asked for, or there was nothing to stop.
fn stopped_since(facts: &Facts<'_>, kept: &KeptCommand) -> bool {
    let asked_ms = since_origin_ms(kept.intent.saved_at_ms);
    let settled_ms = kept.settled_at_ms.map_or(u64::MAX, since_origin_ms);
    let stopped = |taken: &Taken| taken.command == Command::Stop && (asked_ms..=settled_ms).contains(&taken.at_ms);
    let at_rest = |state| matches!(state, DeviceState::Idle | DeviceState::Stopping);
    // A report that is on its way tells of how it was.
    let earliest_ms = asked_ms.saturating_sub(facts.longest_trip_ms());
    let before = facts.turn_at(earliest_ms).is_none_or(|turn| at_rest(turn.state));
    let turns = facts.evidence.turns.iter().filter(|turn| (earliest_ms..=settled_ms).contains(&turn.at_ms));
    before || facts.evidence.taken.iter().any(stopped) || turns.map(|turn| turn.state).any(at_rest)
}

fn sessions(facts: &Facts<'_>, verdict: &mut Verdict) {
    for therapy in &facts.therapies {
        let at_ms = therapy.taken.at_ms;
        match row_of(facts, therapy) {
            None => verdict.add(Counter::LostAcknowledged, at_ms, "a session is not kept".to_owned()),
            Some(row) if row.outcome.is_none() => {
                verdict.add(Counter::LostAcknowledged, at_ms, "the end of a session is not kept".to_owned());
            }
            Some(row) if row.outcome.as_deref() == Some("not_begun") && flowed_ms(facts, therapy) > 0 => {
                verdict.add(Counter::LostAcknowledged, at_ms, "a session is kept as never begun".to_owned());
            }
            Some(_) => {}
        }
    }
}

fn row_of<'a>(facts: &'a Facts<'_>, therapy: &Therapy<'_>) -> Option<&'a Session> {
    let fits =
        |row: &&Session| row.start.session_id == therapy.start.session_id && row.start.boot_id == therapy.taken.boot_id;
    facts.evidence.kept.sessions.iter().find(fits)
}

/// Samples wait up to 20 s for a chunk to be full, a frame spans one, and over a bad air the frame that fills it may come late;
/// what a death takes of them is not acknowledged.
const CHUNK_MS: u64 = 30_000;

/// Every frame that was counted is kept, or told as missing.
fn posture(facts: &Facts<'_>, verdict: &mut Verdict) {
    let (mut frames, mut lost, mut life_frames, mut life_lost) = (0, 0, 0, 0);
    let mut life: Vec<(u64, u64, u64)> = Vec::new();
    for entry in &facts.evidence.entries {
        match &entry.what {
            What::Shown(shown) if shown.posture_frames > 0 => {
                (life_frames, life_lost) = (shown.posture_frames, shown.posture_lost);
                life.push((entry.at_ms, life_frames, life_lost));
            }
            What::Closed => {
                frames += std::mem::take(&mut life_frames);
                lost += std::mem::take(&mut life_lost);
                life.clear();
            }
            What::Killed => {
                let safe = life.iter().rev().find(|(at_ms, ..)| at_ms + CHUNK_MS <= entry.at_ms);
                frames += safe.map_or(0, |(_, frames, _)| *frames);
                lost += safe.map_or(0, |(.., lost)| *lost);
                (life_frames, life_lost) = (0, 0);
                life.clear();
            }
            _ => {}
        }
    }
    let kept = facts.evidence.kept.posture;
    if kept.frames < frames || kept.missing_frames < lost {
        let what = format!(
            "{frames} posture frames were counted and {lost} missed, kept are {} and {}",
            kept.frames, kept.missing_frames
        );
        verdict.add(Counter::LostAcknowledged, facts.evidence.end_ms, what);
    }
}

/// Records are numbered one by one (PROFILE.md, section 10). One that the app has had deleted and does not keep is a gap,
/// once a fetch over a clear air has come to its end.
fn records(facts: &Facts<'_>, verdict: &mut Verdict) {
    let mut fetches = facts.ops.iter().filter(|op| *op.wish == Wish::FetchRecords);
    if fetches.next_back().is_none_or(|op| op.answer != Answer::Done) {
        return;
    }
    for (expected, number) in (1..).zip(&facts.evidence.kept.records) {
        if expected != *number {
            let what = format!("record {expected} of the wearable is gone");
            verdict.add(Counter::LostAcknowledged, facts.evidence.end_ms, what);
            return;
        }
    }
}

/// What the history counts as stimulation is no less than flowed. Only time in Running counts (PROFILE.md, section 7.2), in
/// whole seconds rounded up: each ramp down after it does not.
fn dose(facts: &Facts<'_>, verdict: &mut Verdict) {
    // A device that says that a session is over, and goes on with it, can't be counted right from what it says.
    if facts.happened(0, u64::MAX, |what| *what == What::Lying(Some(Lie::Idle))) {
        return;
    }
    let mut uncounted_ms = 0;
    for therapy in &facts.therapies {
        let Some(row) = row_of(facts, therapy) else { continue };
        let counted_s = if row.dose_uncertain || row.ended_at_ms.is_none() {
            row.elapsed_s.max(row.start.planned_s)
        } else {
            row.elapsed_s
        };
        let flowed_ms = flowed_ms(facts, therapy);
        let ramps_ms = ramps_ms(facts, therapy);
        uncounted_ms += ramps_ms;
        if flowed_ms > u64::from(counted_s) * 1_000 + ramps_ms {
            let what = format!("{flowed_ms} ms flowed, {counted_s} s are counted");
            verdict.add(Counter::DoseUndercounted, therapy.taken.at_ms, what);
        }
    }
    let counted_ms = facts.evidence.kept.stimulated_s * 1_000;
    if facts.evidence.stimulated_ms > counted_ms + uncounted_ms {
        let what = format!("{} ms flowed in all, {counted_ms} ms are counted", facts.evidence.stimulated_ms);
        verdict.add(Counter::DoseUndercounted, facts.evidence.end_ms, what);
    }
}

/// From its start to that of the next.
fn span(facts: &Facts<'_>, therapy: &Therapy<'_>) -> std::ops::Range<u64> {
    let from_ms = therapy.taken.at_ms;
    let next = facts.therapies.iter().map(|therapy| therapy.taken.at_ms).find(|at_ms| *at_ms > from_ms);
    from_ms..next.unwrap_or(facts.evidence.end_ms)
}

/// For how long any current flowed in a session.
fn flowed_ms(facts: &Facts<'_>, therapy: &Therapy<'_>) -> u64 {
    let span = span(facts, therapy);
    let mut flowed_ms = 0;
    let mut since = None;
    for flow in facts.evidence.flows.iter().filter(|flow| span.contains(&flow.at_ms)) {
        if let Some(since_ms) = since.take() {
            flowed_ms += flow.at_ms - since_ms;
        }
        if highest(&flow.currents_dma) > 0.0 {
            since = Some(flow.at_ms);
        }
    }
    flowed_ms + since.map_or(0, |since_ms| span.end - since_ms)
}

fn ramps_ms(facts: &Facts<'_>, therapy: &Therapy<'_>) -> u64 {
    let span = span(facts, therapy);
    let ramps = facts.running.iter().filter(|running| span.contains(&running.from_ms)).count();
    u64::try_from(ramps).unwrap_or(u64::MAX).saturating_mul(therapy.ramp_down_ms() + SLICES_MS)
}

fn since_origin_ms(unix_ms: i64) -> u64 {
    u64::try_from(unix_ms - ORIGIN_UNIX_MS).unwrap_or(0)
}

/// As the database names it.
const fn kind(command: &Command) -> &'static str {
    match command {
        Command::Start(_) => "start",
        Command::Stop => "stop",
        Command::SetIntensity { .. } => "set_intensity",
        Command::Pause { .. } => "pause",
        Command::Resume { .. } => "resume",
        Command::ClearFaults => "clear_faults",
        Command::KeepAlive { .. } => "keep_alive",
        Command::StartPosture { .. } => "start_posture",
        Command::StopPosture => "stop_posture",
        Command::SetNeutral { .. } => "set_neutral",
        Command::SetNudge(_) => "set_nudge",
        Command::Identify => "identify",
    }
}
