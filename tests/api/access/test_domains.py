"""What a caller is not granted stands in no answer, by whichever route."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from algorithms.registry import ALGORITHMS
from api.access import sight
from api.access.refusals import Forbidden
from api.caller import DOMAINS, SCOPES, Caller
from api.export import lines
from api.session import Session
from graph.domains import OF_KIND, of_listing
from graph.model import ENTITIES, LISTING
from tests.algorithms.small_world import questions
from tests.api.access.asking import Answer, ask, send
from tests.api.access.conftest import TOKEN
from tests.api.access.world import ACCOUNT, FACTS, PHONE

Key = Callable[..., str]
EVERYTHING = " ".join(SCOPES)
PARTS = [c for n in (1, 3) for c in itertools.combinations(DOMAINS, n)]
EACH_PART = pytest.mark.parametrize("granted", PARTS, ids="+".join)


def withheld(granted: tuple[str, ...]) -> set[str]:
    """Names of the facts that are not of the granted domains."""
    kind_of = {fact["id"]: fact["kind"] for fact in FACTS if fact["kind"] in ENTITIES}
    gone = set()
    for fact in FACTS:
        needed = {OF_KIND[kind_of[fact[end]]] for end in ("from", "to") if end in fact}
        needed.add(of_listing(fact) if fact["kind"] == LISTING else OF_KIND[fact["kind"]])
        if not needed <= {*granted, None}:
            gone.add(f"reg:{fact['id']}")
    return gone


async def everything(app: FastAPI, token: str) -> list[tuple[str, Answer]]:
    """The answers to all that can be asked of the small world."""
    asked: list[tuple[str, str, bytes, str]] = []
    for record in ALGORITHMS.values():
        for question in questions(record):
            body = json.dumps({**question, "as_of": "2024-01-01"}).encode()
            asked.append(("POST", record.path, body, ""))
    ids = [fact["id"] for fact in FACTS if fact["kind"] in ENTITIES]
    asked += [("GET", f"/v1/subjects/{name}", b"", "") for name in (*ids, PHONE, ACCOUNT)]
    asked += [
        ("POST", "/v1/facts", json.dumps({"ids": [f"reg:{fact['id']}"]}).encode(), "")
        for fact in FACTS
    ]
    asked += [
        ("GET", "/v1/search", b"", f"q={quote(text)}")
        for text in (*ids, "甲", "路", PHONE, ACCOUNT)
    ]
    below = ("timeline", "adjacent", "record", "related", "controllers")
    asked += [("GET", f"/v1/subjects/{name}/{view}", b"", "") for name in ids for view in below]
    asked += [("GET", "/v1/decisions", b"", ""), ("GET", "/v1/catalog", b"", "")]
    return [
        (path, await send(app, method, path, token=token, body=body, query=query))
        for method, path, body, query in asked
    ]


@EACH_PART
def test_no_route_tells_what_is_withheld(app: FastAPI, key: Key, granted: tuple[str, ...]) -> None:
    gone = withheld(granted)
    assert gone
    token = key(EVERYTHING, " ".join(granted))
    answered = 0
    for path, answer in asyncio.run(everything(app, token)):
        assert answer.status in {200, 400, 403, 404, 422}, (path, answer)
        told = answer.body.decode()
        assert not [name for name in gone if f'"{name}"' in told], path
        if "bank" not in granted:
            assert "account:" not in told, path
        if "telecom" not in granted:
            assert "phone:" not in told, path
        if path.endswith("/catalog"):
            (dataset,) = answer.said["datasets"]
            assert dataset["facts"] == len(FACTS) - len(gone)
        elif answer.status == 200 and not path.endswith(("/decisions", "/timeline")):
            answered += 1
            assert "withheld from this caller" in answer.said["notes"][-1], path
            assert answer.headers["linkrisk-withheld"]
    assert answered > 20


def test_all_of_it_is_told_to_who_is_granted_all(app: FastAPI, key: Key) -> None:
    """So that the test above looks at answers in which it could be."""
    whole = asyncio.run(everything(app, key(EVERYTHING)))
    owners = asyncio.run(everything(app, TOKEN))
    assert [(p, a.status, a.body) for p, a in whole] == [(p, a.status, a.body) for p, a in owners]
    told = "".join(answer.body.decode() for _, answer in whole if answer.status == 200)
    for fact in FACTS:
        assert f'"reg:{fact["id"]}"' in told, fact
    assert "account:" in told
    assert "phone:" in told
    assert "withheld" not in told


def test_a_withheld_subject_is_unknown_and_it_is_said_why(app: FastAPI, key: Key) -> None:
    token = key("search", "registry")
    known, none = (ask(app, "GET", f"/v1/subjects/{name}", token=token) for name in ("a1", "a77"))
    assert known.status == none.status == 404
    assert known.detail.replace("a1", "a77") == none.detail  # nor is it told whether there is one
    assert "there may be something" in none.detail


@pytest.fixture
def seen(session: Session) -> Iterator[Callable[..., Session]]:
    """The session as it is seen with some domains."""
    stack = []

    def see(*domains: str) -> Session:
        within = sight.seen_by(Caller("k", frozenset(), frozenset(domains)))
        within.__enter__()
        stack.append(within)
        return session

    yield see
    for each in reversed(stack):
        each.__exit__(None, None, None)


@EACH_PART
def test_an_export_has_what_is_granted(
    seen: Callable[..., Session], granted: tuple[str, ...]
) -> None:
    gone = withheld(granted)
    told = {f"reg:{json.loads(line)['id']}" for line in lines(seen(*granted), masked=True)}
    assert told == {f"reg:{fact['id']}" for fact in FACTS} - gone


def test_the_store_of_a_part_tells_that_part(seen: Callable[..., Session]) -> None:
    whole = seen().whole_store
    part = seen("registry").store
    assert part.history("reg:s1") == whole.history("reg:s1")
    assert part.history("reg:m1") == part.history("reg:b1") == part.history("reg:at2") == []
    assert "transfer" not in part.stats()["kinds"]
    assert part.stats()["kinds"]["shareholder"] == 2
    account = whole.history("reg:a1")[0].keys[0][3]
    assert account is not None
    assert whole.bearers(account) == ["reg:a1"]
    assert part.bearers(account) == []
    with pytest.raises(Forbidden, match="needs every domain"):
        part.changes()


def test_parts_follow_what_is_written(session: Session, seen: Callable[..., Session]) -> None:
    part = seen("registry").snapshot()
    assert session.snapshot() is part  # made once
    assert part.name.endswith(";registry")
    old = session.snapshot(part.known_at)
    assert old.name == part.name
