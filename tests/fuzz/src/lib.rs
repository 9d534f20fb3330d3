//! Fuzzing of every decoder that outside data reaches.
//!
//! A target takes bytes, feeds them to one part of the core as the outside would, and panics when a property does not hold. A panic
//! on any other thread counts as well. `driver.rs` puts `libFuzzer` over the targets, on the stable compiler.
//!
//! ```sh
//! bash tests/fuzz/run.sh                       # ten minutes of processor time for each target, then a table and a new corpus
//! bash tests/fuzz/run.sh --minutes 1 engine    # one of them
//! cargo test -p lumbra-fuzz                    # plays what is kept in corpus/, every finding too (tests/replay.rs)
//! ```
//!
//! # What each target feeds, and what it holds
//! | target | feeds | holds, beside: no panic, no hang, bounded memory |
//! |---|---|---|
//! | `frames` | every frame of the profile, in both directions | what is decoded encodes to the bytes it came from |
//! | `engine` | the whole core over a platform's Bluetooth with a party in the middle that changes, cuts, repeats and makes up values: status, answers, posture, records and their transfer, descriptions | no more current flows than a person has asked for; the core can be closed, and what it kept be read |
//! | `wearable` | the virtual wearable under arbitrary centrals | what flows is within the limits and the newest accepted targets, or falls; what it says decodes |
//! | `therapy` | the therapy machine: reports, answers, link events, orders, pauses | an order that can raise leaves once, saved, with an expiry; a stop at once; one last word for each; nothing is shown as present without a young report of this link |
//! | `lines` | the air over a socket, both ways; the control socket of the terminal shell; the file of bonds | a message reads the same again; a damaged file of bonds is left as it is |
//! | `command-line` | the arguments of `lumbra` | bounds of passkey, intensities and pain |
//! | `ffi` | calls of the Kotlin and Swift library, on the demo wearable; keys, clock, radio and HTTP as an app may play them; addresses a browser brings back | no internal error; only a key of 32 bytes opens; no more current than was asked for; nothing is sent unprotected, and no error tells a secret |
//! | `blobs` | posture chunks, telemetry, stored plans and answers, names | what is read packs and reads the same; a plan is held to what a new one is held to; rows are bounded |
//! | `cells` | an encrypted database with changed cells, rows and schema | values or typed errors that tell nothing stored, through the store, the core, the export and the terminal's pictures |
//! | `fhir` | what a clinic's server answers: pages, plans, orders, goals, outcomes, capabilities | what is read and written reads the same, unknown fields and digits too |
//! | `files` | the store's files cut, flipped, swapped or gone | a key is never changed, nor made over data; what is set aside is what was found; what is untouched opens |
//!
//! # The last run
//! Minutes are of processor time. Every decoder of what comes from outside has had its ten; `therapy` and `wearable`, which decode nothing
//! that reaches the app, have had a first look. Findings of earlier runs are below, and mended.
//!
//! | target | executions | CPU minutes | edges | findings |
//! |---|---|---|---|---|
//! | `frames` | 50029654 | 10.0 | 607 | 0 |
//! | `engine` | 47290 | 10.4 | 9411 | 0 |
//! | `wearable` | 38600 | 0.4 | 1374 | 0 |
//! | `therapy` | 376877 | 0.4 | 758 | 0 |
//! | `lines` | 5401451 | 10.0 | 6381 | 0 |
//! | `command-line` | 678185 | 10.0 | 6190 | 0 |
//! | `ffi` | 12904 | 10.5 | 28461 | 0 |
//! | `blobs` | 27774633 | 10.0 | 4513 | 0 |
//! | `fhir` | 18541176 | 10.0 | 5530 | 0 |
//! | `cells` | 55118 | 10.1 | 6584 | 0 |
//! | `files` | 54379 | 10.1 | 6153 | 0 |
//!
//! In `ffi` an input over an app's own radio exports once at most: each export waits by design ten seconds for a radio that says nothing.
//!
//! Edges are the branches reached in Rust code, that of libraries among it; the C of `SQLCipher` is run and not counted.
//!
//! # What it has found
//! - A day of a damaged database that claims more seconds than 32 bits hold: adding its kinds of posture up overflowed, in the history, the
//!   charts and the terminal's pictures (`cells`). Beside it, by looking for the like: charts and history of a clock at the last day
//!   there is, and posture from a clock at the first.
//! - More intensities than a wearable has channels, with an option between them: the command line took them (`command-line`).
//! - A check of this crate's own that did not know that a database too short for a page is set aside, whatever the key (`files`).
//!
//! # What is not fuzzed
//! - SMP: the profile reserves the characteristic, and nothing in the core decodes it.
//! - The own parsing of `bluetoothd` and `btleplug`: what they hand over is bytes, which `engine` garbles at the same place.
//! - What `UniFFI` generates: it unpacks what its own Kotlin and Swift halves have packed.
//! - `lumbra wearable serve --adapter`: `bluetoothd` is its other side; the device behind it is the one in `wearable`.

// A target is a test: what it holds fails as a panic, which is how a fuzzer hears of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a target is a test: what it holds fails as a panic, which is how a fuzzer hears of it"
)]

mod clinic;
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
    Target { name: "fhir", run: targets::fhir::run, seeds: targets::fhir::seeds, longest: 3_000 },
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
