"""Identifiers in full: for one subject, a purpose that is granted and a case; recorded first."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from api.session import Session
from tests.api.access.asking import Answer, ask
from tests.api.access.conftest import TOKEN
from tests.api.access.world import ACCOUNT, CARD, PHONE, RESIDENT, SECRETS, USCC

Key = Callable[..., str]
WHY = {"purpose": "反诈", "case": "2026-0017"}


def unmask(app: FastAPI, token: str | None, given: dict[str, Any], **more: Any) -> Answer:
    return ask(app, "POST", "/v1/unmask", token=token, body=json.dumps(given).encode(), **more)


@pytest.fixture
def token(key: Key) -> str:
    return key("search", purposes=["反诈", "税务稽查"])


@pytest.mark.parametrize(
    ("subject", "field", "value"),
    [("p1", "resident_id", RESIDENT), ("t1", "e164", "+86" + PHONE), ("a1", "account", ACCOUNT),
     ("a2", "account", CARD), ("c1", "uscc", USCC)],
)  # fmt: skip
def test_identifiers_are_shown_in_full(
    app: FastAPI, token: str, subject: str, field: str, value: str
) -> None:
    for asker in (token, TOKEN):
        answer = unmask(app, asker, {"subject": subject, **WHY})
        assert answer.status == 200
        assert [(i["field"], i["value"]) for i in answer.said["identifiers"]] == [(field, value)]
        assert answer.said["identifiers"][0]["record"] == f"reg:{subject}"
    shown = ask(app, "GET", f"/v1/subjects/{subject}", token=token).body.decode()
    assert field == "uscc" or value not in shown


def test_it_is_recorded_with_what_it_was_for(app: FastAPI, token: str) -> None:
    before = len(reads(app))
    assert unmask(app, token, {"subject": "p1", **WHY}).status == 200
    (row,) = reads(app)[before:]
    assert (row["purpose"], row["case"]) == ("反诈", "2026-0017")
    assert row["actor"].startswith("key ")
    assert "resident_id" in row["fields"]
    assert len(row["subjects"]) == 1
    assert RESIDENT not in json.dumps(reads(app))


def reads(app: FastAPI) -> list[dict[str, Any]]:
    answer = ask(app, "GET", "/v1/audit/reads", token=TOKEN, query="limit=1000")
    assert not answer.said["more"]
    rows = ({**row, **row["body"]} for row in answer.said["results"])
    return [row for row in rows if row.get("unmasked")]


def test_nothing_is_shown_that_cannot_be_recorded(
    app: FastAPI, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.reads.chain import ReadsAway
    from api.reads.hook import Audit

    async def away(*_: object, **__: object) -> None:
        raise ReadsAway("no room")

    monkeypatch.setattr(Audit, "read", away)
    answer = unmask(app, token, {"subject": "p1", **WHY})
    assert answer.status == 503
    assert RESIDENT not in answer.body.decode()


def test_the_headers_say_it_too(app: FastAPI, token: str) -> None:
    said = {"linkrisk-purpose": "%E5%8F%8D%E8%AF%88", "linkrisk-case": "2026-1"}
    answer = unmask(app, token, {"subject": "p1"}, headers=said)
    assert (answer.status, answer.said["purpose"], answer.said["case"]) == (200, "反诈", "2026-1")


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"subject": "p1", "case": "1"}, 422, "purpose"),
        ({"subject": "p1", "purpose": "反诈"}, 422, "case"),
        ({"subject": "p1", "purpose": " ", "case": "1"}, 422, "purpose"),
        ({"subject": "p1", "purpose": "反诈", "case": "a\nb\u0000"}, 422, "case"),
        ({"subject": "p1", "purpose": "好奇", "case": "1"}, 403, "purpose"),
        ({"subject": "p1", **WHY, "fields": ["name"]}, 422, "fields"),
        ({"subject": "p9", **WHY}, 404, "p9"),
        ({"subject": ["p1", "t1"], **WHY}, 422, "subject"),
        ({**WHY}, 422, "subject"),
        ({"subject": "p1", **WHY, "all": True}, 422, "all"),
    ],
)
def test_what_is_not_shown(
    app: FastAPI, token: str, given: dict[str, Any], status: int, said: str
) -> None:
    answer = unmask(app, token, given)
    assert answer.status == status, answer
    assert said in answer.detail
    assert not [secret for secret in SECRETS if secret in answer.body.decode()]


def test_who_is_shown_nothing(app: FastAPI, key: Key) -> None:
    given = {"subject": "p1", **WHY}
    assert unmask(app, None, given).status == 401
    assert unmask(app, key("related trace admin"), given).status == 403  # not the scope
    assert unmask(app, key("search"), given).status == 403  # no purpose
    bank = key("search", "bank", purposes=["反诈"])
    answer = unmask(app, bank, given)
    assert (answer.status, answer.said["identifiers"]) == (200, [])
    assert unmask(app, bank, {**given, "fields": ["resident_id"]}).status == 403
    assert unmask(app, bank, {"subject": "a1", **WHY}).said["identifiers"][0]["value"] == ACCOUNT
    assert unmask(app, bank, {"subject": "t1", **WHY}).status == 404


def test_a_key_goes_no_farther_than_it_may(app: FastAPI, key: Key, session: Session) -> None:
    short, free = key("related", depth=1), key("related")

    def asked(token: str, **more: Any) -> Answer:
        body = json.dumps({"subject": "c1", **more}).encode()
        return ask(app, "POST", "/v1/related-parties", token=token, body=body)

    assert asked(short, depth=1).status == 200
    refused = asked(short, depth=2)
    assert refused.status == 403
    assert "goes 1 steps, not 2" in refused.detail
    assert asked(free, depth=2).status == 200
    assert asked(short, depth="x").status == 422
    paths = ask(app, "GET", "/v1/paths", token=short, query="from=c1&to=c2")
    assert paths.status == 200
    assert paths.said["params"]["max_length"] == 1
