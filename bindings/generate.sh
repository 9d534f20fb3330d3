#!/usr/bin/env bash
# Generates a face of the core: bindings/generate.sh kotlin|swift OUT_DIR [CARGO OPTION...]
#
# Builds the library (`--release` and the like are handed on to cargo) and the generator, and writes the generated
# sources to OUT_DIR. Prints the folder in which the library lies as its last line. Generated code is never committed.
set -euo pipefail
language=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
shift 2
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-$PWD/target}"
profile=debug
for option in "$@"; do [ "$option" = --release ] && profile=release; done
cargo build --quiet --locked -p lumbra-ffi --lib "$@" >&2
cargo build --quiet --locked -p lumbra-bindgen --profile bindgen >&2
"$target/bindgen/lumbra-bindgen" generate --config uniffi.toml --language "$language" --out-dir "$out" --no-format \
    "$target/$profile/liblumbra_ffi.so" >&2
if [ "$language" = kotlin ]; then
    # Values, and the ports that an app implements as they are; all the rest is hidden from it.
    "$target/bindgen/lumbra-bindgen" part-kotlin "$out" WallClock LogSink >&2
fi
echo "$target/$profile"
