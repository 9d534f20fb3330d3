//! What was done, as plain values: what [`build`](super::build) makes resources of.

use std::fmt;

use lumbra_domain::pain::PainScore;
use uuid::Uuid;

use super::codes::Code;
use super::element::Reference;

/// The person's logical id at the clinic, as the sign-in told it.
#[derive(Clone, PartialEq, Eq)]
pub struct PatientId(String);

impl PatientId {
    /// From a logical id.
    pub fn new(id: &str) -> Option<Self> {
        super::is_id(id).then(|| Self(id.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn reference(&self) -> Reference {
        Reference { reference: Some(format!("Patient/{}", self.0)), ..Reference::default() }
    }
}

impl fmt::Debug for PatientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PatientId(..)")
    }
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As planned.
    Completed,
    /// Before; why, in words.
    Stopped(String),
    /// It did not begin; why, in words.
    NotDone(String),
    /// Its end was not seen.
    NotSeen,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Stimulation, by the name of the programme.
    Stimulation(String),
    /// An exercise, by its id in the library.
    Exercise(String),
}

/// A session that is over, of TENS or of an exercise. Moments are RFC 3339 with the person's own offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDone {
    /// Its name.
    pub id: Uuid,
    /// What was done.
    pub what: Done,
    /// How it ended.
    pub ended: Ended,
    /// When it began.
    pub start: String,
    /// When it ended, if that is known.
    pub end: Option<String>,
    /// The order it fulfils: the logical id of a `ServiceRequest`.
    pub order: Option<String>,
    /// The wearable, by the name of its `Device`.
    pub device: Option<Uuid>,
}

/// What a session of stimulation delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoseDone {
    /// Its name.
    pub id: Uuid,
    /// Planned, in seconds.
    pub planned_s: u32,
    /// Delivered, in seconds.
    pub stimulated_s: u32,
    /// The end was not seen: what was delivered is the most it can have been.
    pub worst_case: bool,
    /// Highest current measured, in 0.1 mA.
    pub highest_dma: u16,
    /// Highest current allowed, in 0.1 mA.
    pub limit_dma: u16,
}

/// A pain rating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PainRated {
    /// Its name.
    pub id: Uuid,
    /// When, RFC 3339.
    pub at: String,
    /// How strong.
    pub score: PainScore,
    /// Where, in words.
    pub place: Option<String>,
    /// The person's note.
    pub note: Option<String>,
    /// The session it was given before or after.
    pub session: Option<Uuid>,
}

/// Posture over one day or one hour, in seconds a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostureSummed {
    /// Its name.
    pub id: Uuid,
    /// The day (`2026-03-01`) or the hour's beginning (RFC 3339).
    pub at: String,
    /// Each class with its seconds: codes from [`UPRIGHT`](super::codes::UPRIGHT) to [`NOT_WORN`](super::codes::NOT_WORN).
    pub classes: Vec<(Code, u32)>,
    /// Reminders given.
    pub nudges: u32,
}

/// A wearable with its firmware. Facts are only added: when the firmware changes, it is another `Device` under a new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wearable {
    /// Its name.
    pub id: Uuid,
    /// Its serial number.
    pub serial: String,
    /// Its model.
    pub model: String,
    /// Its firmware's version.
    pub firmware: String,
}

/// A questionnaire's score, with what it is of: an answer's number and value for each question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Its name.
    pub id: Uuid,
    /// What it is called.
    pub title: String,
    /// When, RFC 3339.
    pub at: String,
    /// Each question's number and what was answered.
    pub answers: Vec<(String, AnswerValue)>,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerValue {
    /// On a scale.
    Number(u8),
    /// Yes or no.
    Ticked(bool),
}
