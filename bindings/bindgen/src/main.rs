//! Generates the Kotlin and Swift faces of the core from the built library: UniFFI's own generator, of the version that
//! the library was built with. Build it with `--profile bindgen`: it is run once and need not be fast.
//!
//! `lumbra-bindgen generate --config uniffi.toml --language kotlin --out-dir DIR liblumbra_ffi.so`

fn main() {
    uniffi::uniffi_bindgen_main();
}
