"""The doors of a lab: a proxy that hands requests to the server's nodes in turn, and makes of them what the rules say.

Three addresses use it: the FHIR server's, the authorisation server's, and a foreign server's that nobody should send anything to.
"""

import hashlib
import http.client
import http.server
import os
import socket
import struct
import threading
import time
import urllib.parse

from .answer import Answer
from .smart import outcome, wanted

# Headers between two neighbours, which a proxy doesn't hand on.
HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "expect"}
FHIR = "/fhir"
# Longer than any node may take for a request.
NODE_TIMEOUT_S = 120


class Cut(Exception):
    """The connection is to be reset."""


class Log:
    """Every request that came in, in the order in which it came."""

    def __init__(self):
        self._lock = threading.Lock()
        self._entries = []
        self._began = time.monotonic()

    def begin(self, place, method, path, authorization):
        """A new entry. Its number is its place in the order, from 1."""
        with self._lock:
            entry = {"n": len(self._entries) + 1, "at_ms": self.age_ms(), "on": place, "method": method, "path": path,
                     "authorization": authorization, "node": None, "fault": None, "server_status": None, "status": None}
            self._entries.append(entry)
            return entry

    def age_ms(self):
        """Milliseconds since the lab began."""
        return round((time.monotonic() - self._began) * 1000)

    def since(self, number):
        """The entries after this one."""
        with self._lock:
            return [dict(entry) for entry in self._entries[max(number, 0):]]


