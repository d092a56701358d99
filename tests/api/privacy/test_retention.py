"""Retention: what is past its time by the calendar, counted, taken out, and said."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from starlette.responses import Response

from api.cli import main
from api.intake.settings import IntakeSettings
from api.jobs.book import Asked as JobAsked
from api.jobs.book import Book as Jobs
from api.jobs.book import Outcome
from api.jobs.settings import JobSettings
from api.kept import state_folder
from api.once import Name, Once
from api.privacy.retention import retain
from api.privacy.settings import Retention
from api.reads import chain as chains
from api.reads import show
from api.reads.chain import Chain, Read, ReadsAway
from api.session import Session
from api.webhooks.book import Book as Webhooks
from api.webhooks.book import Draft, Subscribed
from api.webhooks.settings import WebhookSettings
from graph import times
from graph.store import Store
from graph.times import parse_time
from tests.api.conftest import FACTS
from tests.api.serving import served, until

LONG_AGO = {
    "kind": "listing", "id": "b0", "subject": "c2", "list": "black", "domain": "tax",
    "authority": "某税务局", "basis": "某条", "decided_on": "2012-01-05", "until": "2015-01-05",
    "status": "expired",
}  # fmt: skip


@pytest.fixture
def session(write: Callable[..., Store], store_url: str) -> Iterator[Session]:
    write([*FACTS, LONG_AGO], dataset="reg")
    with Session(store_url) as opened:
        yield opened


def recorded(session: Session, monkeypatch: pytest.MonkeyPatch, *days: str) -> None:
    """A read on each of these days."""
    for day in days:
        # A context of its own: to undo all would undo where the state folder is, too.
        with monkeypatch.context() as patch:
            patch.setattr(chains, "now", lambda day=day: parse_time(f"{day}T10:00:00+08:00"))
            with closing(Chain.of(session.store)) as chain:
                chain.record([Read("a", "/v1/x", (day,), ())])


def test_reads_past_their_time_go_and_the_chain_is_whole(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(session, monkeypatch, "2019-01-01", "2019-06-01", "2026-01-01")
    with closing(Chain.of(session.store)) as chain:
        before = list(chain.ledger())
        assert [e.no for e in chain.about("2019-01-01")] == [2]
    kept = Retention()
    dry = retain(session, kept, by="李办", apply=False)
    assert dry["reads"] == {"kept": "P5Y", "past": 3}  # with the one that begins the chain
    done = retain(session, kept, by="李办", apply=True)
    assert done["reads"]["past"] == 3
    with closing(Chain.of(session.store)) as chain:
        after = list(chain.ledger())
        assert after[0] == before[3]
        assert [entry.kind for entry in after] == ["read", "reads.pruned"]
        assert after[-1].content == {"head": f"3:{before[2].hash.hex()}", "entries": 3}
        assert list(chain.about("2019-01-01")) == []
        assert [e.no for e in chain.about("2026-01-01")] == [4]
    verdict = show.verify(session.store, [])
    assert (verdict["ok"], verdict["entries"]) == (True, 2)
    assert retain(session, kept, by="李办", apply=True)["reads"]["past"] == 0
    with closing(Chain.of(session.store)) as chain:  # what nobody says was pruned
        chain._db.execute("DROP TRIGGER ledger_delete")
        chain._db.execute("DELETE FROM ledger WHERE no = 4")
        chain._db.execute("UPDATE pruned SET no = 4")
    assert not show.verify(session.store, [])["ok"]


def test_while_another_process_writes_nothing_is_pruned(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(session, monkeypatch, "2019-01-01", "2026-01-01")
    with closing(Chain.of(session.store)) as chain, closing(Chain.of(session.store)) as other:
        before = list(chain.ledger())
        assert other.put([]) is not None  # a transaction that is left open
        monkeypatch.setattr(chains, "TRIES", 1)
        monkeypatch.setattr(chains.time, "sleep", lambda _: other.abandon())  # it ends too late
        with pytest.raises(ReadsAway):
            chain.prune(parse_time("2025-01-01"))
        assert list(chain.ledger()) == before
    assert show.verify(session.store, [])["ok"]


@pytest.mark.neo4j
def test_listings_past_their_time_keep_their_kind_alone(session: Session) -> None:
    kept = Retention()
    snapshot = session.snapshot()
    assert retain(session, kept, by="李办", apply=False)["listings"]["past"] == 1
    done = retain(session, kept, by="李办", apply=True)
    assert done["listings"] == {"kept": "P5Y", "past": 1}
    (old,) = session.store.history("reg:b0")
    assert old.payload == {"list": "black", "domain": "tax", "status": "expired"}
    (running,) = session.store.history("reg:b1")
    assert "decided_on" not in running.payload or running.payload
    assert running.vt == parse_time("2025-01-05")  # it ended less than five years ago
    assert session.store.check() == []
    assert session.snapshot().name == snapshot.name
    assert retain(session, kept, by="李办", apply=True)["listings"]["past"] == 0
    assert retain(session, Retention(listings="P50Y"), by="x", apply=False)["listings"]["past"] == 0


def outdated(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each class that is kept beside the facts, put down 400 days ago, and one of today."""
    folder = state_folder(url)
    beside = tmp_path / "facts.db.quarantine"
    for place in (folder / "quarantine", beside):
        place.mkdir(parents=True)
    ago = 400 * 86_400
    for path, old in (
        (folder / "quarantine" / f"{'0a' * 12}.jsonl", True),
        (folder / "quarantine" / f"{'0b' * 12}.jsonl", False),
        (beside / "000001-abcdef.jsonl", True), (beside / "000002-abcdef.jsonl", False),
        (beside / "mine.jsonl", True),
    ):  # fmt: skip
        path.write_text("{}")
        if old:
            os.utime(path, (path.stat().st_mtime - ago,) * 2)
    today = times.now()
    for begun in (today, today - ago * 1_000_000):
        monkeypatch.setattr("graph.times.now", lambda begun=begun: begun)
        with Jobs(folder, JobSettings()) as jobs:
            asked = JobAsked(owner="o", what="x", asked="{}", call="{}", caller="{}", scope="any",
                             seconds=1.0)  # fmt: skip
            job = jobs.claim(jobs.add(asked).worker or "w")
            assert job is not None
            jobs.finish(job, Outcome(status="done", code=200, media="text/plain", body=b"x"))
        with closing(Once(url)) as once:
            name = Name("caller", "POST /v1/x", f"k{begun}")
            assert once.begin(name, b"x") is None
            once.done(name, Response(b"{}"))
        with Webhooks(folder, WebhookSettings()) as hooks:
            hook, _ = hooks.subscribe(
                Subscribed(owner="o", url="http://127.0.0.1:9/", events=["batch.recorded"],
                           subjects=None, domains=[], note=None, batch=1000, entry=0)
            )  # fmt: skip
            hooks.set_state(hook.id, "paused")
            draft = Draft(hook=hook.id, id="e", type="batch.recorded", subject="", body=b"{}")
            hooks.put([draft], hook.id, None, 1)
    monkeypatch.undo()


