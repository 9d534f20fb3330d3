"""Runs one scenario in the emulated machine.

    run.py --cache DIR --scenario FILE --with FILE... --binary FILE... --results FILE --wearable COMMAND...

Boots the guest with the binaries and the scenario, puts the wearable on the virtual air, and obeys what the scenario
prints: `@@host cut SECONDS`, `@@host lose-answers` (from the next command on, until the link is gone),
`@@host forget-bond`, `@@host pairing-mode`, `@@host flows` (prints the current that really flows now),
`@@host malice MODE` (see malice.py), `@@host flood`, `@@host impostor-commands` (how many an impostor got). Each is
answered with a line on the scenario's standard input. What it prints as `@@result` goes to the results file, all else
is passed on. Ends with the scenario's exit code, or with 75 when the guest did not come up.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from front import Front

BOOT_AND_RUN_S = 900
# The exit code when the guest never came up: the emulated kernel sometimes panics before its first process.
NOT_BOOTED = 75


def say(text):
    print(text, flush=True)


def make_initrd(cache, work, scenario, parts, binaries):
    """The guest's file system, and after it what is this run's own: the kernel unpacks one over the other."""
    extra = work / "extra" / "scenario"
    extra.mkdir(parents=True)
    shutil.copy(scenario, extra / "run.sh")
    for part in parts:
        shutil.copy(part, extra / part.name)
    for binary in binaries:
        shutil.copy(binary, extra / Path(binary).name)
        (extra / Path(binary).name).chmod(0o755)
    archive = subprocess.run(
        "find . | cpio --quiet -o -H newc", shell=True, cwd=work / "extra", check=True, capture_output=True
    ).stdout
    initrd = work / "initrd"
    guest = (cache / "guest.cpio").read_bytes()
    initrd.write_bytes(guest + b"\0" * (-len(guest) % 512) + archive)
    return initrd


async def wait_for(path, what):
    for _ in range(300):
        if path.exists():
            return
        await asyncio.sleep(0.1)
    raise SystemExit(f"{what} did not come up")


def flows(path):
    """The currents that flow now, in mA, and the highest there were."""
    highest, now = 0.0, []
    if path.exists():
        for line in path.read_text().splitlines():
            now = json.loads(line)["currents_ma"]
            highest = max([highest, *now])
    return json.dumps({"now_ma": now, "highest_ma": highest})


async def obey(front, words, flow_log, wearable):
    if words[0] == "cut":
        await front.cut(0)
        front.reachable = False
        asyncio.ensure_future(front.cut(float(words[1])))
        return "ok"
    if words[0] == "lose-answers":
        front.loses_answers = True
        return "ok"
    if words[0] == "forget-bond":
        await front.forget_bond()
        return "ok"
    if words[0] == "pairing-mode":
        # The wearable's button, held for three seconds.
        wearable.send_signal(signal.SIGUSR1)
        await asyncio.sleep(0.5)
        return "ok"
    if words[0] == "malice":
        front.malice.mode = words[1]
        return "ok"
    if words[0] == "flood":
        await front.flood()
        return "ok"
    if words[0] == "impostor-commands":
        return str(front.malice.commands_to_impostor)
    if words[0] == "flows":
        return flows(flow_log)
    return "unknown"


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--scenario", type=Path, required=True)
    parser.add_argument("--with", type=Path, action="append", default=[], dest="parts")
    parser.add_argument("--binary", type=Path, action="append", default=[])
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--wearable", nargs=argparse.REMAINDER, required=True)
    options = parser.parse_args()
    began = time.monotonic()
    results = options.results.open("w")
    with tempfile.TemporaryDirectory(prefix="lumbra-bluez-") as folder:
        work = Path(folder)
        initrd = make_initrd(options.cache, work, options.scenario, options.parts, options.binary)
        wearable_socket, hci_socket, flow_log = work / "wearable", work / "hci", work / "flows"
        wearable = await asyncio.create_subprocess_exec(
            *options.wearable, "--socket", str(wearable_socket), "--flows", str(flow_log), stdout=sys.stderr
        )
        await wait_for(wearable_socket, "the wearable")
        machine = await asyncio.create_subprocess_exec(
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024", "-nodefaults",
            "-no-reboot", "-display", "none", "-serial", "stdio",
            "-kernel", str(options.cache / "kernel/vmlinuz"), "-initrd", str(initrd),
            "-append", "console=ttyS0 quiet panic=1",
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=hci,path={hci_socket},server=on,wait=off",
            "-device", "virtserialport,chardev=hci,name=hci",
            "-device", "isa-debug-exit,iobase=0x501,iosize=1",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 22,
        )
        await wait_for(hci_socket, "the machine")
        front = Front(lambda text: say(f"[front] {text}"))
        await front.attach_guest(hci_socket)
        await front.attach_wearable(wearable_socket)

        booted = False

        async def listen():
            nonlocal booted
            while line := await machine.stdout.readline():
                text = line.decode(errors="replace").rstrip()
                booted = booted or text == "@@ready"
                if text.startswith("@@host "):
                    answer = await obey(front, text.split()[1:], flow_log, wearable)
                    machine.stdin.write((answer + "\n").encode())
                elif text.startswith("@@result "):
                    results.write(text.removeprefix("@@result ") + "\n")
                    results.flush()
                    say(f"[{time.monotonic() - began:6.1f}] {text.split()[1]}")
                elif text:
                    say(f"[{time.monotonic() - began:6.1f}] {text}" if not text.startswith("@@") else text)
            return await machine.wait()

        try:
            code = await asyncio.wait_for(listen(), BOOT_AND_RUN_S)
        except asyncio.TimeoutError:
            say("the machine did not end in time")
            code = 255
        finally:
            for process in (machine, wearable):
                if process.returncode is None:
                    process.kill()
        if not booted:
            sys.exit(NOT_BOOTED)
        # isa-debug-exit: 2 * code + 1.
        sys.exit(code // 2 if code % 2 else 1)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    asyncio.run(main())
