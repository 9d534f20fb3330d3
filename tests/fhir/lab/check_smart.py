"""The authorisation server's own promises: what a SMART client may and may not do, and what a test can make of it."""

import base64
import hashlib
import http.client
import secrets
import urllib.parse

from .client import observation, same, send, transaction

SCOPES = "launch/patient offline_access patient/CarePlan.rs patient/Observation.crus"
REDIRECT = "http://127.0.0.1:7/back"
APP = "lumbra-smoke"


def wanted(client, **settings):
    """Wants access tokens from now on, and gives the discovery document."""
    client.control("POST", "/auth", {"required": True, "rotate": True, "reuse": "refuse", "reuse_grace_s": 0, "consent": "grant",
                                     "access_token_s": 3600, "scopes_enforced": True, **settings})
    return client.fhir("GET", "/.well-known/smart-configuration").want(200).json


def asked(client, **changes):
    """A log-in's first leg, as a browser would go: the answer, what it brought back, and the verifier."""
    found = client.fhir("GET", "/.well-known/smart-configuration").want(200).json
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {"response_type": "code", "client_id": APP, "redirect_uri": REDIRECT, "scope": SCOPES, "state": secrets.token_urlsafe(16),
             "aud": client.base, "code_challenge": challenge, "code_challenge_method": "S256", **changes}
    reply = send("GET", found["authorization_endpoint"] + "?" + urllib.parse.urlencode({k: v for k, v in query.items() if v is not None}))
    back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(reply.headers.get("location", "")).query))
    return reply, back, verifier, query["state"]


def form(client, endpoint, **values):
    """A form to the authorisation server."""
    return send("POST", f"{client.told['auth']}/{endpoint}", urllib.parse.urlencode(values),
                {"Content-Type": "application/x-www-form-urlencoded"})


def exchange(client, back, verifier, **changes):
    """A code for tokens."""
    return form(client, "token", **{"grant_type": "authorization_code", "code": back["code"], "redirect_uri": REDIRECT, "client_id": APP,
                                    "code_verifier": verifier, **changes})


def login(client, **changes):
    """A whole log-in."""
    reply, back, verifier, state = asked(client, **changes)
    reply.want(302)
    same(back.get("state"), state, "state")
    return exchange(client, back, verifier).want(200).json


def refresh(client, token):
    """A refresh token for tokens."""
    return form(client, "token", grant_type="refresh_token", refresh_token=token, client_id=APP)


def status(client, tokens, method="GET", path="/Observation?_count=1", value=None):
    """What a request with these tokens is answered."""
    return client.fhir(method, path, value, Authorization=f"Bearer {tokens['access_token']}").status


def whole(client):
    """a log-in with PKCE gives a token that opens the server, and nothing else does"""
    found = wanted(client)
    same(found["authorization_endpoint"], client.told["auth"] + "/authorize", "authorization_endpoint")
    reply = client.fhir("GET", "/Observation?_count=1").want(401)
    same(reply.headers["www-authenticate"], "Bearer", "WWW-Authenticate")
    reply = client.fhir("GET", "/Observation?_count=1", Authorization="Bearer wrong").want(401)
    same(reply.headers["www-authenticate"], 'Bearer error="invalid_token"', "WWW-Authenticate")
    client.fhir("GET", "/metadata").want(200)
    tokens = login(client)
    same((tokens["token_type"], tokens["scope"], tokens["expires_in"]), ("Bearer", SCOPES, 3600), "answer")
    assert tokens["patient"] and tokens["refresh_token"], tokens
    same(status(client, tokens), 200, "status")
    client.control("POST", "/auth", {"required": False})
    client.fhir("GET", "/Observation?_count=1").want(200)


def doubted(client):
    """what is not to be trusted gets no code"""
    wanted(client)
    same(asked(client, redirect_uri="http://example.org/back")[0].status, 400, "foreign redirect_uri")
    for changes in ({"code_challenge": None}, {"code_challenge_method": "plain"}, {"aud": "http://127.0.0.1:7/fhir"}, {"state": "short"},
                    {"response_type": "token"}):
        reply, back, _, _ = asked(client, **changes)
        same(reply.status, 302, f"status of {changes}")
        assert "error" in back and "code" not in back, (changes, back)


