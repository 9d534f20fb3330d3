//! Generates the Kotlin and Swift faces of the core from the built library: `UniFFI`'s own generator, of the version that
//! the library was built with. Build it with `--profile bindgen`: it is run once and need not be fast.
//!
//! `lumbra-bindgen generate --config uniffi.toml --language kotlin --out-dir DIR liblumbra_ffi.so`
//!
//! `lumbra-bindgen part-kotlin DIR PORT...` then hides from apps what isn't meant for them, see [`kotlin`].

mod kotlin;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.split_first() {
        Some((verb, [dir, ports @ ..])) if verb == "part-kotlin" => match part_kotlin(Path::new(dir), ports) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("lumbra-bindgen: {error}");
                ExitCode::FAILURE
            }
        },
        _ => {
            uniffi::uniffi_bindgen_main();
            ExitCode::SUCCESS
        }
    }
}

fn part_kotlin(dir: &Path, ports: &[String]) -> io::Result<()> {
    let package = dir.join("health/lumbra/core");
    let generated = package.join("generated/lumbra_ffi.kt");
    let parted = kotlin::part(&fs::read_to_string(&generated)?, ports).map_err(io::Error::other)?;
    fs::write(package.join("Values.kt"), parted.public)?;
    fs::write(generated, parted.internal)
}
