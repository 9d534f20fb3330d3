"""A server's process: started, waited for until it answers, killed, paused; never left behind."""

import concurrent.futures
import contextlib
import http.client
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

# A child asks the kernel to be killed when the thread that started it ends. So one thread starts them all, and lives as long as the lab.
_starter = concurrent.futures.ThreadPoolExecutor(max_workers=1)
# A process of its own user has nothing to do with root's files; PostgreSQL refuses to be root at all.
NOBODY = ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]


def free_port():
    """A port of this machine that nobody listens on. Someone may take it before it is used; then the start fails loudly.

    Below those that the system gives to connections on their way out: a node that was killed must find its port free again.
    """
    for port in random.sample(range(20000, 32000), 200):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def _guarded(command, as_nobody):
    """The command, ended by the kernel when its starter ends, and without root's rights where it must not have them."""
    user = NOBODY if as_nobody and os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig", "KILL", *user, "--", *(str(part) for part in command)]


def finish(command, out, as_nobody=False):
    """Runs a command to its end, and gives its exit code."""
    with open(out, "ab") as log:
        return subprocess.run(_guarded(command, as_nobody), stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode


class Process:
    """A command that serves. `ready` tells whether it does; `out` gets all that it prints."""

    def __init__(self, name, command, out, env=None, ready=None, as_nobody=False, limit_s=300):
        self.name = name
        self.out = pathlib.Path(out)
        self.started_in_s = None
        self._command = command
        self._env = env or {}
        self._ready = ready
        self._as_nobody = as_nobody
        self._limit_s = limit_s
        self._child = None
        self._paused = False

    @property
    def pid(self):
        """The process's number, or None when it doesn't run."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def start(self):
        """Starts it unless it runs, and waits until it is ready. Raises RuntimeError with the end of its output when it won't."""
        if self.pid:
            return
        began = time.monotonic()
        self._paused = False
        self._child = _starter.submit(self._spawn).result()
        while not self._ready():
            if self.pid is None or time.monotonic() - began > self._limit_s:
                code = self._child.poll()
                self.kill()
                end = "\n".join(self.out.read_text(errors="replace").splitlines()[-15:])
                why = "it took too long" if code is None else f"exit code {code}"
                raise RuntimeError(f"{self.name} did not start, {why}, {self.out}:\n{end}")
            time.sleep(0.1)
        self.started_in_s = round(time.monotonic() - began, 1)

    def _spawn(self):
        with open(self.out, "ab") as out:
            return subprocess.Popen(_guarded(self._command, self._as_nobody), env=os.environ | self._env, stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=subprocess.STDOUT, start_new_session=True)

    def _signal(self, number):
        if self.pid:
            self._child.send_signal(number)

    def kill(self):
        """kill -9, and waits until it is gone."""
        self._signal(signal.SIGKILL)
        self._paused = False
        if self._child:
            self._child.wait()

    def end(self, number=signal.SIGTERM):
        """Asks it to end in an orderly way, and kills it when it hasn't after 10 s."""
        self.resume()
        self._signal(number)
        try:
            if self._child:
                self._child.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def pause(self):
        """Lets it hang: connections are taken, and nothing is answered."""
        self._signal(signal.SIGSTOP)
        self._paused = True

    def resume(self):
        """Lets it go on."""
        self._signal(signal.SIGCONT)
        self._paused = False

    def memory_mb(self):
        """What it holds of the machine's memory, in MB; None when it doesn't run."""
        try:
            fields = pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines()
            return next(int(line.split()[1]) // 1024 for line in fields if line.startswith("VmRSS"))
        except (OSError, StopIteration):
            return None

    def told(self):
        """As the control endpoint tells it."""
        return {"name": self.name, "running": self.pid is not None, "paused": self._paused, "pid": self.pid,
                "started_in_s": self.started_in_s, "memory_mb": self.memory_mb(), "log": str(self.out)}


class Node(Process):
    """A process that serves FHIR over HTTP on a port of this machine; `root` is the path of its FHIR base, "" or one with a slash."""

    def __init__(self, name, port, root, probe, command, out, env=None, limit_s=300):
        super().__init__(name, command, out, env, ready=self._answers, limit_s=limit_s)
        self.port = port
        self.root = root
        self._probe = probe

    def _answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", self._probe)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def told(self):
        return super().told() | {"port": self.port}
