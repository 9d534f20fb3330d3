//! Whether exercises may be offered at all, by the answers to the screening and its red flags.
//!
//! A red flag leads to a clinician before it leads to an exercise: while one stands that no clinician has agreed to, and while a
//! check is due, nothing is offered, from a clinic's plan neither. The answers are judged by [`crate::screening::judge`], so that
//! an emergency, and an agreement, mean here what they mean for stimulation. What rules out stimulation alone, such as an
//! implant, rules out no exercise.

use crate::red_flags::{self, History, Why};
use crate::screening::{self, Answer, Answers, Part, QUESTIONS, Question, Round, Route, Screening, VERSION};

use super::prescribed::{Plan, Source};

/// What a clinic has looked at before it gives a plan, and what nobody has looked at for a person without one. This project's
/// choice among the questions of the screening.
pub const ALSO_WITHOUT_CLINIC: [&str; 4] = ["pregnancy", "heart", "surgery", "child"];

/// Proof that the exercises of a plan may be offered now. Made by [`clear_to_exercise`] alone, and for this plan alone: less is
/// asked for a clinic's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExercisePass<'a>(&'a Plan);

impl<'a> ExercisePass<'a> {
    /// The plan it is for.
    pub const fn plan(&self) -> &'a Plan {
        self.0
    }
}

/// Why no exercise is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// Questions are open: their ids.
    Open(Vec<&'static str>),
    /// Answers stand in the way: where to go, and the ids.
    Locked {
        /// Where to go: the most urgent.
        route: Route,
        /// The ids.
        because: Vec<&'static str>,
    },
    /// The red flags are to be asked again first.
    Due(Why),
}

/// Whether the exercises of this plan may be offered to this person.
pub fn clear_to_exercise<'a>(history: &History<'_>, plan: &'a Plan) -> Result<ExercisePass<'a>, NotNow> {
    let is_own = matches!(plan.parts().source, Source::Own { .. });
    let counts =
        |question: &Question| question.flag.is_some() || (is_own && ALSO_WITHOUT_CLINIC.contains(&question.id));
    let answered_no = || {
        let ids = QUESTIONS.iter().filter(|question| !counts(question)).map(|question| question.id.to_owned());
        ids.map(|id| (id, Answer::No))
    };
    // The rounds as if whatever does not count had been answered with no. The first of them asks for the rest.
    let unasked = Answers { version: VERSION, answers: answered_no().collect(), clinician_agreed: false };
    let first_at = history.rounds.first().map(|round| round.at).unwrap_or_default();
    let mut rounds = vec![Round { at: first_at, part: Part::All, answers: unasked, told: 0 }];
    rounds.extend(history.rounds.iter().cloned().map(|mut round| {
        round.answers.answers.extend(answered_no());
        round
    }));
    let open = match screening::judge(&rounds) {
        Screening::Locked { route, because } => return Err(NotNow::Locked { route, because }),
        // Answers to an older version leave everything open; what does not count is not asked for again.
        Screening::Incomplete(open) => open,
        Screening::Passed(_) => Vec::new(),
    };
    let asked = QUESTIONS.iter().filter(|question| counts(question) && open.contains(&question.id));
    let open: Vec<&'static str> = asked.map(|question| question.id).collect();
    if !open.is_empty() {
        return Err(NotNow::Open(open));
    }
    red_flags::due(history).map_or(Ok(ExercisePass(plan)), |why| Err(NotNow::Due(why)))
}

