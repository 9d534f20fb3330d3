//! Makes a database of the present schema version with one of everything in it, for `tests/frozen`:
//! `cargo run -p lumbra-store --example freeze -- FILE`. Run it when a version is released.

#[path = "../tests/common/mod.rs"]
mod common;

use std::error::Error;

use lumbra_store::Store;

fn main() -> Result<(), Box<dyn Error>> {
    let target = std::env::args_os().nth(1).ok_or("name the file to make")?;
    let dir = tempfile::tempdir()?;
    let (mut store, _) = Store::open(dir.path(), &common::Keys::fixed(0x42))?;
    common::fill(&mut store)?;
    drop(store); // closing brings everything from the log into the file
    std::fs::copy(Store::database_path(dir.path()), target)?;
    Ok(())
}
