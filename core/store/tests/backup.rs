//! A copy under a passphrase, and the way back, to the same phone or to another.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "in a test a failure is a panic")]

mod common;

use std::fs;
use std::path::Path;

use common::{Keys, NOON_MS, device, end, fill_plans_and_outbox, new_session, pain, record, samples};
use lumbra_store::{KeyStore, Passphrase, Store, StoreError};
use serde_json::Value;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}

fn words() -> Passphrase {
    passphrase("kettle orbit velvet eleven")
}

/// A store with something of everything that has blobs, triggers and roll-ups behind it.
fn filled(dir: &Path, keys: &Keys) -> Store {
    let (mut store, _) = Store::open(dir, keys).unwrap();
    store.save_device(&device("one")).unwrap();
    let id = store.start_session(&new_session(7, NOON_MS)).unwrap();
    store.append_telemetry(id, 10, &samples(0, 10)).unwrap();
    store.end_session(id, end(NOON_MS + 1_000, 10, false)).unwrap();
    store.add_pain(&pain("a", 6, NOON_MS)).unwrap();
    store.save_records(&[record(1), record(2)]).unwrap();
    fill_plans_and_outbox(&mut store).unwrap();
    store
}

fn told(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        store.pain_between(0, i64::MAX).unwrap(),
        store.sessions_between(0, i64::MAX).unwrap(),
        store.days(i32::MIN, i32::MAX).unwrap(),
        store.records("one", 0, 10).unwrap(),
        store.audit("pain", "a").unwrap(),
        store.telemetry(store.sessions_between(0, i64::MAX).unwrap()[0].id).unwrap(),
        (store.sync_state().unwrap(), store.all_downloaded("CarePlan").unwrap(), store.watermark("CarePlan").unwrap()),
        (store.next_groups(30, usize::MAX, i64::MAX, &[]).unwrap(), store.dead_entries().unwrap()),
        (store.acked_etag("Observation", "arrived").unwrap(), store.waiting().unwrap()),
        (store.plan_versions::<Value>("back").unwrap(), store.exercises_between::<Value>(i32::MIN, i32::MAX).unwrap()),
        (store.goals::<Value>().unwrap(), store.goal_progress::<Value>("garden").unwrap()),
    )
}

