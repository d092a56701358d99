"""A small store that the service and the command line are asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graph.store import Store

RESIDENT = "11010519491231002X"
USCC = "91350100M000100Y43"  # the worked example of GB 32100-2015

FACTS: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "甲公司", "keys": {"uscc": USCC}},
    {"kind": "company", "id": "c2", "name": "乙公司", "attrs": {"form": "有限责任公司"}},
    {"kind": "person", "id": "p1", "name": "张三", "keys": {"resident_id": RESIDENT}},
    {"kind": "phone", "id": "t1", "keys": {"e164": "13800138000"}},
    {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": "0.51"},
    {"kind": "shareholder", "id": "s2", "from": "c1", "to": "c2", "share": "0.6"},
    {"kind": "legal_representative", "id": "l1", "from": "p1", "to": "c2"},
    {"kind": "uses_phone", "id": "u1", "from": "p1", "to": "t1"},
    {
        "kind": "listing", "id": "b1", "subject": "c1", "list": "black", "domain": "tax",
        "decided_on": "2022-01-05", "until": "2025-01-05", "status": "active",
    },
    {
        "kind": "invoice", "id": "i1", "from": "c1", "to": "c2", "amount": "113000.00",
        "tax": "13000.00", "goods": "1070101", "at": "2021-05-01", "status": "issued",
    },
]  # fmt: skip


@pytest.fixture
def filled(write: Callable[..., Store], store_url: str) -> str:
    """The address of the small store."""
    write(FACTS, dataset="reg")
    return store_url
