"""The proxy's own promises: each action of faults.py does what it says, to the request that it is about and to no other."""

import hashlib
import http.client
import json
import socket
import time
import urllib.parse

from .client import observation, same, send, transaction, until


def broken(client, *arguments, **more):
    """Fails unless the request gets no whole answer."""
    try:
        answer = client.fhir(*arguments, **more)
    except (OSError, http.client.HTTPException) as error:
        return error
    raise AssertionError(f"an answer came: {answer.status}")


def cut_before(client):
    """cut_before: the connection is reset, and the server has seen nothing"""
    sent = observation("cut")
    client.fault(do="cut_before", method="PUT")
    error = broken(client, "PUT", f"/Observation/{sent['id']}", sent)
    assert isinstance(error, ConnectionError), repr(error)
    client.fhir("GET", f"/Observation/{sent['id']}").want(404)
    same(client.log()[-2]["status"], None, "logged status")
    same(client.log()[-2]["server_status"], None, "logged status of the server")


def cut_upload(client):
    """cut_upload: the connection is reset while the body is on its way"""
    sent = observation("cut")
    sent["note"] = [{"text": "x" * 1000}]
    client.fault(do="cut_upload", method="PUT", bytes=300)
    broken(client, "PUT", f"/Observation/{sent['id']}", sent)
    client.fhir("GET", f"/Observation/{sent['id']}").want(404)


def cut_after(client):
    """cut_after: the connection is reset when the server has done it"""
    sent = observation("cut")
    client.fault(do="cut_after", method="PUT")
    broken(client, "PUT", f"/Observation/{sent['id']}", sent)
    client.fhir("GET", f"/Observation/{sent['id']}").want(200)
    same(client.log()[-2]["server_status"], 201, "logged status of the server")


def swallow(client):
    """swallow: nothing comes for so long, then the end; the server has seen nothing, or has done it"""
    for after, status in ((False, 404), (True, 200)):
        sent = observation("swallowed")
        client.fault(do="swallow", method="PUT", ms=400, after=after)
        began = time.monotonic()
        broken(client, "PUT", f"/Observation/{sent['id']}", sent)
        assert time.monotonic() - began >= 0.4, "it ended at once"
        client.fhir("GET", f"/Observation/{sent['id']}").want(status)


def holds(client):
    """holds: a rule is about the requests whose body holds a text, and about no other"""
    good, bad = observation("good"), observation("bad")
    bad["note"] = [{"text": "the word"}]
    client.fault(do="answer", status=422, holds="the word", times=0)
    for one, status in ((good, 201), (bad, 422), (good, 200)):
        client.put(one).want(status)
    client.fhir("POST", "", transaction([good, bad])).want(422)
    client.fhir("GET", f"/Observation/{bad['id']}").want(404)
    client.control("DELETE", "/faults")
    client.put(bad).want(201)


def truncate(client):
    """truncate: the answer's head promises more than comes"""
    sent = observation("short")
    client.put(sent).want(201)
    for rule in ({}, {"bytes": 10}):
        client.fault(do="truncate", **rule)
        error = broken(client, "GET", f"/Observation/{sent['id']}")
        assert isinstance(error, http.client.IncompleteRead), repr(error)
        if rule:
            same(len(error.partial), 10, "bytes")
    client.fhir("GET", f"/Observation/{sent['id']}").want(200)


def delay(client):
    """delay: the answer comes so much later, be the wait before, after, or in the middle of it"""
    for where in ("before", "after", "body"):
        client.fault(do="delay", ms=400, where=where)
        began = time.monotonic()
        client.fhir("GET", "/Observation?_count=1").want(200)
        assert time.monotonic() - began >= 0.4, where


def answer(client):
    """answer: something else than the server's answer, which with after has done it all the same"""
    sent = observation("answer")
    client.fault(do="answer", method="PUT", status=503, headers={"Retry-After": "7"}, body="busy")
    other = client.put(sent).want(503)
    same((other.headers["retry-after"], other.body), ("7", b"busy"), "answer")
    client.fhir("GET", f"/Observation/{sent['id']}").want(404)
    client.fault(do="answer", method="PUT", status=504, after=True)
    client.put(sent).want(504)
    client.fhir("GET", f"/Observation/{sent['id']}").want(200)


def redirect(client):
    """redirect: to the foreign server, which notes what comes and whether it brought a right along"""
    client.fault(do="redirect", status=308)
    target = client.fhir("GET", "/Observation?x=1").want(308).headers["location"]
    same(target, f"{client.told['elsewhere']}/fhir/Observation?x=1", "Location")
    send("GET", target, headers={"Authorization": "Bearer x"})
    last = client.log()[-1]
    same((last["on"], last["path"], last["authorization"]), ("elsewhere", "/fhir/Observation?x=1", True), "logged")


def replace(client):
    """replace: another text in the answer, such as a next link to elsewhere"""
    for _ in range(2):
        client.put(observation("replace")).want(201)
    client.fault(do="replace", **{"from": client.base, "to": client.told["elsewhere"]})
    page = client.fhir("GET", "/Observation?_count=1", Accept_Encoding="gzip").want(200).json
    links = [link["url"] for link in page["link"] if link["relation"] == "next"]
    assert links and links[0].startswith(client.told["elsewhere"]), links


