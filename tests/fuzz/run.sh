#!/usr/bin/env bash
# Fuzzing: tests/fuzz/run.sh [--minutes CPU_MINUTES] [--corpus-kib KIB] [TARGET...], all targets when none is named.
#
# Builds the targets with coverage, on the stable compiler, lets libFuzzer search until each has used so many minutes of processor
# time (10 when nothing is said), and ends with a table. Then the corpus in tests/fuzz/corpus is made anew: a small set of inputs that
# reaches as much of the code, and every finding there was. A panic on any thread, an input that takes more than 25 s (the core waits
# 10 s for a radio that says nothing), and more than 2 GiB of memory are findings; their inputs stay in the folder that is printed.
#
# Needs Rust 1.95 and a C++ compiler. What it builds goes to $CARGO_TARGET_DIR, or target/fuzz.
set -uo pipefail
cd "$(dirname "$0")/../.."

minutes=10
corpus_kib=48
corpus_files=120
targets=()
while [ $# -gt 0 ]; do
    case "$1" in
    --minutes) minutes=$2 && shift 2 ;;
    --corpus-kib) corpus_kib=$2 && shift 2 ;;
    -*) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
    *) targets+=("$1") && shift ;;
    esac
done

host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target/fuzz}"
# The counters and comparisons that libFuzzer reads. With a target named, build scripts and macros go without.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="$coverage -Ccodegen-units=1 -Cdebug-assertions=on -Coverflow-checks=on" \
    cargo build --release --locked --quiet --config profile.release.lto=false --target "$host" \
    -p lumbra-fuzz --features libfuzzer --bin lumbra-fuzz-driver || exit 1
driver="$CARGO_TARGET_DIR/$host/release/lumbra-fuzz-driver"

work=$(mktemp -d "${TMPDIR:-/tmp}/lumbra-fuzz.XXXXXX")
echo "inputs, logs and findings are kept in $work"
declare -A longest
while read -r name bytes; do longest[$name]=$bytes; done < <(LUMBRA_FUZZ_SEEDS="$work/seeds" "$driver" 2>/dev/null)
[ ${#longest[@]} -gt 0 ] || { echo "the driver does not run" >&2 && exit 1; }
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(printf '%s\n' "${!longest[@]}" | sort)
for target in "${targets[@]}"; do
    [ -n "${longest[$target]:-}" ] || { echo "unknown target '$target': choose from ${!longest[*]}" >&2 && exit 2; }
done

# libFuzzer with its limits.
fuzzer() {
    local target=$1
    shift
    LUMBRA_FUZZ_TARGET=$target nice -n 10 "$driver" -timeout=25 -report_slow_units=25 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
        -max_len="${longest[$target]}" "$@"
}

# Searches in slices until the processor time is used up. Prints "executions seconds".
search() {
    local target=$1 wanted=$2 dir="$work/$1" used=0 executed=0 slice=0 left user system
    mkdir -p "$dir/corpus" "$dir/findings"
    cp "$work/seeds/$target"/* "$dir/corpus/"
    cp tests/fuzz/corpus/"$target"/* "$dir/corpus/" 2>/dev/null
    while [ "$(awk "BEGIN { print ($used < $wanted) }")" = 1 ] && [ "$slice" -lt 400 ]; do
        slice=$((slice + 1))
        # Wall time: the last slices are as short as what is left.
        left=$(awk "BEGIN { left = $wanted - $used; print (left < 60 ? int(left) + 2 : 60) }")
        { TIMEFORMAT='%U %S' && time fuzzer "$target" -max_total_time="$left" -print_final_stats=1 -reload=0 \
            -artifact_prefix="$dir/findings/" "$dir/corpus" >"$dir/log-$slice" 2>&1; } 2>"$dir/times"
        read -r user system <"$dir/times"
        used=$(awk "BEGIN { print $used + $user + $system }")
        executed=$((executed + $(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/log-$slice" | tail -1 | grep . || echo 0)))
        # A finding is found again and again: enough of them tell the same.
        [ "$(find "$dir/findings" -type f | wc -l)" -lt 5 ] || break
    done
    echo "$executed $used"
}

# A small set that reaches as much. Where that is still too many, every so many'th by size; findings come along whatever their size.
keep() {
    local target=$1 dir="$work/$1" kept="tests/fuzz/corpus/$1" bytes=0 every size file
    mkdir -p "$dir/merged" "$dir/kept"
    fuzzer "$target" -set_cover_merge=1 -artifact_prefix="$dir/findings/" "$dir/merged" "$dir/corpus" >"$dir/log-merge" 2>&1
    every=$((1 + $(find "$dir/merged" -type f | wc -l) / corpus_files))
    while read -r size file; do
        bytes=$((bytes + size))
        [ "$bytes" -le $((corpus_kib * 1024)) ] || break
        cp "$file" "$dir/kept/"
    done < <(find "$dir/merged" -type f -printf '%s %p\n' | sort -n | awk "NR % $every == 0")
    cp "$kept"/finding-* "$dir/kept/" 2>/dev/null
    for file in "$dir/findings"/*; do
        [ -e "$file" ] && cp "$file" "$dir/kept/finding-$(sha1sum "$file" | cut -c1-16)"
    done
    [ -n "$(ls "$dir/kept")" ] || return 1
    rm -rf "$kept" && mkdir -p "$kept" && cp "$dir/kept"/* "$kept/"
}

found_any=0
rows=()
for target in "${targets[@]}"; do
    echo "== $target"
    read -r executed used < <(search "$target" "$(awk "BEGIN { print $minutes * 60 }")")
    found=$(find "$work/$target/findings" -type f | wc -l)
    [ "$found" -eq 0 ] || found_any=1
    edges=$(grep -ahoE 'cov: [0-9]+' "$work/$target"/log-* | awk '$2 > most { most = $2 } END { print most + 0 }')
    keep "$target" || echo "no corpus could be made of $target: see $work/$target/log-merge" >&2
    kept=$(find "tests/fuzz/corpus/$target" -type f | wc -l)
    rows+=("$(awk "BEGIN { printf \"%-14s %12d %10.1f %7d %7d %9d\", \"$target\", $executed, $used / 60, $edges, $kept, $found }")")
    echo "${rows[-1]}"
done
printf '\n%-14s %12s %10s %7s %7s %9s\n' target executions "CPU min" edges corpus findings
printf '%s\n' "${rows[@]}"
exit $found_any
