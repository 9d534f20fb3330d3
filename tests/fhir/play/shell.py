"""`lumbra` as a person uses it, on a data folder of its own."""

import json
import os
import pathlib
import subprocess
import time

from lab.client import same, send

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
BUILT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
LUMBRA = BUILT / "lumbra"


class Phone:
    """A data folder, and `lumbra` on it."""

    def __init__(self, folder):
        self.folder = folder

    def try_it(self, *arguments, within_s=120):
        """A command, whatever becomes of it: its exit code and its last line, read."""
        made = subprocess.run([LUMBRA, "--json", "--data", self.folder, *arguments], capture_output=True, text=True, timeout=within_s)
        lines = made.stdout.strip().splitlines()
        return made.returncode, json.loads(lines[-1]) if lines else made.stderr.strip()

    def words(self, *arguments):
        """What a person reads of a command that must succeed."""
        made = subprocess.run([LUMBRA, "--data", self.folder, *arguments], capture_output=True, text=True, timeout=120)
        if made.returncode:
            raise AssertionError(f"lumbra {' '.join(arguments)}: exit code {made.returncode}, {made.stderr.strip()}")
        return made.stdout

    def do(self, *arguments):
        """A command that must succeed."""
        code, value = self.try_it(*arguments)
        if code:
            raise AssertionError(f"lumbra {' '.join(arguments)}: exit code {code}, {value}")
        return value

    def connect(self, client):
        """Signs in: the browser is played here."""
        child = subprocess.Popen(
            [LUMBRA, "--json", "--data", self.folder, "clinic", "connect", client.base], stdout=subprocess.PIPE, text=True
        )
        address = json.loads(child.stdout.readline())["open"]
        back = send("GET", address).want(302).headers["location"]
        same(send("GET", back.replace("/back?", "/favicon.ico?")).status, 404, "what is not for it")
        send("GET", back).want(200)
        told = json.loads(child.stdout.readline())
        same((child.wait(30), told["clinic"]["waiting"]), (0, 0), "connected")

    def sync(self, *options, within_s=120):
        """Syncs until nothing waits, as somebody who tries again."""
        for _ in range(12):
            code, value = self.try_it("sync", *options, within_s=within_s)
            if code == 0 and value["sync"]["waiting"] == 0 and value["sync"]["outcome"] == "all exchanged":
                return value["sync"]
            time.sleep(0.5)
        raise AssertionError(f"never all exchanged: {code} {value}, {self.try_it('clinic', 'status')}")
