//! The codes of [`lumbra_domain::codes`] as FHIR writes them, and the names of our own profiles.

pub use lumbra_domain::codes::*;

use super::element::{CodeableConcept, Coding};

/// The exercises of the library, by the ids of `lumbra_domain::exercise`: `profiles/CodeSystem-exercises.json`.
pub const EXERCISES: &str = "http://lumbra.health/fhir/CodeSystem/exercises";
/// Our extension with a programme's parameters: `profiles/StructureDefinition-stimulation.json`.
pub const STIMULATION: &str = "http://lumbra.health/fhir/StructureDefinition/stimulation";
/// Our extension with an exercise's amount: `profiles/StructureDefinition-exercise-dose.json`.
pub const EXERCISE_DOSE: &str = "http://lumbra.health/fhir/StructureDefinition/exercise-dose";

/// A code with its words. There is no `display`: ours are not the words of LOINC.
pub fn concept(code: Code) -> CodeableConcept {
    let coding =
        Coding { system: Some(code.system.to_owned()), code: Some(code.value.to_owned()), ..Coding::default() };
    CodeableConcept { coding: vec![coding], text: Some(code.text.to_owned()), ..CodeableConcept::default() }
}

/// Whether a concept means this code.
pub fn means(concept: &CodeableConcept, code: Code) -> bool {
    let is =
        |coding: &Coding| coding.system.as_deref() == Some(code.system) && coding.code.as_deref() == Some(code.value);
    concept.coding.iter().any(is)
}

/// A category of observations, such as `survey`.
pub fn category(code: &str) -> CodeableConcept {
    let coding = Coding { system: Some(CATEGORY.to_owned()), code: Some(code.to_owned()), ..Coding::default() };
    CodeableConcept { coding: vec![coding], ..CodeableConcept::default() }
}
