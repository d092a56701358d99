"""The fixture `neo4j_server`, and a line at the end of a run that says which server it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from tests.neo4j_server.served import Served

WORDS = pytest.StashKey[str]()
ACROSS = "neo4j_server"  # under which a worker of pytest-xdist sends its words


def missing(reason: str) -> NoReturn:
    """Skip what needs a Neo4j; under CI, where it must not go untested, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (CI is set)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def neo4j_server(pytestconfig: pytest.Config) -> Iterator[Served]:
    """A real Neo4j, one for the whole run; who uses it cleans it first (`clean()`)."""
    # Here, because most runs need neither a driver nor a server.
    from tests.neo4j_server.choice import choose
    from tests.neo4j_server.jars import Unavailable

    try:
        server, reason = choose(), ""
    except Unavailable as unavailable:
        server, reason = None, str(unavailable)
    if server is None:
        note(pytestconfig, reason)
        missing(reason)
    note(pytestconfig, f"ran against {server.words}")
    yield server
    server.close()


def note(config: pytest.Config, words: str) -> None:
    """Keep the words for the end of the run."""
    config.stash[WORDS] = words
    if hasattr(config, "workeroutput"):
        config.workeroutput[ACROSS] = words


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take the words over from a worker of pytest-xdist."""
    if words := getattr(node, "workeroutput", {}).get(ACROSS):
        node.config.stash[WORDS] = words


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say which server it was, or why there was none; nothing where no test asked for one."""
    if words := config.stash.get(WORDS, None):
        terminalreporter.write_line(words)
