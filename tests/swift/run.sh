#!/usr/bin/env bash
# The core in Swift, on Linux: tests/swift/run.sh [bench [CASE...]]
#
#   (nothing)  builds LumbraKit with warnings as errors, and runs its tests; ends with the line "N passed, N failed"
#   bench      builds everything for release and prints measurements, a JSON object a line; all else goes to stderr
#
# Swift lives in a root of its own, made by setup.sh and entered with a private mount namespace: nothing stays mounted, however
# this ends. Everything that is built lies in $LUMBRA_CACHE/swift. Needs root. LUMBRA_SCENARIO_RESULTS names a file for the
# scenarios' results, a line each.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
cache="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}/swift"
mode=${1:-test}
began=$SECONDS
say() { echo "[swift $((SECONDS - began)) s] $*" >&2; }

case "$mode" in
test) options=(--features torture) ;;
bench) options=(--release --features measure) ;;
*)
    echo "usage: $0 [bench [CASE...]]" >&2
    exit 2
    ;;
esac

mkdir -p "$cache"
root=$(LUMBRA_CACHE="$(dirname "$cache")" bash "$here/setup.sh" | tail -1)
work="$cache/$mode"
mkdir -p "$work/generated" "$work/lib"

# place FROM TO: copies when it differs, so that nothing is built anew for nothing.
place() {
    mkdir -p "$(dirname "$2")"
    cmp -s "$1" "$2" || cp "$1" "$2"
}

say "the core and its Swift face"
built=$(bash "$checkout/bindings/generate.sh" swift "$work/generated" "${options[@]}" | tail -1)
place "$built/liblumbra_ffi.so" "$work/lib/liblumbra_ffi.so"
place "$work/generated/LumbraGenerated.swift" "$checkout/ios/Sources/LumbraGenerated/LumbraGenerated.swift"
place "$work/generated/LumbraFFI.h" "$checkout/ios/Sources/LumbraFFI/LumbraFFI.h"
place "$work/generated/LumbraFFI.modulemap" "$checkout/ios/Sources/LumbraFFI/module.modulemap"

# What was compiled against another generated module is not always compiled anew: a default that an initialiser gained leaves callers that don't
# link. `built-of.swift` is the module of the build that is there.
cmp -s "$work/generated/LumbraGenerated.swift" "$work/built-of.swift" || rm -rf "$work/build"
cp "$work/generated/LumbraGenerated.swift" "$work/built-of.swift"

# inside COMMAND...: runs it in the root, which sees the checkout at /lumbra and the work folder at /work.
# Whatever runs in there ends with it.
inside() {
    unshare -m --pid --fork --kill-child bash -euc '
        root=$1 checkout=$2 work=$3
        shift 3
        mount --make-rprivate /
        mkdir -p "$root/lumbra" "$root/work"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --bind "$checkout" "$root/lumbra"
        mount --bind "$work" "$root/work"
        exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/work LANG=C.UTF-8 LD_LIBRARY_PATH=/work/lib "$@"
    ' _ "$root" "$checkout" "$work" "$@"
}

# Swift 6.0's Observation library on Linux lacks a symbol that only its own fatal errors need.
linking=(-Xlinker -L/work/lib -Xlinker --allow-shlib-undefined)

if [ "$mode" = bench ]; then
    say "building for release"
    inside swift build --package-path /lumbra/tests/swift/bench --scratch-path /work/build -c release "${linking[@]}" >&2
    say "measuring"
    inside /work/build/release/bench "${@:2}"
    exit
fi

say "building LumbraKit and its tests"
inside LUMBRA_STRICT=1 swift build --package-path /lumbra/tests/swift --scratch-path /work/build --build-tests "${linking[@]}" >&2
say "testing"
rm -f "$work/scenarios.tsv"
log="$work/test.log"
code=0
# The guard ends only what hangs; the tests themselves take no time for an answer.
inside LUMBRA_SCENARIO_RESULTS=/work/scenarios.tsv timeout --kill-after=10 1200 \
    stdbuf -oL swift test --package-path /lumbra/tests/swift --scratch-path /work/build --skip-build 2>&1 | tee "$log" || code=$?
if [ -n "${LUMBRA_SCENARIO_RESULTS:-}" ]; then
    touch "$work/scenarios.tsv"
    cat "$work/scenarios.tsv" >>"$LUMBRA_SCENARIO_RESULTS"
fi

# Every test that began has ended well, or has failed: a crash leaves one that only began.
started=$(grep -c "^Test Case '.*' started at" "$log" || true)
passed=$(grep -c "^Test Case '.*' passed (" "$log" || true)
failed=$((started - passed))
if [ "$failed" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$started" -eq 0 ]; }; then
    echo "FAIL swift: exit code $code, $started tests began"
    failed=1
fi
# A panic of the core that nobody asked for is a failure, even where it was told as an error.
panics=$(grep "panicked at" "$log" | grep -vc "bindings/src/torture.rs" || true)
if [ "$panics" -gt 0 ]; then
    echo "FAIL swift: the core panicked $panics times"
    failed=$((failed + panics))
fi
say "done"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
