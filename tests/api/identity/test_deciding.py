"""What a run and a person write: facts that can be taken back, the ledger, and the queue."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from algorithms.identity import shape
from algorithms.identity.shape import Conflict as Refused
from api.identity import explaining, facts, running, showing
from api.identity.asking import name_of, run_of
from api.identity.book import UnknownPair
from api.identity.deciding import Decided, RefusedMerge, What, decide, find, named
from graph.deadline import bounded
from graph.errors import Cancelled, Conflict, UnknownSubject, WrongUsage
from graph.limbs import MACHINE, unconfirmed
from tests.api.identity.conftest import MODEL, World, pair

ONE = ("registry:p1", "tax:t1")
ID = facts.pair_id(*ONE)


def take(made: World, ident: str, what: What, why: str | None = "看过原件") -> Decided:
    found = find(made.session, made.book, ident)
    return decide(made.session, made.book, found, what, "李审核", why)


def entries(made: World, about: str) -> list[tuple[str, str]]:
    return [(e.kind, e.actor) for e in made.session.store.ledger(about=about)]


def queue(made: World, state: str = "open") -> list[showing.Review]:
    view = made.session.snapshot()
    return showing.reviews(
        made.book, made.session.store, view, {"state": state}, 50, None
    ).results  # fmt: skip


def test_the_machine_and_the_graph_mean_the_same_by_its_name() -> None:
    assert shape.BY == MACHINE


@pytest.mark.parametrize(
    ("by", "score", "doubtful"),
    [
        ("resolver person:1:0", "0.999", True), (" Resolver", None, True),
        ("ｒｅｓｏｌｖｅｒ x", None, True), ("李审核", None, False), ("李审核", "0.6", True),
        ("splink", "0.7", True), ("李审核", "1", False),
        ("name", None, True), ("ｎａｍｅ", None, True), ("na\u200bme", None, True),
        ("re\u00adsolver", None, True), ("Ana Mei", None, False), ("仅同名", None, True),
        (None, "0.9", True), ("", "0.9", True),
        (None, "1.0", False), (None, None, False), ("ICIJ", None, False),
    ],
)  # fmt: skip
def test_whose_judgement_carries(by: str | None, score: str | None, doubtful: bool) -> None:
    assert unconfirmed(by, score) is doubtful


def test_what_another_judged_meanwhile_is_told_and_not_overruled(made: World) -> None:
    asked = pair("p1", "t1", 0.8)

    def judged(what: What, who: str, seen: str | None) -> Decided:
        return decide(made.session, made.book, asked, what, who, "看过原件", seen)

    first = judged("rejected", "王复核", "")
    with pytest.raises(Conflict, match="王复核 判定为非同一"):
        judged("accepted", "李审核", "")  # who saw an open pair
    with pytest.raises(Conflict, match="王复核 判定为非同一"):
        judged("undone", "李审核", "")
    second = judged("accepted", "王复核", first.at)  # who saw the rejection, which is their own
    with pytest.raises(Conflict, match="王复核 判定为同一"):
        judged("undone", "李审核", first.at)
    assert judged("undone", "王复核", second.at).at is None
    with pytest.raises(Conflict, match="taken back"):
        judged("rejected", "李审核", second.at)
    judged("rejected", "李审核", None)  # who does not say is not held to it


@pytest.mark.neo4j
def test_a_run_joins_and_what_it_joined_is_taken_back(made: World) -> None:
    before = made.session.snapshot().known_at
    assert made.subjects(*ONE) == 2
    made.added = [pair("p1", "t1", 0.99)]
    told = made.run()
    assert (told.joined, told.withdrawn, told.held, told.waiting) == (1, 0, 0, 0)
    assert told.affected == ["registry:p1", "tax:t1"]
    assert made.subjects(*ONE) == 1
    fact = made.session.store.history(facts.same(ID))[-1]
    assert fact.payload["by"] == f"{MACHINE} {MODEL.id}"
    assert float(fact.payload["score"]) == 0.99
    assert [f["name"] for f in fact.payload["attrs"]["features"]] == ["name", "birth"]
    joined = made.session.snapshot().known_at

    undone = take(made, ID, "undone", "另有其人")
    assert (undone.one, len(undone.before), len(undone.subjects)) == (False, 1, 2)
    assert made.subjects(*ONE) == 2
    # As it was known then it is as it was then.
    assert made.subjects(*ONE, known_at=joined) == 1
    assert made.subjects(*ONE, known_at=before) == 2
    assert entries(made, ID) == [("identity.undone", "李审核")]
    assert [k for k, _ in entries(made, "identity")] == ["identity.run"]

    # The machine does not do it again: it waits for a person, who decides.
    again = made.run(whole=True)
    assert (again.joined, again.held, again.waiting) == (0, 1, 1)
    assert again.affected == []
    (waits,) = queue(made)
    assert (waits.id, waits.held, waits.state, waits.barred) == (ID, True, "open", None)
    assert waits.note == "另有其人"
    assert take(made, ID, "accepted").one
    assert made.subjects(*ONE) == 1
    assert queue(made) == []
    assert [r.judgement.by for r in queue(made, "accepted") if r.judgement] == ["李审核"]


def test_what_was_undone_is_not_joined_by_a_way_round(made: World) -> None:
    made.added = [pair("p4", "t4", 0.99)]
    made.run()
    take(made, facts.pair_id("registry:p4", "tax:t4"), "undone", "两人")
    made.added = [pair("p4", "p5", 0.98), pair("p5", "t4", 0.97)]
    told = made.run(whole=True)
    assert (told.joined, told.held) == (1, 1)
    assert made.subjects("registry:p4", "tax:t4") == 2


@pytest.mark.neo4j
def test_what_was_rejected_is_joined_by_nobody(made: World) -> None:
    made.review = [pair("p1", "t1", 0.7)]
    assert made.run().waiting == 1
    told = take(made, ID, "rejected", "生日不同")
    assert told.fact == facts.apart(ID)
    assert not told.one
    made.review, made.added = [], [pair("p1", "t1", 0.99)]
    assert made.run(whole=True).joined == 0
    assert made.subjects(*ONE) == 2
    with pytest.raises(Conflict, match="rejected already, by 李审核"):
        take(made, ID, "rejected")
    # Taken back, it is open again; accepted, the two are one, and no rejection stands.
    assert take(made, ID, "undone").what == "undone"
    take(made, ID, "rejected")
    assert take(made, ID, "accepted").one
    assert facts.standing(made.session.store, facts.apart(ID)) is None
    with pytest.raises(Conflict, match="accepted already"):
        take(made, ID, "accepted")
    kinds = [kind for kind, _ in entries(made, ID)]
    assert kinds == [f"identity.{each}" for each in ("rejected", "undone", "rejected", "accepted")]


def test_two_valid_official_ids_are_never_joined_whoever_asks(made: World) -> None:
    asked = named(made.session, "registry:p2", "tax:t2")
    with pytest.raises(RefusedMerge, match="two valid official ids"):
        decide(made.session, made.book, asked, "accepted", "李审核", "同一人")
    # Nor by a third that is joined with both.
    for a, b in (("registry:p1", "registry:p2"), ("registry:p1", "tax:t1")):
        found = named(made.session, a, b)
        decide(made.session, made.book, found, "accepted", "李审核", "同一人")
    with pytest.raises(RefusedMerge, match="two valid official ids"):
        decide(
            made.session, made.book, named(made.session, "tax:t1", "tax:t2"), "accepted", "李审核",
            "同一人",
        )  # fmt: skip
    # An engine that would is not followed.
    made.added = [pair("p1", "t2", 0.999)]
    told = made.run()
    assert (told.joined, told.held) == (0, 0)
    assert made.subjects("registry:p2", "tax:t2") == 2


def test_one_official_id_is_not_parted_by_a_judgement(made: World) -> None:
    made.write([{"kind": "person", "id": "t9", "name": "李雷",
                 "keys": {"resident_id": "11010519491231002X"}}], "tax")  # fmt: skip
    asked = named(made.session, "registry:p2", "tax:t9")
    with pytest.raises(RefusedMerge, match="correct the record"):
        decide(made.session, made.book, asked, "rejected", "李审核", "两人")


def test_across_a_rejection_nothing_is_accepted(made: World) -> None:
    for a, b, what in (("p3", "t3", "rejected"), ("p3", "p4", "accepted")):
        found = pair(a, b, 0.8)
        decide(made.session, made.book, found, what, "李审核", "核对")  # type: ignore[arg-type]
    with pytest.raises(RefusedMerge, match="judged not to be the same"):
        decide(made.session, made.book, pair("p4", "t3", 0.8), "accepted", "李审核", "核对")


def test_a_name_alone_is_accepted_only_with_what_else_shows_it(made: World) -> None:
    made.review = [pair("p3", "t3", 0.6, name_only=True)]
    made.run()
    (waits,) = queue(made)
    with pytest.raises(WrongUsage, match="nothing but names"):
        take(made, waits.id, "accepted", None)
    with pytest.raises(WrongUsage, match="why"):
        take(made, waits.id, "rejected", "  ")
    assert take(made, waits.id, "accepted", "本人到场").one


def test_confirming_what_the_machine_joined_puts_it_under_the_persons_name(made: World) -> None:
    made.added = [pair("p1", "t1", 0.99)]
    made.run()
    assert take(made, ID, "accepted", None).before == take_now(made)
    (said,) = showing.judgements(
        made.session.store, made.session.snapshot(), "person", 9, None
    ).results  # fmt: skip
    assert said.judgement.confirmed
    assert said.judgement.by == "李审核"
    assert showing.judgements(
        made.session.store, made.session.snapshot(), "machine", 9, None
    ).results == []  # fmt: skip
    first, second = made.session.store.history(facts.same(ID))
    assert first.retracted_at == second.recorded_at


def take_now(made: World) -> list[str]:
    view = made.session.snapshot()
    return sorted({view.canonical(int(view.nodes.rep[view.node_of(n)])) for n in ONE})


def test_a_run_follows_the_last_unless_it_is_asked_otherwise(made: World) -> None:
    first = made.run(accept=0.9, review=0.4)
    upto = made.session.snapshot().batch
    assert first.since is None
    assert made.asked[-1][1] == []
    second = made.run()
    assert (second.since, second.accept, second.review) == (str(upto), 0.9, 0.4)
    assert made.asked[-1][0].since == str(upto)
    assert made.asked[-1][1] == [MODEL]
    other = made.run(accept=0.8)
    assert other.since is None
    assert "thresholds" in other.notes[0]
    assert made.asked[-1][1] == [MODEL], "other thresholds train no other model"
    assert made.run(whole=True).since is None
    assert made.asked[-1][1] == []
    assert made.run(since="1").since == "1"


def test_a_review_above_what_the_last_run_joined_from_is_refused(made: World) -> None:
    made.run(accept=0.9)
    with pytest.raises(WrongUsage, match=r"review: at most what accept is, 0\.9"):
        made.run(review=0.95)
    assert made.run(review=0.9).review == 0.9


def test_a_run_that_was_called_off_writes_nothing(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = threading.Event()

    def called_off_meanwhile(*args: Any) -> Any:
        off.set()
        return made.engine(*args)

    monkeypatch.setattr(running, "engine", called_off_meanwhile)
    made.added = [pair("p1", "t1", 0.99)]
    with bounded(60.0, cancelled=off), pytest.raises(Cancelled):
        made.run()
    assert made.subjects(*ONE) == 2
    assert made.book.last() is None


def test_a_trial_writes_nothing(made: World) -> None:
    made.added, made.review = [pair("p1", "t1", 0.99)], [pair("p3", "t3", 0.6)]
    batch = made.session.store.last_batch()
    told = made.run(dry_run=True)
    assert (told.dry_run, told.joined, told.fresh) == (True, 1, 1)
    assert made.session.store.last_batch() == batch
    assert made.book.last() is None
    assert list(made.session.store.ledger()) == []


def test_the_same_run_twice_changes_nothing(made: World) -> None:
    made.added, made.review = [pair("p1", "t1", 0.99)], [pair("p3", "t3", 0.6)]
    made.run()
    batch, name = made.session.store.last_batch(), made.session.snapshot().name
    again = made.run(whole=True)
    assert again.fresh == 0
    assert made.session.store.last_batch() == batch
    assert made.session.snapshot().name == name


def test_what_is_upheld_no_longer_is_withdrawn(made: World) -> None:
    made.added = [pair("p1", "t1", 0.99)]
    made.run()
    made.added, made.withdrawn = [], [facts.same(ID)]
    assert made.run().withdrawn == 1
    assert made.subjects(*ONE) == 2
    # Nobody undid it: the machine may join it again.
    made.added, made.withdrawn = [pair("p1", "t1", 0.995)], []
    assert made.run().joined == 1


def test_the_queue_keeps_what_still_waits(made: World) -> None:
    made.review = [pair("p1", "t1", 0.7), pair("p3", "t3", 0.6), pair("p4", "t4", 0.65)]
    assert made.run().fresh == 3
    assert [r.score for r in queue(made)] == [0.7, 0.65, 0.6]
    made.write([{"kind": "retract", "id": "p4"}])
    made.write([person_again("p3", "王玮")])
    made.review = []
    told = made.run()  # only p3 changed since, and is not found again
    assert told.waiting == 1
    assert [r.id for r in queue(made)] == [ID]
    assert made.run(whole=True).waiting == 0


def person_again(name: str, said: str) -> dict[str, Any]:
    return {"kind": "person", "id": name, "name": said}


def test_the_queue_by_pages_and_by_subject(made: World) -> None:
    made.review = [pair(f"p{n}", f"t{m}", 0.6) for n in (1, 3, 4) for m in (1, 3, 4)]
    made.run()
    store, view = made.session.store, made.session.snapshot()
    seen, after = [], None
    while True:
        page = showing.reviews(made.book, store, view, {}, 4, after)
        seen += [r.id for r in page.results]
        if page.next is None:
            break
        from api.casework.findings import place_of

        after = place_of(page.next)
    assert len(seen) == len(set(seen)) == 9
    some = showing.reviews(made.book, store, view, {"subject": "registry:p1"}, 9, None)
    assert {r.a.record for r in some.results} == {"registry:p1"}
    for wrong in ({"state": "new"}, {"kind": "phone"}):
        with pytest.raises(WrongUsage):
            showing.reviews(made.book, store, view, dict(wrong), 9, None)


@pytest.mark.neo4j
def test_judgements_by_pages(made: World) -> None:
    made.added = [pair("p1", "t1", 0.99), pair("p4", "t4", 0.98)]
    made.run()
    decide(made.session, made.book, pair("p3", "t3", 0.5), "rejected", "李审核", "两人")
    store, view = made.session.store, made.session.snapshot()
    first = showing.judgements(store, view, None, 2, None)
    assert (first.total, first.results[0].judgement.same) == (3, False)
    rest = showing.judgements(store, view, None, 2, showing.after_of(first.next))
    assert len({r.id for r in (*first.results, *rest.results)}) == 3
    assert rest.next is None
    with pytest.raises(WrongUsage, match="after"):
        showing.after_of("1:registry:p1")


def test_what_was_refused_is_listed_and_what_is_left_aside(made: World) -> None:
    refused = Refused(
        pair=pair("p2", "t2", 0.97), why="official_keys", between=("registry:p2", "tax:t2"),
        clusters=(["registry:p2"], ["tax:t2"]),
    )  # fmt: skip
    made.conflicts, made.added = [refused], [pair("p1", "t1", 0.99)]
    made.run()
    # A key that comes later parts what was joined: the judgement stands and joins nobody.
    made.write([{**person_again("p1", "王建国"), "keys": {"resident_id": "110105199001010037"}}])
    made.write(
        [{**person_again("t1", "王建國"), "keys": {"resident_id": "11010519491231002X"}}], "tax"
    )
    told = showing.conflicts(made.book, made.session.store, made.session.snapshot(), 9, None)
    assert [(c.why, c.between) for c in told.results] == [
        ("official_keys", ("registry:p2", "tax:t2"))
    ]
    assert [each.id for each in told.left_aside] == [ID]
    assert not told.left_aside[0].one


def test_why_and_how(made: World) -> None:
    made.added, made.review = [pair("p1", "t1", 0.99)], [pair("p3", "t3", 0.6)]
    made.run()
    said = explaining.why(made.session, made.book, *ONE)
    assert (said.one, said.confirmed) == (True, False)
    (link,) = said.links
    assert (link.fact, link.score, link.confirmed) == (facts.same(ID), "0.99", False)
    assert [f.name for f in link.features] == ["name", "birth"]
    # A way that persons answer for is told before one that is shorter.
    for a, b in (("p1", "p5"), ("p5", "t1")):
        decide(made.session, made.book, pair(a, b, 0.5), "accepted", "李审核", "核对")
    way = explaining.why(made.session, made.book, *ONE)
    assert way.confirmed
    assert [(x.a, x.b) for x in way.links] == [
        ("registry:p1", "registry:p5"), ("registry:p5", "tax:t1"),
    ]  # fmt: skip
    whole = explaining.how(made.session, "registry:p1")
    assert (whole.records_total, whole.links_total, whole.confirmed) == (3, 3, True)

    waits = explaining.why(made.session, made.book, "registry:p3", "tax:t3")
    assert (waits.one, waits.against, len(waits.pairs)) == (False, [], 1)
    apart = explaining.why(made.session, made.book, "registry:p2", "tax:t2")
    assert not apart.one
    assert "two valid official ids" in apart.against[0]
    assert explaining.why(made.session, made.book, "registry:p4", "tax:t4").pairs == []
    with pytest.raises(UnknownSubject):
        explaining.why(made.session, made.book, "registry:p4", "nobody")


def test_what_cannot_be_asked(made: World) -> None:
    for wrong in (
        {"kinds": ["phone"]}, {"accept": 1.5}, {"accept": 0.5, "review": 0.9},
        {"whole": True, "since": "3"}, {"other": 1},
    ):  # fmt: skip
        with pytest.raises(WrongUsage):
            run_of(wrong)
    for nobody in (None, " ", "owner", "Resolver 3", "linkrisk", "按姓名", "rename"):
        with pytest.raises(WrongUsage, match="by"):
            name_of(nobody)
    with pytest.raises(UnknownPair):
        take(made, "i" + "0" * 24, "accepted")
    with pytest.raises(Conflict, match="no judgement stands"):
        decide(made.session, made.book, pair("p1", "t1", 0.9), "undone", "李审核", "误")
    with pytest.raises(WrongUsage, match="not one"):
        named(made.session, "registry:p1", "registry:c1")
    with pytest.raises(WrongUsage, match="one record"):
        named(made.session, "registry:p1", "registry:p1")


def test_what_was_written_and_not_entered_is_entered_when_said_again(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between the fact and the entry of the ledger."""
    store = made.session.whole_store

    def gone(*_: Any, **__: Any) -> Any:
        raise RuntimeError("gone")

    with monkeypatch.context() as then:
        then.setattr(store, "append", gone)
        with pytest.raises(RuntimeError, match="gone"):
            decide(made.session, made.book, pair("p1", "t1", 0.8), "accepted", "李审核", "核对")
    assert entries(made, ID) == []
    assert made.subjects(*ONE) == 1
    decide(made.session, made.book, pair("p1", "t1", 0.8), "accepted", "李审核", "核对")
    assert entries(made, ID) == [("identity.accepted", "李审核")]
    assert len(made.session.store.history(facts.same(ID))) == 1
