//! What is said of one exercise, put together for a person.

use lumbra_domain::exercise::{Equipment, Exercise, Measure};

use crate::words::{DE, EN, Headings, Words};
use crate::{Drawing, Language, drawing};

/// The library in one language.
#[derive(Debug)]
pub struct Library {
    language: Language,
    pub(crate) words: &'static Words,
}

static ENGLISH: Library = Library { language: Language::English, words: &EN };
static GERMAN: Library = Library { language: Language::German, words: &DE };

/// Another variant of an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Which.
    pub exercise: Exercise,
    /// Its name.
    pub name: &'static str,
}

/// What is said of one exercise, in one language, for a person without training in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The exercise.
    pub exercise: Exercise,
    /// The language of all texts here.
    pub language: Language,
    /// What stands over the parts of a page in its language.
    pub headings: &'static Headings,
    /// Its name.
    pub name: &'static str,
    /// What it helps to train or relax: one or two sentences, and no promise.
    pub purpose: &'static str,
    /// What is needed beside the floor; empty if nothing is.
    pub equipment: Vec<&'static str>,
    /// What its amount is counted in, in the plural: "repetitions".
    pub unit: &'static str,
    /// The amount is for each side of the body.
    pub each_side: bool,
    /// How to get into the start position.
    pub set_up: &'static str,
    /// What to do, in order.
    pub steps: &'static [&'static str],
    /// What often goes wrong, each with what to do instead.
    pub mistakes: &'static [&'static str],
    /// When to stop: first the reasons of this exercise, then those of every exercise. The last sends to
    /// [`emergency`](Self::emergency). That pain up to 5 of 10 may be gone on with comes from programmes for tendon pain; for
    /// backs it is a convention.
    pub stop: Vec<&'static str>,
    /// Which signs need emergency care at once. A shell always shows it with [`stop`](Self::stop). The signs are those of the
    /// emergency questions in `lumbra_domain::screening`.
    pub emergency: &'static str,
    /// The next easier variant, if there is one.
    pub easier: Option<Variant>,
    /// The next harder variant, if there is one.
    pub harder: Option<Variant>,
}

impl Library {
    /// The library in a language.
    pub fn in_language(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }

    /// Its language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The name of an exercise.
    pub fn name(&self, exercise: Exercise) -> &'static str {
        (self.words.text)(exercise).name
    }

    /// The name of a piece of equipment.
    pub fn equipment(&self, equipment: Equipment) -> &'static str {
        let words = &self.words.equipment;
        match equipment {
            Equipment::Mat => words.mat,
            Equipment::Chair => words.chair,
            Equipment::Wall => words.wall,
            Equipment::Stick => words.stick,
            Equipment::Weight => words.weight,
            Equipment::Step => words.step,
            Equipment::Strap => words.strap,
            Equipment::Bicycle => words.bicycle,
        }
    }

    /// What an amount is counted in, in the plural.
    pub fn unit(&self, measure: Measure) -> &'static str {
        let nouns = &self.words.nouns;
        match measure {
            Measure::Repetitions => nouns.repetitions.other,
            Measure::Holds => nouns.holds.other,
            Measure::Minutes => nouns.minutes.other,
        }
    }

    /// The page of an exercise. There is one for each exercise in each language: the build fails without.
    pub fn page(&self, exercise: Exercise) -> Page {
        let (text, facts) = ((self.words.text)(exercise), exercise.facts());
        let variant = |exercise| Variant { exercise, name: self.name(exercise) };
        Page {
            exercise,
            language: self.language,
            headings: &self.words.headings,
            name: text.name,
            purpose: text.purpose,
            equipment: facts.equipment.iter().map(|each| self.equipment(*each)).collect(),
            unit: self.unit(facts.measure),
            each_side: facts.each_side,
            set_up: text.set_up,
            steps: text.steps,
            mistakes: text.mistakes,
            stop: text.stop.iter().chain(self.words.stop).copied().collect(),
            emergency: self.words.emergency,
            easier: exercise.easier().map(variant),
            harder: exercise.harder().map(variant),
        }
    }
}

impl Page {
    /// Its drawing, with its words in the language of the page.
    pub fn drawing(&self) -> Drawing {
        drawing(self.exercise, self.language)
    }

    /// The page as plain text of several lines, without colours; each paragraph and item is one line, however long.
    pub fn to_text(&self) -> String {
        let headings = self.headings;
        let equipment =
            if self.equipment.is_empty() { headings.no_equipment.to_owned() } else { self.equipment.join(", ") };
        let side = if self.each_side { Library::in_language(self.language).words.dosage.each_side } else { "" };
        let mut lines = vec![
            self.name.to_owned(),
            String::new(),
            self.purpose.to_owned(),
            String::new(),
            format!("{}: {equipment}", headings.equipment),
            format!("{}: {}{side}", headings.counted_in, self.unit),
        ];
        for (heading, variant) in [(headings.easier, self.easier), (headings.harder, self.harder)] {
            lines.extend(variant.map(|variant| format!("{heading}: {}", variant.name)));
        }
        let mut section = |heading: &str, items: &mut dyn Iterator<Item = String>| {
            lines.extend([String::new(), heading.to_owned()]);
            lines.extend(items);
        };
        let item = |text: &&str| format!("- {text}");
        section(headings.set_up, &mut [self.set_up.to_owned()].into_iter());
        section(headings.steps, &mut self.steps.iter().zip(1..).map(|(step, number)| format!("{number}. {step}")));
        section(headings.mistakes, &mut self.mistakes.iter().map(item));
        section(headings.stop, &mut self.stop.iter().map(item));
        section(headings.emergency, &mut [self.emergency.to_owned()].into_iter());
        lines.push(String::new());
        lines.join("\n")
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
