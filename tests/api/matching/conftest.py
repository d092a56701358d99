"""A small store, and a service over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from graph.facts import Normaliser
from graph.store import Store
from tests.api import asked
from tests.api.asked import Asked

USCC, USCC2 = "91350100M000100Y43", "91110000600037341L"
RESIDENT, PHONE, CARD = "11010519491231002X", "13800138000", "6217000562083163181"

FACTS: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "深圳華夏貿易有限公司", "keys": {"uscc": USCC}},
    {"kind": "company", "id": "c2", "name": "北京银行重庆支行", "keys": {"uscc": USCC2}},
    {"kind": "person", "id": "p1", "name": "张三", "keys": {"resident_id": RESIDENT}},
    {"kind": "person", "id": "p2", "name": "章叁"},
    {"kind": "person", "id": "p3", "name": "王伟", "attrs": {"birth_date": "1980-01-01"}},
    {"kind": "person", "id": "p4", "name": "王伟", "attrs": {"birth_date": "1990-01-01"}},
    {"kind": "phone", "id": "t1", "keys": {"e164": PHONE}},
    {"kind": "account", "id": "a1", "keys": {"account": CARD}},
    {"kind": "address", "id": "d1", "text": "广东省深圳市罗湖区星湖街1号"},
    {"kind": "uses_phone", "id": "u1", "from": "p3", "to": "t1", "valid_from": "2015-01-01"},
    {"kind": "holds_account", "id": "h1", "from": "c2", "to": "a1", "valid_from": "2015-01-01"},
    {"kind": "located_at", "id": "l1", "from": "c1", "to": "d1", "valid_from": "2015-01-01"},
    {"kind": "legal_representative", "id": "r1", "from": "p1", "to": "c1"},
    {"kind": "listing", "id": "b1", "subject": "c1", "list": "black", "domain": "tax",
     "decided_on": "2022-01-05", "status": "active"},
]  # fmt: skip


@pytest.fixture
def facts(write: Callable[..., Store]) -> Store:
    return write(FACTS, dataset="reg")


@pytest.fixture
def url(facts: Store) -> str:
    return facts.url


@pytest.fixture
def record(facts: Store) -> Callable[..., None]:
    """`record(fact, …)` writes more facts as a batch of their own."""

    def more(*rows: dict[str, Any]) -> None:
        normaliser = Normaliser("reg", facts.id_key)
        facts.write(f"more{facts.last_batch()}", [normaliser.row(row) for row in rows])

    return more


@pytest.fixture
def service(facts: Store) -> Iterator[Asked]:
    with asked.service(facts.url) as found:
        yield found
