//! The rules of Lumbra, pure: time comes in as an argument, and nothing here does I/O, knows a clock or rolls
//! dice. What the app may do to a person's body is decided in this crate and nowhere else.
//!
//! | you want | look at |
//! |---|---|
//! | a quantity with its unit | [`units`] |
//! | what kind of pulses, how long | [`programme`] |
//! | whether it may be done, and how far | [`safety`] |
//! | whether this person may be stimulated at all | [`screening`] |
//! | what happens in a session, whatever goes wrong | [`therapy`] |
//! | pain as the person rates it | [`pain`] |
//! | when a tick of the wearable was | [`clock`] |
//! | how others name what is told to them | [`codes`] |
//! | which text others take | [`text`] |
//! | where it hurts, how it feels, how a day was | [`diary`] |
//! | which exercises there are | [`exercise`] |
//! | what is to be done, how it goes on, what may be stimulated by a clinic's word | [`plan`] |
//! | the rules of a plan at work on made-up people | [`plan::people`] |
//! | what pain keeps a person from | [`questionnaires`] |
//! | when a clinician must look first | [`red_flags`] |
//! | what a person's own days say about their pain, and how surely | [`insights`] |
//! | how the person sits, stands or lies, and what is said about it | [`posture`] |
//!
//! The way of an intensity: the person's wish becomes [`safety::ApprovedTargets`] or a [`safety::Refusal`];
//! the approved targets become a [`therapy::Order`], which [`therapy::Therapy::step`] turns into effects, and the
//! engine above carries those out. The device's answers come back as [`therapy::Input`].
//!
//! # What the tests notice
//!
//! `cargo mutants -p lumbra-domain` (cargo-mutants 27.1, set up in `.cargo/mutants.toml`) changes [`safety`] and [`therapy`] in one place
//! after another, and runs the tests of this crate on each change, without those that try cases by chance:
//!
//! | mutants | do not compile | viable | caught | survive |
//! |---|---|---|---|---|
//! | 476 | 34 | 442 | 442 (100 %) | 0 |
//!
//! A change of the code that survives is to be listed here with the reason, or noticed by a test.

pub mod clock;
pub mod codes;
pub mod diary;
pub mod exercise;
pub mod insights;
pub mod pain;
pub mod plan;
pub mod posture;
pub mod programme;
pub mod questionnaires;
pub mod red_flags;
pub mod safety;
pub mod screening;
pub mod text;
pub mod therapy;
pub mod units;
