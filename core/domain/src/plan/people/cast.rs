//! Who the ten are.

use jiff::civil::Weekday;

use super::super::activity::{Activity, ExerciseActivity, PainLimits, Progression, What};
use super::super::dose::{Dose, Dosed};
use super::super::prescribed::{Plan, PlanError, PlanParts, Source, Status};
use super::super::schedule::Schedule;
use super::super::text::{ActivityId, ClinicId, PlanId};
use super::BEGIN;
use crate::exercise::Exercise;

/// Days on which it hurts more, whatever is done.
#[derive(Clone, Copy, Debug)]
pub struct Flare {
    /// The first day, counted from 0.
    pub first: u16,
    /// How many days.
    pub days: u16,
    /// By so many points more.
    pub points: f64,
}

impl Flare {
    pub(super) fn on(&self, day: u16) -> f64 {
        if (self.first..self.first + self.days).contains(&day) { self.points } else { 0.0 }
    }
}

/// What a person is like.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    /// A name.
    pub name: &'static str,
    /// In a few words.
    pub about: &'static str,
    /// Pain at first, 0 to 10.
    pub pain: f64,
    /// How it changes by itself, in points a week.
    pub trend_a_week: f64,
    /// How much days differ, in points.
    pub noise: f64,
    /// What the body bears at first, in minutes of effort.
    pub capacity: f64,
    /// What it gains with each exercise.
    pub gains: f64,
    /// Points of pain for each minute of effort too much.
    pub reacts: f64,
    /// The share of days on which nothing is done.
    pub skips: f64,
    /// The share of mornings that are answered.
    pub answers: f64,
    /// Does a step more than is asked, and does it on rest days too.
    pub eager: bool,
    /// Days away: the first, and how many.
    pub away: Option<(u16, u16)>,
    /// Bad days by themselves.
    pub flares: &'static [Flare],
    /// In the first session from this day on a leg goes numb.
    pub numb_from: Option<u16>,
    /// So many days after a pause a clinician agrees to going on; `None`: nobody is asked.
    pub clinician_after_days: Option<u16>,
    /// A clinic's plan; `None` is the staged one.
    pub plan: Option<fn() -> Result<Plan, PlanError>>,
}

impl Nature {
    pub(super) fn is_away(&self, day: u16) -> bool {
        self.away.is_some_and(|(first, days)| (first..first.saturating_add(days)).contains(&day))
    }
}

/// Somebody who follows the plan, and slowly gets better.
const STEADY: Nature = Nature {
    name: "Ada",
    about: "follows the plan and slowly gets better",
    pain: 4.0,
    trend_a_week: -0.2,
    noise: 0.5,
    capacity: 2.0,
    gains: 0.02,
    reacts: 1.0,
    skips: 0.05,
    answers: 0.95,
    eager: false,
    away: None,
    flares: &[],
    numb_from: None,
    clinician_after_days: Some(7),
    plan: None,
};

/// Ten people.
pub const PEOPLE: [Nature; 10] = [
    STEADY,
    Nature { name: "Ben", about: "gets better, and answers every second morning", answers: 0.5, ..STEADY },
    Nature {
        name: "Cleo",
        about: "does what is asked, and neither pain nor strength moves",
        trend_a_week: 0.0,
        gains: 0.0,
        capacity: 1.5,
        ..STEADY
    },
    Nature {
        name: "Dan",
        about: "gets better with a flare in the fifth week and one in the ninth",
        flares: &[Flare { first: 30, days: 5, points: 3.0 }, Flare { first: 58, days: 4, points: 2.5 }],
        ..STEADY
    },
    Nature { name: "Eva", about: "skips more than half of the days", skips: 0.6, ..STEADY },
    Nature {
        name: "Finn",
        about: "does more than is asked, on rest days too",
        eager: true,
        skips: 0.0,
        capacity: 1.5,
        ..STEADY
    },
    Nature { name: "Gia", about: "is away for three weeks in the middle", away: Some((35, 21)), ..STEADY },
    Nature {
        name: "Hugo",
        about: "hurts a lot, bears little, and answers each too much with pain",
        pain: 5.0,
        trend_a_week: -0.1,
        capacity: 0.8,
        reacts: 2.0,
        noise: 0.9,
        ..STEADY
    },
    Nature {
        name: "Ines",
        about: "has a clinic's plan with a ceiling, and one exercise that the app must not raise",
        gains: 0.03,
        plan: Some(clinic),
        ..STEADY
    },
    Nature {
        name: "Jon",
        about: "gets better until a leg goes numb during an exercise; a clinician agrees ten days later",
        numb_from: Some(39),
        clinician_after_days: Some(10),
        ..STEADY
    },
];

fn clinic() -> Result<Plan, PlanError> {
    let floor = Schedule::on(&[Weekday::Monday, Weekday::Wednesday, Weekday::Friday])?;
    let activity = |id, dosed, schedule, progression| -> Result<Activity, PlanError> {
        let limits = Some(PainLimits::default());
        let exercise = ExerciseActivity { dosed, schedule, limits, progression };
        Ok(Activity { id: ActivityId::new(id)?, what: What::Exercise(exercise) })
    };
    let ceiling = Dosed::new(Exercise::BirdDogLeg, Dose::pyramid(&[8, 6, 4], 10)?)?;
    let bird_dog = Dosed::new(Exercise::BirdDogArm, Dose::pyramid(&[6, 4, 2], 8)?)?;
    let bridge = Dosed::new(Exercise::Bridge, Dose::holds(1, 8, 5)?)?;
    let stretch = Dosed::new(Exercise::HamstringStretch, Dose::holds(1, 3, 20)?)?;
    let walk = Dosed::new(Exercise::Walking, Dose::minutes(15)?)?;
    Plan::new(PlanParts {
        cap: None,
        id: PlanId::new("clinic-plan")?,
        source: Source::Clinic { clinic: ClinicId::new("back-clinic")?, version: 1 },
        status: Status::Active,
        start: BEGIN,
        end: None,
        activities: vec![
            activity("bird_dog", bird_dog, floor, Progression::UpTo(ceiling))?,
            activity("bridge", bridge, floor, Progression::ByTheApp)?,
            activity("hamstring", stretch, Schedule::times_a_week(5)?, Progression::Not)?,
            activity("walking", walk, Schedule::times_a_week(4)?, Progression::ByTheApp)?,
        ],
    })
}
