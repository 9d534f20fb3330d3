#!/usr/bin/env bash
# Makes the Python that runs duck.py, in $LUMBRA_CACHE/duckdb, when it is missing. Prints its path; fails where it can't be made.
set -euo pipefail
cd "$(dirname "$0")"
here="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}/duckdb"
if [ "$(cat "$here/made" 2>/dev/null)" != "$(cat requirements.txt)" ]; then
    rm -rf "$here"
    mkdir -p "$(dirname "$here")"
    python3 -m venv "$here" >&2
    "$here/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt >&2
    cp requirements.txt "$here/made"
fi
echo "$here/bin/python"
