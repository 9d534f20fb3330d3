#!/usr/bin/env bash
# A stand-in for the C compiler and archiver of a platform whose SDK is not here: it preprocesses as the host does, and writes
# empty objects and archives. Enough for a type check of the Rust code, in which nothing is linked.
set -euo pipefail
output=
preprocess=
arguments=()
while [ $# -gt 0 ]; do
    case "$1" in
    -E) preprocess=yes ;;
    # A question for compilers of another family.
    -\?) exit 1 ;;
    -D | -I | -U)
        arguments+=("$1" "$2")
        shift
        ;;
    -o)
        output=$2
        shift
        ;;
    # What only the platform's own compiler knows.
    -target | --target | -arch | -isysroot | --sysroot) shift ;;
    --target=* | --sysroot=* | -m*-version-min=* | -march=* | -mcpu=*) ;;
    -[DIU]*) arguments+=("$1") ;;
    *.c | *.h) arguments+=("$1") ;;
    *.a) [ -n "$output" ] || output=$1 ;;
    esac
    shift
done
if [ -n "$preprocess" ]; then
    exec cc -E "${arguments[@]}" ${output:+-o "$output"}
fi
[ -z "$output" ] || : >"$output"
