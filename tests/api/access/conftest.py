"""A service in this process, with keys for whom the tests let ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.access.keys import Keyring
from api.app import Service, make_app
from api.auth import Access
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from graph.times import now
from tests.api.access.world import FACTS

TOKEN = "t" * 32
HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def session(module_url: str) -> Iterator[Session]:
    """A store with facts of every domain."""
    store = open_store(module_url, create=True)
    written = store.write("b1", [Normaliser("reg", store.id_key).row(fact) for fact in FACTS])
    assert not written.rejected
    store.close()
    with Session(module_url) as opened:
        opened.snapshot()
        yield opened


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("keys") / "keys.json")


@pytest.fixture(scope="module")
def app(session: Session, ring: Keyring) -> FastAPI:
    from api.access.settings import Limits

    free = Limits(rate=1e9, burst=10**9, together=10**6)
    return make_app(session, Service(Access(TOKEN, keyring=ring, limits=free)))


@pytest.fixture(scope="module")
def key(ring: Keyring) -> Callable[..., str]:
    """`key("search trace", "bank")` is a key with those scopes and domains."""
    made: dict[tuple[str, ...], str] = {}

    def make(scopes: str, domains: str = "registry tax bank telecom", **more: object) -> str:
        name = (scopes, domains, *map(str, more.items()))
        if name not in made:
            _, made[name] = ring.create(
                f"key {len(made) + 1}", scopes.split(), domains.split(), now() + HOUR, **more  # type: ignore[arg-type]
            )  # fmt: skip
        return made[name]

    return make


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"
