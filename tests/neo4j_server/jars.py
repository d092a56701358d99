"""Brings the jars of a Neo4j from Maven Central into a cache of this user, once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.neo4j_server.jdk import feature_version, find_java

HERE = Path(__file__).parent
MAVEN = ("mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies", "-DincludeScope=runtime")
OPENED = tuple(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("nio", "lang"))


class Unavailable(Exception):
    """A server cannot be had in this way on this machine; the message says why."""


@dataclass(frozen=True)
class Release:
    """A Neo4j, the Graph Data Science that fits it, and the Java versions that run both."""

    neo4j: str
    gds: str
    javas: range
    settings: tuple[tuple[str, str], ...] = ()


RELEASES = {
    "5.26": Release("5.26.30", "2.13.9", range(17, 22)),
    "2026.08": Release(
        "2026.08.1",
        "2.26.0",
        range(21, 26),
        # It would look for others of its kind on the network.
        (("server.fleet_discovery.enabled", "false"), ("dbms.fleet_manager.enabled", "false")),
    ),
}


def asked_release() -> Release:
    """The release that LINKRISK_NEO4J_VERSION names."""
    name = os.environ.get("LINKRISK_NEO4J_VERSION") or "5.26"
    if name not in RELEASES:
        raise ValueError(f"LINKRISK_NEO4J_VERSION is {name}; known are {', '.join(RELEASES)}")
    return RELEASES[name]


@dataclass(frozen=True)
class Distribution:
    """A release on disk, and the Java to run it with."""

    release: Release
    folder: Path
    java: Path

    @property
    def plugins(self) -> Path:
        """The folder of the jars whose procedures the server offers."""
        return self.folder / "plugins"

    def command(self, *options: str) -> list[str]:
        """The start of a command; the name of a class and its arguments follow."""
        # The extension of GDS starts from the class path, its procedures from the plugins: the
        # jars are needed in both.
        parts = (_launcher(self), self.folder / "lib" / "*", self.plugins / "*")
        return [str(self.java), *OPENED, *options, "-cp", os.pathsep.join(map(str, parts))]

    def words(self) -> str:
        """What this is, for people."""
        return (
            f"Neo4j {self.release.neo4j} Community from Maven's jars on Java "
            f"{feature_version(self.java)}, GDS {self.release.gds}"
        )


def cache() -> Path:
    """The folder that holds one folder of jars for each release."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("LINKRISK_NEO4J_CACHE") or base / "linkrisk")


def distribution(release: Release) -> Distribution:
    """The release from the cache, brought there first where it is missing."""
    java = find_java(release.javas)
    if java is None:
        first, last = release.javas.start, release.javas.stop - 1
        raise Unavailable(f"no JDK {first} to {last} for Neo4j {release.neo4j} on this machine")
    folder = cache() / f"neo4j-{release.neo4j}-gds-{release.gds}"
    if not folder.is_dir():
        _download(release, folder)
    return Distribution(release, folder, java)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Only one process of this machine is in here at a time."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(release: Release, folder: Path) -> None:
    """Fill the folder, which appears only when it is whole."""
    if shutil.which("mvn") is None:
        raise Unavailable(f"no Maven on the path to bring Neo4j {release.neo4j}")
    with _alone(folder.with_name(f"{folder.name}.lock")):
        if folder.is_dir():  # another process was first
            return
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".neo4j-") as started:
            whole = Path(started) / "whole"
            _maven(release, whole / "plugins", "-DincludeGroupIds=org.neo4j.gds")
            _maven(release, whole / "lib", "-DexcludeGroupIds=org.neo4j.gds")
            whole.rename(folder)


def _maven(release: Release, target: Path, which: str) -> None:
    versions = (f"-Dneo4j.version={release.neo4j}", f"-Dgds.version={release.gds}")
    done = subprocess.run(
        [*MAVEN, "-f", str(HERE / "pom.xml"), f"-DoutputDirectory={target}", which, *versions],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"Maven did not bring Neo4j {release.neo4j}:\n{done.stdout[-1500:]}")


def _launcher(of: Distribution) -> Path:
    """The jar of the compiled launcher, named by what it was compiled from."""
    source = HERE / "Launcher.java"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    jar = of.folder / f"launcher-{digest}.jar"
    if not jar.exists():
        with tempfile.TemporaryDirectory(dir=of.folder, prefix=".launcher-") as started:
            classes, whole = Path(started) / "classes", Path(started) / "whole.jar"
            compiler = (of.java.with_name("javac"), "-cp", of.folder / "lib" / "*")
            subprocess.run([*compiler, "-d", classes, source], check=True)
            archiver = (of.java.with_name("jar"), "-cf", whole)
            subprocess.run([*archiver, "-C", classes, "."], check=True)
            whole.replace(jar)
    return jar
