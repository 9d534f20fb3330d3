#!/usr/bin/env bash
# Type-checks the workspace for Android and iOS, on a machine that has neither SDK: the standard library is built from source, C
# is not compiled, nothing is linked. It finds what only those platforms' code has: a wrong type, a wrong version of a crate.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
toolchain=$(bash "$here/setup.sh" | tail -1) || exit 1
cache="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}/mobile"
mkdir -p "$cache/sdk"

export PATH="$toolchain/usr/bin:$PATH"
libraries=$(find "$toolchain/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
export LD_LIBRARY_PATH="$libraries"
export RUSTC="$toolchain/usr/bin/rustc" RUSTDOC="$toolchain/usr/bin/rustdoc"
unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER
export RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/mobile"
# A warning is a failure, as on the host.
export RUSTFLAGS="-D warnings"
# Where an SDK would be.
export SDKROOT="$cache/sdk" ANDROID_NDK_ROOT="$cache/sdk"

passed=0
failed=0
for target in aarch64-linux-android aarch64-apple-ios; do
    suffix=${target//-/_}
    export "CC_$suffix=$here/cc.sh" "AR_$suffix=$here/cc.sh" "RANLIB_$suffix=true"
    began=$SECONDS
    if cargo check --manifest-path "$root/Cargo.toml" --workspace --locked --quiet -Zbuild-std=std,panic_abort --target "$target"; then
        passed=$((passed + 1))
        echo "ok the workspace type-checks for $target ($((SECONDS - began)) s)"
    else
        failed=$((failed + 1))
        echo "FAIL the workspace does not type-check for $target"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
