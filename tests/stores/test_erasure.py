"""Erasure on every store: what is gone, what stays, and that it does not come back.

The person's name, identifiers and what else is said of it are looked for in every byte that the
store keeps: files of an embedded store, properties of a graph.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from api import evidence, look
from api.privacy import asks, correcting, erasing, reporting
from api.privacy.keeping import Kept
from api.session import Session
from graph.erasure import ABOUT, ERASED
from graph.errors import Conflict, UnknownSubject, WrongUsage
from graph.ledger import Draft
from graph.live import base_path
from graph.store import open_store
from graph.stores.copying import Copying, copy
from tests.stores.contract import SERVERS, Fact, Ground, company, listing, person, share

NAME = "欧阳惟一无二"
OLD_NAME = "欧阳曾用名"
RESIDENT = "11010519491231002X"
MOBILE = "13800138017"
CARD = "6222020200112230"  # Luhn: worked below
ADDRESS = "某市某区无人知晓路七十七号"
WORDS = "绝无仅有的描述"
SECRETS = (NAME, OLD_NAME, RESIDENT, MOBILE, ADDRESS, WORDS)

FACTS: list[Fact] = [
    company("c1"),
    person("p1", name=OLD_NAME, keys={"resident_id": RESIDENT}, attrs={"note": WORDS}),
    person("p2"),
    {"kind": "phone", "id": "t1", "keys": {"e164": MOBILE}},
    {"kind": "phone", "id": "t2", "keys": {"e164": "13900139000"}},
    {"kind": "address", "id": "a1", "text": ADDRESS},
    share("s1", "p1", "c1", attrs={"memo": WORDS}),
    share("s2", "p2", "c1", "0.3"),
    {"kind": "legal_representative", "id": "l1", "from": "p1", "to": "c1", "role": "法定代表人"},
    {"kind": "uses_phone", "id": "u1", "from": "p1", "to": "t1"},
    {"kind": "uses_phone", "id": "u2", "from": "p1", "to": "t2"},
    {"kind": "uses_phone", "id": "u3", "from": "p2", "to": "t2"},
    {"kind": "located_at", "id": "o1", "from": "p1", "to": "a1"},
    listing("b1", "p1", decided_on="2015-01-01", until="2017-01-01", status="expired",
            attrs={"why": f"{NAME}的处罚"}),
]  # fmt: skip
LATER = person("p1", name=NAME, keys={"resident_id": RESIDENT}, attrs={"note": WORDS})


@pytest.fixture
def session(ground: Ground) -> Iterator[Session]:
    """The person of two versions, and a record of its in another dataset that was retracted."""
    ground.write(FACTS)
    ground.write([LATER])
    ground.write([person("x", name=NAME, keys={"resident_id": RESIDENT})], dataset="other")
    ground.write([{"kind": "retract", "id": "x"}], dataset="other")
    with Session(ground.url) as opened:
        opened.snapshot()
        yield opened


def ask(kind: Any = asks.Erase, subject: str = "d:p1", **more: Any) -> Any:
    said = {"subject": subject, "request": "2026-1", "reason": "PIPL art. 47", "by": "李办"}
    return asks.convert(said | more, kind)


def shown_of(session: Session, name: str) -> tuple[str, list[Any], list[Any]]:
    found = look.subject(session, name)
    return found["label"], found["records"], found["listings"]


def everything(ground: Ground) -> bytes:
    """All that the store keeps, and the base of its snapshot."""
    found = b""
    if ground.kind.name == "neo4j":
        (server,) = SERVERS
        for text in ("MATCH (n) RETURN labels(n), properties(n)",
                     "MATCH ()-[r]->() RETURN type(r), properties(r)"):  # fmt: skip
            rows = server.driver.execute_query(text).records
            found += json.dumps([list(r) for r in rows], default=str, ensure_ascii=False).encode()
        path = cast(Path, base_path(ground.store))
        return found + b"".join(p.read_bytes() for p in path.parent.glob(f"{path.name}*"))
    return b"".join(path.read_bytes() for path in ground.folder.rglob("*") if path.is_file())


def test_nothing_of_the_person_is_left(ground: Ground, session: Session) -> None:
    before = session.snapshot()
    assert any(secret.encode() in everything(ground) for secret in SECRETS)
    names = {info.no: info.name for info in ground.store.batches()}
    done = erasing.erase(session, ask())
    assert done["status"] == "erased"
    assert done["erased"] == {"address": 1, "person": 3, "phone": 1}
    assert done["shared_total"] == 1
    whole = everything(ground)
    for secret in SECRETS:
        assert secret.encode() not in whole, secret
        assert json.dumps(secret)[1:-1].encode() not in whole, secret
    assert b"13900139000" in whole or ground.kind.name == "neo4j"  # somebody else's too
    assert ground.store.check() == []
    after = session.snapshot()
    assert (after.name, after.known_at) == (before.name, before.known_at)
    assert {info.no: info.name for info in ground.store.batches()} == names
    assert after.search(NAME) == after.search(OLD_NAME) == []
    node = after.resolve("d:p1")
    assert after.canonical(node) == before.canonical(before.resolve("d:p1"))
    assert after.label(node) == f"{after.canonical(node)} (erased / 已删除)"
    asked = {"subject": "c1", "as_of": "2022-01-05"}
    rows = session.ask("related_parties", asked)["results"]
    assert {(row.party, tuple(row.roles)) for row in rows} == {
        (after.canonical(node), ("legal_representative", "shareholder")),
        ("d:p2", ("shareholder",)),
    }
    (entry,) = [e for e in ground.store.ledger(about=ABOUT) if e.kind == ERASED]
    assert (entry.actor, entry.content["request"]) == ("李办", "2026-1")
    again = erasing.erase(session, ask())
    assert again["status"] == "nothing left"
    assert ground.store.check() == []


def test_what_is_loaded_again_does_not_come_back_until_readmitted(
    ground: Ground, session: Session
) -> None:
    erasing.erase(session, ask())
    written = ground.write([*FACTS, LATER])
    assert (written.loaded, written.duplicates, written.rejected) == (0, len(FACTS) + 1, [])
    other = ground.write(
        [person("y", name=NAME, keys={"resident_id": RESIDENT})], dataset="another"
    )
    assert ground.reasons(other)[0][1] == "keys.resident_id"
    ended = ground.write([{"kind": "close", "id": "p1", "valid_to": "2026-01-01"}])
    assert (ended.loaded, ended.duplicates) == (0, 1)
    assert NAME.encode() not in everything(ground)
    # Others may use the phone number that was the person's.
    phone = ground.write([{"kind": "phone", "id": "t9", "keys": {"e164": MOBILE}}], dataset="z")
    assert phone.loaded == 1
    assert erasing.readmit(session, ask(asks.PersonAsk))["status"] == "readmitted"
    with pytest.raises(Conflict):
        erasing.readmit(session, ask(asks.PersonAsk))
    assert ground.write([person("p1", name=NAME)]).loaded == 1
    assert session.snapshot().label(session.snapshot().resolve("d:p1")) == NAME
    assert ground.store.check() == []


def test_an_id_that_is_an_identifier_goes_too(ground: Ground) -> None:
    facts = [
        company("c1"), person(RESIDENT, name=NAME, keys={"resident_id": RESIDENT}),
        share(f"{RESIDENT}-c1", RESIDENT, "c1"),
    ]  # fmt: skip
    ground.write(facts)
    with Session(ground.url) as session:
        session.snapshot()
        done = erasing.erase(session, ask(subject=RESIDENT))
        assert done["renamed"] == 2
        whole = everything(ground)
        assert RESIDENT.encode() not in whole
        assert NAME.encode() not in whole
        assert ground.store.check() == []
        snapshot = session.snapshot()
        (row,) = snapshot.rows("shareholder").tolist()
        assert snapshot.fact_id(row).startswith("d:erased~")
        written = ground.write(facts)
        assert (written.loaded, written.duplicates) == (0, 3)
        assert RESIDENT.encode() not in everything(ground)


def test_a_copy_made_before_is_brought_up_to_date(
    ground: Ground, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "copy" / "facts.db"
    path.parent.mkdir()
    target = cast(Copying, open_store(f"sqlite:///{path}", create=True, id_key=ground.store.id_key))
    copy(cast(Copying, ground.store), target)
    assert NAME.encode() in path.read_bytes() + Path(f"{path}-wal").read_bytes()
    erasing.erase(session, ask())
    copy(cast(Copying, ground.store), target)
    whole = b"".join(each.read_bytes() for each in path.parent.iterdir())
    for secret in SECRETS:
        assert secret.encode() not in whole, secret
    assert target.check() == []
    assert target.erased() == ground.store.erased()
    target.close()
    fresh = cast(
        Copying,
        open_store(f"sqlite:///{tmp_path / 'f.db'}", create=True, id_key=ground.store.id_key),
    )
    copy(cast(Copying, ground.store), fresh)
    assert fresh.check() == []
    fresh.close()


def test_what_was_tampered_with_is_not_what_was_erased(ground: Ground, session: Session) -> None:
    erasing.erase(session, ask())
    (fact,) = [f for f in ground.store.facts() if f.name == "d:p2"]
    plan = erasing.plan_of([fact], [], ground.store.id_key)
    ground.store.scrub(plan)  # without an entry of the ledger
    assert any("d:p2 was altered" in each for each in ground.store.check())


def test_the_law_keeps_what_still_runs(ground: Ground, session: Session) -> None:
    ground.write([listing("b2", "p1", decided_on="2026-01-01", until="2099-01-01",
                          status="active")])  # fmt: skip
    with pytest.raises(Kept, match="listing d:b2"):
        erasing.erase(session, ask())
    done = erasing.erase(session, ask(restrict=True))
    assert done["status"] == "restricted"
    assert [*ground.store.erased().restricted] == [done["subject"]]
    assert NAME.encode() in everything(ground)  # it is kept, and not shown
    assert shown_of(session, "d:p1") == (f"{done['subject']} (restricted / 限制处理)", [], [])
    assert session.snapshot().search(NAME) == []
    fact = evidence.facts(session, ["d:p1"])["results"][0]
    assert set(fact) == {"kind", "id", "recorded_at"}
    assert erasing.release(session, ask(asks.PersonAsk))["status"] == "released"
    assert shown_of(session, "d:p1")[0] == NAME
    assert len(session.snapshot().search(NAME)) == 1
    with pytest.raises(Conflict):
        erasing.release(session, ask(asks.PersonAsk))
    with pytest.raises(WrongUsage, match="reason"):
        erasing.erase(session, ask(reason=f"{NAME}申请"))
    with pytest.raises(WrongUsage, match="company"):
        erasing.erase(session, ask(subject="d:c1"))
    with pytest.raises(UnknownSubject):
        erasing.erase(session, ask(subject="d:nobody"))


def test_an_undone_batch_brings_nothing_back(ground: Ground, session: Session) -> None:
    batch = ground.store.batches()[1].id  # it replaced the first version
    erasing.erase(session, ask())
    with pytest.raises(Conflict, match="erased"):
        ground.store.undo(batch)


def test_correction_is_a_new_version(ground: Ground, session: Session) -> None:
    done = correcting.correct(
        session, ask(asks.Correct, record="d:p1", fields={"name": "欧阳正名"})
    )
    assert (done["status"], done["decisions"]) == ("corrected", [])
    snapshot = session.snapshot()
    assert snapshot.label(snapshot.resolve("d:p1")) == "欧阳正名"
    newest = ground.store.history("d:p1")[-1]
    assert newest.payload["attrs"] == {"note": WORDS}  # what was not named stays
    assert newest.keys[0][1] == RESIDENT
    with pytest.raises(Conflict, match="already"):
        correcting.correct(session, ask(asks.Correct, record="d:p1", fields={"name": "欧阳正名"}))
    with pytest.raises(WrongUsage, match="kind"):
        correcting.correct(session, ask(asks.Correct, record="d:p1", fields={"kind": "company"}))
    with pytest.raises(UnknownSubject):
        correcting.correct(session, ask(asks.Correct, record="d:p2", fields={"name": "x"}))
    text = "".join(entry.body for entry in ground.store.ledger(about=ABOUT))
    assert "欧阳" not in text


def test_the_report_tells_all(ground: Ground, session: Session) -> None:
    ground.store.append([Draft("x", "note", "D-1", {})])
    found = reporting.report(session, "d:p1", masked=False)
    assert found["totals"] == {
        "address": 1, "legal_representative": 1, "listing": 1, "located_at": 1, "person": 3,
        "phone": 1, "shareholder": 1, "uses_phone": 2,
    }  # fmt: skip
    names = {(fact["source"]["dataset"], fact["id"]) for fact in found["facts"]}
    assert {("d", "p1"), ("other", "x"), ("d", "t1"), ("d", "a1"), ("d", "b1")} <= names
    assert [f["name"] for f in found["facts"] if f["id"] == "p1"] == [OLD_NAME, NAME]
    masked = json.dumps(reporting.report(session, "d:p1", masked=True), ensure_ascii=False)
    assert RESIDENT not in masked
    assert MOBILE not in masked
    erasing.erase(session, ask())
    kinds = [each["kind"] for each in reporting.report(session, "d:p1", masked=True)["requests"]]
    assert kinds == [ERASED]


def test_another_process_answers_without_the_name(ground: Ground, session: Session) -> None:
    with Session(ground.url) as other:
        assert other.snapshot().label(other.snapshot().resolve("d:p1")) == NAME
        erasing.erase(session, ask())
        other._looked = -10.0  # the time in which it does not look has passed
        assert other.current() is None
        assert "erased" in other.snapshot().label(other.snapshot().resolve("d:p1"))
