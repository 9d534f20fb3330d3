"""The control endpoint: what a test tells the lab, in JSON over HTTP. ../README.md lists it."""

import http.server
import json
import urllib.parse

from .faults import Refused


class Control(http.server.BaseHTTPRequestHandler):
    """One connection of a test."""

    protocol_version = "HTTP/1.1"
    lab = None
    timeout = 600

    def log_message(self, format, *args):  # noqa: A002
        """Nothing."""

    def handle_request(self):
        """One request, answered with JSON: 200 and a value, or 4xx and {"error": text}."""
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        try:
            status, value = 200, self.answered(json.loads(text) if text.strip() else {})
        except KeyError as error:
            status, value = 404, {"error": f"nothing at {error}"}
        except (Refused, ValueError, TypeError) as error:
            status, value = 400, {"error": str(error)}
        data = json.dumps(value).encode() + b"\n"
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = handle_request

    def answered(self, body):
        """Does what is asked, and gives the value that tells of it."""
        lab = self.lab
        split = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(split.query))
        parts = [part for part in split.path.split("/") if part]
        match (self.command, parts):
            case ("GET", []):
                return lab.told()
            case ("GET", ["faults"]):
                return lab.faults.told()
            case ("POST", ["faults"]):
                return lab.faults.add(body)
            case ("DELETE", ["faults"]):
                lab.faults.clear()
            case ("GET", ["log"]):
                return lab.log.since(int(query.get("since", 0)))
            case ("GET", ["settings"]):
                return lab.settings
            case ("POST", ["settings"]):
                return lab.change(body)
            case ("GET", ["nodes"]):
                return [node.told() for node in lab.nodes]
            case ("POST", ["nodes", name, ("kill" | "start" | "pause" | "resume") as verb]):
                node = lab.node(name)
                getattr(node, verb)()
                return node.told()
            case ("GET", ["auth"]):
                return {"settings": lab.smart.settings, "counts": lab.smart.counts}
            case ("POST", ["auth"]):
                lab.smart.change(body)
                return {"settings": lab.smart.settings, "counts": lab.smart.counts}
            case ("POST", ["auth", ("expire" | "forget") as verb]):
                getattr(lab.smart, verb)()
            case ("POST", ["stop"]):
                lab.ending.set()
            case _:
                raise KeyError(f"{self.command} {split.path}")
        return {}
