"""Every test that takes `ground` runs on every store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.neo4j_server.served import Served
from tests.stores.contract import SERVERS, STORES, Ground, Kind


@pytest.fixture(scope="session")
def served(neo4j_server: Served) -> Iterator[Served]:
    """The Neo4j of this run, for the kinds of store that need one."""
    SERVERS.append(neo4j_server)
    yield neo4j_server
    SERVERS.remove(neo4j_server)


@pytest.fixture(params=STORES, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    """A kind of store whose server, where it has one, answers."""
    found: Kind = request.param
    if found.name == "neo4j":
        request.getfixturevalue("served")
    return found


@pytest.fixture
def ground(kind: Kind, tmp_path: Path) -> Iterator[Ground]:
    """An empty store of each kind."""
    made = Ground(kind, tmp_path)
    yield made
    made.store.close()