PAST = {
    "results": {"kept": "P1D", "past": 1}, "answers": {"kept": "P1D", "past": 1},
    "events": {"kept": "P7D", "undelivered": "P30D", "past": 1},
    "rejected": {"kept": "P30D", "past": 2},
}  # fmt: skip


def left_of(url: str, tmp_path: Path) -> dict[str, Any]:
    folder = state_folder(url)
    counts = {
        "jobs": one_of(folder / "jobs.db", "SELECT count(*) FROM job WHERE status = 'done'"),
        "answers": one_of(folder / "requests.db", "SELECT count(*) FROM sent"),
        "events": one_of(folder / "webhooks.db", "SELECT count(*) FROM event"),
        "results": len([*(folder / "jobs").iterdir()]),
    }
    places = (folder / "quarantine", tmp_path / "facts.db.quarantine")
    return counts | {"files": sorted(p.name for place in places for p in place.iterdir())}


def one_of(path: Path, text: str) -> Any:
    with closing(apsw.Connection(str(path))) as db:
        return db.execute(text).fetchone()[0]


WHOLE = {
    "jobs": 1, "answers": 1, "events": 1, "results": 1,
    "files": ["000002-abcdef.jsonl", f"{'0b' * 12}.jsonl", "mine.jsonl"],
}  # fmt: skip


