//! Folders for stores, in memory where the system has a place for that: a fuzzer opens thousands.

use std::path::Path;

use tempfile::TempDir;

/// A folder of its own, gone when it is dropped.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder can be made")
}
