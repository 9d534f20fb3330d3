"""One server, one phone before it, and what any check of them needs."""

import pathlib

from lab.client import same

from .orders import PATIENT
from .shell import Phone

# What the phone writes.
KINDS = ["Device", "Procedure", "Observation", "QuestionnaireResponse"]


class Play:
    """One server, and what happens before it."""

    def __init__(self, client, folder, year):
        self.client = client
        self.folder = pathlib.Path(folder)
        # A data folder with a year in it that no clinic was told of.
        self.whole_year = year
        self.phone = Phone(self.folder / "phone")
        self.written = {}
        self.pains = 0

    def clinic(self, *resources):
        """The clinic writes, without a phone's token."""
        self.client.control("POST", "/auth", {"required": False})
        for one in resources:
            made = self.client.fhir("PUT", f"/{one['resourceType']}/{one['id']}", one).want(200, 201)
            if one["resourceType"] == "CarePlan":
                self.written["plan"] = made.json["meta"]["versionId"]
        self.client.control("POST", "/auth", {"required": True})

    def remove(self, *places):
        """The clinic deletes, such as `CarePlan/plan`."""
        self.client.control("POST", "/auth", {"required": False})
        for place in places:
            self.client.fhir("DELETE", f"/{place}").want(200, 204)
        self.client.control("POST", "/auth", {"required": True})

    def found(self, kind, patient=PATIENT):
        """Every resource of a kind that is about the patient, over all pages."""
        self.client.control("POST", "/auth", {"required": False})
        every = self.client.found(f"/{kind}?patient={patient}&_count=100")
        self.client.control("POST", "/auth", {"required": True})
        return every

    def notes(self):
        """The notes of all pain entries on the server, sorted."""
        return sorted(note["text"] for one in self.found("Observation") for note in one.get("note", []))

    def writes(self, since):
        """The writes to the FHIR server after this number of the log."""
        return [entry for entry in self.client.log(since) if entry["method"] != "GET" and entry["on"] == "fhir"]

    def silent(self, phone):
        """Another sync sends nothing."""
        since = self.client.mark()
        same(phone.sync()["told"], 0, "told")
        same(self.writes(since), [], "writes")

    def struck(self, posted):
        """How often a rule has struck."""
        return next(rule for rule in self.client.control("GET", "/faults") if rule["id"] == posted["id"])["struck"]

    def pain(self, score=4):
        """The phone keeps another pain entry, whose note says which."""
        self.pains += 1
        self.phone.do("pain", str(score), "--note", f"entry {self.pains}")

    def once(self):
        """Every pain entry is there exactly once."""
        told = [note for note in self.notes() if note.startswith("entry ")]
        same(told, sorted(f"entry {number}" for number in range(1, self.pains + 1)), "pain entries on the server")
