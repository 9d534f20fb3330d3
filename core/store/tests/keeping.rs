//! What is stored comes back, by its own rules.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail like tests")]

mod common;

use common::{
    BOOT, GOAL, Keys, NOON_MS, TODAY, check_filled, device, end, fill, intent, new_session, pain, record, samples,
    settings, settlement,
};
use lumbra_store::{
    Cap, CapOwner, CommandOutcome, Device, DeviceRecord, PainEntry, PostureGoal, PostureSettings, Store, StoreError,
};
use rusqlite::Connection;
use tempfile::TempDir;

fn empty() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
    store.save_device(&device("one")).unwrap();
    (dir, store)
}

#[test]
fn one_of_everything_comes_back() {
    let (_dir, mut store) = empty();
    fill(&mut store).unwrap();
    check_filled(&store);
}

#[test]
fn of_settings_and_goals_the_newest_counts() {
    let (_dir, mut store) = empty();
    assert_eq!((store.latest_posture_settings().unwrap(), store.latest_posture_goal().unwrap()), (None, None));
    store.save_posture_settings(&settings()).unwrap();
    store.save_posture_goal(&GOAL).unwrap();
    let (newer, grown) = (
        PostureSettings { settings: "{}".into(), ..settings() },
        PostureGoal { share_percent: 60, missed_days: 0, ..GOAL },
    );
    store.save_posture_settings(&newer).unwrap();
    store.save_posture_goal(&grown).unwrap();
    assert_eq!(store.latest_posture_settings().unwrap(), Some(newer));
    assert_eq!(store.latest_posture_goal().unwrap(), Some(grown));
    let unreadable = PostureSettings { settings: "training".into(), ..settings() };
    assert!(store.save_posture_settings(&unreadable).is_err());
    assert!(store.save_posture_goal(&PostureGoal { met_days: 1, missed_days: 1, ..GOAL }).is_err());
    assert_eq!(store.latest_posture_goal().unwrap(), Some(grown));
}

#[test]
fn devices_are_never_mixed() {
    let (_dir, mut store) = empty();
    store.save_device(&device("two")).unwrap();
    // The same serial under another id, or another serial under the same id.
    let other_id = Device { device_id: "three".into(), ..device("two") };
    assert!(matches!(store.save_device(&other_id), Err(StoreError::Conflict { .. })));
    let other_serial = Device { serial: "other".into(), ..device("two") };
    assert!(matches!(store.save_device(&other_serial), Err(StoreError::Conflict { .. })));
    assert_eq!(store.device_by_link("address of two").unwrap(), Some(device("two")));
    // An address moves with the device that uses it.
    store.device_seen("two", "address of one", NOON_MS + 1).unwrap();
    assert_eq!(store.device("one").unwrap().unwrap().link_id, None);
    assert_eq!(store.device_by_link("address of one").unwrap().unwrap().device_id, "two");
    assert_eq!(store.device_by_link("address of two").unwrap(), None);
    assert!(matches!(store.device_seen("three", "x", 0), Err(StoreError::NotFound { .. })));
}

#[test]
fn a_forgotten_device_keeps_its_history_and_can_come_back() {
    let (_dir, mut store) = empty();
    store.start_session(&new_session(1, NOON_MS)).unwrap();
    store.forget_device("one", NOON_MS + 9).unwrap();
    assert_eq!(store.devices(false).unwrap(), []);
    assert_eq!(store.devices(true).unwrap()[0].forgotten_at_ms, Some(NOON_MS + 9));
    assert_eq!(store.device_by_link("address of one").unwrap(), None);
    let known = store.device_by_serial("L1", "SERIAL-one").unwrap().unwrap();
    store.save_device(&device(&known.device_id)).unwrap();
    assert_eq!(store.devices(false).unwrap(), [device("one")]);
    assert_eq!(store.sessions_between(0, i64::MAX).unwrap().len(), 1);
    let actions: Vec<_> = store.audit("device", "one").unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["added", "forgotten", "updated"]);
}

