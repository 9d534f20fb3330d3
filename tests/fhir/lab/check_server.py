"""What a client of Lumbra builds on, asked of a FHIR server."""

import concurrent.futures
import json
import re
import time
import urllib.parse
import uuid

from .client import observation, same, transaction


def capability(client):
    """says what it can: R4, transactions, updates"""
    told = client.fhir("GET", "/metadata").want(200)
    same(told.json["fhirVersion"], "4.0.1", "version")
    rest = told.json["rest"][0]
    codes = {interaction["code"] for interaction in rest["interaction"]}
    assert "transaction" in codes, codes
    kinds = {entry["type"]: entry for entry in rest["resource"]}
    assert "update" in {interaction["code"] for interaction in kinds["Observation"]["interaction"]}, kinds["Observation"]
    # HAPI says nothing of it, and does it all the same.
    declared = kinds["Observation"].get("updateCreate")
    assert declared is not False, "updates don't create"
    return f"updateCreate {declared}, batch {'batch' in codes}, {len(told.body) / 1e6:.1f} MB"


def put(client):
    """PUT by the client's id creates, and the same again updates"""
    sent = observation("put")
    first = client.put(sent).want(201)
    same(first.headers["etag"], 'W/"1"', "ETag")
    read = client.fhir("GET", f"/Observation/{sent['id']}").want(200)
    same(read.headers["etag"], 'W/"1"', "ETag")
    sent["status"] = "amended"
    second = client.put(sent).want(200)
    assert second.headers["etag"] != first.headers["etag"], "the version is the same"
    same(client.fhir("GET", f"/Observation/{sent['id']}").json["status"], "amended", "status")


def kept(client):
    """keeps a decimal's digits, a local offset and an extension that it doesn't know"""
    sent = observation("kept")
    sent["extension"] = [{"url": "http://lumbra.test/unknown", "valueDecimal": 1.5}]
    text = json.dumps(sent).replace('"value": 0.1,', '"value": 0.10,').encode()
    assert b'"value": 0.10,' in text
    client.fhir("PUT", f"/Observation/{sent['id']}", text).want(201)
    read = client.fhir("GET", f"/Observation/{sent['id']}").want(200)
    assert re.search(rb'"value":\s*0\.10[,}]', read.body), read.body
    same(read.json["effectiveDateTime"], sent["effectiveDateTime"], "time")
    same(read.json["extension"], sent["extension"], "extension")


def whole_transaction(client):
    """takes a transaction of PUTs as one, and the same again without a second copy"""
    code = f"t{uuid.uuid4().hex}"
    sent = [observation(code) for _ in range(5)]
    for status in ("201", "200"):
        answer = client.fhir("POST", "", transaction(sent)).want(200).json
        same(answer["type"], "transaction-response", "type")
        statuses = [entry["response"]["status"][:3] for entry in answer["entry"]]
        same(statuses, [status] * 5, "statuses")
    same(len(client.found(f"/Observation?code={code}")), 5, "found")


def rolled_back(client):
    """stores nothing of a transaction of which one entry is refused"""
    good, stale = observation("rollback"), observation("rollback")
    old = client.put(stale).want(201).headers["etag"]
    stale["status"] = "amended"
    client.put(stale).want(200)
    stale["status"] = "corrected"
    bundle = transaction([good, stale])
    bundle["entry"][1]["request"]["ifMatch"] = old
    answer = client.fhir("POST", "", bundle)
    assert 400 <= answer.status < 500, (answer.status, answer.body[:200])
    same(answer.json["resourceType"], "OperationOutcome", "answer")
    client.fhir("GET", f"/Observation/{good['id']}").want(404)
    same(client.fhir("GET", f"/Observation/{stale['id']}").json["status"], "amended", "status")
    return f"status {answer.status}"


