use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::StatementStatus;
use rusqlite::hooks::Action;

use super::*;
use crate::key::FileKeyStore;
use crate::retention::{DAY_MS, OLDEST};
use crate::{Device, Store, StoreError};

/// Parts of an hour, 20 s each.
const AN_HOUR: u32 = 180;

fn open(dir: &Path) -> Store {
    let mut store = Store::open(dir, &FileKeyStore::new(dir.join("key"))).unwrap().0;
    for name in ["one", "other"] {
        store
            .save_device(&Device {
                device_id: name.into(),
                model: "L1".into(),
                serial: name.into(),
                firmware: "1".into(),
                hardware: "1".into(),
                name: name.into(),
                link_id: None,
                paired_at_ms: 0,
                last_seen_ms: 0,
                forgotten_at_ms: None,
            })
            .unwrap();
    }
    store
}

fn part(number: u32) -> PostureChunk {
    let sample = |index: i16| PostureSample { pitch_ddeg: 50 + index % 3, activity: 2, flags: 1, ..Default::default() };
    PostureChunk {
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

fn hour(number: u32) -> Vec<PostureChunk> {
    (number * AN_HOUR..(number + 1) * AN_HOUR).map(part).collect()
}

/// The tables that `work` changes rows of.
fn changed_by(store: &mut Store, work: impl FnOnce(&mut Store)) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let note = move |_: Action, _: &str, table: &str, _: i64| {
        let mut noted = noted.lock().unwrap();
        if !noted.iter().any(|known| known == table) {
            noted.push(table.to_owned());
        }
    };
    store.connection.update_hook(Some(note)).unwrap();
    work(store);
    store.connection.update_hook(None::<fn(Action, &str, &str, i64)>).unwrap();
    seen.lock().unwrap().clone()
}

/// Each table more is a page more to encrypt and write.
#[test]
fn a_backlog_changes_nothing_but_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let whole = |number| move |store: &mut Store| store.append_posture(&hour(number), &[]).unwrap();
    assert_eq!(changed_by(&mut store, whole(0)), ["posture_chunks"]);
    // What waits before it is sealed with it, and the slots are told so.
    let first = part(AN_HOUR);
    assert_eq!(
        changed_by(&mut store, |store| store.append_posture(std::slice::from_ref(&first), &[]).unwrap()),
        ["posture_tail"]
    );
    let rest = hour(1).split_off(1);
    let changed = changed_by(&mut store, |store| store.append_posture(&rest, &[]).unwrap());
    assert!(changed.contains(&"posture_sealing".to_owned()), "{changed:?}");
    // None is sealed twice, nor lost.
    store.seal_posture().unwrap();
    assert_eq!(store.posture_between(i64::MIN, i64::MAX).unwrap(), [hour(0), hour(1)].concat());
}

/// SQLite prepares some statements anew each time that a value is bound to them.
#[test]
fn looking_for_what_is_too_old_is_prepared_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    (0..4).for_each(|number| store.append_posture(&hour(number), &[]).unwrap());
    store.drop_old_posture(0).unwrap();
    let statement = store.connection.prepare_cached(OLDEST).unwrap();
    assert!(statement.get_status(StatementStatus::Run) >= 5, "another statement is run");
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    drop(statement);
    // The oldest first, without reading them all for it.
    let mut plan = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {OLDEST}")).unwrap();
    let steps: Vec<String> = plan.query_map([0], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(matches!(steps.as_slice(), [step] if step.contains("posture_chunks_by_time")), "{steps:?}");
    drop(plan);
    // A step drops no more than it may.
    let long_after_ms = 1_000 * DAY_MS;
    assert!(!store.drop_old_posture(long_after_ms).unwrap(), "24 chunks are less than a step");
    assert_eq!(store.posture_between(i64::MIN, i64::MAX).unwrap(), []);
    assert_eq!(store.posture_counts(0).unwrap().samples, u64::from(4 * AN_HOUR) * 500);
}

/// Wherever a part is known from, it is refused with all that came with it; another boot or device has ticks of its own.
#[test]
fn a_part_is_kept_once_wherever_the_first_lies() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.append_posture(&hour(1), &[]).unwrap();
    store.append_posture(&[part(500)], &[]).unwrap();
    let kept = store.posture_between(i64::MIN, i64::MAX).unwrap();
    let twice = [
        ("in the middle of a sealed chunk", vec![part(600), part(AN_HOUR + 7)]),
        ("the first of a sealed chunk", vec![part(AN_HOUR + 30), part(600)]),
        ("in a slot", vec![part(499), part(500), part(501)]),
        ("beside it", vec![part(601), part(602), part(601)]),
    ];
    for (place, parts) in twice {
        let refused = store.append_posture(&parts, &[]);
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{place}");
        assert_eq!(store.posture_between(i64::MIN, i64::MAX).unwrap(), kept, "{place}");
    }
    let other_boot = PostureChunk { boot_id: 2, ..part(500) };
    let other_device = PostureChunk { device_id: "other".into(), ..part(AN_HOUR + 7) };
    store.append_posture(&[other_boot, part(501), other_device], &[]).unwrap();
    assert_eq!(store.posture_between(i64::MIN, i64::MAX).unwrap().len(), kept.len() + 3);
}
