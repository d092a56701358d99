"""Every test that takes `ground` runs on every store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.contract import STORES, Ground


@pytest.fixture(params=STORES, ids=lambda kind: kind.name)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    """An empty store of each kind."""
    made = Ground(request.param, tmp_path)
    yield made
    made.store.close()
