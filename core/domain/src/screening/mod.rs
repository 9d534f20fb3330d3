//! Who must not be stimulated: the questions, their routing, and the pass that a start needs.
//!
//! Answers are stored and judged anew each time; a stored verdict is never trusted. An unsure answer counts
//! as the unsafe one, a missing one as unanswered. The red flags among the questions are asked again when pain changes:
//! [`judge`] puts every round of answers together.

mod questions;
mod rounds;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use questions::{Flag, QUESTIONS, Suspicion};
pub(crate) use rounds::emergency;
pub use rounds::{Part, Round, judge};

use crate::safety::{Amount, Limit, Refusal};
use crate::units::UnixMillis;

/// The version of the questions. Answers to another version are asked anew: raise it with every change of what
/// a question asks or where it leads.
pub const VERSION: u32 = 3;

/// How long a screening holds, in days. This project's choice: health changes within a month.
pub const VALID_DAYS: u32 = 30;

/// Where a "yes" leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Emergency care, now. No stimulation.
    Emergency,
    /// No stimulation at all.
    Stop,
    /// No stimulation on this place, or now.
    NotHereNow,
    /// Only after a clinician has agreed.
    AskClinician,
}

/// One question; "yes" is the unsafe answer.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Stable name.
    pub id: &'static str,
    /// In plain language.
    pub text: &'static str,
    /// Where a "yes" leads.
    pub route: Route,
    /// What makes it a red flag, if it is one: these are asked again by [`crate::red_flags`].
    pub flag: Option<Flag>,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not sure; counts as yes.
    Unsure,
}

/// The answers of one person at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The version of the questions.
    pub version: u32,
    /// By question id.
    pub answers: BTreeMap<String, Answer>,
    /// Whether a clinician has agreed to stimulation knowing the "ask a clinician" answers.
    pub clinician_agreed: bool,
}

impl Answers {
    /// No to every question.
    pub fn all_no() -> Self {
        let answers = QUESTIONS.iter().map(|question| (question.id.to_owned(), Answer::No)).collect();
        Self { version: VERSION, answers, clinician_agreed: false }
    }
}

/// Proof that a screening allows stimulation. Made by [`judge`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreeningPass {
    answered_at: UnixMillis,
}

impl ScreeningPass {
    pub(crate) fn check_age(&self, now: UnixMillis) -> Result<(), Refusal> {
        const DAY_MS: i64 = 24 * 3_600 * 1_000;
        let age_days = now.get().saturating_sub(self.answered_at.get()) / DAY_MS;
        // Answers from the future mean a clock that can't be trusted: they are asked anew.
        if (0..i64::from(VALID_DAYS)).contains(&age_days) && now >= self.answered_at {
            return Ok(());
        }
        Err(Refusal {
            limit: Limit::ScreeningAge,
            asked: Amount::Days(u32::try_from(age_days.max(0)).unwrap_or(u32::MAX)),
            allowed: Amount::Days(VALID_DAYS),
            channel: None,
        })
    }
}

/// What a screening comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screening {
    /// Stimulation is allowed.
    Passed(ScreeningPass),
    /// Questions are open: their ids.
    Incomplete(Vec<&'static str>),
    /// Stimulation is locked; the most urgent route first, then every question that led there.
    Locked {
        /// Where to go.
        route: Route,
        /// The ids of all questions answered with yes or unsure.
        because: Vec<&'static str>,
    },
}

impl Screening {
    /// What to tell the person.
    pub fn advice(&self) -> String {
        match self {
            Self::Passed(_) => "You can use the wearable. Stop at once if anything feels wrong.".to_owned(),
            Self::Incomplete(open) if open.len() == QUESTIONS.len() => {
                "Answer the screening questions before the first session.".to_owned()
            }
            Self::Incomplete(open) => format!("Answer the open screening questions: {}.", open.join(", ")),
            Self::Locked { route, because } => {
                let why = because.join(", ");
                match route {
                    Route::Emergency => {
                        format!(
                            "Go to emergency care now: your answers may be signs of an emergency ({why}). Stimulation stays off until you have answered again and a clinician has agreed."
                        )
                    }
                    Route::Stop => format!("Don't use stimulation: your answers rule it out ({why})."),
                    Route::NotHereNow => {
                        format!("Don't use stimulation on this place now ({why}). Ask a clinician which place is safe.")
                    }
                    Route::AskClinician => {
                        format!("Ask a clinician before you use stimulation ({why}), and record that they agreed.")
                    }
                }
            }
        }
    }
}

