//! Builds the shim that `power-cut` records with: C, because the workspace forbids `unsafe`, and a process's own calls to its
//! C library can be watched from nowhere else. Where there is no glibc it is an empty file, and the subcommand says so.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

const SOURCE: &str = "src/crash/shim.c";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={SOURCE}");
    let shim = PathBuf::from(env::var("OUT_DIR")?).join("shim.so");
    if env::var("CARGO_CFG_TARGET_OS")? != "linux" || env::var("CARGO_CFG_TARGET_ENV")? != "gnu" {
        fs::write(shim, [])?;
        return Ok(());
    }
    let mut compiler = cc::Build::new().opt_level(2).pic(true).warnings(true).get_compiler().to_command();
    let built = compiler.args(["-shared", "-Wall", "-Wextra", "-Werror", SOURCE, "-ldl", "-o"]).arg(&shim).status()?;
    if built.success() { Ok(()) } else { Err("the shim does not compile".into()) }
}
