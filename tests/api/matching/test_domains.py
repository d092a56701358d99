"""What a caller is not granted is neither found, nor evidence, nor counted; and it is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from api.access import sight
from api.caller import Caller
from api.matching.search import search
from api.matching.yente import Body, match
from api.reconcile import extension, queries
from api.session import Session
from tests.api.matching.conftest import CARD, PHONE, RESIDENT, USCC

See = Callable[..., Session]


@pytest.fixture
def seen(url: str) -> Iterator[See]:
    """`seen("registry")` is a session of a caller who is granted that domain alone."""
    stack = []
    with Session(url) as session:

        def see(*domains: str) -> Session:
            stack.append(sight.seen_by(Caller("k", frozenset(), frozenset(domains))))
            stack[-1].__enter__()
            return session

        yield see
        for each in reversed(stack):
            each.__exit__(None, None, None)


@pytest.mark.parametrize("text", [PHONE, CARD, "138****8000", "621************3181", "t1", "a1"])
def test_search(seen: See, text: str) -> None:
    assert search(seen("registry", "tax", "bank", "telecom"), text)["results"]
    narrow = search(seen("registry"), text)
    assert not narrow["results"]
    assert "withheld from this caller" in narrow["notes"][-1]


def test_people_and_companies_are_found_by_name_whoever_asks(seen: See) -> None:
    for text in ("张三", "华夏", RESIDENT, USCC):
        assert search(seen("telecom"), text)["results"], text


def test_match(seen: See) -> None:
    query = {"schema": "Person", "properties": {"name": ["王伟"], "phone": [PHONE]}}
    wide = match(seen("registry", "telecom"), Body(queries={"q": query}))
    assert wide["responses"]["q"]["results"][0]["match"]
    narrow = match(seen("registry"), Body(queries={"q": query}))
    assert [row["score"] for row in narrow["responses"]["q"]["results"]] == [0.5, 0.5]
    assert "withheld from this caller" in narrow["notes"][-1]


def test_listings_of_other_domains_are_no_change_and_no_target(seen: See) -> None:
    query = {"schema": "Company", "properties": {"name": ["深圳华夏贸易有限公司"]}}
    (row,) = match(seen("tax"), Body(queries={"q": query}))["responses"]["q"]["results"]
    assert row["target"]
    (row,) = match(seen("bank"), Body(queries={"q": query}))["responses"]["q"]["results"]
    assert not row["target"]


def test_reconciliation(seen: See) -> None:
    text = json.dumps({"q": {"query": "王伟", "properties": [{"pid": "phone", "v": PHONE}]}})
    found = queries.answer(seen("registry"), text)["q"]["result"]
    assert [row["match"] for row in found] == [False, False]
    asked = json.dumps({"ids": ["c1"], "properties": [{"id": "address"}, {"id": "listed"}]})
    row = extension.extend(seen("bank"), asked).answer["rows"]["c1"]
    assert row == {"address": [], "listed": [{"int": 0}]}
