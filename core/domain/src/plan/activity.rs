//! What stands in a plan: an exercise with how far it may go, or a stimulation programme with its cap.

use serde::{Deserialize, Serialize};

use super::dose::Dosed;
use super::prescribed::{PlanError, SESSION_MAX_S};
use super::schedule::Schedule;
use super::text::ActivityId;
use crate::exercise::Measure;
use crate::pain::PainScore;
use crate::programme::Programme;
use crate::units::{Milliamps, Seconds};

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

    pub(super) fn check(&self) -> Result<(), PlanError> {
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

    pub(super) fn check(&self) -> Result<(), PlanError> {
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
