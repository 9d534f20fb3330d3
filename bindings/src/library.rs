//! The exercise library: what is said and shown of each exercise, in the person's language.

use lumbra::domain::exercise::Exercise;
use lumbra::exercises::{self, Language, Library, Variant};

use crate::error::LumbraError;

/// An exercise by its name.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ExerciseName {
    /// Its id in plans and in the log; it never changes.
    pub id: String,
    /// Its name in the language that was asked for.
    pub name: String,
}

/// What stands over the parts of a page, in the language of the page.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ExerciseHeadings {
    /// Over the equipment.
    pub equipment: String,
    /// In place of equipment, where none is needed.
    pub no_equipment: String,
    /// Before what amounts are counted in.
    pub counted_in: String,
    /// Over the set-up.
    pub set_up: String,
    /// Over the steps.
    pub steps: String,
    /// Over the mistakes.
    pub mistakes: String,
    /// Over the reasons to stop, which go on where it ends.
    pub stop: String,
    /// Over the signs of an emergency.
    pub emergency: String,
    /// Before the name of the easier variant.
    pub easier: String,
    /// Before the name of the harder variant.
    pub harder: String,
}

/// What is said of one exercise, for a person without training in the field.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ExercisePage {
    /// Its id.
    pub exercise: String,
    /// The language of all texts here: `en` or `de`.
    pub language: String,
    /// What stands over the parts.
    pub headings: ExerciseHeadings,
    /// Its name.
    pub name: String,
    /// What it helps to train or to relax.
    pub purpose: String,
    /// What is needed beside the floor; empty if nothing is.
    pub equipment: Vec<String>,
    /// What its amount is counted in, in the plural.
    pub unit: String,
    /// The amount is for each side of the body.
    pub each_side: bool,
    /// How to get into the start position.
    pub set_up: String,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// What often goes wrong, each with what to do instead.
    pub mistakes: Vec<String>,
    /// When to stop. Always shown together with `emergency`.
    pub stop: Vec<String>,
    /// Which signs need emergency care at once.
    pub emergency: String,
    /// The next easier variant, if there is one.
    pub easier: Option<ExerciseName>,
    /// The next harder variant, if there is one.
    pub harder: Option<ExerciseName>,
}

/// The drawing of an exercise: its start on the left, its end on the right.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ExerciseDrawing {
    /// SVG 1.1, below 12 kB, on a light ground of its own.
    pub svg: String,
    /// What it shows, in a few words.
    pub title: String,
    /// What is to be seen, for those who can't see it.
    pub description: String,
}

fn named(variant: Variant) -> ExerciseName {
    ExerciseName { id: variant.exercise.id().to_owned(), name: variant.name.to_owned() }
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn known(id: &str) -> Result<Exercise, LumbraError> {
    Exercise::from_id(id)
        .ok_or_else(|| LumbraError::invalid("there is no such exercise: take its id from the list of exercises"))
}

/// All exercises, in the order in which to leaf through them. `language` is a tag such as `de-AT`; any other language is English.
#[uniffi::export]
pub fn exercise_names(language: String) -> Vec<ExerciseName> {
    let library = Library::in_language(Language::for_tag(&language));
    let name = |exercise: &Exercise| named(Variant { exercise: *exercise, name: library.name(*exercise) });
    Exercise::ALL.iter().map(name).collect()
}

/// What is said of an exercise, by its id, in a language such as `de-AT`; any other language is English.
#[uniffi::export]
pub fn exercise_page(exercise: String, language: String) -> Result<ExercisePage, LumbraError> {
    let page = Library::in_language(Language::for_tag(&language)).page(known(&exercise)?);
    let headings = page.headings;
    Ok(ExercisePage {
        exercise,
        language: page.language.tag().to_owned(),
        headings: ExerciseHeadings {
            equipment: headings.equipment.to_owned(),
            no_equipment: headings.no_equipment.to_owned(),
            counted_in: headings.counted_in.to_owned(),
            set_up: headings.set_up.to_owned(),
            steps: headings.steps.to_owned(),
            mistakes: headings.mistakes.to_owned(),
            stop: headings.stop.to_owned(),
            emergency: headings.emergency.to_owned(),
            easier: headings.easier.to_owned(),
            harder: headings.harder.to_owned(),
        },
        name: page.name.to_owned(),
        purpose: page.purpose.to_owned(),
        equipment: texts(&page.equipment),
        unit: page.unit.to_owned(),
        each_side: page.each_side,
        set_up: page.set_up.to_owned(),
        steps: texts(page.steps),
        mistakes: texts(page.mistakes),
        stop: texts(&page.stop),
        emergency: page.emergency.to_owned(),
        easier: page.easier.map(named),
        harder: page.harder.map(named),
    })
}

/// The drawing of an exercise, by its id, with its words in a language such as `de-AT`; any other language is English.
#[uniffi::export]
pub fn exercise_drawing(exercise: String, language: String) -> Result<ExerciseDrawing, LumbraError> {
    let drawing = exercises::drawing(known(&exercise)?, Language::for_tag(&language));
    Ok(ExerciseDrawing { svg: drawing.to_svg(), title: drawing.title().to_owned(), description: drawing.description() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exercise_has_a_page_and_a_drawing_in_both_languages() {
        for (tag, language) in [("en-GB", "en"), ("de_AT.UTF-8", "de"), ("fr", "en"), ("", "en")] {
            let names = exercise_names(tag.to_owned());
            assert_eq!(names.len(), Exercise::ALL.len());
            for ExerciseName { id, name } in names {
                let page = exercise_page(id.clone(), tag.to_owned()).unwrap();
                assert_eq!((page.exercise.as_str(), page.name, page.language.as_str()), (&*id, name.clone(), language));
                assert!(!page.steps.is_empty() && !page.stop.is_empty() && !page.emergency.is_empty());
                let drawing = exercise_drawing(id, tag.to_owned()).unwrap();
                assert_eq!(drawing.title, name);
                assert!(drawing.svg.starts_with("<svg") && drawing.svg.ends_with("</svg>"));
            }
        }
    }

    #[test]
    fn what_is_no_exercise_is_refused_without_its_words() {
        for id in ["", "headstand", "Bridge", "bridge ", "my own secret"] {
            let refused = exercise_page(id.to_owned(), "en".to_owned()).unwrap_err();
            assert_eq!(Err(refused.clone()), exercise_drawing(id.to_owned(), "en".to_owned()).map(drop));
            assert!(matches!(&refused, LumbraError::Invalid { reason } if !reason.contains("secret")), "{refused}");
        }
    }
}
