#!/usr/bin/env bash
# Bundles of FHIR R4 by the standard's own validator, and real FHIR servers: tests/fhir/run.sh [validator|servers]
#
# Installs a JDK and Maven where they are missing, lets core/report and core/sync write their samples, and checks them with HAPI's
# instance validator, which is HL7's. Then mistakes.tsv is made in one of them, mistake after mistake: each must be found. Nothing is asked over the
# network while it checks. Then smoke.py starts the servers of servers.py and asks them what a client builds on, and phone.py
# lets the terminal shell sync with each, whatever goes wrong on the way, and tell each a year. What is fetched and built is kept in $LUMBRA_CACHE/fhir. Each
# part ends with the line "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
cache="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}/fhir"
out="${CARGO_TARGET_DIR:-$root/target}/fhir"
examples="${CARGO_TARGET_DIR:-$root/target}/debug/examples"
began=$SECONDS
say() { echo "[fhir $((SECONDS - began)) s] $*" >&2; }

part=${1:-}
case "$part" in
"" | validator | servers) ;;
*)
    echo "unknown part '$part': choose from validator, servers" >&2
    exit 2
    ;;
esac

missing=()
command -v python3 >/dev/null || missing+=(python3)
command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

mkdir -p "$cache" "$out"
# What one part finds must not keep the other from being played.
code=0

validator() {
    rm -rf "$out/samples" "$out/classes"
    say "writing samples"
    # Of the whole workspace, as its tests build them: chosen alone, they would have other features, and so would all beneath them.
    cargo build --quiet --locked --workspace --features lumbra-report/test-support --example samples --example resources
    "$examples/samples" "$out/samples"
    "$examples/resources" "$out/samples"
    say "compiling the check"
    mvn --batch-mode --quiet --file tests/fhir/pom.xml -Dmaven.repo.local="$cache/maven" -Dlumbra.out="$out" \
        compile dependency:build-classpath -Dmdep.outputFile="$out/classpath" >&2
    say "checking"
    # Five years are the same rows again, and minutes of work. The last one is where the mistakes are made.
    samples=()
    for name in clinic empty one_day hostile half_a_year four_weeks; do samples+=("$out/samples/$name.json"); done
    java -Xmx1g -classpath "$out/classes:$(cat "$out/classpath")" health.lumbra.fhir.Check tests/fhir/mistakes.tsv "${samples[@]}"
}

if [ "$part" != servers ]; then
    # Not with `||`, under which a shell goes on after an error.
    set +e
    (
        set -e
        validator
    )
    code=$?
    set -e
fi
if [ "$part" != validator ]; then
    say "starting servers"
    python3 tests/fhir/smoke.py || code=$?
    say "building the terminal shell, and what makes a year"
    # As the suite "bluez" builds them.
    cargo build --quiet --release --locked -p lumbra-cli -p lumbra-bench
    say "syncing with them"
    python3 tests/fhir/phone.py || code=$?
fi
say "done"
exit $code
