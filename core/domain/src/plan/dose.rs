//! How much of an exercise: a [`Dose`] that cannot be out of range, and [`Dosed`], an exercise with a dose that fits it.

use serde::{Deserialize, Serialize};

use crate::exercise::{Exercise, LADDERS, Measure};

/// The most sets.
pub const SETS_MAX: usize = 6;
/// The most repetitions in a set.
pub const REPETITIONS_MAX: u8 = 30;
/// The longest hold, in seconds.
pub const HOLD_MAX_S: u8 = 60;
/// The most minutes.
pub const MINUTES_MAX: u8 = 60;

/// One repetition at an easy pace, in seconds: two there, two back. This and the other times are this project's choice.
pub const REPETITION_S: u32 = 4;
/// The pause after each hold, in seconds.
pub const HOLD_PAUSE_S: u32 = 3;
/// The rest between two sets, in seconds.
pub const SET_REST_S: u32 = 30;
/// Getting ready for an exercise: reading, lying down, changing sides; in seconds.
pub const READY_S: u32 = 20;

/// Why numbers are no dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoseError {
    /// None or too many sets.
    #[error("an exercise has 1 to {SETS_MAX} sets")]
    Sets,
    /// None or too many repetitions.
    #[error("a set has 1 to {REPETITIONS_MAX} repetitions")]
    Repetitions,
    /// None or too long a hold.
    #[error("a hold lasts 1 to {HOLD_MAX_S} s")]
    Hold,
    /// None or too many minutes.
    #[error("an exercise lasts 1 to {MINUTES_MAX} minutes")]
    Minutes,
    /// A dose in what the exercise is not counted in.
    #[error("{} is counted in {}", .exercise.id(), counted_in(*.measure))]
    Measure {
        /// The exercise.
        exercise: Exercise,
        /// What it is counted in.
        measure: Measure,
    },
}

const fn counted_in(measure: Measure) -> &'static str {
    match measure {
        Measure::Repetitions => "repetitions without a hold",
        Measure::Holds => "repetitions with a hold in seconds",
        Measure::Minutes => "minutes",
    }
}

/// The repetitions of each set: 1 to [`SETS_MAX`] sets of 1 to [`REPETITIONS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Sets([u8; SETS_MAX]);

impl Sets {
    /// One number for each set, such as 6, 4, 2 for a pyramid.
    pub fn new(repetitions: &[u8]) -> Result<Self, DoseError> {
        if repetitions.is_empty() || repetitions.len() > SETS_MAX {
            return Err(DoseError::Sets);
        }
        if !repetitions.iter().all(|count| (1..=REPETITIONS_MAX).contains(count)) {
            return Err(DoseError::Repetitions);
        }
        let mut sets = [0; SETS_MAX];
        for (set, count) in sets.iter_mut().zip(repetitions) {
            *set = *count;
        }
        Ok(Self(sets))
    }

    /// The same number of repetitions in each set.
    pub fn straight(sets: u8, repetitions: u8) -> Result<Self, DoseError> {
        Self::new(&vec![repetitions; usize::from(sets)])
    }

    /// The repetitions, set by set.
    pub fn iter(&self) -> impl Iterator<Item = u8> {
        self.0.into_iter().take_while(|count| *count > 0)
    }

    /// How many sets; at least 1.
    pub fn count(&self) -> u8 {
        self.iter().fold(0, |sets, _| sets + 1)
    }

    /// All repetitions together.
    pub fn total(&self) -> u16 {
        self.iter().map(u16::from).sum()
    }

    /// The repetitions of the longest set.
    pub fn most(&self) -> u8 {
        self.iter().max().unwrap_or_default()
    }

    /// Two sets or more, each shorter than the one before.
    pub fn is_pyramid(&self) -> bool {
        self.count() > 1 && self.iter().zip(self.iter().skip(1)).all(|(one, next)| next < one)
    }

