"""A little authorisation server of SMART App Launch 2 for a public client: code with PKCE, refresh tokens that are used once, revocation.

Pure: requests come in as dictionaries, the clock as a function, so that nothing here knows of sockets. It has no log-in page: who asks is
the one patient. There is no `id_token`, since nothing here could be trusted to have signed it.
"""

import base64
import hashlib
import json
import re
import secrets
import threading
import urllib.parse

from .answer import Answer

CODE_S = 60
SCOPE = re.compile(r"patient/(\*|[A-Z][A-Za-z]*)\.(c?r?u?d?s?|read|write|\*)$")
OLD = {"read": "rs", "write": "cud", "*": "cruds"}
DEFAULTS = {
    # Whether the FHIR server wants an access token at all.
    "required": False,
    # Whether a token must have a scope for what is done with it.
    "scopes_enforced": True,
    "access_token_s": 3600,
    # Whether a refresh gives a new refresh token and takes the old one back.
    "rotate": True,
    # What becomes of a log-in of which a used refresh token or code is shown again: "refuse" the token, or "revoke" the whole log-in.
    "reuse": "refuse",
    # How long after its use a refresh token is still taken, for a client that never got the answer.
    "reuse_grace_s": 0,
    # What the person does: "grant", "deny"; or "forge": the answer comes with another state.
    "consent": "grant",
    # The scopes that are granted, as one text; None: all that are asked for.
    "granted": None,
    "patient": "lumbra-test-patient",
}


def refused(error, words, status=400):
    """An error answer of OAuth."""
    body = {"error": error, "error_description": words}
    return Answer.json(status, body, [("Cache-Control", "no-store")])


class Login:
    """One person's consent to one client: what was granted, and every token that came of it."""

    def __init__(self, client, scope):
        self.client = client
        self.scope = scope
        self.revoked = False

    def allows(self, resource, letter):
        """Whether a scope lets the client do this: c create, r read, u update, d delete, s search."""
        for scope in self.scope.split():
            if found := SCOPE.match(scope):
                if found[1] in ("*", resource) and letter in OLD.get(found[2], found[2]):
                    return True
        return False


