//! Nothing in clear: not in the files, not in errors.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail like tests")]

mod common;

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use common::{Keys, connection, device, exercise, fill, goal_progress, new_session, observation, pain};
use lumbra_store::{
    ExerciseEntry, FileKeyStore, GoalProgress, Key, KeyStore, NewEntry, PainEntry, PlanStatus, Secret, SecretName,
    SessionEvent, Store, StoreError, SyncConnection,
};
use serde_json::json;

const MARKER: &str = "Xylophonquark";

fn assert_unreadable(dir: &Path, key: &[u8]) {
    let mut seen = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        for needle in [MARKER, "SERIAL-", "low back", "gardening", "CREATE TABLE", "SQLite format 3"] {
            assert!(!holds(needle.as_bytes()), "{needle} in {}", path.display());
            let wide: Vec<u8> = needle.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert!(!holds(&wide), "{needle} in {}", path.display());
        }
        assert!(path.ends_with("lumbra.key") || !holds(key), "the key in {}", path.display());
        seen += bytes.len();
    }
    assert!(seen > 50_000, "the files hold the data");
}

#[test]
fn the_files_show_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let keys = FileKeyStore::new(dir.path().join("lumbra.key"));
    let (mut store, _) = Store::open(dir.path(), &keys).unwrap();
    let key = fs::read(dir.path().join("lumbra.key")).unwrap();
    let session = fill(&mut store).unwrap();
    store.queue("marked", &[NewEntry { bytes: MARKER.into(), ..observation("marked") }], 0).unwrap();
    store.mark_dead(&["marked"], MARKER, 0).unwrap();
    store.add_exercise(&ExerciseEntry { document: json!(MARKER), ..exercise("marked", 0, 1) }).unwrap();
    for number in 0..50 {
        let note = format!("{MARKER} {number}").repeat(20);
        store.add_pain(&PainEntry { note, ..pain(&number.to_string(), 5, number) }).unwrap();
    }
    let detail = format!("\"{MARKER}\"");
    store.add_session_event(session, &SessionEvent { at_ms: 0, kind: MARKER.into(), detail }).unwrap();
    assert!(fs::metadata(dir.path().join("lumbra.db-wal")).unwrap().len() > 0, "the log is in use");
    assert_unreadable(dir.path(), &key);
    drop(store);
    assert_unreadable(dir.path(), &key);
}

/// Where a process of its own is to make a database: how this test calls itself.
const MAKE_IN: &str = "LUMBRA_TEST_MAKE_IN";

/// Each in a process of its own: within one, a generator goes on from where it was, however badly it began.
#[test]
fn the_same_data_under_the_same_key_never_looks_alike() {
    if let Some(dir) = std::env::var_os(MAKE_IN) {
        Store::open(Path::new(&dir), &Keys::fixed(1)).unwrap();
        return;
    }
    let databases: Vec<Vec<u8>> = (0..3)
        .map(|_| {
            let dir = tempfile::tempdir().unwrap();
            let made = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "the_same_data_under_the_same_key_never_looks_alike"])
                .env(MAKE_IN, dir.path())
                .output()
                .unwrap();
            assert!(made.status.success(), "{made:?}");
            fs::read(dir.path().join("lumbra.db")).unwrap()
        })
        .collect();
    // Salts and initialisation vectors come from the system's random numbers: no 16 bytes are met twice.
    let mut blocks = HashSet::new();
    for database in &databases {
        assert!(database.len() > 4_096);
        for block in database.chunks(16) {
            assert!(blocks.insert(block), "a block repeats itself");
        }
    }
}

