"""A lab: the nodes of one server, and the doors in front of them."""

import os
import pathlib
import shutil
import signal
import tempfile
import threading
import time

from . import install
from .control import Control
from .faults import Faults
from .front import FHIR, AuthDoor, ElsewhereDoor, FhirDoor, Log, Server
from .process import Node, Process, finish, free_port
from .smart import Smart

# Followed by the lab's process number, so that what a killed lab leaves is found.
PRIVATE = "lumbra-postgres-"
NAMES = ("helios", "helios-pair", "hapi")
SETTINGS = {
    # How far the `Date` header of answers is from this machine's clock, in seconds.
    "date_skew_s": 0,
    # How much longer every request takes, as over a line of this round trip, in milliseconds.
    "round_trip_ms": 0,
}


def alive(pid):
    """Whether a process of this number runs."""
    return pathlib.Path(f"/proc/{pid}").exists()


def sweep(labs):
    """Removes what labs left that were killed: databases at once, logs after a day."""
    for trash in pathlib.Path(tempfile.gettempdir()).glob(f"{PRIVATE}*"):
        if not alive(trash.name[len(PRIVATE):].partition("-")[0]):
            shutil.rmtree(trash, ignore_errors=True)
    for trash in labs.glob("*"):
        if trash.stat().st_mtime < time.time() - 86400:
            shutil.rmtree(trash, ignore_errors=True) if trash.is_dir() else trash.unlink(missing_ok=True)


class Lab:
    """Everything of one server. `start` brings it up, `end` takes it away with all that was stored."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.began = time.monotonic()
        self.settings = dict(SETTINGS)
        self.faults = Faults()
        self.log = Log()
        self.nodes = []
        self.ending = threading.Event()
        self._postgres = None
        self._private = None
        self._turn = 0
        self._lock = threading.Lock()
        self.front = Server(type("Front", (FhirDoor,), {"lab": self}))
        self.auth = Server(type("Auth", (AuthDoor,), {"lab": self}))
        self.elsewhere = Server(type("Elsewhere", (ElsewhereDoor,), {"lab": self}))
        self.control = Server(type("Controls", (Control,), {"lab": self}))
        self.base = self.front.url + FHIR
        self.smart = Smart(self.auth.url, self.base, time.monotonic)

    def start(self):
        """Starts the nodes. Raises RuntimeError, or subprocess.CalledProcessError when something could not be installed."""
        if self.name == "hapi":
            self.nodes = [self._hapi("a")]
        elif self.name == "helios":
            self.nodes = [self._helios("a", self.folder / "fhir.db", "sqlite")]
        else:
            database = self._start_postgres()
            self.nodes = [self._helios(name, database, "postgres") for name in ("a", "b")]
        for node in self.nodes:
            node.start()

    def end(self):
        """Kills the nodes and removes what they stored; logs stay."""
        for node in self.nodes:
            node.kill()
        if self._postgres:
            # Its other processes end when it is told to; killed, it leaves them to notice by themselves.
            self._postgres.end(signal.SIGQUIT)
        for trash in (self._private, *self.folder.glob("*.db*")):
            if trash and trash.is_dir():
                shutil.rmtree(trash, ignore_errors=True)
            elif trash:
                trash.unlink(missing_ok=True)

    def turn(self):
        """The nodes, the one first whose turn it is."""
        with self._lock:
            self._turn += 1
            first = self._turn % len(self.nodes)
            return self.nodes[first:] + self.nodes[:first]

    def node(self, name):
        """The node of this name. Raises KeyError."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def change(self, values):
        """Changes settings. Raises ValueError."""
        for name, value in values.items():
            if type(value) is not type(SETTINGS.get(name)):
                raise ValueError(f"no setting {name!r} of such a kind")
        self.settings |= values
        return self.settings

    def told(self):
        """What a test needs to know, as `servers.py start` prints it."""
        return {"name": self.name, "base": self.base, "control": self.control.url, "auth": self.auth.url, "elsewhere": self.elsewhere.url,
                "pid": os.getpid(), "logs": str(self.folder), "nodes": [node.told() for node in self.nodes],
                "postgres": self._postgres and self._postgres.told()}

    def _hapi(self, name):
        port = free_port()
        jars = ":".join(str(path) for path in install.classpath())
        command = ["java", *install.JAVA, "-classpath", jars, "health.lumbra.fhir.Server", port, self.folder / "hapi"]
        return Node(name, port, FHIR, f"{FHIR}/metadata", command, self.folder / f"{name}.log")

    def _helios(self, name, database, kind):
        port = free_port()
        # It would store FHIR's search parameters as resources too, which takes two minutes on a fresh PostgreSQL and serves nobody here.
        env = {
            "HFS_SEED_CONFORMANCE": "false",
            "HFS_SERVER_HOST": "127.0.0.1",
            "HFS_SERVER_PORT": str(port),
            "HFS_BASE_URL": self.base,
            "HFS_STORAGE_BACKEND": kind,
            "HFS_DATABASE_URL": str(database),
            "HFS_DATA_DIR": str(install.search_parameters()),
            "HFS_LOG_LEVEL": "warn",
        }
        return Node(name, port, "", "/health", [install.helios()], self.folder / f"{name}.log", env)

    def _start_postgres(self):
        """Starts a PostgreSQL of this lab's own, and gives its address. Where we are root it runs as nobody, who can't read our cache."""
        programs = install.postgres()
        self._private = pathlib.Path(tempfile.mkdtemp(prefix=f"{PRIVATE}{os.getpid()}-"))
        shutil.copytree(programs, self._private / "programs", symlinks=True)
        data = self._private / "data"
        data.mkdir()
        if os.geteuid() == 0:
            self._private.chmod(0o755)
            shutil.chown(data, "nobody", "nogroup")
        port = free_port()
        # Trust is enough: it listens to this machine alone, and holds nothing. What a power cut would cost does not matter either.
        made = finish([self._private / "programs/bin/initdb", "-D", data, "-U", "lumbra", "-A", "trust", "-E", "UTF8", "--locale=C",
                       "--no-sync"], self.folder / "postgres.log", as_nobody=True)
        if made != 0:
            raise RuntimeError(f"initdb ended with {made}, see {self.folder / 'postgres.log'}")
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "synchronous_commit": "off",
                   "full_page_writes": "off"}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._postgres = Process("postgres", [self._private / "programs/bin/postgres", "-D", data, "-p", port, *flags],
                                 self.folder / "postgres.log", ready=lambda: self._postgres_ready(data), as_nobody=True)
        self._postgres.start()
        return f"postgres://lumbra:trusted@127.0.0.1:{port}/postgres"

    @staticmethod
    def _postgres_ready(data):
        try:
            return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False