#[test]
fn commands_stay_open_until_they_are_settled() {
    let (_dir, mut store) = empty();
    for (id, sequence) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        store.save_intent(&intent(id, sequence)).unwrap();
    }
    assert!(matches!(store.save_intent(&intent("a", 9)), Err(StoreError::Conflict { .. })));
    store.settle_intent("a", settlement(CommandOutcome::Confirmed)).unwrap();
    assert!(matches!(store.save_intent(&intent("a", 9)), Err(StoreError::Conflict { .. })));
    store.mark_unknown("b", "timeout", Some("no answer"), NOON_MS + 100).unwrap();
    store.mark_unknown("c", "timeout", None, NOON_MS + 100).unwrap();
    let open: Vec<_> = store.open_intents("one").unwrap();
    let open: Vec<_> = open.iter().map(|open| (open.intent.command_id.as_str(), open.outcome)).collect();
    let (pending, unknown) = (CommandOutcome::Pending, CommandOutcome::Unknown);
    assert_eq!(open, [("b", unknown), ("c", unknown), ("d", pending)]);
    assert_eq!(store.open_intents("two").unwrap(), []);

    store.settle_intent("b", settlement(CommandOutcome::Rejected)).unwrap();
    store.settle_intent("c", settlement(CommandOutcome::Unknown)).unwrap();
    assert_eq!(store.open_intents("one").unwrap().len(), 1);
    // Settled is settled.
    store.settle_intent("b", settlement(CommandOutcome::Rejected)).unwrap();
    for again in [
        store.settle_intent("b", settlement(CommandOutcome::Confirmed)),
        store.mark_unknown("b", "timeout", None, 0),
        store.mark_unknown("c", "timeout", None, 0),
    ] {
        assert!(matches!(again, Err(StoreError::Conflict { .. })));
    }
    let to_pending = store.settle_intent("d", settlement(pending));
    assert!(matches!(to_pending, Err(StoreError::Invalid { .. })));
    let nobody = store.settle_intent("e", settlement(unknown));
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })));

    let actions: Vec<_> = store.audit("command", "b").unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["saved", "unknown", "rejected"]);
    assert_eq!(store.commands_between(NOON_MS + 2, NOON_MS + 4).unwrap().len(), 2);
}

#[test]
fn an_intent_of_an_unknown_device_is_refused() {
    let (_dir, mut store) = empty();
    let mut stray = intent("a", 1);
    stray.device_id = "nobody".into();
    assert!(matches!(store.save_intent(&stray), Err(StoreError::NotFound { .. })));
    assert_eq!(store.audit("command", "a").unwrap(), []);
}

#[test]
fn the_dose_counts_the_worse_case() {
    let (_dir, mut store) = empty();
    assert_eq!((store.stimulated_s_since(0).unwrap(), store.last_session_end_ms().unwrap()), (0, None));
    let hour = 3_600_000;
    let mut session = |number, started| store.start_session(&new_session(number, started)).unwrap();
    let (known, unseen, old) = (session(1, NOON_MS), session(2, NOON_MS + hour), session(3, NOON_MS - 30 * hour));
    store.end_session(known, end(NOON_MS + 600_000, 600, false)).unwrap();
    store.end_session(old, end(NOON_MS - 29 * hour, 900, false)).unwrap();
    // Not known to be over: as planned.
    assert_eq!(store.stimulated_s_since(NOON_MS).unwrap(), 600 + 1_200);
    assert_eq!(store.last_session_end_ms().unwrap(), Some(NOON_MS + hour + 1_200_000));
    store.end_session(unseen, end(NOON_MS + hour + 60_000, 60, true)).unwrap();
    assert_eq!(store.stimulated_s_since(NOON_MS).unwrap(), 600 + 1_200);
    assert_eq!(store.last_session_end_ms().unwrap(), Some(NOON_MS + hour + 1_200_000));
    assert_eq!(store.stimulated_s_since(NOON_MS - 48 * hour).unwrap(), 600 + 1_200 + 900);
    // The device's records tell more.
    store.end_session(unseen, end(NOON_MS + hour + 60_000, 60, false)).unwrap();
    assert_eq!(store.stimulated_s_since(NOON_MS).unwrap(), 600 + 60);
    assert_eq!(store.last_session_end_ms().unwrap(), Some(NOON_MS + hour + 60_000));
    let actions: Vec<_> =
        store.audit("session", &unseen.to_string()).unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["started", "ended", "corrected"]);
}