    /// So many more or fewer in each set, if all stay in range.
    pub(super) fn shifted(self, by: i8) -> Option<Self> {
        let shifted: Option<Vec<u8>> = self.iter().map(|count| count.checked_add_signed(by)).collect();
        Self::new(&shifted?).ok()
    }

    /// No set more and no set longer than there. Where there are fewer sets than here, it is not.
    fn within(self, most: Self) -> bool {
        self.0.iter().zip(&most.0).all(|(here, there)| here <= there)
    }
}

impl TryFrom<Vec<u8>> for Sets {
    type Error = DoseError;

    fn try_from(repetitions: Vec<u8>) -> Result<Self, DoseError> {
        Self::new(&repetitions)
    }
}

impl From<Sets> for Vec<u8> {
    fn from(sets: Sets) -> Self {
        sets.iter().collect()
    }
}

macro_rules! bounded {
    ($($(#[doc = $doc:literal])+ $name:ident, $most:expr, $error:expr;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u8", into = "u8")]
        pub struct $name(u8);

        impl $name {
            /// From the number.
            pub const fn new(number: u8) -> Result<Self, DoseError> {
                if number > 0 && number <= $most { Ok(Self(number)) } else { Err($error) }
            }

            /// The number.
            pub const fn get(self) -> u8 {
                self.0
            }
        }

        impl TryFrom<u8> for $name {
            type Error = DoseError;

            fn try_from(number: u8) -> Result<Self, DoseError> {
                Self::new(number)
            }
        }

        impl From<$name> for u8 {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    )+ };
}

bounded! {
    /// How long a repetition is held, in seconds: 1 to [`HOLD_MAX_S`].
    Hold, HOLD_MAX_S, DoseError::Hold;
    /// Minutes without a pause: 1 to [`MINUTES_MAX`].
    Minutes, MINUTES_MAX, DoseError::Minutes;
}

/// How much of an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "measure")]
pub enum Dose {
    /// Repetitions at the person's own pace.
    Repetitions {
        /// Those of each set.
        sets: Sets,
    },
    /// Repetitions that are held.
    Holds {
        /// Those of each set.
        sets: Sets,
        /// How long each is held, in seconds.
        hold_s: Hold,
    },
    /// Minutes without a pause.
    Minutes {
        /// How many.
        minutes: Minutes,
    },
}

impl Dose {
    /// The same number of repetitions in each set.
    pub fn repetitions(sets: u8, repetitions: u8) -> Result<Self, DoseError> {
        Ok(Self::Repetitions { sets: Sets::straight(sets, repetitions)? })
    }

    /// The same number of holds in each set.
    pub fn holds(sets: u8, repetitions: u8, hold_s: u8) -> Result<Self, DoseError> {
        Ok(Self::Holds { sets: Sets::straight(sets, repetitions)?, hold_s: Hold::new(hold_s)? })
    }

    /// Holds, with a number of them for each set.
    pub fn pyramid(repetitions: &[u8], hold_s: u8) -> Result<Self, DoseError> {
        Ok(Self::Holds { sets: Sets::new(repetitions)?, hold_s: Hold::new(hold_s)? })
    }

    /// Minutes without a pause.
    pub fn minutes(minutes: u8) -> Result<Self, DoseError> {
        Ok(Self::Minutes { minutes: Minutes::new(minutes)? })
    }

    /// What it is counted in.
    pub const fn measure(&self) -> Measure {
        match self {
            Self::Repetitions { .. } => Measure::Repetitions,
            Self::Holds { .. } => Measure::Holds,
            Self::Minutes { .. } => Measure::Minutes,
        }
    }

    /// How long it takes with an exercise, in seconds, getting ready and rests counted. An exercise for each side is done
    /// twice in each set.
    pub fn seconds(&self, exercise: Exercise) -> u32 {
        let sides = if exercise.facts().each_side { 2 } else { 1 };
        let with_rests = |sets: &Sets, one_s: u32| {
            u32::from(sets.total()) * one_s * sides + u32::from(sets.count().saturating_sub(1)) * SET_REST_S
        };
        READY_S
            + match self {
                Self::Repetitions { sets } => with_rests(sets, REPETITION_S),
                Self::Holds { sets, hold_s } => with_rests(sets, u32::from(hold_s.get()) + HOLD_PAUSE_S),
                Self::Minutes { minutes } => u32::from(minutes.get()) * 60,
            }
    }

    /// Time under effort in seconds, for one side.
    pub(super) fn effort_s(self) -> u32 {
        match self {
            Self::Repetitions { sets } => u32::from(sets.total()) * REPETITION_S,
            Self::Holds { sets, hold_s } => u32::from(sets.total()) * u32::from(hold_s.get()),
            Self::Minutes { minutes } => u32::from(minutes.get()) * 60,
        }
    }

    /// No number in it is above the same number there. Doses in different measures are never within one another.
    pub fn within(&self, most: &Self) -> bool {
        match (self, most) {
            (Self::Repetitions { sets }, Self::Repetitions { sets: most }) => sets.within(*most),
            (Self::Holds { sets, hold_s }, Self::Holds { sets: most, hold_s: longest }) => {
                sets.within(*most) && hold_s <= longest
            }
            (Self::Minutes { minutes }, Self::Minutes { minutes: most }) => minutes <= most,
            _ => false,
        }
    }
}

/// An exercise with a dose in what it is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Dosed {
    exercise: Exercise,
    dose: Dose,
}

#[derive(Serialize, Deserialize)]
struct Unchecked {
    exercise: Exercise,
    dose: Dose,
}

impl Dosed {
    /// An exercise with a dose.
    pub fn new(exercise: Exercise, dose: Dose) -> Result<Self, DoseError> {
        let measure = exercise.facts().measure;
        if dose.measure() == measure {
            Ok(Self { exercise, dose })
        } else {
            Err(DoseError::Measure { exercise, measure })
        }
    }

    /// The exercise.
    pub const fn exercise(&self) -> Exercise {
        self.exercise
    }

    /// The dose.
    pub const fn dose(&self) -> &Dose {
        &self.dose
    }

    /// How long it takes in seconds, with getting ready and rests.
    pub fn seconds(&self) -> u32 {
        self.dose.seconds(self.exercise)
    }

    /// Whether this asks more of the body: a harder variant of the same movement, or the same exercise for longer. Exercises
    /// that are no variants of each other can't be compared; then it is not.
    pub fn is_harder_than(&self, other: &Self) -> bool {
        if self.exercise == other.exercise {
            return self.dose.effort_s() > other.dose.effort_s();
        }
        rung(self.exercise).zip(rung(other.exercise)).is_some_and(|(here, there)| here.0 == there.0 && here.1 > there.1)
    }

    /// Whether this stays under a ceiling: an easier variant of it, or the same exercise with no number above it.
    pub fn is_under(&self, ceiling: &Self) -> bool {
        if self.exercise == ceiling.exercise {
            return self.dose.within(&ceiling.dose);
        }
        rung(self.exercise)
            .zip(rung(ceiling.exercise))
            .is_some_and(|(here, there)| here.0 == there.0 && here.1 < there.1)
    }
}

/// The ladder an exercise stands on, and its place there; `None` when it has no variants.
pub(super) fn rung(exercise: Exercise) -> Option<(usize, usize)> {
    LADDERS.iter().enumerate().find_map(|(ladder, rungs)| Some((ladder, rungs.iter().position(|it| *it == exercise)?)))
}

impl TryFrom<Unchecked> for Dosed {
    type Error = DoseError;

    fn try_from(unchecked: Unchecked) -> Result<Self, DoseError> {
        Self::new(unchecked.exercise, unchecked.dose)
    }
}

impl From<Dosed> for Unchecked {
    fn from(dosed: Dosed) -> Self {
        Self { exercise: dosed.exercise, dose: dosed.dose }
    }
}

#[cfg(test)]
#[path = "dose_tests.rs"]
mod tests;
