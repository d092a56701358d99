"""What the tests see of a Neo4j, wherever it runs."""

from __future__ import annotations

import functools

import neo4j

SWEEP = 20_000  # nodes deleted in a transaction


class CannotBeDone(Exception):
    """This server is not one that the tests may stop and start."""


class Served:
    """A Neo4j that answers at `uri`."""

    uri: str
    auth: tuple[str, str] | None = None
    words: str

    @functools.cached_property
    def driver(self) -> neo4j.Driver:
        """A driver of the fixture's own; it lives until the server stops or is killed."""
        return neo4j.GraphDatabase.driver(self.uri, auth=self.auth, warn_notification_severity=None)

    @functools.cached_property
    def _kernel(self) -> neo4j.Record:
        found = self.driver.execute_query(
            "CALL dbms.components() YIELD name, versions, edition "
            "WHERE name = 'Neo4j Kernel' RETURN versions[0] AS version, edition"
        )
        record: neo4j.Record = found.records[0]
        return record

    @property
    def version(self) -> str:
        """Such as 5.26.30."""
        return str(self._kernel["version"])

    @property
    def edition(self) -> str:
        """`community` or `enterprise`."""
        return str(self._kernel["edition"])

    def clean(self, keep_schema: bool = False) -> None:
        """Delete all nodes and relationships, and the constraints and indexes unless kept."""
        query = "MATCH (n) WITH n LIMIT $most DETACH DELETE n RETURN count(*) AS deleted"
        while self.driver.execute_query(query, most=SWEEP).records[0]["deleted"] == SWEEP:
            pass
        if keep_schema:
            return
        for row in self.driver.execute_query("SHOW CONSTRAINTS YIELD name").records:
            self.driver.execute_query("DROP CONSTRAINT $name", name=row["name"])
        # Lookup indexes are the database's own, made with it.
        listed = "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'"
        for row in self.driver.execute_query(listed).records:
            self.driver.execute_query("DROP INDEX $name", name=row["name"])

    def start(self) -> None:
        """Start the server on the data it had, and return when it answers."""
        raise CannotBeDone(f"{self.words} is not started by the tests")

    def stop(self) -> None:
        """Shut the server down in order."""
        raise CannotBeDone(f"{self.words} is not stopped by the tests")

    def kill(self) -> None:
        """Kill -9."""
        raise CannotBeDone(f"{self.words} is not killed by the tests")

    def restart(self) -> None:
        """Start again at the same address with the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End whatever the tests started."""
        self._hang_up()

    def _hang_up(self) -> None:
        """Close the driver of the fixture; the next use makes a new one."""
        driver: neo4j.Driver | None = self.__dict__.pop("driver", None)
        if driver is not None:
            driver.close()


class Given(Served):
    """A server that somebody else runs."""

    def __init__(self, uri: str, auth: tuple[str, str] | None) -> None:
        self.uri = uri
        self.auth = auth
        self.words = f"the Neo4j at {uri}"

    def look(self, may_wipe: bool) -> None:
        """Make sure that it answers, and that no data of somebody would be deleted."""
        self.driver.verify_connectivity()
        self.words = f"Neo4j {self.version} {self.edition.capitalize()} at {self.uri}"
        if may_wipe:
            return
        if self.driver.execute_query("MATCH (n) RETURN n LIMIT 1").records:
            raise CannotBeDone(
                f"{self.words} is not empty, and the tests delete what is in it; "
                "LINKRISK_NEO4J_WIPE=1 allows that"
            )
