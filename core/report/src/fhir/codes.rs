//! The codes of [`lumbra_domain::codes`] as a bundle writes them.

pub(super) use lumbra_domain::codes::*;

use super::resources::{CodeableConcept, Coding};

/// A code with its words. There is no `display`: ours are not the words of LOINC.
pub(super) fn concept(code: Code) -> CodeableConcept {
    let coding = Coding { system: code.system, code: code.value };
    CodeableConcept { coding: vec![coding], text: Some(code.text.to_owned()) }
}

/// A category of observations, such as `survey`.
pub(super) fn category(code: &'static str) -> CodeableConcept {
    CodeableConcept { coding: vec![Coding { system: CATEGORY, code }], text: None }
}
