use super::*;
use crate::key::FileKeyStore;
use crate::{Acknowledged, Downloaded, Known, NewEntry, OutboxState, Watermark};

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), &FileKeyStore::new(dir.path().join("key"))).unwrap();
    (dir, store)
}

fn connection(id: &str) -> SyncConnection {
    SyncConnection {
        connection_id: id.into(),
        base_url: "https://clinic.example/fhir".into(),
        client_id: "lumbra".into(),
        patient_id: "p1".into(),
        connected_at_ms: 10,
    }
}

fn plan(id: &str, version: &str, bytes: &[u8]) -> Downloaded {
    Downloaded {
        resource_type: "CarePlan".into(),
        resource_id: id.into(),
        version: version.into(),
        bytes: bytes.to_vec(),
    }
}

fn at(at: &str) -> Watermark<'_> {
    Watermark { resource_type: "CarePlan", at }
}

#[test]
fn there_is_one_connection_and_it_knows_how_it_goes() {
    let (_dir, mut store) = store();
    assert_eq!(store.sync_state().unwrap(), None);
    let capability = Capability { statement: r#"{"transaction":true}"#.into(), read_at_ms: 20 };
    for refused in [
        store.note_good_sync(1, None),
        store.note_failed_sync(1, None),
        store.save_capability(Some(&capability)),
        store.apply_page(&[plan("a", "1", b"{}")], None, 1),
        store.apply_page(&[], Some(at("2025-06-15T12:00:00Z")), 1),
        store.forget_connection(1).map(drop),
    ] {
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "there is none: {refused:?}");
    }
    let empty = SyncConnection { patient_id: String::new(), ..connection("first") };
    assert!(matches!(store.connect(&empty), Err(StoreError::Invalid { .. })));
    store.connect(&connection("first")).unwrap();
    store.connect(&connection("first")).unwrap();
    assert!(matches!(store.connect(&connection("second")), Err(StoreError::Conflict { .. })));
    store.save_capability(Some(&capability)).unwrap();
    assert!(store.save_capability(Some(&Capability { statement: "no JSON".into(), ..capability.clone() })).is_err());
    store.note_failed_sync(100, Some(-5_000)).unwrap();
    store.note_failed_sync(200, None).unwrap();
    let mut expected = SyncState {
        connection: connection("first"),
        capability: Some(capability),
        last_good_ms: None,
        clock_skew_ms: Some(-5_000),
        failures: 2,
        next_try_at_ms: Some(200),
    };
    assert_eq!(store.sync_state().unwrap().as_ref(), Some(&expected));
    store.note_good_sync(300, Some(40)).unwrap();
    store.save_capability(None).unwrap();
    expected = SyncState {
        capability: None,
        last_good_ms: Some(300),
        clock_skew_ms: Some(40),
        failures: 0,
        next_try_at_ms: None,
        ..expected
    };
    assert_eq!(store.sync_state().unwrap(), Some(expected));
}

#[test]
fn a_page_and_its_watermark_come_together() {
    let (_dir, mut store) = store();
    store.connect(&connection("first")).unwrap();
    let odd = b"{ \"x-unknown\" : 1.50,\n \"resourceType\":\"CarePlan\" }";
    store.apply_page(&[plan("a", "1", odd), plan("b", "7f3c", b"{}")], None, 1).unwrap();
    assert_eq!(store.watermark("CarePlan").unwrap(), None);
    store
        .apply_page(&[plan("b", "8", b"{\"status\":\"revoked\"}")], Some(at("2025-06-15T12:00:00.5+02:00")), 2)
        .unwrap();
    assert_eq!(store.watermark("CarePlan").unwrap().as_deref(), Some("2025-06-15T12:00:00.5+02:00"));
    assert_eq!(store.watermark("Goal").unwrap(), None);
    assert_eq!(store.downloaded("CarePlan", "a").unwrap(), Some(plan("a", "1", odd)));
    assert_eq!(store.all_downloaded("CarePlan").unwrap().len(), 2);
    let known = |id: &str, version: &str| Known { resource_id: id.into(), version: version.into() };
    assert_eq!(store.known_resources("CarePlan").unwrap(), [known("a", "1"), known("b", "8")]);
    // The sweep finds one gone; it may come back.
    store.mark_gone("CarePlan", &["b", "never heard of"], 3).unwrap();
    assert_eq!(store.known_resources("CarePlan").unwrap(), [known("a", "1")]);
    assert_eq!(
        (store.downloaded("CarePlan", "b").unwrap(), store.all_downloaded("CarePlan").unwrap().len()),
        (None, 1)
    );
    store.apply_page(&[plan("b", "9", b"{}")], Some(at("2025-06-15T13:00:00Z")), 4).unwrap();
    assert_eq!(store.known_resources("CarePlan").unwrap().len(), 2);
    assert!(!format!("{:?}", plan("a", "1", b"secret")).contains("115"), "bytes do not show");
    // With what is made of it: nothing of a page is there when that fails.
    let failed = store.together(|store| {
        store.apply_page(&[plan("c", "1", b"{}")], Some(at("2025-06-15T14:00:00Z")), 5)?;
        Err::<(), _>(StoreError::Closed)
    });
    assert!(failed.is_err());
    assert_eq!(store.watermark("CarePlan").unwrap().as_deref(), Some("2025-06-15T13:00:00Z"));
    assert_eq!(store.downloaded("CarePlan", "c").unwrap(), None);
}

#[test]
fn a_connection_takes_along_what_was_for_it() {
    let (dir, mut store) = store();
    store.connect(&connection("first")).unwrap();
    store.apply_page(&[plan("a", "1", b"{}")], Some(at("2025-06-15T12:00:00Z")), 1).unwrap();
    for (group, resource) in [("g", "r"), ("h", "s"), ("i", "t"), ("j", "u")] {
        let entry = NewEntry {
            entry_id: group.into(),
            resource_type: "Observation".into(),
            resource_id: resource.into(),
            bytes: vec![1],
        };
        store.queue(group, &[entry], 0).unwrap();
    }
    store.mark_in_flight(&["g", "h"]).unwrap();
    store.mark_acked(&[Acknowledged { entry_id: "g", etag: None }], 2).unwrap();
    store.mark_dead(&["i"], "why", 2).unwrap();
    assert_eq!(store.forget_connection(50).unwrap(), 3, "being sent, dead and waiting");
    assert_eq!(store.sync_state().unwrap(), None);
    assert_eq!(store.waiting().unwrap(), crate::Waiting::default());
    let audit = store.audit("connection", "first").unwrap();
    let audit: Vec<_> = audit.iter().map(|row| (row.at_ms, row.action.as_str(), row.detail.as_str())).collect();
    assert_eq!(
        audit,
        [(10, "connected", r#"{"base_url":"https://clinic.example/fhir"}"#), (50, "forgotten", r#"{"unsent":3}"#)]
    );
    // Another one begins with nothing.
    store.connect(&connection("second")).unwrap();
    assert_eq!(store.watermark("CarePlan").unwrap(), None);
    assert_eq!(store.known_resources("CarePlan").unwrap(), []);
    for entry in ["g", "h", "i", "j"] {
        assert_eq!(store.outbox_entry(entry).unwrap().map(|entry| entry.state), None::<OutboxState>);
    }
    drop(store);
    assert!(Store::open(dir.path(), &FileKeyStore::new(dir.path().join("key"))).unwrap().1.is_none());
}