#[test]
fn everything_comes_back_on_another_phone_under_its_own_key() {
    let (old, new, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (old_keys, new_keys) = (Keys::fixed(1), Keys::none());
    let file = away.path().join("copy.lumbra");
    // In use meanwhile.
    let mut store = filled(old.path(), &old_keys);
    let bytes = Store::back_up(old.path(), &old_keys, &file, &words()).unwrap();
    assert_eq!(bytes, fs::metadata(&file).unwrap().len());
    let content = fs::read(&file).unwrap();
    for clear in [&b"SQLite format 3"[..], b"gardening", b"CREATE TABLE"] {
        assert!(!content.windows(clear.len()).any(|part| part == clear), "in clear");
    }
    let before = told(&store);
    store.add_pain(&pain("later", 1, NOON_MS)).unwrap();

    assert!(Store::restore(new.path(), &new_keys, &file, &words(), false).unwrap().is_none());
    assert_ne!(new_keys.load().unwrap().unwrap().as_bytes(), old_keys.load().unwrap().unwrap().as_bytes());
    let (mut restored, set_aside) = Store::open(new.path(), &new_keys).unwrap();
    assert!(set_aside.is_none());
    assert_eq!(told(&restored), before);
    assert!(restored.is_encrypted().unwrap());
    // It lives on: what keeps the roll-ups and the audit came too.
    restored.add_pain(&pain("b", 2, NOON_MS)).unwrap();
    assert_eq!(restored.days(i32::MIN, i32::MAX).unwrap()[0].pain_entries, 2);
    // So did what keeps the outbox.
    assert!(matches!(restored.retry_dead("arrived", 0), Err(StoreError::Conflict { .. })));
    restored.mark_in_flight(&["waiting"]).unwrap();
    assert_eq!(restored.forget_connection(NOON_MS).unwrap(), 4);
    assert_eq!(fs::read_dir(away.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_backup_that_can_not_be_used_changes_nothing() {
    let (dir, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = Keys::fixed(1);
    let file = away.path().join("copy.lumbra");
    let store = filled(dir.path(), &keys);
    Store::back_up(dir.path(), &keys, &file, &words()).unwrap();
    let before = told(&store);

    let restore = |file: &Path, words: &Passphrase, replace| Store::restore(dir.path(), &keys, file, words, replace);
    assert!(matches!(restore(&file, &words(), true), Err(StoreError::Locked)), "it is open");
    drop(store);
    assert!(matches!(restore(&file, &words(), false), Err(StoreError::Conflict { .. })), "nobody said replace");
    assert!(matches!(
        restore(&file, &passphrase("kettle orbit velvet eleveN"), true),
        Err(StoreError::WrongPassphrase)
    ));
    assert!(matches!(restore(&away.path().join("none"), &words(), true), Err(StoreError::Io { .. })));
    for nonsense in [&b""[..], b"SQLite format 3\0", &[7; 10_000]] {
        let other = away.path().join("nonsense");
        fs::write(&other, nonsense).unwrap();
        assert!(
            matches!(restore(&other, &words(), true), Err(StoreError::WrongPassphrase)),
            "{} bytes",
            nonsense.len()
        );
    }
    let mut bent = fs::read(&file).unwrap();
    let middle = bent.len() / 2;
    bent[middle] ^= 1;
    let other = away.path().join("bent");
    fs::write(&other, &bent).unwrap();
    assert!(matches!(restore(&other, &words(), true), Err(StoreError::DamagedBackup)));
    bent.truncate(middle);
    fs::write(&other, bent).unwrap();
    assert!(matches!(restore(&other, &words(), true), Err(StoreError::DamagedBackup)));

    let (store, set_aside) = Store::open(dir.path(), &keys).unwrap();
    assert!(set_aside.is_none());
    assert_eq!(told(&store), before);
}

#[test]
fn what_is_replaced_is_set_aside_and_can_be_read_again() {
    let (dir, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = Keys::fixed(1);
    let file = away.path().join("copy.lumbra");
    let mut store = filled(dir.path(), &keys);
    Store::back_up(dir.path(), &keys, &file, &words()).unwrap();
    store.add_pain(&pain("newer", 9, NOON_MS)).unwrap();
    drop(store);
    let set_aside = Store::restore(dir.path(), &keys, &file, &words(), true).unwrap().unwrap();
    let (store, _) = Store::open(dir.path(), &keys).unwrap();
    assert!(store.pain("newer").unwrap().is_none());
    drop(store);
    // By the same key, from where it lies now.
    let other = tempfile::tempdir().unwrap();
    fs::copy(&set_aside.files[0], other.path().join("lumbra.db")).unwrap();
    let (store, _) = Store::open(other.path(), &keys).unwrap();
    assert!(store.pain("newer").unwrap().is_some());
    // And erased with all else.
    Store::erase(dir.path(), &keys).unwrap();
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lumbra.lock"]);
}

#[test]
fn a_lost_key_is_no_obstacle_to_a_backup() {
    let (dir, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = Keys::fixed(1);
    let file = away.path().join("copy.lumbra");
    drop(filled(dir.path(), &keys));
    Store::back_up(dir.path(), &keys, &file, &words()).unwrap();
    keys.destroy().unwrap();
    assert!(matches!(Store::back_up(dir.path(), &keys, &file, &words()), Err(StoreError::KeyLost)));
    assert!(Store::restore(dir.path(), &keys, &file, &words(), true).unwrap().is_some());
    let (store, _) = Store::open(dir.path(), &keys).unwrap();
    assert!(store.pain("a").unwrap().is_some());
}

#[test]
fn short_passphrases_are_refused() {
    for short in ["", "elevenchars", "ünïcödèéêëì"] {
        assert!(Passphrase::new(short.to_owned()).is_err(), "{short}");
    }
    assert_eq!(format!("{:?}", words()), "Passphrase(..)");
}
