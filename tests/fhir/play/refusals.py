"""One resource that the clinic's server will not have."""

import json

from lab.client import FHIR_JSON, same

from .base import Play
from .orders import exercise, plan

NOTE = "the one that is refused"
REASON = "a note must not name a neighbour"


class Refusals(Play):
    """The checks, in their order."""

    def refused(self):
        """one resource is refused, in a transaction and alone: the others arrive, it is shown with its reason, and sent again on demand only"""
        outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "business-rule", "diagnostics": REASON}]}
        rule = {"do": "answer", "status": 422, "headers": {"Content-Type": FHIR_JSON}, "body": json.dumps(outcome), "holds": NOTE, "times": 0}
        posted = self.client.fault(**rule)
        for _ in range(3):
            self.pain()
        self.phone.do("pain", "5", "--note", NOTE)
        for _ in range(3):
            self.pain()
        told = self.phone.sync()
        same((told["told"], told["refused"]), (6, 1), "told and refused")
        # With the others, in halves of them, and by itself.
        assert self.struck(posted) >= 3, f"refused {self.struck(posted)} times"
        self.is_shown("pain", 422, REASON)
        same(NOTE in self.notes(), False, "the refused one is there")
        self.once()
        for _ in range(3):
            self.silent(self.phone)
        again = self.phone.sync("--retry-refused")
        same((again["retried"], again["told"], again["refused"]), (1, 0, 1), "retried, told, refused, while the server is as it was")
        self.is_shown("pain", 422, REASON)
        self.client.control("DELETE", "/faults")
        again = self.phone.sync("--retry-refused")
        same((again["retried"], again["told"], again["refused"]), (1, 1, 0), "retried, told, refused, when the server takes it")
        same(self.notes().count(NOTE), 1, "the refused one on the server")
        same(self.phone.do("clinic", "status")["clinic"]["refused"], [], "refused")
        self.silent(self.phone)
        self.once()

    def is_shown(self, kind, status, reason):
        """The status tells of one refused fact, to scripts and to a person."""
        refused = self.phone.do("clinic", "status")["clinic"]["refused"]
        same([(one["kind"], one["status"]) for one in refused], [(kind, status)], "refused")
        assert reason in refused[0]["reason"], refused
        # Lines are wrapped for a person.
        words = " ".join(self.phone.words("clinic", "status").split())
        assert reason in words and "--retry-refused" in words, words

    def order_gone(self):
        """what was done of an order that the clinic has deleted meanwhile arrives all the same"""
        self.clinic(exercise("tilt", "pelvic_tilt"), plan("active", "bridge", "tens", "tilt"))
        self.phone.sync()
        self.phone.do("exercise", "done", "tilt", "--before", "2")
        self.clinic(plan("active", "bridge", "tens"))
        self.remove("ServiceRequest/tilt")
        told = self.phone.sync()
        same((told["told"], told["refused"]), (2, 0), "told and refused")
        orders = [order["reference"] for one in self.found("Procedure") for order in one.get("basedOn", [])]
        same(orders.count("ServiceRequest/tilt"), 1, "done of the order")
        same([one["activity"] for one in self.phone.do("plan")["plan"]["state"]["standings"]], ["bridge"], "the plan's exercises")
        self.silent(self.phone)