def exchanged(client):
    """a code is good once, for its client, address and verifier"""
    wanted(client)
    for changes in ({"code_verifier": "a" * 43}, {"client_id": "other"}, {"redirect_uri": "http://127.0.0.1:7/other"}, {"code": "none"}):
        _, back, verifier, _ = asked(client)
        same(exchange(client, back, verifier, **changes).want(400).json["error"], "invalid_grant", f"{changes}")
    _, back, verifier, _ = asked(client)
    tokens = exchange(client, back, verifier).want(200).json
    exchange(client, back, verifier).want(400)
    same(status(client, tokens), 401, "status after a code was shown twice")


def refreshed(client):
    """a refresh token is good once, and what it gives is good"""
    wanted(client)
    first = login(client)
    client.control("POST", "/auth/expire")
    same(status(client, first), 401, "status of an expired token")
    second = refresh(client, first["refresh_token"]).want(200).json
    same(status(client, second), 200, "status after a refresh")
    same(refresh(client, first["refresh_token"]).want(400).json["error"], "invalid_grant", "error")
    same(status(client, second), 200, "status after the refusal")
    third = refresh(client, second["refresh_token"]).want(200).json
    client.control("POST", "/auth", {"reuse": "revoke"})
    refresh(client, second["refresh_token"]).want(400)
    same(status(client, third), 401, "status after the log-in was revoked")
    refresh(client, third["refresh_token"]).want(400)


def lost(client):
    """the answer of a refresh can be cut when it was done; the old token is then good only within the grace time"""
    wanted(client)
    for grace, code in ((0, 400), (60, 200)):
        tokens = login(client)
        client.control("POST", "/auth", {"reuse_grace_s": grace})
        before = client.control("GET", "/auth")["counts"]["refreshed"]
        client.fault(on="token", do="cut_after")
        try:
            refresh(client, tokens["refresh_token"])
            raise AssertionError("an answer came")
        except (OSError, http.client.HTTPException):
            pass
        same(client.control("GET", "/auth")["counts"]["refreshed"], before + 1, "refreshes")
        refresh(client, tokens["refresh_token"]).want(code)


def short(client):
    """tokens run out by themselves, and without rotation a refresh token stays"""
    wanted(client, access_token_s=0, rotate=False)
    tokens = login(client)
    same(status(client, tokens), 401, "status")
    for _ in range(2):
        assert "refresh_token" not in refresh(client, tokens["refresh_token"]).want(200).json
    same("refresh_token" in login(client, scope="patient/CarePlan.rs"), False, "refresh token without offline_access")


def revoked(client):
    """revocation ends the log-in, and so does a server that forgets"""
    wanted(client)
    tokens = login(client)
    form(client, "revoke", token=tokens["refresh_token"], client_id=APP).want(200)
    same(status(client, tokens), 401, "status")
    refresh(client, tokens["refresh_token"]).want(400)
    form(client, "revoke", token="unknown").want(200)
    tokens = login(client)
    client.control("POST", "/auth/forget")
    same(status(client, tokens), 401, "status")
    refresh(client, tokens["refresh_token"]).want(400)


def scoped(client):
    """a token opens what its scopes say, entry by entry"""
    wanted(client)
    tokens = login(client)
    sent = observation("scope")
    plan = {"resourceType": "CarePlan", "id": sent["id"], "status": "active", "intent": "plan", "subject": {"display": "nobody"}}
    same(status(client, tokens, "PUT", f"/Observation/{sent['id']}", sent), 201, "PUT Observation")
    same(status(client, tokens, "PUT", f"/CarePlan/{plan['id']}", plan), 403, "PUT CarePlan")
    same(status(client, tokens, "GET", "/CarePlan?_count=1"), 200, "search CarePlan")
    same(status(client, tokens, "POST", "", transaction([sent])), 200, "transaction")
    same(status(client, tokens, "POST", "", transaction([sent, plan])), 403, "transaction with a CarePlan")
    same(status(client, tokens, "DELETE", f"/Observation/{sent['id']}"), 403, "DELETE Observation")
    same(status(client, login(client, scope="patient/Observation.cru")), 403, "search Observation")


def minded(client):
    """the person can refuse, or grant less; and an answer can be forged"""
    wanted(client, consent="deny")
    _, back, _, state = asked(client)
    same((back.get("error"), back["state"]), ("access_denied", state), "refusal")
    wanted(client, consent="forge")
    _, back, _, state = asked(client)
    assert back["code"] and back["state"] != state, back
    wanted(client, granted="launch/patient")
    same(login(client)["scope"], "launch/patient", "scope")
    client.control("POST", "/auth", {"granted": None})


CHECKS = (whole, doubted, exchanged, refreshed, lost, short, revoked, scoped, minded)
