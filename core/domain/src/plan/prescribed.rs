//! The plan as it was given: by whom, from when, and what is in it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::activity::{Activity, ExerciseActivity, Prescription, What};
use super::dose::{DoseError, rung};
use super::schedule::ScheduleError;
use super::staged::Stage;
use super::step::Bounds;
use super::text::{ActivityId, ClinicId, PlanId, TextError};
use crate::units::Milliamps;

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
    /// A highest current that holds beside the caps of the programmes in it: of one that is on hold, or that could not be read. Zero
    /// where not even its cap could be.
    #[serde(default)]
    pub cap: Option<Milliamps>,
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
