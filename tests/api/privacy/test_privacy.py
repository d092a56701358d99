"""`linkrisk privacy` and its routes: the same on both, each recorded, wrong use refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from api.cli import main
from api.once import HEADER
from api.privacy import erasing
from api.reads.chain import Chain, Read
from api.session import Session
from graph.store import Store, open_store
from tests.api.conftest import FACTS, RESIDENT
from tests.api.serving import served, until

ASK = ["--request", "2026-1", "--reason", "PIPL art. 47", "--by", "李办"]
SAID = {"request": "2026-1", "reason": "PIPL art. 47", "by": "李办"}
# The listing of c1 still runs, but that is a company's.


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], filled: str) -> Any:
    def ran(*args: str) -> tuple[int, str, str]:
        code = main(["--store", filled, "privacy", *args])
        return code, *capfd.readouterr()

    return ran


def asked(url: str, method: str, path: str, body: Any = None) -> httpx.Response:
    async def one() -> httpx.Response:
        async with served(url) as client:
            return await client.request(method, f"/v1/privacy/{path}", json=body)

    return asyncio.run(one())


def test_erasing_by_the_verb(run: Any, filled: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("erase", "reg:p1", *ASK, "--json")
    found = json.loads(out)
    assert (code, found["status"], found["erased"]) == (0, "erased", {"person": 1, "phone": 1})
    assert main(["--store", filled, "show", "reg:p1"]) == 0
    out = capfd.readouterr().out
    assert "erased / 已删除" in out
    assert "张三" not in out
    assert main(["--store", filled, "check"]) == 0
    capfd.readouterr()
    assert run("erase", "reg:p1", *ASK)[1].startswith("subject: cn:person:")
    code, out, _ = run("readmit", "reg:p1", *ASK, "--json")
    assert (code, json.loads(out)["status"]) == (0, "readmitted")
    assert run("purge")[0] == 0


@pytest.mark.neo4j
def test_erasing_by_the_route(filled: str) -> None:
    answer = asked(filled, "POST", "erasures", {"subject": "reg:p1", **SAID})
    assert (answer.status_code, answer.json()["status"]) == (200, "erased")
    report = asked(filled, "GET", "reports/reg:p1")
    assert report.status_code == 200
    assert [entry["kind"] for entry in report.json()["requests"]] == ["privacy.erased"]
    # The erasure named the person, and so did the report: both reads are in the chain.
    assert [read["route"] for read in report.json()["reads"]] == ["/v1/privacy/erasures"]
    assert "张三" not in report.text
    with closing(open_store(filled)) as store, closing(Chain.of(store)) as chain:
        assert [e.about for e in chain.ledger()][-1] == "/v1/privacy/reports/{id:path}"


def test_a_decision_that_is_not_over_keeps_it(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "kept", lambda *_: ["decision D-1 is in_force / 决定尚未终结"])
    refused = asked(filled, "POST", "erasures", {"subject": "reg:p1", **SAID})
    assert (refused.status_code, refused.json()["title"]) == (409, "Kept")
    assert "D-1" in refused.json()["detail"]
    limited = asked(filled, "POST", "erasures", {"subject": "reg:p1", "restrict": True, **SAID})
    assert limited.json()["kept"] == ["decision D-1 is in_force / 决定尚未终结"]
    released = asked(filled, "POST", "releases", {"subject": "reg:p1", **SAID})
    assert released.json()["status"] == "released"


def test_correcting(run: Any, filled: str) -> None:
    code, out, _ = run("correct", "reg:p1", *ASK, "--record", "reg:p1", "--fields",
                       '{"name": "张叁"}', "--json")  # fmt: skip
    assert (code, json.loads(out)["record"]) == (0, "reg:p1")
    body = {"subject": "reg:p1", "record": "reg:p1", "fields": {"name": "张肆"}, **SAID}
    answer = asked(filled, "POST", "corrections", body)
    assert answer.json()["status"] == "corrected"
    with Session(filled) as session:
        snapshot = session.snapshot()
        assert snapshot.label(snapshot.resolve("reg:p1")) == "张肆"
    bad = asked(filled, "POST", "corrections", body | {"fields": {"keys": {"e164": "1"}}})
    assert (bad.status_code, bad.json()["title"]) == (400, "BadFact")


def test_the_report_in_full_is_recorded(run: Any, store: Store) -> None:
    code, out, _ = run("report", "reg:p1")
    assert code == 0
    assert RESIDENT in out  # nothing is recorded yet of this store, so neither is this
    with closing(Chain.of(store)) as chain:
        chain.record([Read("x", "/v1/x", ("nobody",), ())])
        assert run("report", "reg:p1", "--masked")[0] == 0
        assert chain.ledger_head().no == 2
        assert run("report", "reg:p1")[0] == 0
        last = next(chain.ledger(2))
    assert (last.about, last.content["unmasked"]) == ("privacy report", True)


def test_an_export_in_full_is_recorded(
    filled: str, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(Chain.of(store)) as chain:
        assert main(["--store", filled, "export", "--masked"]) == 0
        assert chain.ledger_head().no == 1
        assert main(["--store", filled, "export"]) == 0
        (entry,) = chain.ledger(1)
    assert (entry.about, entry.content["subjects"]) == ("export", ["*"])
    assert len(capfd.readouterr().out.splitlines()) == 2 * len(FACTS)


@pytest.fixture
def quarantined(filled: str, tmp_path: Any) -> Iterator[str]:
    folder = tmp_path / "facts.db.quarantine"
    folder.mkdir()
    (folder / "000001-x.jsonl").write_text('{"text": "张三"}', encoding="utf-8")
    yield str(folder / "000001-x.jsonl")


@pytest.mark.embedded
def test_files_that_still_hold_it_are_named(run: Any, quarantined: str) -> None:
    found = json.loads(run("erase", "reg:p1", *ASK, "--json")[1])
    assert found["elsewhere"] == [quarantined]


@pytest.mark.neo4j
def test_kept_answers_that_name_it_are_deleted(filled: str) -> None:
    """Results of jobs and answers of requests with a key; those that name others stay."""

    async def conversation() -> None:
        async with served(filled) as client:

            async def job(key: str, **params: Any) -> str:
                body = {"algorithm": "related-parties", "params": params}
                made = await client.post("/v1/jobs", json=body, headers={HEADER: key})

                async def ended() -> bool:
                    found = (await client.get(made.headers["location"])).json()
                    return bool(found["status"] == "done")

                await until(ended)
                return f"{made.headers['location']}/result"

            # Asked of p1; of c1, whose answer names p1; of its trade, which names companies only.
            named = [await job("k1", subject="reg:p1"), await job("k2", subject="c1")]
            other = await job("k3", subject="c1", kinds=["invoice"])
            answers = {where: (await client.get(where)).text for where in [*named, other]}
            assert [("cn:person:" in text) for text in answers.values()] == [True, True, False]
            body = {"subject": "reg:p1", **SAID}
            erased = (await client.post("/v1/privacy/erasures", json=body)).json()
            assert erased["forgotten"] == {
                "results": 2, "answers": 1, "events": 0, "subscriptions": 0, "casework": 0,
                "alerts": 0,
                "identities": 0,
                "features": 0,
                "models": 0,
            }  # fmt: skip
            assert [(await client.get(where)).status_code for where in named] == [404, 404]
            assert (await client.get(other)).text == answers[other]
            body = {"algorithm": "related-parties", "params": {"subject": "reg:p1"}}
            again = await client.post("/v1/jobs", json=body, headers={HEADER: "k1"})
            assert (again.status_code, again.json()["title"]) == (410, "Gone")
            assert len((await client.get("/v1/jobs")).json()["results"]) == 1  # not asked anew

    asyncio.run(conversation())


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["erase", "reg:p1"], 2, "privacy erase needs --by"),
        (["erase", *ASK], 2, "privacy erase needs SUBJECT"),
        (["purge", "x"], 2, "privacy purge takes no SUBJECT"),
        (["erase", "reg:p1", *ASK, "--masked"], 2, "privacy erase takes no --masked"),
        (["erase", "reg:c1", *ASK], 2, "not personal data"),
        (["erase", "nobody", *ASK], 3, "no record is named"),
        (["erase", "reg:p1", *ASK[:3], "张三本人", *ASK[4:]], 2, "reason: names the person"),
        (["correct", "reg:p1", *ASK, "--record", "reg:p1", "--fields", "["], 2, "fields: not a"),
        (["readmit", "reg:p1", *ASK], 1, "was not erased"),
        (["release", "reg:p1", *ASK], 1, "is not restricted"),
        (["report", "reg:c1"], 2, "not personal data"),
        (["frob", "x"], 2, "'frob' is not one of"),
    ],
)
def test_what_cannot_be_asked(run: Any, args: list[str], code: int, said: str) -> None:
    done, out, err = run(*args)
    assert (done, out) == (code, "")
    assert said in err


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("erasures", {}, "subject"),
        ("erasures", {"subject": "reg:p1", **SAID, "x": 1}, "x"),
        ("erasures", {"subject": "reg:p1", **SAID, "by": ""}, "by"),
        ("corrections", {"subject": "reg:p1", **SAID}, "record"),
    ],
)
def test_what_a_body_lacks_is_named(filled: str, path: str, body: Any, said: str) -> None:
    answer = asked(filled, "POST", path, body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
