"""Retention: what is past its time by the calendar, counted, taken out, and said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from api.cli import main
from api.privacy.retention import retain
from api.privacy.settings import Retention
from api.reads import chain as chains
from api.reads import show
from api.reads.chain import Chain, Read, ReadsAway
from api.session import Session
from graph.store import Store
from graph.times import parse_time
from tests.api.conftest import FACTS

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
        monkeypatch.setattr(chains, "now", lambda day=day: parse_time(f"{day}T10:00:00+08:00"))
        with closing(Chain.of(session.store)) as chain:
            chain.record([Read("a", "/v1/x", (day,), ())])
    monkeypatch.undo()


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
