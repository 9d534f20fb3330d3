//! Builds SQLCipher with the cryptography that is small and everywhere: the system's on Apple platforms, libtomcrypt elsewhere.
//!
//! SQLCipher's default, OpenSSL, would be most of an app's library and of a first build, for AES-256-CBC,
//! HMAC-SHA-512 and a random generator; Android has none to link. All providers write the same file format. The sources of both
//! come from `sqlcipher-src`, which carries SQLCipher's signed releases as they are; the `rusqlite` crate binds to the result, as it
//! would to a system's SQLCipher.

use std::env;
use std::path::Path;

/// What SQLite is built with: no more than the store uses.
const SQLITE: &[&str] = &[
    "SQLITE_CORE",
    "SQLITE_DEFAULT_FOREIGN_KEYS=1",
    "SQLITE_DQS=0",
    // A misused handle is an error, not undefined behaviour.
    "SQLITE_ENABLE_API_ARMOR",
    "SQLITE_OMIT_LOAD_EXTENSION",
    "SQLITE_THREADSAFE=1",
    "SQLITE_USE_URI",
    "HAVE_USLEEP=1",
    "HAVE_ISNAN",
    "HAVE_STDINT_H=1",
    "_POSIX_THREAD_SAFE_FUNCTIONS",
    // Temporary tables stay in memory: on disk they would be in clear.
    "SQLITE_TEMP_STORE=3",
];

const SQLCIPHER: &[&str] =
    &["SQLITE_HAS_CODEC", "SQLITE_EXTRA_INIT=sqlcipher_extra_init", "SQLITE_EXTRA_SHUTDOWN=sqlcipher_extra_shutdown"];

/// What SQLCipher needs of libtomcrypt.
const TOMCRYPT: &[&str] = &[
    "LTC_NOTHING",
    // A wrong argument is an error; by default it would end the process.
    "ARGTYPE=4",
    "LTC_NO_TEST",
    "LTC_RIJNDAEL",
    "LTC_CBC_MODE",
    "LTC_SHA1",
    "LTC_SHA256",
    "LTC_SHA512",
    "LTC_HASH_HELPERS",
    "LTC_HMAC",
    "LTC_PKCS_5",
    "LTC_FORTUNA",
    "LTC_RNG_GET_BYTES",
];

/// The one source of libtomcrypt that is replaced.
const RANDOM: &str = "/rng_get_bytes.c";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=random.c");
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    let (apple, windows) = (target("VENDOR") == "apple", target("OS") == "windows");
    let sources = sqlcipher_src::source_dir();
    let mut sqlcipher = build();
    sqlcipher.file(sources.join(sqlcipher_src::SOURCE_FILE));
    define(&mut sqlcipher, SQLITE);
    define(&mut sqlcipher, SQLCIPHER);
    if !windows {
        sqlcipher.define("HAVE_LOCALTIME_R", None);
    }
    if matches!(target("OS").as_str(), "linux" | "android") {
        // SQLite trusts no system's fdatasync by itself. These have one that brings a longer file's length to the disk too, and Android
        // builds its own SQLite with it. Over a log that is written anew from its begin it spares the file system's journal.
        sqlcipher.define("HAVE_FDATASYNC", None);
    }
    if apple {
        sqlcipher.define("SQLCIPHER_CRYPTO_CC", None);
        println!("cargo:rustc-link-lib=framework=Security");
        println!("cargo:rustc-link-lib=framework=CoreFoundation");
    } else {
        sqlcipher.define("SQLCIPHER_CRYPTO_LIBTOMCRYPT", None);
        tomcrypt(&mut sqlcipher, sources, windows);
        let mut tomcrypt_alone = build();
        // Windows' random numbers are asked for as libtomcrypt does; elsewhere see random.c.
        let own_random = !windows;
        let kept = sqlcipher_src::LIBTOMCRYPT_SOURCES.iter().filter(|file| !(own_random && file.ends_with(RANDOM)));
        tomcrypt_alone.files(kept.map(|file| sources.join(file)));
        if own_random {
            tomcrypt_alone.file("random.c");
        }
        tomcrypt_alone.define("LTC_SOURCE", None);
        tomcrypt(&mut tomcrypt_alone, sources, windows);
        tomcrypt_alone.compile("tomcrypt");
    }
    sqlcipher.compile("sqlcipher");
}

/// Both must be built with the same switches.
fn tomcrypt(build: &mut cc::Build, sources: &Path, windows: bool) {
    build.include(sources.join(sqlcipher_src::LIBTOMCRYPT_INCLUDE_DIR));
    define(build, TOMCRYPT);
    if !windows {
        // Its tables of ciphers and hashes are read on several threads.
        build.define("LTC_PTHREAD", None);
    }
}

fn build() -> cc::Build {
    let mut build = cc::Build::new();
    build.warnings(false);
    // Encryption without optimisation is unbearable, in tests too.
    if env::var("OPT_LEVEL").is_ok_and(|level| level == "0" || level == "1") {
        build.opt_level(2);
    }
    build
}

fn define(build: &mut cc::Build, definitions: &[&str]) {
    for definition in definitions {
        match definition.split_once('=') {
            Some((name, value)) => build.define(name, value),
            None => build.define(definition, None),
        };
    }
}
