//! The questions before the first session.

use lumbra::domain::screening::{Answer, QUESTIONS, Route, Screening};

/// One question; "yes" is the unsafe answer.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ScreeningQuestion {
    /// Stable name, to answer it by.
    pub id: String,
    /// In plain language.
    pub text: String,
}

/// The questions, in the order to ask them.
#[uniffi::export]
pub fn screening_questions() -> Vec<ScreeningQuestion> {
    QUESTIONS
        .iter()
        .map(|question| ScreeningQuestion { id: question.id.to_owned(), text: question.text.to_owned() })
        .collect()
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ScreeningAnswer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not sure; counts as yes.
    Unsure,
}

impl From<ScreeningAnswer> for Answer {
    fn from(answer: ScreeningAnswer) -> Self {
        match answer {
            ScreeningAnswer::Yes => Self::Yes,
            ScreeningAnswer::No => Self::No,
            ScreeningAnswer::Unsure => Self::Unsure,
        }
    }
}

/// What a screening comes to. `advice` is for the person.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
#[allow(missing_docs)]
pub enum ScreeningOutcome {
    /// Stimulation is allowed.
    Passed { advice: String },
    /// These questions are open.
    Incomplete { open: Vec<String>, advice: String },
    /// Stimulation is locked, because of these answers. In an emergency, show nothing but the advice.
    Locked { emergency: bool, because: Vec<String>, advice: String },
}

impl From<Screening> for ScreeningOutcome {
    fn from(screening: Screening) -> Self {
        let advice = screening.advice();
        let owned = |ids: Vec<&'static str>| ids.into_iter().map(str::to_owned).collect();
        match screening {
            Screening::Passed(_) => Self::Passed { advice },
            Screening::Incomplete(open) => Self::Incomplete { open: owned(open), advice },
            Screening::Locked { route, because } => {
                Self::Locked { emergency: route == Route::Emergency, because: owned(because), advice }
            }
        }
    }
}
