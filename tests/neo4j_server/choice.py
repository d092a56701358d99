"""Which Neo4j the tests run against: a given one, else Maven's jars, else a container."""

from __future__ import annotations

import os

from tests.neo4j_server.container import Contained
from tests.neo4j_server.jars import Release, Unavailable, asked_release, distribution
from tests.neo4j_server.served import Given, Served
from tests.neo4j_server.server import QUICK, Server


def given(uri: str) -> Given:
    """The server at the address, which must answer and hold nothing."""
    user, password = os.environ.get("NEO4J_USERNAME"), os.environ.get("NEO4J_PASSWORD")
    server = Given(uri, None if password is None else (user or "neo4j", password))
    try:
        server.look(may_wipe=bool(os.environ.get("LINKRISK_NEO4J_WIPE")))
    except BaseException:
        server.close()
        raise
    return server


def started(server: Served) -> Served:
    """The server, started; nothing of it stays where that fails."""
    try:
        server.start()
    except BaseException:
        server.close()
        raise
    return server


def from_jars(release: Release) -> Served:
    """A server in a process of this machine."""
    return Server(distribution(release), java_options=QUICK)


def choose() -> Served:
    """A server that answers, or Unavailable with the reason for each way that was tried.

    Only what is missing leads on to the next way; a server that should start and does not is an
    error.
    """
    if uri := os.environ.get("NEO4J_URI"):
        return given(uri)
    release = asked_release()
    reasons = []
    for way in (from_jars, Contained):
        try:
            server = way(release)
        except Unavailable as reason:
            reasons.append(str(reason))
        else:
            return started(server)
    raise Unavailable("no Neo4j to test against: " + "; ".join(reasons))
