//! Every code that is told to others or understood from them, with where it is from. They are the same in a bundle that a person takes to
//! their clinician and in what is told to a clinic's server.
//!
//! Where no code of a common system is known for sure, one of our own stands, and its words say the same: a clinic maps it, and nobody
//! is misled by a wrong one. So it is with the session itself and with Roland-Morris.

/// LOINC, by its FHIR name.
pub const LOINC: &str = "http://loinc.org";
/// Units of measure, by their FHIR name.
pub const UCUM: &str = "http://unitsofmeasure.org";
/// FHIR's own categories of observations.
pub const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Names that are URIs.
pub const URIS: &str = "urn:ietf:rfc:3986";
/// Our own codes.
pub const LOCAL_SYSTEM: &str = "http://lumbra.health/fhir/CodeSystem/lumbra";

/// A code in its system, with what it means in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// The system's name.
    pub system: &'static str,
    /// The code.
    pub value: &'static str,
    /// What it means. Ours are not the words of LOINC.
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
/// A number from 0 to 10.
pub const SLEEP: Code = local("sleep-quality", "Sleep, 0 (very bad) to 10 (very good)");
/// In minutes.
pub const STIFFNESS: Code = local("morning-stiffness", "Morning stiffness of the back");

/// All of them.
pub const ALL: &[Code] = &[
    PAIN,
    PEG_PAIN,
    PEG_ENJOYMENT,
    PEG_ACTIVITY,
    PEG_MEAN,
    ROLAND_MORRIS,
    TENS_SESSION,
    TENS_DOSE,
    PLANNED,
    STIMULATED,
    WORST_CASE,
    HIGHEST,
    LIMIT,
    POSTURE_DAY,
    UPRIGHT,
    SLOUCHED,
    LEANING,
    LYING,
    MOVING,
    NOT_WORN,
    NUDGES,
    SLEEP,
    STIFFNESS,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_code_means_one_thing() {
        let codes: HashSet<_> = ALL.iter().map(|code| (code.system, code.value)).collect();
        assert_eq!(codes.len(), ALL.len(), "no code is there twice");
        assert!(ALL.iter().all(|code| !code.text.is_empty() && [LOINC, LOCAL_SYSTEM].contains(&code.system)));
    }
}
