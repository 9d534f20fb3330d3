//! What is to do on one day.
//!
//! What is due is taken in this order until [`SESSION_MAX_S`] are full: what has not been done for longest first, what was never
//! done before all else; of equals what was done less often in the last two weeks, and of those what stands first in the plan. So
//! whatever is left out of one session is nearer to the front of the next. What is taken is then put in the order of a session: warming up, stabilisation, strength, stretches, walking.

use jiff::civil::Date;
use serde::Serialize;

use super::clearance::ExercisePass;
use super::dose::Dosed;
use super::kind::Kind;
use super::log::{Log, done_dates};
use super::prescribed::SESSION_MAX_S;
use super::progress::{State, state};
use super::schedule::Schedule;
use super::text::ActivityId;
use crate::exercise::Measure;

/// An exercise to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its activity.
    pub activity: ActivityId,
    /// What to do.
    pub dosed: Dosed,
    /// What it is for.
    pub kind: Kind,
    /// How long it takes, in seconds.
    pub seconds: u32,
    /// How often it is still due on this day, this time counted.
    pub times_left: u8,
}

/// Why something that is due is not in the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Out {
    /// The session is full.
    NoRoom,
    /// It was bad today already.
    HurtToday,
    /// It is paused until a clinician has agreed.
    Paused,
}

/// What is due and not in the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its activity.
    pub activity: ActivityId,
    /// What it would be.
    pub dosed: Dosed,
    /// Why not.
    pub out: Out,
}

/// What is to do on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Session {
    /// The session, in its order: [`SESSION_MAX_S`] at the most.
    pub items: Vec<Item>,
    /// What would take more than half of a session and needs no floor, such as a walk of 20 minutes: to be done at another time
    /// of the day.
    pub apart: Vec<Item>,
    /// What is due and left out, in the plan's order.
    pub left_out: Vec<LeftOut>,
}

impl Session {
    /// How long the session takes, in seconds, what stands apart not counted.
    pub fn seconds(&self) -> u32 {
        self.items.iter().map(|item| item.seconds).sum()
    }
}

/// Whether something is too long for a session that has anything else in it.
pub(super) fn stands_apart(dosed: &Dosed) -> bool {
    dosed.dose().measure() == Measure::Minutes && dosed.seconds() > SESSION_MAX_S / 2
}

/// What is to do on `today`. Nothing when the plan does not hold on that day.
pub fn session(pass: &ExercisePass<'_>, log: &Log, today: Date) -> Session {
    of_state(pass, log, &state(pass.plan(), log, today), today)
}

/// The same for a state that is known already: that of this plan, this log and this day.
pub(super) fn of_state(pass: &ExercisePass<'_>, log: &Log, state: &State, today: Date) -> Session {
    let plan = pass.plan();
    let mut session = Session::default();
    if !plan.holds_on(today) {
        return session;
    }
    let by_activity = log.by_activity(Schedule::looks_back_to(today)..=today);
    let mut wanted = Vec::new();
    for (order, ((id, exercise), standing)) in plan.exercises().zip(&state.standings).enumerate() {
        let done = by_activity.get(id).map(|entries| done_dates(entries)).unwrap_or_default();
        let times_left = exercise.schedule.due(today, &done);
        if times_left == 0 {
            continue;
        }
        let dosed = standing.dosed;
        if standing.paused.is_some() || standing.hurt_today {
            let out = if standing.paused.is_some() { Out::Paused } else { Out::HurtToday };
            session.left_out.push(LeftOut { activity: id.clone(), dosed, out });
            continue;
        }
        let kind = Kind::of(dosed.exercise());
        let item = Item { activity: id.clone(), dosed, kind, seconds: dosed.seconds(), times_left };
        wanted.push((standing.last_done, done.len(), order, item));
    }
    wanted.sort_by_key(|(last_done, times, order, _)| (*last_done, *times, *order));
    let mut taken = Vec::new();
    let mut left_s = SESSION_MAX_S;
    for (_, _, order, item) in wanted {
        if stands_apart(&item.dosed) {
            session.apart.push(item);
        } else if let Some(rest_s) = left_s.checked_sub(item.seconds) {
            left_s = rest_s;
            taken.push((item.kind, order, item));
        } else {
            session.left_out.push(LeftOut { activity: item.activity, dosed: item.dosed, out: Out::NoRoom });
        }
    }
    taken.sort_by_key(|(kind, order, _)| (*kind, *order));
    session.items = taken.into_iter().map(|(_, _, item)| item).collect();
    let place = |activity: &ActivityId| plan.exercises().position(|(id, _)| id == activity);
    session.left_out.sort_by_key(|left_out| place(&left_out.activity));
    session
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
