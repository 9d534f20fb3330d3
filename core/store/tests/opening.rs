//! Opening: new, again, with the wrong key, over damage, and by several at once.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail like tests")]

mod common;

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use common::{Keys, check_filled, fill};
use lumbra_store::{FileKeyStore, Key, KeyStore, KeyStoreError, Store, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;

fn open(dir: &Path, keys: &dyn KeyStore) -> Store {
    let (store, set_aside) = Store::open(dir, keys).unwrap();
    assert_eq!(set_aside, None);
    store
}

fn filled() -> (TempDir, Keys) {
    let (dir, keys) = (tempfile::tempdir().unwrap(), Keys::fixed(1));
    fill(&mut open(dir.path(), &keys)).unwrap();
    (dir, keys)
}

fn all_files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_new_store_is_made_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("data");
    let keys = FileKeyStore::new(dir.join("lumbra.key"));
    let mut store = open(&dir, &keys);
    assert!(store.is_encrypted().unwrap());
    fill(&mut store).unwrap();
    check_filled(&store);
    drop(store);
    let store = open(&dir, &keys);
    check_filled(&store);
    assert!(store.is_encrypted().unwrap());
}

#[test]
fn a_wrong_key_changes_nothing() {
    let (dir, keys) = filled();
    let before = all_files(dir.path());
    assert!(matches!(Store::open(dir.path(), &Keys::fixed(2)), Err(StoreError::WrongKey)));
    assert_eq!(all_files(dir.path()), before);
    // Neither does it without the key check, where damage can't be told from a wrong key.
    fs::remove_file(dir.path().join("lumbra.db-key-check")).unwrap();
    assert!(matches!(Store::open(dir.path(), &Keys::fixed(2)), Err(StoreError::WrongKey)));
    check_filled(&open(dir.path(), &keys));
    assert!(dir.path().join("lumbra.db-key-check").exists());
}

