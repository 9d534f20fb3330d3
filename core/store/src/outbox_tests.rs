use std::path::Path;

use super::*;
use crate::key::FileKeyStore;
use crate::sync_state::SyncConnection;

pub(super) fn open(dir: &Path) -> Store {
    let (store, set_aside) = Store::open(dir, &FileKeyStore::new(dir.join("key"))).unwrap();
    assert_eq!(set_aside, None);
    store
}

pub(super) fn connected(dir: &Path) -> Store {
    let mut store = open(dir);
    store
        .connect(&SyncConnection {
            connection_id: "first".into(),
            base_url: "https://clinic.example/fhir".into(),
            client_id: "lumbra".into(),
            patient_id: "p1".into(),
            connected_at_ms: 0,
        })
        .unwrap();
    store
}

pub(super) fn new_entry(entry_id: &str, resource_id: &str, bytes: &[u8]) -> NewEntry {
    NewEntry {
        entry_id: entry_id.into(),
        resource_type: "Observation".into(),
        resource_id: resource_id.into(),
        bytes: bytes.to_vec(),
    }
}

fn queue(store: &mut Store, group_id: &str, entries: &[(&str, &str)]) {
    let entries: Vec<_> = entries.iter().map(|(id, resource)| new_entry(id, resource, id.as_bytes())).collect();
    store.queue(group_id, &entries, 7).unwrap();
}

fn next(store: &Store, max_entries: usize) -> Vec<String> {
    store.next_groups(max_entries, usize::MAX, 0, &[]).unwrap().into_iter().map(|group| group.group_id).collect()
}

#[test]
fn what_can_not_be_sent_is_not_queued() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let good = new_entry("a", "r", b"x");
    assert!(
        matches!(store.queue("g", std::slice::from_ref(&good), 0), Err(StoreError::NotFound { .. })),
        "nobody to send it to"
    );
    let mut store = {
        drop(store);
        connected(dir.path())
    };
    let with = |change: fn(&mut NewEntry)| {
        let mut entry = good.clone();
        change(&mut entry);
        entry
    };
    let too_many: Vec<_> =
        (0..=GROUP_ENTRIES_MAX).map(|at| new_entry(&at.to_string(), &at.to_string(), b"x")).collect();
    let too_much = [new_entry("a", "r", &vec![0; GROUP_BYTES_MAX]), new_entry("b", "s", b"x")];
    let refused: [&[NewEntry]; 8] = [
        &[],
        &too_many,
        &too_much,
        &[with(|entry| entry.bytes.clear())],
        &[with(|entry| entry.resource_type = "../Patient".into())],
        &[with(|entry| entry.resource_type.clear())],
        &[with(|entry| entry.resource_id = "a/b".into())],
        &[with(|entry| entry.resource_id = "a".repeat(65))],
    ];
    for entries in refused {
        assert!(matches!(store.queue("g", entries, 0), Err(StoreError::Invalid { .. })), "{entries:?}");
    }
    // One resource twice in a group, and an id twice: nothing of the group is there.
    for twice in [new_entry("b", "r", b"x"), new_entry("a", "s", b"x")] {
        assert!(matches!(store.queue("g", &[good.clone(), twice], 0), Err(StoreError::Conflict { .. })));
    }
    assert_eq!(store.waiting().unwrap(), crate::Waiting::default());
    store.queue("g", &too_many[1..], 0).unwrap();
    store.queue("h", &too_much[..1], 0).unwrap();
    assert_eq!(next(&store, usize::MAX), ["g", "h"]);
    assert_eq!(store.next_groups(1, 1, 0, &[]).unwrap()[0].entries.len(), GROUP_ENTRIES_MAX, "too large goes alone");
}

#[test]
fn only_what_is_being_sent_is_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = connected(dir.path());
    queue(&mut store, "g", &[("a", "r"), ("b", "s")]);
    let a = [Acknowledged { entry_id: "a", etag: None }];
    assert!(matches!(store.mark_acked(&a, 0), Err(StoreError::Conflict { .. })));
    store.mark_in_flight(&["g"]).unwrap();
    assert!(matches!(store.mark_in_flight(&["g"]), Err(StoreError::Conflict { .. })), "it is on its way");
    let unknown = Acknowledged { entry_id: "c", etag: None };
    assert!(matches!(store.mark_acked(&[a[0], unknown], 0), Err(StoreError::NotFound { .. })));
    assert_eq!(store.outbox_entry("a").unwrap().unwrap().state, OutboxState::InFlight, "all or none");
    store.mark_acked(&[Acknowledged { entry_id: "a", etag: Some("W/\"9\"") }], 5).unwrap();
    assert_eq!(store.acked_etag("Observation", "r").unwrap().as_deref(), Some("W/\"9\""));
    assert_eq!(store.acked_etag("Observation", "s").unwrap(), None);
    assert!(matches!(store.mark_dead(&["a"], "why", 6), Err(StoreError::Conflict { .. })));
    // The rest of a group that arrived in part goes on by itself.
    store.mark_pending(&["g"], None).unwrap();
    let left = store.next_groups(9, 99, 0, &[]).unwrap();
    assert_eq!((left.len(), left[0].entries.len(), left[0].entries[0].entry_id.as_str()), (1, 1, "b"));
}

