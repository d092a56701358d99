"""What departments are told and what they answer: over HTTP and as the ledger has it, with the
clocks of working days."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from api.cli import main as cli
from api.decisions import pushes
from api.decisions.asks import Acknowledge, Approve, Enforce, Notify, PushTo, Report, Revoke
from api.decisions.pushes import UnknownPush
from api.decisions.work import Work
from api.once import HEADER
from graph.errors import Conflict, WrongUsage
from graph.facts import Normaliser
from graph.store import Store, open_store
from graph.times import today as now
from tests.api.decisions.conftest import ACT, FACTS, MEASURE, TODAY, Today, proposing
from tests.api.serving import served

FAR = (date.fromisoformat(now()) + timedelta(400)).isoformat()


def enforced(work: Work, party: str = "p1") -> str:
    """A decision in force on the day."""
    about = work.propose(proposing(party)).id
    work.step("approve", about, Approve(by="李四"))
    work.step("notify", about, Notify(by="李四", how="EMS"))
    work.step("enforce", about, Enforce(by="李四"))
    return about


def rows(work: Work, **asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pushes.listing(work, dict(asked), 1000)["results"]
    return found


def test_a_push_from_being_told_to_being_lifted(work: Work, today: Today) -> None:
    """Tuesday 2025-06-03: acknowledged within two working days, reported within seven."""
    about = enforced(work)
    work.step("push", about, PushTo(by="李四", departments=["市监", "税务"]))
    first, second = rows(work)
    assert (first["id"], first["department"], first["state"]) == (f"{about}.1", "市监", "pushed")
    assert [(c["clock"], c["due"]) for c in first["clocks"]] == [
        ("acknowledge", "2025-06-05"), ("report", "2025-06-12"),
    ]  # fmt: skip
    assert first["no"] < second["no"]
    assert rows(work, after=str(first["no"])) == [second]
    assert rows(work, state="overdue") == []
    today.day = "2025-06-06"
    assert [row["overdue"] for row in rows(work, state="overdue")] == [["acknowledge"]] * 2
    work.step("ack", about, Acknowledge(by="丁", department="市监"))
    assert [row["department"] for row in rows(work, state="acknowledged")] == ["市监"]
    assert [row["department"] for row in rows(work, state="overdue")] == ["税务"]
    report = Report(by="丁", department="市监", did="系统维护", outcome="not_executed")
    work.step("report", about, report)
    (row,) = rows(work, state="not_executed")
    assert (row["did"], row["reported"]) == ("系统维护", "2025-06-06")
    today.day = "2025-06-10"
    work.step("report", about, Report(by="丁", department="市监", did="已限制"))
    (row,) = rows(work, department="市监")
    assert (row["state"], row["did"], row["done"], row["reported"]) == (
        "executed", "已限制", "2025-06-10", "2025-06-06",
    )  # fmt: skip
    with pytest.raises(Conflict, match="reported already"):
        work.step("report", about, Report(by="丁", department="市监", did="又限制"))
    work.step("revoke", about, Revoke(by="甲", reason="更正"))
    work.step("push", about, PushTo(by="甲"))
    states = [(row["what"], row["department"], row["state"]) for row in rows(work)]
    assert states == [
        ("impose", "市监", "superseded"), ("impose", "税务", "superseded"),
        ("lift", "市监", "pushed"), ("lift", "税务", "pushed"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="something else since"):
        pushes.newest(work, f"{about}.1")
    assert pushes.newest(work, f"{about}.3") == (about, "市监")
    assert rows(work, day=TODAY) and rows(work, decision=about) == rows(work)


def test_what_is_asked_wrongly(work: Work) -> None:
    about = enforced(work)
    for ident in ("", "x", f"{about}.1", f"{about}.0", f"{about}.x", "D-1.1", about):
        with pytest.raises(UnknownPush):
            pushes.one(work, ident)
    for asked in ({"state": "done"}, {"after": "x"}, {"day": "2025"}):
        with pytest.raises(WrongUsage):
            pushes.listing(work, asked, 10)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


@pytest.fixture
def world(store: Store, store_url: str) -> str:
    normaliser = Normaliser("d", store.id_key)
    store.write("b1", [normaliser.row(f) for f in [*FACTS[:-1], FACTS[-1] | {"until": FAR}]])
    return store_url


async def stepped(client: httpx.AsyncClient, path: str, **given: Any) -> dict[str, Any]:
    answer = await client.post(path, json=given)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_over_http(world: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The steps are entries of the ledger, as those of `/v1/decisions/{id}/{step}`; the proof and
    the replay of a decision are routes of their own; decisions are found by a fact."""

    async def main() -> None:
        async with served(world) as client:
            asked = {"subject": "c1", "party": "p1", "measure": MEASURE, "act": ACT}
            about = (await stepped(client, "/v1/decisions", **asked, by="张三"))["id"]
            await stepped(client, f"/v1/decisions/{about}/approve", by="李四")
            await stepped(client, f"/v1/decisions/{about}/notify", by="李四", how="EMS")
            await stepped(client, f"/v1/decisions/{about}/enforce", by="李四")
            told = await stepped(
                client, "/v1/pushes", decision=about, departments=["市监", "税务"], by="李四"
            )
            assert [row["department"] for row in told["results"]] == ["市监", "税务"]
            one = f"/v1/pushes/{about}.1"
            body, key = {"by": "丁"}, {HEADER: "k"}
            acked = await client.post(f"{one}/ack", json=body, headers=key)
            assert acked.json()["state"] == "acknowledged"
            again = await client.post(f"{one}/ack", json=body, headers=key)
            assert again.content == acked.content
            twice = await client.post(f"{one}/ack", json=body)
            assert twice.status_code == 409
            done = await stepped(client, f"{one}/report", by="丁", did="无此账户",
                                 outcome="not_executed")  # fmt: skip
            assert (done["state"], done["did"]) == ("not_executed", "无此账户")
            assert (await client.get(one)).json() == done
            found = (await client.get("/v1/pushes?department=市监&state=not_executed")).json()
            assert found["results"] == [done]
            rest = (await client.get(f"/v1/pushes?after={done['no']}")).json()
            assert [row["department"] for row in rest["results"]] == ["税务"]
            assert (await client.get(f"/v1/pushes?after={rest['next']}")).json()["results"] == []
            late = (await client.get(f"/v1/pushes?state=overdue&day={FAR}")).json()
            assert [row["department"] for row in late["results"]] == ["税务"]
            with closing(open_store(world)) as store:
                kinds = [entry.kind for entry in store.ledger()]
            assert kinds[-4:] == [
                "decision.pushed", "decision.pushed", "decision.acknowledged", "decision.reported",
            ]  # fmt: skip

            proof = (await client.get(f"/v1/decisions/{about}/proof")).json()
            whole = (await client.get(f"/v1/decisions/{about}")).json()
            assert (proof["holds"], proof["refusals"]) == (True, [])
            assert proof["proof"] == whole["row"]["proof"]
            replay = (await client.get(f"/v1/decisions/{about}/replay")).json()
            assert (replay["decision"], replay["identical"]) == (about, True)
            facts = proof["proof"]["relations"]
            affected = await client.get(f"/v1/decisions?affected_by={facts[0]['fact']}")
            assert [row["id"] for row in affected.json()["results"]] == [about]
            none = await client.get("/v1/decisions?affected_by=d:s4")
            assert none.json()["results"] == []
            capfd.readouterr()
            args = ["decide", "pushes", "--department", "市监", "--store", world, "--json"]
            assert cli(args) == 0
            listed = await client.get("/v1/pushes?department=市监")
            assert capfd.readouterr().out.encode() == listed.content + b"\n"

    run(main())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/v1/pushes", {"by": "a"}, 422, "decision"),
        ("POST", "/v1/pushes", {"decision": "D-1", "by": "a"}, 404, "no decision"),
        ("POST", "/v1/pushes/D-1.1/ack", {"by": "a"}, 404, "no push"),
        ("POST", "/v1/pushes/D-1.1/ack", {"by": "a", "department": "x"}, 422, "department"),
        ("GET", "/v1/pushes/D-1.1", None, 404, "no push"),
        ("GET", "/v1/pushes?state=gone", None, 422, "state"),
        ("GET", "/v1/pushes?to=x", None, 422, "to"),
        ("GET", "/v1/pushes?decision=D-1", None, 404, "no decision"),
        ("GET", "/v1/decisions/D-1/proof", None, 404, "no decision"),
        ("GET", "/v1/decisions/D-1/replay", None, 404, "no decision"),
    ],
)
def test_problems(world: str, method: str, path: str, body: Any, status: int, said: str) -> None:
    async def main() -> None:
        async with served(world) as client:
            answer = await client.request(method, path, json=body)
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert said in answer.json()["detail"]

    run(main())
