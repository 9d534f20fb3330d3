//! The fuzzer's program: libFuzzer over the target that `LUMBRA_FUZZ_TARGET` names. Built and run by `run.sh`.
//!
//! With `LUMBRA_FUZZ_SEEDS=DIR` it only writes what each target begins with into folders there, and lists the targets with the
//! longest input, in bytes, that is worth trying.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use lumbra_fuzz::{TARGETS, Target};

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("LUMBRA_FUZZ_TARGET").unwrap_or_default();
        lumbra_fuzz::target(&name).unwrap_or_else(|| {
            eprintln!("LUMBRA_FUZZ_TARGET names no target: '{name}'");
            std::process::exit(2)
        })
    })
}

fn write_seeds(dir: &Path) -> std::io::Result<()> {
    for target in TARGETS {
        let dir = dir.join(target.name);
        std::fs::create_dir_all(&dir)?;
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            std::fs::write(dir.join(format!("seed-{number:03}")), seed)?;
        }
        println!("{} {}", target.name, target.longest);
    }
    Ok(())
}

libfuzzer_sys::fuzz_target!(
    init: {
        if let Some(dir) = std::env::var_os("LUMBRA_FUZZ_SEEDS") {
            let written = write_seeds(Path::new(&dir));
            if let Err(error) = &written {
                eprintln!("the seeds can't be written: {error}");
            }
            std::process::exit(i32::from(written.is_err()));
        }
    },
    |data: &[u8]| (chosen().run)(data)
);
