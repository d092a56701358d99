"""Of whom the use is restricted: kept, and neither shown nor found by any read, on any store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from fastapi import FastAPI

from algorithms.registry import ALGORITHMS
from api.app import Service, make_app
from api.auth import Access
from api.privacy import asks, erasing
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from tests.algorithms.small_world import questions
from tests.api.access.asking import Answer, ask
from tests.api.access.conftest import TOKEN
from tests.api.access.world import FACTS, PHONE

NAME, OLD, WORDS, AUTHORITY = "欧阳惟一无二", "欧阳曾用名", "绝无仅有的描述", "无人知晓局"
PERSON = {"kind": "person", "id": "p9", "name": NAME, "keys": {"resident_id": "110105194912310046"},
          "attrs": {"note": WORDS}}  # fmt: skip
MORE: list[dict[str, Any]] = [
    {**PERSON, "name": OLD},
    {"kind": "shareholder", "id": "s9", "from": "p9", "to": "c2", "share": "0.2"},
    {"kind": "uses_phone", "id": "u9", "from": "p9", "to": "t1"},
    {"kind": "listing", "id": "b9", "subject": "p9", "list": "black", "domain": "tax",
     "authority": AUTHORITY, "decided_on": "2022-01-05", "until": "2095-01-05", "status": "active"},
]  # fmt: skip
SECRETS = (NAME, OLD, WORDS, AUTHORITY, "ouyang")
Send = Callable[..., Answer]


@pytest.fixture(scope="module")
def session(module_url: str) -> Iterator[Session]:
    with closing(open_store(module_url, create=True)) as store:
        for number, facts in enumerate(([*FACTS, *MORE], [PERSON])):
            rows = [Normaliser("reg", store.id_key).row(fact) for fact in facts]
            assert not store.write(f"b{number}", rows).rejected
    with Session(module_url) as opened:
        said = {"subject": "reg:p9", "request": "2026-1", "reason": "PIPL art. 44", "by": "李办",
                "restrict": True}  # fmt: skip
        done = erasing.erase(opened, asks.convert(said, asks.Erase))
        assert done["status"] == "restricted"  # its listing runs
        yield opened


@pytest.fixture(scope="module")
def app(session: Session) -> FastAPI:
    return make_app(session, Service(Access(TOKEN)))


def questions_of(canonical: str) -> Iterator[tuple[str, str, bytes, str]]:
    """Every read of it, by its id, its key, its name, as a neighbour, as one of all."""
    for record in ALGORITHMS.values():
        about = ("subject", "target", "owner", "from", "through")
        taking = next((f for f in record.fields if f in about), None)
        for question in [*questions(record)][:6]:
            body = {**question, "as_of": "2024-01-01"}
            yield "POST", record.path, orjson.dumps(body), ""
            if taking is not None:
                yield "POST", record.path, orjson.dumps({**body, taking: "reg:p9"}), ""
    for name in ("reg:p9", canonical, str(PERSON["keys"]["resident_id"]), "c2"):
        for view in ("", "/timeline", "/adjacent", "/record", "/related", "/controllers"):
            yield "GET", f"/v1/subjects/{name}{view}", b"", ""
        yield "GET", "/v1/search", b"", f"q={quote(name)}"
        yield "GET", "/v1/reconcile/preview", b"", f"id={quote(name)}"
    yield "GET", "/v1/search", b"", f"q={quote('1101**********0046')}"
    ids = [f"reg:{fact['id']}" for fact in [*FACTS, *MORE]]
    yield "POST", "/v1/facts", orjson.dumps({"ids": ids}), ""
    extended = [{"id": each} for each in ("id", "name", "former_name", "kind", "record", "listing",
                                          "listed", "shareholder")]  # fmt: skip
    body = json.dumps({"ids": ["reg:p9", "c2"], "properties": extended})
    yield "GET", "/v1/reconcile", b"", f"extend={quote(body)}"
    for form in ("native", "ftm", "bods", "graphml"):
        yield "GET", "/v1/export", b"", f"format={form}"
    for path in ("changes", "decisions", "catalog", "pushes", "privacy/reports/c2"):
        yield "GET", f"/v1/{path}", b"", ""
    for query in ("", "subject=reg:p9"):
        yield "GET", "/v1/decisions/red-list", b"", query


def text_of(answer: Answer) -> str:
    return answer.body.decode() + str(answer.headers)


def test_no_read_shows_it(app: FastAPI, session: Session) -> None:
    view = session.snapshot()
    canonical = view.canonical(view.resolve("reg:p9"))
    met = 0
    for method, path, body, query in questions_of(canonical):
        answer = ask(app, method, path, token=TOKEN, body=body, query=query)
        assert answer.status in (200, 308, 404, 422), (path, answer)
        text = text_of(answer)
        met += canonical in text
        for secret in SECRETS:
            assert secret not in text, (path, query, text)

    assert met > 30  # it stands there, by its id


def test_no_search_finds_it(app: FastAPI) -> None:
    """Not by its name, nor by one it had, nor like it, nor by pinyin; not by its masked key."""
    for text in (NAME, OLD, "欧阳惟一", "ouyang weiyi wuer", "oywywe", "1101**********0046"):
        found = ask(app, "GET", "/v1/search", token=TOKEN, query=f"q={quote(text)}").said
        assert found["results"] == [], text
        said = ask(app, "GET", "/v1/reconcile/suggest/entity", token=TOKEN,
                   query=f"prefix={quote(text)}").said  # fmt: skip
        assert said["result"] == [], text
    by_key = ask(app, "GET", "/v1/search", token=TOKEN, query="q=reg%3Ap9").said["results"]
    assert [(row["records"], "restricted" in row["label"]) for row in by_key] == [([], True)]


def test_no_match_has_it_as_a_candidate(app: FastAPI) -> None:
    """By name, key or phone, alone and with others: who shares the phone is a candidate still."""
    describing: list[dict[str, Any]] = [
        {"name": [NAME]}, {"name": [OLD]}, {"idNumber": [PERSON["keys"]["resident_id"]]},
        {"name": [NAME], "idNumber": [PERSON["keys"]["resident_id"]], "phone": [PHONE]},
        {"phone": [PHONE]},
    ]  # fmt: skip
    queries = {
        f"q{number}": {"schema": "Person", "properties": said}
        for number, said in enumerate(describing)
    }
    body = orjson.dumps({"queries": queries, "cutoff": 0})
    answer = ask(app, "POST", "/v1/match", token=TOKEN, body=body).said
    found = {
        name: [row["caption"] for row in said["results"]]
        for name, said in answer["responses"].items()
    }
    assert {*found["q0"], *found["q1"], *found["q3"], *found["q4"]} <= {"张三"}
    assert (found["q2"], found["q4"]) == ([], ["张三"])
    body = orjson.dumps({"name": NAME, "resident_id": PERSON["keys"]["resident_id"]})
    assert ask(app, "POST", "/v1/match/subject", token=TOKEN, body=body).said["results"] == []
    text = json.dumps({"q": {"query": NAME}})
    said = ask(app, "GET", "/v1/reconcile", token=TOKEN, query=f"queries={quote(text)}").said
    assert said["q"]["result"] == []


def test_its_identifiers_are_not_unmasked(app: FastAPI) -> None:
    asked = {"subject": "reg:p9", "purpose": "反诈", "case": "2026-1"}
    answer = ask(app, "POST", "/v1/unmask", token=TOKEN, body=orjson.dumps(asked))
    assert (answer.status, "restricted" in answer.detail) == (409, True)
    assert PERSON["keys"]["resident_id"] not in text_of(answer)


def test_an_export_holds_its_place(app: FastAPI, session: Session, tmp_path: Path) -> None:
    """Relations have their ends; loaded again it changes nothing where the person is held, and in
    another store stands for one who is not shown."""
    answer = ask(app, "GET", "/v1/export", token=TOKEN)
    lines = [json.loads(line) for line in answer.body.splitlines()]
    (own,) = [line for line in lines if line["id"] == "p9"]
    assert own["attrs"] == {"restricted": True}
    assert {"name", "keys"}.isdisjoint(own)
    assert "b9" not in {line["id"] for line in lines}
    assert "s9" in {line["id"] for line in lines}
    assert any(line["id"] == "p1" and line["name"] == "张三" for line in lines)
    rows = [
        Normaliser("reg", session.store.id_key).row(line) for line in lines if line["id"] == "p9"
    ]
    written = session.store.write("again", rows)
    assert (written.loaded, written.duplicates, written.rejected) == (0, 1, [])
    assert session.store.history("reg:p9")[-1].payload["name"] == NAME
    url = f"sqlite:///{tmp_path / 'other.db'}"
    with closing(open_store(url, create=True)) as other:
        rows = [Normaliser("reg", other.id_key).row(line) for line in lines]
        assert not other.write("b1", rows).rejected
    with Session(url) as session_:
        view = session_.snapshot()
        assert view.label(view.resolve("p9")) == "reg:p9"


def test_what_is_released_is_shown_again(tmp_path: Path) -> None:
    """So that the tests above look at reads in which it would be."""
    url = f"sqlite:///{tmp_path / 'facts.db'}"
    with closing(open_store(url, create=True)) as store:
        store.write(
            "b",
            [
                Normaliser("reg", store.id_key).row(f)
                for f in [
                    *FACTS,
                    *MORE,
                ]
            ],
        )
    with Session(url) as session:
        app = make_app(session, Service(Access(TOKEN)))
        view = session.snapshot()
        canonical = view.canonical(view.resolve("reg:p9"))
        showing = {
            path
            for method, path, body, query in questions_of(canonical)
            if OLD in text_of(ask(app, method, path, token=TOKEN, body=body, query=query))
        }
    assert {"/v1/export", "/v1/search", "/v1/facts", "/v1/reconcile", "/v1/subjects/reg:p9",
            "/v1/reconcile/preview"} <= showing  # fmt: skip
