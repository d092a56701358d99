"""A small world of one company that is restricted, and whom that may reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.decisions.asks import Propose
from api.decisions.policy import Policy
from api.decisions.work import Work
from api.session import Session
from graph.store import Store

ACT = "2025-03-03"
TODAY = "2025-06-03"
MEASURE = "consumption_restriction"

# c1 is restricted; p1 leads it, p2 led it before, p3's age is not known, p4 holds 10 % of it.
FACTS: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "甲公司"},
    *(
        {"kind": "person", "id": p, "name": p, "attrs": {"birth_date": "1980-01-01"}}
        for p in ("p1", "p2", "p4", "p5")
    ),
    {"kind": "person", "id": "p3", "name": "p3"},
    {"kind": "legal_representative", "id": "l1", "from": "p1", "to": "c1"},
    {"kind": "officer", "id": "o3", "from": "p3", "to": "c1", "role": "主要负责人"},
    {"kind": "officer", "id": "o5", "from": "p5", "to": "c1", "role": "主要负责人"},
    {"kind": "shareholder", "id": "s4", "from": "p4", "to": "c1", "share": "0.1"},
    {
        "kind": "listing", "id": "b1", "subject": "c1", "list": "black", "domain": "judgment",
        "decided_on": "2025-03-03", "valid_from": "2025-03-03", "until": "2026-03-03",
        "status": "active",
    },
]  # fmt: skip


@pytest.fixture
def world(write: Callable[..., Store], store_url: str) -> str:
    """The address of the small world."""
    write(FACTS, dataset="d")
    return store_url


@pytest.fixture
def session(world: str) -> Iterator[Session]:
    with Session(world) as opened:
        yield opened


class Today:
    """A clock that tests move."""

    def __init__(self, day: str = TODAY) -> None:
        self.day = day

    def __call__(self) -> str:
        return self.day


@pytest.fixture
def today() -> Today:
    return Today()


@pytest.fixture
def work(session: Session, today: Today) -> Work:
    return Work(session, policy=Policy(), today=today)


def proposing(party: str = "p1", **more: Any) -> Propose:
    """A proposal about a party."""
    given = {"subject": "c1", "measure": MEASURE, "act": ACT, "by": "张三"}
    return Propose(**{**given, "party": party, **more})