/// Judges one whole screening, answered at `answered_at`.
pub fn evaluate(answers: &Answers, answered_at: UnixMillis) -> Screening {
    judge(&[Round::all(answers.clone(), answered_at)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_000_000_000_000);

    fn with(id: &str, answer: Answer) -> Answers {
        let mut answers = Answers::all_no();
        answers.answers.insert(id.to_owned(), answer);
        answers
    }

    #[test]
    fn no_to_everything_passes() {
        assert!(matches!(evaluate(&Answers::all_no(), NOW), Screening::Passed(_)));
    }

    #[test]
    fn each_yes_and_each_unsure_locks_on_its_own_route() {
        for question in QUESTIONS {
            for answer in [Answer::Yes, Answer::Unsure] {
                let expected = Screening::Locked { route: question.route, because: vec![question.id] };
                assert_eq!(evaluate(&with(question.id, answer), NOW), expected);
            }
        }
    }

    #[test]
    fn each_missing_answer_is_named() {
        for question in QUESTIONS {
            let mut answers = Answers::all_no();
            answers.answers.remove(question.id);
            assert_eq!(evaluate(&answers, NOW), Screening::Incomplete(vec![question.id]));
        }
    }

    #[test]
    fn a_clinician_can_agree_only_to_what_a_clinician_may_judge() {
        for question in QUESTIONS {
            let mut answers = with(question.id, Answer::Yes);
            answers.clinician_agreed = true;
            let passed = matches!(evaluate(&answers, NOW), Screening::Passed(_));
            assert_eq!(passed, question.route == Route::AskClinician, "{}", question.id);
        }
    }

    #[test]
    fn an_emergency_is_told_even_if_nothing_else_is_answered() {
        let mut answers = Answers { version: VERSION, ..Answers::default() };
        answers.answers.insert("saddle".to_owned(), Answer::Yes);
        assert!(matches!(evaluate(&answers, NOW), Screening::Locked { route: Route::Emergency, .. }));
        assert!(evaluate(&answers, NOW).advice().starts_with("Go to emergency care now"));
    }

    #[test]
    fn answers_to_other_questions_count_for_nothing() {
        let answers = Answers { version: VERSION + 1, ..Answers::all_no() };
        assert!(matches!(evaluate(&answers, NOW), Screening::Incomplete(_)));
    }

    #[test]
    fn no_consent_puts_a_pad_on_the_low_back_in_pregnancy() {
        let mut answers = with("pregnancy", Answer::Yes);
        answers.clinician_agreed = true;
        assert!(matches!(evaluate(&answers, NOW), Screening::Passed(_)), "another place, with consent");
        answers.answers.insert("pregnancy_site".to_owned(), Answer::Unsure);
        let locked = Screening::Locked { route: Route::NotHereNow, because: vec!["pregnancy_site"] };
        assert_eq!(evaluate(&answers, NOW), locked);
    }

    #[test]
    fn every_question_has_its_own_id() {
        let ids: std::collections::BTreeSet<_> = QUESTIONS.iter().map(|question| question.id).collect();
        assert_eq!(ids.len(), QUESTIONS.len());
    }

    #[test]
    fn a_pass_ages_and_does_not_come_from_the_future() {
        let Screening::Passed(pass) = evaluate(&Answers::all_no(), NOW) else { panic!("passed") };
        let day = |days: i64| UnixMillis::new(NOW.get() + days * 24 * 3_600 * 1_000);
        assert!(pass.check_age(day(0)).is_ok());
        assert!(pass.check_age(day(29)).is_ok());
        assert_eq!(pass.check_age(day(30)).unwrap_err().limit, Limit::ScreeningAge);
        assert!(pass.check_age(UnixMillis::new(NOW.get() - 1)).is_err());
    }
}