class Smart:
    """The server's state. `issuer` is its own address, `audience` the FHIR server's, `now` gives seconds."""

    def __init__(self, issuer, audience, now):
        self.issuer = issuer
        self.audience = audience
        self.now = now
        self.settings = dict(DEFAULTS)
        self.counts = {"authorized": 0, "exchanged": 0, "refreshed": 0, "refused": 0, "revoked": 0}
        self._lock = threading.Lock()
        self._codes = {}
        self._access = {}
        self._refresh = {}

    def change(self, values):
        """Changes settings. Raises ValueError for one that isn't there, or of another kind."""
        for name, value in values.items():
            if name not in DEFAULTS:
                raise ValueError(f"no setting {name!r}")
            if DEFAULTS[name] is not None and type(value) is not type(DEFAULTS[name]):
                raise ValueError(f"{name} is a {type(DEFAULTS[name]).__name__}")
        self.settings |= values

    def expire(self):
        """Lets every access token run out now; refresh tokens stay good."""
        with self._lock:
            for token in self._access:
                login, _ = self._access[token]
                self._access[token] = (login, 0.0)

    def forget(self):
        """Lets every token and code be unknown from now on, as after a restart without memory."""
        with self._lock:
            for tokens in (self._codes, self._access, self._refresh):
                tokens.clear()

    def discovery(self):
        """The document at `/.well-known/smart-configuration` below the FHIR server's address."""
        return Answer.json(200, {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "revocation_endpoint": f"{self.issuer}/revoke",
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["launch/patient", "offline_access", "patient/*.cruds"],
            "capabilities": ["launch-standalone", "client-public", "context-standalone-patient", "permission-offline",
                             "permission-patient", "permission-v2"],
        })

    def authorize(self, query):
        """Sends the browser back at once, with a code or the person's refusal. What can't be trusted is answered here instead."""
        target = urllib.parse.urlsplit(query.get("redirect_uri", ""))
        # A test's browser reaches nothing else; and a server that redirected anywhere would hand codes to anyone.
        if target.hostname not in ("127.0.0.1", "localhost", "::1") and target.scheme in ("http", "https", ""):
            return refused("invalid_request", "redirect_uri is neither of this machine nor an app's own")
        if not query.get("client_id"):
            return refused("invalid_request", "client_id is missing")
        back = {}
        if query.get("response_type") != "code":
            back = {"error": "unsupported_response_type"}
        elif query.get("code_challenge_method") != "S256" or not re.fullmatch(r"[\w-]{43}", query.get("code_challenge", "")):
            back = {"error": "invalid_request", "error_description": "PKCE with S256 is wanted"}
        elif query.get("aud", "").rstrip("/") != self.audience:
            back = {"error": "invalid_request", "error_description": f"aud is not {self.audience}"}
        elif len(query.get("state", "")) < 16:
            back = {"error": "invalid_request", "error_description": "state is too short to be unguessable"}
        elif self.settings["consent"] == "deny":
            back = {"error": "access_denied"}
        else:
            asked = query.get("scope", "")
            granted = asked if self.settings["granted"] is None else self.settings["granted"]
            code = secrets.token_urlsafe(24)
            with self._lock:
                self.counts["authorized"] += 1
                self._codes[code] = (Login(query["client_id"], granted), query["code_challenge"], query["redirect_uri"],
                                     self.now() + CODE_S)
            back = {"code": code}
        if "state" in query:
            back["state"] = secrets.token_urlsafe(24) if self.settings["consent"] == "forge" else query["state"]
        where = query["redirect_uri"] + ("&" if target.query else "?") + urllib.parse.urlencode(back)
        return Answer(302, [("Location", where), ("Cache-Control", "no-store")], b"")

    def token(self, form):
        """The token endpoint: a code, or a refresh token, for tokens."""
        with self._lock:
            kind = form.get("grant_type")
            if kind == "authorization_code":
                answer = self._exchange(form)
            elif kind == "refresh_token":
                answer = self._renew(form)
            else:
                answer = refused("unsupported_grant_type", "authorization_code or refresh_token")
            if answer.status != 200:
                self.counts["refused"] += 1
            return answer

    def _exchange(self, form):
        login, challenge, redirect, until = self._codes.get(form.get("code"), (None, "", "", 0.0))
        if login is None or self.now() > until:
            return refused("invalid_grant", "the code is unknown or too old")
        if challenge is None:
            # A code that comes twice has been stolen once; which of the two is the thief nobody knows.
            login.revoked = True
            return refused("invalid_grant", "the code was used before")
        if form.get("client_id") != login.client or form.get("redirect_uri") != redirect:
            return refused("invalid_grant", "the code was for another client or redirect_uri")
        verifier = form.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) or digest != challenge:
            return refused("invalid_grant", "code_verifier doesn't fit")
        self._codes[form["code"]] = (login, None, redirect, until)
        self.counts["exchanged"] += 1
        return self._tokens(login, "offline_access" in login.scope.split())

    def _renew(self, form):
        login, used_at = self._refresh.get(form.get("refresh_token"), (None, None))
        if login is None or login.revoked or login.client != form.get("client_id"):
            return refused("invalid_grant", "the refresh token is unknown or was taken back")
        if used_at is not None and self.now() - used_at > self.settings["reuse_grace_s"]:
            login.revoked = self.settings["reuse"] == "revoke"
            return refused("invalid_grant", "the refresh token was used before")
        if self.settings["rotate"]:
            self._refresh[form["refresh_token"]] = (login, self.now() if used_at is None else used_at)
        self.counts["refreshed"] += 1
        return self._tokens(login, self.settings["rotate"])

    def _tokens(self, login, with_refresh):
        access = secrets.token_urlsafe(24)
        self._access[access] = (login, self.now() + self.settings["access_token_s"])
        body = {"access_token": access, "token_type": "Bearer", "expires_in": self.settings["access_token_s"], "scope": login.scope}
        if "launch/patient" in login.scope.split():
            body["patient"] = self.settings["patient"]
        if with_refresh:
            body["refresh_token"] = secrets.token_urlsafe(24)
            self._refresh[body["refresh_token"]] = (login, None)
        return Answer.json(200, body, [("Cache-Control", "no-store")])

    def revoke(self, form):
        """Takes back the log-in of a token. A token that isn't known is taken back already."""
        with self._lock:
            login, _ = self._refresh.get(form.get("token")) or self._access.get(form.get("token")) or (None, None)
            if login is not None:
                login.revoked = True
                self.counts["revoked"] += 1
            return Answer(200, [], b"")

    def objects(self, authorization, wanted):
        """The answer to a request that has no right to the server, or None. `wanted` are pairs of a resource type and a letter."""
        if not self.settings["required"]:
            return None
        kind, _, token = (authorization or "").partition(" ")
        with self._lock:
            login, until = self._access.get(token.strip(), (None, 0.0))
        if kind.lower() != "bearer" or login is None or login.revoked or self.now() >= until:
            challenge = 'Bearer error="invalid_token"' if authorization else "Bearer"
            return outcome(401, "login", "an access token that is good is wanted", [("WWW-Authenticate", challenge)])
        if self.settings["scopes_enforced"]:
            for resource, letter in wanted:
                if not login.allows(resource, letter):
                    return outcome(403, "forbidden", f"no scope lets you do {letter!r} with {resource}", [])
        return None


def outcome(status, code, words, headers):
    """An error answer of FHIR."""
    body = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, "diagnostics": words}]}
    return Answer(status, [("Content-Type", "application/fhir+json"), *headers], json.dumps(body).encode())


def wanted(method, path, body):
    """What a FHIR request does, as pairs of a resource type and a letter of a SMART scope. `path` is below the server's address."""
    parts = [part for part in path.partition("?")[0].split("/") if part]
    if parts and parts[0] in ("metadata", ".well-known"):
        return []
    if not parts:
        if method != "POST":
            # The whole server's search, or its next page, whose types nobody can tell.
            return []
        try:
            entries = json.loads(body).get("entry", [])
            requests = [(entry["request"]["method"], entry["request"]["url"]) for entry in entries]
        except (ValueError, KeyError, AttributeError, TypeError):
            return []
        return [pair for inner, url in requests for pair in wanted(inner, url, b"{}")]
    letter = {"PUT": "u", "PATCH": "u", "DELETE": "d", "POST": "c"}.get(method, "r" if len(parts) > 1 else "s")
    if method == "POST" and len(parts) > 1:
        letter = "s" if parts[-1] == "_search" else "r"
    return [(parts[0], letter)]
