//! The command line of `lumbra exercise`, `lumbra plan` and `lumbra goal`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lumbra::domain::exercise::Exercise;
use lumbra::domain::pain::PainScore;
use lumbra::domain::plan::{Difficulty, Dose, Dosed, GoalText, STEPS_MAX, Sets, SkipReason, StopReason};
use lumbra::exercises::Language;
use serde::de::DeserializeOwned;

use super::score;

#[derive(Debug, Subcommand)]
pub(crate) enum ExerciseCommand {
    /// List the exercises of the library.
    List {
        #[command(flatten)]
        language: LanguageChoice,
    },
    /// Show how an exercise is done.
    Show {
        /// Which one, as `lumbra exercise list` names it.
        #[arg(value_parser = exercise)]
        exercise: Exercise,
        #[command(flatten)]
        language: LanguageChoice,
        /// Write its drawing, start and end side by side, to this file as SVG.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Keep that an exercise of the plan was done.
    Done(DoneArgs),
    /// Keep that an exercise of the plan was skipped.
    Skip {
        /// Which one, as `lumbra plan` names it.
        activity: String,
        /// Why: pain, tired, no-time, ill, away, not-today or other.
        #[arg(long, value_name = "WORD", value_parser = word::<SkipReason>, default_value = "not-today")]
        reason: SkipReason,
    },
    /// Tell this morning's pain, for all that was done the day before.
    Morning {
        /// The score, 0 to 10.
        #[arg(value_parser = score)]
        score: PainScore,
    },
    /// Keep that a clinician has looked, and agrees to going on with a paused exercise.
    Agreed {
        /// Which one, as `lumbra plan` names it.
        activity: String,
    },
    /// Show what was done and skipped of the plan, oldest first.
    Log,
}

/// An exercise as it was done.
#[derive(Debug, Args)]
pub(crate) struct DoneArgs {
    /// Which one, as `lumbra plan` names it.
    pub(crate) activity: String,
    /// Pain just before, 0 to 10.
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) before: Option<PainScore>,
    /// The worst pain during it, 0 to 10.
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) during: Option<PainScore>,
    /// How hard it was: easy, right or hard.
    #[arg(long, value_name = "WORD", value_parser = word::<Difficulty>)]
    pub(crate) difficulty: Option<Difficulty>,
    /// Why it was stopped early: pain, tired, no-time, numb-or-weak, unwell or other.
    #[arg(long, value_name = "WORD", value_parser = word::<StopReason>)]
    pub(crate) stopped: Option<StopReason>,
    /// What was really done, where it was not what the plan asked for.
    #[command(flatten)]
    pub(crate) dose: DoseArgs,
}

/// An amount: repetitions by set, each held or not, or minutes.
#[derive(Debug, Default, Args)]
pub(crate) struct DoseArgs {
    /// Repetitions that were really done, a number for each set, such as 8,8 or 6,4,2.
    #[arg(long, value_name = "N[,N]", value_delimiter = ',', conflicts_with = "minutes")]
    pub(crate) repetitions: Vec<u8>,
    /// Seconds that each was held.
    #[arg(long, value_name = "SECONDS", requires = "repetitions")]
    pub(crate) hold: Option<u8>,
    /// Minutes that were really done.
    #[arg(long, value_name = "MINUTES")]
    pub(crate) minutes: Option<u8>,
}

impl DoseArgs {
    /// The dose, if one was said.
    pub(crate) fn dosed(&self, exercise: Exercise) -> Result<Option<Dosed>, String> {
        let dose = match (self.minutes, self.repetitions.as_slice(), self.hold) {
            (Some(minutes), ..) => Dose::minutes(minutes),
            (None, [], _) => return Ok(None),
            (None, repetitions, None) => Sets::new(repetitions).map(|sets| Dose::Repetitions { sets }),
            (None, repetitions, Some(hold_s)) => Dose::pyramid(repetitions, hold_s),
        };
        dose.and_then(|dose| Dosed::new(exercise, dose)).map(Some).map_err(|error| error.to_string())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// Show the plan in force: where each exercise stands, what has changed and why, and the goals.
    Show,
    /// Show what there is to do today.
    Today,
    /// Begin a staged plan of your own, without a clinic.
    Begin,
    /// Go to the stage that the review of your own plan comes to.
    Next,
    /// End your own plan.
    End,
    /// Play twelve weeks of ten made-up people: the rules at work.
    Simulate {
        /// What is random follows from this number.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

/// The longest way to a goal, as the command line counts steps.
#[expect(clippy::cast_possible_wrap, reason = "ten")]
const LAST_STEP: i64 = STEPS_MAX as i64;

#[derive(Debug, Subcommand)]
pub(crate) enum GoalCommand {
    /// Show the goals: your clinic's, and your own with their steps.
    Show,
    /// Keep what you want to do again, such as "work in the garden for an hour".
    Add {
        /// What it is, in your own words.
        #[arg(value_parser = goal_text)]
        text: GoalText,
        /// A step on the way, from the easiest on; can be given several times. The goal itself is the last step.
        #[arg(long = "step", value_name = "TEXT", value_parser = goal_text)]
        steps: Vec<GoalText>,
    },
    /// Keep that you can do a step of a goal of your own.
    Reached {
        /// Which goal: the beginning of its identity, or `last`.
        goal: String,
        /// Which step, from 1.
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=LAST_STEP))]
        step: u8,
        /// You can't do it after all.
        #[arg(long)]
        not: bool,
    },
    /// Give a goal of your own up: it is kept, and shown no more.
    GiveUp {
        /// Which goal: the beginning of its identity, or `last`.
        goal: String,
    },
}

fn goal_text(text: &str) -> Result<GoalText, String> {
    GoalText::new(text).map_err(|error| error.to_string())
}

/// A language of the library.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LanguageChoice {
    /// The language: en or de.
    #[arg(long, value_name = "TAG", value_parser = language, default_value = "en", env = "LUMBRA_LANGUAGE")]
    pub(crate) language: Language,
}

fn language(tag: &str) -> Result<Language, String> {
    Language::exactly(tag).ok_or_else(|| {
        let known = Language::ALL.iter().map(|language| language.tag()).collect::<Vec<_>>().join(", ");
        format!("choose one of {known}")
    })
}

fn exercise(id: &str) -> Result<Exercise, String> {
    Exercise::from_id(&id.replace('-', "_")).ok_or_else(|| "`lumbra exercise list` names them all".to_owned())
}

/// A word of the domain, with a dash or an underscore in it.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(text.replace('-', "_")))
        .map_err(|_| "it is none of the words that `--help` tells".to_owned())
}
