"""What shall go wrong, and when: rules that a test posts to the control endpoint, and that the proxy asks at each request."""

import itertools
import re
import threading

# Where a request can arrive: the FHIR server's address, the authorisation server's paths, and a foreign server's address.
PLACES = ("fhir", "discovery", "authorize", "token", "revoke", "elsewhere")

# Each action with its own parameters and their defaults. A default of `...` stands for "must be given".
ACTIONS = {
    # The connection is reset: before the server has seen the request; while its body is on the way; or when the server has done it.
    "cut_before": {},
    "cut_upload": {"bytes": 100},
    "cut_after": {},
    # The answer's body ends after so many bytes (None: half of it), though its head promises all.
    "truncate": {"bytes": None},
    # Says nothing for so long and then ends the connection without an answer: the server has never seen the request, or with "after" it
    # has done it.
    "swallow": {"ms": ..., "after": False},
    # Waits: "before" the server sees the request, "after" it has answered, or in the middle of the answer's "body".
    "delay": {"ms": ..., "where": "before"},
    # An answer that isn't the server's. With "after", the server has seen and done the request all the same.
    "answer": {"status": ..., "headers": {}, "body": "", "after": False},
    # To another address; by default the same path at the foreign server.
    "redirect": {"to": None, "status": 307},
    # One text for another in the answer's body.
    "replace": {"from": ..., "to": ...},
    # kill -9 of a node ("this": the one that the request went to): "before" it is asked, "during" its work (`ms` after the request was
    # sent to it), or "after" its answer was read. The answer is then what a plain balancer would give.
    "kill": {"node": "this", "when": "during", "ms": 0},
}
COMMON = {"do": ..., "on": "fhir", "method": None, "path": None, "holds": None, "nth": 1, "times": 1}
CHOICES = {"on": PLACES, "do": tuple(ACTIONS), "where": ("before", "after", "body"), "when": ("before", "during", "after")}
NUMBERS = ("nth", "times", "bytes", "ms", "status")


class Refused(ValueError):
    """A rule that makes no sense; its text tells why."""


class Fault:
    """One rule. It counts the requests that fit; from the `nth` on it strikes `times` times (0: always)."""

    def __init__(self, number, spec):
        if not isinstance(spec, dict):
            raise Refused("a fault is an object")
        known = dict(COMMON)
        if spec.get("do") in ACTIONS:
            known |= ACTIONS[spec["do"]]
        if strangers := sorted(set(spec) - set(known)):
            raise Refused(f"unknown to {spec.get('do')!r}: {', '.join(strangers)}")
        self.number = number
        self.values = known | spec
        for name, value in self.values.items():
            if value is ...:
                raise Refused(f"{name} is missing")
            if name in CHOICES and value not in CHOICES[name]:
                raise Refused(f"{name} is one of {', '.join(CHOICES[name])}")
            if name in NUMBERS and not (type(value) is int and value >= 0 or value is None and known[name] is None):
                raise Refused(f"{name} is a whole number from 0")
        if self.values["nth"] < 1:
            raise Refused("nth counts from 1")
        try:
            self.pattern = re.compile(self.values["path"] or "")
        except (re.error, TypeError) as error:
            raise Refused(f"path is a regular expression: {error}") from None
        if not isinstance(self.values["holds"], str | None):
            raise Refused("holds is a text")
        self.seen = 0
        self.struck = 0

    def __getitem__(self, name):
        return self.values[name]

    def fits(self, place, method, path, body):
        """Whether this rule is about such a request. One that was not read yet holds nothing."""
        held = self["holds"] is None or self["holds"].encode() in body
        return held and place == self["on"] and self["method"] in (None, method) and self.pattern.search(path) is not None

    def strikes(self):
        """Counts one more request that fits, and tells whether it is hit."""
        self.seen += 1
        hit = self.seen >= self["nth"] and (self["times"] == 0 or self.seen < self["nth"] + self["times"])
        self.struck += hit
        return hit

    def spent(self):
        """Whether it can strike no more."""
        return self["times"] != 0 and self.seen >= self["nth"] + self["times"] - 1

    def told(self):
        """As the control endpoint tells it."""
        return {"id": self.number, "seen": self.seen, "struck": self.struck, "spent": self.spent(), "fault": self.values}


class Faults:
    """All rules, spent ones too. Safe to use from many threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._all = []

    def add(self, spec):
        """Takes a rule in. Raises Refused."""
        with self._lock:
            fault = Fault(next(self._numbers), spec)
            self._all.append(fault)
            return fault.told()

    def clear(self):
        """Forgets every rule."""
        with self._lock:
            self._all.clear()

    def wants_bodies(self):
        """Whether some rule asks what a request holds: then it is read before the rules are asked, and no upload can be cut."""
        with self._lock:
            return any(fault["holds"] is not None for fault in self._all)

    def told(self):
        """Every rule with what it has done."""
        with self._lock:
            return [fault.told() for fault in self._all]

    def take(self, place, method, path, body):
        """The rule that strikes this request, or None. Every rule counts it that is about it; the oldest that strikes wins."""
        with self._lock:
            hits = [fault for fault in self._all if fault.fits(place, method, path, body) and fault.strikes()]
            return hits[0] if hits else None
