//! A plan for a person without a clinic, in four stages: calm, restore, strengthen, keep.
//!
//! Three stages take six to eight weeks, the length of published programmes; floor exercises come three to five times a week. Which
//! exercises are in which stage is composed from the movements that back programmes have in common; the doses to begin with are
//! low, and what a person has reached in one stage is taken along to the next.
//!
//! [`review`] decides on the stage. On to the next: when the least time has passed, more than half of what was due was done, the
//! last week was free of bad sessions, and nothing is paused; and from strengthening only when half of it has gone up. Back to the one before: when three days of two weeks were bad. The figures
//! are this project's choice.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::activity::{Activity, ExerciseActivity, Progression, What};
use super::adherence::{share, weeks};
use super::calendar::{days_from, minus_days};
use super::dose::{Dose, DoseError, Dosed};
use super::log::Log;
use super::prescribed::{Plan, PlanError, PlanParts, Source, Status};
use super::progress::{State, state};
use super::schedule::{Schedule, ScheduleError};
use super::text::{ActivityId, PlanId};
use crate::exercise::Exercise;

/// More than this share of what was due must have been done before the next stage, in percent.
pub const ENOUGH_PERCENT: u8 = 50;
/// So many days without a bad session before the next stage.
pub const QUIET_DAYS: u16 = 7;
/// So many days with a bad session, within [`BAD_WITHIN_DAYS`], lead back.
pub const BAD_DAYS: usize = 3;
/// Within so many days.
pub const BAD_WITHIN_DAYS: u16 = 14;

/// A stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Breathing, gentle movement, short walks.
    Calm,
    /// Moving and holding again.
    Restore,
    /// Stabilisation and strength.
    Strengthen,
    /// What keeps it so.
    Keep,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Calm, Self::Restore, Self::Strengthen, Self::Keep];

    /// The least time in it, in days; the last has no end.
    pub const fn least_days(self) -> i64 {
        match self {
            Self::Calm => 7,
            Self::Restore => 14,
            Self::Strengthen | Self::Keep => 28,
        }
    }

    fn beside(self, by: isize) -> Option<Self> {
        let at = Self::ALL.iter().position(|stage| *stage == self)?;
        Self::ALL.get(at.checked_add_signed(by)?).copied()
    }

    /// The next, if there is one.
    pub fn next(self) -> Option<Self> {
        self.beside(1)
    }

    /// The one before, if there is one.
    pub fn before(self) -> Option<Self> {
        self.beside(-1)
    }
}

/// Why a person stays in their stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StayWhy {
    /// It is the last.
    Last,
    /// The least time has not passed.
    TooEarly,
    /// Too little was done.
    TooLittle,
    /// Less than half of what is to make stronger has gone up.
    NotStronger,
    /// There was a bad session lately.
    BadLately,
    /// An exercise is paused.
    Paused,
}

impl StayWhy {
    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Last => "it is the last",
            Self::TooEarly => "its least time has not passed",
            Self::TooLittle => "half of what was due or less was done",
            Self::NotStronger => "less than half of the exercises have gone up",
            Self::BadLately => "there was a bad session in the last seven days",
            Self::Paused => "an exercise is paused, talk to a clinician first",
        }
    }
}

/// What a review of a stage comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// Go on in this stage.
    Stay(StayWhy),
    /// On to this stage, with a plan from [`plan`].
    Advance(Stage),
    /// Back to this stage, with a plan from [`plan`].
    Back(Stage),
}

/// How often.
#[derive(Clone, Copy)]
enum Often {
    /// On Monday, Wednesday and Friday: days with a day between them.
    Floor,
    /// So many times a week.
    Times(u8),
}

struct Line {
    id: &'static str,
    dosed: fn() -> (Exercise, Result<Dose, DoseError>),
    often: Often,
}

const fn line(id: &'static str, often: Often, dosed: fn() -> (Exercise, Result<Dose, DoseError>)) -> Line {
    Line { id, dosed, often }
}

use Often::{Floor, Times};

const BREATHING: Line = line("breathing", Times(5), || (Exercise::DiaphragmaticBreathing, Dose::minutes(3)));
const CAT_CAMEL: Line = line("cat_camel", Floor, || (Exercise::CatCamel, Dose::repetitions(1, 8)));
const TRUNK: Line = line("trunk", Floor, || (Exercise::PelvicTilt, Dose::repetitions(1, 8)));
const DEAD_BUG: Line = line("dead_bug", Floor, || (Exercise::HeelSlide, Dose::repetitions(1, 6)));
const BRIDGE: Line = line("bridge", Floor, || (Exercise::Bridge, Dose::holds(1, 6, 5)));
const BIRD_DOG: Line = line("bird_dog", Floor, || (Exercise::BirdDogArm, Dose::pyramid(&[6, 4, 2], 6)));
const SIDE_BRIDGE: Line = line("side_bridge", Floor, || (Exercise::SideBridgeKnees, Dose::pyramid(&[6, 4, 2], 6)));
const CURL_UP: Line = line("curl_up", Floor, || (Exercise::CurlUp, Dose::pyramid(&[6, 4, 2], 6)));
const STAND: Line = line("sit_to_stand", Floor, || (Exercise::SitToStand, Dose::repetitions(1, 6)));
const HINGE: Line = line("hip_hinge", Floor, || (Exercise::HipHingeStick, Dose::repetitions(1, 8)));
const KNEE: Line = line("knee_to_chest", Floor, || (Exercise::KneeToChest, Dose::holds(1, 2, 15)));
const HAMSTRING: Line = line("hamstring", Floor, || (Exercise::HamstringStretch, Dose::holds(1, 2, 15)));
const HIP_FLEXOR: Line = line("hip_flexor", Floor, || (Exercise::HipFlexorStretch, Dose::holds(1, 2, 15)));
const WALK_SHORT: Line = line("walking", Times(5), || (Exercise::Walking, Dose::minutes(8)));
const WALK: Line = line("walking", Times(4), || (Exercise::Walking, Dose::minutes(10)));

