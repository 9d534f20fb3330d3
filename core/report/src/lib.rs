//! What a person takes to their clinician, made on the phone, offline.
//!
//! A [`Report`] is plain values, which the caller fills; here it becomes
//! - [`pdf`](pdf()): two pages that a clinician reads in a minute,
//! - [`tables`]: CSV of everything, for spreadsheets,
//! - [`fhir`]: a bundle of FHIR R4, for a clinic's system.
//!
//! Nothing here knows a database, a radio or a clock: the same input makes the same bytes. What is not in the input is not in the
//! report, and it says so instead of showing a zero.

mod buckets;
pub mod fhir;
mod moment;
mod pdf;
mod questionnaire;
mod report;
#[cfg(any(test, feature = "test-support"))]
pub mod sample;
pub mod tables;
mod words;

pub use moment::Moment;
pub use pdf::{PdfError, pdf};
pub use questionnaire::{Answers, Peg, Questionnaire, STATEMENTS, Statements};
pub use report::{
    BadPeriod, Day, Device, Note, Outcome, Pain, PainOfDay, PainWhen, Period, Person, Posture, Report, Session,
    SleepQuality, Wellbeing,
};