#[test]
fn what_was_copied_before_an_erasure_stays_closed() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key_file = dir.path().join("lumbra.key");
    let keys = FileKeyStore::new(&key_file);
    let (mut store, _) = Store::open(dir.path(), &keys).unwrap();
    fill(&mut store).unwrap();
    let tokens = SecretName::new("tokens-connection").unwrap();
    keys.save_secret(&tokens, &Secret::new(b"of a clinic".to_vec()).unwrap()).unwrap();
    // A backup that took all but the key, in the middle of use.
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().contains("lumbra.key") {
            fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    drop(store);
    // Whoever has the key's file open sees it wiped, not only its name removed.
    let mut held = fs::File::open(&key_file).unwrap();
    let key = fs::read(&key_file).unwrap();
    Store::erase(dir.path(), &keys).unwrap();
    let mut seen = Vec::new();
    held.read_to_end(&mut seen).unwrap();
    assert_eq!(seen, [0; 32]);
    assert_ne!(key, seen);

    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [dir.path().join("lumbra.lock")]);
    assert!(keys.load_secret(&tokens).unwrap().is_none());
    assert!(fs::read(&left[0]).unwrap().is_empty());
    for found in [dir.path(), copy.path()] {
        for entry in fs::read_dir(found).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(key.len()).any(|window| window == key));
        }
    }
    // Neither nothing, nor a wiped key, nor the key of a store that is begun anew opens the copy.
    let open_copy = |keys: &dyn KeyStore| Store::open(copy.path(), keys);
    assert!(matches!(open_copy(&keys), Err(StoreError::KeyLost)));
    assert!(matches!(open_copy(&Keys::fixed(0)), Err(StoreError::WrongKey)));
    drop(Store::open(dir.path(), &keys).unwrap());
    assert_ne!(fs::read(&key_file).unwrap(), key);
    assert!(matches!(open_copy(&keys), Err(StoreError::WrongKey)));
    fs::remove_file(copy.path().join("lumbra.db-key-check")).unwrap();
    assert!(matches!(open_copy(&keys), Err(StoreError::WrongKey)));
    // The copy is sound: with its key it opens.
    let key = Key::from_bytes(key.try_into().unwrap());
    let kept = Keys::none();
    kept.save(&key).unwrap();
    common::check_filled(&open_copy(&kept).unwrap().0);
}

#[test]
fn errors_show_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
    fill(&mut store).unwrap();
    let mut marked = pain("before", 5, 0);
    marked.note = MARKER.into();
    let mut bad = new_session(9, 0);
    bad.device_id = MARKER.into();
    let mut mixed = device("one");
    mixed.serial = MARKER.into();
    let errors = [
        store.add_pain(&marked).unwrap_err(),
        store.start_session(&bad).unwrap_err(),
        store.save_device(&mixed).unwrap_err(),
        store.forget_device(MARKER, 0).unwrap_err(),
        store.add_session_event(1, &SessionEvent { at_ms: 0, kind: "x".into(), detail: MARKER.into() }).unwrap_err(),
        store.queue("g", &[NewEntry { resource_id: format!("{MARKER}/"), ..observation("a") }], 0).unwrap_err(),
        store.queue("waiting", &[NewEntry { bytes: MARKER.into(), ..observation("a") }], 0).unwrap_err(),
        store.mark_dead(&["arrived"], MARKER, 0).unwrap_err(),
        store.connect(&SyncConnection { patient_id: MARKER.into(), ..connection() }).unwrap_err(),
        store.set_plan_status(MARKER, PlanStatus::Ended, 0).unwrap_err(),
        store.add_exercise(&ExerciseEntry { plan_id: Some(MARKER.into()), ..exercise("a", 0, 1) }).unwrap_err(),
        store.add_exercise(&ExerciseEntry { document: json!(MARKER), ..exercise("done", 0, 1) }).unwrap_err(),
        store.save_goal_progress(&GoalProgress { goal_id: MARKER.into(), ..goal_progress("a", 0) }).unwrap_err(),
        store.current_plans::<Vec<u8>>().unwrap_err(),
    ];
    // Nor does what is likely to be logged of what is sent and received.
    store.queue("marked", &[NewEntry { bytes: MARKER.into(), ..observation("marked") }], 0).unwrap();
    store.mark_dead(&["marked"], MARKER, 0).unwrap();
    let shown = format!("{:?}", (store.dead_entries().unwrap(), NewEntry { bytes: MARKER.into(), ..observation("a") }));
    let bytes = format!("{:?}", MARKER.as_bytes());
    assert!(!shown.contains(MARKER) && !shown.contains(&bytes[1..bytes.len() - 1]), "{shown}");
    for error in errors {
        assert!(!format!("{error} {error:?}").contains(MARKER), "{error:?}");
    }
}
