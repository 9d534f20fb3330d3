//! Every code that leaves or is understood, with where it is from.
//!
//! Where no code of a common system is known for sure, one of our own stands, and its words say the same: a clinic maps it, and nobody
//! is misled by a wrong one.

use super::element::{CodeableConcept, Coding};

/// LOINC, by its FHIR name.
pub const LOINC: &str = "http://loinc.org";
/// Units of measure, by their FHIR name.
pub const UCUM: &str = "http://unitsofmeasure.org";
/// FHIR's own categories of observations.
pub const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Our own codes.
pub const LOCAL_SYSTEM: &str = "http://lumbra.health/fhir/CodeSystem/lumbra";
/// The exercises of the library, by the ids of `lumbra_domain::exercise`: `profiles/CodeSystem-exercises.json`.
pub const EXERCISES: &str = "http://lumbra.health/fhir/CodeSystem/exercises";
/// Our extension with a programme's parameters: `profiles/StructureDefinition-stimulation.json`.
pub const STIMULATION: &str = "http://lumbra.health/fhir/StructureDefinition/stimulation";
/// Our extension with an exercise's amount: `profiles/StructureDefinition-exercise-dose.json`.
pub const EXERCISE_DOSE: &str = "http://lumbra.health/fhir/StructureDefinition/exercise-dose";
/// Names that are URIs.
pub const URIS: &str = "urn:ietf:rfc:3986";

/// A code in its system, with what it means in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The system's name.
    pub system: &'static str,
    /// The code.
    pub value: &'static str,
    /// What it means.
    pub text: &'static str,
}

const fn loinc(value: &'static str, text: &'static str) -> Code {
    Code { system: LOINC, value, text }
}

const fn local(value: &'static str, text: &'static str) -> Code {
    Code { system: LOCAL_SYSTEM, value, text }
}

/// Source: LOINC, read in its public pages.
pub const PAIN: Code = loinc("72514-3", "Pain severity now, 0 to 10");
/// Source: LOINC's panel of PEG, as the three below.
pub const PEG_PAIN: Code = loinc("75893-8", "PEG: pain on average in the past week, 0 to 10");
/// Source: as above.
pub const PEG_ENJOYMENT: Code = loinc("91145-3", "PEG: interference with enjoyment of life, 0 to 10");
/// Source: as above.
pub const PEG_ACTIVITY: Code = loinc("91146-1", "PEG: interference with general activity, 0 to 10");
/// Source: as above.
pub const PEG_MEAN: Code = loinc("91147-9", "PEG: mean of the three answers, 0 to 10");
/// No LOINC code was found for it.
pub const ROLAND_MORRIS: Code = local("roland-morris-score", "Roland-Morris: statements ticked, 0 to 24");
/// The SNOMED CT codes in use for TENS were read in weak sources only.
pub const TENS_SESSION: Code = local("tens-session", "Session of transcutaneous electrical nerve stimulation (TENS)");
/// Of our own, as all below.
pub const TENS_DOSE: Code = local("tens-dose", "What a session of TENS was planned to deliver, and delivered");
/// In seconds.
pub const PLANNED: Code = local("planned-time", "Planned stimulation time");
/// In seconds.
pub const STIMULATED: Code = local("stimulated-time", "Stimulation time");
/// Yes or no.
pub const WORST_CASE: Code =
    local("worst-case", "The end was not seen: the stimulation time is the longest it can have been");
/// In mA.
pub const HIGHEST: Code = local("highest-current", "Highest current measured on any channel, peak of a pulse");
/// In mA.
pub const LIMIT: Code = local("current-limit", "Highest current that any channel was allowed, peak of a pulse");
/// Components follow.
pub const POSTURE_DAY: Code = local("posture-day", "Posture over a day, as a sensor on the back judged");
/// In seconds, as the five below.
pub const UPRIGHT: Code = local("upright", "Upright");
/// In seconds.
pub const SLOUCHED: Code = local("slouched", "Slouched forward");
/// In seconds.
pub const LEANING: Code = local("leaning", "Leaning sideways or back");
/// In seconds.
pub const LYING: Code = local("lying", "Lying");
/// In seconds.
pub const MOVING: Code = local("moving", "Moving");
/// In seconds.
pub const NOT_WORN: Code = local("not-worn", "Sensor not worn");
/// A number.
pub const NUDGES: Code = local("nudges", "Reminders given by vibration");

impl Code {
    /// The code with its words. There is no `display`: ours are not the words of LOINC.
    pub fn concept(self) -> CodeableConcept {
        let coding =
            Coding { system: Some(self.system.to_owned()), code: Some(self.value.to_owned()), ..Coding::default() };
        CodeableConcept { coding: vec![coding], text: Some(self.text.to_owned()), ..CodeableConcept::default() }
    }

    /// Whether a concept means this.
    pub fn is_in(self, concept: &CodeableConcept) -> bool {
        concept
            .coding
            .iter()
            .any(|coding| coding.system.as_deref() == Some(self.system) && coding.code.as_deref() == Some(self.value))
    }
}

/// A category of observations, such as `survey`.
pub fn category(code: &str) -> CodeableConcept {
    let coding = Coding { system: Some(CATEGORY.to_owned()), code: Some(code.to_owned()), ..Coding::default() };
    CodeableConcept { coding: vec![coding], ..CodeableConcept::default() }
}
