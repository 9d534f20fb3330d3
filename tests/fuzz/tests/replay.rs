//! Every input that is kept, played again: those that reach most of the code, and every finding there was.
#![allow(clippy::unwrap_used, reason = "in a test a failure is a panic")]

use std::collections::BTreeSet;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use lumbra_fuzz::{TARGETS, target};

/// A panic on any thread is a finding, also one that the runtime or the store turns into an error.
static PANICS: AtomicUsize = AtomicUsize::new(0);
/// One target at a time: a panic is its own.
static TURN: Mutex<()> = Mutex::new(());

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn watch_for_panics() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(info);
        }));
    });
}

/// Plays the corpus of a target, and the inputs that a search begins with.
fn play(name: &str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    watch_for_panics();
    let before = PANICS.load(Ordering::SeqCst);
    let target = target(name).unwrap();
    let mut files: Vec<PathBuf> =
        fs::read_dir(corpus().join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has no corpus: run tests/fuzz/run.sh");
    for file in files {
        println!("{}", file.display());
        (target.run)(&fs::read(&file).unwrap());
        assert_eq!(PANICS.load(Ordering::SeqCst), before, "{} panics on some thread", file.display());
    }
    for seed in (target.seeds)() {
        assert!(seed.len() <= target.longest, "{name}: a seed is longer than what is tried");
        (target.run)(&seed);
    }
    assert_eq!(PANICS.load(Ordering::SeqCst), before, "{name}: a seed panics on some thread");
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let found: BTreeSet<String> =
        fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, TARGETS.iter().map(|target| target.name.to_owned()).collect());
}

macro_rules! replayed {
    ($($test:ident: $name:literal,)+) => {
        $(
            #[test]
            fn $test() {
                play($name);
            }
        )+

        #[test]
        fn every_target_is_replayed() {
            let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            let replayed = [$($name),+];
            assert!(TARGETS.iter().map(|target| target.name).eq(replayed));
        }
    };
}

replayed! {
    frames: "frames",
    engine: "engine",
    wearable: "wearable",
    therapy: "therapy",
    lines: "lines",
    command_line: "command-line",
    ffi: "ffi",
    blobs: "blobs",
    cells: "cells",
    fhir: "fhir",
    files: "files",
}
