"""One case by command line and by HTTP, on one store, in turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from api.cli import main
from api.client import Client, connect
from graph.errors import Conflict, UnknownDecision, WrongUsage
from graph.facts import Normaliser
from graph.store import open_store
from graph.times import today
from tests.api.decisions.conftest import ACT, FACTS, MEASURE

NOW = today()
FAR = (date.fromisoformat(NOW) + timedelta(400)).isoformat()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A world whose listing has not ended on the day of this test."""
    url = f"sqlite:///{tmp_path_factory.mktemp('decisions') / 'facts.db'}"
    with closing(open_store(url, create=True)) as store:
        normaliser = Normaliser("d", store.id_key)
        store.write("b1", [normaliser.row(f) for f in [*FACTS[:-1], FACTS[-1] | {"until": FAR}]])
    return url


@pytest.fixture(scope="module")
def http(world: str) -> Iterator[httpx.Client]:
    """A service on that world, in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if k != "LINKRISK_TOKEN"}
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--store", world, "--port", "0", "--no-warm"],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    with process:
        assert process.stdout is not None
        address = httpx.URL(process.stdout.readline().strip())
        headers = {"Authorization": f"Bearer {address.params['token']}"}
        try:
            base = f"http://127.0.0.1:{address.port}"
            with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
                yield client
        finally:
            process.terminate()


def run(capfd: pytest.CaptureFixture[str], world: str, *args: str) -> Any:
    """The answer of a command, as JSON."""
    code = main(["decide", *args, "--store", world, "--json"])
    out, err = capfd.readouterr()
    assert (code, err) == (0, ""), args
    return json.loads(out)


def test_one_case(http: httpx.Client, world: str, capfd: pytest.CaptureFixture[str]) -> None:
    asked = {"subject": "c1", "party": "p1", "measure": MEASURE, "act": ACT, "by": "张三"}
    made = http.post("/v1/decisions", json=asked)
    assert made.status_code == 200, made.text
    about = made.json()["id"]
    refused = http.post(f"/v1/decisions/{about}/approve", json={"by": "张三"})
    assert refused.status_code == 409
    assert "a second person approves" in refused.json()["detail"]
    assert run(capfd, world, "approve", about, "--by", "李四")["status"] == "approved"
    told = http.post(f"/v1/decisions/{about}/notify", json={"by": "李四", "how": "EMS 1"})
    assert told.json()["notice"] in {NOW, today()}  # midnight may pass meanwhile
    found = run(capfd, world, "enforce", about, "--by", "李四")
    assert (found["on"]["stands"], found["until"]) == (True, FAR)
    run(capfd, world, "push", about, "--by", "李四", "--departments", "市监,交通")
    run(capfd, world, "ack", about, "--by", "丁", "--department", "市监")
    done = {"by": "丁", "department": "市监", "did": "已限制"}
    assert http.post(f"/v1/decisions/{about}/report", json=done).json()["pushes"][0]["done"] in {
        NOW,
        today(),
    }
    objected = {"by": "李四", "objector": "p1", "reason": "已卸任"}
    assert http.post(f"/v1/decisions/{about}/object", json=objected).json()["on"]["suspended"]
    answer = ("--outcome", "rejected", "--reason", "登记未变更")
    assert run(capfd, world, "resolve", about, "--by", "李四", *answer)["on"]["stands"]
    run(capfd, world, "publish", about, "--by", "李四", "--where", "信用中国")

    late = http.get(f"/v1/decisions/overdue?day={FAR}").json()
    assert {(row["clock"], row.get("of")) for row in late["results"]} == {
        ("acknowledge", "交通"), ("report", "交通"),
    }  # fmt: skip
    assert run(capfd, world, "overdue", "--day", FAR) == late
    whole = http.get(f"/v1/decisions/{about}")
    assert run(capfd, world, "show", about) == whole.json()
    assert whole.json()["row"]["proof"]["claim"]["party"] == "d:p1"
    assert [e["kind"] for e in whole.json()["entries"]][:3] == [
        "decision.proposed", "decision.approved", "decision.notified",
    ]  # fmt: skip
    listed = http.get("/v1/decisions?party=p1&status=in_force").json()
    assert [row["id"] for row in listed["results"]] == [about]
    assert run(capfd, world, "list", "--party", "p1", "--status", "in_force") == listed
    assert http.get("/v1/decisions?party=p2").json()["total"] == 0
    red = http.get("/v1/decisions/red-list?subjects=p1,c1").json()
    assert [row["qualifies"] for row in red["results"]] == [False, False]
    assert run(capfd, world, "red-list", "--subjects", "p1,c1") == red
    run(capfd, world, "repair", about, "--by", "李四", "--reason", "已履行")
    assert run(capfd, world, "expire") == http.post("/v1/decisions/expire", json={}).json()
    lifted = http.post(f"/v1/decisions/{about}/push", json={"by": "李四"}).json()
    assert [p["what"] for p in lifted["pushes"]] == ["impose", "impose", "lift", "lift"]


def test_from_python_over_http_and_in_process(http: httpx.Client, world: str) -> None:
    """The same calls, and the same answers, by either way."""
    token = http.headers["Authorization"].removeprefix("Bearer ")
    with Client(str(http.base_url), token) as far, connect(world) as near:
        asked = {"subject": "c1", "party": "p5", "measure": MEASURE, "act": ACT}
        about = near.decide("propose", **asked, by="张三")["id"]
        for risk, step, given in (
            (far, "approve", {"by": "李四"}),
            (near, "notify", {"by": "李四", "how": "EMS"}),
            (far, "enforce", {"by": "李四"}),
            (near, "push", {"by": "李四", "departments": ["市监"]}),
        ):
            assert risk.decide(step, about, **given)["history"][-1]["by"] == "李四"
        assert far.decision(about) == near.decision(about)
        assert far.decisions(party="p5") == near.decisions(party="p5")
        assert far.decisions(party="p5")["total"] == 1
        late = far.overdue(day=FAR, limit=1)
        assert late == near.overdue(day=FAR, limit=1)
        assert late["results"]
        assert far.red_list(["p5", "p4"]) == near.red_list(["p5", "p4"])
        assert far.decide("revoke", about, by="甲", reason="x")["status"] == "revoked"
        assert near.decide("expire") == far.decide("expire") == {"expired": []}
        for risk in (far, near):
            with pytest.raises(Conflict, match="is revoked: it cannot be approved"):
                risk.decide("approve", about, by="李四")
            with pytest.raises(UnknownDecision, match="D-9"):
                risk.decision("D-9")
        with pytest.raises(WrongUsage, match="which decision"):
            near.decide("approve", by="李四")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "", {"by": "张三"}, 422, "missing required field"),
        ("POST", "", {"bye": "张三"}, 422, "bye"),
        ("POST", "", {"by": "张三", "subject": "c1", "party": "p4", "measure": MEASURE,
                      "act": ACT}, 409, "does not reach"),
        ("POST", "/D-1/approve", {"by": "张三"}, 404, "no decision"),
        ("POST", "/D-1/anything", {"by": "张三"}, 422, "no step"),
        ("POST", "/D-1/resolve", {"by": "张三", "outcome": "maybe", "reason": "x"}, 422, "outcome"),
        ("GET", "/D-1", None, 404, "no decision"),
        ("GET", "?status=open", None, 422, "status: one of"),
        ("GET", "?subject=nobody", None, 404, "nobody"),
        ("GET", "/overdue?day=2025", None, 422, "day: not a date"),
        ("GET", "?limit=0", None, 422, "limit"),
    ],
)  # fmt: skip
def test_problems(
    http: httpx.Client, method: str, path: str, body: Any, status: int, said: str
) -> None:
    answer = http.request(method, f"/v1/decisions{path}", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_every_step_is_described(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    paths = document["paths"]
    step = paths["/v1/decisions/{id}/{step}"]["post"]
    names = step["parameters"][1]["schema"]["enum"]
    assert set(names) == set(step["requestBody"]["content"]["application/json"]["examples"])
    body = paths["/v1/decisions"]["post"]["requestBody"]["content"]["application/json"]
    schema = document["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
    assert {"subject", "party", "measure", "act", "by"} == set(schema["required"])


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["approve", "D-1"], 2, "by"),
        (["approve", "D-1", "--by", "张三"], 3, "no decision 'D-1'"),
        (["approve"], 2, "ID"),
        (["appove"], 2, "appove"),
        (["resolve", "D-1", "--by", "a", "--reason", "b", "--outcome", "x"], 2, "outcome"),
        (["list", "--status", "x"], 2, "status: one of"),
    ],
)
def test_wrong_use(
    args: list[str], code: int, said: str, world: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", *args, "--store", world]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_in_words(world: str, capfd: pytest.CaptureFixture[str]) -> None:
    finding = ("--finding", "1970年生", "--reviewer", "王五")
    args = ["propose", "--subject", "c1", "--party", "p3", "--measure", MEASURE, "--act", ACT,
            "--by", "张三", "--day", "2025-06-03", *finding]  # fmt: skip
    assert main(["decide", *args, "--store", world]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "proposed" in out and "王五" in out and "1970年生" in out
    for more, said in ((["list"], "d:p3"), (["overdue"], "no rows"), (["red-list"], "standard")):
        assert main(["decide", *more, "--store", world]) == 0
        assert said in capfd.readouterr().out
