"""A small store that the service and the command line are asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.store import Store
from tests.api import stores

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    stores.parametrize(metafunc)


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that is not there yet."""
    with pytest.MonkeyPatch.context() as patch:  # tests undo their own
        yield stores.address(request, tmp_path, patch)


@pytest.fixture(scope="module")
def module_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same for all tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        yield stores.address(request, tmp_path_factory.mktemp("module"), patch)


@pytest.fixture
def filled(write: Callable[..., Store], store_url: str) -> str:
    """The address of the small store."""
    write(FACTS, dataset="reg")
    return store_url
