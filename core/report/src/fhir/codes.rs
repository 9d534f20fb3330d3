//! Every code that leaves in a bundle, with where it is from.
//!
//! Where no code of a common system is known for sure, one of our own stands, and its words say the same: a clinic maps it, and nobody
//! is misled by a wrong one. So it is with the session itself and with Roland-Morris.

use super::resources::{CodeableConcept, Coding};

/// LOINC, by its FHIR name.
const LOINC: &str = "http://loinc.org";
/// Units of measure, by their FHIR name.
pub(super) const UCUM: &str = "http://unitsofmeasure.org";
/// FHIR's own categories of observations.
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Our own codes.
pub(super) const LOCAL_SYSTEM: &str = "http://lumbra.health/fhir/CodeSystem/lumbra";

/// A code in its system, with what it means in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code {
    system: &'static str,
    value: &'static str,
    text: &'static str,
}

const fn loinc(code: &'static str, text: &'static str) -> Code {
    Code { system: LOINC, value: code, text }
}

const fn local(code: &'static str, text: &'static str) -> Code {
    Code { system: LOCAL_SYSTEM, value: code, text }
}

/// Source: LOINC, read in its public pages.
pub(super) const PAIN: Code = loinc("72514-3", "Pain severity now, 0 to 10");
/// Source: LOINC's panel of PEG, as the three below.
pub(super) const PEG_PAIN: Code = loinc("75893-8", "PEG: pain on average in the past week, 0 to 10");
pub(super) const PEG_ENJOYMENT: Code = loinc("91145-3", "PEG: interference with enjoyment of life, 0 to 10");
pub(super) const PEG_ACTIVITY: Code = loinc("91146-1", "PEG: interference with general activity, 0 to 10");
pub(super) const PEG_MEAN: Code = loinc("91147-9", "PEG: mean of the three answers, 0 to 10");

/// No LOINC code was found for it.
pub(super) const ROLAND_MORRIS: Code = local("roland-morris-score", "Roland-Morris: statements ticked, 0 to 24");
/// The SNOMED CT codes in use for TENS were read in weak sources only.
pub(super) const TENS_SESSION: Code =
    local("tens-session", "Session of transcutaneous electrical nerve stimulation (TENS)");
pub(super) const TENS_DOSE: Code = local("tens-dose", "What a session of TENS was planned to deliver, and delivered");
pub(super) const PLANNED: Code = local("planned-time", "Planned stimulation time");
pub(super) const STIMULATED: Code = local("stimulated-time", "Stimulation time");
pub(super) const WORST_CASE: Code =
    local("worst-case", "The end was not seen: the stimulation time is the longest it can have been");
pub(super) const HIGHEST: Code = local("highest-current", "Highest current measured on any channel, peak of a pulse");
pub(super) const LIMIT: Code = local("current-limit", "Highest current that any channel was allowed, peak of a pulse");
pub(super) const POSTURE_DAY: Code = local("posture-day", "Posture over a day, as a sensor on the back judged");
pub(super) const UPRIGHT: Code = local("upright", "Upright");
pub(super) const SLOUCHED: Code = local("slouched", "Slouched forward");
pub(super) const LEANING: Code = local("leaning", "Leaning sideways or back");
pub(super) const LYING: Code = local("lying", "Lying");
pub(super) const MOVING: Code = local("moving", "Moving");
pub(super) const NOT_WORN: Code = local("not-worn", "Sensor not worn");
pub(super) const NUDGES: Code = local("nudges", "Reminders given by vibration");
pub(super) const SLEEP: Code = local("sleep-quality", "Sleep, 0 (very bad) to 10 (very good)");
pub(super) const STIFFNESS: Code = local("morning-stiffness", "Morning stiffness of the back");

impl Code {
    pub(super) const fn text(self) -> &'static str {
        self.text
    }

    /// The code with its words. There is no `display`: ours are not the words of LOINC.
    pub(super) fn concept(self) -> CodeableConcept {
        let coding = Coding { system: self.system, code: self.value };
        CodeableConcept { coding: vec![coding], text: Some(self.text.to_owned()) }
    }
}

/// A category of observations, such as `survey`.
pub(super) fn category(code: &'static str) -> CodeableConcept {
    CodeableConcept { coding: vec![Coding { system: CATEGORY, code }], text: None }
}
