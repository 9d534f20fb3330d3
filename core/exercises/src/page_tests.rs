use std::collections::BTreeSet;

use lumbra_domain::screening::{QUESTIONS, Route};

use super::*;

/// Every page there is.
fn all() -> impl Iterator<Item = Page> {
    Language::ALL
        .iter()
        .flat_map(|language| Exercise::ALL.iter().map(|exercise| Library::in_language(*language).page(*exercise)))
}

fn sentences(page: &Page) -> Vec<&'static str> {
    let mut all = vec![page.purpose, page.set_up, page.emergency];
    all.extend(page.steps.iter().chain(page.mistakes).chain(&page.stop));
    all
}

#[test]
fn a_page_has_all_it_should() {
    for page in all() {
        let name = page.name;
        assert!(page.steps.len() >= 2 && page.mistakes.len() >= 2, "{name}");
        let always = Library::in_language(page.language).words.stop;
        assert!(page.stop.len() > always.len(), "{name} has a reason of its own to stop");
        assert!(page.stop.ends_with(always), "{name}");
        for text in sentences(&page) {
            assert!(text.ends_with('.'), "{name}: {text}");
            assert!(!text.contains("  ") && text.trim() == text, "{name}: {text}");
            let longest = text.split(['.', ':', ';']).map(|each| each.split_whitespace().count()).max();
            assert!(longest <= Some(32), "{name}: too long to follow: {text}");
        }
        assert!(!name.ends_with('.') && name.chars().count() <= 40, "{name}");
    }
}

#[test]
fn names_tell_exercises_apart_in_each_language() {
    for language in Language::ALL {
        let library = Library::in_language(*language);
        assert_eq!(library.language(), *language);
        let names: BTreeSet<_> = Exercise::ALL.iter().map(|exercise| library.name(*exercise)).collect();
        assert_eq!(names.len(), Exercise::ALL.len());
    }
}

#[test]
fn both_languages_say_the_same_things() {
    for exercise in Exercise::ALL {
        let [english, german] =
            [Language::English, Language::German].map(|language| Library::in_language(language).page(*exercise));
        let counts = |page: &Page| [page.steps.len(), page.mistakes.len(), page.stop.len(), page.equipment.len()];
        assert_eq!(counts(&english), counts(&german), "{}", exercise.id());
        for (one, other) in sentences(&english).iter().zip(sentences(&german)) {
            assert_ne!(*one, other, "{} is not translated", exercise.id());
        }
    }
}

#[test]
fn a_purpose_promises_nothing() {
    for page in all() {
        let (start, words) = match page.language {
            Language::English => ("Helps to ", ["heal", "cure", "treat", "repair", "prevent", "pain"]),
            Language::German => ("Hilft", ["heil", "kurier", "behandel", "reparier", "vorbeug", "schmerz"]),
        };
        assert!(page.purpose.starts_with(start), "{}", page.purpose);
        let lower = page.purpose.to_lowercase();
        assert!(!words.iter().any(|word| lower.contains(word)), "{}", page.purpose);
    }
}

/// The words by which a text tells the sign that an emergency question asks for.
fn sign(id: &str, language: Language) -> Option<&'static [&'static str]> {
    Some(match (id, language) {
        ("bladder_bowel", Language::English) => &["water", "stool"],
        ("bladder_bowel", Language::German) => &["Wasser", "Stuhl"],
        ("saddle", Language::English) => &["between your legs", "genitals", "anus", "numb"],
        ("saddle", Language::German) => &["zwischen den Beinen", "Geschlechtsteilen", "After", "taub"],
        ("both_legs", Language::English) => &["both legs"],
        ("both_legs", Language::German) => &["beide Beine"],
        ("leg_weakness", Language::English) => &["a leg", "weak"],
        ("leg_weakness", Language::German) => &["ein Bein", "schwach"],
        ("sexual", Language::English) => &["sex"],
        ("sexual", Language::German) => &["Sex"],
        _ => return None,
    })
}

#[test]
fn every_page_tells_all_signs_that_the_emergency_questions_ask_for() {
    let questions: Vec<_> = QUESTIONS.iter().filter(|question| question.route == Route::Emergency).collect();
    assert!(questions.len() >= 5);
    for page in all() {
        for question in &questions {
            let signs = sign(question.id, page.language)
                .unwrap_or_else(|| panic!("a new emergency question: tell {} in the texts too", question.id));
            for word in signs {
                assert!(page.emergency.contains(word), "{}: {word}", page.name);
            }
        }
    }
}

#[test]
fn every_list_of_reasons_to_stop_sends_legs_bladder_and_bowel_to_the_emergency_text() {
    for page in all() {
        let last = page.stop.last().unwrap();
        let words = match page.language {
            Language::English => ["leg", "weak", "numb", "bladder", "bowel", "between your legs"],
            Language::German => ["Bein", "schwach", "taub", "Blase", "Darm", "zwischen den Beinen"],
        };
        for word in words.into_iter().chain([page.headings.emergency]) {
            assert!(last.contains(word), "{}: {word}: {last}", page.name);
        }
    }
}

#[test]
fn variants_are_those_of_the_ladder() {
    let page = Library::in_language(Language::German).page(Exercise::BirdDogLeg);
    assert_eq!(page.easier.unwrap().exercise, Exercise::BirdDogArm);
    assert_eq!(page.harder.unwrap().name, Library::in_language(Language::German).name(Exercise::BirdDog));
    let page = Library::in_language(Language::English).page(Exercise::Walking);
    assert_eq!((page.easier, page.harder), (None, None));
}

#[test]
fn the_plain_text_holds_all_of_the_page() {
    for page in all() {
        let text = page.to_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.first(), Some(&page.name));
        for sentence in sentences(&page).into_iter().chain(page.equipment.iter().copied()).chain([page.unit]) {
            assert!(lines.iter().any(|line| line.contains(sentence)), "{}: {sentence}", page.name);
        }
        for variant in [page.easier, page.harder].into_iter().flatten() {
            assert!(text.contains(variant.name), "{}", page.name);
        }
        for (step, number) in page.steps.iter().zip(1..) {
            assert!(lines.contains(&format!("{number}. {step}").as_str()), "{}", page.name);
        }
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{}", page.name);
    }
}

#[test]
fn the_text_tells_each_side_and_the_drawing_belongs_to_the_page() {
    for page in all() {
        let side = Library::in_language(page.language).words.dosage.each_side;
        assert_eq!(page.to_text().contains(side), page.each_side, "{}", page.name);
        assert_eq!(page.each_side, page.exercise.facts().each_side);
        assert_eq!(page.drawing(), drawing(page.exercise, page.language));
        assert_eq!(page.drawing().title(), page.name);
    }
}
