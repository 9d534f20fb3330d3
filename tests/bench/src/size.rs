//! How large the library is that an app carries, by crate, beside a minimal library of the same dependencies with plain SQLite.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::BenchError;
use crate::report::{Case, Goal, Report};

/// Crates smaller than this are told together.
const SMALL_KIB: f64 = 16.0;

pub(crate) fn run(report: &mut Report) -> Result<(), BenchError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).ok_or(BenchError::Broken("no checkout"))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    // Of one crate type alone, as for a phone: beside a Rust library Cargo gives it no link-time optimisation.
    let ours = ["-p", "lumbra-ffi", "--lib", "--crate-type", "cdylib"];
    let ours = build(&root.join("Cargo.toml"), &ours, &target, "liblumbra_ffi.so")?;
    let manifest = root.join("tests/bench/minimal/Cargo.toml");
    let minimal = build(&manifest, &[], &target.join("minimal"), "liblumbra_minimal.so")?;
    let plain =
        Case { bench: "size", name: "", unit: "KiB", value: 0.0, baseline: "", baseline_value: None, goal: Goal::None };
    report.case(&Case {
        name: "library",
        value: stripped_kib(&ours)?,
        baseline: "a minimal library of the same dependencies with plain SQLite",
        baseline_value: Some(stripped_kib(&minimal)?),
        goal: Goal::AtMost(1.6),
        ..plain
    });
    let mut small = 0.0;
    for (name, kib) in by_crate(&ours)? {
        if kib < SMALL_KIB {
            small += kib;
        } else {
            report.case(&Case { name: &name, value: kib, ..plain });
        }
    }
    report.case(&Case { name: "all smaller ones", value: small, ..plain });
    Ok(())
}

/// Builds with the profile that apps are shipped with, but with its symbols.
fn build(manifest: &Path, what: &[&str], target: &Path, library: &str) -> Result<PathBuf, BenchError> {
    let built = Command::new("cargo")
        .args(["rustc", "--quiet", "--locked", "--profile", "phone", "--config", "profile.phone.strip=false"])
        .arg("--manifest-path")
        .arg(manifest)
        .args(what)
        .arg("--target-dir")
        .arg(target)
        .status()?;
    if !built.success() {
        return Err(BenchError::Broken("a library could not be built"));
    }
    Ok(target.join("phone").join(library))
}

fn stripped_kib(library: &Path) -> Result<f64, BenchError> {
    let stripped = tempfile::NamedTempFile::new()?;
    if !Command::new("strip").arg("-o").arg(stripped.path()).arg(library).status()?.success() {
        return Err(BenchError::Broken("binutils' strip failed"));
    }
    Ok(kib(std::fs::metadata(stripped.path())?.len()))
}

/// The sizes of all symbols by the crate that defines them, largest first. What has no symbol (strings, tables for unwinding)
/// is in none.
fn by_crate(library: &Path) -> Result<Vec<(String, f64)>, BenchError> {
    let listed = Command::new("nm").args(["--print-size", "--demangle", "--defined-only"]).arg(library).output()?;
    if !listed.status.success() {
        return Err(BenchError::Broken("binutils' nm failed"));
    }
    let mut sizes = BTreeMap::<String, u64>::new();
    for line in String::from_utf8_lossy(&listed.stdout).lines() {
        // Address, size, kind, name.
        let mut words = line.splitn(4, ' ');
        if let (Some(_), Some(size), Some(_), Some(name)) = (words.next(), words.next(), words.next(), words.next())
            && let Ok(size) = u64::from_str_radix(size, 16)
        {
            *sizes.entry(crate_of(name).to_owned()).or_default() += size;
        }
    }
    let mut sizes: Vec<_> = sizes.into_iter().map(|(name, size)| (name, kib(size))).collect();
    sizes.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    Ok(sizes)
}

/// `<&mut tokio::runtime::X as core::fmt::Debug>::fmt` is of tokio; a name without a path is C's.
fn crate_of(symbol: &str) -> &str {
    if !symbol.contains("::") {
        return if symbol.starts_with("dbus") || symbol.starts_with("_dbus") { "C: libdbus" } else { "C: SQLCipher" };
    }
    let path = symbol.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let path = ["mut ", "dyn ", "const "].iter().fold(path, |path, word| path.strip_prefix(word).unwrap_or(path));
    match path.split(|c: char| !c.is_alphanumeric() && c != '_').next() {
        // What a trait of the standard library does for all types.
        Some("T") => "core",
        found => found.unwrap_or(symbol),
    }
}

fn kib(bytes: u64) -> f64 {
    // A library is far smaller than what a double counts exactly.
    #[allow(clippy::cast_precision_loss)]
    let bytes = bytes as f64;
    bytes / 1_024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_belong_to_crates() {
        for (symbol, expected) in [
            ("tokio::runtime::task::poll", "tokio"),
            ("<tokio::time::Sleep as core::future::Future>::poll", "tokio"),
            ("<&mut serde_json::Value as core::fmt::Debug>::fmt", "serde_json"),
            ("<[lumbra_domain::Units] as core::fmt::Debug>::fmt", "lumbra_domain"),
            ("<T as core::convert::Into<U>>::into", "core"),
            ("sqlite3_step", "C: SQLCipher"),
            ("_dbus_string_init", "C: libdbus"),
        ] {
            assert_eq!(crate_of(symbol), expected, "{symbol}");
        }
    }
}