#[test]
fn a_session_cannot_begin_twice_and_its_maximum_never_falls() {
    let (_dir, mut store) = empty();
    let id = store.start_session(&new_session(1, NOON_MS)).unwrap();
    assert!(matches!(store.start_session(&new_session(1, NOON_MS)), Err(StoreError::Conflict { .. })));
    let mut missing = new_session(2, NOON_MS);
    missing.pain_before = Some("nothing".into());
    assert!(matches!(store.start_session(&missing), Err(StoreError::NotFound { .. })));
    assert_eq!(store.open_sessions("one").unwrap().len(), 1);
    store.append_telemetry(id, 3, &samples(0, 3)).unwrap();
    assert_eq!(store.session(id).unwrap().unwrap().max_delivered_dma, 120);
    store.end_session(id, end(NOON_MS + 1, 5, false)).unwrap();
    assert_eq!(store.session(id).unwrap().unwrap().max_delivered_dma, 120);
    assert_eq!(store.open_sessions("one").unwrap(), []);
    assert!(matches!(store.append_telemetry(id + 1, 0, &[]), Err(StoreError::NotFound { .. })));
    assert!(matches!(store.telemetry(id + 1), Err(StoreError::NotFound { .. })));
}

#[test]
fn telemetry_goes_on_after_a_crash_and_after_the_end() {
    let (dir, mut store) = empty();
    let id = store.start_session(&new_session(1, NOON_MS)).unwrap();
    store.append_telemetry(id, 4, &samples(0, 4)).unwrap();
    drop(store);
    // Opening seals what was left; what comes later is added to it.
    let (mut store, _) = Store::open(dir.path(), &Keys::fixed(1)).unwrap();
    assert_eq!(store.telemetry(id).unwrap(), samples(0, 4));
    store.append_telemetry(id, 8, &samples(4, 4)).unwrap();
    store.end_session(id, end(NOON_MS + 8_000, 8, false)).unwrap();
    store.append_telemetry(id, 8, &samples(8, 1)).unwrap();
    assert_eq!(store.telemetry(id).unwrap(), samples(0, 9));
}

#[test]
fn pain_scores_are_checked_and_edits_keep_the_old() {
    let (_dir, mut store) = empty();
    assert!(matches!(store.add_pain(&pain("a", 11, 0)), Err(StoreError::Invalid { .. })));
    store.add_pain(&pain("a", 10, 0)).unwrap();
    assert!(matches!(store.add_pain(&pain("a", 1, 0)), Err(StoreError::Conflict { .. })));
    let edited = PainEntry { note: "better now".into(), ..pain("a", 2, 5) };
    store.edit_pain(&edited, 77).unwrap();
    assert_eq!(store.pain("a").unwrap(), Some(edited));
    let audit = store.audit("pain", "a").unwrap();
    assert_eq!((audit[1].at_ms, audit[1].action.as_str()), (77, "edited"));
    assert!(audit[1].detail.contains("gardening"));
    assert!(matches!(store.edit_pain(&pain("b", 1, 0), 0), Err(StoreError::NotFound { .. })));
}

