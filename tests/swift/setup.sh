#!/usr/bin/env bash
# Makes a root with Swift 6 in $LUMBRA_CACHE/swift: Debian trixie's compiler, in a tree of its own because the
# host may be an older release. Idempotent; prints the root's path as its last line.
set -euo pipefail
cache="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}/swift"
root="$cache/trixie"
began=$SECONDS
say() { echo "[swift setup $((SECONDS - began)) s] $*" >&2; }
mkdir -p "$cache"

if [ ! -e "$root/.ready" ]; then
    if ! command -v mmdebstrap >/dev/null; then
        say "installing mmdebstrap"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >"$cache/apt.log" 2>&1 ||
            { tail -20 "$cache/apt.log" >&2; exit 1; }
    fi
    rm -rf "$root"
    # The host's own mirror, with another suite.
    mirror=$(apt-get indextargets --format '$(SITE)' 'Suite: bookworm' 2>/dev/null | head -1)
    [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(SITE)' | head -1)
    say "a minimal trixie"
    mmdebstrap --quiet --variant=minbase trixie "$root" "$mirror" >"$cache/debootstrap.log" 2>&1 ||
        { tail -20 "$cache/debootstrap.log" >&2; exit 1; }
    say "the compiler (3.3 GB, some minutes)"
    # Its own mount namespace: nothing stays mounted when it ends, however it ends.
    unshare -m bash -euc '
        root="$1"
        cp /etc/resolv.conf "$root/etc/resolv.conf"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        chroot "$root" apt-get update -qq
        DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -qq --no-install-recommends \
            swiftlang libc6-dev libstdc++-14-dev
        chroot "$root" apt-get clean
    ' _ "$root" >"$cache/install.log" 2>&1 || { tail -20 "$cache/install.log" >&2; exit 1; }
    touch "$root/.ready"
    say "ready"
fi
echo "$root"
