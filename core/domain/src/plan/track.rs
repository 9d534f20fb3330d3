//! One exercise on its way through the log: rows of good sessions, bad ones, pauses and breaks.

use jiff::civil::Date;

use super::activity::{ExerciseActivity, PainLimits};
use super::calendar::{days_from, plus_days};
use super::change::{Change, Reason, To};
use super::dose::Dosed;
use super::kind::{is_fixed, stays_in_flares};
use super::log::Entry;
use super::prescribed::{Plan, Source};
use super::progress::{
    BREAK_DAYS, BREAK_STEPS_MAX, FLARE_DAYS, GOOD_IN_ROW, Pause, SLIGHT_IN_ROW, STEP_EVERY_DAYS, Standing,
};
use super::staged::Stage;
use super::step::{Bounds, down, up};
use super::text::ActivityId;
use super::verdict::{Bad, Morning, Verdict, judge};

/// What a day has come to for one exercise.
pub(super) enum Heard {
    Good,
    Bad,
    Flare,
    Nothing,
}

/// One exercise on its way through the log.
pub(super) struct Track<'a> {
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
    pub(super) fn new(plan: &Plan, id: &'a ActivityId, exercise: &ExerciseActivity) -> Self {
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

    /// Its activity.
    pub(super) const fn id(&self) -> &'a ActivityId {
        self.id
    }

    /// When it went a step up or down last.
    pub(super) const fn last_step(&self) -> Option<Date> {
        self.last_step
    }

    /// What the entries of a day come to, by what is asked now.
    pub(super) fn judge(&self, entries: &[&Entry], morning: Morning) -> Verdict {
        judge(entries, &self.now, self.limits, morning)
    }

    /// Every change, oldest first.
    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    pub(super) fn standing(&self, today: Date) -> Standing {
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
    pub(super) fn hear(&mut self, verdict: Verdict, day: Date, over: bool) -> Heard {
        match verdict {
            Verdict::Good => {
                let good = self.good.saturating_add(1);
                self.forget();
                self.good = good;
                Heard::Good
            }
            Verdict::Uncounted => Heard::Nothing,
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

    pub(super) fn pause(&mut self, since: Date, reason: Reason) {
        if self.paused.is_none() {
            self.paused = Some(Pause { since, reason });
            self.good = 0;
            self.note(since, self.now, To::Paused, reason);
        }
    }

    /// A clinician has agreed.
    pub(super) fn go_on(&mut self, on: Date) {
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

    pub(super) fn was_done(&mut self, day: Date) {
        self.last_done = Some(day);
        self.active = Some(day);
        self.break_steps = 0;
    }

    pub(super) fn take_break(&mut self, day: Date) {
        let Some(since) = self.active.filter(|_| self.paused.is_none()) else { return };
        let gap = u16::try_from(days_from(since, day).max(0)).unwrap_or(u16::MAX);
        let steps = (gap / BREAK_DAYS).min(BREAK_STEPS_MAX);
        while self.break_steps < steps {
            self.break_steps += 1;
            let days = self.break_steps * BREAK_DAYS;
            self.forget();
            self.step_down(plus_days(since, days), Reason::Break { days });
        }
    }

    pub(super) fn may_step_up(&self, on: Date) -> bool {
        self.paused.is_none()
            && self.good >= GOOD_IN_ROW
            && self.last_step.is_none_or(|last| days_from(last, on) >= STEP_EVERY_DAYS)
            && self.next_up().is_some()
    }

    fn next_up(&self) -> Option<Dosed> {
        self.above.last().copied().or_else(|| up(&self.now, &self.bounds))
    }

    pub(super) fn step_up(&mut self, on: Date) {
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
