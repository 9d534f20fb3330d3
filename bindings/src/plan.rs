//! The plan in force: what it asks for, where it stands, why it has changed, and what it says of stimulation. Mirrors of the core's.

use crate::error::LumbraError;
use crate::lumbra::Lumbra;

/// A stage of the plan for people without a clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PlanStage {
    /// Breathing, gentle movement, short walks.
    Calm,
    /// Moving and holding again.
    Restore,
    /// Stabilisation and strength.
    Strengthen,
    /// What keeps it so.
    Keep,
}

/// Who gave a plan.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PlanSource {
    /// A clinic.
    Clinic {
        /// Which: the beginning of its server's address.
        clinic: String,
        /// Counted up with each change.
        version: u32,
    },
    /// Nobody: the staged plan for people without a clinic.
    Own {
        /// Where the person is in it.
        stage: PlanStage,
    },
}

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PlanStatus {
    /// In use.
    Active,
    /// Set aside for now.
    OnHold {
        /// The first day without it, in days since 1970-01-01 on the person's own calendar.
        since_day: i32,
    },
    /// Come to its end.
    Ended {
        /// The first day without it, counted as above.
        since_day: i32,
    },
    /// Taken back.
    Withdrawn {
        /// The first day without it, counted as above.
        since_day: i32,
    },
}

/// How much of an exercise.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ExerciseDose {
    /// Repetitions at the person's own pace.
    Repetitions {
        /// Those of each set, 1 to 30; 1 to 6 sets.
        sets: Vec<u16>,
    },
    /// Repetitions that are held.
    Holds {
        /// Those of each set, 1 to 30; 1 to 6 sets.
        sets: Vec<u16>,
        /// How long each is held, in seconds: 1 to 60.
        hold_s: u16,
    },
    /// Minutes without a pause.
    Minutes {
        /// How many: 1 to 60.
        minutes: u16,
    },
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
#[allow(missing_docs)] // Their names.
pub enum PlanWeekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// On which days.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PlanDays {
    /// On these days of the week, Monday first.
    On {
        /// Which.
        weekdays: Vec<PlanWeekday>,
    },
    /// On so many days of a week that begins on Monday, spread out.
    TimesAWeek {
        /// 1 to 7.
        times: u8,
    },
    /// So many days after the last time.
    EveryDays {
        /// 1 to 7.
        days: u8,
    },
}

/// How often an activity comes.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PlanSchedule {
    /// On which days.
    pub days: PlanDays,
    /// How often on such a day, 1 to 6.
    pub times_a_day: u8,
    /// Days on which nothing is due, Monday first.
    pub rest: Vec<PlanWeekday>,
}

/// Where an exercise of the plan stands. Days are counted since 1970-01-01 on the person's own calendar.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
#[allow(clippy::struct_excessive_bools)] // Facts side by side.
pub struct PlanExercise {
    /// Its name in the plan, to tell by that it was done.
    pub activity: String,
    /// The exercise's id in the library.
    pub exercise: String,
    /// How much.
    pub dose: ExerciseDose,
    /// The exercise and how much of it, in words.
    pub words: String,
    /// How often.
    pub schedule: PlanSchedule,
    /// Since when it is paused, if it is: not to be done until a clinician has agreed. The changes tell why.
    pub paused_since_day: Option<i32>,
    /// It was bad today: not to be done again before tomorrow.
    pub hurt_today: bool,
    /// Good sessions in a row since its last step.
    pub good_in_row: u8,
    /// It does not get harder from here.
    pub at_top: bool,
    /// When it was done last.
    pub last_done_day: Option<i32>,
    /// When it was bad last.
    pub last_bad_day: Option<i32>,
}

/// What has changed in the plan, and why.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PlanChange {
    /// The activity that has changed.
    pub activity: String,
    /// From which day on, in days since 1970-01-01 on the person's own calendar.
    pub from_day: i32,
    /// What has changed and why, in a sentence or two.
    pub sentence: String,
}

/// One week of the plan: how much of what was due was done.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PlanWeek {
    /// Its Monday, in days since 1970-01-01 on the person's own calendar.
    pub monday_day: i32,
    /// How often something was due so far.
    pub due: u32,
    /// How often that was done.
    pub done: u32,
    /// How often something was done that was not due.
    pub extra: u32,
    /// The share that was done, in percent, rounded down; absent when nothing was due.
    pub percent: Option<u8>,
    /// How it went, in a sentence.
    pub sentence: String,
}

