#!/usr/bin/env python3
"""Whether the servers of servers.py do what a client of Lumbra builds on: smoke.py [NAME...], all servers when none is named.

Starts each from nothing, asks it as a client would, lets things go wrong through the control endpoint, kills nodes in the middle of a load,
and stops it. A line for each check, "ok ..." or "not ok ...", and at the end "N passed, N failed".
"""

import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from lab import check_load, check_proxy, check_server, check_smart  # noqa: E402
from lab.client import Client, same, until  # noqa: E402
from lab.lab import NAMES, PRIVATE, alive, sweep  # noqa: E402


class Tally:
    """Counts checks and says how each went."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, function, *arguments):
        """One check: it fails by raising."""
        began = time.monotonic()
        try:
            words = function(*arguments)
            self.passed += 1
            print(f"ok {name} ({time.monotonic() - began:.1f} s){': ' + words if words else ''}", flush=True)
        except Exception as error:  # noqa: BLE001
            self.failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"not ok {name}: {type(error).__name__} {error} ({pathlib.Path(where.filename).name}:{where.lineno})", flush=True)


def command(*arguments):
    """servers.py, as a test would call it."""
    made = subprocess.run([sys.executable, HERE / "servers.py", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return made.stdout.decode()


def ends_with_its_input():
    """servers.py run ends when its standard input does, and leaves no process"""
    child = subprocess.Popen([sys.executable, HERE / "servers.py", "run", "helios"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    told = json.loads(child.stdout.readline())
    child.stdin.close()
    same(child.wait(30), 0, "exit code")
    until(lambda: not any(alive(pid) for pid in processes(told)), 10)
    same(list(pathlib.Path(told["logs"]).glob("*.db*")), [], "databases left")


def leaves_nothing():
    """a lab that is killed takes its servers with it, and the next one removes its database"""
    child = subprocess.Popen([sys.executable, HERE / "servers.py", "run", "helios-pair"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    told = json.loads(child.stdout.readline())
    same((len(processes(told)), all(alive(pid) for pid in processes(told))), (3, True), "processes")
    child.kill()
    child.wait()
    until(lambda: not any(alive(pid) for pid in processes(told)), 10)
    left = f"{PRIVATE}{told['pid']}-*"
    same(len(list(pathlib.Path(tempfile.gettempdir()).glob(left))), 1, "databases left")
    sweep(pathlib.Path(told["logs"]).parent)
    same(len(list(pathlib.Path(tempfile.gettempdir()).glob(left))), 0, "databases left after the next start")


def processes(told):
    """The numbers of a lab's servers."""
    return [server["pid"] for server in [*told["nodes"], told["postgres"]] if server]


def play(tally, name, started):
    """All checks of one server."""
    told = None
    try:
        told = json.loads(started.result())
    except Exception as error:  # noqa: BLE001
        tally.failed += 1
        print(f"not ok {name} starts: {error}", flush=True)
        return
    began = time.monotonic()
    tally.passed += 1
    print(f"ok {name} starts: {told['ready_in_s']} s, nodes {[node['started_in_s'] for node in told['nodes']]} s", flush=True)
    client = Client(told)
    try:
        groups = [check_server.CHECKS, check_load.CHECKS]
        if name == "helios":
            # What the proxy and the authorisation server do is the same in front of every server.
            groups += [check_proxy.CHECKS, check_smart.CHECKS]
        for function in (function for group in groups for function in group):
            # What one check leaves behind must not strike the next.
            client.control("DELETE", "/faults")
            client.control("POST", "/auth", {"required": False})
            tally.check(f"{name}: {function.__doc__}", function, client)
        memory = [node["memory_mb"] for node in client.control("GET", "/nodes")]
        print(f"# {name}: {memory} MB, {len(client.control('GET', '/log'))} requests, {time.monotonic() - began:.0f} s", flush=True)
    finally:
        command("stop", told["control"])


def main():
    """The command line."""
    names = sys.argv[1:] or NAMES
    began = time.monotonic()
    tally = Tally()
    command("install", *names)
    # While one is asked the next ones start.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for name, started in [(name, pool.submit(command, "start", name)) for name in names]:
            play(tally, name, started)
    for function, name in ((ends_with_its_input, "helios"), (leaves_nothing, "helios-pair")):
        if name in names:
            tally.check(function.__doc__, function)
    print(f"# {time.monotonic() - began:.0f} s in all")
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
