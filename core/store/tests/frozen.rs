//! Databases of released schema versions, made by `examples/freeze.rs`, open in this version with all that
//! is in them.

mod common;

use std::fs;
use std::path::Path;

use common::{Keys, check_filled};
use lumbra_store::Store;

#[test]
fn every_frozen_version_opens() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen");
    let mut versions = 0;
    for entry in fs::read_dir(frozen).unwrap() {
        let dir = tempfile::tempdir().unwrap();
        fs::copy(entry.unwrap().path(), Store::database_path(dir.path())).unwrap();
        let (store, set_aside) = Store::open(dir.path(), &Keys::fixed(0x42)).unwrap();
        assert_eq!(set_aside, None);
        check_filled(&store);
        versions += 1;
    }
    assert!(versions > 0);
}
