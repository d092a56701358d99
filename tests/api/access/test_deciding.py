"""Who takes the steps of a decision: each under its own name, and two of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from api.access.keys import Keyring
from api.app import Service, make_app
from api.auth import Access
from api.session import Session
from graph import domains
from graph.facts import Normaliser
from graph.store import open_store
from graph.times import now
from tests.api.access.asking import Answer, ask
from tests.api.access.conftest import HOUR, TOKEN
from tests.api.access.world import FACTS

CASE = {"subject": "c1", "party": "p1", "measure": "consumption_restriction", "act": "2022-06-01"}
Make = Callable[..., str]


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[tuple[FastAPI, Make]]:
    store = open_store(store_url, create=True)
    store.write("b1", [Normaliser("reg", store.id_key).row(fact) for fact in FACTS])
    store.close()
    ring = Keyring(tmp_path / "keys.json")

    def key(name: str, scopes: str, domains: str = "registry tax bank telecom") -> str:
        return ring.create(name, scopes.split(), domains.split(), now() + HOUR)[1]

    with Session(store_url) as session:
        yield make_app(session, Service(Access(TOKEN, keyring=ring))), key


def post(app: FastAPI, path: str, token: str, **given: Any) -> Answer:
    return ask(app, "POST", f"/v1/decisions{path}", token=token, body=json.dumps(given).encode())


def test_two_callers_decide_under_their_own_names(place: tuple[FastAPI, Make]) -> None:
    app, key = place
    clerk, chief = key("王办事", "related extend.propose"), key("李科长", "related extend.approve")
    both = key("赵全能", "related extend.propose extend.approve")
    for by in ("李科长", "王办事 ", "", 7):
        refused = post(app, "", clerk, **CASE, by=by)
        assert refused.status == (403 if by != "王办事 " else 200), by
    made = post(app, "", clerk, **CASE, by="王办事")  # proposed once already
    assert made.status == 409
    listed = ask(app, "GET", "/v1/decisions", token=clerk).said
    (row,) = listed["results"]
    about = row["id"]
    assert ask(app, "GET", f"/v1/decisions/{about}", token=clerk).said["proposer"] == "王办事"
    assert post(app, f"/{about}/approve", clerk).status == 403
    assert post(app, f"/{about}/approve", chief, by="王办事").status == 403
    assert post(app, f"/{about}/approve", chief, by="somebody else").status == 403
    done = post(app, f"/{about}/approve", chief)
    assert done.status == 200, done
    assert done.said["approver"] == "李科长"
    assert post(app, f"/{about}/notify", chief, how="EMS").status == 403
    assert post(app, f"/{about}/notify", clerk, how="EMS").status == 200
    assert post(app, f"/{about}/object", both, objector="张三", reason="已卸任").status == 200
    assert post(app, f"/{about}/resolve", clerk, outcome="rejected", reason="x").status == 403
    assert post(app, f"/{about}/resolve", chief, outcome="rejected", reason="x").status == 200
    names = [
        step["by"]
        for step in ask(app, "GET", f"/v1/decisions/{about}", token=TOKEN).said["history"]
    ]
    assert names == ["王办事", "李科长", "王办事", "赵全能", "李科长"]


def test_who_proposed_does_not_approve_with_every_scope(place: tuple[FastAPI, Make]) -> None:
    app, key = place
    both = key("赵全能", "related extend.propose extend.approve")
    about = post(app, "", both, **CASE).said["id"]
    again = post(app, f"/{about}/approve", both)
    assert again.status == 409
    assert "a second person approves" in again.detail
    # The owner of the service acts for whom it names; that name is held against the proposer, too.
    assert post(app, f"/{about}/approve", TOKEN, by="赵全能").status == 409
    assert post(app, f"/{about}/approve", TOKEN, by="钱主任").status == 200
    assert post(app, "", TOKEN, **CASE).status == 422  # the owner has to name somebody


def test_a_decision_on_facts_of_another_domain_is_neither_made_nor_shown(
    place: tuple[FastAPI, Make], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its proof cites the listing of the court: here as if that were of the tax office."""
    app, key = place
    monkeypatch.setitem(domains.OF_LIST, "judgment", "tax")
    granted = key("甲", "related extend.propose extend.approve", "registry tax")
    without = key("乙", "related extend.propose extend.approve", "registry")
    refused = post(app, "", without, **CASE)
    assert refused.status == 403
    assert "rests on facts of tax" in refused.detail
    assert ask(app, "GET", "/v1/decisions", token=TOKEN).said["results"] == []  # none was made
    made = post(app, "", granted, **CASE)
    assert made.status == 200
    about = made.said["id"]
    assert "reg:b2" in made.said["names"]
    assert ask(app, "GET", f"/v1/decisions/{about}", token=granted).status == 200
    assert ask(app, "GET", f"/v1/decisions/{about}", token=without).status == 403
    assert post(app, f"/{about}/approve", without).status == 403
    monkeypatch.delitem(domains.OF_LIST, "judgment")
    assert ask(app, "GET", f"/v1/decisions/{about}", token=without).status == 200


def test_what_weighs_everything_needs_every_domain(place: tuple[FastAPI, Make]) -> None:
    app, key = place
    part = key("甲", "related extend.propose", "registry tax")
    assert post(app, "", key("丙", "related extend.propose", "bank"), **CASE).status == 403
    for path in ("fallout?facts=reg:s1", "replay", "red-list"):
        where, _, query = path.partition("?")
        refused = ask(app, "GET", f"/v1/decisions/{where}", token=part, query=query)
        assert refused.status == 403
        assert "needs the data domain bank" in refused.detail