#[test]
fn the_newest_cap_of_an_owner_counts() {
    let (_dir, mut store) = empty();
    store.save_device(&device("two")).unwrap();
    let cap = |owner, device_id: Option<&str>, limit_dma| Cap {
        owner,
        set_by: "somebody".into(),
        device_id: device_id.map(Into::into),
        channel: 0,
        limit_dma,
        set_at_ms: NOON_MS,
    };
    let (user, clinician) = (CapOwner::User, CapOwner::Clinician);
    for set in [
        cap(user, Some("one"), Some(100)),
        cap(user, Some("two"), Some(50)),
        cap(clinician, None, Some(200)),
        cap(user, Some("one"), Some(150)),
    ] {
        store.set_cap(&set).unwrap();
    }
    let limits = |store: &Store| -> Vec<_> {
        store.caps("one").unwrap().into_iter().map(|cap| (cap.owner, cap.limit_dma.unwrap())).collect()
    };
    assert_eq!(limits(&store), [(clinician, 200), (user, 150)]);
    store.set_cap(&cap(user, Some("one"), None)).unwrap();
    assert_eq!(limits(&store), [(clinician, 200)]);
    assert_eq!(store.audit("cap", "one/0").unwrap().len(), 3);
}

#[test]
fn records_count_once_and_gaps_show() {
    let (_dir, mut store) = empty();
    assert_eq!((store.highest_record("one").unwrap(), store.highest_contiguous_record("one", 0).unwrap()), (None, 0));
    assert_eq!(store.save_records(&[record(5), record(6)]).unwrap(), 2);
    assert_eq!(store.save_records(&[record(6), record(7), record(9)]).unwrap(), 2);
    assert_eq!(store.highest_record("one").unwrap(), Some(9));
    for (after, highest) in [(0, 0), (4, 7), (5, 7), (7, 7), (8, 9), (9, 9)] {
        assert_eq!(store.highest_contiguous_record("one", after).unwrap(), highest, "after {after}");
    }
    let changed = DeviceRecord { payload: vec![1, 2, 3], ..record(6) };
    assert!(matches!(store.save_records(&[record(8), changed]), Err(StoreError::Conflict { .. })));
    assert_eq!(store.records("one", 7, 10).unwrap().len(), 2);
    let days = store.days(TODAY - 1, TODAY + 1).unwrap();
    assert_eq!((days.len(), days[0].posture.upright_s, days[0].posture.slouched_s), (1, 160, 80));
    // After its memory was cleared the device counts from the start again, in another boot.
    let again = DeviceRecord { boot_id: BOOT + 1, payload: vec![9], ..record(6) };
    assert_eq!(store.save_records(&[again]).unwrap(), 1);
}

#[test]
fn the_audit_and_the_commands_only_grow() {
    let (dir, mut store) = empty();
    for (id, sequence) in [("open", 1), ("settled", 2)] {
        store.save_intent(&intent(id, sequence)).unwrap();
    }
    store.settle_intent("settled", settlement(CommandOutcome::Confirmed)).unwrap();
    let raw = Connection::open(Store::database_path(dir.path())).unwrap();
    // As the store sets it: a REPLACE fires the triggers of what it deletes.
    raw.execute_batch(&format!("PRAGMA key = \"x'{}'\"; PRAGMA recursive_triggers = ON", "01".repeat(32))).unwrap();
    let all = || (store.audit("command", "open").unwrap(), store.audit("command", "settled").unwrap());
    let before = all();
    for forbidden in [
        "DELETE FROM audit",
        "UPDATE audit SET at_ms = 0",
        "DELETE FROM intents WHERE command_id = 'open'",
        "UPDATE intents SET detail = '{}' WHERE command_id = 'open'",
        "REPLACE INTO intents SELECT * FROM intents WHERE command_id = 'open'",
        "INSERT INTO intents SELECT 9, command_id, device_id, session_id, kind, sequence, boot_id, newest_before,
             expires_ticks_ms, detail, saved_at_ms, 'pending', NULL, NULL FROM commands",
        "DELETE FROM commands WHERE command_id = 'settled'",
        "UPDATE commands SET outcome = 'rejected' WHERE command_id = 'settled'",
        "REPLACE INTO commands SELECT * FROM commands WHERE command_id = 'settled'",
    ] {
        let kept = raw.execute(forbidden, ()).unwrap_err().to_string();
        assert!(kept.contains("kept") || kept.contains("append-only"), "{forbidden}: {kept}");
    }
    assert_eq!(all(), before);
}
