#!/usr/bin/env bash
# The Kotlin library, built and tested: tests/kotlin/run.sh, or tests/kotlin/run.sh bench for its figures.
#
# Installs a JDK and Maven where they are missing, builds the core, generates its Kotlin face, compiles it with android/core, runs the
# tests, type-checks android/phone with the radio's Java half, and ends with the line "N passed, N failed". With `bench` it builds
# for speed and prints the figures on standard output, a JSON object a line; all else goes to standard error.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
mode=${1:-test}
target="${CARGO_TARGET_DIR:-$root/target}"
out="$target/kotlin"
began=$SECONDS
say() { echo "[kotlin $((SECONDS - began)) s] $*" >&2; }

missing=()
command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# maven PROPERTY_OR_GOAL...: the whole build, or a part of it.
maven() {
    mvn --batch-mode --quiet --file tests/kotlin/pom.xml \
        -Dlumbra.root="$root" -Dlumbra.out="$out" -Dlumbra.generated="$out/generated" -Dlumbra.library="$out/library" "$@"
}

# generate CARGO_OPTION...: the Kotlin face, and with it the very library that it was made from.
generate() {
    local library
    rm -rf "$out/generated" "$out/library"
    library=$(bash bindings/generate.sh kotlin "$out/generated" "$@" | tail -1)
    mkdir -p "$out/library"
    cp "$library/liblumbra_ffi.so" "$out/library/"
}

if [ "$mode" = bench ]; then
    out="$out-bench"
    say "building for speed"
    generate --release --features measure
    say "compiling"
    maven --activate-profiles bench --projects core,bench -Dlumbra.reach="$root/tests/kotlin/core/measure" compile >&2
    say "measuring"
    exec java -Xms64m -Xmx64m -XX:+AlwaysPreTouch -XX:+UseSerialGC -Djna.library.path="$out/library" \
        -classpath "$out/bench/classes:$(cat "$out/bench/classpath")" health.lumbra.bench.MainKt
fi

say "building the core"
generate --features torture
btleplug=$(cargo metadata --locked --format-version 1 | grep -o '"manifest_path":"[^"]*/btleplug-[0-9][^"]*/Cargo.toml"' |
    head -1 | sed 's/.*:"//; s|/Cargo.toml"$||')
say "compiling and testing"
rm -rf "$out/suite/surefire-reports" "$out/phone/classes"
code=0
maven --fail-at-end -Dlumbra.btleplug="$btleplug" test || code=$?

# Surefire's reports say what ran: the sum of every class's figures.
read -r tests bad < <(cat "$out"/suite/surefire-reports/*.txt 2>/dev/null | awk -F'[:,]' '
    /^Tests run:/ { tests += $2 - $8; bad += $4 + $6 }
    END { print tests + 0, bad + 0 }')
passed=$((tests - bad))
# The type check is a test too; ours and the radio's half must both have come out.
if [ -d "$out/phone/classes/health" ] && [ -d "$out/phone/classes/com/nonpolynomial" ]; then
    passed=$((passed + 1))
    echo "ok the phone's side fits Android's API"
else
    bad=$((bad + 1))
    echo "FAIL the phone's side does not fit Android's API"
fi
# A build that broke off is a failure of its own.
if [ "$tests" -eq 0 ] || { [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
    bad=$((bad + 1))
    echo "FAIL Maven ended with $code after $tests tests"
fi
say "done"
echo "$passed passed, $bad failed"
[ "$bad" -eq 0 ]
