"""The small register of these tests, opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from api.session import Session
from graph.store import Store
from tests.api.report.cases import FACTS


@pytest.fixture
def session(write: Callable[..., Store], store_url: str) -> Iterator[Session]:
    write(FACTS, dataset="reg")
    with Session(store_url) as opened:
        yield opened
