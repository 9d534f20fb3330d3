//! The person's own answers: the screening, and the checks of the red flags among it. What they come to decides every start.

use std::collections::BTreeMap;

use lumbra_domain::diary::{PainReport, Quality, Sites};
use lumbra_domain::pain::{PainScore, Place};
use lumbra_domain::plan::{self, ExercisePass, NotNow, Plan};
use lumbra_domain::red_flags::{self, History, NotClear, Outcome, PainPoint, StartPass, Why};
use lumbra_domain::screening::{self, Answer, Answers, Part, Question, Round, Screening};
use lumbra_domain::units::UnixMillis;
use lumbra_store::{RoundPart, Store, StoreError, ToldPain};
use serde::Serialize;

use crate::companion::Companion;
use crate::error::Error;

/// What a check of the red flags came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedFlagCheck {
    /// Where to go; [`Outcome::advice`] says it in words.
    pub outcome: Outcome,
    /// What stimulation comes to now.
    pub screening: Screening,
    /// Why another check is due all the same: this one was not answered to the end.
    pub due: Option<Why>,
}

/// One time that questions were answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoundEntry {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// `all` questions of the screening, or its `red_flags`.
    pub part: &'static str,
    /// The version of the questions.
    pub version: u32,
    /// The answers, by question.
    pub answers: BTreeMap<String, Answer>,
    /// Whether a clinician had agreed.
    pub clinician_agreed: bool,
    /// What they came to then.
    pub outcome: String,
}

/// Every round of answers, oldest first. One that can't be read counts as a whole screening without answers: all is asked anew.
fn rounds_of(store: &Store) -> Result<Vec<Round>, StoreError> {
    let rounds = store.rounds()?.into_iter().map(|stored| {
        let at = UnixMillis::new(stored.screening.at_ms);
        match (serde_json::from_str::<Answers>(&stored.screening.answers), stored.part) {
            (Ok(answers), RoundPart::All) => Round { at, part: Part::All, answers, told: stored.told },
            (Ok(answers), RoundPart::RedFlags) => Round { at, part: Part::RedFlags, answers, told: stored.told },
            (Err(_), _) => Round { at, part: Part::All, answers: Answers::default(), told: 0 },
        }
    });
    Ok(rounds.collect())
}

/// What matters of a pain entry for the red flags. A word that is not known says nothing, a score off the scale the worst.
fn point_of(told: &ToldPain) -> PainPoint {
    let entry = &told.entry;
    let words = entry.detail.sites.iter().map(String::as_str);
    let sites = Sites::parse(words)
        .or_else(|_| Sites::parse([entry.place.as_str()]))
        .unwrap_or_else(|_| Sites::one(Place::Other));
    let score = PainScore::new(entry.score).unwrap_or(PainScore::WORST);
    let qualities = entry.detail.qualities.iter().filter_map(|word| Quality::parse(word).ok());
    let report = PainReport::new(score, sites).with_qualities(qualities);
    PainPoint::new(UnixMillis::new(entry.at_ms), told.told, &report)
}

/// All that a start depends on in the person.
pub(crate) struct Person {
    rounds: Vec<Round>,
    pain: Vec<PainPoint>,
}

impl Person {
    /// Reads it. A stored verdict is not looked at: the answers are judged anew.
    pub(crate) fn of(store: &Store) -> Result<Self, StoreError> {
        const LOOK_BACK_MS: i64 = red_flags::LOOK_BACK_DAYS as i64 * 24 * 3_600 * 1_000;
        let rounds = rounds_of(store)?;
        let covered = rounds.iter().rev().find(|round| round.answers_red_flags()).map_or(0, |round| round.told);
        let pain = store.pain_told_since(covered, LOOK_BACK_MS)?.iter().map(point_of).collect();
        Ok(Self { rounds, pain })
    }

    /// What the screening comes to.
    pub(crate) fn screening(&self) -> Screening {
        screening::judge(&self.rounds)
    }

    /// The pass that a start needs.
    pub(crate) fn clear_to_start(&self) -> Result<StartPass, NotClear> {
        red_flags::clear_to_start(&self.history())
    }

    /// The pass that the exercises of a plan need.
    pub(crate) fn clear_to_exercise<'a>(&self, plan: &'a Plan) -> Result<ExercisePass<'a>, NotNow> {
        plan::clear_to_exercise(&self.history(), plan)
    }

    fn due(&self) -> Option<Why> {
        red_flags::due(&self.history())
    }

    fn history(&self) -> History<'_> {
        History { rounds: &self.rounds, pain: &self.pain }
    }
}

