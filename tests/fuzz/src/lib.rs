//! Fuzzing of every decoder that outside data reaches.
//!
//! A target takes bytes, feeds them to one part of the core as the outside would, and panics when a property does not hold.
//! `run.sh` builds the targets with coverage and lets libFuzzer search; `tests/replay.rs` plays the inputs that
//! are kept in `corpus/` with every `cargo test`.

// A target is a test: what it holds fails as a panic, which is how a fuzzer hears of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a target is a test: what it holds fails as a panic, which is how a fuzzer hears of it"
)]

mod folder;
mod look;
pub mod targets;
mod template;
pub mod wire;

pub(crate) use folder::folder;

/// One decoder, or a family of them, under fuzzing.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its folder in `corpus`, and on the command line of `run.sh`.
    pub name: &'static str,
    /// Feeds it one input; panics when a property does not hold.
    pub run: fn(&[u8]),
    /// Inputs to begin with, from the project's own encoders.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The longest input that is worth trying, in bytes.
    pub longest: usize,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "frames", run: targets::frames::run, seeds: targets::frames::seeds, longest: 260 },
    Target { name: "engine", run: targets::engine::run, seeds: targets::engine::seeds, longest: 600 },
    Target { name: "wearable", run: targets::wearable::run, seeds: targets::wearable::seeds, longest: 1_200 },
    Target { name: "therapy", run: targets::therapy::run, seeds: targets::therapy::seeds, longest: 1_200 },
    Target { name: "lines", run: targets::lines::run, seeds: targets::lines::seeds, longest: 4_096 },
    Target { name: "command-line", run: targets::command_line::run, seeds: targets::command_line::seeds, longest: 300 },
    Target { name: "ffi", run: targets::ffi::run, seeds: targets::ffi::seeds, longest: 500 },
    Target { name: "blobs", run: targets::blobs::run, seeds: targets::blobs::seeds, longest: 600 },
    Target { name: "cells", run: targets::cells::run, seeds: targets::cells::seeds, longest: 300 },
    Target { name: "files", run: targets::files::run, seeds: targets::files::seeds, longest: 300 },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// How a fuzzer's bytes name the variant `index` of an enumeration of `count`: for seeds.
pub(crate) fn pick(index: u32, count: u32) -> [u8; 4] {
    let at = (u64::from(index) << 32).div_ceil(u64::from(count));
    u32::try_from(at).expect("an index is below the count").to_le_bytes()
}
