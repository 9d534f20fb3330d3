//! The exercise library: what is said and shown to a person of each exercise, in each language.
//!
//! Which exercises there are, what is easier and what is harder is known to [`lumbra_domain::exercise`]; when somebody does how
//! much of them is not known here either. This crate has words and drawings, computes nothing about a person, and neither reads
//! nor writes a file.
//!
//! | you want | look at |
//! |---|---|
//! | all that is said of an exercise | [`Library::page`], [`Page`] |
//! | the same as plain text | [`Page::to_text`] |
//! | "2 sets of 8 repetitions, held 5 seconds, each side" | [`Library::dosage`], [`Amount`] |
//! | the drawing, start beside end | [`drawing`](fn@drawing), [`Drawing::to_svg`] |
//! | the language for a phone's locale | [`Language::for_tag`] |
//!
//! ```
//! use lumbra_domain::exercise::Exercise;
//! use lumbra_exercises::{Language, Library};
//!
//! let page = Library::in_language(Language::for_tag("de-AT")).page(Exercise::Bridge);
//! assert_eq!(page.name, "Brücke");
//! assert_eq!(page.harder.unwrap().exercise, Exercise::BridgeMarch);
//! assert!(page.drawing().to_svg().starts_with("<svg"));
//! ```
//!
//! # Where the words come from
//! From `texts/en.json` and `texts/de.json`, which people write and translate. The build turns them into Rust (`build.rs`): each
//! exercise is an arm of a `match`, so a text that is missing stops the build, and nothing is read or can fail at run time. To add a
//! language, add its file, name it in `build.rs`, and add it to [`Language`]; the compiler asks for the rest.
//!
//! Three rules hold for the words, and tests hold them to it. A purpose says what an exercise helps to train or to relax, and promises
//! nothing. Every page says when to stop, and sends the signs of the emergency questions to its emergency text. Both languages say
//! the same.
//!
//! # Where the drawings come from
//! From a table of poses, `src/drawing/scenes`: one figure, whose bones have their lengths once and for all, in two poses an exercise.
//! Tests hold each pose to it that bones keep their length, joints bend as joints do, and what rests touches what it rests on. What no
//! test can say is whether a person knows the exercise by its drawing: look at them with
//! `cargo run -p lumbra-exercises --example gallery -- OUT_DIR`.

mod dosage;
mod drawing;
mod language;
mod page;
mod words;

pub use dosage::Amount;
pub use drawing::{Drawing, drawing};
pub use language::Language;
pub use page::{Library, Page, Variant};
pub use words::Headings;