def conflict(client):
    """refuses the update of a version that isn't the last, by 412 or as HAPI by 409, and takes the one that is"""
    sent = observation("match")
    old = client.put(sent).want(201).headers["etag"]
    sent["status"] = "amended"
    new = client.put(sent, If_Match=old).want(200).headers["etag"]
    sent["status"] = "corrected"
    refused = client.put(sent, If_Match=old).want(409, 412).status
    same(client.fhir("GET", f"/Observation/{sent['id']}").json["status"], "amended", "status")
    client.put(sent, If_Match=new).want(200)
    return f"status {refused}"


def paging(client):
    """pages through a search by its next links, each resource once, all on its own address"""
    code = f"p{uuid.uuid4().hex}"
    sent = [observation(code) for _ in range(25)]
    client.fhir("POST", "", transaction(sent)).want(200)
    mark = client.mark()
    pages = list(client.pages(f"/Observation?code={code}&_count=10&_sort=_lastUpdated"))
    same([len(page["entry"]) for page in pages], [10, 10, 5], "pages")
    for page in pages:
        for link in page["link"]:
            assert link["url"].startswith(client.base), link
    ids = sorted(entry["resource"]["id"] for page in pages for entry in page["entry"])
    same(ids, sorted(resource["id"] for resource in sent), "ids")
    same({entry["node"] for entry in client.log(mark)}, set(client.nodes), "nodes that were asked")


def since(client):
    """finds what was stored since a time of its own clock, oldest first, and nothing older"""
    code = f"s{uuid.uuid4().hex}"
    ids = []
    for _ in range(4):
        sent = observation(code)
        client.put(sent).want(201)
        ids.append(sent["id"])
        # Some servers tell times by the millisecond only.
        time.sleep(0.05)
    every = client.found(f"/Observation?code={code}&_sort=_lastUpdated")
    same([resource["id"] for resource in every], ids, "order")
    watermark = urllib.parse.quote(every[2]["meta"]["lastUpdated"])
    later = client.found(f"/Observation?code={code}&_sort=_lastUpdated&_lastUpdated=ge{watermark}")
    same([resource["id"] for resource in later], ids[2:], "since")


def gone(client):
    """answers 410 for what was deleted, and no longer finds it"""
    code = f"g{uuid.uuid4().hex}"
    sent = observation(code)
    client.put(sent).want(201)
    client.fhir("DELETE", f"/Observation/{sent['id']}").want(200, 204)
    client.fhir("GET", f"/Observation/{sent['id']}").want(410)
    client.fhir("GET", f"/Observation/{uuid.uuid4()}").want(404)
    same(client.found(f"/Observation?code={code}"), [], "found")


def validate(client):
    """tells a sound resource from a wrong one by $validate"""
    def errors(resource):
        answer = client.fhir("POST", "/Observation/$validate", resource).want(200, 400, 412, 422).json
        return [issue for issue in answer["issue"] if issue["severity"] in ("error", "fatal")]

    sound = observation("29463-7")
    sound["code"] = {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]}
    same(errors(sound), [], "errors of a sound resource")
    assert errors({"resourceType": "Observation", "id": "wrong", "code": {"text": "no status"}}), "a missing status was not found"


def at_once(client):
    """makes one copy of ten identical uploads at once"""
    sent = [observation(f"o{uuid.uuid4().hex}") for _ in range(3)]

    def upload(_):
        tries = 0
        while True:
            tries += 1
            status = client.fhir("POST", "", transaction(sent)).want(200, 409, 412, 429, 500, 503).status
            if status == 200:
                return tries
            assert tries < 20, status
            time.sleep(0.05 * tries)

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        tries = list(pool.map(upload, range(10)))
    same(len(client.found(f"/Observation?code={sent[0]['code']['coding'][0]['code']}")), 1, "copies")
    return f"{sum(tries)} tries"


CHECKS = (capability, put, kept, whole_transaction, rolled_back, conflict, paging, since, gone, validate, at_once)
