"""A store under another id key: the same answers by other ids, nothing of the old key in it."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from api.cli import main
from api.decisions.follow import Decisions
from api.privacy import asks, erasing
from api.rekeyed import pairs
from api.session import Session
from graph.errors import BadFile, Conflict
from graph.keys import Key, canonical, keyed_hash
from graph.ledger import Draft
from graph.store import Store, open_store
from graph.stores.copying import Copying
from graph.stores.rekeying import rekey
from tests.stores.contract import Fact, Ground, company, person, share

RESIDENT = "11010519491231002X"
ERASED = "110101199003078515"
FACTS: list[Fact] = [
    company("c1"),
    person("p1", keys={"resident_id": RESIDENT}),
    person("p2", keys={"resident_id": ERASED}),
    {"kind": "person", "name": "无号", "keys": {"resident_id": RESIDENT}},  # known by its key alone
    {"kind": "person", "id": ["李", "某"], "name": "李某"},
    share("s1", "p1", "c1"),
    share("s2", "p2", "c1", "0.2", attrs={"memo": "x"}),
    {"kind": "officer", "id": "o1", "from": {"kind": "person", "id": ["李", "某"]}, "to": "c1"},
]
NEW = b"n" * 32


def shape(store: Store) -> list[Any]:
    """All that does not depend on the key."""
    return [
        (f.seq, f.first, f.code, f.vf, f.vt, f.value, f.payload, f.recorded_at, f.retracted_at,
         [k[:3] for k in f.keys], f.file, f.record)
        for f in store.facts()
    ]  # fmt: skip


def filled(ground: Ground) -> Store:
    ground.write(FACTS)
    ground.write([person("p1", name="改名", keys={"resident_id": RESIDENT})])
    ground.write([{"kind": "retract", "id": "s2"}])
    with Session(ground.url) as session:
        said = {"subject": "d:p2", "request": "1", "reason": "x", "by": "y"}
        erasing.erase(session, asks.convert(said, asks.Erase))
    return ground.store


def test_everything_but_the_hashes_is_the_same(ground: Ground, tmp_path: Path) -> None:
    source = filled(ground)
    old = source.id_key
    party = str(canonical(Key("resident_id", RESIDENT), old))
    source.append([Draft("x", "note", "D-1", {"party": party, "subject": "cn:uscc:1"})])
    told: dict[str, str] = {}
    url = f"sqlite:///{tmp_path / 'new' / 'f.db'}"
    target = cast(Copying, open_store(url, create=True, id_key=NEW))
    with closing(target):
        rekey(cast(Copying, source), target, old, told.__setitem__)
        assert shape(target) == shape(source)
        assert target.check() == []
        now = str(canonical(Key("resident_id", RESIDENT), NEW))
        assert told[party] == now
        assert target.bearers(now) == [
            "d:p1",
            f"d:person~{keyed_hash('resident_id:' + RESIDENT, NEW)}",
        ]
        assert target.bearers(party) == []
        erased = target.erased()
        assert erased.erased == source.erased().erased
        assert erased.former == {now: (party,)} | {
            told[gone]: (gone,) for gone in source.erased().canonicals
        }
        gone = str(canonical(Key("resident_id", ERASED), NEW))
        assert erased.canonicals
        assert gone not in erased.canonicals  # nobody can guess at it
        # The person who was erased stays so by the id of the record.
        rows = Ground.rows(cast(Any, type("G", (), {"store": target})), [FACTS[2]])
        assert target.write("again", rows).duplicates == 1
        with pytest.raises(Conflict, match="not empty"):
            rekey(cast(Copying, source), target, old, told.__setitem__)
    whole = b"".join(path.read_bytes() for path in (tmp_path / "new").iterdir())
    for digest in (party.rpartition(":")[2], keyed_hash("resident_id:" + RESIDENT, old)):
        # The ledger's entries are as they were, so the old id stands there once and nowhere else.
        assert whole.count(digest.encode()) == (1 if digest in party else 0)
    with Session(url) as session:
        snapshot = session.snapshot()
        assert snapshot.canonical(snapshot.resolve("d:p1")) == now
        rows = session.ask("related_parties", {"subject": "c1", "as_of": "2022-01-05"})["results"]
        assert now in {row.party for row in rows}


def test_decisions_are_found_by_the_new_id(ground: Ground) -> None:
    class Kept:
        def ledger_head(self) -> Any:
            return ground.store.ledger_head()

        def ledger(self, since: int = 0, about: str | None = None) -> Any:
            return ground.store.ledger(since, about)

        def erased(self) -> Any:
            found = ground.store.erased()
            found.former = {"new": ("old",)}
            return found

    decisions = Decisions(Kept())
    decisions._parties["old"] = ["D-1"]
    decisions._all["D-1"] = cast(Any, "the decision")
    assert decisions.by_party("new") == ["the decision"]
    assert decisions.by_party("old") == ["the decision"]
    assert decisions.by_subject("new") == []


@pytest.fixture
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKRISK_ID_KEY", "set so that it is put back")
    monkeypatch.delenv("LINKRISK_ID_KEY")


@pytest.mark.usefixtures("_environment")
def test_the_verb(tmp_path: Path, write: Any, store_url: str, capfd: Any) -> None:
    old = write(FACTS).id_key
    target, mapping = tmp_path / "new.db", tmp_path / "mapping.sealed"
    args = ["rekey", store_url, f"sqlite:///{target}", "--mapping", str(mapping)]
    assert main(args) == 0
    capfd.readouterr()
    assert [path.name for path in tmp_path.glob("*.partial*")] == []
    assert mapping.stat().st_mode & 0o077 == 0
    assert str(canonical(Key("resident_id", RESIDENT), old)).encode() not in mapping.read_bytes()
    with closing(open_store(f"sqlite:///{target}")) as store:
        assert store.id_key != old
        assert store.check() == []
        found = dict(pairs(mapping, store.id_key))
        before, after = (str(canonical(Key("resident_id", RESIDENT), key))
                         for key in (old, store.id_key))  # fmt: skip
        assert found[before] == after
    with pytest.raises(BadFile):
        dict(pairs(mapping, old))
    assert main(args) == 1  # it is there already
    assert "already there" in capfd.readouterr().err


@pytest.mark.usefixtures("_environment")
def test_a_given_key(tmp_path: Path, write: Any, store_url: str, monkeypatch: Any) -> None:
    write(FACTS)
    monkeypatch.setenv("LINKRISK_NEW_ID_KEY", "the new key of this store")
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert main(["rekey", store_url, url, "--mapping", str(tmp_path / "m")]) == 0
    assert os.environ["LINKRISK_ID_KEY"] == "the new key of this store"
    with closing(open_store(url)) as store:
        assert store.check() == []
    other = f"sqlite:///{tmp_path / 'other.db'}"
    assert main(["rekey", url, other, "--mapping", str(tmp_path / "n")]) == 1  # the same key
    assert not (tmp_path / "other.db").exists()
    assert not (tmp_path / "n").exists()
