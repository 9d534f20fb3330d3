"""Nodes that die in the middle of work."""

import collections
import concurrent.futures
import http.client
import threading
import time
import uuid

from .client import observation, same, transaction, until

TRANSACTIONS = 40
EACH = 5
CLIENTS = 4
# From here to there, in transactions, the load goes on while a node is dead.
KILLED_AT = 12


def load(client, bundles):
    """Sends every bundle until it is acknowledged, from several threads. Gives how often each was sent, and what answers came."""
    tries = collections.Counter()
    answers = collections.Counter()
    lock = threading.Lock()

    def upload(number):
        end = time.monotonic() + 180
        while time.monotonic() < end:
            try:
                status = client.fhir("POST", "", bundles[number]).status
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
            with lock:
                tries[number] += 1
                answers[status] += 1
            if status == 200:
                return
            time.sleep(0.2)
        raise AssertionError(f"transaction {number} was never acknowledged: {dict(answers)}")

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(upload, range(len(bundles))))
    return tries, answers


def killed(client):
    """keeps every transaction once when a node is killed in the middle of a load"""
    code = f"k{uuid.uuid4().hex}"
    sent = [[observation(code, str(number + 1)) for _ in range(EACH)] for number in range(TRANSACTIONS)]
    fault = client.fault(do="kill", method="POST", nth=KILLED_AT, when="during", ms=20)["id"]
    alone = len(client.nodes) == 1
    restarted = threading.Event()

    def restart():
        until(lambda: any(not node["running"] for node in client.control("GET", "/nodes")), 120)
        # A pair has to do without it for the rest of the load.
        if alone:
            client.control("POST", f"/nodes/{client.nodes[0]}/start")
        restarted.set()

    helper = threading.Thread(target=restart)
    helper.start()
    tries, answers = load(client, [transaction(resources) for resources in sent])
    helper.join()
    same([rule["struck"] for rule in client.control("GET", "/faults") if rule["id"] == fault], [1], "kills")
    assert restarted.is_set()
    dead = [node["name"] for node in client.control("GET", "/nodes") if not node["running"]]
    same(len(dead), 0 if alone else 1, "dead nodes")
    for name in dead:
        client.control("POST", f"/nodes/{name}/start")
    expected = {resource["id"]: resource["valueQuantity"]["value"] for resources in sent for resource in resources}
    # As often as there are nodes, so that each is asked: no page comes from the same node as the one before it.
    for _ in client.nodes:
        found = client.found(f"/Observation?code={code}&_count=50&_sort=_lastUpdated")
        same(collections.Counter(resource["id"] for resource in found), collections.Counter(list(expected)), "what is stored")
    for resource in found:
        same(resource["valueQuantity"]["value"], expected[resource["id"]], "value")
        number = round(expected[resource["id"]]) - 1
        assert int(resource["meta"]["versionId"]) <= tries[number], (resource["meta"], tries[number])
    return f"{sum(tries.values())} uploads of {TRANSACTIONS}, answers {dict(answers)}"


def answer_lost(client):
    """has done what it was asked when only the answer was lost, and the retry changes nothing"""
    code = f"l{uuid.uuid4().hex}"
    bundle = transaction([observation(code) for _ in range(3)])
    client.fault(do="cut_after", method="POST")
    try:
        client.fhir("POST", "", bundle)
        raise AssertionError("an answer came")
    except (OSError, http.client.HTTPException):
        pass
    same(len(client.found(f"/Observation?code={code}&_count=10")), 3, "stored without an answer")
    answer = client.fhir("POST", "", bundle).want(200).json
    same([entry["response"]["status"][:3] for entry in answer["entry"]], ["200"] * 3, "statuses")
    same(len(client.found(f"/Observation?code={code}&_count=11")), 3, "stored")


CHECKS = (answer_lost, killed)
