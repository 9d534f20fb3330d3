"""Answers that don't come in time."""

from lab.client import same, until

from .base import Play

# The phone gives up after so long, and the proxy says nothing for so much longer that a slow machine doesn't matter.
PATIENCE_S = 2
SILENCE_MS = 5_000
SILENCES = (
    {"do": "swallow"},
    {"do": "swallow", "after": True},
    {"do": "delay", "where": "before"},
    {"do": "delay", "where": "after"},
    {"do": "delay", "where": "body"},
)


class Timeouts(Play):
    """The checks, in their order."""

    def late(self):
        """no answer in time: the request or the answer is swallowed, or comes when the phone has given up and sent it again"""
        cases = [(rule, "POST") for rule in SILENCES] + [(rule, "GET") for rule in (SILENCES[0], SILENCES[4])]
        for rule, method in cases:
            self.pain()
            self.gives_up(**rule, method=method)
            self.phone.sync()
        # The token is renewed, and the answer comes too late: the server takes the old one once more for a while.
        self.client.control("POST", "/auth", {"reuse_grace_s": 60})
        self.client.control("POST", "/auth/expire")
        self.pain()
        self.gives_up(do="swallow", after=True, on="token")
        self.phone.sync()
        self.client.control("POST", "/auth", {"reuse_grace_s": 0})
        # What the proxy still holds back arrives as well.
        until(lambda: all("took_ms" in entry for entry in self.client.log()[:-1]), 30)
        status = self.phone.do("clinic", "status")["clinic"]
        same((status["waiting"], status["refused"]), (0, []), "waiting and refused")
        self.once()
        self.silent(self.phone)
        return f"{len(cases) + 1} silences"

    def gives_up(self, **rule):
        """A sync before a silence ends in time, and says so."""
        posted = self.client.fault(ms=SILENCE_MS, **rule)
        code, value = self.phone.try_it("sync", "--timeout", str(PATIENCE_S))
        same(self.struck(posted), 1, f"{rule} struck")
        same((code, value.get("error", {}).get("kind")), (4, "clinic"), f"{rule}: exit code and error of {value}")
        self.client.control("DELETE", "/faults")
