//! What a clinician has prescribed, as plain values: read from `CarePlan`s, their `ServiceRequest`s and `Goal`s.
//!
//! [`read`] takes all that is kept of the clinic and gives plans, and beside them [`Problem`]s: whatever the phone can't understand is
//! reported, never guessed. A number in another unit is not converted, one that is not exact is not rounded, an unknown part of our
//! extension is not skipped. A programme of stimulation whose cap can't be read is no programme that could be started: there is no
//! [`Stimulation`] without a cap. Nothing here clamps: what may flow is decided by `lumbra_domain::safety`, to which these are wishes.

mod amount;
mod order;
#[cfg(test)]
mod profile_tests;
mod read;
mod stimulation;
#[cfg(test)]
mod tests;
mod timing;

use jiff::civil::{Date, Time, Weekday};
use lumbra_domain::programme::Mode;

pub use read::read;
pub(crate) use read::references;

/// All that could be read, and all that could not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plans {
    /// The plans, by id.
    pub plans: Vec<PrescribedPlan>,
    /// What is wrong with resources that belong to no plan that could be read.
    pub problems: Vec<Problem>,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrescribedPlan {
    /// The logical id of the `CarePlan`.
    pub id: String,
    /// Its version on the server, opaque.
    pub version: Option<String>,
    /// Whether it is in force.
    pub status: PlanStatus,
    /// Its title for people.
    pub title: Option<String>,
    /// From when to when.
    pub period: Dates,
    /// What is to be done, in the clinic's order: what could be understood.
    pub activities: Vec<Activity>,
    /// What it is to reach.
    pub goals: Vec<PrescribedGoal>,
    /// What of it could not be understood: shown to the person and their clinic.
    pub problems: Vec<Problem>,
}

/// Whether a plan or an order is in force: R4's `request-status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlanStatus {
    /// Not yet.
    Draft,
    /// In force.
    Active,
    /// Paused by the clinic.
    OnHold,
    /// Withdrawn by the clinic.
    Revoked,
    /// Over.
    Completed,
    /// It should never have been.
    EnteredInError,
    /// The clinic's system does not know.
    Unknown,
}

impl PlanStatus {
    /// From its name in FHIR.
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "draft" => Self::Draft,
            "active" => Self::Active,
            "on-hold" => Self::OnHold,
            "revoked" => Self::Revoked,
            "completed" => Self::Completed,
            "entered-in-error" => Self::EnteredInError,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

/// Days from the first to the last, both inside; open where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// The first day.
    pub first: Option<Date>,
    /// The last day.
    pub last: Option<Date>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The logical id of the `ServiceRequest`.
    pub id: String,
    /// Its version on the server, opaque.
    pub version: Option<String>,
    /// Whether it is in force.
    pub status: PlanStatus,
    /// What.
    pub what: What,
    /// When; none when the clinic has said nothing about it.
    pub timing: Option<Schedule>,
    /// Only when the person needs it.
    pub as_needed: bool,
    /// Where on the body, in the clinic's words.
    pub body_site: Vec<String>,
    /// Words for the person.
    pub instruction: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An exercise.
    Exercise {
        /// Its id in the library of `lumbra_domain::exercise`.
        exercise: String,
        /// How much.
        dose: Dose,
    },
    /// Stimulation.
    Stimulation(Stimulation),
}

/// How much of an exercise in one session; none where the clinic has said nothing. All from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dose {
    /// Rounds of it.
    pub sets: Option<u16>,
    /// Repetitions in a set.
    pub repetitions: Option<u16>,
    /// How long each is held, in seconds.
    pub hold_s: Option<u16>,
    /// How long without a pause, in minutes.
    pub minutes: Option<u16>,
}

/// A programme of stimulation, complete: one without a cap can't be made. Its numbers are the clinic's, not yet checked against the
/// mode or the safety envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stimulation {
    /// The kind of pulses.
    pub mode: Mode,
    /// Pulses a second, lowest and highest, in 0.1 Hz; equal unless swept.
    pub frequency_dhz: (u16, u16),
    /// Width of one phase, shortest and longest, in microseconds; equal unless swept.
    pub width_us: (u16, u16),
    /// Time of one sweep, in 0.1 s.
    pub sweep_ds: Option<u16>,
    /// Trains a second in 0.1 Hz, and pulses in one.
    pub trains: Option<(u16, u8)>,
    /// Length of one session, in minutes.
    pub minutes: u16,
    /// The highest current on any channel, peak of a pulse, in 0.1 mA.
    pub cap_dma: u16,
    /// The most sessions a day.
    pub per_day: u8,
}

/// When something is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How many times in each period.
    pub times: u16,
    /// How long the period is.
    pub every: Every,
    /// On these days of the week alone; empty: on any.
    pub days: Vec<Weekday>,
    /// At these times of day; empty: at any.
    pub at: Vec<Time>,
    /// Within these days.
    pub dates: Dates,
}

/// A period of a schedule, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// So many days.
    Days(u16),
    /// So many weeks.
    Weeks(u16),
}

/// What a plan is to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrescribedGoal {
    /// The logical id of the `Goal`.
    pub id: String,
    /// Its version on the server, opaque.
    pub version: Option<String>,
    /// In words.
    pub text: String,
    /// By when, if that is known.
    pub due: Option<Date>,
    /// R4's `goal-status`, as it came.
    pub status: String,
}

/// A resource that can't be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its type and logical id, `ServiceRequest/abc`.
    pub resource: String,
    /// Why.
    pub reason: Reason,
}

/// Why a resource can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It does not parse.
    #[error("it can't be read: {0}")]
    Unreadable(#[from] crate::fhir::ParseError),
    /// It is somebody else's, or nobody's.
    #[error("it is not this person's")]
    OtherPatient,
    /// It says that its meaning is changed by something the phone does not know.
    #[error("it has a modifier that is not known")]
    Modified,
    /// A part is missing that must be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A part is there that is not understood, or not in this form.
    #[error("{0} is not understood")]
    NotUnderstood(&'static str),
    /// The exercise is not in the library.
    #[error("the exercise is not in the library of this version")]
    UnknownExercise,
    /// It is an order not to do something.
    #[error("it says what not to do")]
    Forbids,
    /// The plan refers to an order or goal that has not come.
    #[error("the plan refers to it, and it has not come")]
    NotHere,
    /// A programme of stimulation that can't be started: this part of it can't be read.
    #[error("the programme can't be started: {0} can't be read")]
    NotStartable(&'static str),
    /// Both an exercise and a stimulation.
    #[error("it is an exercise and a stimulation at once")]
    Ambiguous,
}
