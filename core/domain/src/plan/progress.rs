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

use super::calendar::{days_from, minus_days, plus_days};
use super::change::{Change, Reason, To};
use super::dose::Dosed;
use super::kind::{is_fixed, stays_in_flares};
use super::log::{Entry, Event, Log};
use super::prescribed::{ExerciseActivity, PainLimits, Plan, Source};
use super::staged::Stage;
use super::step::{Bounds, down, up};
use super::text::ActivityId;
use super::verdict::{Bad, Morning, Verdict, judge};

/// So many good sessions in a row make a step up.
pub const GOOD_IN_ROW: u8 = 3;
/// An exercise takes a step up no sooner than so many days after its last step. This project's choice: three sessions at the
/// usual three to five a week.
pub const STEP_EVERY_DAYS: i64 = 5;
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
        for entry in by_activity.get(track.id).into_iter().flatten().copied() {
            let of_day = days.entry(entry.date()).or_default();
            match of_day.last_mut().filter(|(known, _)| *known == index) {
                Some((_, entries)) => entries.push(entry),
                None => of_day.push((index, vec![entry])),
            }
        }
    }
    let bad_days = days.iter().filter(|(day, entries)| go_through(&mut tracks, **day, entries, today));
    let bad_days = bad_days.map(|(day, _)| *day).collect();
    let mut changes = Vec::new();
    let mut standings = Vec::new();
    for mut track in tracks {
        track.take_break(until);
        changes.append(&mut track.changes);
        standings.push(track.standing(today));
    }
    // Stable: of one day, the plan's order.
    changes.sort_by_key(|change| change.on);
    State { standings, changes, bad_days }
}

/// One day of all exercises. `true` if something was bad on it, and not just because the day was.
fn go_through(tracks: &mut [Track<'_>], day: Date, entries: &[(usize, Vec<&Entry>)], today: Date) -> bool {
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
        verdicts.push((*index, judge(entries, &track.now, &track.limits, morning)));
        if entries.iter().any(|entry| entry.done().is_some()) {
            track.was_done(day);
        }
    }
    let alarm = verdicts.iter().find_map(|(_, verdict)| match verdict {
        Verdict::Alarm(reason) => Some(*reason),
        _ => None,
    });
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
    good.sort_by_key(|index| (tracks.get(*index).and_then(|track| track.last_step), *index));
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

enum Heard {
    Good,
    Bad,
    Flare,
    Nothing,
}

struct Track<'a> {
    id: &'a ActivityId,
    limits: PainLimits,
    bounds: Bounds,
    now: Dosed,
    /// What it was before each step up: the way down.
    below: Vec<Dosed>,
    /// What it was before each step down: the way up again.
    above: Vec<Dosed>,
    paused: Option<Pause>,
    good: u8,
    /// The first bad session since the last good one, and the first that was bad before it was begun.
    bad_since: Option<Date>,
    flare_since: Option<Date>,
    slight: u8,
    hurt_on: Option<Date>,
    last_bad: Option<Date>,
    last_step: Option<Date>,
    last_done: Option<Date>,
    /// From where a break is counted.
    active: Option<Date>,
    break_steps: u16,
    changes: Vec<Change>,
}

impl<'a> Track<'a> {
    fn new(plan: &Plan, id: &'a ActivityId, exercise: &ExerciseActivity) -> Self {
        // A later stage goes on with what was done before it; any other plan begins with what it says, however late.
        let goes_on = matches!(plan.parts().source, Source::Own { stage } if stage > Stage::Calm);
        let active = goes_on.then_some(plan.parts().start);
        Self {
            id,
            limits: exercise.limits.unwrap_or_default(),
            bounds: plan.bounds(exercise),
            now: exercise.dosed,
            below: Vec::new(),
            above: Vec::new(),
            paused: None,
            good: 0,
            bad_since: None,
            flare_since: None,
            slight: 0,
            hurt_on: None,
            last_bad: None,
            last_step: None,
            last_done: None,
            active,
            break_steps: 0,
            changes: Vec::new(),
        }
    }

    fn standing(&self, today: Date) -> Standing {
        Standing {
            activity: self.id.clone(),
            dosed: self.now,
            paused: self.paused,
            hurt_today: self.hurt_on == Some(today),
            good_in_row: self.good,
            at_top: self.next_up().is_none(),
            last_done: self.last_done,
            last_bad: self.last_bad,
        }
    }

    /// Takes in what a day came to. `over`: whether the day after has come.
    fn hear(&mut self, verdict: Verdict, day: Date, over: bool) -> Heard {
        match verdict {
            Verdict::Good => {
                let good = self.good.saturating_add(1);
                self.forget();
                self.good = good;
                Heard::Good
            }
            // An alarm is heard by all of them at once.
            Verdict::Uncounted | Verdict::Alarm(_) => Heard::Nothing,
            Verdict::Breaks => {
                self.good = 0;
                Heard::Nothing
            }
            Verdict::Slight(bad) => {
                self.good = 0;
                self.slight += 1;
                if self.slight < SLIGHT_IN_ROW { Heard::Nothing } else { self.was_bad(bad, day, over) }
            }
            Verdict::Bad(bad) => self.was_bad(bad, day, over),
        }
    }

