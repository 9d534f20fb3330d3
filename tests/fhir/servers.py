#!/usr/bin/env python3
"""Real FHIR R4 servers for tests, from nothing, each behind a proxy that can make things go wrong.

  servers.py install [NAME...]        brings what the servers consist of into the cache; all when none is named
  servers.py start NAME [--auth]      starts one, prints what it is as one line of JSON, and returns; it ends by itself after --for SECONDS
  servers.py run NAME [--auth]        the same in the foreground: ends when its standard input does, so that it can't outlive a test
  servers.py list                     those that `start` left running from this target folder, a line of JSON each
  servers.py stop [NAME|CONTROL...]   stops them; all when none is named

NAME: helios (one node on SQLite), helios-pair (two on one PostgreSQL), hapi (the reference, on H2). README.md beside this tells the control
endpoint. Everything listens to this machine alone, on ports that are free; several can run beside each other, also of one name.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab import install  # noqa: E402
from lab.lab import NAMES, Lab, alive, sweep  # noqa: E402

LABS = install.OUT / "labs"


def prepare(name):
    """Installs what one server consists of."""
    install.classpath()
    if name != "hapi":
        install.search_parameters()
        install.helios()
    if name == "helios-pair":
        install.postgres()


def run(options):
    """Serves until it is told to stop. What it is goes to standard output as one line, when it is ready."""
    sweep(LABS)
    folder = LABS / f"{options.name}-{os.getpid()}"
    lab = Lab(options.name, folder)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: lab.ending.set())
    if not options.detached:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), lab.ending.set()), daemon=True).start()
    state = folder / "lab.json"
    try:
        lab.smart.change({"required": options.auth})
        lab.start()
        told = lab.told() | {"ready_in_s": round(time.monotonic() - lab.began, 1)}
        state.write_text(json.dumps(told))
        print(json.dumps(told), flush=True)
        lab.ending.wait(options.seconds)
    finally:
        state.unlink(missing_ok=True)
        lab.end()


def start(options):
    """`run` in a process of its own; returns when it serves."""
    LABS.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, "run", options.name, "--detached", "--for", str(options.seconds)]
    out = LABS / f"{options.name}-{os.getpid()}-start.log"
    with open(out, "w") as errors:
        child = subprocess.Popen(command + ["--auth"] * options.auth, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                                 start_new_session=True)
    line = child.stdout.readline()
    if not line:
        sys.exit(f"{options.name} did not start:\n{out.read_text()}")
    sys.stdout.write(line.decode())


def running():
    """What `start` left running."""
    for state in sorted(LABS.glob("*/lab.json")):
        told = json.loads(state.read_text())
        if alive(told["pid"]):
            yield told


def stop(wanted):
    """Stops them, and waits until they are gone."""
    for told in list(running()):
        if wanted and told["name"] not in wanted and told["control"] not in wanted:
            continue
        request = urllib.request.Request(told["control"] + "/stop", method="POST")
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except (urllib.error.URLError, OSError) as error:
            print(f"{told['control']}: {error}", file=sys.stderr)
        until = time.monotonic() + 30
        while alive(told["pid"]) and time.monotonic() < until:
            time.sleep(0.1)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("start", "run"):
        one = commands.add_parser(command)
        one.add_argument("name", choices=NAMES)
        one.add_argument("--auth", action="store_true", help="want an access token from the beginning")
        one.add_argument("--for", dest="seconds", type=float, default=3600, help="end after so many seconds")
        one.add_argument("--detached", action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("install").add_argument("names", nargs="*", choices=[*NAMES, []])
    commands.add_parser("list")
    commands.add_parser("stop").add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.command == "install":
        for name in options.names or NAMES:
            prepare(name)
    elif options.command == "list":
        for told in running():
            print(json.dumps(told))
    elif options.command == "stop":
        stop(options.names)
    else:
        prepare(options.name)
        (run if options.command == "run" else start)(options)


if __name__ == "__main__":
    main()
