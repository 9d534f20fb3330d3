#!/usr/bin/env bash
# The project's tests: tests/run.sh [SUITE...], all suites when none is named.
#
#   rust    format, lints, licences, unit, property, wire and end-to-end tests, the inputs that fuzzing keeps (tests/fuzz)
#   bluez   the terminal shell and the virtual wearable over a real BlueZ, in an emulated machine
#   peripheral  the same, and then with the wearable on a second adapter; not run by default
#   kotlin  the Kotlin library over the core: scenarios, cancelling, torture, the README's program
#   swift   the same in Swift, in a Linux root of its own
#   fhir    bundles for a clinic's system, by the standard's own validator; real FHIR servers for the sync to be tried against
#   mobile  type checks of the workspace for Android and iOS, without their SDKs
#   safety  the therapy machine checked exhaustively, design mistakes that must be found, random sessions of the whole
#           stack with faults, kills and power cuts
#
# Without names: all but peripheral. When shells are tested, a table shows every scenario in every language.
#
# Installs what it needs, keeps downloads and tools in $LUMBRA_CACHE (outside the checkout), prints where
# it is, and ends with the line "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."

export LUMBRA_CACHE="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}"
export CARGO_TERM_COLOR=never
# What makes the next build of a changed crate faster takes gigabytes, and a run of everything builds once.
export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}"
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(rust bluez kotlin swift fhir mobile safety)
mkdir -p "$LUMBRA_CACHE"
began=$SECONDS
passed=0
failed=0
# What failed, told once more at the end: the middle of a long output is easily lost.
failures=()
log=$(mktemp)
# A file a language, a line a scenario.
played=$(mktemp -d)
trap 'rm -rf "$log" "$played"' EXIT

# With the space that is left: a full disk fails in many words, none of which says so.
say() {
    printf '\n== %s (%d s, %s free)\n' "$*" $((SECONDS - began)) "$(df -h --output=avail . 2>/dev/null | tail -1 | tr -d ' ')"
}

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
        failures+=("$name")
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
    [ "$bad" -eq 0 ] || while IFS= read -r line; do
        failures+=("$name: $line")
    done < <(grep -aE '^(FAIL|not ok|FAILED)\b|^(test .* FAILED|scenario .* FAIL)$|panicked at' "$log" | grep -v torture | head -40)
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
    # SQLCipher and libdbus are built from source.
    command -v cc >/dev/null || { apt-get update -qq && apt-get install -y -qq build-essential; }
}

cargo_deny() {
    local deny="$LUMBRA_CACHE/tools/bin/cargo-deny"
    # Without optimisation: it runs for a second, and would take minutes more to build.
    [ -x "$deny" ] || cargo install cargo-deny --locked --quiet --debug --root "$LUMBRA_CACHE/tools" || return 1
    # The advisory database is not a package registry: licences, bans and sources are checked here.
    "$deny" --workspace --config .deny.toml check licenses bans sources
}

suite_rust() {
    need_rust
    check "format" cargo fmt --all --check
    check "lints" cargo clippy --workspace --all-targets --locked -- -D warnings
    check "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
    check "licences" cargo_deny
    counted "tests" env LUMBRA_SCENARIO_RESULTS="$played/Rust" cargo test --workspace --locked --no-fail-fast
}

suite_bluez() {
    need_rust
    counted "bluez" bash tests/bluez/run.sh
}

# The core's own player, beside which the shells' are compared.
scenarios_in_rust() {
    [ -e "$played/Rust" ] ||
        counted "scenarios in Rust" env LUMBRA_SCENARIO_RESULTS="$played/Rust" cargo test -p lumbra-scenarios --locked
}

# Not among the default suites: it plays the whole of `bluez` again before its own part.
suite_peripheral() {
    need_rust
    counted "peripheral" bash tests/bluez/run.sh peripheral
}

suite_kotlin() {
    need_rust
    scenarios_in_rust
    counted "kotlin" env LUMBRA_SCENARIO_RESULTS="$played/Kotlin" bash tests/kotlin/run.sh
}

suite_swift() {
    need_rust
    scenarios_in_rust
    counted "swift" env LUMBRA_SCENARIO_RESULTS="$played/Swift" bash tests/swift/run.sh
}

suite_fhir() {
    need_rust
    counted "fhir" bash tests/fhir/run.sh
}

suite_mobile() {
    need_rust
    counted "mobile" bash tests/mobile/run.sh
}

# With fewer kills and cuts than the programs' own defaults, which take minutes each.
suite_safety() {
    need_rust
    check "building the checks of safety" cargo build --release --locked --quiet -p lumbra-model -p lumbra-faults
    local bin="${CARGO_TARGET_DIR:-target}/release"
    check "every interleaving, up to a bound" "$bin/lumbra-model" check
    check "every design mistake is found" "$bin/lumbra-model" mistakes
    check "500 random sessions" "$bin/lumbra-faults" --sessions 500
    check "killed at random moments" "$bin/lumbra-faults" kill --times 200
    check "power cut at random moments" "$bin/lumbra-faults" power-cut --times 200
}

# The API of both shells side by side, as bindings/API.md shows it; from what their suites have generated.
api_list() {
    local public
    public=$(mktemp -d)
    cp "${CARGO_TARGET_DIR:-target}/kotlin/generated/health/lumbra/core/Values.kt" "$public/" &&
        python3 tests/api/list.py --kotlin android/core/src/main/kotlin "$public" --swift ios/Sources/LumbraKit \
            --swift-generated ios/Sources/LumbraGenerated --check bindings/API.md
    local code=$?
    rm -rf "$public"
    return $code
}

# Every scenario in every language that played; fails when one is missing or has failed.
table() {
    local languages=() language scenario cell whole=0
    for language in Rust Kotlin Swift; do [ -e "$played/$language" ] && languages+=("$language"); done
    printf '%-40s' scenario
    printf '%-8s' "${languages[@]}"
    echo
    for scenario in tests/scenarios/*.json; do
        scenario=$(basename "$scenario" .json)
        printf '%-40s' "$scenario"
        for language in "${languages[@]}"; do
            cell=$(awk -F '\t' -v name="$scenario" '$1 == name {print $2}' "$played/$language" | tail -1)
            [ "$cell" = ok ] || whole=1
            printf '%-8s' "${cell:--}"
        done
        echo
    done
    return $whole
}

for suite in "${suites[@]}"; do
    case "$suite" in
    rust | bluez | peripheral | kotlin | swift | fhir | mobile | safety) "suite_$suite" ;;
    *)
        echo "unknown suite '$suite': choose from rust, bluez, peripheral, kotlin, swift, fhir, mobile, safety" >&2
        exit 2
        ;;
    esac
done
if [ -e "$played/Kotlin" ] || [ -e "$played/Swift" ]; then
    check "scenarios in every language" table
fi
if [ -e "$played/Kotlin" ] && [ -e "$played/Swift" ]; then
    counted "the public API" api_list
fi

say "done"
[ ${#failures[@]} -eq 0 ] || printf 'failed: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
