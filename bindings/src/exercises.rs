//! What there is to do today, and what was done of the plan: mirrors of the core's.

use lumbra::domain::pain::PainScore;
use lumbra::domain::plan::Dosed;

use crate::diary::{all, mirror};
use crate::error::LumbraError;
use crate::lumbra::Lumbra;
use crate::plan::ExerciseDose;

/// What an exercise is for in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ExerciseKind {
    /// Breathing and gentle movement.
    WarmUp,
    /// Holding the trunk still while something moves.
    Stabilisation,
    /// Strength of hips and legs.
    Strength,
    /// Stretches and end positions.
    Stretch,
    /// Walking, cycling, moving.
    Endurance,
}

/// An exercise to do.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ExerciseItem {
    /// Its name in the plan, to tell by that it was done.
    pub activity: String,
    /// The exercise's id in the library.
    pub exercise: String,
    /// How much.
    pub dose: ExerciseDose,
    /// The exercise and how much of it, in words.
    pub words: String,
    /// What it is for.
    pub kind: ExerciseKind,
    /// How long it takes, in seconds.
    pub seconds: u32,
    /// How often it is still due today, this time counted.
    pub times_left: u8,
}

/// Why something that is due is not in the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LeftOutReason {
    /// The session is full: it comes first the next time.
    NoRoom,
    /// It was bad today already.
    HurtToday,
    /// It is paused until a clinician has agreed.
    Paused,
}

/// What is due and not in the session.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LeftOutExercise {
    /// Its name in the plan.
    pub activity: String,
    /// The exercise and how much of it, in words.
    pub words: String,
    /// Why it is left out.
    pub reason: LeftOutReason,
}

/// The session of a day.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ExerciseSession {
    /// What to do, in order.
    pub items: Vec<ExerciseItem>,
    /// What is to be done at another time of the day, such as a long walk.
    pub apart: Vec<ExerciseItem>,
    /// What is due and left out.
    pub left_out: Vec<LeftOutExercise>,
    /// How long it takes, in seconds, what stands apart not counted.
    pub seconds: u32,
}

/// What there is to do today.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ExercisesToday {
    /// The person's day, in days since 1970-01-01 on their own calendar.
    pub local_day: i32,
    /// The exercises; absent when none may be offered.
    pub session: Option<ExerciseSession>,
    /// Why none may be offered, and what to do.
    pub not_now: Option<String>,
    /// Exercises of the day before whose pain on this morning nobody has told: ask for it.
    pub mornings_open: u32,
}

/// How hard an exercise was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ExerciseDifficulty {
    /// There was more to give.
    Easy,
    /// As it should be.
    Right,
    /// Too hard to go further from here.
    Hard,
}

/// Why an exercise was stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ExerciseStop {
    /// It hurt.
    Pain,
    /// Strength was at its end.
    Tired,
    /// Time was.
    NoTime,
    /// A leg or the saddle area became numb or weak, or pain shot down a leg. A clinician must look.
    NumbOrWeak,
    /// Dizzy, short of breath, pain in the chest. A clinician must look.
    Unwell,
    /// Another reason.
    Other,
}

/// Why an exercise was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ExerciseSkip {
    /// It hurt too much.
    Pain,
    /// Tired.
    Tired,
    /// No time.
    NoTime,
    /// Ill.
    Ill,
    /// On the way, or without what it takes.
    Away,
    /// No wish to.
    NotToday,
    /// Another reason.
    Other,
}

/// What a person tells of an exercise they have done. What is absent was not said.
#[derive(Clone, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct ExerciseReport {
    /// What was really done; absent = what was asked for.
    #[uniffi(default = None)]
    pub dose: Option<ExerciseDose>,
    /// Pain just before, 0 to 10.
    #[uniffi(default = None)]
    pub pain_before: Option<u8>,
    /// The worst pain during it, 0 to 10.
    #[uniffi(default = None)]
    pub worst_during: Option<u8>,
    /// How hard it was.
    #[uniffi(default = None)]
    pub difficulty: Option<ExerciseDifficulty>,
    /// Why it was stopped early, if it was.
    #[uniffi(default = None)]
    pub stopped: Option<ExerciseStop>,
}

mirror! {
    /// What was kept, and what follows.
    ExerciseKept from lumbra::ExerciseKept {
        /// The identity of what was kept; of a morning, one for each exercise of the day before.
        entry_ids: Vec<String>,
        /// What has changed in the plan by it, in sentences.
        changes: Vec<String>,
        /// It hurt too much: it is not to be done again before tomorrow.
        not_again_today: bool,
    }
}

