"""A server that was started as docker-compose.yml starts one: its settings, its admin's password.

Where no server can be had the tests that need one skip; under CI they fail.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.deploy.composed import SECRETS, settings
from tests.neo4j_server.jars import Unavailable, asked_release, distribution
from tests.neo4j_server.server import QUICK, Server

SMALL = {"NEO4J_HEAP": "512M", "NEO4J_PAGECACHE": "64M"}


@pytest.fixture(scope="session")
def secured() -> Iterator[Server]:
    """A Neo4j that asks for a password. It does not start with a setting that it does not know."""
    try:
        release = distribution(asked_release())
    except Unavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    strict = {"server.config.strict_validation.enabled": "true"}
    given = {**settings({**SECRETS, **SMALL}), **strict}
    server = Server(
        release, password=SECRETS["NEO4J_ADMIN_PASSWORD"], settings=given, java_options=QUICK
    )
    try:
        server.start()
        yield server
    finally:
        server.close()
