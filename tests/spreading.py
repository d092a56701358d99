"""How the tests are spread over the workers of pytest-xdist, and what a worker is spared.

A file's tests stay together, for they share worlds. Tests that share what is costly to start stay
together, too: those of the run's Neo4j, of the deployment's, and of the explorer with its service
and browser. Who runs long comes first, so that no worker is left alone with it at the end.
"""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

# A test that is forgotten here costs its worker a server of its own, and nothing else.
SHARED = {
    "a Neo4j": re.compile(
        r"[\[-]neo4j[\]-]|^tests/neo4j_server/|^tests/bench/test_bench\.py::test_cypher_"
        r"|^tests/stores/test_(neo4j_|cookbook|gds|migrate|plans|py2neo|same_answers|secrecy)"
        r"|^tests/stores/test_ledger\.py::test_a_lost_"
    ),
    "the explorer": re.compile(r"^tests/web/"),
    "the deployment": re.compile(r"^tests/deploy/"),
}
LONG = re.compile(
    r"^tests/(notebooks|clerk|bench|algorithms/(identity|scoring|features)|api/(models|report))/"
    r"|^tests/api/test_(guide_|demo|evaluate)"
)


def scope(nodeid: str) -> str:
    """The name of those that one worker runs together."""
    for name, tests in SHARED.items():
        if tests.search(nodeid):
            return name
    return nodeid.partition("::")[0]


def spread(nodeids: Sequence[str]) -> list[int]:
    """The places of the tests in the order in which their scopes are given out."""
    counts = Counter(map(scope, nodeids))

    def rank(place: int) -> tuple[bool, bool, int, str]:
        name = scope(nodeids[place])
        return name not in SHARED, not LONG.search(name), -counts[name], name

    return sorted(range(len(nodeids)), key=rank)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests of a worker in order; without workers they stay as they are."""
    if hasattr(config, "workerinput"):
        items[:] = [items[place] for place in spread([item.nodeid for item in items])]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: nobody looks through it for waste again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """With `--dist loadfile`, give out scopes in the order of the tests."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Spreading(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid)

    config.option.loadscopereorder = False
    return Spreading(config, log)
