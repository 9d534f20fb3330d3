#!/usr/bin/env bash
# Makes everything the BlueZ machine needs: the emulator and bluetoothd (Debian packages), Bumble (PyPI), a kernel
# with Bluetooth, and the guest's file system. Idempotent; kept in $LUMBRA_CACHE/bluez; a second call does nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache="${LUMBRA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lumbra}/bluez"
bumble=0.0.236
began=$SECONDS
say() { echo "[setup $((SECONDS - began)) s] $*"; }
mkdir -p "$cache"

packages=(qemu-system-x86 cpio busybox-static bluez bluez-test-tools dbus libglib2.0-bin kmod python3-venv gcc libc6-dev)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$cache/apt.log" 2>&1 ||
        { tail -20 "$cache/apt.log"; exit 1; }
fi

if ! "$cache/venv/bin/python" -c "import bumble" 2>/dev/null; then
    say "installing bumble $bumble"
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet "bumble==$bumble"
fi

# The stable kernel hits a BUG when a peer rejects a bond: the backports' 6.12 does not. Its source is the
# machine's own mirror with another suite, in an apt configuration of its own.
if [ ! -e "$cache/kernel/vmlinuz" ]; then
    say "fetching the kernel"
    apt="$cache/apt"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$cache/deb"
    mirror=$(apt-get indextargets --format '$(SITE)' 'Suite: bookworm' 2>/dev/null | head -1)
    [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(SITE)' | head -1)
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" >"$apt/sources.list"
    options=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
        -o "Dir::Cache::archives=$apt/archives" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update -qq
    image=$(apt-cache "${options[@]}" depends linux-image-amd64/bookworm-backports |
        sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
    (cd "$cache/deb" && apt-get "${options[@]}" download -qq "$image")
    mkdir -p "$cache/kernel.part"
    dpkg-deb --fsys-tarfile "$cache"/deb/linux-image-*.deb | tar -x -C "$cache/kernel.part" \
        --wildcards './boot/vmlinuz-*' './lib/modules/*' './usr/lib/modules/*' 2>/dev/null || true
    mv "$cache"/kernel.part/boot/vmlinuz-* "$cache/kernel.part/vmlinuz"
    mv "$cache/kernel.part" "$cache/kernel"
    rm -rf "$cache/deb" "$apt"
fi

# The guest: busybox, dbus, bluetoothd and a bridge between the virtio port and the virtual controller.
stamp=$(cat "$here/setup.sh" "$here/guest/"* | sha256sum | cut -c1-16)
if [ ! -e "$cache/guest-$stamp.cpio" ]; then
    say "building the guest"
    rm -rf "$cache/root" "$cache"/guest-*.cpio
    root="$cache/root"
    mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,etc,root,lib/modules,usr/bin,usr/sbin,usr/share,var/lib/bluetooth,var/run}
    cp /bin/busybox "$root/bin/busybox"
    gcc -O2 -Wall -Wextra -static -o "$root/bin/hci-bridge" "$here/guest/hci-bridge.c"
    programs=(/usr/bin/dbus-daemon /usr/libexec/bluetooth/bluetoothd /usr/bin/bluetoothctl /usr/bin/btvirt /usr/bin/gdbus /bin/kmod /usr/bin/dbus-send)
    # What a Rust program built on this machine needs at run time.
    libraries=(/lib/x86_64-linux-gnu/libgcc_s.so.1 /lib/x86_64-linux-gnu/libm.so.6)
    for file in "${programs[@]}" "${libraries[@]}"; do
        mkdir -p "$root$(dirname "$file")"
        cp -L "$file" "$root$file"
    done
    ldd "${programs[@]}" "${libraries[@]}" | awk '/=> \//{print $3} /^\t\/lib/{print $1}' | sort -u |
        while read -r library; do
            mkdir -p "$root$(dirname "$library")"
            cp -L "$library" "$root$library"
        done
    mkdir -p "$root/usr/share/dbus-1/system.d" "$root/etc/dbus-1/system.d" "$root/etc/bluetooth"
    cp /usr/share/dbus-1/system.conf "$root/usr/share/dbus-1/"
    cp /etc/dbus-1/system.d/bluetooth.conf "$root/usr/share/dbus-1/system.d/" 2>/dev/null ||
        cp /usr/share/dbus-1/system.d/bluetooth.conf "$root/usr/share/dbus-1/system.d/"
    printf 'root:x:0:0:root:/root:/bin/sh\nmessagebus:x:101:101::/:/bin/false\n' >"$root/etc/passwd"
    printf 'root:x:0:\nmessagebus:x:101:\nbluetooth:x:102:\n' >"$root/etc/group"
    echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
    # More than one ATT channel between two adapters of one bluetoothd stalls in the middle of the discovery.
    printf '[GATT]\nChannels = 1\n' >"$root/etc/bluetooth/main.conf"
    cp "$here/guest/init" "$root/init"
    ln -s /bin/kmod "$root/usr/sbin/modprobe"
    chmod +x "$root/init"
    version=$(basename "$(echo "$cache"/kernel/{,usr/}lib/modules/[0-9]* | tr ' ' '\n' | grep -v '\*' | head -1)")
    modules=$(find "$cache/kernel" -type d -path "*/lib/modules/$version" | head -1)
    mkdir -p "$root/lib/modules/$version"
    cp "$modules"/modules.{builtin,order,builtin.modinfo} "$root/lib/modules/$version/" 2>/dev/null || true
    depmod -b "$(dirname "$(dirname "$(dirname "$modules")")")" "$version"
    for module in bluetooth hci_vhci uhid cmac ecb ecdh_generic virtio_pci virtio_console virtio_rng algif_skcipher algif_hash; do
        modprobe -d "$(dirname "$(dirname "$(dirname "$modules")")")" -S "$version" --show-depends "$module" 2>/dev/null |
            awk '$1 == "insmod" {print $2}'
    done | sort -u | while read -r file; do
        target="$root/lib/modules/$version/${file#*"/lib/modules/$version/"}"
        mkdir -p "$(dirname "$target")"
        cp "$file" "$target"
    done
    depmod -b "$root" "$version"
    (cd "$root" && find . | cpio --quiet -o -H newc >"$cache/guest-$stamp.cpio.part")
    mv "$cache/guest-$stamp.cpio.part" "$cache/guest-$stamp.cpio"
    rm -rf "$root"
fi
ln -sf "guest-$stamp.cpio" "$cache/guest.cpio"
say "ready in $cache"
