//! Where each exercise of a plan stands: the log, gone through from the plan's first day on.
//!
//! | what happens | what follows |
//! |---|---|
//! | three good sessions in a row | one step up on the next day, of one variable |
//! | a bad session | one step down on the next day, and no step up of anything |
//! | a second bad one, with no good one between | a pause, until a clinician has agreed |
//! | pain above the limit before it was begun | one step down for the whole bad time; a pause when that lasts two weeks |
//! | a sign of danger | a pause of everything, at once |
//! | two weeks without the exercise | one step down, and one more for each two weeks, three at the most |
//! | a clinician has agreed | it goes on one step lower |
//!
//! Of all exercises [`UP_AT_ONCE`] go up on one day at the most, so that a body's answer can be told from its cause: those first
//! whose last step is longest ago. The same one goes up no sooner than [`STEP_EVERY_DAYS`] later, however eagerly it is done. The
//! way up again after a step down is the way it came. The limits of pain come from studies of tendons, not of backs.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::{minus_days, plus_days};
use super::change::{Change, Reason};
use super::dose::Dosed;
use super::log::{Entry, Event, Log, StopReason};
use super::prescribed::Plan;
use super::text::ActivityId;
use super::track::{Heard, Track};
use super::verdict::Morning;

/// So many good sessions in a row make a step up.
pub const GOOD_IN_ROW: u8 = 3;
/// An exercise takes a step up no sooner than so many days after its last step. This project's choice: three sessions of a plan
/// with three a week. Who does it daily comes no further by that.
pub const STEP_EVERY_DAYS: i64 = 7;
/// So many exercises of a plan go up on one day at the most. This project's choice: with ten exercises on three days a week each
/// still has its turn.
pub const UP_AT_ONCE: usize = 3;
/// So many mornings in a row that are a little worse make a bad session.
pub const SLIGHT_IN_ROW: u8 = 3;
/// A flare that lasts for so many days pauses what hurts in it. This project's choice: most are over in a week or two.
pub const FLARE_DAYS: i64 = 14;
/// So many days without an exercise are a break. This project's choice: strength begins to fall after about two weeks.
pub const BREAK_DAYS: u16 = 14;
/// The most steps down for one break.
pub const BREAK_STEPS_MAX: u16 = 3;

/// Why an exercise is not to be done, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pause {
    /// Since when.
    pub since: Date,
    /// Why.
    pub reason: Reason,
}

/// Where an exercise stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its activity.
    pub activity: ActivityId,
    /// What is to be done.
    pub dosed: Dosed,
    /// Not to be done until a clinician has agreed.
    pub paused: Option<Pause>,
    /// It was bad today: not to be done again before tomorrow.
    pub hurt_today: bool,
    /// Good sessions in a row since the last step.
    pub good_in_row: u8,
    /// There is no step up from here: the app's own end, or a ceiling.
    pub at_top: bool,
    /// When it was done last.
    pub last_done: Option<Date>,
    /// When a session of it was bad last.
    pub last_bad: Option<Date>,
}

/// Where a plan stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Each exercise, in the plan's order.
    pub standings: Vec<Standing>,
    /// Every change since the plan's first day, oldest first.
    pub changes: Vec<Change>,
    /// The days on which something was bad, oldest first; days of a flare are none.
    pub bad_days: Vec<Date>,
}

impl State {
    /// Where an activity stands, if it is an exercise of the plan.
    pub fn of(&self, activity: &ActivityId) -> Option<&Standing> {
        self.standings.iter().find(|standing| standing.activity == *activity)
    }
}

