"""The routes of monitoring and the verbs: the same bytes, pages, tags, who may see what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.client import Client
from api.client.inside import Inside
from api.monitor.settings import MonitorSettings
from api.session import Session
from graph.errors import WrongUsage
from tests.api.monitor.conftest import World, company, listing, tie
from tests.api.serving import TOKEN, served, until

BASE = "/v1/monitor"
QUICK = MonitorSettings(detectors=())
Ask = Callable[[httpx.AsyncClient], Any]


def asked(url: str, ask: Ask, settings: MonitorSettings = QUICK) -> Any:
    async def all_() -> Any:
        async with served(url, settings) as client:
            return await ask(client)

    return asyncio.run(all_())


@pytest.fixture
def told(pair: World) -> World:
    """Three alerts: a listing, and two that rest on what a phone and a tax list say."""
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    pair.run()
    pair.write(
        company("p"), company("q"), {"kind": "phone", "id": "t"},
        tie("u1", "p", "t", "uses_phone"), tie("u2", "q", "t", "uses_phone"),
        listing("lp", "p"), listing("lq", "q"),
    )  # fmt: skip
    pair.run()
    pair.write(company("r"), company("s"), tie("g9", "r", "s"),
               listing("lr", "r", domain="tax"), listing("ls", "s", domain="tax"))  # fmt: skip
    pair.run()
    return pair


LOOKS = {
    "": ["status"],
    "/runs": ["runs"],
    "/runs?limit=2": ["runs", "--limit", "2"],
    "/lines": ["lines"],
    "/lines?state=alive&limit=1": ["lines", "--state", "alive", "--limit", "1"],
    "/alerts": ["alerts"],
    "/alerts?state=open&kind=cluster&limit=2": ["alerts", "--state", "open", "--kind", "cluster",
                                                "--limit", "2"],
    "/alerts?order=risk&limit=2": ["alerts", "--order", "risk", "--limit", "2"],
    "/digest?since=1": ["digest", "--since", "1"],
    "/statistics?by=domain,measure&day=2024-06-30": ["stats", "--by", "domain,measure", "--day",
                                                     "2024-06-30"],
    "/statistics?format=csv&day=2024-06-30": ["stats", "--csv", "--day", "2024-06-30"],
    "/digest?since=1&format=eml&to=a@b.cn&from=x@y.cn": [
        "digest", "--since", "1", "--format", "eml", "--to", "a@b.cn", "--from", "x@y.cn",
    ],
}  # fmt: skip


def test_routes_and_verbs_print_the_same_bytes(
    told: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    async def all_(client: httpx.AsyncClient) -> dict[str, bytes]:
        found = {}
        for path in LOOKS:
            answer = await client.get(BASE + path)
            assert answer.status_code == 200, answer.text
            found[path] = answer.content
        return found

    for path, body in asked(told.url, all_).items():
        capfdbinary.readouterr()
        assert main(["monitor", *LOOKS[path], "--json", "--store", told.url]) == 0
        out = capfdbinary.readouterr().out
        assert out == (body if b"format" in path.encode() else body + b"\n"), path


def test_pages_lead_on_to_the_end(told: World) -> None:
    async def all_(client: httpx.AsyncClient) -> None:
        parts = (("runs", "run", {}), ("lines", "line", {}), ("alerts", "id", {}),
                 ("alerts", "id", {"order": "risk"}))  # fmt: skip
        for part, key, more in parts:
            whole = (await client.get(f"{BASE}/{part}", params=more)).json()
            assert whole["next"] is None
            rows, after = [], None
            while True:
                query = {"limit": 1} | more | ({} if after is None else {"after": after})
                page = (await client.get(f"{BASE}/{part}", params=query)).json()
                rows += page["results"]
                if (after := page["next"]) is None:
                    break
                assert len(rows) < 10
            assert rows == whole["results"]
            assert len({row[key] for row in rows}) == len(rows) > 2

    asked(told.url, all_)


@pytest.mark.parametrize("verb", ["runs", "lines", "alerts"])
def test_a_table_says_that_there_is_more(
    told: World, verb: str, capfd: pytest.CaptureFixture[str]
) -> None:
    args = ["monitor", verb, "--store", told.url]
    capfd.readouterr()
    assert main([*args, "--limit", "1", "--json"]) == 0
    after = msgspec.json.decode(capfd.readouterr().out)["next"]
    assert main([*args, "--limit", "1"]) == 0
    assert f"more are there; --after {after} shows them" in capfd.readouterr().err
    assert main(args) == 0
    assert "more are there" not in capfd.readouterr().err


def test_a_tag_holds_until_something_changed(told: World) -> None:
    async def all_(client: httpx.AsyncClient) -> None:
        for path in ("", "/runs", "/alerts", "/lines"):
            first = await client.get(BASE + path)
            held = {"If-None-Match": first.headers["etag"]}
            assert (await client.get(BASE + path, headers=held)).status_code == 304
            assert (await client.get(BASE + path + "?limit=7", headers=held)).status_code != 304
        first = await client.get(f"{BASE}/alerts")
        ident = first.json()["results"][0]["id"]
        verdict = {"state": "accepted", "note": "looked at"}
        judged = await client.post(f"{BASE}/alerts/{ident}/verdict", json=verdict)
        assert (judged.status_code, judged.json()["by"]) == (200, "owner")
        held = {"If-None-Match": first.headers["etag"]}
        again = await client.get(f"{BASE}/alerts", headers=held)
        assert again.status_code == 200
        assert again.json()["results"][0]["state"] == "accepted"
        assert (await client.get(f"{BASE}/alerts?state=open")).json()["results"] == again.json()[
            "results"
        ][1:]

    asked(told.url, all_)


def test_one_line_by_either_name(told: World) -> None:
    async def all_(client: httpx.AsyncClient) -> None:
        for row in (await client.get(f"{BASE}/lines")).json()["results"]:
            for name in (row["line"], row["cluster"]):
                whole = (await client.get(f"{BASE}/lines/{name}")).json()
                assert whole["line"] == row
                assert {step["line"] for step in whole["steps"]} == {row["line"]}
                for ident in whole["alerts"]:
                    alert = (await client.get(f"{BASE}/alerts/{ident}")).json()
                    assert alert["of"] == row["line"]

    asked(told.url, all_)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/alerts?state=odd", 422, "state"), ("/alerts?kind=odd", 422, "kind"),
        ("/alerts?x=1", 422, "unknown parameter"), ("/alerts?limit=0", 422, "limit"),
        ("/alerts?after=x", 422, "after"), ("/alerts/mno", 404, "no alert"),
        ("/lines?state=odd", 422, "state"), ("/lines/none", 404, "no line"),
        ("/digest?format=odd", 422, "format"), ("/digest?to=a@b.cn", 422, "to goes with"),
        ("/digest?format=eml&to=a@b.cn%0aBcc:c@d.cn", 422, "to: an address"),
        ("/digest?format=eml&from=nobody", 422, "from: an address"),
        ("/statistics?by=odd", 422, "by"), ("/statistics?by=month,month", 422, "by"),
        ("/statistics?since=2024-13", 422, "since"), ("/statistics?level=street", 422, "level"),
        ("/statistics?day=soon", 422, "soon"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said(told: World, path: str, status: int, said: str) -> None:
    async def one(client: httpx.AsyncClient) -> httpx.Response:
        return await client.get(BASE + path)

    answer = asked(told.url, one)
    assert answer.status_code in (status, 400), answer.text
    assert said in answer.text


def test_verdicts_that_are_none_are_refused(told: World) -> None:
    async def all_(client: httpx.AsyncClient) -> None:
        ident = (await client.get(f"{BASE}/alerts")).json()["results"][0]["id"]
        notes = ({"note": "a\u0007b"}, {"note": "x" * 1001}, {"x": 1})
        for wrong in ({}, {"state": "over"}, *({"state": "open", **each} for each in notes)):
            answer = await client.post(f"{BASE}/alerts/{ident}/verdict", json=wrong)
            assert answer.status_code in (400, 422), wrong

    asked(told.url, all_)


def test_a_run_over_http(pair: World) -> None:
    async def all_(client: httpx.AsyncClient) -> None:
        wait = {"Prefer": "wait=30"}
        ran = await client.post(f"{BASE}/runs", json={"as_of": "2024-07-01"}, headers=wait)
        assert ran.status_code == 200, ran.text
        assert (ran.json()["run"], ran.json()["events"]) == (2, {"steady": 1})
        early = await client.post(f"{BASE}/runs", json={"as_of": "2024-06-01"}, headers=wait)
        assert early.status_code in (400, 422)
        assert "before 2024-07-01" in early.text
        later = await client.post(f"{BASE}/runs", json={})
        assert later.status_code == 202
        job = later.headers["Location"]

        async def done() -> Any:
            found = (await client.get(job)).json()
            return found["status"] == "done" and found

        assert await until(done)
        assert (await client.get(f"{job}/result")).json()["run"] == 3

    asked(pair.url, all_)


def test_nothing_is_made_by_looking(store_url: str) -> None:
    from graph.store import open_store

    open_store(store_url, create=True).close()

    async def all_(client: httpx.AsyncClient) -> None:
        status = (await client.get(BASE)).json()
        assert (status["last"], status["clusters"]) == (None, {})
        for part in ("runs", "lines", "alerts"):
            page = (await client.get(f"{BASE}/{part}")).json()
            assert (page["results"], page["next"]) == ([], None)
        digest = (await client.get(f"{BASE}/digest")).json()
        assert (digest["run"], digest["alerts"]) == (None, [])
        mail = await client.get(f"{BASE}/digest?format=eml")
        assert mail.headers["content-type"] == "message/rfc822"

    asked(store_url, all_)


def test_who_lacks_a_domain_sees_nothing_of_it(told: World) -> None:
    """The book shows to each set of domains what rests on these alone."""
    every = ("registry", "tax", "bank", "telecom")
    by_domains = {alert.id: alert.domains for alert in told.book.alerts(every)}
    assert sorted(map(sorted, by_domains.values())) == [
        ["registry"], ["registry", "tax"], ["registry", "telecom"],
    ]  # fmt: skip
    for seen in (("registry",), ("registry", "tax"), ("tax",), ("registry", "telecom"), every):
        allowed = {ident for ident, needed in by_domains.items() if needed <= {*seen}}
        assert {alert.id for alert in told.book.alerts(seen)} == allowed
        assert sum(told.book.open_by_kind(seen).values()) == len(allowed)
        lines = {line.id for line in told.book.listed(seen, None, None, 100)}
        assert sum(told.book.lines_by_state(seen).values()) == len(lines)
        for line in told.book.lines():
            assert (line.id in lines) == (line.domains <= {*seen})
        for step in told.book.steps(seen):
            assert step.domains <= {*seen}


def test_the_service_runs_it_once_something_was_written(pair: World) -> None:
    settings = msgspec.structs.replace(QUICK, after_ingest=True)

    async def all_(client: httpx.AsyncClient) -> None:
        facts = [listing("lc", "c"), tie("g2", "b", "c")]
        body = b"\n".join(msgspec.json.encode(fact) for fact in facts)
        sent = await client.post("/v1/ingest?name=d.jsonl", content=body)
        assert sent.json()["loaded"] == 2, sent.text

        async def ran() -> Any:
            last = (await client.get(BASE)).json()["last"]
            return last is not None and last["run"] == 2 and last

        last = await until(ran)
        assert last["events"] == {"grew": 1}

    asked(pair.url, all_, settings)
    assert len(pair.book.alerts(("registry", "tax", "bank", "telecom"))) == 1


def test_the_command_line_runs_it_after_a_load(
    pair: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(msgspec.json.encode(listing("lc", "c")))
    assert main(["ingest", str(path), "--store", pair.url]) == 0
    last = pair.book.last()
    assert last is not None
    assert last.no == 1
    monkeypatch.setenv("LINKRISK_MONITOR_AFTER_INGEST", "true")
    monkeypatch.setenv("LINKRISK_MONITOR_DETECTORS", "none")
    path.write_bytes(msgspec.json.encode(tie("g2", "b", "c")))
    assert main(["ingest", str(path), "--store", pair.url, "--json"]) == 0
    out, err = capfd.readouterr()
    assert "run 2, 1 new alerts" in err
    assert "new alerts" not in out
    with pair.book.alone():  # it is said, and the load stands
        path.write_bytes(msgspec.json.encode(company("z")))
        assert main(["ingest", str(path), "--store", pair.url]) == 0
        assert "running already" in capfd.readouterr().err


def test_a_client_runs_it_and_goes_through_what_it_found(pair: World) -> None:
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    app = make_app(Session(pair.url), Service(Access(TOKEN, None), parts=(QUICK,)))
    with Inside(app) as inside:
        risk = Client("http://127.0.0.1", TOKEN, transport=inside)
        made = risk.run_monitor(as_of="2024-06-30")
        (ident,) = made["alerts"]
        assert [alert["id"] for alert in risk.alerts(state="open", page=1)] == [ident]
        assert [alert["id"] for alert in risk.alerts(order="risk", page=1)] == [ident]
        assert [each["run"] for each in risk.monitor_runs(page=1)] == [2, 1]
        (line,) = risk.cluster_lines(page=1)
        assert risk.cluster_line(line["line"])["alerts"] == [ident]
        assert risk.judge_alert(ident, "dismissed", note="known")["state"] == "dismissed"
        assert risk.alert(ident)["note"] == "known"
        assert list(risk.alerts(state="open")) == []
        mail = risk.digest_mail(["a@example.org"], since=1)
        assert mail.startswith(b"Subject: linkrisk")
        with pytest.raises(WrongUsage, match="before 2024-06-30"):
            risk.run_monitor(as_of="2024-06-01")
        rows = risk.statistics(by=["domain"], day="2024-06-30")["results"]
        assert rows == [rows[0] | {"domain": "court", "listed": 3}]


@pytest.mark.parametrize("path", ["/alerts", "/lines", "/digest", "/digest?format=eml"])
def test_whom_it_shows_is_recorded_as_a_read(told: World, path: str) -> None:
    async def all_(client: httpx.AsyncClient) -> list[Any]:
        assert (await client.get(f"{BASE}{path}{'&' if '?' in path else '?'}limit=9")).is_success
        found = (await client.get("/v1/audit/reads?subject=d:t")).json()
        return [entry["about"] for entry in found["results"]]

    if path.startswith("/digest"):
        path += "&since=1" if "?" in path else "?since=1"
    routes = asked(told.url, all_)
    assert len(routes) == 1, routes
    assert routes[0] == f"{BASE}{path.split('?')[0]}"
