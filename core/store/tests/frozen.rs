//! Databases of released schema versions, made by `examples/freeze.rs`, open in this version with all that
//! is in them.

#![allow(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{Keys, check_filled, fill_plans_and_outbox};
use lumbra_store::Store;

#[test]
fn every_frozen_version_opens() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen");
    let mut versions = BTreeSet::new();
    for entry in fs::read_dir(frozen).unwrap() {
        let entry = entry.unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::copy(entry.path(), Store::database_path(dir.path())).unwrap();
        let (mut store, set_aside) = Store::open(dir.path(), &Keys::fixed(0x42)).unwrap();
        assert_eq!(set_aside, None);
        check_filled(&store);
        // What came later can be added to what was there.
        if store.sync_state().unwrap().is_none() {
            fill_plans_and_outbox(&mut store).unwrap();
        }
        check_filled(&store);
        versions.insert(entry.file_name().into_string().unwrap());
    }
    let expected = ["v1.db", "v2.db", "v3.db", "v4.db", "v5.db", "v6.db"];
    assert_eq!(versions, expected.map(String::from).into(), "every version before the present one");
}
