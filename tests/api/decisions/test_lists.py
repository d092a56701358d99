"""Listings and the red list: entry, basis, exit, clocks, three years clean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.decisions import asks, views
from api.decisions.policy import Policy
from api.decisions.work import Work
from api.session import Session
from graph.store import Store
from tests.api.decisions.conftest import FACTS, Today, proposing


def listed(ident: str, subject: str, **more: Any) -> dict[str, Any]:
    """A listing of a domain that no measure is of."""
    given = {"kind": "listing", "id": ident, "subject": subject, "list": "black", "domain": "tax"}
    return {**given, "status": "active", **more}


COMPANIES = [{"kind": "company", "id": f"k{n}", "name": f"k{n}"} for n in range(8)]
LISTINGS = [
    listed("r0", "k0", list="red", valid_from="2024-01-05", valid_to="2027-01-05", basis="方案"),
    listed("r1", "k1", list="red", valid_from="2024-01-05"),
    listed("x1", "k1", decided_on="2025-05-06", until="2025-12-01", authority="税务局"),
    listed("x2", "k2", decided_on="2020-01-01", until="2022-06-04"),
    listed("x3", "k3", decided_on="2020-01-01", until="2022-06-03"),
    listed("x4", "k4", decided_on="2025-01-01", until="2026-01-01", status="已撤销"),
    listed("x5", "k5", decided_on="2025-01-01"),
    listed("x6", "k6", list="penalty", decided_on="2025-05-06"),
    listed("x7", "k7", decided_on="2026-01-01", until="2027-01-01"),
]


@pytest.fixture
def lists(write: Callable[..., Store], store_url: str) -> Any:
    write([*FACTS, *COMPANIES, *LISTINGS], dataset="d")
    with Session(store_url) as session:
        yield Work(session, policy=Policy(), today=Today("2025-06-03"))


def rows(work: Work, *names: str, day: str | None = None) -> dict[str, dict[str, Any]]:
    found = views.red_list(work, list(names) or None, day, 100)
    assert found["truncated"] is None
    return {row["label"]: row for row in found["results"]}


def test_three_years_clean(lists: Work) -> None:
    found = rows(lists, *(f"k{n}" for n in range(8)))
    assert {name: row["qualifies"] for name, row in found.items()} == {
        "k0": True,  # never listed
        "k1": False,  # listed now
        "k2": False,  # the listing ended on 4 June 2022: a day too few
        "k3": True,  # on 3 June 2022: three years to the day
        "k4": True,  # revoked: it never counted
        "k5": False,  # without an end
        "k6": True,  # a penalty is no black listing
        "k7": True,  # not begun yet
    }
    assert [found[k]["in_the_way"] for k in ("k1", "k2", "k3")] == [["d:x1"], ["d:x2"], []]
    assert found["k1"]["qualifies_from"] == "2028-12-01"
    assert (found["k2"]["clean_since"], found["k2"]["qualifies_from"]) == (
        "2022-06-04",
        "2025-06-04",
    )
    assert found["k5"]["qualifies_from"] is None
    assert found["k5"]["clean_since"] is None
    assert not rows(lists, "k7", day="2026-01-01")["k7"]["qualifies"]


def test_whoever_is_on_a_red_list_and_qualifies_no_more(lists: Work) -> None:
    found = rows(lists)
    assert {name: row["leave"] for name, row in found.items()} == {"k0": False, "k1": True}
    assert not rows(lists, day="2027-01-05")["k0"]["red"]  # its time on the list is over
    cut = views.red_list(lists, None, None, 1)
    assert cut["truncated"] == {"reason": "limit", "explored": 2, "limit": 1}
    assert set(cut["terms"]) == {"basis", "standard", "procedure", "objection", "exit"}


def test_a_listing_has_entry_basis_state_and_clocks(lists: Work) -> None:
    black = rows(lists, "k1")["k1"]["listings"][1]
    assert (black["entry"], black["until"], black["authority"], black["state"]) == (
        "2025-05-06", "2025-12-01", "税务局", "in_force",
    )  # fmt: skip
    # 7 and 2 working days after the holiday's last day but one: the facts say neither was done.
    assert [(c["clock"], c["due"], c["state"]) for c in black["clocks"]] == [
        ("publish", "2025-05-15", "unknown"),
        ("push", "2025-05-08", "unknown"),
    ]
    (penalty,) = rows(lists, "k6")["k6"]["listings"]
    assert [c["clock"] for c in penalty["clocks"]] == ["publish"]
    states = {n: rows(lists, n)[n]["listings"][0]["state"] for n in ("k0", "k3", "k4", "k7")}
    assert states == {"k0": "in_force", "k3": "expired", "k4": "revoked", "k7": "ahead"}


def test_a_decision_counts_until_it_ends(lists: Work) -> None:
    assert rows(lists, "p1")["p1"]["qualifies"]
    about = lists.propose(proposing()).id
    lists.step("approve", about, asks.Approve(by="李四"))
    lists.step("notify", about, asks.Notify(by="李四", how="EMS"))
    assert rows(lists, "p1")["p1"]["qualifies"]  # not in force yet
    lists.step("enforce", about, asks.Enforce(by="李四"))
    found = rows(lists, "p1")["p1"]
    assert (found["qualifies"], found["in_the_way"]) == (False, [about])
    assert found["qualifies_from"] == "2029-03-03"  # three years after it expires by itself
    lists.step("repair", about, asks.Repair(by="李四", reason="已履行"))
    found = rows(lists, "p1")["p1"]
    assert (found["clean_since"], found["qualifies_from"]) == ("2025-06-03", "2028-06-03")
    assert not found["qualifies"]
    assert rows(lists, "p1", day="2028-06-03")["p1"]["qualifies"]