#[test]
fn a_damaged_key_check_is_written_anew() {
    let (dir, keys) = filled();
    let path = dir.path().join("lumbra.db-key-check");
    let whole = fs::read(&path).unwrap();
    for damage in [&whole[..10], &[0; 24], &[]] {
        fs::write(&path, damage).unwrap();
        check_filled(&open(dir.path(), &keys));
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn a_lost_key_is_never_replaced() {
    let (dir, _) = filled();
    let keys = Keys::none();
    assert!(matches!(Store::open(dir.path(), &keys), Err(StoreError::KeyLost)));
    assert!(keys.load().unwrap().is_none());
    check_filled(&open(dir.path(), &Keys::fixed(1)));
    // Not even when the database was emptied, or only its log is left.
    fs::write(Store::database_path(dir.path()), []).unwrap();
    assert!(matches!(Store::open(dir.path(), &keys), Err(StoreError::KeyLost)));
    fs::remove_file(Store::database_path(dir.path())).unwrap();
    fs::write(dir.path().join("lumbra.db-wal"), [1; 100]).unwrap();
    assert!(matches!(Store::open(dir.path(), &keys), Err(StoreError::KeyLost)));
    assert!(keys.load().unwrap().is_none());
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lumbra.key");
    let keys = FileKeyStore::new(&path);
    drop(open(dir.path(), &keys));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = Store::open(dir.path(), &keys);
    assert!(matches!(refused, Err(StoreError::KeyStore(KeyStoreError::Exposed { .. }))));
}

#[test]
fn a_newer_version_is_left_alone() {
    let (dir, keys) = filled();
    let raw = Connection::open(Store::database_path(dir.path())).unwrap();
    raw.execute_batch(&format!("PRAGMA key = \"x'{}'\"; PRAGMA user_version = 99", "01".repeat(32))).unwrap();
    drop(raw);
    let before = all_files(dir.path());
    let refused = Store::open(dir.path(), &keys);
    assert!(matches!(refused, Err(StoreError::NewerVersion { found: 99, known: 7 })));
    assert_eq!(all_files(dir.path()), before);
}

/// Damages a filled store, and sees it set aside as it was found, with a usable one in its place.
fn damaged(damage: impl Fn(&Path)) {
    let (dir, keys) = filled();
    let path = Store::database_path(dir.path());
    damage(&path);
    let found = fs::read(&path).unwrap();
    let (mut store, set_aside) = Store::open(dir.path(), &keys).unwrap();
    let set_aside = set_aside.unwrap();
    assert_eq!(fs::read(&set_aside.files[0]).unwrap(), found);
    assert_eq!(store.devices(true).unwrap(), []);
    fill(&mut store).unwrap();
    drop(store);
    check_filled(&open(dir.path(), &keys));
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn a_damaged_head_is_set_aside() {
    for at in [0, 15, 16, 100, 4_000] {
        damaged(|path| overwrite(path, at, b"damage"));
    }
}

#[test]
fn a_head_that_was_cut_short_comes_back_from_the_log() {
    let (dir, keys, cut) = (tempfile::tempdir().unwrap(), Keys::fixed(1), tempfile::tempdir().unwrap());
    let mut store = open(dir.path(), &keys);
    fill(&mut store).unwrap();
    for (name, bytes) in all_files(dir.path()) {
        fs::write(cut.path().join(name), bytes).unwrap();
    }
    // The power goes while the first page is brought from the log into the database: its first sector holds anything.
    overwrite(&Store::database_path(cut.path()), 0, &[0x55; 512]);
    check_filled(&open(cut.path(), &keys));
    check_filled(&open(cut.path(), &keys));
}

#[test]
fn a_damaged_page_is_set_aside() {
    let (dir, _) = filled();
    let pages = fs::metadata(Store::database_path(dir.path())).unwrap().len() / 4_096;
    for page in [1, pages / 2, pages - 1] {
        damaged(|path| overwrite(path, page * 4_096 + 777, &[0x55; 3]));
    }
}

#[test]
fn a_cut_file_is_set_aside() {
    let (dir, _) = filled();
    let whole = fs::metadata(Store::database_path(dir.path())).unwrap().len();
    for len in [0, 1, 100, 4_095, 4_096, 5_000, whole / 2, whole - 4_096, whole - 1] {
        damaged(|path| OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap());
    }
}

#[test]
fn a_first_page_that_was_cut_short_is_made_again() {
    // SQLite's journal of a database without a page, written before the first is: how a first start looks that loses power.
    let mut journal = vec![0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    for number in [0_u32, 0x1234_5678, 0, 512, 4_096] {
        journal.extend(number.to_be_bytes());
    }
    journal.resize(512, 0);
    for len in [0, 1, 512, 3_584, 4_096] {
        let (dir, keys) = (tempfile::tempdir().unwrap(), Keys::fixed(1));
        fs::write(Store::database_path(dir.path()), vec![0x55; len]).unwrap();
        fs::write(dir.path().join("lumbra.db-journal"), &journal).unwrap();
        fill(&mut open(dir.path(), &keys)).unwrap();
        check_filled(&open(dir.path(), &keys));
    }
}

#[test]
fn a_file_that_is_something_else_is_set_aside() {
    damaged(|path| fs::write(path, vec![0; 20_000]).unwrap());
    damaged(|path| fs::write(path, b"SQLite format 3\0 and nothing more").unwrap());
}

#[test]
fn a_log_without_a_database_is_set_aside() {
    let (dir, keys) = filled();
    fs::remove_file(Store::database_path(dir.path())).unwrap();
    fs::write(dir.path().join("lumbra.db-wal"), [7; 5_000]).unwrap();
    let (_, set_aside) = Store::open(dir.path(), &keys).unwrap();
    assert_eq!(fs::read(&set_aside.unwrap().files[0]).unwrap(), [7; 5_000]);
}

#[test]
fn what_was_set_aside_is_never_overwritten() {
    let (dir, keys) = filled();
    for number in 1..=3_u8 {
        fs::write(Store::database_path(dir.path()), [number; 9_000]).unwrap();
        assert!(Store::open(dir.path(), &keys).unwrap().1.is_some());
    }
    let kept = all_files(dir.path());
    let kept: Vec<_> = kept.iter().filter(|(name, _)| name.starts_with("lumbra-damaged-")).collect();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().zip(1_u8..).all(|((_, bytes), number)| *bytes == [number; 9_000]));
}

#[test]
fn several_may_use_it_and_nobody_is_moved_or_erased_under() {
    let (dir, keys) = filled();
    let first = open(dir.path(), &keys);
    let mut second = open(dir.path(), &keys);
    second.device_seen("one", "another address", 1).unwrap();
    assert_eq!(first.devices(true).unwrap()[0].link_id.as_deref(), Some("another address"));
    assert!(matches!(Store::erase(dir.path(), &keys), Err(StoreError::Locked)));
    drop(second);
    overwrite(&Store::database_path(dir.path()), 4_096 + 50, &[0x55; 300]);
    let before = fs::read(Store::database_path(dir.path())).unwrap();
    assert!(matches!(Store::open(dir.path(), &keys), Err(StoreError::Corrupt)));
    assert_eq!(fs::read(Store::database_path(dir.path())).unwrap(), before);
    drop(first);
    assert!(Store::open(dir.path(), &keys).unwrap().1.is_some());
}

#[test]
fn erasing_leaves_nothing() {
    let (dir, keys) = filled();
    fs::write(Store::database_path(dir.path()), [9; 9_000]).unwrap();
    assert!(Store::open(dir.path(), &keys).unwrap().1.is_some());
    fs::write(dir.path().join("somebody else's"), "kept").unwrap();
    Store::erase(dir.path(), &keys).unwrap();
    assert!(keys.load().unwrap().is_none());
    let left = all_files(dir.path());
    let names: Vec<_> = left.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["lumbra.lock", "somebody else's"]);
    assert_eq!(open(dir.path(), &keys).devices(true).unwrap(), []);
}

#[test]
fn an_erasure_cut_short_leaves_no_key_that_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let keys = FileKeyStore::new(dir.path().join("lumbra.key"));
    keys.save(&Key::generate().unwrap()).unwrap();
    // The key was wiped, its file is still there: nothing may ever be encrypted under what anybody can guess.
    overwrite(&dir.path().join("lumbra.key"), 0, &[0; 32]);
    let refused = Store::open(dir.path(), &keys);
    assert!(matches!(refused, Err(StoreError::KeyStore(KeyStoreError::Damaged))));
    assert!(!Store::database_path(dir.path()).exists());
    Store::erase(dir.path(), &keys).unwrap();
    open(dir.path(), &keys);
}

#[test]
fn several_may_begin_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let keys = FileKeyStore::new(dir.path().join("lumbra.key"));
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (dir, keys) = (dir.path(), &keys);
            scope.spawn(move || {
                let mut store = open(dir, keys);
                store.save_device(&common::device(&number.to_string())).unwrap();
            });
        }
    });
    assert_eq!(open(dir.path(), &keys).devices(true).unwrap().len(), 4);
}

/// In processes of their own: only the very first databases of a process can meet. Tried often, as it takes luck to fail.
#[test]
fn the_first_databases_of_a_process_can_be_opened_at_once() {
    const OPEN_MANY: &str = "LUMBRA_TEST_OPEN_MANY";
    const AT_ONCE: usize = 12;
    if std::env::var_os(OPEN_MANY).is_some() {
        let together = std::sync::Barrier::new(AT_ONCE);
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    let dir = tempfile::tempdir().unwrap();
                    together.wait();
                    open(dir.path(), &Keys::fixed(1));
                });
            }
        });
        return;
    }
    for process in 0..100 {
        let opened = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_first_databases_of_a_process_can_be_opened_at_once"])
            .env(OPEN_MANY, "1")
            .output()
            .unwrap();
        assert!(opened.status.success(), "process {process}: {}", String::from_utf8_lossy(&opened.stdout));
    }
}
