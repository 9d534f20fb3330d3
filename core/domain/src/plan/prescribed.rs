//! The plan as it was given: by whom, from when, and what is in it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::dose::{DoseError, Dosed, rung};
use super::schedule::{Schedule, ScheduleError};
use super::staged::Stage;
use super::step::Bounds;
use super::text::{ActivityId, ClinicId, PlanId, TextError};
use crate::exercise::Measure;
use crate::pain::PainScore;
use crate::programme::Programme;
use crate::units::{Milliamps, Seconds};

/// The longest session, in seconds: what is planned to last longer is kept up by fewer people.
pub const SESSION_MAX_S: u32 = 30 * 60;
/// The most activities of a plan.
pub const ACTIVITIES_MAX: usize = 30;

/// Why something is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It ends before it begins.
    #[error("a plan can't end before it begins")]
    Dates,
    /// Too many activities.
    #[error("a plan has {ACTIVITIES_MAX} activities at most")]
    Activities,
    /// Two activities of one id.
    #[error("two activities have the id {0:?}: give each its own")]
    SameId(ActivityId),
    /// An exercise that no session can hold.
    #[error("this exercise takes {seconds} s with its rests: a session holds {SESSION_MAX_S} s")]
    TooLong {
        /// How long it takes.
        seconds: u32,
    },
    /// The prescribed dose is above its own ceiling.
    #[error("the dose to begin with is above its ceiling, or no variant of it")]
    AboveCeiling,
    /// A dose out of range.
    #[error(transparent)]
    Dose(#[from] DoseError),
    /// No schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// No id.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A paused exercise is taken into no other plan.
    #[error("an exercise is paused: talk to a clinician before the next stage")]
    Paused,
    /// Limits that allow what they are to forbid.
    #[error("a rise of pain to the next morning counts from 1 to 3 points on")]
    Limits,
    /// A session longer than the programme may last, or none.
    #[error("a session of this programme lasts 1 to {longest_min} minutes")]
    Minutes {
        /// The most.
        longest_min: u32,
    },
}

/// Who gave a plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Source {
    /// A clinic.
    Clinic {
        /// Which.
        clinic: ClinicId,
        /// Counted up by the clinic with each change.
        version: u32,
    },
    /// Nobody: the person goes by the staged plan for people without a clinic.
    Own {
        /// Where they are in it.
        stage: Stage,
    },
}

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Status {
    /// In use.
    Active,
    /// Set aside for now.
    OnHold {
        /// The first day without it.
        since: Date,
    },
    /// Come to its end.
    Ended {
        /// The first day without it.
        since: Date,
    },
    /// Taken back, as if it had been a mistake.
    Withdrawn {
        /// The first day without it.
        since: Date,
    },
}

impl Status {
    /// The first day without the plan; `None` while it is active.
    pub const fn since(&self) -> Option<Date> {
        match self {
            Self::Active => None,
            Self::OnHold { since } | Self::Ended { since } | Self::Withdrawn { since } => Some(*since),
        }
    }
}

/// Up to where pain is acceptable. The figures without a clinician's word: 5 of 10 during an exercise, back by the next morning.
/// They come from studies of tendon pain, not of backs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "UncheckedLimits", into = "UncheckedLimits")]
pub struct PainLimits {
    during: PainScore,
    morning_rise: u8,
}

#[derive(Serialize, Deserialize)]
struct UncheckedLimits {
    during: PainScore,
    morning_rise: u8,
}

impl PainLimits {
    /// Worst pain during an exercise that is acceptable, and from how many points on a rise from before a session to the next
    /// morning makes it a bad one: 1 to 3. A smaller rise is no good session either, and the third in a row is a bad one.
    pub const fn new(during: PainScore, morning_rise: u8) -> Result<Self, PlanError> {
        if matches!(morning_rise, 1..=3) { Ok(Self { during, morning_rise }) } else { Err(PlanError::Limits) }
    }

    /// The worst acceptable pain during an exercise.
    pub const fn during(&self) -> PainScore {
        self.during
    }

    /// From so many points on a rise to the next morning is bad.
    pub const fn morning_rise(&self) -> u8 {
        self.morning_rise
    }
}

impl Default for PainLimits {
    /// 5 during. A morning is worse from 2 points on: one point is within what the scale repeats by itself, two are the smallest
    /// change that people notice ([`crate::questionnaires::PAIN`]).
    fn default() -> Self {
        const FIVE: PainScore = match PainScore::new(5) {
            Ok(score) => score,
            Err(_) => PainScore::WORST,
        };
        Self { during: FIVE, morning_rise: 2 }
    }
}

impl TryFrom<UncheckedLimits> for PainLimits {
    type Error = PlanError;

    fn try_from(unchecked: UncheckedLimits) -> Result<Self, PlanError> {
        Self::new(unchecked.during, unchecked.morning_rise)
    }
}

impl From<PainLimits> for UncheckedLimits {
    fn from(limits: PainLimits) -> Self {
        Self { during: limits.during, morning_rise: limits.morning_rise }
    }
}

/// How far the app may go by itself. It always may go down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "may", content = "ceiling")]
pub enum Progression {
    /// To the end of its own ladder.
    #[default]
    ByTheApp,
    /// Up to this, and never past it.
    UpTo(Dosed),
    /// Never past the prescribed dose; back up to it after a step down.
    Not,
}