/// What the review of a stage of one's own plan comes to, with a sentence for the person.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
#[allow(missing_docs)]
pub enum PlanReview {
    /// Go on in this stage.
    Stay { sentence: String },
    /// On to the next.
    Advance { to: PlanStage, sentence: String },
    /// Back to the one before.
    Back { to: PlanStage, sentence: String },
}

/// What a clinic's plan is to reach.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PlanGoal {
    /// In the clinic's words.
    pub text: String,
    /// By when, in days since 1970-01-01; absent when the clinic has not said.
    pub due_day: Option<i32>,
    /// How it stands, as FHIR R4 names it, such as `active` or `completed`.
    pub status: String,
}

/// A stimulation programme that the plan lets be started.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PrescribedProgramme {
    /// Its name in the plan.
    pub activity: String,
    /// The kind, as the built-in programme of it is named, or `custom`.
    pub programme: String,
    /// How long a session lasts, in seconds.
    pub duration_s: u32,
    /// How often.
    pub schedule: PlanSchedule,
    /// Its own highest current of a channel, in mA; the cap in force may be lower.
    pub cap_ma: f64,
}

/// What all plans say of stimulation. The core obeys the cap at every start, whatever a shell shows.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct StimulationPrescriptions {
    /// What may be started, in the plan's order.
    pub startable: Vec<PrescribedProgramme>,
    /// The highest current of a channel, in mA, whatever is started. 0: none may flow. Absent when no plan says one. It stays when a plan
    /// is on hold, has ended or is withdrawn.
    pub cap_ma: Option<f64>,
}

/// The plan in force and all that follows from it.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Plan {
    /// Its name.
    pub plan_id: String,
    /// Who gave it.
    pub source: PlanSource,
    /// What became of it.
    pub status: PlanStatus,
    /// Its first day, in days since 1970-01-01 on the person's own calendar.
    pub first_day: i32,
    /// Its last day, if it has one.
    pub last_day: Option<i32>,
    /// Its exercises, in its order, as they stand today.
    pub exercises: Vec<PlanExercise>,
    /// Every change so far, oldest first.
    pub changes: Vec<PlanChange>,
    /// Every week so far, oldest first.
    pub weeks: Vec<PlanWeek>,
    /// What it is to reach; none of one's own plan.
    pub goals: Vec<PlanGoal>,
    /// Whether to go on to the next stage; absent for a clinic's plan.
    pub review: Option<PlanReview>,
    /// Why to look at the plan anew, each in a sentence or two.
    pub reassess: Vec<String>,
    /// What may be started, and the cap.
    pub prescriptions: StimulationPrescriptions,
    /// How well the rules about pain are founded: shown with the plan.
    pub evidence: String,
}

#[uniffi::export]
impl Lumbra {
    /// The plan in force: the clinic's, or else the person's own; absent when there is none.
    pub async fn plan(&self) -> Result<Option<Plan>, LumbraError> {
        let plan = self.run(|companion| async move { companion.plan().await });
        Ok(plan.await?.map(Into::into))
    }

    /// Which stimulation the plans let be started today, and the least of their caps.
    pub async fn prescriptions(&self) -> Result<StimulationPrescriptions, LumbraError> {
        self.run(|companion| async move { companion.prescriptions().await }).await.map(Into::into)
    }

    /// Begins the staged plan for people without a clinic, at its first stage. Refused while a plan is in force.
    pub async fn begin_own_plan(&self) -> Result<(), LumbraError> {
        self.run(|companion| async move { companion.begin_own_plan().await }).await
    }

    /// Goes to the stage that the review of the person's own plan comes to, and tells which. Refused when it comes to staying.
    pub async fn follow_review(&self) -> Result<PlanStage, LumbraError> {
        self.run(|companion| async move { companion.follow_review().await }).await.map(Into::into)
    }

    /// Ends the person's own plan; a clinic's is theirs to end.
    pub async fn end_own_plan(&self) -> Result<(), LumbraError> {
        self.run(|companion| async move { companion.end_own_plan().await }).await
    }
}

#[path = "plan_mirror.rs"]
mod mirror;

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
