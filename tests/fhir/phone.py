#!/usr/bin/env python3
"""The terminal shell against real FHIR servers: phone.py [NAME...], all servers when none is named.

Each server is started from nothing. The clinic's side is played with plain FHIR calls, the phone's with `lumbra` as a person would use it.
Things go wrong through the control endpoint. At the end each fact is on the server exactly once, and the plan is as the clinic wrote it.
A line for each check, "ok ..." or "not ok ...", and at the end "N passed, N failed".
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from lab.client import Client, same, send, until  # noqa: E402
from lab.lab import NAMES  # noqa: E402
from smoke import Tally, command  # noqa: E402

ROOT = HERE.parent.parent
LUMBRA = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "lumbra"
EXERCISES = "http://lumbra.health/fhir/CodeSystem/exercises"
STIMULATION = "http://lumbra.health/fhir/StructureDefinition/stimulation"
PATIENT = "ann"
# What the phone writes.
KINDS = ["Device", "Procedure", "Observation", "QuestionnaireResponse"]


class Phone:
    """A data folder, and `lumbra` on it."""

    def __init__(self, folder):
        self.folder = folder

    def try_it(self, *arguments):
        """A command, whatever becomes of it: its exit code and its last line, read."""
        made = subprocess.run([LUMBRA, "--json", "--data", self.folder, *arguments], capture_output=True, text=True, timeout=120)
        lines = made.stdout.strip().splitlines()
        return made.returncode, json.loads(lines[-1]) if lines else made.stderr.strip()

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

    def sync(self):
        """Syncs until nothing waits, as somebody who tries again."""
        for _ in range(12):
            code, value = self.try_it("sync")
            if code == 0 and value["sync"]["waiting"] == 0 and value["sync"]["outcome"] == "all exchanged":
                return value["sync"]
            time.sleep(0.5)
        raise AssertionError(f"never all exchanged: {code} {value}, {self.try_it('clinic', 'status')}")


def request(identity, **parts):
    """A ServiceRequest of the clinic."""
    base = {"resourceType": "ServiceRequest", "id": identity, "status": "active", "intent": "order"}
    return {**base, "subject": {"reference": f"Patient/{PATIENT}"}, **parts}


def exercise(identity, name):
    """An exercise, once a day."""
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d"}
    code = {"coding": [{"system": EXERCISES, "code": name}]}
    return request(identity, code=code, occurrenceTiming={"repeat": repeat})


def stimulation(identity, cap):
    """A programme with a cap in mA."""
    amount = lambda value, unit: {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}  # noqa: E731
    parts = [
        {"url": "mode", "valueCode": "conventional"},
        {"url": "frequency", "valueQuantity": amount(100, "Hz")},
        {"url": "width", "valueQuantity": amount(100, "us")},
        {"url": "duration", "valueQuantity": amount(20, "min")},
        {"url": "cap", "valueQuantity": amount(cap, "mA")},
        {"url": "perDay", "valuePositiveInt": 2},
    ]
    code = {"coding": [{"system": "http://lumbra.health/fhir/CodeSystem/observations", "code": "tens-session"}]}
    return request(identity, code=code, extension=[{"url": STIMULATION, "extension": parts}])


def plan(status, *requests):
    """The plan of these requests."""
    return {
        "resourceType": "CarePlan",
        "id": "plan",
        "status": status,
        "intent": "plan",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "activity": [{"reference": {"reference": f"ServiceRequest/{one}"}} for one in requests],
    }


class Play:
    """One server, and what happens before it."""

    def __init__(self, client, folder):
        self.client = client
        self.folder = pathlib.Path(folder)
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

    def found(self, kind):
        """Every resource of a kind that is about the patient, over all pages."""
        self.client.control("POST", "/auth", {"required": False})
        url, every = f"/{kind}?patient={PATIENT}&_count=100", []
        while url:
            page = self.client.fhir("GET", url, Cache_Control="no-cache").want(200).json
            every += [entry["resource"] for entry in page.get("entry", [])]
            url = next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), None)
        self.client.control("POST", "/auth", {"required": True})
        return every

    def pain(self, score=4):
        """The phone keeps another pain entry, whose note says which."""
        self.pains += 1
        self.phone.do("pain", str(score), "--note", f"entry {self.pains}")

    def once(self):
        """Every pain entry is there exactly once."""
        notes = [note["text"] for one in self.found("Observation") for note in one.get("note", [])]
        told = sorted(note for note in notes if note.startswith("entry "))
        same(told, sorted(f"entry {number}" for number in range(1, self.pains + 1)), "pain entries on the server")

    # The checks, in their order.

    def first(self):
        """first sync: sign in, the plan comes, what was done goes"""
        self.clinic(
            {"resourceType": "Patient", "id": PATIENT, "active": True},
            exercise("bridge", "bridge"),
            stimulation("tens", 12.5),
            plan("active", "bridge", "tens"),
        )
        self.client.control("POST", "/auth", {"patient": PATIENT})
        self.phone.do("screen", "--all-no")
        for score in (6, 5, 4):
            self.pain(score)
        self.phone.do("questionnaire", "peg", "--answers", "6,5,4")
        self.phone.do("questionnaire", "roland-morris", "--answers", "1,4,9")
        self.phone.connect(self.client)
        told = self.phone.sync()
        same(told["refused"], 0, "refused")
        view = self.phone.do("plan")["plan"]
        same([one["activity"] for one in view["state"]["standings"]], ["bridge"], "exercises")
        same(view["prescriptions"]["cap"], self.phone.do("plan")["plan"]["prescriptions"]["cap"], "cap")
        same(len(view["prescriptions"]["startable"]), 1, "programmes")
        same(self.phone.do("clinic", "status")["clinic"]["problems"], [], "problems")
        self.phone.do("exercise", "done", "bridge", "--before", "2", "--during", "3")
        self.phone.sync()
        done = self.found("Procedure")
        same([one["basedOn"][0]["reference"] for one in done], ["ServiceRequest/bridge"], "what was done")
        self.once()
        return f"{told['told']} told"

    def again(self):
        """nothing new: nothing is sent"""
        since = self.client.mark()
        same(self.phone.sync()["told"], 0, "told")
        writes = [entry for entry in self.client.log(since) if entry["method"] != "GET" and entry["on"] == "fhir"]
        same(writes, [], "writes")

    def cuts(self):
        """the link is cut at each request in turn, before and after the server has done it"""
        cut = 0
        for do in ("cut_before", "cut_after"):
            for nth in range(1, 9):
                self.pain()
                posted = self.client.fault(do=do, nth=nth)
                self.phone.try_it("sync")
                struck = next(rule for rule in self.client.control("GET", "/faults") if rule["id"] == posted["id"])["struck"]
                self.client.control("DELETE", "/faults")
                self.phone.sync()
                cut += struck
                if not struck:
                    break
        self.once()
        return f"{cut} cuts"

    def answers(self):
        """401, 408, 409, 412, 429, 500, 502, 503, a body cut short, another origin, a redirect there"""
        for status in (408, 409, 412, 429, 500, 502, 503):
            self.pain()
            headers = {"Retry-After": "1"} if status in (429, 503) else {}
            self.client.fault(do="answer", status=status, method="POST|PUT", headers=headers, times=1)
            self.phone.try_it("sync")
            self.client.control("DELETE", "/faults")
            self.phone.sync()
        self.pain()
        self.client.control("POST", "/auth/expire")
        self.phone.sync()
        for rule in ({"do": "truncate"}, {"do": "redirect"}, {"do": "redirect", "status": 301}):
            for method in ("GET", "POST|PUT"):
                self.pain()
                self.client.fault(**rule, method=method)
                self.phone.try_it("sync")
                self.client.control("DELETE", "/faults")
                self.phone.sync()
        strayed = [entry for entry in self.client.log() if entry["on"] == "elsewhere"]
        same(strayed, [], "requests to another origin")
        status = self.phone.do("clinic", "status")["clinic"]
        same((status["waiting"], status["refused"]), (0, []), "waiting and refused")
        self.once()

    def tokens(self):
        """a rotation that is cut after the server has done it: taken up again where the server allows it, else sign in again"""
        self.client.control("POST", "/auth", {"reuse_grace_s": 60})
        self.client.control("POST", "/auth/expire")
        self.client.fault(on="token", do="cut_after")
        self.pain()
        self.phone.try_it("sync")
        self.phone.sync()
        self.client.control("POST", "/auth", {"reuse_grace_s": 0})
        self.client.control("POST", "/auth/expire")
        self.client.fault(on="token", do="cut_after")
        self.pain()
        self.phone.try_it("sync")
        code, value = self.phone.try_it("sync")
        same((code, value["kind"] if "kind" in value else value["error"]["kind"]), (4, "clinic"), "told to sign in")
        self.phone.do("clinic", "forget")
        self.phone.connect(self.client)
        self.phone.sync()
        self.once()

    def changes(self):
        """the plan is changed, withdrawn, deleted"""
        self.clinic(exercise("bridge", "bridge"), exercise("cat", "cat_camel"), plan("active", "bridge", "cat", "tens"))
        self.phone.sync()
        standings = self.phone.do("plan")["plan"]["state"]["standings"]
        same([one["activity"] for one in standings], ["bridge", "cat"], "after the change")
        self.clinic(plan("revoked", "bridge", "cat", "tens"))
        self.phone.sync()
        same(self.phone.do("plan")["plan"], None, "after it was withdrawn")
        self.clinic(plan("active", "bridge", "cat", "tens"))
        self.phone.sync()
        same(len(self.phone.do("plan")["plan"]["state"]["standings"]), 2, "when it is back")
        self.client.control("POST", "/auth", {"required": False})
        self.client.fhir("DELETE", "/CarePlan/plan").want(200, 204)
        self.client.control("POST", "/auth", {"required": True})
        until(lambda: self.phone.sync() and self.phone.do("plan")["plan"] is None, 20)
        self.clinic(plan("active", "bridge", "tens"))
        self.phone.sync()
        same(len(self.phone.do("plan")["plan"]["prescriptions"]["startable"]), 1, "programmes at the end")

    def killed(self):
        """a node is killed in the middle of a transaction"""
        for _ in range(3):
            for _ in range(10):
                self.pain()
            self.client.fault(do="kill", node="this", method="POST|PUT", ms=20)
            self.phone.try_it("sync")
            self.client.control("DELETE", "/faults")
            for node in self.client.control("GET", "/nodes"):
                if not node["running"]:
                    self.client.control("POST", f"/nodes/{node['name']}/start")
            self.phone.sync()
        self.once()

    def two(self):
        """two phones of one person"""
        other = Phone(self.folder / "other")
        other.do("screen", "--all-no")
        other.connect(self.client)
        self.pains += 1
        other.do("pain", "3", "--note", f"entry {self.pains}")
        self.pain()
        other.sync()
        self.phone.sync()
        same(other.do("plan")["plan"]["plan"]["id"], "plan", "its plan")
        self.once()

    def whole(self):
        """nothing is there twice, each is what it says, and the plan is as the clinic wrote it"""
        count = 0
        for kind in KINDS:
            every = self.found(kind)
            names = [one["identifier"]["value"] if isinstance(one["identifier"], dict) else one["identifier"][0]["value"] for one in every]
            same(len(set(names)), len(names), f"{kind} by their names")
            count += len(every)
        self.client.control("POST", "/auth", {"required": False})
        there = self.client.fhir("GET", "/CarePlan/plan", Cache_Control="no-cache").want(200).json
        same(there["meta"]["versionId"], self.written["plan"], "the plan's version")
        writes = [entry for entry in self.client.log() if entry["on"] == "fhir" and entry["authorization"] and entry["method"] in ("PUT", "DELETE", "PATCH")]
        same([entry["path"] for entry in writes if any(kind in entry["path"] for kind in ("CarePlan", "ServiceRequest", "Goal"))], [], "writes of plans")
        return f"{count} resources"

    def valid(self):
        """every resource passes the server's validator with no error"""
        count = 0
        for kind in KINDS:
            for one in self.found(kind):
                self.client.control("POST", "/auth", {"required": False})
                told = self.client.fhir("POST", f"/{kind}/$validate", {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": one}]})
                bad = [issue for issue in told.json.get("issue", []) if issue["severity"] in ("error", "fatal")]
                same(bad, [], f"errors in {kind}/{one['id']}")
                count += 1
        return f"{count} resources"


def play(tally, name):
    """All checks of one server."""
    told = json.loads(command("start", name, "--auth"))
    client = Client(told)
    try:
        with tempfile.TemporaryDirectory() as folder:
            one = Play(client, folder)
            checks = [one.first, one.again, one.cuts, one.answers, one.tokens, one.changes, one.two]
            checks += [one.killed] if name == "helios-pair" else []
            checks += [one.whole] + ([one.valid] if name == "hapi" else [])
            for check in checks:
                client.control("DELETE", "/faults")
                tally.check(f"{name}: {check.__doc__}", check)
    finally:
        command("stop", told["control"])


def main():
    """The command line."""
    tally = Tally()
    for name in sys.argv[1:] or NAMES:
        play(tally, name)
    print(f"{tally.passed} passed, {tally.failed} failed", flush=True)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