    fn was_bad(&mut self, bad: Bad, day: Date, over: bool) -> Heard {
        self.good = 0;
        self.slight = 0;
        self.last_bad = Some(day);
        let by_morning = matches!(bad, Bad::Morning { .. });
        if !by_morning {
            self.hurt_on = Some(day);
        }
        let exercise = self.now.exercise();
        let heard = if matches!(bad, Bad::Flare { .. }) { Heard::Flare } else { Heard::Bad };
        // Done although it is paused, it stays so.
        if is_fixed(exercise) || self.paused.is_some() {
            return heard;
        }
        let tomorrow = plus_days(day, 1);
        if let Bad::Flare { .. } = bad {
            match self.flare_since {
                Some(since) if days_from(since, day) >= FLARE_DAYS => self.pause(day, Reason::SecondBad(bad)),
                None if over && self.bad_since.is_none() => self.step_down(tomorrow, Reason::BadSession(bad)),
                _ => {}
            }
            self.flare_since = self.flare_since.or(Some(day));
        } else if self.bad_since.is_some() && !(by_morning && stays_in_flares(exercise)) {
            self.pause(if by_morning { tomorrow } else { day }, Reason::SecondBad(bad));
        } else {
            if over {
                self.step_down(tomorrow, Reason::BadSession(bad));
            }
            self.bad_since = self.bad_since.or(Some(day));
        }
        heard
    }

    fn pause(&mut self, since: Date, reason: Reason) {
        if self.paused.is_none() {
            self.paused = Some(Pause { since, reason });
            self.good = 0;
            self.note(since, self.now, To::Paused, reason);
        }
    }

    /// A clinician has agreed.
    fn go_on(&mut self, on: Date) {
        if self.paused.is_none_or(|pause| pause.since > on) {
            return;
        }
        self.paused = None;
        self.forget();
        self.active = Some(on);
        self.break_steps = 0;
        // Two steps on one day are never taken.
        let lower = if self.last_step == Some(on) { None } else { self.lower() };
        let from = self.now;
        self.now = lower.unwrap_or(from);
        self.last_step = Some(on);
        self.note(on, from, To::Dosed(self.now), Reason::Agreed);
    }

    /// Begins every row anew.
    fn forget(&mut self) {
        self.good = 0;
        self.slight = 0;
        self.bad_since = None;
        self.flare_since = None;
    }

    fn was_done(&mut self, day: Date) {
        self.last_done = Some(day);
        self.active = Some(day);
        self.break_steps = 0;
    }

    fn take_break(&mut self, day: Date) {
        let Some(since) = self.active.filter(|_| self.paused.is_none()) else { return };
        let gap = u16::try_from(days_from(since, day)).unwrap_or(0);
        let steps = (gap / BREAK_DAYS).min(BREAK_STEPS_MAX);
        while self.break_steps < steps {
            self.break_steps += 1;
            let days = self.break_steps * BREAK_DAYS;
            self.forget();
            self.step_down(plus_days(since, days), Reason::Break { days });
        }
    }

    fn may_step_up(&self, on: Date) -> bool {
        self.paused.is_none()
            && self.good >= GOOD_IN_ROW
            && self.last_step.is_none_or(|last| days_from(last, on) >= STEP_EVERY_DAYS)
            && self.next_up().is_some()
    }

    fn next_up(&self) -> Option<Dosed> {
        self.above.last().copied().or_else(|| up(&self.now, &self.bounds))
    }

    fn step_up(&mut self, on: Date) {
        let Some(to) = self.next_up() else { return };
        let sessions = self.good;
        self.above.pop();
        self.below.push(self.now);
        self.step(on, to, Reason::WithinLimit { sessions });
    }

    fn step_down(&mut self, on: Date, reason: Reason) {
        if let Some(to) = self.lower() {
            self.step(on, to, reason);
        }
    }

    /// Takes the way down, if there is one.
    fn lower(&mut self) -> Option<Dosed> {
        let lower = self.below.pop().or_else(|| down(&self.now, &self.bounds))?;
        self.above.push(self.now);
        Some(lower)
    }

    fn step(&mut self, on: Date, to: Dosed, reason: Reason) {
        let from = self.now;
        self.now = to;
        self.good = 0;
        self.last_step = Some(on);
        self.note(on, from, To::Dosed(to), reason);
    }

    fn note(&mut self, on: Date, from: Dosed, to: To, reason: Reason) {
        self.changes.push(Change { activity: self.id.clone(), on, from, to, reason });
    }
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
