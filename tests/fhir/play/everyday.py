"""What happens to every phone: it signs in, its link breaks, its tokens run out, the plan changes, a second phone joins."""

from lab.client import same, until

from .base import KINDS, Play
from .orders import PATIENT, exercise, goal, plan, stimulation
from .shell import Phone


class Everyday(Play):
    """The checks, in their order."""

    def first(self):
        """first sync: sign in, the plan comes, what was done goes"""
        self.clinic(
            {"resourceType": "Patient", "id": PATIENT, "active": True},
            exercise("bridge", "bridge"),
            stimulation("tens", 12.5),
            goal("garden", "work in the garden for an hour", "2030-05-01"),
            plan("active", "bridge", "tens", goals=["garden"]),
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
        shown = self.phone.do("plan")
        view = shown["plan"]
        same([one["text"] for one in shown["goals"]["clinic"]], ["work in the garden for an hour"], "the clinic's goals")
        assert "work in the garden for an hour, by 2030-05-01" in self.phone.words("plan"), "a person reads the goal"
        self.phone.do("goal", "add", "walk to the bridge", "--step", "walk to the gate")
        self.phone.do("goal", "reached", "last")
        own = [(one["goal"]["text"], one["reached"], one["goal"]["steps"][0]["reached"] is None) for one in self.phone.do("plan")["goals"]["own"]]
        same(own, [("walk to the bridge", False, False)], "the person's goals")
        same([one["activity"] for one in view["state"]["standings"]], ["bridge"], "exercises")
        same(view["prescriptions"]["cap"], 125, "cap")
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
        self.silent(self.phone)

    def cuts(self):
        """the link is cut at each request in turn, before and after the server has done it"""
        cut = 0
        for do in ("cut_before", "cut_after"):
            for nth in range(1, 9):
                self.pain()
                posted = self.client.fault(do=do, nth=nth)
                self.phone.try_it("sync")
                struck = self.struck(posted)
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
        self.remove("CarePlan/plan")
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
            # This phone has no wearable; of all else there must be some.
            assert every or kind == "Device", f"no {kind} on the server"
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
