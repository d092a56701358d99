"""A Neo4j in a process of this machine, with a folder of its own."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.neo4j_server.jars import Distribution
from tests.neo4j_server.served import Served

ADMIN = "org.neo4j.cli.AdminTool"
START_SECONDS = 180.0
STOP_SECONDS = 60.0
# The first compiler only, and one thread for garbage: a start takes half the work. For tests of
# small graphs; what is measured runs without them.
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class NotStarted(Exception):
    """The server ended, or did not answer, while it was starting; the message is its log."""


def free_port() -> int:
    """A port of the loopback that nobody uses, and no outgoing connection will take."""
    while True:
        port = random.randint(20_000, 30_000)  # below those that systems give out by themselves
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


class Server(Served):
    """Its data lie in `home` and stay there from one start to the next.

    Without `home` the server has a temporary folder, which goes when it is closed or when this
    process dies. Without `password`, everybody may enter. `settings` are lines of neo4j.conf.
    """

    def __init__(
        self,
        distribution: Distribution,
        home: Path | None = None,
        port: int | None = None,
        password: str | None = None,
        settings: Mapping[str, str] | None = None,
        java_options: tuple[str, ...] = (),
    ) -> None:
        self.distribution = distribution
        self.port = port or free_port()
        self.uri = f"neo4j://127.0.0.1:{self.port}"
        self.words = distribution.words()
        self._temporary = home is None
        self.home = home or Path(tempfile.mkdtemp(prefix="linkrisk-neo4j-"))
        self.log = self.home / "output.log"
        heap = os.environ.get("LINKRISK_NEO4J_HEAP") or "1g"
        self._java = distribution.command(f"-Xmx{heap}", *java_options)
        self._process: subprocess.Popen[bytes] | None = None
        if password is not None:
            self.auth = ("neo4j", password)
        self._configure(settings or {})
        if password is not None and not (self.home / "data").exists():
            self.admin("dbms", "set-initial-password", password)

    def _configure(self, settings: Mapping[str, str]) -> None:
        address = f"127.0.0.1:{self.port}"
        chosen = {
            "server.bolt.listen_address": address,
            "server.bolt.advertised_address": address,
            "server.http.enabled": "false",
            "server.memory.pagecache.size": "512m",
            "server.directories.plugins": str(self.distribution.plugins),
            "db.tx_log.preallocate": "false",  # a log takes the room it needs, not 256 MiB
            "dbms.usage_report.enabled": "false",
            "dbms.security.auth_enabled": "true" if self.auth else "false",
            "dbms.security.procedures.unrestricted": "gds.*",
            # By default it waits ten seconds for more to come when it is told to stop.
            "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
            **dict(self.distribution.release.settings),
            **settings,
        }
        conf = self.home / "conf"
        conf.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{name}={value}\n" for name, value in chosen.items())
        (conf / "neo4j.conf").write_text(lines, "utf-8")

    def start(self) -> None:
        """Start the server on the data it had, and return when it answers."""
        owned = ("--remove", str(self.home)) if self._temporary else ()
        folders = (f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}")
        with self.log.open("ab") as log:
            begins = log.tell()
            self._process = subprocess.Popen(
                [*self._java, "Launcher", *owned, "--console-mode", *folders],
                stdin=subprocess.PIPE,  # never written to: its end tells that this process died
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt of the tests is theirs alone
            )
        deadline = time.monotonic() + START_SECONDS
        while b"\nready\n" not in (told := self.log.read_bytes()[begins:]):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise NotStarted("\n".join(told.decode(errors="replace").splitlines()[-40:]))
            time.sleep(0.02)

    def stop(self) -> None:
        """Shut the server down in order."""
        if self._process:
            self._process.terminate()
        self._ended()

    def kill(self) -> None:
        """Kill -9."""
        if self._process:
            self._process.kill()
        self._ended()

    def wait(self) -> None:
        """Wait until the server ends by itself."""
        if self._process:
            self._process.wait()

    def _ended(self) -> None:
        self._hang_up()
        process, self._process = self._process, None
        if process is not None:
            process.wait(STOP_SECONDS)
            assert process.stdin is not None
            process.stdin.close()

    def close(self) -> None:
        """Stop the server; a temporary folder goes with it."""
        try:
            if self._temporary:  # nobody will read the data: no need to put them in order
                self.kill()
            else:
                self.stop()
        finally:
            if self._temporary:
                shutil.rmtree(self.home, ignore_errors=True)

    def admin(self, *arguments: str) -> str:
        """What a command of neo4j-admin says about this home; the server must be stopped."""
        folders = {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        done = subprocess.run(
            [*self._java, ADMIN, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, **folders},
            cwd=self.home,
        )
        if done.returncode:
            command = " ".join(arguments[:3])
            raise RuntimeError(f"neo4j-admin {command} ended with:\n{done.stdout[-4000:]}")
        return done.stdout

    def admin_import(self, *arguments: str) -> str:
        """Make the database anew from files (`--nodes=…`, `--relationships=…`)."""
        return self.admin(
            "database", "import", "full", *arguments, "--overwrite-destination", "neo4j"
        )
