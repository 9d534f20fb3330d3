"""An HTTP answer, as the parts of the proxy hand it on."""

import dataclasses
import json


@dataclasses.dataclass
class Answer:
    """Status, headers in their order, and the whole body."""

    status: int
    headers: list
    body: bytes

    @classmethod
    def json(cls, status, value, headers=()):
        """An answer in JSON."""
        return cls(status, [("Content-Type", "application/json"), *headers], json.dumps(value).encode() + b"\n")
