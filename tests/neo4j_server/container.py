"""A Neo4j in a container, where a Docker engine answers."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import Any

import neo4j

from tests.neo4j_server.jars import Release, Unavailable
from tests.neo4j_server.served import Served
from tests.neo4j_server.server import START_SECONDS, NotStarted, free_port


def _look_for_engine() -> None:
    """Unavailable where no engine answers."""
    # By the command: the library leaves its sockets open where nobody answers.
    if shutil.which("docker") is None:
        raise Unavailable("no Docker on the path")
    asked = subprocess.run(
        ["docker", "version"], capture_output=True, text=True, timeout=60, check=False
    )
    if asked.returncode:
        raise Unavailable(f"no Docker engine: {asked.stderr.strip()}")


class Contained(Served):
    """Its data live as long as the container does."""

    def __init__(self, release: Release) -> None:
        _look_for_engine()
        try:
            from testcontainers.core.container import DockerContainer
        except ImportError as missing:
            raise Unavailable(f"no Docker: {missing}") from missing
        image = f"neo4j:{release.neo4j}-community"
        self.words = f"Neo4j {release.neo4j} Community in a container of {image}"
        # A port of the container's own choice would be another after each start.
        self.port = free_port()
        self.uri = f"neo4j://127.0.0.1:{self.port}"
        self._container: Any = (
            DockerContainer(image)
            .with_env("NEO4J_AUTH", "none")
            .with_env("NEO4J_PLUGINS", '["graph-data-science"]')
            .with_env("NEO4J_server_bolt_advertised__address", f"127.0.0.1:{self.port}")
            .with_env("NEO4J_dbms_usage__report_enabled", "false")
            .with_bind_ports(7687, self.port)
        )
        self._made = False

    def start(self) -> None:
        """Start the container, made at the first time, and return when Neo4j answers."""
        if self._made:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._made = True
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.driver.verify_connectivity()
            except (neo4j.exceptions.DriverError, neo4j.exceptions.TransientError) as silent:
                self._hang_up()
                if time.monotonic() > deadline:
                    raise NotStarted(str(self._container.get_logs())) from silent
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """Shut the server down in order."""
        self._hang_up()
        self._container.get_wrapped_container().stop(timeout=60)

    def kill(self) -> None:
        """Kill -9."""
        self._hang_up()
        self._container.get_wrapped_container().kill()

    def close(self) -> None:
        """Remove the container."""
        self._hang_up()
        self._container.stop()