@pytest.mark.embedded
def test_what_is_kept_beside_the_facts_has_its_time(
    session: Session, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, then taken out: what is older than its class is kept, and nothing else."""
    outdated(store_url, tmp_path, monkeypatch)
    dry = retain(session, Retention(), by="李办", apply=False)
    assert {name: dry[name] for name in PAST} == PAST
    # Of each class two are there, each in its time: nothing was taken out yet.
    assert left_of(store_url, tmp_path)["answers"] in (1, 2)
    done = retain(session, Retention(), by="李办", apply=True)
    assert {name: done[name]["past"] for name in PAST} == {n: v["past"] for n, v in PAST.items()}
    assert left_of(store_url, tmp_path) == WHOLE
    again = retain(session, Retention(), by="李办", apply=True)
    # The job whose result expired is told of for a week more, and that is over as well.
    assert {again[name]["past"] for name in PAST} == {0}
    parts = (JobSettings(kept_seconds=90, told_seconds=1e9), IntakeSettings(kept_seconds=1e9))
    other = retain(session, Retention(answers="P2D"), parts, by="x", apply=False)
    assert other["results"]["kept"] == "PT90S"
    assert other["answers"] == {"kept": "P2D", "past": 0}


@pytest.mark.embedded
def test_a_service_sweeps_by_itself(
    session: Session, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that it keeps beside the facts, with its settings; the route tells, and takes out."""
    outdated(store_url, tmp_path, monkeypatch)

    async def conversation() -> None:
        async with served(store_url) as client:

            async def swept() -> bool:
                return left_of(store_url, tmp_path) == WHOLE

            await until(swept)
            due = (await client.get("/v1/privacy/retention")).json()
            assert (due["applied"], due["listings"]) == (False, {"kept": "P5Y", "past": 1})
            assert {due[name]["past"] for name in PAST} == {0}
            assert (await client.post("/v1/privacy/retention", json={})).status_code == 422
            done = await client.post("/v1/privacy/retention", json={"by": "李办"})
            assert (done.json()["applied"], done.json()["listings"]["past"]) == (True, 1)
            due = (await client.get("/v1/privacy/retention")).json()
            assert due["listings"]["past"] == 0

    asyncio.run(conversation())
    (entry,) = session.store.ledger(about="privacy")
    assert (entry.actor, entry.content["request"]) == ("李办", "retention")


def test_an_answer_is_kept_for_as_long_as_is_set(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three days by the calendar, whatever the default is."""
    begun = times.now()
    with closing(Once(store_url, "P3D")) as once:
        name = Name("caller", "POST /v1/x", "k")
        assert once.begin(name, b"x") is None
        once.done(name, Response(b"{}"))
        for hours, there in ((71, True), (73, False)):
            monkeypatch.setattr(
                "graph.times.now", lambda hours=hours: begun + hours * 3_600_000_000
            )
            assert (once.begin(name, b"x") is not None) == there


def test_the_verb_and_its_settings(
    session: Session, store_url: str, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def run(*args: str) -> tuple[int, str]:
        code = main(["--store", store_url, "privacy", "retention", *args])
        out, err = capfd.readouterr()
        return code, out or err

    code, out = run("--dry-run", "--by", "李办", "--json")
    found: dict[str, Any] = json.loads(out)
    assert (code, found["applied"], found["listings"]["past"]) == (0, False, 1)
    monkeypatch.setenv("LINKRISK_RETENTION_LISTINGS", "P50Y")
    assert json.loads(run("--dry-run", "--by", "李办", "--json")[1])["listings"] == {
        "kept": "P50Y", "past": 0,
    }  # fmt: skip
    monkeypatch.setenv("LINKRISK_RETENTION_LISTINGS", "five years")
    code, out = run("--dry-run", "--by", "李办")
    assert code == 3
    assert "listings: not a duration" in out
    assert run("--by", "x")[0] == run("--apply", "--dry-run", "--by", "x")[0] == 2
    assert run("--apply")[0] == 2
