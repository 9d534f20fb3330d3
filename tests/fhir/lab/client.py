"""A client with no mind of its own: what the checks ask with. It follows nothing, retries nothing, and shows answers as they are."""

import http.client
import json
import time
import urllib.parse
import uuid

FHIR_JSON = "application/fhir+json"


class Reply:
    """An answer: `status`, `headers` by lower-case name, `body` as bytes, `json` when it is JSON."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def want(self, *statuses):
        """Itself, when its status is one of these."""
        if self.status not in statuses:
            raise AssertionError(f"status {self.status} instead of {statuses}: {self.body[:300]!r}")
        return self


def send(method, url, body=None, headers=None, timeout=120):
    """One request on a connection of its own. Raises OSError or http.client.HTTPException when no whole answer came."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers or {})
        found = connection.getresponse()
        named = {}
        for name, value in found.getheaders():
            named.setdefault(name.lower(), value)
        return Reply(found.status, named, found.read())
    finally:
        connection.close()


class Client:
    """Speaks with one lab."""

    def __init__(self, told):
        self.told = told
        self.base = told["base"]
        self.nodes = [node["name"] for node in told["nodes"]]

    def control(self, method, path, value=None):
        """Asks the control endpoint, and gives its value."""
        body = None if value is None else json.dumps(value)
        return send(method, self.told["control"] + path, body, timeout=300).want(200).json

    def fault(self, **rule):
        """Posts a rule."""
        return self.control("POST", "/faults", rule)

    def log(self, since=0):
        """The requests after this number."""
        return self.control("GET", f"/log?since={since}")

    def mark(self):
        """The number of the last request so far."""
        return len(self.log())

    def fhir(self, method, path, value=None, **headers):
        """A request to the FHIR server. `path` is below its address, or a whole address. `If_Match="..."` is a header."""
        url = path if path.startswith("http") else f"{self.base}{path}"
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        named.setdefault("Accept", FHIR_JSON)
        body = None
        if value is not None:
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            named.setdefault("Content-Type", FHIR_JSON)
        return send(method, url, body, named)

    def put(self, resource, **headers):
        """PUT by the id that the resource has."""
        return self.fhir("PUT", f"/{resource['resourceType']}/{resource['id']}", resource, **headers)

    def pages(self, path):
        """Every page of a search, by its `next` links as they are."""
        while path:
            page = self.fhir("GET", path, Cache_Control="no-cache").want(200).json
            yield page
            path = next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), None)

    def found(self, path):
        """Every match of a search over all pages."""
        return [entry["resource"] for page in self.pages(path) for entry in page.get("entry", [])
                if entry.get("search", {}).get("mode", "match") == "match"]


def observation(code, value="0.10", identity=None):
    """A resource of the kind that Lumbra sends; `value` is written as it stands, with all its digits."""
    identity = identity or str(uuid.uuid4())
    return {"resourceType": "Observation", "id": identity, "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identity}"}],
            "status": "final", "code": {"coding": [{"system": "http://lumbra.test/code", "code": code}]},
            "effectiveDateTime": "2026-03-01T10:00:00+01:00", "valueQuantity": {"value": float(value), "unit": "mA"}}


def transaction(resources):
    """A transaction that puts them all by their ids."""
    return {"resourceType": "Bundle", "type": "transaction",
            "entry": [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource,
                       "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}} for resource in resources]}


def same(left, right, what="values"):
    """Fails unless both are equal."""
    if left != right:
        raise AssertionError(f"{what}: {left!r} instead of {right!r}")


def until(condition, limit_s=60):
    """Waits for a condition."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.2)
