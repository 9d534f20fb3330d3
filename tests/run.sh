#!/usr/bin/env bash
# The project's tests: tests/run.sh [SUITE...], all suites when none is named.
#
#   rust    format, lints, licences, unit, property, wire and end-to-end tests
#   bluez   the terminal shell and the virtual wearable over a real BlueZ, in an emulated machine
#
# Installs what it needs, keeps downloads and tools in $LUMBRA_CACHE (outside the checkout), prints where
# it is, and ends with the line "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."

export LUMBRA_CACHE="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}"
export CARGO_TERM_COLOR=never
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(rust bluez)
mkdir -p "$LUMBRA_CACHE"
began=$SECONDS
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

say() { printf '\n== %s (%d s)\n' "$*" $((SECONDS - began)); }

# check NAME COMMAND...: one test by its exit code.
check() {
    local name=$1
    shift
    say "$name"
    if "$@"; then
        passed=$((passed + 1))
        echo "ok $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
    fi
}

# counted NAME COMMAND...: a command that counts its own tests, in lines of cargo test
# ("test result: ... N passed; N failed") or in a closing line "N passed, N failed".
counted() {
    local name=$1 code ok bad
    shift
    say "$name"
    "$@" 2>&1 | tee "$log"
    code=${PIPESTATUS[0]}
    read -r ok bad < <(awk '
        /^test result:/ { ok += $4; bad += $6 }
        /^[0-9]+ passed, [0-9]+ failed$/ { ok += $1; bad += $3 }
        END { print ok + 0, bad + 0 }' "$log")
    # A run that broke off, or that ran nothing, is a failure of its own.
    if { [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; } || [ $((ok + bad)) -eq 0 ]; then
        echo "FAIL $name: exit code $code, $ok passed, $bad failed"
        bad=$((bad + 1))
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
}

need_rust() {
    command -v cargo >/dev/null || {
        echo "cargo is missing: install Rust (https://rustup.rs), version 1.95 or newer" >&2
        exit 2
    }
    local component
    for component in clippy rustfmt; do
        cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
    done
    # SQLCipher's cryptography is built from source: a C compiler, make and perl.
    local missing=()
    for tool in cc make perl; do command -v $tool >/dev/null || missing+=("$tool"); done
    if [ ${#missing[@]} -gt 0 ]; then
        apt-get update -qq && apt-get install -y -qq build-essential perl
    fi
}

cargo_deny() {
    local deny="$LUMBRA_CACHE/tools/bin/cargo-deny"
    [ -x "$deny" ] || cargo install cargo-deny --locked --quiet --root "$LUMBRA_CACHE/tools" || return 1
    # The advisory database is not a package registry: licences, bans and sources are checked here.
    "$deny" --workspace --config .deny.toml check licenses bans sources
}

suite_rust() {
    need_rust
    check "format" cargo fmt --all --check
    check "lints" cargo clippy --workspace --all-targets --locked -- -D warnings
    check "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
    check "licences" cargo_deny
    counted "tests" cargo test --workspace --locked --no-fail-fast
}

suite_bluez() {
    need_rust
    counted "bluez" bash tests/bluez/run.sh
}

for suite in "${suites[@]}"; do
    case "$suite" in
    rust | bluez) "suite_$suite" ;;
    *)
        echo "unknown suite '$suite': choose from rust, bluez" >&2
        exit 2
        ;;
    esac
done

say "done"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
