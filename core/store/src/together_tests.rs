use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::*;
use crate::key::FileKeyStore;
use crate::{NewEntry, PainContext, PainDetail, PainEntry, SyncConnection};

fn open(dir: &Path) -> Store {
    Store::open(dir, &FileKeyStore::new(dir.join("key"))).unwrap().0
}

fn connected(dir: &Path) -> Store {
    let mut store = open(dir);
    let text = || String::from("x");
    let connection = SyncConnection {
        connection_id: text(),
        base_url: text(),
        client_id: text(),
        patient_id: text(),
        connected_at_ms: 0,
    };
    store.connect(&connection).unwrap();
    store
}

fn pain(id: &str, note: &str) -> PainEntry {
    PainEntry {
        entry_id: id.into(),
        at_ms: 0,
        utc_offset_s: 0,
        score: 3,
        context: PainContext::Diary,
        session: None,
        place: String::new(),
        note: note.into(),
        detail: PainDetail::default(),
    }
}

/// A pain entry and what tells of it.
fn both(store: &mut Store, id: &str, note: &str) -> Result<(), StoreError> {
    store.add_pain(&pain(id, note))?;
    let (entry_id, resource_id) = (id.to_owned(), id.to_owned());
    let bytes = vec![7; 9_000];
    store.queue(id, &[NewEntry { entry_id, resource_type: "Observation".into(), resource_id, bytes }], 0)
}

/// Which of these entries are there: pain, outbox, audit.
fn there(store: &Store, id: &str) -> (bool, bool, bool) {
    let audit = !store.audit("pain", id).unwrap().is_empty();
    (store.pain(id).unwrap().is_some(), store.outbox_entry(id).unwrap().is_some(), audit)
}

const BOTH: (bool, bool, bool) = (true, true, true);
const NEITHER: (bool, bool, bool) = (false, false, false);

#[test]
fn all_of_it_is_there_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = connected(dir.path());
    assert_eq!(store.together(|store| both(store, "a", "").map(|()| 5)).unwrap(), 5);
    let failed = store.together(|store| both(store, "b", "").and(Err::<(), _>(StoreError::Closed)));
    assert!(matches!(failed, Err(StoreError::Closed)));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.together(|store| -> Result<(), StoreError> {
            both(store, "c", "").unwrap();
            panic!("as a test")
        })
    }));
    assert!(panicked.is_err());
    for (id, expected) in [("a", BOTH), ("b", NEITHER), ("c", NEITHER)] {
        assert_eq!(there(&store, id), expected, "{id}");
    }
    // It goes on as if nothing had been.
    store.add_pain(&pain("d", "")).unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!((there(&store, "a"), there(&store, "d")), (BOTH, (true, false, true)));
}

#[test]
fn what_fails_within_has_changed_nothing_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = connected(dir.path());
    store
        .together(|store| {
            both(store, "a", "")?;
            assert!(matches!(both(store, "a", ""), Err(StoreError::Conflict { .. })));
            let inner = store.together(|store| both(store, "b", "").and(Err::<(), _>(StoreError::Closed)));
            assert!(inner.is_err());
            store.together(|store| both(store, "c", ""))?;
            // Reading sees what was written within, and takes no moment of its own.
            assert!(store.posture_between(0, 1)?.is_empty());
            assert_eq!(store.next_groups(9, usize::MAX, 0, &[])?.len(), 2);
            Ok(())
        })
        .unwrap();
    for (id, expected) in [("a", BOTH), ("b", NEITHER), ("c", BOTH)] {
        assert_eq!(there(&store, id), expected, "{id}");
    }
}

/// Killed after any instruction of SQLite's.
#[test]
fn cut_short_anywhere_none_of_it_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = connected(dir.path());
    let (mut stopped, mut after) = (0, 1_i64);
    loop {
        let killed = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().to_owned(), killed.path().to_owned());
        let mut left = after;
        let stop = move || {
            // Once: undoing what was done is not stopped.
            left -= 1;
            if left == 0 {
                for file in fs::read_dir(&from).unwrap() {
                    let file = file.unwrap();
                    fs::copy(file.path(), to.join(file.file_name())).unwrap();
                }
            }
            left == 0
        };
        store.connection.progress_handler(1, Some(stop)).unwrap();
        let result = store.together(|store| both(store, "a", "a note"));
        store.connection.progress_handler(1, None::<fn() -> bool>).unwrap();
        if result.is_ok() {
            break;
        }
        stopped += 1;
        assert_eq!(there(&store, "a"), NEITHER, "stopped after {after}");
        assert_eq!(there(&open(killed.path()), "a"), NEITHER, "killed after {after}");
        after += 17;
    }
    assert!(stopped > 10, "it was stopped in the middle: {stopped}");
    assert_eq!(there(&store, "a"), BOTH);
}

#[test]
fn after_a_full_disk_nothing_is_stored_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = connected(dir.path());
    let pages: u32 = store.connection.query_row("PRAGMA page_count", (), |row| row.get(0)).unwrap();
    store.limit_pages(pages + 20).unwrap();
    let large = "long ".repeat(40_000);
    let result = store.together(|store| {
        both(store, "a", "")?;
        assert!(matches!(both(store, "b", &large), Err(StoreError::DiskFull)));
        // Whether SQLite has undone all of it or that part alone: never the second without the first.
        let _ = store.add_pain(&pain("c", ""));
        Ok(())
    });
    let (a, c) = (there(&store, "a"), there(&store, "c").0);
    if result.is_ok() {
        assert_eq!((a, c), (BOTH, true));
    } else {
        assert_eq!((a, c), (NEITHER, false));
    }
    assert_eq!(there(&store, "b"), NEITHER);
    // As if SQLite had undone it: what comes after is refused, and so is the whole.
    let undone = store.together(|store| {
        both(store, "d", "")?;
        store.connection.execute_batch("ROLLBACK")?;
        assert!(matches!(store.add_pain(&pain("e", "")), Err(StoreError::Undone)));
        assert!(matches!(store.together(|_| Ok(())), Err(StoreError::Undone)));
        Ok(())
    });
    assert!(matches!(undone, Err(StoreError::Undone)));
    assert_eq!((there(&store, "d"), there(&store, "e")), (NEITHER, NEITHER));
    store.add_pain(&pain("f", "")).unwrap();
}