const fn lines(stage: Stage) -> &'static [Line] {
    match stage {
        Stage::Calm => &[BREATHING, TRUNK, CAT_CAMEL, DEAD_BUG, KNEE, WALK_SHORT],
        Stage::Restore => &[BREATHING, CAT_CAMEL, TRUNK, DEAD_BUG, BIRD_DOG, BRIDGE, STAND, HAMSTRING, WALK],
        Stage::Strengthen => {
            &[CAT_CAMEL, DEAD_BUG, BIRD_DOG, SIDE_BRIDGE, CURL_UP, BRIDGE, HINGE, STAND, HAMSTRING, HIP_FLEXOR, WALK]
        }
        Stage::Keep => &[CAT_CAMEL, BIRD_DOG, SIDE_BRIDGE, CURL_UP, BRIDGE, HINGE, STAND, HIP_FLEXOR, WALK],
    }
}

/// The plan of a stage from a day on. `before`: where the plan of the stage before stands; what was reached there is taken along.
/// While an exercise of it is paused there is no other plan.
pub fn plan(stage: Stage, start: Date, before: Option<&State>) -> Result<Plan, PlanError> {
    if before.is_some_and(|state| state.standings.iter().any(|standing| standing.paused.is_some())) {
        return Err(PlanError::Paused);
    }
    let mut activities = Vec::new();
    for line in lines(stage) {
        let id = ActivityId::new(line.id)?;
        let (exercise, dose) = (line.dosed)();
        let dosed = match before.and_then(|state| state.of(&id)) {
            Some(reached) => reached.dosed,
            None => Dosed::new(exercise, dose?)?,
        };
        let exercise = ExerciseActivity {
            dosed,
            schedule: schedule(line.often)?,
            limits: None,
            progression: Progression::ByTheApp,
        };
        activities.push(Activity { id, what: What::Exercise(exercise) });
    }
    let (id, source) = (PlanId::new("own")?, Source::Own { stage });
    Plan::new(PlanParts { id, source, status: Status::Active, start, end: None, activities, cap: None })
}

fn schedule(often: Often) -> Result<Schedule, ScheduleError> {
    match often {
        Floor => Schedule::on(&[Weekday::Monday, Weekday::Wednesday, Weekday::Friday]),
        Times(times) => Schedule::times_a_week(times),
    }
}

/// Whether to go on to the next stage, or back. `None` for a plan that is no staged one.
pub fn review(plan: &Plan, log: &Log, today: Date) -> Option<Review> {
    let Source::Own { stage } = plan.parts().source else { return None };
    let state = state(plan, log, today);
    if state.standings.iter().any(|standing| standing.paused.is_some()) {
        return Some(Review::Stay(StayWhy::Paused));
    }
    if let Some(before) = stage.before()
        && state.bad_days.iter().filter(|day| **day >= minus_days(today, BAD_WITHIN_DAYS)).count() >= BAD_DAYS
    {
        return Some(Review::Back(before));
    }
    let Some(next) = stage.next() else { return Some(Review::Stay(StayWhy::Last)) };
    let weeks = weeks(plan, log, &state, today);
    let (done, due) = weeks.iter().fold((0, 0), |(done, due), week| (done + week.done, due + week.due));
    let quiet_since = minus_days(today, QUIET_DAYS);
    let stay = if days_from(plan.parts().start, today) < stage.least_days() {
        Some(StayWhy::TooEarly)
    } else if share(done, due).is_none_or(|percent| percent <= ENOUGH_PERCENT) {
        Some(StayWhy::TooLittle)
    } else if state.standings.iter().any(|standing| standing.last_bad.is_some_and(|day| day >= quiet_since)) {
        Some(StayWhy::BadLately)
    } else if stage == Stage::Strengthen && !is_stronger(plan, &state) {
        Some(StayWhy::NotStronger)
    } else {
        None
    };
    Some(stay.map_or(Review::Advance(next), Review::Stay))
}

/// Half of the exercises have gone up in this stage, or have no way to.
fn is_stronger(plan: &Plan, state: &State) -> bool {
    let up = plan
        .exercises()
        .zip(&state.standings)
        .filter(|((_, exercise), standing)| standing.at_top || standing.dosed.is_harder_than(&exercise.dosed));
    2 * up.count() >= state.standings.len()
}

#[cfg(test)]
#[path = "staged_tests.rs"]
mod tests;
