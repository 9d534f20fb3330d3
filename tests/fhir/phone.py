#!/usr/bin/env python3
"""The terminal shell against real FHIR servers: phone.py [NAME...], all servers when none is named.

Each server is started from nothing. The clinic's side is played with plain FHIR calls, the phone's with `lumbra` as a person would use it.
Things go wrong through the control endpoint. At the end each fact is on the server exactly once, and the plan is as the clinic wrote it.
A line for each check, "ok ..." or "not ok ...", and at the end "N passed, N failed". What is played stands in the folder play.
"""

import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from lab.client import Client  # noqa: E402
from lab.lab import NAMES  # noqa: E402
from play.everyday import Everyday  # noqa: E402
from play.refusals import Refusals  # noqa: E402
from play.timeouts import Timeouts  # noqa: E402
from play.year import Year, make  # noqa: E402
from smoke import Tally, command  # noqa: E402


class Whole(Everyday, Refusals, Timeouts, Year):
    """Everything that is played before one server."""


def play(tally, name, year):
    """All checks of one server."""
    told = json.loads(command("start", name, "--auth"))
    client = Client(told)
    try:
        with tempfile.TemporaryDirectory() as folder:
            one = Whole(client, folder, year)
            checks = [one.first, one.again, one.cuts, one.answers, one.late, one.refused, one.order_gone, one.tokens, one.changes, one.two]
            checks += [one.killed] if name == "helios-pair" else []
            # The year is another person's, and so the last one to sign in.
            checks += [one.whole] + ([one.valid] if name == "hapi" else []) + [one.year]
            for check in checks:
                client.control("DELETE", "/faults")
                tally.check(f"{name}: {check.__doc__}", check)
    finally:
        command("stop", told["control"])


def main():
    """The command line."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        year = make(pathlib.Path(folder) / "year")
        for name in sys.argv[1:] or NAMES:
            play(tally, name, year)
    print(f"{tally.passed} passed, {tally.failed} failed", flush=True)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
