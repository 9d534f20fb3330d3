//! The texts of each language, as the build has made them of the files in `texts`.

use lumbra_domain::exercise::Exercise;

/// A text for one, and one for any other number. English and German need no more forms.
#[derive(Debug)]
pub(crate) struct Plural {
    pub(crate) one: &'static str,
    pub(crate) other: &'static str,
}

/// Headings of a page, without a colon.
#[derive(Debug, PartialEq, Eq)]
pub struct Headings {
    /// Over the equipment.
    pub equipment: &'static str,
    /// In place of equipment, where none is needed.
    pub no_equipment: &'static str,
    /// Before what amounts are counted in.
    pub counted_in: &'static str,
    /// Over the set-up.
    pub set_up: &'static str,
    /// Over the steps.
    pub steps: &'static str,
    /// Over the mistakes.
    pub mistakes: &'static str,
    /// Over the reasons to stop, which go on where it ends: "Stop if".
    pub stop: &'static str,
    /// Over the signs of an emergency; the reasons to stop refer to it by this name.
    pub emergency: &'static str,
    /// Before the name of the easier variant.
    pub easier: &'static str,
    /// Before the name of the harder variant.
    pub harder: &'static str,
}

/// A name for each piece of equipment.
#[derive(Debug)]
pub(crate) struct EquipmentWords {
    pub(crate) mat: &'static str,
    pub(crate) chair: &'static str,
    pub(crate) wall: &'static str,
    pub(crate) stick: &'static str,
    pub(crate) weight: &'static str,
    pub(crate) step: &'static str,
    pub(crate) strap: &'static str,
    pub(crate) bicycle: &'static str,
}

/// What amounts are counted in.
#[derive(Debug)]
pub(crate) struct Nouns {
    pub(crate) repetitions: Plural,
    pub(crate) holds: Plural,
    pub(crate) minutes: Plural,
    pub(crate) seconds: Plural,
}

/// The parts of a dosage sentence; `{sets}`, `{amount}` and `{hold}` are filled in.
#[derive(Debug)]
pub(crate) struct DosageWords {
    pub(crate) repetitions: Plural,
    pub(crate) minutes: Plural,
    pub(crate) held: &'static str,
    pub(crate) each_side: &'static str,
}

/// What is said of one exercise.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) name: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) set_up: &'static str,
    pub(crate) steps: &'static [&'static str],
    pub(crate) mistakes: &'static [&'static str],
    pub(crate) stop: &'static [&'static str],
}

/// All texts of a language.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) headings: Headings,
    pub(crate) equipment: EquipmentWords,
    pub(crate) nouns: Nouns,
    pub(crate) dosage: DosageWords,
    /// When to stop, whatever the exercise.
    pub(crate) stop: &'static [&'static str],
    /// Where to go with signs of an emergency.
    pub(crate) emergency: &'static str,
    /// What is said of an exercise: there is a text for each, or it would not compile.
    pub(crate) text: fn(Exercise) -> &'static Text,
}

include!(concat!(env!("OUT_DIR"), "/texts.rs"));