/// Where the plan stands on `today`. Entries of later days count for nothing, nor do mornings that have not come.
pub fn state(plan: &Plan, log: &Log, today: Date) -> State {
    let parts = plan.parts();
    let last = [parts.end, parts.status.since().map(|since| minus_days(since, 1))];
    let until = last.into_iter().flatten().fold(today, Date::min);
    let mut tracks: Vec<Track<'_>> = plan.exercises().map(|(id, exercise)| Track::new(plan, id, exercise)).collect();
    let mut days: BTreeMap<Date, Vec<(usize, Vec<&Entry>)>> = BTreeMap::new();
    let by_activity = log.by_activity(parts.start..=until);
    for (index, track) in tracks.iter().enumerate() {
        for entry in by_activity.get(track.id()).into_iter().flatten().copied() {
            let of_day = days.entry(entry.date()).or_default();
            match of_day.last_mut().filter(|(known, _)| *known == index) {
                Some((_, entries)) => entries.push(entry),
                None => of_day.push((index, vec![entry])),
            }
        }
    }
    // A sign of danger counts whatever it was told of, also of what is no longer in the plan.
    let mut alarms: BTreeMap<Date, StopReason> = BTreeMap::new();
    for entry in by_activity.values().flatten() {
        if let Some(reason) = entry.done().and_then(|done| done.stopped).filter(|reason| reason.is_alarm()) {
            let first = alarms.entry(entry.date()).or_insert(reason);
            *first = reason.min(*first);
            days.entry(entry.date()).or_default();
        }
    }
    let bad_days =
        days.iter().filter(|(day, entries)| go_through(&mut tracks, **day, entries, alarms.get(*day).copied(), today));
    let bad_days = bad_days.map(|(day, _)| *day).collect();
    let mut changes = Vec::new();
    let mut standings = Vec::new();
    for mut track in tracks {
        track.take_break(until);
        standings.push(track.standing(today));
        changes.extend(track.into_changes());
    }
    // Stable: of one day, the plan's order.
    changes.sort_by_key(|change| change.on);
    State { standings, changes, bad_days }
}

/// One day of all exercises. `true` if something was bad on it, and not just because the day was.
fn go_through(
    tracks: &mut [Track<'_>],
    day: Date,
    entries: &[(usize, Vec<&Entry>)],
    alarm: Option<StopReason>,
    today: Date,
) -> bool {
    let over = day < today;
    let mut all: Vec<&Entry> = entries.iter().flat_map(|(_, entries)| entries.iter().copied()).collect();
    all.sort_by_key(|entry| (entry.at, &entry.id));
    let morning = Morning::of(all.iter().filter_map(|entry| entry.done()), over);
    let mut verdicts = Vec::new();
    for (index, entries) in entries {
        let Some(track) = tracks.get_mut(*index) else { continue };
        if agreements(entries).0 {
            track.go_on(day);
        }
        track.take_break(day);
        verdicts.push((*index, track.judge(entries, morning)));
        if entries.iter().any(|entry| entry.done().is_some()) {
            track.was_done(day);
        }
    }
    let mut heard = Vec::new();
    if let Some(reason) = alarm {
        // Nothing else of the day matters now.
        for track in tracks.iter_mut() {
            track.take_break(day);
            track.pause(day, Reason::Alarm(reason));
        }
    } else {
        for (index, verdict) in verdicts {
            let Some(track) = tracks.get_mut(index) else { continue };
            heard.push((index, track.hear(verdict, day, over)));
        }
    }
    for (index, entries) in entries {
        if let Some(track) = tracks.get_mut(*index).filter(|_| agreements(entries).1) {
            track.go_on(day);
        }
    }
    if over && alarm.is_none() && !heard.iter().any(|(_, heard)| matches!(heard, Heard::Bad | Heard::Flare)) {
        let good = heard.iter().filter(|(_, heard)| matches!(heard, Heard::Good)).map(|(index, _)| *index);
        step_up(tracks, good.collect(), plus_days(day, 1));
    }
    alarm.is_some() || heard.iter().any(|(_, heard)| matches!(heard, Heard::Bad))
}

/// Of those that were good, those whose turn it is go up.
fn step_up(tracks: &mut [Track<'_>], mut good: Vec<usize>, on: Date) {
    good.retain(|index| tracks.get(*index).is_some_and(|track| track.may_step_up(on)));
    good.sort_by_key(|index| (tracks.get(*index).and_then(Track::last_step), *index));
    for index in good.into_iter().take(UP_AT_ONCE) {
        if let Some(track) = tracks.get_mut(index) {
            track.step_up(on);
        }
    }
}

/// Whether a clinician has agreed before the exercise was done on a day, and after it.
fn agreements(entries: &[&Entry]) -> (bool, bool) {
    let first_done = entries.iter().position(|entry| entry.done().is_some()).unwrap_or(entries.len());
    let agreed = |entries: &[&Entry]| entries.iter().any(|entry| entry.event == Event::Agreed);
    let (before, after) = entries.split_at_checked(first_done).unwrap_or((entries, &[]));
    // Between two times of one day it may have been agreed to the first alone: only the last word counts.
    let after = after.last().is_some_and(|entry| entry.event == Event::Agreed);
    (agreed(before), after)
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
