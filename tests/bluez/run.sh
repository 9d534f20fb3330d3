#!/usr/bin/env bash
# The BlueZ suite: sets the machine up, builds, plays the scenario, judges it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export LUMBRA_CACHE="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}"
bash "$here/setup.sh"
echo "[build] lumbra and lumbra-bench"
cargo build --manifest-path "$root/Cargo.toml" --release --locked --quiet -p lumbra-cli -p lumbra-bench
binaries="${CARGO_TARGET_DIR:-$root/target}/release"
# `run.sh peripheral` plays the wearable on an adapter too.
more=(--with "$here/hostile.sh")
[ "${1:-}" != peripheral ] || more+=(--with "$here/peripheral.sh")
results=$(mktemp)
trap 'rm -f "$results"' EXIT
for attempt in 1 2 3; do
    code=0
    "$LUMBRA_CACHE/bluez/venv/bin/python" "$here/run.py" --cache "$LUMBRA_CACHE/bluez" --scenario "$here/scenario.sh" \
        --with "$here/helpers.sh" "${more[@]}" \
        --binary "$binaries/lumbra" --binary "$binaries/lumbra-bench" --results "$results" \
        --wearable "$binaries/lumbra" wearable serve || code=$?
    # Only a guest that never came up is booted again: nothing of ours has run in it.
    [ "$code" -eq 75 ] || break
    echo "[boot $attempt] the guest did not come up"
done
echo
[ "$code" -eq 0 ] || echo "FAIL the scenario ended with $code"
python3 "$here/judge.py" "$results" "$@" || code=$?
exit "$code"
