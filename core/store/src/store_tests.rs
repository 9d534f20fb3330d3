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
    // Some entries more than an empty database.
    let pages: u32 = store.connection.query_row("PRAGMA page_count", (), |row| row.get(0)).unwrap();
    store.limit_pages(pages + 20).unwrap();
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

/// Databases of every earlier version, whose way to the present one is stopped after some instructions of SQLite's, and killed there: the
/// next start brings it to its end with all there was.
#[test]
fn the_way_from_any_version_can_be_cut_short_anywhere() {
    let key = Key::from_bytes([0x42; 32]);
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen");
    let known = schema::known(schema::MIGRATIONS);
    for entry in fs::read_dir(frozen).unwrap() {
        let entry = entry.unwrap();
        let (mut stopped, mut after) = (0, 50_i64);
        loop {
            let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            for dir in [&dir, &killed] {
                FileKeyStore::new(dir.path().join("key")).save(&key).unwrap();
            }
            fs::copy(entry.path(), Store::database_path(dir.path())).unwrap();
            set_up_once().unwrap();
            let mut connection = Connection::open(Store::database_path(dir.path())).unwrap();
            unlock(&connection, &key).unwrap();
            configure(&connection).unwrap();
            let found = schema::version(&connection).unwrap();
            let (from, to) = (dir.path().to_owned(), killed.path().to_owned());
            let mut left = after;
            let stop = move || {
                left -= 1;
                if left == 0 {
                    for name in ["lumbra.db", "lumbra.db-wal"] {
                        fs::copy(from.join(name), to.join(name)).unwrap();
                    }
                }
                left == 0
            };
            connection.progress_handler(1, Some(stop)).unwrap();
            let migrated = schema::migrate(&mut connection, schema::MIGRATIONS);
            drop(connection);
            if migrated.is_ok() {
                break;
            }
            stopped += 1;
            for place in [&dir, &killed] {
                let store = open(place.path());
                assert_eq!(schema::version(&store.connection).unwrap(), known);
                let scores: Vec<_> =
                    store.pain_between(0, i64::MAX).unwrap().into_iter().map(|entry| entry.score).collect();
                assert_eq!(scores, [7, 3], "from {found}, after {after}");
                assert_eq!(store.plans::<serde_json::Value>().unwrap(), []);
                assert!(store.sync_state().unwrap().is_none());
            }
            after += after / 3;
        }
        assert!(stopped > 5, "{}: it was stopped in the middle {stopped} times", entry.path().display());
    }
}

/// Twenty seconds of posture, the `number`th.
fn posture(number: u32) -> crate::PostureChunk {
    let sample =
        |index: i16| crate::PostureSample { pitch_ddeg: 50 + index % 3, activity: 2, flags: 1, ..Default::default() };
    crate::PostureChunk {
        device_id: "one".into(),
        boot_id: 1,
        first_frame: number * 50,
        frame_count: 50,
        first_ticks_ms: u64::from(number) * 20_000,
        first_at_ms: i64::from(number) * 20_000,
        utc_offset_s: 0,
        interval_ms: 40,
        samples: (0..500).map(sample).collect(),
    }
}

fn with_device(dir: &Path) -> Store {
    let mut store = open(dir);
    store
        .save_device(&crate::Device {
            device_id: "one".into(),
            model: "L1".into(),
            serial: "1".into(),
            firmware: "1".into(),
            hardware: "1".into(),
            name: "one".into(),
            link_id: None,
            paired_at_ms: 0,
            last_seen_ms: 0,
            forgotten_at_ms: None,
        })
        .unwrap();
    store
}

/// Stopped after any instruction of SQLite's, and killed there: all of what was acknowledged is kept, once.
#[test]
fn sealing_can_be_cut_short_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = with_device(dir.path());
    let all: Vec<_> = (0..30).map(posture).collect();
    let (last, waiting) = all.split_last().unwrap();
    for chunk in waiting {
        store.append_posture(std::slice::from_ref(chunk), &[]).unwrap();
    }
    let kept = |store: &Store| store.posture_between(i64::MIN, i64::MAX).unwrap();
    let sealed = |store: &Store| -> u32 {
        store.connection.query_row("SELECT COUNT(*) FROM posture_chunks", (), |row| row.get(0)).unwrap()
    };
    assert_eq!(sealed(&store), 0);
    let (mut stopped, mut after) = (0, 1);
    loop {
        let killed = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().to_owned(), killed.path().to_owned());
        let mut left = after;
        let stop = move || {
            left -= 1;
            if left == 0 {
                for entry in fs::read_dir(&from).unwrap() {
                    let entry = entry.unwrap();
                    fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
                }
            }
            left == 0
        };
        store.connection.progress_handler(1, Some(stop)).unwrap();
        let result = store.append_posture(std::slice::from_ref(last), &[]);
        store.connection.progress_handler(1, None::<fn() -> bool>).unwrap();
        if result.is_ok() {
            break;
        }
        stopped += 1;
        assert_eq!((kept(&store).as_slice(), sealed(&store)), (waiting, 0), "stopped after {after}");
        assert_eq!(kept(&open(killed.path())), waiting, "killed after {after}");
        after += 5;
    }
    assert!(stopped > 20, "it was stopped in the middle: {stopped}");
    assert_eq!((kept(&store), sealed(&store)), (all.clone(), 1));
    drop(store);
    assert_eq!(kept(&open(dir.path())), all);
}

