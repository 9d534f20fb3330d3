//! How much of what was due was done, week by week.
//!
//! Only days on which the plan held are asked for: none before its start, none after its end, and none from the day on which it
//! was set aside or taken back. A paused exercise is not
//! due, nor is one that the session of a day had no room for beside what was done. The day that is not over asks for nothing, and what is done on it
//! counts. More than was due is told apart: it makes up for nothing in another week.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::calendar::{minus_days, monday_of, plus_days};
use super::change::{Change, To};
use super::dose::Dosed;
use super::log::Log;
use super::prescribed::{Plan, SESSION_MAX_S};
use super::progress::{State, state};
use super::session::stands_apart;
use super::text::ActivityId;

/// So many weeks are looked at, at the most.
pub const WEEKS_MAX: u16 = 104;

/// One week of a plan's exercises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Week {
    /// Its Monday.
    pub monday: Date,
    /// How often something was due so far, each exercise counted for itself.
    pub due: u32,
    /// How often that was done.
    pub done: u32,
    /// How often something was done that was not due.
    pub extra: u32,
}

impl Week {
    /// The share that was done, in percent, rounded down; `None` when nothing was due.
    pub fn percent(&self) -> Option<u8> {
        share(self.done, self.due)
    }
}

/// In percent, rounded down.
pub(super) fn share(done: u32, due: u32) -> Option<u8> {
    let percent = (u64::from(done) * 100).checked_div(u64::from(due))?;
    Some(u8::try_from(percent).unwrap_or(u8::MAX))
}

/// Every week from the plan's first to that of `today`, oldest first.
pub fn adherence(plan: &Plan, log: &Log, today: Date) -> Vec<Week> {
    weeks(plan, log, &state(plan, log, today), today)
}

/// The same for a state that is known already.
pub(super) fn weeks(plan: &Plan, log: &Log, state: &State, today: Date) -> Vec<Week> {
    let first = monday_of(plan.parts().start).max(monday_of(minus_days(today, 7 * WEEKS_MAX)));
    let mondays = (0..=WEEKS_MAX).map(|week| plus_days(first, 7 * week)).take_while(|monday| *monday <= today);
    let tally = Tally::of(plan, log, today);
    mondays.map(|monday| week(plan, &tally, state, monday, today)).collect()
}

/// What was done, day by day.
struct Tally<'a> {
    /// How often, no more than was asked for on a day.
    times: BTreeMap<(&'a ActivityId, Date), u32>,
    /// How long the session took, in seconds, without what stands apart from it.
    session_s: BTreeMap<Date, u32>,
}

impl<'a> Tally<'a> {
    fn of(plan: &'a Plan, log: &Log, today: Date) -> Self {
        let mut tally = Self { times: BTreeMap::new(), session_s: BTreeMap::new() };
        let by_activity = log.by_activity(plan.parts().start..=today);
        for (id, exercise) in plan.exercises() {
            for entry in by_activity.get(id).into_iter().flatten() {
                let (Some(done), date) = (entry.done(), entry.date()) else { continue };
                let times = tally.times.entry((id, date)).or_default();
                *times = (*times + 1).min(u32::from(exercise.schedule.times_a_day()));
                if !stands_apart(&done.dosed) {
                    let seconds = tally.session_s.entry(date).or_default();
                    *seconds = seconds.saturating_add(done.dosed.seconds());
                }
            }
        }
        tally
    }

    fn times(&self, id: &ActivityId, date: Date) -> u32 {
        self.times.get(&(id, date)).copied().unwrap_or_default()
    }

    /// Whether the session of a day had room for this beside what was done.
    fn had_room(&self, dosed: &Dosed, date: Date) -> bool {
        let beside_s = self.session_s.get(&date).copied().unwrap_or_default();
        stands_apart(dosed) || beside_s.saturating_add(dosed.seconds()) <= SESSION_MAX_S
    }
}

fn week(plan: &Plan, tally: &Tally<'_>, state: &State, monday: Date, today: Date) -> Week {
    let mut of_week = Week { monday, due: 0, done: 0, extra: 0 };
    let days: Vec<Date> = (0..7).map(|day| plus_days(monday, day)).filter(|date| plan.holds_on(*date)).collect();
    for ((id, exercise), standing) in plan.exercises().zip(&state.standings) {
        // By what it takes now: what it took then is known only where it was done.
        let is_asked = |date: &Date| {
            tally.times(id, *date) > 0
                || (!was_paused(&state.changes, id, *date) && tally.had_room(&standing.dosed, *date))
        };
        let asked: Vec<Date> = days.iter().copied().filter(is_asked).collect();
        let past: Vec<Date> = asked.iter().copied().filter(|date| *date < today).collect();
        let expected = |days: &[Date]| exercise.schedule.expected(plan.parts().start, days);
        let done: u32 = days.iter().filter(|date| **date <= today).map(|date| tally.times(id, *date)).sum();
        let due = expected(&past).max(done.min(expected(&asked)));
        of_week.due += due;
        of_week.done += done.min(due);
        of_week.extra += done.saturating_sub(due);
    }
    of_week
}

fn was_paused(changes: &[Change], id: &ActivityId, date: Date) -> bool {
    let last = changes.iter().rfind(|change| change.activity == *id && change.on <= date);
    last.is_some_and(|change| change.to == To::Paused)
}

#[cfg(test)]
#[path = "adherence_tests.rs"]
mod tests;
