//! What a person writes down: pain with its places and qualities, and how a day was.
//!
//! | you want | look at |
//! |---|---|
//! | where it hurts, and on which side | [`Sites`] |
//! | one pain entry | [`PainReport`] |
//! | a day's stiffness, sleep, medication, activity and triggers | [`Wellbeing`] |
//!
//! Each value checks itself where it is made, so that what exists can be kept. An error says what to write instead.

mod body;
mod day;
mod report;
mod words;

pub use body::{Side, Sides, Sites};
pub use day::{
    Activity, MEDICATIONS_MAX, Medication, Medications, SleepQuality, SleepTime, Stiffness, Trigger, Wellbeing,
};
pub use report::{PainReport, Quality};

use crate::pain::{PainError, Place};

/// Why something can't be written into the diary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiaryError {
    /// Not a pain entry.
    #[error(transparent)]
    Pain(#[from] PainError),
    /// A word that is none of those there are.
    #[error("unknown {what}: choose one of {known}")]
    Unknown {
        /// What it was to be.
        what: &'static str,
        /// What there is.
        known: String,
    },
    /// No place was named.
    #[error("say where it hurts, such as lower-back or leg:left")]
    NoPlace,
    /// A place of which there are two has no middle.
    #[error("{} has no middle: say left, right or both", .0.as_str())]
    NoMiddle(Place),
    /// The worst of a day can't be less than now.
    #[error("the worst pain of the last 24 hours can't be below the pain now: give at least the score of now")]
    WorstBelowNow,
    /// An average can't be above the worst.
    #[error("the average of the last 24 hours can't be above the worst: lower it, or raise the worst")]
    AverageAboveWorst,
    /// Sleep off its scale.
    #[error("sleep is rated with a whole number from 0 (very bad) to 10 (very good)")]
    SleepOffScale,
    /// More than a day holds.
    #[error("{0} of a day can be 24 hours at most: give less")]
    LongerThanADay(&'static str),
    /// A medication without a name, or with too long a text.
    #[error("write a medication as its name and dose, such as `ibuprofen 400 mg`: 1 to {TEXT_MAX} characters each")]
    BadMedication,
    /// Too many medications.
    #[error("a day takes {MEDICATIONS_MAX} medications at most: write several into one line")]
    TooManyMedications,
}

/// The longest name or dose of a medication, in characters.
const TEXT_MAX: usize = 80;
