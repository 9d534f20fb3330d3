//! The daily goal: a share of the time held still that is spent upright. It grows with success, slowly, and eases after bad
//! days, because a goal that is always missed is soon ignored.
//!
//! It is a share and not a number of minutes, so that a short day of wearing can be as good as a long one.

use jiff::civil::Date;
use serde::Serialize;

use crate::units::Percent;

/// The goal of somebody who has just begun, in percent. This and the other figures here are this project's choice.
pub const GOAL_BEGIN_PERCENT: u8 = 50;
/// It never eases below this, in percent.
pub const GOAL_LEAST_PERCENT: u8 = 30;
/// It never grows beyond this, in percent: nobody sits straight all day, and nobody should.
pub const GOAL_MOST_PERCENT: u8 = 90;
/// By so much it changes at a time, in percent points.
pub const GOAL_STEP_PERCENT: u8 = 5;
/// It grows when it was met on so many counted days in a row.
pub const MET_DAYS: u8 = 3;
/// It eases when it was missed on so many counted days in a row.
pub const MISSED_DAYS: u8 = 2;
/// It grows at most once in so many days.
pub const GROWS_EVERY_DAYS: i32 = 7;
/// A day counts when the body was held still for so long, in seconds; less says little about a person's day.
pub const DAY_COUNTS_S: u32 = 3_600;

/// What a day came to, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DayTally {
    /// Upright.
    pub upright_s: u32,
    /// Slouched.
    pub slouched_s: u32,
    /// Leaning.
    pub leaning_s: u32,
}

impl DayTally {
    /// How long the body was held still, in seconds.
    pub const fn held_s(&self) -> u32 {
        self.upright_s.saturating_add(self.slouched_s).saturating_add(self.leaning_s)
    }

    /// The share of it that was upright, rounded down; `None` on a day too short to count.
    pub fn upright(&self) -> Option<Percent> {
        let held_s = self.held_s();
        if held_s < DAY_COUNTS_S {
            return None;
        }
        let share = u64::from(self.upright_s) * 100 / u64::from(held_s);
        Some(Percent::saturating(u8::try_from(share).unwrap_or(u8::MAX)))
    }
}

/// Counted days in a row that were alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "was", content = "days")]
pub enum Row {
    /// None yet, or the goal has just changed.
    #[default]
    None,
    /// The goal was met.
    Met(u8),
    /// It was missed.
    Missed(u8),
}

/// What became of the goal when a day was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GoalChange {
    /// It is the same.
    Same,
    /// It has grown by a step.
    Grown,
    /// It has eased by a step.
    Eased,
}

/// The goal, and what it needs to remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    share: Percent,
    row: Row,
    grown_on: Option<Date>,
    closed: Option<Date>,
}

impl Default for Goal {
    fn default() -> Self {
        Self { share: Percent::saturating(GOAL_BEGIN_PERCENT), row: Row::None, grown_on: None, closed: None }
    }
}

impl Goal {
    /// From the store: the share is brought within its bounds.
    pub fn restore(share: Percent, row: Row, grown_on: Option<Date>, closed: Option<Date>) -> Self {
        let share = Percent::saturating(share.get().clamp(GOAL_LEAST_PERCENT, GOAL_MOST_PERCENT));
        Self { share, row, grown_on, closed }
    }

    /// A goal of the person's own choice, which goes on from there; `today` counts as the day it grew, so that it does not
    /// grow again within the week. `None` when it is out of bounds.
    pub fn chosen(self, share: Percent, today: Date) -> Option<Self> {
        (GOAL_LEAST_PERCENT..=GOAL_MOST_PERCENT).contains(&share.get()).then_some(Self {
            share,
            row: Row::None,
            grown_on: Some(today),
            closed: self.closed,
        })
    }

    /// The share of the time held still to be spent upright.
    pub const fn share(&self) -> Percent {
        self.share
    }

    /// The counted days in a row that were alike.
    pub const fn row(&self) -> Row {
        self.row
    }

    /// The day it last grew.
    pub const fn grown_on(&self) -> Option<Date> {
        self.grown_on
    }

    /// The newest day that was taken into account.
    pub const fn closed(&self) -> Option<Date> {
        self.closed
    }

    /// Takes a day that is over into account. One that was taken, or is before one that was, changes nothing, nor does one
    /// that is too short to count.
    #[must_use]
    pub fn close(mut self, day: Date, tally: &DayTally) -> (Self, GoalChange) {
        if self.closed.is_some_and(|closed| day <= closed) {
            return (self, GoalChange::Same);
        }
        self.closed = Some(day);
        let Some(upright) = tally.upright() else { return (self, GoalChange::Same) };
        self.row = match (self.row, upright >= self.share) {
            (Row::Met(days), true) => Row::Met(days.saturating_add(1)),
            (_, true) => Row::Met(1),
            (Row::Missed(days), false) => Row::Missed(days.saturating_add(1)),
            (_, false) => Row::Missed(1),
        };
        let change = match self.row {
            Row::Met(MET_DAYS..) if self.may_grow(day) => GoalChange::Grown,
            Row::Missed(MISSED_DAYS..) if self.share.get() > GOAL_LEAST_PERCENT => GoalChange::Eased,
            _ => GoalChange::Same,
        };
        let share = self.share.get();
        match change {
            GoalChange::Same => return (self, change),
            GoalChange::Grown => {
                self.share = Percent::saturating((share + GOAL_STEP_PERCENT).min(GOAL_MOST_PERCENT));
                self.grown_on = Some(day);
            }
            GoalChange::Eased => {
                self.share = Percent::saturating(share.saturating_sub(GOAL_STEP_PERCENT).max(GOAL_LEAST_PERCENT));
            }
        }
        self.row = Row::None;
        (self, change)
    }