def counted(client):
    """nth, times, method and path: a rule strikes what it is about, then and no more"""
    client.fault(do="answer", status=599, method="GET", path=r"/Patient\b", nth=2, times=2)
    client.fhir("GET", "/Observation?_count=1").want(200)
    statuses = [client.fhir("GET", "/Patient?_count=1").status for _ in range(4)]
    same(statuses, [200, 599, 599, 200], "statuses")
    [rule] = client.control("GET", "/faults")
    same((rule["seen"], rule["struck"], rule["spent"]), (4, 2, True), "rule")
    client.fault(do="answer", status=598, times=0)
    same([client.fhir("GET", "/metadata").status for _ in range(3)], [598] * 3, "statuses")
    client.control("DELETE", "/faults")
    client.fhir("GET", "/Patient?_count=1").want(200)


def refused(client):
    """a rule that makes no sense is refused with words"""
    for wrong in ({}, {"do": "melt"}, {"do": "delay"}, {"do": "delay", "ms": -1}, {"do": "kill", "when": "never"},
                  {"do": "truncate", "ms": 1}, {"do": "cut_after", "path": "("}, {"do": "cut_after", "nth": 0},
                  {"do": "cut_after", "on": "moon"}, {"do": "swallow"}, {"do": "cut_after", "holds": 1}, []):
        reply = send("POST", client.told["control"] + "/faults", json.dumps(wrong)).want(400)
        assert reply.json["error"], wrong
    same(client.control("GET", "/faults"), [], "rules")


def logged(client):
    """the log tells what each request was, and the same bytes by the same sum"""
    sent = json.dumps(observation("log")).encode()
    path = f"/Observation/{json.loads(sent)['id']}"
    mark = client.mark()
    for _ in range(2):
        client.fhir("PUT", path, sent, Authorization="Bearer x")
    first, second = client.log(mark)
    same(first["sent_sha256"], hashlib.sha256(sent).hexdigest(), "sum")
    same(second["sent_sha256"], first["sent_sha256"], "sum")
    same((first["n"], first["method"], first["path"], first["authorization"], first["status"], first["node"], first["sent_bytes"]),
         (mark + 1, "PUT", f"/fhir{path}", True, 201, "a", len(sent)), "entry")


def chunked(client):
    """a body in chunks reaches the server whole, and one connection serves many requests"""
    sent = observation("chunks")
    text = json.dumps(sent).encode()
    parts = urllib.parse.urlsplit(client.base)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    for status in (201, 200):
        connection.request("PUT", f"{parts.path}/Observation/{sent['id']}", iter([text[:50], text[50:]]),
                           {"Content-Type": "application/fhir+json"}, encode_chunked=True)
        reply = connection.getresponse()
        reply.read()
        same(reply.status, status, "status")
    connection.close()


def skewed(client):
    """date_skew_s moves the clock that answers show"""
    client.control("POST", "/settings", {"date_skew_s": -7200})
    try:
        shown = client.fhir("GET", "/Observation?_count=1").headers["date"]
        behind = time.time() - time.mktime(time.strptime(shown, "%a, %d %b %Y %H:%M:%S GMT")) + time.timezone
        assert 7190 < behind < 7210, behind
    finally:
        client.control("POST", "/settings", {"date_skew_s": 0})


def far(client):
    """round_trip_ms makes every answer come later by as much"""
    client.control("POST", "/settings", {"round_trip_ms": 300})
    try:
        for _ in range(2):
            began = time.monotonic()
            client.fhir("GET", "/Observation?_count=1").want(200)
            took = time.monotonic() - began
            assert took >= 0.3, took
    finally:
        client.control("POST", "/settings", {"round_trip_ms": 0})


def nodes(client):
    """nodes are killed, started, paused and resumed; without one the answer is 503, from one that breaks off 502"""
    name = client.nodes[0]
    client.control("POST", f"/nodes/{name}/kill")
    same(client.fhir("GET", "/Observation?_count=1").want(503).headers["retry-after"], "1", "Retry-After")
    client.control("POST", f"/nodes/{name}/start")
    client.fhir("GET", "/Observation?_count=1").want(200)
    client.control("POST", f"/nodes/{name}/pause")
    until(lambda: client.control("GET", "/nodes")[0]["paused"])
    try:
        send("GET", f"{client.base}/Observation?_count=1", timeout=1)
        raise AssertionError("a paused node answered")
    except socket.timeout:
        pass
    client.control("POST", f"/nodes/{name}/resume")
    client.fhir("GET", "/Observation?_count=1").want(200)
    client.control("POST", f"/nodes/{name}/pause")
    client.fault(do="kill", when="during", ms=100)
    client.fhir("GET", "/Observation?_count=1").want(502)
    client.control("POST", f"/nodes/{name}/start")
    client.fault(do="kill", when="after")
    client.fhir("GET", "/Observation?_count=1").want(200)
    client.fhir("GET", "/Observation?_count=1").want(503)
    client.control("POST", f"/nodes/{name}/start")


CHECKS = (cut_before, cut_upload, cut_after, swallow, holds, truncate, delay, answer, redirect, replace, counted, refused, logged, chunked, skewed, far, nodes)
