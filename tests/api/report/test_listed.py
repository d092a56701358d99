"""The listings that a report of clusters gives as reasons are those that make a core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.client import Local
from api.report.clusters import Wanted, clusters
from api.report.document import render
from api.session import Session
from graph.store import Store

DAY = "2024-06-30"


def listing(ident: str, subject: str, domain: str, **more: Any) -> dict[str, Any]:
    return {"kind": "listing", "id": ident, "subject": subject, "list": "black", "domain": domain,
            "valid_from": "2024-01-01", "status": "active", **more}  # fmt: skip


def test_only_what_stands_on_the_day_is_a_reason(
    write: Callable[..., Store], store_url: str
) -> None:
    write([
        *({"kind": "company", "id": name, "name": f"{name}公司"} for name in "abc"),
        {"kind": "guarantee", "id": "g1", "from": "a", "to": "b"},
        {"kind": "guarantee", "id": "g2", "from": "b", "to": "c"},
        listing("l1", "a", "plain"), listing("l2", "b", "plain"),
        listing("l3", "c", "lifted", status="revoked"),
        listing("l4", "a", "over", valid_to=f"{DAY}T10:00:00+08:00"),
        listing("l5", "b", "ending", valid_to="2024-07-01"),
        listing("l6", "a", "fresh", valid_from=f"{DAY}T10:00:00+08:00"),
        listing("l7", "a", "ahead", valid_from="2024-07-01"),
    ], dataset="reg")  # fmt: skip
    with Session(store_url) as session:
        page = render(clusters(Local.on(session), Wanted(), as_of=DAY), "screen")
    assert [n for n in range(1, 8) if f"reg:l{n}" in page] == [1, 2, 5, 6]
