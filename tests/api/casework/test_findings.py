"""The work list: what is put in, judged, and comes back only with something new."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from algorithms.registry import ALGORITHMS
from api.casework.putting import yields_findings
from api.cli import main
from api.kept import state_folder
from tests.api.casework.conftest import CYCLES, MORE, RUN, World, transfer
from tests.api.serving import served, until

F = "/v1/findings"


def test_a_run_puts_in_what_its_algorithm_answers(made: World) -> None:
    (row,) = made.post("/v1/transfer-cycles", CYCLES["params"]).said["results"]
    receipt = made.post(F, CYCLES).said
    assert (receipt["new"], receipt["again"], receipt["known"], receipt["left"]) == (1, 0, 0, 0)
    (found,) = made.get(F)["results"]
    assert found["row"] == row
    assert (found["state"], found["score"], found["news"]) == ("open", row["score"], [])
    assert found["pattern_zh"] == "资金闭环"
    assert found["domains"] == ["bank"]
    whole = made.get(f"{F}/{found['id']}")
    assert [step["what"] for step in whole["steps"]] == ["found"]
    assert receipt["results"][0]["id"] == found["id"]


def test_the_same_run_again_changes_nothing(made: World) -> None:
    made.post(F, RUN)
    before = made.get(F)["results"]
    receipt = made.post(F, RUN).said
    assert (receipt["new"], receipt["known"]) == (0, 1)
    (now,) = made.get(F)["results"]
    assert {**now, "met": ""} == {**before[0], "met": ""}


def dismissed(made: World, asked: dict[str, Any] = CYCLES) -> str:
    made.post(F, asked)
    (found,) = made.get(F, query=f"pattern={'cluster' if asked is RUN else 'transfer_cycle'}")[
        "results"
    ]
    answer = made.post(f"{F}/{found['id']}/verdict", {"state": "dismissed", "note": "同一家庭"})
    assert answer.status == 200, answer
    assert answer.said["state"] == "dismissed"
    return str(found["id"])


def test_what_was_dismissed_stays_so_until_there_is_more(made: World) -> None:
    ident = dismissed(made, RUN)
    made.post(F, RUN)
    assert made.get(f"{F}/{ident}")["state"] == "dismissed"
    # A third company, listed, joined by a guarantee: a new member, facts, and a listing.
    made.write([
        {"kind": "company", "id": "c3", "name": "丙公司"},
        {"kind": "guarantee", "id": "g2", "from": "c2", "to": "c3", "amount": "7.00"},
        {"kind": "listing", "id": "l3", "subject": "c3", "list": "black", "domain": "judgment",
         "decided_on": "2023-01-05", "status": "active"},
    ])  # fmt: skip
    receipt = made.post(F, RUN).said
    assert (receipt["new"], receipt["again"]) == (0, 1)
    found = made.get(f"{F}/{ident}")
    assert found["state"] == "open"
    assert {each["kind"]: each["count"] for each in found["news"]} == {
        "members": 1, "facts": 2, "score": 1, "listed": 1,
    }  # fmt: skip
    assert next(each["items"] for each in found["news"] if each["kind"] == "members") == ["bank:c3"]
    assert [step["what"] for step in found["steps"]] == ["found", "dismissed", "again"]
    assert made.post(F, RUN).said["again"] == 0  # told once
    assert made.get(f"{F}/{ident}")["news"] == found["news"]  # and still said


def test_a_listing_lifted_brings_nothing_back(made: World) -> None:
    ident = dismissed(made, RUN)
    made.write([{"kind": "retract", "id": "g1"}, {"kind": "guarantee", "id": "g9", "from": "c1",
                "to": "c2", "amount": "100.00"}, {"kind": "retract", "id": "g9"}])  # fmt: skip
    made.post(F, RUN)
    assert made.get(f"{F}/{ident}")["state"] == "dismissed"


def test_money_that_goes_round_again_raises_the_score(made: World) -> None:
    ident = dismissed(made)
    made.write(MORE)
    rows = {
        row["id"]: row for row in made.post("/v1/transfer-cycles", CYCLES["params"]).said["results"]
    }
    receipt = made.post(F, CYCLES).said
    told = {each["id"]: each for each in receipt["results"]}
    again = told.pop(ident)
    # The same transfers, by its id; twice is less of a chance.
    assert rows[again["name"]]["facts"] == ["bank:t1", "bank:t2", "bank:t3"]
    assert [each["kind"] for each in again["news"]] == ["score"]
    # The others are of other transfers, each a finding of its own.
    assert {each["what"] for each in told.values()} == {"new"}
    assert len(told) == len(rows) - 1


def test_a_verdict_is_said_by_somebody_with_a_reason(made: World) -> None:
    made.post(F, RUN)
    (found,) = made.get(F)["results"]
    path = f"{F}/{found['id']}/verdict"
    refused = made.post(path, {"state": "dismissed"})
    assert (refused.status, refused.detail.split(":")[0]) == (422, "note")
    assert made.post(path, {"state": "maybe"}).detail.startswith("state: ")
    assert made.post(path, {"state": "accepted", "note": "x" * 2001}).status == 422
    token = made.key("李办")
    accepted = made.post(path, {"state": "accepted"}, token)
    assert accepted.said["judged"]["who"] == "李办"
    assert made.post(path, {"state": "open", "by": "王办"}, token).status == 403
    reopened = made.post(path, {"state": "open", "by": "王办"}).said  # the owner names who it is
    assert reopened["judged"] | {"at": ""} == {
        "who": "王办",
        "what": "open",
        "note": None,
        "at": "",
    }
    assert made.post(path, {"state": "open"}).status == 409
    old = {"state": "accepted", "version": found["version"]}
    assert made.post(path, old).status == 409
    assert made.post(path, {**old, "version": reopened["version"]}).status == 200
    assert made.post(f"{F}/fnone/verdict", {"state": "open"}).status == 404


def test_who_is_not_granted_a_domain_sees_nothing_of_it(made: World) -> None:
    made.post(F, CYCLES)
    made.post(F, RUN)
    (cycle,) = made.get(F, query="pattern=transfer_cycle")["results"]
    registry, bank = made.key("r", "registry"), made.key("b", "bank")
    assert [each["pattern"] for each in made.get(F, registry)["results"]] == ["cluster"]
    assert made.get(F, registry)["counts"]["open"] == 1
    assert made.ask("GET", f"{F}/{cycle['id']}", registry).status == 404
    path = f"{F}/{cycle['id']}/verdict"
    assert made.post(path, {"state": "accepted"}, registry).status == 404
    (seen,) = made.get(F, bank)["results"]
    assert seen["id"] == cycle["id"]
    # What speaks for it may rest on the other domains.
    assert seen["withheld"].startswith("what speaks for and against")
    assert {"why", "signs", "attrs", "p", "evidence"}.isdisjoint(seen["row"])
    assert seen["row"]["members"] == cycle["row"]["members"]
    # A run by who sees less puts in what it sees, and spoils nothing of what others see.
    assert made.post(F, CYCLES, bank).said["known"] == 1
    (after,) = made.get(F, query="pattern=transfer_cycle")["results"]
    assert after["row"] == cycle["row"]
    assert made.post(F, CYCLES, registry).status == 403


def test_a_finding_of_who_sees_less_is_made_whole_by_who_sees_more(made: World) -> None:
    bank = made.key("b", "bank")
    made.post(F, CYCLES, bank)
    (before,) = made.get(F)["results"]
    assert before["withheld"] is None
    assert made.post(F, CYCLES).said["known"] == 1
    (whole,) = made.get(F)["results"]
    assert "signs" in whole["row"]
    assert made.get(F, bank)["results"][0]["withheld"]


def test_cut_evidence_needs_all_that_its_finder_saw(made: World) -> None:
    extra = [{"kind": "guarantee", "id": f"g{n}", "from": "c1", "to": "c2", "amount": "1.00"}
             for n in range(10, 40)]  # fmt: skip
    made.write(extra)
    made.post(F, RUN)
    (found,) = made.get(F)["results"]
    assert found["row"]["facts_total"] > 20
    assert found["domains"] == ["registry", "tax", "bank", "telecom"]
    assert made.get(F, made.key("r", "registry"))["results"] == []


def test_scopes(made: World) -> None:
    clerk = made.key("clerk", scopes="search related")
    assert made.ask("GET", F, clerk).status == 403
    assert made.post(F, RUN, clerk).status == 403
    one = made.key("trace", scopes="trace")
    assert made.post(F, RUN, one).status == 200
    assert made.post(F, {"algorithm": "extend"}, one).status == 403
    refused = made.post(F, {"algorithm": "paths"})
    assert refused.status in (403, 422)
    assert made.post(F, {"algorithm": "nothing"}).status == 422
    assert made.post(F, {**RUN, "limit": 0}).detail.startswith("limit: ")


def test_pages_filters_and_tags(made: World) -> None:
    pairs = [("a4", "a5"), ("a5", "a4")]
    more = [transfer(f"x{n}{k}", *pair, f"0{n}-1{k}", f"{n}0000.00")
            for n in range(1, 5) for k, pair in enumerate(pairs)]  # fmt: skip
    made.write(more)
    made.post(F, CYCLES)
    made.post(F, RUN)
    whole = made.get(F)["results"]
    assert len(whole) > 3
    assert [each["score"] for each in whole] == sorted((e["score"] for e in whole), reverse=True)
    paged: list[Any] = []
    query = "limit=2"
    while True:
        page = made.get(F, query=query)
        assert len(page["results"]) <= 2
        paged += page["results"]
        if page["next"] is None:
            break
        query = f"limit=2&after={page['next']}"
    assert paged == whole
    of = made.get(F, query="subject=bank:a4")["results"]
    assert {each["id"] for each in of} == {
        e["id"] for e in whole if "bank:a4" in e["row"]["members"]
    }
    assert made.get(F, query="min_score=0.5")["results"] == [e for e in whole if e["score"] >= 0.5]
    assert made.get(F, query="state=dismissed")["results"] == []
    for wrong in ("state=x", "after=x", "min_score=2", "limit=0", "nothing=1", "subject=nobody"):
        assert made.ask("GET", F, query=wrong).status in (404, 422), wrong
    tag = made.ask("GET", F).headers["etag"]
    held = {"If-None-Match": tag}
    assert made.ask("GET", F, headers=held).status == 304
    made.post(f"{F}/{whole[0]['id']}/verdict", {"state": "accepted"})
    assert made.ask("GET", F, headers=held).status == 200


def test_a_request_with_a_key_is_carried_out_once(made: World) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = made.post(F, RUN, headers=headers)
    again = made.post(F, RUN, headers=headers)
    assert first.body == again.body
    assert first.said["new"] == 1
    (found,) = made.get(F)["results"]
    verdict = {"state": "accepted", "note": "x"}
    path = f"{F}/{found['id']}/verdict"
    assert (
        made.post(path, verdict, headers=headers).body
        == made.post(path, verdict, headers=headers).body
    )
    assert len(made.get(f"{F}/{found['id']}")["steps"]) == 2


def test_reads_of_persons_are_recorded(made: World) -> None:
    made.post(F, CYCLES)
    made.get(F, made.key("reader"))
    reads = made.get("/v1/audit/reads", query="actor=reader")["results"]
    assert [each["about"] for each in reads] == [F]
    assert reads[0]["body"]["subjects"] == ["bank:a1", "bank:a2", "bank:a3"]


def test_every_detector_and_every_grouping_is_taken() -> None:
    taken = {name for name in ALGORITHMS if yields_findings(ALGORITHMS[name])}
    assert {
        "cases",
        "clusters",
        "rings",
        "invoice_schemes",
        "transfer_cycles",
        "dense_blocks",
    } <= taken
    assert {"paths", "extend", "cluster_history", "trace_flow"}.isdisjoint(taken)


def test_the_command_line_says_the_bytes_of_the_routes(
    made: World, capfd: pytest.CaptureFixture[str]
) -> None:
    def ran(*args: str) -> tuple[int, str, str]:
        code = main(["--store", made.url, "findings", *args])
        return code, *capfd.readouterr()

    code, out, _ = ran("run", "clusters", "--params", json.dumps(RUN["params"]), "--json")
    assert (code, json.loads(out)["new"]) == (0, 1)
    code, out, _ = ran("list", "--json")
    assert out.encode() == made.ask("GET", F).body + b"\n"
    ident = json.loads(out)["results"][0]["id"]
    assert ran("dismiss", ident)[0] == 2  # no note
    code, out, _ = ran("dismiss", ident, "--note", "一家人", "--by", "李办")
    assert code == 0
    assert re.search(r"dismissed 李办: 一家人", out)
    code, out, _ = ran("show", ident, "--json")
    assert out.encode() == made.ask("GET", f"{F}/{ident}").body + b"\n"
    assert ran("reopen", ident)[0] == 0
    assert ran("accept", ident, "--version", "1")[0] == 1
    assert ran("accept", ident)[0] == 0
    assert "accepted 1" in ran("list")[1]
    code, _, err = ran("show", "fnone")
    assert (code, err) == (3, "linkrisk: no finding 'fnone' / 无此线索\n")
    assert ran("run", "paths")[0] == 2
    assert ran("run", "clusters", "--params", "[1]")[0] == 2


def test_nothing_is_made_by_looking(made: World) -> None:
    assert made.get(F)["results"] == []
    assert made.ask("GET", f"{F}/f1").status == 404
    assert not (state_folder(made.url) / "casework.db").exists()


def test_a_run_can_be_a_job(made: World) -> None:
    async def ask() -> Any:
        async with served(made.url) as client:
            headers = {"Prefer": "respond-async"}
            answer = await client.post(F, json=RUN, headers=headers)
            assert answer.status_code == 202
            where = answer.json()["id"]

            async def done() -> Any:
                job = (await client.get(f"/v1/jobs/{where}")).json()
                return job if job["status"] in ("done", "failed") else None

            job = await until(done)
            assert job["status"] == "done", job
            return (await client.get(f"/v1/jobs/{where}/result")).json()

    assert asyncio.run(ask())["new"] == 1
    assert made.get(F)["counts"]["open"] == 1


def test_what_jobs_show_has_no_identifier(made: World) -> None:
    number = "11010519491231002X"

    async def ask() -> None:
        async with served(made.url) as client:
            headers = {"Prefer": "respond-async"}
            for path, said in (
                ("/v1/reports/subject", {"subject": number}),
                (F, {"algorithm": "transfer_cycles", "params": {"through": number}}),
            ):
                answer = await client.post(path, json=said, headers=headers)
                assert answer.status_code == 202, answer.text
                shown = await client.get(answer.headers["location"])
                assert number not in answer.text + shown.text, path
            page = (await client.get("/v1/jobs")).text
            assert number not in page and "report_subject" in page

    asyncio.run(ask())


def test_a_report_made_by_a_job_is_shown_with_its_styles(made: World) -> None:
    async def ask() -> Any:
        async with served(made.url) as client:
            path, said = "/v1/reports/subject", {"subject": "c1", "as_of": "2024-01-01"}
            once = await client.post(path, json=said)
            job = await client.post(path, json=said, headers={"Prefer": "respond-async"})
            where = f"{job.headers['location']}/result"

            async def done() -> Any:
                found = await client.get(where)
                return found if found.status_code == 200 else None

            return once, await until(done)

    once, later = asyncio.run(ask())
    name = "content-security-policy"
    assert later.content == once.content
    assert later.headers[name] == once.headers[name]