#[test]
fn an_older_version_is_never_sent_over_a_newer_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = connected(dir.path());
    queue(&mut store, "old", &[("a", "r")]);
    queue(&mut store, "new", &[("b", "r")]);
    queue(&mut store, "other", &[("c", "s")]);
    assert_eq!(next(&store, 9), ["old", "other"]);
    store.mark_in_flight(&["old"]).unwrap();
    assert_eq!(next(&store, 9), ["other"]);
    store.mark_pending(&["old"], Some(1)).unwrap();
    assert_eq!(next(&store, 9), ["other"], "the old one waits longer");
    store.mark_in_flight(&["old"]).unwrap();
    store.mark_dead(&["a"], "why", 3).unwrap();
    assert_eq!(next(&store, 9), ["new", "other"]);
    assert!(matches!(store.retry_dead("a", 4), Err(StoreError::Conflict { .. })));
    store.mark_in_flight(&["new"]).unwrap();
    store.mark_acked(&[Acknowledged { entry_id: "b", etag: None }], 5).unwrap();
    // Were the newer one forgotten, nothing would tell that it was there.
    assert_eq!(store.prune_acked(i64::MAX).unwrap(), 0);
    assert!(matches!(store.retry_dead("a", 6), Err(StoreError::Conflict { .. })));
    assert_eq!(store.outbox_entry("b").unwrap().unwrap().version, 2);
}

#[test]
fn the_audit_tells_of_refusals_and_not_why() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = connected(dir.path());
    queue(&mut store, "g", &[("a", "r"), ("b", "s")]);
    let reason = "Größe ".repeat(2_000);
    store.mark_dead(&["a"], &reason, 3).unwrap();
    let kept = store.outbox_entry("a").unwrap().unwrap();
    let told = kept.reason.as_deref().unwrap();
    assert!(reason.starts_with(told) && told.len() <= REASON_BYTES_MAX && told.len() > REASON_BYTES_MAX - 4);
    assert!(!format!("{kept:?}").contains("Größe"));
    assert_eq!(store.outbox_entry("b").unwrap().unwrap().reason, None);
    store.retry_dead("b", 4).unwrap();
    assert_eq!(next(&store, 9), ["g"]);
    let audit = store.audit("outbox", "g").unwrap();
    let audit: Vec<_> = audit.iter().map(|row| (row.at_ms, row.action.as_str(), row.detail.as_str())).collect();
    assert_eq!(audit, [(3, "dead", r#"{"entries":2}"#), (4, "retried", "{}")]);
}

#[test]
fn the_database_itself_keeps_what_was_queued() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = connected(dir.path());
    queue(&mut store, "g", &[("a", "r")]);
    queue(&mut store, "h", &[("b", "s")]);
    store.mark_in_flight(&["h"]).unwrap();
    store.mark_acked(&[Acknowledged { entry_id: "b", etag: Some("e") }], 5).unwrap();
    let before = select(&store.connection, "TRUE", ()).unwrap();
    for forbidden in [
        "UPDATE outbox SET bytes = x'00' WHERE entry_id = 'a'",
        "UPDATE outbox SET bytes = NULL WHERE entry_id = 'a'",
        "UPDATE outbox SET bytes = x'62' WHERE entry_id = 'b'",
        "UPDATE outbox SET resource_id = 't' WHERE entry_id = 'a'",
        "UPDATE outbox SET group_id = 'h' WHERE entry_id = 'a'",
        "UPDATE outbox SET state = 'pending' WHERE entry_id = 'b'",
        "UPDATE outbox SET etag = NULL WHERE entry_id = 'b'",
        "UPDATE outbox SET state = 'acked' WHERE entry_id = 'a'",
        "UPDATE outbox SET state = 'lost' WHERE entry_id = 'a'",
        "DELETE FROM outbox WHERE entry_id = 'a'",
        "REPLACE INTO outbox SELECT * FROM outbox WHERE entry_id = 'a'",
    ] {
        assert!(store.connection.execute(forbidden, ()).is_err(), "{forbidden}");
    }
    assert_eq!(select(&store.connection, "TRUE", ()).unwrap(), before);
}

#[test]
fn what_another_process_sends_is_left_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut sending = connected(dir.path());
    queue(&mut sending, "g", &[("a", "r")]);
    sending.mark_in_flight(&["g"]).unwrap();
    let other = open(dir.path());
    assert_eq!(other.waiting().unwrap().in_flight, 1);
    drop((sending, other));
    let mut store = open(dir.path());
    assert_eq!((store.waiting().unwrap().pending, store.recover_in_flight().unwrap()), (1, 0));
    assert_eq!(store.outbox_entry("a").unwrap().unwrap().attempts, 1);
}
