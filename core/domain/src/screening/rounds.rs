//! Every time the questions were answered, and what all of it comes to.
//!
//! A whole screening replaces all that was answered before. A check of the red flags replaces the answers to those alone: in
//! full when it is complete, and with what is unsafe in it when it is not. A clinician's consent lifts what was answered
//! beside it, and nothing else.
//!
//! An emergency stays: it is over when a later round has answered all red flags, none of the emergency's with yes or unsure,
//! and a clinician has agreed in that round.

use super::questions::{QUESTIONS, RETIRED_EMERGENCY};
use super::{Answer, Answers, Question, Route, Screening, ScreeningPass, VERSION};
use crate::units::UnixMillis;

/// What a round has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// All questions.
    All,
    /// The red flags alone.
    RedFlags,
}

/// One time that questions were answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// When.
    pub at: UnixMillis,
    /// What was asked.
    pub part: Part,
    /// What was answered.
    pub answers: Answers,
    /// How many times pain had been told by then, entries and their edits: [`crate::red_flags::PainPoint::told`] of the last.
    pub told: u32,
}

impl Round {
    /// A whole screening, before any pain was told.
    pub const fn all(answers: Answers, at: UnixMillis) -> Self {
        Self { at, part: Part::All, answers, told: 0 }
    }

    fn given(&self, question: &Question) -> Option<Answer> {
        let asked = self.part == Part::All || question.flag.is_some();
        self.answers.answers.get(question.id).copied().filter(|_| asked && self.answers.version == VERSION)
    }

    /// Whether every red flag is answered, whatever the answer.
    pub fn answers_red_flags(&self) -> bool {
        QUESTIONS.iter().filter(|question| question.flag.is_some()).all(|question| self.given(question).is_some())
    }

    /// The emergencies in it. The version does not matter: what was one stays one.
    fn emergencies(&self) -> Vec<&'static str> {
        let ids = QUESTIONS.iter().filter(|question| question.route == Route::Emergency).map(|question| question.id);
        ids.chain([RETIRED_EMERGENCY])
            .filter(|id| self.answers.answers.get(*id).is_some_and(|answer| *answer != Answer::No))
            .collect()
    }
}

/// What all rounds come to, oldest first.
pub fn judge(rounds: &[Round]) -> Screening {
    let newest_all = rounds.iter().rposition(|round| round.part == Part::All);
    let since = newest_all.and_then(|newest| rounds.get(newest..)).unwrap_or(rounds);
    let mut locking: Vec<(Route, &'static str)> = Vec::new();
    let mut open = Vec::new();
    for question in QUESTIONS {
        match standing(since, question) {
            None => open.push(question.id),
            Some((Answer::No, _)) => {}
            Some((Answer::Yes | Answer::Unsure, agreed)) => {
                if !(agreed && question.route == Route::AskClinician) {
                    locking.push((question.route, question.id));
                }
            }
        }
    }
    for (route, id) in emergency(rounds) {
        if locking.iter().all(|(_, known)| *known != id) {
            locking.push((route, id));
        }
    }
    // A reason to stop counts even while other questions are open.
    if let Some(route) = locking.iter().map(|(route, _)| *route).min() {
        return Screening::Locked { route, because: locking.into_iter().map(|(_, id)| id).collect() };
    }
    match newest_all.and_then(|newest| rounds.get(newest)) {
        Some(round) if open.is_empty() => Screening::Passed(ScreeningPass { answered_at: round.at }),
        _ => Screening::Incomplete(open),
    }
}

/// The answer that counts for a question, and whether a clinician has agreed beside it.
fn standing(since: &[Round], question: &Question) -> Option<(Answer, bool)> {
    let mut counts = None;
    for round in since {
        if let Some(answer) = round.given(question)
            && (round.part == Part::All || answer != Answer::No || round.answers_red_flags())
        {
            counts = Some((answer, round.answers.clinician_agreed));
        }
    }
    counts
}

/// The newest emergency while it isn't over: the way out, and what it was.
pub(crate) fn emergency(rounds: &[Round]) -> Vec<(Route, &'static str)> {
    let Some(newest) = rounds.iter().rposition(|round| !round.emergencies().is_empty()) else { return Vec::new() };
    let later = rounds.get(newest + 1..).unwrap_or_default();
    let cleared = |round: &&Round| round.answers_red_flags();
    if later.iter().filter(cleared).any(|round| round.answers.clinician_agreed) {
        return Vec::new();
    }
    // Answered with no since then: what is missing is the clinician.
    let route = if later.iter().any(|round| cleared(&round)) { Route::AskClinician } else { Route::Emergency };
    let found = rounds.get(newest).map(Round::emergencies).unwrap_or_default();
    found.into_iter().map(|id| (route, id)).collect()
}

#[cfg(test)]
#[path = "rounds_tests.rs"]
mod tests;