impl Companion {
    /// Keeps the answers of a screening and says what all answers come to: an emergency told before stays until a clinician has
    /// agreed. Unless they pass, every session under way is stopped. It is a check of the red flags as well.
    pub async fn answer_screening(
        &self,
        answers: BTreeMap<String, Answer>,
        clinician_agreed: bool,
    ) -> Result<Screening, Error> {
        let round = self.round(Part::All, answers, clinician_agreed, &mut screening::QUESTIONS.iter())?;
        let alone = screening::judge(std::slice::from_ref(&round));
        // Before anything that can fail.
        let told = if passes(&alone) { Vec::new() } else { self.stop_sessions(&[]) };
        let stored = stored(&round, screening_name(&alone))?;
        let judged = self
            .store()
            .call(move |store| {
                store.save_screening(&stored)?;
                Ok(Person::of(store)?.screening())
            })
            .await?;
        if !passes(&judged) {
            // A start that was approved on the answers of before. The first stop may not show yet.
            self.stop_sessions(&told);
        }
        Ok(judged)
    }

    /// Keeps the answers of a check of the red flags, [`lumbra_domain::red_flags::questions`], and says where they lead. Unless
    /// the screening passes with them, every session under way is stopped. `clinician_agreed`: a clinician knows these answers,
    /// or has looked after an emergency, and has agreed to stimulation.
    pub async fn red_flag_check(
        &self,
        answers: BTreeMap<String, Answer>,
        clinician_agreed: bool,
    ) -> Result<RedFlagCheck, Error> {
        let round = self.round(Part::RedFlags, answers, clinician_agreed, &mut red_flags::questions())?;
        // What these answers alone do to somebody who has passed. Before anything that can fail.
        let passed_before = Round::all(Answers::all_no(), round.at);
        let locks = !passes(&screening::judge(&[passed_before, round.clone()]));
        let told = if locks { self.stop_sessions(&[]) } else { Vec::new() };
        let mut check = stored(&round, "")?;
        let (outcome, person) = self
            .store()
            .call(move |store| {
                let mut before = Person::of(store)?;
                let worse = before.due().is_some_and(|why| why != Why::NeverChecked);
                before.rounds.push(round);
                let outcome = red_flags::judge_newest(&before.rounds, worse);
                outcome.as_str().clone_into(&mut check.outcome);
                store.save_red_flag_check(&check)?;
                Ok((outcome, Person::of(store)?))
            })
            .await?;
        let judged = person.screening();
        if !passes(&judged) {
            self.stop_sessions(&told);
        }
        Ok(RedFlagCheck { outcome, screening: judged, due: person.due() })
    }

    /// Whether a check of the red flags is due, and why: until it is answered no session starts. Ask after each pain entry.
    pub async fn red_flags_due(&self) -> Result<Option<Why>, Error> {
        Ok(self.store().call(|store| Ok(Person::of(store)?.due())).await?)
    }

    /// What all answers come to.
    pub async fn screening(&self) -> Result<Screening, Error> {
        Ok(self.store().call(|store| Ok(Person::of(store)?.screening())).await?)
    }

    /// Every screening and check, oldest first.
    pub async fn rounds(&self) -> Result<Vec<RoundEntry>, Error> {
        let rounds = self.store().call(|store| store.rounds()).await?;
        let entry = |stored: lumbra_store::Round| {
            let answers = serde_json::from_str::<Answers>(&stored.screening.answers).unwrap_or_default();
            RoundEntry {
                at_ms: stored.screening.at_ms,
                part: stored.part.as_str(),
                version: stored.screening.questionnaire_version,
                answers: answers.answers,
                clinician_agreed: answers.clinician_agreed,
                outcome: stored.screening.outcome,
            }
        };
        Ok(rounds.into_iter().map(entry).collect())
    }

    fn round(
        &self,
        part: Part,
        answers: BTreeMap<String, Answer>,
        clinician_agreed: bool,
        asked: &mut dyn Iterator<Item = &Question>,
    ) -> Result<Round, Error> {
        let known: Vec<_> = asked.map(|question| question.id).collect();
        if let Some(unknown) = answers.keys().find(|id| !known.contains(&id.as_str())) {
            let unknown: String = unknown.chars().take(40).collect();
            return Err(Error::Invalid(format!("there is no question '{unknown}': choose from {}", known.join(", "))));
        }
        let answers = Answers { version: screening::VERSION, answers, clinician_agreed };
        Ok(Round { at: UnixMillis::new(self.clock().unix_ms()), part, answers, told: 0 })
    }
}

fn passes(screening: &Screening) -> bool {
    matches!(screening, Screening::Passed(_))
}

fn stored(round: &Round, outcome: &str) -> Result<lumbra_store::Screening, Error> {
    Ok(lumbra_store::Screening {
        at_ms: round.at.get(),
        questionnaire_version: round.answers.version,
        answers: serde_json::to_string(&round.answers).map_err(|_| Error::Internal("answers"))?,
        outcome: outcome.to_owned(),
    })
}

/// The outcome of a screening as a word.
pub const fn screening_name(screening: &Screening) -> &'static str {
    match screening {
        Screening::Passed(_) => "passed",
        Screening::Incomplete(_) => "incomplete",
        Screening::Locked { .. } => "locked",
    }
}
