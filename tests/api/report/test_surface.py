"""`linkrisk report`, `/v1/reports/…` at once and as a job, the client's method, the guide."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.keys import Keyring
from api.app import Service, make_app
from api.auth import Access
from api.caller import OWNER
from api.cli import main
from api.client import Client, connect
from api.client.inside import Inside
from api.reads.chain import Chain
from api.report.ask import KINDS, asked, made
from api.session import Session
from graph.store import open_store
from graph.times import now
from tests.api.poppler import why_not
from tests.api.report.cases import ASKED, DAY, RESIDENT
from tests.api.walking import Walk

HOUR = 3_600_000_000
ALL = "registry tax bank telecom"
SCOPES = {"subject": "related search", "case": "trace search", "extension": "extend.propose",
          "clusters": "trace search"}  # fmt: skip


def usual(kind: str, session: Session) -> dict[str, Any]:
    if kind == "case":
        return {"id": session.ask("clusters", {"as_of": DAY})["results"][0].id, "as_of": DAY}
    return ASKED[kind]


@pytest.fixture(scope="module")
def has_pdf() -> bool:
    return why_not() is None


@pytest.fixture
def key(tmp_path: Path) -> Callable[..., str]:
    numbers = itertools.count()
    ring = Keyring(tmp_path / "keys.json")

    def make(scopes: str, domains: str = ALL) -> str:
        name = f"k{next(numbers)}"
        return ring.create(name, scopes.split(), domains.split(), now() + HOUR)[1]

    make.ring = ring  # type: ignore[attr-defined]
    return make


@pytest.fixture
def ask(session: Session, key: Any) -> Iterator[Callable[..., httpx.Response]]:
    """`ask(kind, given, token)` posts to the route of a kind."""
    app = make_app(session, Service(Access("t" * 32, keyring=key.ring)))
    with httpx.Client(transport=Inside(app), base_url="http://127.0.0.1") as http:

        def post(
            kind: str, given: dict[str, Any], token: str = "t" * 32, path: str = "", **more: str
        ) -> httpx.Response:
            head = {"Authorization": f"Bearer {token}", **more}
            if path:
                return http.get(path, headers=head)
            return http.post(f"/v1/reports/{kind}", json=given, headers=head)

        yield post


def reads(url: str) -> list[dict[str, Any]]:
    with closing(open_store(url)) as store, closing(Chain.of(store)) as chain:
        return [{"route": each.about, **each.content} for each in chain.ledger(1)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_route_answers_what_the_function_makes(
    ask: Any, session: Session, key: Any, kind: str
) -> None:
    given = usual(kind, session)
    found = ask(kind, given, key(SCOPES[kind]))
    assert found.status_code == 200, found.text
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert found.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in found.headers["content-security-policy"]
    assert found.content == made(session, asked(kind, given), OWNER).body
    for scope in SCOPES[kind].split():  # each of them is needed
        others = [each for each in ("search", "related", "trace", "audit") if each != scope]
        refused = ask(kind, given, key(" ".join(others)))
        assert refused.status_code == 403
        assert scope in refused.json()["detail"]


def test_who_was_shown_is_recorded(
    ask: Any, session: Session, store_url: str, has_pdf: bool
) -> None:
    person = session.snapshot().canonical(session.snapshot().resolve("p1"))
    assert ask("subject", ASKED["subject"]).status_code == 200
    forms = ["html"]
    if has_pdf:
        assert ask("subject", {**ASKED["subject"], "format": "pdf"}).status_code == 200
        forms.append("pdf")
    found = [each for each in reads(store_url) if each["route"] == "/v1/reports/subject"]
    assert len(found) == len(forms)
    for each in found:
        assert {person, "reg:p2", "reg:p3"} <= set(each["subjects"])
        assert "*" not in each["subjects"]


def test_domains_that_are_not_granted_are_said(ask: Any, key: Any) -> None:
    tax = ask("subject", {**ASKED["subject"], "lang": "en"}, key("related search", "tax"))
    assert tax.status_code == 200
    assert "the data domain registry is not granted" in tax.text
    assert "42 %" not in tax.text
    assert "张示例" not in tax.text
    assert tax.headers["linkrisk-withheld"] == "registry, bank, telecom"
    assert ask("extension", ASKED["extension"], key("extend.propose", "tax")).status_code == 403


def test_as_a_job(ask: Any, session: Session, store_url: str, has_pdf: bool) -> None:
    form = "pdf" if has_pdf else "html"
    given = {**ASKED["clusters"], "format": form}
    job = ask("clusters", given, Prefer="respond-async")
    assert job.status_code == 202
    told = job.json()
    assert told["algorithm"] == "report_clusters"
    assert told["params"] == given
    until = time.monotonic() + 60
    while told["status"] not in ("done", "failed") and time.monotonic() < until:
        time.sleep(0.1)
        told = ask("", {}, path=f"/v1/jobs/{told['id']}").json()
    assert told["status"] == "done", told
    found = ask("", {}, path=told["result"])
    assert found.content == made(session, asked("clusters", given), OWNER).body
    if has_pdf:  # it is handed on as it is: a read of anybody
        assert "*" in [each for each in reads(store_url) if "jobs" in each["route"]][-1]["subjects"]


def test_wrong_questions_are_problems(ask: Any) -> None:
    assert ask("subject", {"subject": "nobody"}).status_code == 404
    refused = ask("subject", {"subject": "c1", "lang": "fr"})
    assert refused.status_code == 422
    assert "lang" in refused.json()["detail"]
    assert ask("nope", {}).status_code in (404, 405)


def test_clients_are_answered_the_same(session: Session, store_url: str) -> None:
    app = make_app(session, Service(Access("t" * 32, None)))
    with connect(store_url) as near, Inside(app) as inside:
        far = Client("http://127.0.0.1", "t" * 32, transport=inside)
        for kind in KINDS:
            given = usual(kind, session)
            expected = made(session, asked(kind, given), OWNER).body
            assert near.make_report(kind, **given) == far.make_report(kind, **given) == expected


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["subject", "--subject", "nobody"], 3, "no subject is named 'nobody'"),
        (["subject"], 2, "subject"),
        (["subject", "--subject", "c1", "--json"], 2, "--out FILE"),
        (["case"], 2, "--id ID or --from FILE"),
        (["case", "--id", "case:0"], 3, "case:0"),
        (["case", "--from", "nowhere.json"], 3, "nowhere.json"),
        (["extension", "--subject", "c1", "--measure", "nope", "--act", "2025-01-01"], 2, "nope"),
        (["clusters", "--since", "nowhere.html"], 3, "neither a date nor a report"),
        (["clusters", "--top", "0"], 2, "top"),
    ],
)
def test_what_goes_wrong_is_one_line(
    session: Session, store_url: str, capfd: pytest.CaptureFixture[str], args: list[str], code: int,
    said: str,
) -> None:  # fmt: skip
    assert main(["report", *args, "--store", store_url]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


def test_the_verb_writes_what_the_function_makes(
    session: Session, store_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "c.html"
    args = ["report", "clusters", "--as-of", DAY, "--since", "2024-01-01", "--store", store_url]
    assert main([*args, "--out", str(out), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    body = made(session, asked("clusters", ASKED["clusters"]), OWNER).body
    assert out.read_bytes() == body
    assert told["sha256"] == hashlib.sha256(body).hexdigest()
    assert main(args) == 0
    assert capfd.readouterr().out == body.decode()
    later = ["report", "clusters", "--as-of", "2025-12-01", "--store", store_url]
    assert main([*later, "--since", str(out), "--lang", "en"]) == 0
    assert f"Since {DAY}: no change." in capfd.readouterr().out
    assert main([*later, "--since", str(Path(__file__))]) == 2


def test_the_guide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    walk = Walk("reports.md", monkeypatch, capfd)
    assert all(" / " in line for line in re.findall(r"^## (.*)$", walk.text, re.M) if line != "PDF")
    walk.plain("export")
    assert walk.json("linkrisk ingest")["loaded"] == 14
    for name in ("subject", "extension"):
        assert walk.plain(f"linkrisk report {name}")[0] == 0
        text = Path(f"{name}.html").read_text("utf-8")
        assert "示例机械有限公司" in text
        assert RESIDENT not in text
    walk.plain("linkrisk clusters")
    for start in ("linkrisk report case --from", "linkrisk report case --id"):
        assert walk.plain(start)[0] == 0
    assert "示例贸易有限公司" in Path("cluster.html").read_text("utf-8")
    for _ in range(2):
        assert walk.plain("linkrisk report clusters")[0] == 0
    assert "产生 1" in Path("clusters.html").read_text("utf-8")
    assert "无变化" in Path("later.html").read_text("utf-8")
    assert int(walk.plain("python")[1]) >= 3
    assert walk.left() == []
