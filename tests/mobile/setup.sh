#!/usr/bin/env bash
# Makes a Rust toolchain that carries its standard library's source, for type checks of targets that have no
# prebuilt library here: Debian's rustc-web, unpacked and not installed. Idempotent; prints its folder last.
set -euo pipefail
cache="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}/mobile"
root="$cache/rust-web"
began=$SECONDS
say() { echo "[mobile setup $((SECONDS - began)) s] $*" >&2; }
mkdir -p "$cache"

if [ ! -e "$root/.ready" ]; then
    rm -rf "$root" "$cache/deb"
    mkdir -p "$root" "$cache/deb"
    say "fetching rustc, cargo and the library's source"
    apt-get update -qq
    # Their libraries too, those that this system does not have.
    packages=$(apt-get install --dry-run --no-install-recommends rustc-web cargo-web rust-web-src 2>/dev/null |
        sed -n 's/^Inst \([^ ]*\) .*/\1/p')
    (cd "$cache/deb" && apt-get download -qq -o APT::Sandbox::User=root $packages)
    for deb in "$cache"/deb/*.deb; do dpkg -x "$deb" "$root"; done
    rm -rf "$cache/deb"
    touch "$root/.ready"
    say "ready"
fi
echo "$root"
