//! The core as Kotlin and Swift hear it: a mirror, and nothing else. A rule found here is in the wrong crate.
//!
//! | a shell meets | here |
//! |---|---|
//! | [`Lumbra`]: the core, opened; finds and pairs wearables, keeps the diary | `lumbra` |
//! | what a person tells: pain, days, questionnaires, red flags | `told` |
//! | how posture is watched, and when it was what | `posture` |
//! | the plan, what is due today, what was done of it | `plan`, `exercises` |
//! | how an exercise is done, in words and as a drawing | `library` |
//! | what the days say | `insights` |
//! | what a clinician is given | `report` |
//! | the person's clinic: signing in and exchanging | `clinic` |
//! | [`Device`]: one wearable: commands, snapshot, events | `device` |
//! | [`VirtualWearable`]: the wearable as software, for a demo mode and for tests, behind the same API | `demo` |
//! | [`Subscription`], and the observers a shell implements | `observe` |
//! | [`CancelHandle`]: what ends everything long | `cancel` |
//! | ports a shell may implement: key store, wall clock, radio, HTTP | `ports`, `radio`, `http` |
//! | one error, a variant for each thing an app can do about it | `error` |
//!
//! # Rules of this border
//! - Objects are few, records are immutable, and no record holds an object.
//! - Foreign traits are synchronous; they are called on threads of their own, so a slow one holds up nothing,
//!   and one that throws is told in the log and called again the next time.
//! - A future that is dropped (a cancelled Kotlin coroutine) cancels what it waited for, but never a command that
//!   was taken: that is carried through, and the snapshot tells. Cancelling a Swift task drops nothing, so
//!   everything long takes a [`CancelHandle`] too.
//! - Everything runs on the core's own small runtime; a panic in it becomes [`LumbraError::Internal`].

mod cancel;
mod chart;
mod clinic;
mod demo;
mod device;
mod diary;
mod error;
mod exercises;
mod goals;
mod http;
mod insights;
mod keep;
mod library;
mod live;
mod logging;
mod lumbra;
#[cfg(feature = "measure")]
mod measure;
mod observe;
mod plan;
mod platform;
mod ports;
mod posture;
mod radio;
mod report;
mod runtime;
mod screening;
mod session;
mod snapshot;
mod told;
#[cfg(feature = "torture")]
mod torture;

pub use cancel::CancelHandle;
pub use chart::{Chart, ChartMetric};
pub use clinic::{
    ClinicPhase, ClinicProblem, ClinicRefusal, ClinicState, ClinicStatus, SyncHints, SyncOutcome, SyncReport,
};
pub use demo::{DemoTime, VirtualWearable, WearableStatus};
pub use device::Device;
pub use diary::{
    CommandEntry, DayEntry, DeviceInfo, ExportSummary, History, PainContext, PainEntry, RecordEntry, SessionEntry,
};
pub use error::{LumbraError, PortError};
pub use exercises::{
    ExerciseDifficulty, ExerciseEntry, ExerciseEvent, ExerciseItem, ExerciseKept, ExerciseKind, ExerciseReport,
    ExerciseSession, ExerciseSkip, ExerciseStop, ExercisesToday, LeftOutExercise, LeftOutReason,
};
pub use goals::{GoalStep, OwnGoal};
pub use http::{Http, HttpError, HttpHeader, HttpMethod, HttpResponse};
pub use insights::{Insight, InsightCertainty, InsightSection, InsightTopic, Insights};
pub use keep::{erase_data, restore_backup};
pub use library::{
    ExerciseDrawing, ExerciseHeadings, ExerciseName, ExercisePage, exercise_drawing, exercise_names, exercise_page,
};
pub use live::live_objects;
pub use logging::{LogLevel, LogSink, set_log_sink};
pub use lumbra::Lumbra;
pub use observe::{
    ClinicObserver, DeviceEvent, Discovered, EventKind, EventObserver, ScanObserver, SnapshotObserver, Subscription,
};
pub use plan::{
    ExerciseDose, Plan, PlanChange, PlanDays, PlanExercise, PlanGoal, PlanReview, PlanSchedule, PlanSource, PlanStage,
    PlanStatus, PlanWeek, PlanWeekday, PrescribedProgramme, StimulationPrescriptions,
};
pub use ports::{KeyStore, PasskeyPrompt, WallClock};
pub use posture::{
    HourOfDay, PainBesidePosture, PostureGoal, PostureMode, PostureSensitivity, PostureSettings, QuietTime,
};
pub use radio::{Radio, RadioCharacteristic, RadioError, RadioLink, RadioSink};
pub use report::{ReportPerson, ReportSummary, TableFile, TablesSummary};
pub use screening::{ScreeningAnswer, ScreeningOutcome, ScreeningQuestion, screening_questions};
pub use session::{CommandResult, ProgrammeInfo, SessionRequest, programmes};
pub use snapshot::{
    ChannelSnapshot, CommandCounts, Contact, LinkState, Neutral, Phase, PostureSnapshot, SessionSnapshot, Snapshot,
};
pub use told::{
    DiaryDay, DiaryWords, Medication, PainReport, QuestionnaireEntry, QuestionnaireForm, QuestionnaireItem,
    RedFlagCheck, RedFlagRoute, Wellbeing, WellbeingEntry, diary_words, questionnaire_forms, red_flag_questions,
};

uniffi::setup_scaffolding!();

/// The version of the core.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The major version of the Lumbra GATT profile that the core speaks.
#[uniffi::export]
pub fn profile_version() -> u8 {
    ::lumbra::PROFILE_VERSION
}