impl NotNow {
    /// What to tell the person.
    pub fn advice(&self) -> String {
        match self {
            Self::Open(open) => format!("Answer these questions before the first exercises: {}.", open.join(", ")),
            Self::Locked { route: Route::Emergency, because } => format!(
                "Go to emergency care now: your answers may be signs of an emergency ({}). No exercises until you have answered again and a clinician has agreed.",
                because.join(", ")
            ),
            Self::Locked { because, .. } => format!(
                "Let a clinician look before you exercise ({}), and record that they agreed. Until then move as you can without more pain.",
                because.join(", ")
            ),
            Self::Due(why) => why.advice().replace("session", "exercises"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::prescribed::{PlanParts, Status};
    use super::super::staged::{self, Stage};
    use super::super::text::{ClinicId, PlanId};
    use super::*;
    use crate::pain::PainScore;
    use crate::red_flags::PainPoint;
    use crate::units::UnixMillis;

    const AT: UnixMillis = UnixMillis::new(1_000_000_000_000);

    fn own() -> Plan {
        staged::plan(Stage::Calm, date(2026, 6, 1), None).unwrap()
    }

    fn clinic() -> Plan {
        Plan::new(PlanParts {
            cap: None,
            id: PlanId::new("p").unwrap(),
            source: Source::Clinic { clinic: ClinicId::new("c").unwrap(), version: 1 },
            status: Status::Active,
            start: date(2026, 6, 1),
            end: None,
            activities: Vec::new(),
        })
        .unwrap()
    }

    fn with(id: &str, answer: Answer, clinician_agreed: bool) -> Round {
        let mut answers = Answers { clinician_agreed, ..Answers::all_no() };
        answers.answers.insert(id.to_owned(), answer);
        Round::all(answers, AT)
    }

    fn clear(rounds: &[Round], plan: &Plan) -> Result<(), NotNow> {
        clear_to_exercise(&History { rounds, pain: &[] }, plan).map(|pass| assert_eq!(pass.plan(), plan))
    }

    #[test]
    fn each_red_flag_locks_and_what_rules_out_stimulation_alone_does_not() {
        for id in ALSO_WITHOUT_CLINIC {
            assert!(
                QUESTIONS.iter().any(|question| question.id == id && question.route == Route::AskClinician),
                "{id}"
            );
        }
        for question in QUESTIONS {
            for answer in [Answer::Yes, Answer::Unsure] {
                let rounds = [with(question.id, answer, false)];
                let locks = question.flag.is_some();
                assert_eq!(clear(&rounds, &clinic()).is_err(), locks, "{}", question.id);
                let locks = locks || ALSO_WITHOUT_CLINIC.contains(&question.id);
                assert_eq!(clear(&rounds, &own()).is_err(), locks, "{}", question.id);
                let agreed = clear(&[with(question.id, answer, true)], &own()).is_ok();
                assert_eq!(agreed, !locks || question.route == Route::AskClinician, "{}", question.id);
            }
        }
    }

    #[test]
    fn an_emergency_stays_until_a_clinician_has_agreed() {
        let emergency = with("saddle", Answer::Yes, false);
        let none = |clinician_agreed| Round::all(Answers { clinician_agreed, ..Answers::all_no() }, AT);
        let told = clear(std::slice::from_ref(&emergency), &clinic()).unwrap_err();
        assert!(told.advice().starts_with("Go to emergency care now"), "{}", told.advice());
        assert!(clear(&[emergency.clone(), none(false)], &clinic()).is_err());
        assert!(clear(&[emergency, none(true)], &clinic()).is_ok());
    }

    #[test]
    fn nothing_is_offered_before_the_questions_are_answered() {
        let flags = QUESTIONS.iter().filter(|question| question.flag.is_some()).count();
        let Err(NotNow::Open(open)) = clear(&[], &clinic()) else { panic!("open") };
        assert_eq!(open.len(), flags);
        let Err(NotNow::Open(open)) = clear(&[], &own()) else { panic!("open") };
        assert_eq!(open.len(), flags + ALSO_WITHOUT_CLINIC.len());
        let check = Round { part: Part::RedFlags, ..Round::all(Answers::all_no(), AT) };
        assert!(clear(std::slice::from_ref(&check), &clinic()).is_ok(), "a check is enough for a clinic's plan");
        assert_eq!(clear(&[check], &own()), Err(NotNow::Open(vec!["pregnancy", "heart", "surgery", "child"])));
    }

    #[test]
    fn answers_to_an_older_version_ask_for_what_counts_alone() {
        let old = Round::all(Answers { version: VERSION - 1, ..Answers::all_no() }, AT);
        let Err(NotNow::Open(open)) = clear(std::slice::from_ref(&old), &clinic()) else { panic!("open") };
        assert!(!open.contains(&"implant") && open.contains(&"saddle"));
        let check = Round { part: Part::RedFlags, ..Round::all(Answers::all_no(), AT) };
        assert!(clear(&[old, check], &clinic()).is_ok());
    }

    #[test]
    fn a_jump_of_pain_is_asked_about_first() {
        let point = |told: u32, score| PainPoint {
            at: UnixMillis::new(AT.get() + i64::from(told) * 3_600_000),
            told,
            score: PainScore::new(score).unwrap(),
            legs: None,
            numb: false,
        };
        let pain = [point(1, 3), point(2, 8)];
        let rounds = [Round { told: 1, ..with("implant", Answer::Yes, false) }];
        let clinic = clinic();
        let result = clear_to_exercise(&History { rounds: &rounds, pain: &pain }, &clinic);
        assert_eq!(result, Err(NotNow::Due(Why::PainJump)));
        assert!(result.unwrap_err().advice().contains("before the next exercises"));
    }
}
