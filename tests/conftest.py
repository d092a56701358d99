"""Policy: tests write small worlds inline and through the real store. The shared data sets are
used where they lie (LINKRISK_TEST_DATA, default ../shared/data) and never copied in; where they
are missing, tests that need them skip, under CI they fail. Warnings are errors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from graph import times
from graph.facts import Normaliser
from graph.store import Store, open_store

pytest_plugins = ("tests.neo4j_server.plugin", "tests.spreading")

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _own_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Settings of whoever runs the tests do not reach into them."""
    monkeypatch.setenv("LINKRISK_KEYS", str(tmp_path_factory.getbasetemp() / "keys"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
    for name in ("STORE", "TOKEN", "ID_KEY", "DEBUG", "STATE", "SEAL_KEY", "SEAL_KEY_FILE"):
        # Set first: what a command under test leaves in the surroundings goes with its test.
        monkeypatch.setenv(f"LINKRISK_{name}", "")
        monkeypatch.delenv(f"LINKRISK_{name}")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The shared data sets."""
    found = Path(os.environ.get("LINKRISK_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not found.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"no test data at {found}; LINKRISK_TEST_DATA names another place")
        pytest.skip(f"no test data at {found}; LINKRISK_TEST_DATA names another place")
    return found


@pytest.fixture(scope="session")
def ftm_model() -> Any:
    """The model of the library followthemoney, an optional extra: `uv sync --extra ftm`."""
    try:
        from followthemoney import model
    except ImportError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the extra ftm is not installed ({error}): see what .ci/setup said")
        pytest.skip(f"the extra ftm is not installed ({error})")
    return model


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """The address of a store that is not there yet."""
    return f"sqlite:///{tmp_path / 'facts.db'}"


@pytest.fixture
def store(store_url: str) -> Iterable[Store]:
    """An empty store on disk."""
    opened = open_store(store_url, create=True)
    yield opened
    opened.close()


@pytest.fixture
def write(store: Store) -> Callable[..., Store]:
    """`write(facts, dataset="d", batch="b1")` records native facts and gives the store back."""

    def record(
        facts: Iterable[dict[str, Any]], dataset: str = "d", batch: str | None = None
    ) -> Store:
        normaliser = Normaliser(dataset, store.id_key)
        rows = [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]
        written = store.write(batch or f"batch-{store.last_batch() + 1}", rows)
        assert not written.rejected, written.rejected
        return store

    return record


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`later(seconds)` moves on the clock of `graph.times`, which stands still otherwise."""
    moment = times.now()

    def move(seconds: float) -> None:
        nonlocal moment
        moment += int(seconds * 1_000_000)

    monkeypatch.setattr("graph.times.now", lambda: moment)
    return move
