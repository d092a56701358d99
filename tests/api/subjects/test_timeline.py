"""The timeline against every version of every fact that the store holds, page by page."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from api.cli import main
from api.decisions.policy import Policy
from api.decisions.work import Work
from api.session import Session
from api.subjects.timeline import asked, timeline
from graph.errors import UnknownSubject, WrongUsage
from graph.model import NAMES, RELATIONS
from graph.store import Store
from graph.times import INF, NEG, format_instant, format_time
from tests.api.decisions.conftest import FACTS as DECIDED
from tests.api.decisions.conftest import proposing

Told = tuple[str, str, str, str]  # when, what, kind, fact


def random_facts(seed: int) -> list[list[dict[str, Any]]]:
    """Batches about two companies and two persons, with corrections and retractions."""
    chance = random.Random(seed)
    days = [None, "2020-01-01", "2020-06-01", "2021-01-01", "2021-01-01T10:00:00+08:00"]

    def span() -> dict[str, Any]:
        first, last = sorted(chance.choices(range(5), k=2))
        return {"valid_from": days[first], "valid_to": days[last] if last > first else None}

    batches: list[list[dict[str, Any]]] = [
        [{"kind": kind, "id": name, **span()} for kind, name in
         (("company", "c1"), ("company", "c2"), ("person", "p1"), ("person", "p2"))]
    ]  # fmt: skip
    for _ in range(4):
        batch: dict[str, dict[str, Any]] = {}
        for _ in range(chance.randint(1, 6)):
            kind, a, b = chance.choice(
                [("shareholder", "p1", "c1"), ("officer", "p2", "c1"), ("shareholder", "c1", "c2"),
                 ("shareholder", "c1", "c1"), ("invoice", "c1", "c2"), ("invoice", "c2", "c1")]
            )  # fmt: skip
            name = f"{kind[0]}{a}{b}{chance.randint(0, 1)}"
            there = len(batches) > 1 and name in {fact["id"] for fact in batches[-1]}
            if there and chance.random() < 0.3:
                batch[name] = {"kind": "retract", "id": name}
            elif kind == "invoice":
                at = chance.choice(days[1:])
                batch[name] = {
                    "kind": kind,
                    "id": name,
                    "from": a,
                    "to": b,
                    "amount": "1",
                    "at": at,
                }
            else:
                batch[name] = {"kind": kind, "id": name, "from": a, "to": b, **span()}
        if chance.random() < 0.5:
            batch["b1"] = {"kind": "listing", "id": "b1", "subject": "c1", "list": "black",
                           "domain": chance.choice(["tax", "judgment"]), **span()}  # fmt: skip
        batches.append([*batch.values()])
    return batches


def referee(store: Store, record: str) -> Iterator[Told]:
    """What all versions of facts say about one record, one by one."""
    for fact in store.facts():
        if record not in (fact.name, fact.a, fact.b):
            continue
        kind = NAMES[fact.code]
        event = kind in RELATIONS and RELATIONS[kind].event
        yield format_instant(fact.recorded_at), "recorded", kind, fact.name
        if fact.retracted_at is not None:
            yield format_instant(fact.retracted_at), "retracted", kind, fact.name
            continue
        for what, at in (("happens" if event else "begins", fact.vf), ("ends", fact.vt)):
            if at not in (NEG, INF) and not (event and what == "ends"):
                yield format_time(at) or "", what, kind, fact.name


def told(session: Session, name: str, **given: Any) -> list[Told]:
    """A whole timeline, page by page."""
    found: list[Told] = []
    after = None
    while True:
        page = timeline(session, name, asked({**given, "after": after}))
        found += [(e.at, e.what, e.kind, e.fact or "") for e in page.results]
        assert len(page.results) <= int(given.get("limit", 100))
        after = page.next
        if after is None:
            return found


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_all_versions_say_in_order(
    write: Callable[..., Store], store_url: str, seed: int
) -> None:
    for batch in random_facts(seed):
        store = write(batch)
    wanted = sorted(referee(store, "d:c1"))
    with Session(store_url) as session:
        whole = told(session, "c1", limit=1000)
        assert sorted(whole) == wanted
        assert [as_instant(each[0]) for each in whole] == sorted(as_instant(e[0]) for e in whole)
        for limit in (1, 2, 5):
            assert told(session, "c1", limit=limit) == whole
        for axis, words in (
            ("valid", ("begins", "happens", "ends")), ("recorded", ("recorded", "retracted")),
        ):  # fmt: skip
            assert told(session, "c1", axis=axis, limit=3) == [e for e in whole if e[1] in words]
        kinds = ["invoice", "listing"]
        assert told(session, "c1", kinds=kinds, limit=3) == [e for e in whole if e[2] in kinds]
        low, high = "2020-06-01", "2020-12-31"
        assert told(session, "c1", since=low, until=high, limit=2) == [
            e for e in whole if low <= e[0][:10] <= high
        ]


def as_instant(text: str) -> str:
    return text if len(text) > 10 else f"{text}T00:00:00+08:00"


def test_as_it_was_known_then(write: Callable[..., Store], store_url: str) -> None:
    first, second = ({"kind": "company", "id": "c1", "valid_from": d} for d in
                     ("2020-01-01", "2020-02-01"))  # fmt: skip
    write([first])
    with Session(store_url) as session:
        known_at = session.snapshot().known_at
        before = told(session, "c1")
        write([second])
        assert told(session, "c1", known_at=known_at) == before
        assert [each[1] for each in told(session, "c1")] == [
            "begins", "recorded", "recorded", "retracted",
        ]  # fmt: skip
        assert told(session, "c1", axis="valid") == [("2020-02-01", "begins", "company", "d:c1")]


def test_the_steps_of_decisions_are_on_it(write: Callable[..., Store], store_url: str) -> None:
    write(DECIDED)
    with Session(store_url) as session:
        work = Work(session, policy=Policy(), today=lambda: "2025-06-03")
        made = work.propose(proposing())
        for name, role in (("c1", "subject"), ("p1", "party")):
            (event,) = timeline(session, name, asked({"kinds": ["decision"]})).results
            assert (event.what, event.decision, event.role) == ("proposed", made.id, role)
            assert (event.by, event.measure) == ("张三", made.measure)
            assert event.axis == "recorded"
        last = timeline(session, "c1", asked({"limit": 1000})).results[-1]
        assert last.decision == made.id
        assert (
            timeline(session, "c1", asked({"axis": "valid", "kinds": ["decision"]})).results == []
        )
        early = asked({"kinds": ["decision"], "known_at": "2020-01-01"})
        with pytest.raises(UnknownSubject):
            timeline(session, "c1", early)


def test_other_ends_are_named(filled: str) -> None:
    with Session(filled) as session:
        page = timeline(session, "c1", asked({"kinds": ["shareholder"], "axis": "recorded"}))
        ends = {(e.fact, e.direction, e.label) for e in page.results}
        assert ends == {("reg:s1", "in", "张三"), ("reg:s2", "out", "乙公司")}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"axis": "sideways"}, "axis"),
        ({"since": "yesterday"}, "since: not a date"),
        ({"until": "2020-13-01"}, "until: not a date"),
        ({"kinds": ["nothing"]}, "kinds: no such kind: nothing"),
        ({"after": "1~2~3"}, "after: not the `next` of a page"),
        ({"after": "x~0~begins~d:c1"}, "after: not the `next` of a page"),
    ],
)
def test_wrong_questions_name_what_is_wrong(filled: str, given: dict[str, Any], said: str) -> None:
    with Session(filled) as session, pytest.raises(WrongUsage, match=said):
        timeline(session, "c1", asked(given))


def test_the_verb_prints_what_the_function_answers(
    filled: str, capfd: pytest.CaptureFixture[str]
) -> None:
    args = ["timeline", "c1", "--kinds", "shareholder,listing", "--limit", "3", "--store", filled]
    assert main([*args, "--json"]) == 0
    with Session(filled) as session:
        given = {"kinds": ["shareholder", "listing"], "limit": "3"}
        wanted = msgspec.json.encode(timeline(session, "c1", asked(given)))
    assert capfd.readouterr().out.encode() == wanted + b"\n"
    assert main(args) == 0
    shown = capfd.readouterr().out
    assert "甲公司" in shown
    assert "--after" in shown
    assert main(["timeline", "c9", "--store", filled]) == 3
    assert main(["timeline", "c1", "--limit", "0", "--store", filled]) == 2