/// What an entry of the log tells.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ExerciseEvent {
    /// An exercise was done.
    Done {
        /// The exercise's id in the library.
        exercise: String,
        /// How much.
        dose: ExerciseDose,
        /// The exercise and how much of it, in words.
        words: String,
        /// Pain just before, 0 to 10.
        pain_before: Option<u8>,
        /// The worst pain during it, 0 to 10.
        worst_during: Option<u8>,
        /// Pain on the next morning, 0 to 10.
        next_morning: Option<u8>,
        /// How hard it was.
        difficulty: Option<ExerciseDifficulty>,
        /// Why it was stopped early, if it was.
        stopped: Option<ExerciseStop>,
    },
    /// It was skipped.
    Skipped {
        /// Why.
        reason: ExerciseSkip,
    },
    /// A clinician has looked, and agrees to going on.
    Agreed,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ExerciseEntry {
    /// Its identity.
    pub entry_id: String,
    /// The name of the exercise in the plan.
    pub activity: String,
    /// The person's day, in days since 1970-01-01 on their own calendar.
    pub local_day: i32,
    /// The time of that day, in minutes after midnight.
    pub minute_of_day: u16,
    /// What it tells.
    pub event: ExerciseEvent,
}

#[uniffi::export]
impl Lumbra {
    /// What there is to do today. Nothing is offered while red flags stand in the way. Refused when no plan is in force.
    pub async fn exercises_today(&self) -> Result<ExercisesToday, LumbraError> {
        self.run(|companion| async move { companion.exercises_today().await }).await.map(Into::into)
    }

    /// Keeps that an exercise of the plan was done.
    pub async fn exercise_done(&self, activity: String, report: ExerciseReport) -> Result<ExerciseKept, LumbraError> {
        let score = |score: Option<u8>| score.map(PainScore::new).transpose().map_err(LumbraError::invalid);
        let (pain_before, worst_during) = (score(report.pain_before)?, score(report.worst_during)?);
        let done = self.run(move |companion| async move {
            let dosed = match report.dose {
                None => None,
                // What was done is a dose of what the plan asks for now. Without such an activity the core says what there is.
                Some(dose) => asked(companion.plan().await?, &activity)
                    .map(|asked| dose.of(asked.exercise()))
                    .transpose()
                    .map_err(|error| lumbra::Error::Invalid(error.to_string()))?,
            };
            let done = lumbra::ExerciseDone {
                dosed,
                pain_before,
                worst_during,
                difficulty: report.difficulty.map(Into::into),
                stopped: report.stopped.map(Into::into),
            };
            companion.exercise_done(&activity, done).await
        });
        done.await.map(Into::into)
    }

    /// Keeps that an exercise of the plan was skipped.
    pub async fn exercise_skipped(&self, activity: String, reason: ExerciseSkip) -> Result<ExerciseKept, LumbraError> {
        self.run(move |companion| async move { companion.exercise_skipped(&activity, reason.into()).await })
            .await
            .map(Into::into)
    }

    /// Keeps that a clinician has looked, and agrees to going on with a paused exercise.
    pub async fn exercise_agreed(&self, activity: String) -> Result<ExerciseKept, LumbraError> {
        self.run(move |companion| async move { companion.exercise_agreed(&activity).await }).await.map(Into::into)
    }

    /// Keeps the pain of this morning, 0 to 10, for every exercise of the day before that nobody has told it of; there may be none.
    pub async fn morning_after(&self, pain: u8) -> Result<ExerciseKept, LumbraError> {
        let pain = PainScore::new(pain).map_err(LumbraError::invalid)?;
        self.run(move |companion| async move { companion.morning_after(pain).await }).await.map(Into::into)
    }

    /// Everything that was done or skipped of the plan in force, oldest first.
    pub async fn exercise_log(&self) -> Result<Vec<ExerciseEntry>, LumbraError> {
        self.run(|companion| async move { companion.exercise_log().await }).await.map(all)
    }
}

fn asked(plan: Option<lumbra::PlanView>, activity: &str) -> Option<Dosed> {
    let standings = plan?.state.standings;
    standings.into_iter().find(|standing| standing.activity.as_str() == activity.trim()).map(|standing| standing.dosed)
}

#[path = "exercises_mirror.rs"]
mod mirrored;
