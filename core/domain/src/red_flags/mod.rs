//! Red flags: signs that a clinician must look before anybody goes on. Nothing here is a diagnosis; the texts say what to do.
//!
//! The questions are those of [`crate::screening`] that carry a [`crate::screening::Flag`]; so a screening is a check as
//! well, and that is the check of the first start. When pain jumps or changes kind, [`due`] asks for another, and
//! [`clear_to_start`] gives no [`StartPass`] until it is answered.
//!
//! # Where a check leads
//! | answers | to |
//! |---|---|
//! | an emergency question yes or unsure | [`Outcome::Emergency`], whatever else is open |
//! | a question open | [`Outcome::Incomplete`] |
//! | pain that nobody has explained; two other flags; one while the pain has got worse; an emergency of before that no clinician has looked at | [`Outcome::ClinicianSoon`] |
//! | otherwise | [`Outcome::SelfCare`] |
//!
//! "Unsure" is "yes". That two flags count more than one, and one with worse pain more than one without, is chosen here after
//! the framework that the questions come from: a single flag is weak evidence.
//!
//! # What is locked
//! The outcome is advice. What stimulation it locks is worked out by [`crate::screening::judge`] from the same answers, as for
//! a screening: an emergency until a later check clears it and a clinician has agreed; unexplained pain; and any other flag
//! until a clinician has agreed. A check is never milder than the screening with the same answer.

mod due;

pub use due::{
    COVERED_DAYS, History, JUMP_POINTS, JUMP_SCORE, LOOK_BACK_DAYS, NotClear, PainPoint, StartPass, Why,
    clear_to_start, due,
};

use crate::screening::{self, Answer, Answers, QUESTIONS, Question, Round, Route, VERSION};

/// What a check comes to, from the most urgent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Emergency care, now.
    Emergency {
        /// The ids of the emergency questions answered with yes or unsure.
        because: Vec<&'static str>,
    },
    /// Not answered to the end: the ids of the open questions.
    Incomplete(Vec<&'static str>),
    /// A clinician should look within days.
    ClinicianSoon {
        /// The ids of the flags.
        because: Vec<&'static str>,
    },
    /// Nothing asks for a clinician now.
    SelfCare {
        /// The id of a single flag, to mention at the next visit.
        because: Vec<&'static str>,
    },
}

impl Outcome {
    /// As a word, for the store and for JSON.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Emergency { .. } => "emergency",
            Self::Incomplete(_) => "incomplete",
            Self::ClinicianSoon { .. } => "clinician_soon",
            Self::SelfCare { .. } => "self_care",
        }
    }

    /// What to tell the person.
    pub fn advice(&self) -> String {
        const WATCH: &str = "If you lose control of bladder or bowel, if the saddle area goes numb, or if a leg gets weak: go to emergency care at once.";
        match self {
            Self::Emergency { because } => format!(
                "Go to emergency care now: your answers may be signs of an emergency ({}). Don't use stimulation. It stays off until you have answered again and a clinician has agreed.",
                because.join(", ")
            ),
            Self::Incomplete(open) => format!("Answer the open questions: {}.", open.join(", ")),
            Self::ClinicianSoon { because } => format!(
                "See a clinician within the next days, and tell them what you have answered here ({}). {WATCH}",
                because.join(", ")
            ),
            Self::SelfCare { because } if because.is_empty() => format!(
                "Nothing in your answers asks for a clinician now. Keep moving as well as you can. See a clinician if the pain gets worse, or is no better in some weeks. {WATCH}"
            ),
            Self::SelfCare { because } => {
                format!("Mention it to a clinician at your next visit ({}). {WATCH}", because.join(", "))
            }
        }
    }
}

/// The questions of a check, in the order to ask them.
pub fn questions() -> impl Iterator<Item = &'static Question> {
    QUESTIONS.iter().filter(|question| question.flag.is_some())
}

/// Judges the answers of a check. `worse`: pain has jumped or changed since the check before. A clinician's consent changes
/// nothing here: it is about stimulation.
pub fn judge(answers: &Answers, worse: bool) -> Outcome {
    let given = |question: &Question| answers.answers.get(question.id).filter(|_| answers.version == VERSION);
    let flagged = |question: &Question| given(question).is_some_and(|answer| *answer != Answer::No);
    let ids = |wanted: &dyn Fn(&Question) -> bool| -> Vec<&'static str> {
        questions().filter(|question| wanted(question)).map(|question| question.id).collect()
    };
    let emergencies = ids(&|question| question.route == Route::Emergency && flagged(question));
    if !emergencies.is_empty() {
        return Outcome::Emergency { because: emergencies };
    }
    let open = ids(&|question| given(question).is_none());
    if !open.is_empty() {
        return Outcome::Incomplete(open);
    }
    let because = ids(&flagged);
    let unexplained = questions().any(|question| question.route == Route::Stop && flagged(question));
    if unexplained || because.len() >= 2 || (worse && !because.is_empty()) {
        Outcome::ClinicianSoon { because }
    } else {
        Outcome::SelfCare { because }
    }
}

/// Judges the newest of all rounds as a check, `worse` as in [`judge`]. An emergency told before that no clinician has looked at
/// leads to one, whatever is answered now: it may have been one, and nobody knows. No rounds at all are an open check.
pub fn judge_newest(rounds: &[Round], worse: bool) -> Outcome {
    let none = Answers::default();
    let outcome = judge(rounds.last().map_or(&none, |round| &round.answers), worse);
    match outcome {
        Outcome::SelfCare { because } | Outcome::ClinicianSoon { because }
            if !screening::emergency(rounds).is_empty() =>
        {
            let before = screening::emergency(rounds).into_iter().map(|(_, id)| id);
            Outcome::ClinicianSoon { because: before.chain(because).collect() }
        }
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests;
