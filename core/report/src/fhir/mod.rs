//! A bundle of FHIR R4, type `collection`: what a clinic's system takes in.
//!
//! | thing | resource |
//! |---|---|
//! | the person | `Patient`: no more than was given for this report |
//! | a wearable | `Device` |
//! | pain | `Observation`, LOINC 72514-3, part of the session's `Procedure` where it belongs to one |
//! | a session | `Procedure` that used the `Device`, and an `Observation` of the dose |
//! | a day's posture | `Observation` with a component a class, in seconds |
//! | a questionnaire | `QuestionnaireResponse`, and an `Observation` of each answer that has a code and of the score |
//! | sleep, stiffness, medication | `Observation`, `MedicationStatement` |
//!
//! Names are UUIDs of version 5, made of the record's own identity: who exports again sends the same names. References are those
//! names, and each resolves inside the bundle. Codes stand in `codes`, each with its source. What lies outside the period is left out.

mod build;
mod codes;
mod names;
mod resources;
#[cfg(test)]
mod tests;

use crate::report::Report;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
#[error("the bundle can't be written ({0}): please report it")]
pub struct FhirError(#[from] serde_json::Error);

/// A bundle as JSON, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFile {
    /// The JSON.
    pub json: Vec<u8>,
    /// How many resources.
    pub resources: usize,
}

/// The name of a resource: of what kind of thing it is, and of the record's own identity. The same at each export and each sync.
pub fn resource_id(kind: &str, parts: &[&str]) -> uuid::Uuid {
    names::Name::new(kind, parts).uuid()
}

/// Makes the bundle.
pub fn bundle(report: &Report) -> Result<BundleFile, FhirError> {
    let bundle = build::bundle(report)?;
    Ok(BundleFile { json: serde_json::to_vec(&bundle)?, resources: bundle.entry.len() })
}
