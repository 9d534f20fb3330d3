//! The byte-exact frames of `tests/wire`: what the fuzzer begins with.

use std::path::Path;

use serde_json::Value;

/// The bytes of every case in a file of `tests/wire`, such as `status`.
pub fn frames(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire").join(format!("{name}.json"));
    let cases: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the wire cases are there")).expect("they are JSON");
    cases.iter().filter_map(|case| case["hex"].as_str()).map(bytes).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).filter_map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()).collect()
}
