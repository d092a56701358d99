"""A company whose controller acts through a holding company and in concert with a second person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.session import Session
from graph.store import Store

RESIDENT = "11010519491231002X"
MASKED = "110***********002X"
OTHER = "13800138000"

CASE: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "示例机械有限公司", "valid_from": "2001-01-01",
     "keys": {"uscc": "91350100M000100Y43"}},
    {"kind": "company", "id": "h1", "name": "示例控股有限公司", "valid_from": "2001-01-01"},
    {"kind": "person", "id": "p1", "name": "张示例", "valid_from": "1949-12-31",
     "keys": {"resident_id": RESIDENT}},
    {"kind": "person", "id": "p2", "name": "欧阳某某", "valid_from": "1975-03-12",
     "attrs": {"birth_date": "1975-03-12"}},
    {"kind": "shareholder", "id": "s1", "from": "p1", "to": "h1", "share": "0.3000001",
     "valid_from": "2005-01-01", "source": {"dataset": "reg", "record": "page 17"}},
    {"kind": "shareholder", "id": "s2", "from": "p2", "to": "h1", "share": "0.25",
     "valid_from": "2005-01-01", "valid_to": "2023-06-30"},
    {"kind": "shareholder", "id": "s3", "from": "h1", "to": "c1", "share": "0.8",
     "valid_from": "2006-02-03"},
    {"kind": "acts_in_concert", "id": "a1", "from": "p1", "to": "p2", "valid_from": "2010-01-01",
     "basis": f"agreement, tel. {OTHER}"},
    {"kind": "legal_representative", "id": "l2", "from": "p2", "to": "c1",
     "valid_from": "2015-01-01"},
    {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", "domain": "judgment",
     "authority": "示例人民法院", "decided_on": "2021-05-10", "until": "2023-05-10",
     "status": "active"},
]  # fmt: skip
ASKED = {"subject": "c1", "measure": "consumption_restriction", "act": "2021-05-01",
         "as_of": "2021-09-01"}  # fmt: skip
GIVEN = {"decision": "示例2021-17", "authority": "示例人民法院", "on": "2021-09-01",
         "contact": "执行局 0755-00000000", "proposed_by": "李甲", "approved_by": "王乙",
         "prior_on": "2021-08-10"}  # fmt: skip


def given(kind: str, **more: Any) -> dict[str, Any]:
    """Particulars of a notice of a kind."""
    grounds = {"grounds": "repaired", "decided_on": "2021-08-20"} if kind == "lifted" else {}
    return GIVEN | grounds | more


@pytest.fixture
def session(write: Callable[..., Store], store_url: str) -> Any:
    """A session on the case."""
    write(CASE, dataset="reg")
    with Session(store_url) as opened:
        yield opened


@pytest.fixture
def answer(session: Session) -> dict[str, Any]:
    """What `extend` answers on the case, as JSON says it."""
    import msgspec

    from algorithms.registry import encode

    found: dict[str, Any] = msgspec.json.decode(encode(session.ask("extend", ASKED)))
    return found
