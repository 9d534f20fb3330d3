use std::fs;

use super::*;
use crate::key::FileKeyStore;
use crate::{PainContext, PainDetail, PainEntry};

fn open(dir: &Path) -> Store {
    let (store, set_aside) = Store::open(dir, &FileKeyStore::new(dir.join("key"))).unwrap();
    assert_eq!(set_aside, None);
    store
}

fn big_entry(number: usize) -> PainEntry {
    PainEntry {
        entry_id: number.to_string(),
        at_ms: 0,
        utc_offset_s: 0,
        score: 3,
        context: PainContext::Diary,
        session: None,
        place: String::new(),
        note: "long ".repeat(2_000),
        detail: PainDetail::default(),
    }
}

#[test]
fn settings_are_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let pragma = |name: &str| -> String {
        let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        let value = store.connection.query_row(&format!("PRAGMA {name}"), (), value).unwrap();
        format!("{value:?}")
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    let expected = [
        ("synchronous", 2),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("foreign_keys", 1),
        ("temp_store", 2),
        ("busy_timeout", 5_000),
        ("recursive_triggers", 1),
        ("user_version", i64::from(schema::known(schema::MIGRATIONS))),
        ("application_id", 0x4c75_6d62),
    ];
    for (name, value) in expected {
        // The cipher's answers are texts.
        let found = pragma(name);
        assert!(found == format!("Integer({value})") || found == format!("Text(\"{value}\")"), "{name}: {found}");
    }
    // The SQLCipher that build.rs builds, not one that the system happens to have.
    let provider = if cfg!(target_vendor = "apple") { "commoncrypto" } else { "libtomcrypt" };
    assert_eq!(pragma("cipher_provider"), format!("Text(\"{provider}\")"));
    assert_eq!(pragma("cipher"), "Text(\"aes-256-cbc\")");
}

#[test]
fn a_full_disk_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.limit_pages(80).unwrap();
    let mut kept = 0;
    let error = loop {
        match store.add_pain(&big_entry(kept)) {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert!(kept > 0);
    let count = |store: &Store| store.pain_between(0, 1).unwrap().len();
    assert_eq!(count(&store), kept);
    assert_eq!(store.audit("pain", &kept.to_string()).unwrap(), []);
    drop(store);
    // Full or not, what is there can be read, and once there is space it goes on.
    let mut store = open(dir.path());
    assert_eq!(count(&store), kept);
    store.add_pain(&big_entry(kept)).unwrap();
    assert_eq!(count(&store), kept + 1);
}

#[test]
fn a_writer_in_the_way_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (mut one, other) = (open(dir.path()), open(dir.path()));
    one.connection.busy_timeout(Duration::ZERO).unwrap();
    other.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(one.add_pain(&big_entry(0)), Err(StoreError::Locked)));
    other.connection.execute_batch("ROLLBACK").unwrap();
    one.add_pain(&big_entry(0)).unwrap();
}

#[test]
fn a_database_that_cannot_be_written_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.connection.execute_batch("PRAGMA query_only = ON").unwrap();
    assert!(matches!(store.add_pain(&big_entry(0)), Err(StoreError::ReadOnly)));
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    assert!(matches!(StoreError::from(denied), StoreError::ReadOnly));
}

#[test]
fn damage_seen_in_use_is_dealt_with_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let seen: Result<(), _> = store.read(|_| Err(StoreError::Corrupt));
    assert!(matches!(seen, Err(StoreError::Corrupt)));
    assert!(store.files.is_suspect().unwrap());
    drop(store);
    // The next start finds nothing wrong, and forgets the suspicion.
    let store = open(dir.path());
    assert!(!store.files.is_suspect().unwrap());
}

const TWO_STEPS: &[&str] = &[
    "CREATE TABLE first (value TEXT) STRICT; INSERT INTO first VALUES ('kept');",
    "CREATE TABLE second (value TEXT) STRICT; UPDATE first SET value = 'changed'; INSERT INTO nowhere VALUES (1);",
];

#[test]
fn a_migration_that_fails_leaves_no_trace() {
    let mut connection = Connection::open_in_memory().unwrap();
    assert!(schema::migrate(&mut connection, TWO_STEPS).is_err());
    assert_eq!(schema::version(&connection).unwrap(), 1);
    let first: String = connection.query_row("SELECT value FROM first", (), |row| row.get(0)).unwrap();
    assert_eq!(first, "kept");
    assert!(connection.prepare("SELECT * FROM second").is_err());
    // Mended, it goes on from there.
    let mended = [TWO_STEPS[0], "ALTER TABLE first ADD COLUMN more INTEGER;"];
    schema::migrate(&mut connection, &mended).unwrap();
    schema::migrate(&mut connection, &mended).unwrap();
    assert_eq!(schema::version(&connection).unwrap(), 2);
}

#[test]
fn a_migration_cut_short_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.add_pain(&big_entry(0)).unwrap();
    // The files as a power cut in the middle of a migration would leave them: its pages partly written.
    let cut = tempfile::tempdir().unwrap();
    let transaction = store.connection.transaction().unwrap();
    transaction
        .execute_batch("PRAGMA cache_size = 1; CREATE TABLE half (value TEXT) STRICT; PRAGMA user_version = 99;")
        .unwrap();
    let fill = "INSERT INTO half WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
                SELECT printf('%0500d', i) FROM n";
    transaction.execute_batch(fill).unwrap();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), cut.path().join(entry.file_name())).unwrap();
    }
    let log = fs::metadata(cut.path().join("lumbra.db-wal")).unwrap().len();
    assert!(log > 400_000, "half of it had reached the log: {log}");
    drop(transaction);
    let store = open(cut.path());
    assert_eq!(store.pain_between(0, 1).unwrap().len(), 1);
    assert_eq!(schema::version(&store.connection).unwrap(), schema::known(schema::MIGRATIONS));
    assert!(store.connection.prepare("SELECT * FROM half").is_err());
}