/// Slots that can't be read are told of by who shows them, and are not in the way of what comes.
#[test]
fn a_damaged_slot_is_in_nobodys_way() {
    type Damage = (&'static str, fn(&mut Vec<u8>));
    let damages: [Damage; 4] = [
        ("too short", |slot| slot.truncate(1)),
        ("another format", |slot| slot[8] = 7),
        ("a number from nowhere", |slot| slot[..8].fill(0xFF)),
        ("samples that are none", |slot| slot[40..].fill(0)),
    ];
    for (damage, change) in damages {
        let dir = tempfile::tempdir().unwrap();
        let mut store = with_device(dir.path());
        (0..3).for_each(|number| store.append_posture(&[posture(number)], &[]).unwrap());
        let read = "SELECT part FROM posture_tail WHERE slot = 1";
        let mut slot: Vec<u8> = store.connection.query_row(read, (), |row| row.get(0)).unwrap();
        change(&mut slot);
        store.connection.execute("UPDATE posture_tail SET part = ? WHERE slot = 1", [slot]).unwrap();
        assert!(matches!(store.posture_between(i64::MIN, i64::MAX), Err(StoreError::Decode(_))), "{damage}");
        store.append_posture(&[posture(3)], &[]).unwrap();
        store.seal_posture().unwrap();
        assert_eq!(store.posture_between(i64::MIN, i64::MAX).unwrap(), [0, 2, 3].map(posture), "{damage}");
        store.append_posture(&[posture(4)], &[]).unwrap();
        assert_eq!(store.posture_counts(0).unwrap().samples, 4 * 500, "{damage}");
    }
}

/// Twenty seconds are one page in the log, most of the time: the goal of the slots.
#[test]
fn some_seconds_of_posture_are_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = with_device(dir.path());
    (0..30).for_each(|number| store.append_posture(&[posture(number)], &[]).unwrap());
    let log = || fs::metadata(dir.path().join("lumbra.db-wal")).unwrap().len();
    for number in 30..58 {
        let before = log();
        store.append_posture(&[posture(number)], &[]).unwrap();
        assert_eq!(log() - before, 24 + 4_096, "the {number}th");
    }
}

/// Which columns of which tables are read for `work`; what was prepared before is prepared anew.
fn read_by(store: &mut Store, work: impl FnOnce(&mut Store)) -> std::collections::BTreeSet<String> {
    use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
    let seen = std::sync::Arc::new(Mutex::new(std::collections::BTreeSet::new()));
    let noted = seen.clone();
    let note = move |context: AuthContext<'_>| {
        if let AuthAction::Read { table_name, column_name } = context.action {
            noted.lock().unwrap().insert(format!("{table_name}.{column_name}"));
        }
        Authorization::Allow
    };
    store.connection.flush_prepared_statement_cache();
    store.connection.authorizer(Some(note)).unwrap();
    work(store);
    store.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>).unwrap();
    store.connection.flush_prepared_statement_cache();
    seen.lock().unwrap().clone()
}

#[test]
fn only_the_window_at_full_rate_reads_samples() {
    use crate::DayFigure;
    let dir = tempfile::tempdir().unwrap();
    let mut store = with_device(dir.path());
    (0..40).for_each(|number| store.append_posture(&[posture(number)], &[]).unwrap());
    let (from, to) = (i32::MIN, i32::MAX);
    let figures = [
        DayFigure::Pain,
        DayFigure::Stimulated,
        DayFigure::Sessions,
        DayFigure::Upright,
        DayFigure::Slouched,
        DayFigure::Worn,
    ];
    let history = read_by(&mut store, |store| {
        store.days(from, to).unwrap();
        store.hours(from, to).unwrap();
        store.month_hours(from, to).unwrap();
        store.hours_over_months(from, to).unwrap();
        store.pain_and_posture(from, to).unwrap();
        for figure in figures {
            store.day_parts(figure, from, to).unwrap();
        }
    });
    let tables: std::collections::BTreeSet<_> = history.iter().filter_map(|read| read.split('.').next()).collect();
    let roll_ups = ["days", "posture_hours", "posture_month_hours", "posture_hours_through"];
    assert!(tables.iter().all(|table| table.is_empty() || roll_ups.contains(table)), "{tables:?}");
    assert!(roll_ups.iter().all(|table| tables.contains(table)), "{tables:?}");

    // Counting looks at what is known of the chunks; only the window at their samples.
    let counted = read_by(&mut store, |store| assert!(store.posture_counts(5_000).unwrap().samples > 0));
    assert!(
        counted.contains("posture_chunks.sample_count") && !counted.contains("posture_chunks.samples"),
        "{counted:?}"
    );
    let window = read_by(&mut store, |store| assert_eq!(store.posture_between(0, 60_000).unwrap().len(), 3));
    assert!(window.contains("posture_chunks.samples") && window.contains("posture_tail.part"), "{window:?}");
}