class Server(http.server.ThreadingHTTPServer):
    """A door on a port of this machine that the system chooses, unless one is given."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler, port=0):
        super().__init__(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that go away are what this is for; anything else is a mistake of ours and is shown."""
        import sys
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Door(http.server.BaseHTTPRequestHandler):
    """One connection of a client. A door's class has the lab, and says by `place` what a path means."""

    protocol_version = "HTTP/1.1"
    lab = None
    # A client that says nothing more is let go, so that its thread ends.
    timeout = 150

    def place(self):
        """The kind of request, one of faults.PLACES."""
        raise NotImplementedError

    def ask(self, entry, fault, body):
        """The answer of what is behind this door."""
        raise NotImplementedError

    def log_message(self, format, *args):  # noqa: A002
        """Nothing: the log is kept by the lab."""

    def version_string(self):
        return "lab"

    def handle_request(self):
        """One request from its head to the last byte of its answer."""
        began = time.monotonic()
        place = self.place()
        entry = self.lab.log.begin(place, self.command, self.path, "Authorization" in self.headers)
        try:
            body = self.read_body() if self.lab.faults.wants_bodies() else None
            fault = self.lab.faults.take(place, self.command, self.path, body or b"")
            entry["fault"] = fault and fault.number
            do = fault and fault["do"]
            if do == "cut_upload":
                if body is None:
                    self.rfile.read(min(fault["bytes"], int(self.headers.get("Content-Length", 0))))
                raise Cut
            body = self.read_body() if body is None else body
            entry |= {"sent_bytes": len(body), "sent_sha256": hashlib.sha256(body).hexdigest()}
            if do == "cut_before":
                raise Cut
            time.sleep(self.lab.settings["round_trip_ms"] / 1000)
            answer = self.made_answer(entry, fault, body)
            if do == "cut_after":
                raise Cut
            entry["status"] = answer.status
            self.send_answer(answer, fault)
        except Cut:
            entry["status"] = None
            self.reset()
        finally:
            entry["took_ms"] = round((time.monotonic() - began) * 1000)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_request

    def made_answer(self, entry, fault, body):
        """The server's answer, or what a rule makes of it."""
        do = fault and fault["do"]
        if do == "swallow" and not fault["after"]:
            time.sleep(fault["ms"] / 1000)
            raise Cut
        if do == "delay" and fault["where"] == "before":
            time.sleep(fault["ms"] / 1000)
        if do == "redirect":
            return Answer(fault["status"], [("Location", fault["to"] or self.lab.elsewhere.url + self.path)], b"")
        if do == "answer" and not fault["after"]:
            return Answer(fault["status"], list(fault["headers"].items()), fault["body"].encode())
        answer = self.ask(entry, fault, body)
        entry["server_status"] = answer.status
        if do == "swallow":
            time.sleep(fault["ms"] / 1000)
            raise Cut
        if do == "delay" and fault["where"] == "after":
            time.sleep(fault["ms"] / 1000)
        if do == "answer":
            return Answer(fault["status"], list(fault["headers"].items()), fault["body"].encode())
        if do == "replace":
            answer.body = answer.body.replace(fault["from"].encode(), fault["to"].encode())
        return answer

    def read_body(self):
        """The request's whole body, be it of known length or in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                raise Cut
            return body
        body = b""
        while True:
            size = int(self.rfile.readline().partition(b";")[0], 16)
            if size == 0:
                while self.rfile.readline().strip():
                    pass
                return body
            body += self.rfile.read(size)
            self.rfile.readline()

    def send_answer(self, answer, fault):
        """Writes an answer, whole or not as the rule says."""
        self.send_response_only(answer.status)
        skew = self.lab.settings["date_skew_s"]
        sent = {name.lower() for name, _ in answer.headers}
        for name, value in answer.headers:
            if name.lower() not in HOP and (name.lower() != "date" or not skew):
                self.send_header(name, value)
        if skew or "date" not in sent:
            self.send_header("Date", self.date_time_string(time.time() + skew))
        has_body = self.command != "HEAD" and answer.status not in (204, 304)
        if answer.status != 204 and (has_body or "content-length" not in sent):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not has_body:
            return
        do = fault and fault["do"]
        half = len(answer.body) // 2
        if do == "truncate":
            end = half if fault["bytes"] is None else min(fault["bytes"], max(len(answer.body) - 1, 0))
            self.wfile.write(answer.body[:end])
            # An orderly end, as of a gateway that gave up, and not a reset, which may take bytes back that have arrived.
            self.close_connection = True
        elif do == "delay" and fault["where"] == "body":
            self.wfile.write(answer.body[:half])
            time.sleep(fault["ms"] / 1000)
            self.wfile.write(answer.body[half:])
        else:
            self.wfile.write(answer.body)

    def reset(self):
        """Ends the connection as a lost link does: by a reset, without a word."""
        self.close_connection = True
        try:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # Python closes a socket when its last file is gone; this is to happen now.
            os.close(self.connection.detach())
        except OSError:
            pass


class FhirDoor(Door):
    """The FHIR server's address: `/fhir` and what is below."""

    def place(self):
        return "discovery" if self.path.startswith(f"{FHIR}/.well-known/") else "fhir"

    def ask(self, entry, fault, body):
        lab = self.lab
        if self.place() == "discovery":
            known = self.path.partition("?")[0] == f"{FHIR}/.well-known/smart-configuration"
            return lab.smart.discovery() if known else outcome(404, "not-found", "no such document", [])
        if self.path.partition("?")[0] != FHIR and not self.path.startswith(f"{FHIR}/"):
            return outcome(404, "not-found", f"the server is at {FHIR}", [])
        below = self.path[len(FHIR):]
        objection = lab.smart.objects(self.headers.get("Authorization"), wanted(self.command, below, body))
        if objection and not below.startswith("/metadata"):
            return objection
        return self.forward(entry, fault, body)

    def forward(self, entry, fault, body):
        """Asks the node whose turn it is; when nobody listens there, the next one, as plain balancers do. A request that a node may
        have seen is not sent again: then the answer is 502."""
        kill = fault if fault and fault["do"] == "kill" else None
        for node in self.lab.turn():
            entry["node"] = node.name
            victim = kill and self.lab.node(node.name if kill["node"] == "this" else kill["node"])
            if kill and kill["when"] == "before":
                victim.kill()
                kill = None
            upstream = http.client.HTTPConnection("127.0.0.1", node.port, timeout=NODE_TIMEOUT_S)
            try:
                upstream.connect()
            except OSError:
                upstream.close()
                continue
            try:
                self.send_upstream(upstream, node, fault, body)
                if kill and kill["when"] == "during":
                    time.sleep(kill["ms"] / 1000)
                    victim.kill()
                found = upstream.getresponse()
                headers = [(name, value) for name, value in found.getheaders() if name.lower() not in HOP]
                length = found.getheader("Content-Length")
                answer = Answer(found.status, headers, found.read())
                if self.command == "HEAD" and length:
                    answer.headers.append(("Content-Length", length))
            except (OSError, http.client.HTTPException):
                return outcome(502, "transient", "the node broke off", [])
            finally:
                upstream.close()
            if kill and kill["when"] == "after":
                victim.kill()
            return answer
        entry["node"] = None
        return outcome(503, "transient", "no node listens", [("Retry-After", "1")])

    def send_upstream(self, upstream, node, fault, body):
        """The request as the client sent it, but for what concerns one connection alone, and for the client's right: we judge it."""
        path = node.root + self.path[len(FHIR):]
        upstream.putrequest(self.command, path if path.startswith("/") else "/" + path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            plain = fault and fault["do"] == "replace" and name.lower() == "accept-encoding"
            if name.lower() not in HOP and name.lower() != "authorization" and not plain:
                upstream.putheader(name, value)
        if body or self.command in ("POST", "PUT", "PATCH"):
            upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(body or None)


class AuthDoor(Door):
    """The authorisation server's address."""

    def place(self):
        name = self.path.partition("?")[0].strip("/")
        return name if name in ("authorize", "token", "revoke") else "elsewhere"

    def ask(self, entry, fault, body):
        place = self.place()
        query = self.path.partition("?")[2]
        if place == "authorize" and self.command in ("GET", "POST"):
            return self.lab.smart.authorize(dict(urllib.parse.parse_qsl(query or body.decode(errors="replace"))))
        if place in ("token", "revoke") and self.command == "POST":
            kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind != "application/x-www-form-urlencoded":
                return Answer.json(415, {"error": "invalid_request", "error_description": "a form is wanted"})
            form = dict(urllib.parse.parse_qsl(body.decode(errors="replace")))
            return self.lab.smart.token(form) if place == "token" else self.lab.smart.revoke(form)
        return Answer.json(404, {"error": "not here"})


class ElsewhereDoor(Door):
    """A foreign server that takes everything and says that all is well: what arrives here should never have been sent."""

    def place(self):
        return "elsewhere"

    def ask(self, entry, fault, body):
        return Answer(200, [("Content-Type", "application/fhir+json")], b'{"resourceType":"Bundle","type":"searchset","total":0}\n')