    fn may_grow(&self, day: Date) -> bool {
        let rested = self.grown_on.is_none_or(|grown| (day - grown).get_days() >= GROWS_EVERY_DAYS);
        rested && self.share.get() < GOAL_MOST_PERCENT
    }
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::date};
    use proptest::prelude::*;

    use super::*;

    fn day(index: i64) -> Date {
        date(2026, 1, 1) + index.days()
    }

    fn upright(percent: u32) -> DayTally {
        DayTally { upright_s: percent * 100, slouched_s: (100 - percent) * 80, leaning_s: (100 - percent) * 20 }
    }

    fn closed(goal: Goal, days: &[(i64, u32)]) -> (Goal, Vec<u8>) {
        let mut shares = Vec::new();
        let goal = days.iter().fold(goal, |goal, (index, percent)| {
            let (goal, _) = goal.close(day(*index), &upright(*percent));
            shares.push(goal.share().get());
            goal
        });
        (goal, shares)
    }

    #[test]
    fn success_makes_it_grow_by_a_step_a_week() {
        let days: Vec<_> = (0..20).map(|index| (index, 80)).collect();
        let (_, shares) = closed(Goal::default(), &days);
        assert_eq!(shares, [50, 50, 55, 55, 55, 55, 55, 55, 55, 60, 60, 60, 60, 60, 60, 60, 65, 65, 65, 65]);
    }

    #[test]
    fn bad_days_ease_it() {
        let (goal, shares) = closed(Goal::default(), &[(0, 20), (1, 20), (2, 20), (3, 70), (4, 20), (5, 20)]);
        assert_eq!(shares, [50, 45, 45, 45, 45, 40]);
        let (_, shares) = closed(goal, &(6..30).map(|index| (index, 0)).collect::<Vec<_>>());
        assert_eq!(shares.last(), Some(&GOAL_LEAST_PERCENT));
    }

    #[test]
    fn a_short_day_counts_for_nothing_and_a_day_counts_once() {
        let short = DayTally { upright_s: 0, slouched_s: DAY_COUNTS_S - 1, leaning_s: 0 };
        assert_eq!(short.upright(), None);
        let (goal, _) = closed(Goal::default(), &[(0, 20)]);
        let (goal, change) = goal.close(day(1), &short);
        assert_eq!((goal.row(), change), (Row::Missed(1), GoalChange::Same));
        for again in [0, 1] {
            assert_eq!(goal.close(day(again), &upright(0)), (goal, GoalChange::Same));
        }
        assert_eq!(goal.close(day(2), &upright(20)).1, GoalChange::Eased);
    }

    #[test]
    fn a_chosen_goal_has_bounds_and_waits_a_week_to_grow() {
        let share = |percent| Percent::new(percent).unwrap();
        assert_eq!(Goal::default().chosen(share(29), day(0)), None);
        assert_eq!(Goal::default().chosen(share(91), day(0)), None);
        let goal = Goal::default().chosen(share(60), day(0)).unwrap();
        let (_, shares) = closed(goal, &(1..9).map(|index| (index, 95)).collect::<Vec<_>>());
        assert_eq!(shares, [60, 60, 60, 60, 60, 60, 65, 65]);
    }

    #[test]
    fn a_goal_from_a_strange_store_is_within_bounds() {
        assert_eq!(Goal::restore(Percent::saturating(0), Row::None, None, None).share().get(), GOAL_LEAST_PERCENT);
        assert_eq!(Goal::restore(Percent::saturating(100), Row::Met(255), None, None).share().get(), GOAL_MOST_PERCENT);
        let (goal, _) =
            Goal::restore(Percent::saturating(50), Row::Met(255), Some(day(5)), None).close(day(6), &upright(90));
        assert_eq!((goal.row(), goal.share().get()), (Row::Met(255), 50));
    }

    proptest! {
        #[test]
        fn it_stays_within_bounds_and_never_grows_by_more_than_a_step_a_week(
            days in prop::collection::vec((1_i64..4, 0_u32..40_000, 0_u32..40_000, 0_u32..9_000), 1..120),
        ) {
            let (mut goal, mut index) = (Goal::default(), 0);
            let mut history: Vec<(i64, u8)> = Vec::new();
            for (step, upright_s, slouched_s, leaning_s) in days {
                index += step;
                let before = goal.share();
                let (next, change) = goal.close(day(index), &DayTally { upright_s, slouched_s, leaning_s });
                goal = next;
                let share = goal.share().get();
                prop_assert!((GOAL_LEAST_PERCENT..=GOAL_MOST_PERCENT).contains(&share));
                prop_assert_eq!(change == GoalChange::Same, goal.share() == before);
                // The lowest of the week before this day, that day's own beginning included.
                let least = history.iter().filter(|(then, _)| index - then < 7).map(|(_, share)| *share).chain([before.get()]).min();
                prop_assert!(share <= least.unwrap() + GOAL_STEP_PERCENT);
                history.push((index, share));
            }
        }
    }
}
