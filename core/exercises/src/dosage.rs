//! How much of an exercise, as a sentence.

use lumbra_domain::exercise::Exercise;

use crate::Library;
use crate::words::Plural;

/// How much is done without a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Amount {
    /// So many repetitions.
    Repetitions(u16),
    /// So many repetitions, each held.
    Holds {
        /// How many.
        repetitions: u16,
        /// How long each is held, in seconds.
        hold_s: u16,
    },
    /// So many minutes.
    Minutes(u16),
}

impl Plural {
    /// The form for a number.
    fn form(&self, number: u16) -> &'static str {
        if number == 1 { self.one } else { self.other }
    }

    /// A number with its noun.
    fn count(&self, number: u16) -> String {
        format!("{number} {}", self.form(number))
    }
}

impl Library {
    /// How much of an exercise, as a sentence without a full stop: "2 sets of 8 repetitions, held 5 seconds, each side". Whether
    /// it is for each side is a fact of the exercise.
    ///
    /// ```
    /// use lumbra_domain::exercise::Exercise;
    /// use lumbra_exercises::{Amount, Language, Library};
    ///
    /// let amount = Amount::Holds { repetitions: 8, hold_s: 1 };
    /// let german = Library::in_language(Language::German);
    /// assert_eq!(german.dosage(Exercise::BirdDog, 2, amount), "2 Sätze mit je 8 Wiederholungen, je 1 Sekunde halten, auf jeder Seite");
    /// ```
    pub fn dosage(&self, exercise: Exercise, sets: u16, amount: Amount) -> String {
        let (words, nouns) = (&self.words.dosage, &self.words.nouns);
        let (frame, counted, hold_s) = match amount {
            Amount::Repetitions(count) => (&words.repetitions, nouns.repetitions.count(count), None),
            Amount::Holds { repetitions, hold_s } => {
                (&words.repetitions, nouns.repetitions.count(repetitions), Some(hold_s))
            }
            Amount::Minutes(count) => (&words.minutes, nouns.minutes.count(count), None),
        };
        let mut sentence = frame.form(sets).replace("{sets}", &sets.to_string()).replace("{amount}", &counted);
        if let Some(hold_s) = hold_s {
            sentence += &words.held.replace("{hold}", &nouns.seconds.count(hold_s));
        }
        if exercise.facts().each_side {
            sentence += words.each_side;
        }
        sentence
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Language;

    #[test]
    fn one_and_many_are_told_apart_in_both_languages() {
        let holds = |repetitions, hold_s| Amount::Holds { repetitions, hold_s };
        for (exercise, sets, amount, english, german) in [
            (
                Exercise::BirdDog,
                2,
                holds(8, 5),
                "2 sets of 8 repetitions, held 5 seconds, each side",
                "2 Sätze mit je 8 Wiederholungen, je 5 Sekunden halten, auf jeder Seite",
            ),
            (
                Exercise::Plank,
                1,
                holds(1, 1),
                "1 set of 1 repetition, held 1 second",
                "1 Satz mit 1 Wiederholung, je 1 Sekunde halten",
            ),
            (
                Exercise::Clamshell,
                1,
                Amount::Repetitions(12),
                "1 set of 12 repetitions, each side",
                "1 Satz mit 12 Wiederholungen, auf jeder Seite",
            ),
            (Exercise::Walking, 1, Amount::Minutes(1), "1 minute", "1 Minute"),
            (Exercise::Walking, 3, Amount::Minutes(10), "3 times 10 minutes", "3-mal 10 Minuten"),
        ] {
            assert_eq!(Library::in_language(Language::English).dosage(exercise, sets, amount), english);
            assert_eq!(Library::in_language(Language::German).dosage(exercise, sets, amount), german);
        }
    }

    proptest! {
        #[test]
        fn every_number_is_told_and_nothing_is_left_to_fill_in(sets: u16, repetitions: u16, hold_s: u16) {
            for language in Language::ALL {
                let library = Library::in_language(*language);
                let text = library.dosage(Exercise::Bridge, sets, Amount::Holds { repetitions, hold_s });
                for number in [sets, repetitions, hold_s] {
                    prop_assert!(text.contains(&number.to_string()), "{}", text);
                }
                let minutes = library.dosage(Exercise::Walking, sets, Amount::Minutes(repetitions));
                prop_assert!(!text.contains(['{', '}']) && !minutes.contains(['{', '}']), "{} {}", text, minutes);
            }
        }
    }
}
