"""A year that no clinic was told of yet."""

import contextlib
import shutil
import subprocess
import threading
import time

from lab.client import same

from .base import Play
from .shell import BUILT, Phone

PATIENT = "yara"
# What tests/bench/src/seed/backlog.rs makes: sessions with a dose each, pain entries, days of posture, and the wearable.
SESSIONS, PAIN_ENTRIES, DAYS = 1_100, 1_800, 365
RESOURCES = 2 * SESSIONS + PAIN_ENTRIES + DAYS + 1
# By their codes: LOINC's of pain, and our own.
CODES = {"72514-3": PAIN_ENTRIES, "tens-dose": SESSIONS, "posture-day": DAYS}
WITHIN_S = 900


def make(folder):
    """Fills an empty data folder with the year, the same at each run."""
    folder.mkdir()
    subprocess.run([BUILT / "lumbra-bench", "sync", "--seed", folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return folder


@contextlib.contextmanager
def progress(client, since):
    """Tells every few seconds how far an upload is."""
    over = threading.Event()

    def tell():
        began = time.monotonic()
        while not over.wait(10):
            sent = [entry for entry in client.log(since) if entry["method"] == "POST" and entry["status"] == 200]
            print(f"# {len(sent)} transactions after {time.monotonic() - began:.0f} s", flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


class Year(Play):
    """The check."""

    def year(self):
        """a year's backlog is told whole, each fact once, and a second sync sends nothing"""
        phone = Phone(shutil.copytree(self.whole_year, self.folder / "year"))
        self.clinic({"resourceType": "Patient", "id": PATIENT, "active": True})
        self.client.control("POST", "/auth", {"patient": PATIENT})
        phone.connect(self.client)
        since, began = self.client.mark(), time.monotonic()
        with progress(self.client, since):
            told = phone.sync(within_s=WITHIN_S)
        took_s = time.monotonic() - began
        same((told["told"], told["refused"], told["waiting"]), (RESOURCES, 0, 0), "told, refused, waiting")
        uploads = len(self.writes(since))
        every = [one for kind in ("Device", "Procedure", "Observation") for one in self.found(kind, PATIENT)]
        same(len(every), RESOURCES, "resources on the server")
        same(len({(one["resourceType"], one["identifier"][0]["value"]) for one in every}), RESOURCES, "names")
        # Another version would have been sent again.
        same({one["meta"]["versionId"] for one in every}, {"1"}, "versions")
        counts = {}
        for one in every:
            if one["resourceType"] == "Observation":
                code = one["code"]["coding"][0]["code"]
                counts[code] = counts.get(code, 0) + 1
        same(counts, CODES, "observations by code")
        self.silent(phone)
        phone.do("clinic", "forget")
        return f"{RESOURCES} resources in {uploads} transactions and {took_s:.0f} s"