/// An exercise of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExerciseActivity {
    /// What to begin with.
    pub dosed: Dosed,
    /// How often.
    pub schedule: Schedule,
    /// Up to where pain is acceptable, if a clinician has said so.
    #[serde(default)]
    pub limits: Option<PainLimits>,
    /// How far the app may go by itself.
    #[serde(default)]
    pub progression: Progression,
}

impl ExerciseActivity {
    /// The dose that is never passed.
    pub fn ceiling(&self) -> Option<Dosed> {
        match self.progression {
            Progression::ByTheApp => None,
            Progression::UpTo(ceiling) => Some(ceiling),
            Progression::Not => Some(self.dosed),
        }
    }

    fn check(&self) -> Result<(), PlanError> {
        let seconds = self.dosed.seconds();
        if seconds > SESSION_MAX_S && self.dosed.dose().measure() != Measure::Minutes {
            return Err(PlanError::TooLong { seconds });
        }
        match self.ceiling() {
            Some(ceiling) if !self.dosed.is_under(&ceiling) => Err(PlanError::AboveCeiling),
            _ => Ok(()),
        }
    }
}

/// A stimulation programme of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Prescription {
    /// Pulses and ramps.
    pub programme: Programme,
    /// How often.
    pub schedule: Schedule,
    /// How long a session lasts, in minutes.
    pub minutes: u8,
    /// The highest current of a channel. Zero is a cap as well: a clinic's way to say none.
    pub cap: Milliamps,
}

impl Prescription {
    /// How long a session lasts.
    pub fn duration(&self) -> Seconds {
        Seconds::new(u32::from(self.minutes) * 60)
    }

    fn check(&self) -> Result<(), PlanError> {
        let longest = self.programme.longest_session();
        if self.minutes == 0 || self.duration() > longest {
            return Err(PlanError::Minutes { longest_min: longest.get() / 60 });
        }
        Ok(())
    }
}

/// What an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum What {
    /// An exercise.
    Exercise(ExerciseActivity),
    /// A stimulation programme.
    Stimulation(Prescription),
}

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Activity {
    /// Its id: the same in later versions of the plan.
    pub id: ActivityId,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// The numbers and lines a plan is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanParts {
    /// Its id.
    pub id: PlanId,
    /// Who gave it.
    pub source: Source,
    /// What became of it.
    pub status: Status,
    /// The first day of this version: it begins with the doses in it, whatever was done before.
    pub start: Date,
    /// The last day, if there is one.
    #[serde(default)]
    pub end: Option<Date>,
    /// What is in it.
    pub activities: Vec<Activity>,
}

/// A plan that holds together: checked when it is made and when it is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "PlanParts", into = "PlanParts")]
pub struct Plan(PlanParts);

impl Plan {
    /// Checks each activity, the ids and the dates.
    pub fn new(parts: PlanParts) -> Result<Self, PlanError> {
        if parts.end.is_some_and(|end| end < parts.start) {
            return Err(PlanError::Dates);
        }
        if parts.activities.len() > ACTIVITIES_MAX {
            return Err(PlanError::Activities);
        }
        let mut ids = BTreeSet::new();
        for activity in &parts.activities {
            if !ids.insert(&activity.id) {
                return Err(PlanError::SameId(activity.id.clone()));
            }
            match &activity.what {
                What::Exercise(exercise) => exercise.check()?,
                What::Stimulation(prescription) => prescription.check()?,
            }
        }
        Ok(Self(parts))
    }

    /// What it is made from.
    pub const fn parts(&self) -> &PlanParts {
        &self.0
    }

    /// The same plan with another status.
    #[must_use]
    pub fn with_status(mut self, status: Status) -> Self {
        self.0.status = status;
        self
    }

    /// Whether it holds on a date.
    pub fn holds_on(&self, date: Date) -> bool {
        let PlanParts { status, start, end, .. } = &self.0;
        *start <= date && end.is_none_or(|end| date <= end) && status.since().is_none_or(|since| date < since)
    }

    /// The exercises in it, in its order.
    pub fn exercises(&self) -> impl Iterator<Item = (&ActivityId, &ExerciseActivity)> {
        self.0.activities.iter().filter_map(|activity| match &activity.what {
            What::Exercise(exercise) => Some((&activity.id, exercise)),
            What::Stimulation(_) => None,
        })
    }

    /// The stimulation programmes in it, in its order.
    pub fn stimulations(&self) -> impl Iterator<Item = (&ActivityId, &Prescription)> {
        self.0.activities.iter().filter_map(|activity| match &activity.what {
            What::Stimulation(prescription) => Some((&activity.id, prescription)),
            What::Exercise(_) => None,
        })
    }

    /// How far an exercise may go. Where the plan has two exercises of one movement, neither takes the other's place.
    pub(super) fn bounds(&self, exercise: &ExerciseActivity) -> Bounds {
        let ladder = |exercise: &ExerciseActivity| rung(exercise.dosed.exercise()).map(|(ladder, _)| ladder);
        let here = ladder(exercise);
        let on_it = self.exercises().filter(|(_, other)| ladder(other) == here).count();
        Bounds { ceiling: exercise.ceiling(), variants: on_it <= 1 }
    }
}

impl TryFrom<PlanParts> for Plan {
    type Error = PlanError;

    fn try_from(parts: PlanParts) -> Result<Self, PlanError> {
        Self::new(parts)
    }
}

impl From<Plan> for PlanParts {
    fn from(plan: Plan) -> Self {
        plan.0
    }
}

#[cfg(test)]
#[path = "prescribed_tests.rs"]
mod tests;
