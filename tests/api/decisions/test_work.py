"""Steps one by one: what is asked for, what is refused, what is kept."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from algorithms.registry import encode
from api.decisions import asks
from api.decisions.fold import advance, fold
from api.decisions.follow import Decisions
from api.decisions.policy import Policy, from_environment
from api.decisions.state import Decision
from api.decisions.timing import clocks, overdue
from api.decisions.work import Work
from api.session import Session
from graph.errors import Conflict, LinkriskError, UnknownDecision, UnknownSubject, WrongUsage
from graph.facts import Normaliser
from graph.ledger import Draft, Entry, audit
from graph.proof.check import check
from graph.proof.shape import ENGINE
from graph.rulebook import load_rulebook
from tests.api.decisions.conftest import FACTS, MEASURE, TODAY, Today, proposing


def recorded(session: Session, *facts: dict[str, Any]) -> None:
    normaliser = Normaliser("d", session.store.id_key)
    batch = f"more-{session.store.last_batch()}"
    written = session.store.write(batch, [normaliser.row(fact) for fact in facts])
    assert not written.rejected


def in_force(work: Work, party: str = "p1") -> str:
    about = work.propose(proposing(party)).id
    work.step("approve", about, asks.Approve(by="李四"))
    work.step("notify", about, asks.Notify(by="王五", how="EMS"))
    work.step("enforce", about, asks.Enforce(by="李四"))
    return about


def states(decision: Decision, day: str) -> dict[tuple[str, str | None], str]:
    return {(c.clock, c.of): c.state for c in clocks(decision, day)}


# -- proposing ---------------------------------------------------------------------------


def test_a_proposal_keeps_what_replay_needs(work: Work) -> None:
    made = work.propose(proposing())
    said = work.proposal(made.id)
    asked = said["question"]
    again = work.session.ask(asked["algorithm"], {**asked["params"], "as_of": asked["as_of"]})
    assert "sha256:" + hashlib.sha256(encode(again)).hexdigest() == said["answer"]
    assert said["rulebook"] == again["rulebook"] == load_rulebook(said["edition"]).version
    assert said["engine"] == ENGINE
    assert said["edition"] == "2024-07"  # the one of that day
    assert check(said["row"]["proof"], load_rulebook("2024-07"), work.session.snapshot()) == []
    assert (made.subject, made.party, made.limb) == ("d:c1", "d:p1", "legal_representative")
    assert made.names == ("d:b1", "d:c1", "d:l1", "d:p1")
    assert made.most == "2026-03-03"


@pytest.mark.parametrize(
    ("party", "more", "error", "said"),
    [
        ("p4", {}, Conflict, "does not reach"),
        ("p4", {"finding": "有关", "reviewer": "王五"}, Conflict, "does not reach"),
        ("p3", {}, Conflict, "a person must find first"),
        ("p3", {"finding": "1970年生"}, WrongUsage, "name of its reviewer"),
        ("p3", {"finding": "  ", "reviewer": "王五"}, WrongUsage, "finding: 1 to"),
        ("p2", {}, Conflict, "no relation"),
        ("p9", {}, UnknownSubject, "p9"),
        ("p1", {"measure": "tax_fraud"}, Conflict, "no law is known"),
        ("p1", {"measure": "no_such"}, WrongUsage, "no measure"),
        ("p1", {"act": "2025-13-01"}, WrongUsage, "act"),
        ("p1", {"by": " "}, WrongUsage, "by: 1 to"),
        ("p1", {"by": "张\u200b三"}, WrongUsage, "printable"),
        ("p1", {"day": "2025-06-04"}, WrongUsage, "yet to come"),
    ],
)
def test_who_cannot_be_proposed(
    work: Work, party: str, more: dict[str, Any], error: type[LinkriskError], said: str
) -> None:
    with pytest.raises(error, match=said):
        work.propose(proposing(party, **more))
    assert work.session.store.ledger_head().no == 0


def test_a_review_needs_a_finding_that_is_kept(work: Work) -> None:
    made = work.propose(proposing("p3", finding="身份证载明1970年生", reviewer="王五"))
    assert (made.outcome, made.finding, made.reviewer) == ("review", "身份证载明1970年生", "王五")
    assert work.proposal(made.id)["row"]["until"] is None
    work.step("approve", made.id, asks.Approve(by="李四"))
    work.step("notify", made.id, asks.Notify(by="李四", how="EMS"))
    # The row has no end of its own: the measure on the subject has one.
    assert work.step("enforce", made.id, asks.Enforce(by="李四")).until == "2026-03-03"


def test_without_any_end_one_is_asked_for(session: Session, today: Today) -> None:
    gone = {"kind": "retract", "id": "b1"}
    recorded(session, gone)
    work = Work(session, policy=Policy(), today=today)
    made = work.propose(proposing())
    assert made.most is None
    work.step("approve", made.id, asks.Approve(by="李四"))
    work.step("notify", made.id, asks.Notify(by="李四", how="EMS"))
    with pytest.raises(WrongUsage, match="no end by itself"):
        work.step("enforce", made.id, asks.Enforce(by="李四"))
    done = work.step("enforce", made.id, asks.Enforce(by="李四", until="2026-01-01"))
    assert done.until == "2026-01-01"


def test_one_open_decision_a_question(work: Work, today: Today) -> None:
    first = work.propose(proposing())
    with pytest.raises(Conflict, match=f"{first.id} of the same question is proposed"):
        work.propose(proposing(by="李四"))
    work.step("revoke", first.id, asks.Revoke(by="李四", reason="有误"))
    second = work.propose(proposing())
    assert second.id != first.id
    assert [d.id for d in _followed(work).by_fact("d:l1")] == [first.id, second.id]


def _followed(work: Work) -> Decisions:
    work.decisions.follow()
    return work.decisions


# -- verified anew -----------------------------------------------------------------------


@pytest.mark.parametrize("step", ["approve", "enforce"])
@pytest.mark.parametrize(
    "change",
    [
        {"kind": "retract", "id": "l1"},
        FACTS[-1] | {"status": "repaired"},
        FACTS[-1] | {"until": "2025-12-01"},
        FACTS[6] | {"valid_to": "2025-01-01"},  # has left before the act
        FACTS[1] | {"attrs": {"birth_date": "2010-01-01"}},
    ],
)
def test_a_proof_that_no_longer_holds(work: Work, step: str, change: dict[str, Any]) -> None:
    assert FACTS[6]["id"] == "l1" and FACTS[1]["id"] == "p1"
    about = work.propose(proposing()).id
    ask: Any = asks.Approve(by="李四")
    if step == "enforce":
        work.step("approve", about, ask)
        work.step("notify", about, asks.Notify(by="李四", how="EMS"))
        ask = asks.Enforce(by="李四")
    assert work.refusals(about) == []
    recorded(work.session, change)
    assert work.refusals(about)
    with pytest.raises(Conflict, match="its proof no longer holds"):
        work.step(step, about, ask)


def test_what_has_nothing_to_do_with_it_changes_nothing(work: Work) -> None:
    about = work.propose(proposing()).id
    recorded(work.session, {"kind": "company", "id": "c9", "name": "丙公司"})
    assert work.step("approve", about, asks.Approve(by="李四")).status == "approved"


# -- steps -------------------------------------------------------------------------------


def test_an_end_is_never_past_the_parents(work: Work) -> None:
    about = work.propose(proposing()).id
    work.step("approve", about, asks.Approve(by="李四"))
    with pytest.raises(Conflict, match="is approved: it cannot be enforced"):
        work.step("enforce", about, asks.Enforce(by="李四"))
    work.step("notify", about, asks.Notify(by="李四", how="EMS", delivered=TODAY))
    with pytest.raises(Conflict, match="begins 2025-06-02 is before 2025-06-03"):
        work.step("enforce", about, asks.Enforce(by="李四", begins="2025-06-02"))
    done = work.step("enforce", about, asks.Enforce(by="李四", until="2030-01-01"))
    assert (done.begins, done.until) == (TODAY, "2026-03-03")
    assert done.stands("2026-03-02")
    assert not done.stands("2026-03-03")
    assert done.status_on("2026-03-03") == "expired"  # though no sweep has said so
    assert not done.stands("2025-06-02")


def test_a_notice_is_not_delivered_before_the_decision_or_in_future(work: Work) -> None:
    about = work.propose(proposing(day="2025-06-02")).id
    work.step("approve", about, asks.Approve(by="李四"))
    with pytest.raises(Conflict, match="delivered 2025-06-02 is before"):
        work.step("notify", about, asks.Notify(by="李四", how="EMS", delivered="2025-06-02"))
    with pytest.raises(WrongUsage, match="yet to come"):
        work.step("notify", about, asks.Notify(by="李四", how="EMS", delivered="2025-06-04"))


def test_an_objection_suspends_until_it_is_answered(work: Work, today: Today) -> None:
    about = in_force(work)
    today.day = "2025-06-10"
    work.step("object", about, asks.Object(by="王五", objector="p1", reason="已卸任"))
    today.day = "2025-06-20"
    ask = asks.Resolve(by="李四", outcome="rejected", reason="登记未变更")
    done = work.step("resolve", about, ask)
    assert [done.stands(f"2025-06-{day}") for day in ("09", "10", "19", "20")] == [
        True, False, False, True,
    ]  # fmt: skip
    with pytest.raises(Conflict, match="no objection 1 is open"):
        work.step(
            "resolve", about, asks.Resolve(by="李四", outcome="upheld", reason="x", objection=1)
        )
    work.step("object", about, asks.Object(by="王五", objector="p1", reason="又及"))
    upheld = asks.Resolve(by="李四", outcome="upheld", reason="属实")
    assert work.step("resolve", about, upheld).status == "revoked"
    after = work.step("object", about, asks.Object(by="王五", objector="p1", reason="三"))
    assert (after.status, after.suspended) == ("revoked", False)
    assert work.step("resolve", about, upheld).status == "revoked"


def test_the_other_policy(session: Session, today: Today, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKRISK_OBJECTION_SUSPENDS", "no")
    work = Work(session, today=today)
    about = in_force(work)
    done = work.step("object", about, asks.Object(by="王五", objector="p1", reason="已卸任"))
    assert done.objections[0].reason == "已卸任"
    assert done.stands(TODAY)
    monkeypatch.setenv("LINKRISK_OBJECTION_SUSPENDS", "perhaps")
    with pytest.raises(WrongUsage, match="LINKRISK_OBJECTION_SUSPENDS"):
        from_environment()


def test_departments_are_told_answer_and_are_told_again(work: Work, today: Today) -> None:
    about = in_force(work)  # a Tuesday
    assert states(work.one(about), "2025-06-05")["push", None] == "running"
    assert states(work.one(about), "2025-06-06")["push", None] == "overdue"
    work.step("push", about, asks.PushTo(by="李四", departments=["市监", "交通"]))
    with pytest.raises(Conflict, match="市监 was told to impose already"):
        work.step("push", about, asks.PushTo(by="李四", departments=["市监"]))
    with pytest.raises(Conflict, match="nothing was pushed to 海关"):
        work.step("ack", about, asks.Acknowledge(by="丁", department="海关"))
    work.step("ack", about, asks.Acknowledge(by="丁", department="市监"))
    today.day = "2025-06-10"
    ask = asks.Report(by="丁", department="市监", did="已限制", done="2025-06-09")
    work.step("report", about, ask)
    found = states(work.one(about), "2025-06-13")
    assert found["report", "市监"] == "met"
    assert found["acknowledge", "交通"] == "overdue"  # 2 working days: the 5th
    assert found["report", "交通"] == "overdue"  # 7 working days: the 12th
    assert {c.of for c in overdue(work.one(about), "2025-06-13")} == {"交通", None}
    work.step("repair", about, asks.Repair(by="李四", reason="已履行"))
    assert states(work.one(about), "2025-06-12")["push:lift", "市监"] == "running"
    assert states(work.one(about), "2025-06-13")["push:lift", "市监"] == "overdue"
    lifted = work.step("push", about, asks.PushTo(by="李四"))  # all who must be told again
    assert Counter((p.department, p.what) for p in lifted.pushes) == Counter(
        [("市监", "impose"), ("交通", "impose"), ("市监", "lift"), ("交通", "lift")]
    )
    assert ("push:lift", "市监") not in states(lifted, "2025-07-01")
    with pytest.raises(WrongUsage, match="which are to be told"):
        work.step("push", about, asks.PushTo(by="李四"))


def test_publication_has_a_clock_and_an_end(work: Work, today: Today) -> None:
    about = in_force(work)
    assert states(work.one(about), "2025-06-12")["publish", None] == "running"
    assert states(work.one(about), "2025-06-13")["publish", None] == "overdue"
    today.day = "2025-06-13"
    done = work.step("publish", about, asks.Publish(by="李四", where="信用中国"))
    assert states(done, "2025-07-01")["publish", None] == "missed"
    assert done.shown_before == "2026-03-03"
    ended = work.step("repair", about, asks.Repair(by="李四", reason="已履行"))
    assert ended.shown_before == "2025-06-13"


def test_the_sweep(work: Work, today: Today) -> None:
    about, other = in_force(work), in_force(work, "p5")
    assert work.expire() == []
    today.day = "2026-03-03"
    with pytest.raises(Conflict, match="has expired on 2026-03-03"):
        work.step("repair", about, asks.Repair(by="李四", reason="x"))
    assert {d.id for d in work.expire()} == {about, other}
    assert work.expire() == []
    assert work.one(about).ended == "2026-03-03"
    last = work.entries(about)[-1]
    assert (last.actor, last.kind) == ("linkrisk", "decision.expired")


# -- the same request twice --------------------------------------------------------------


def test_a_request_sent_again_changes_nothing(work: Work, today: Today) -> None:
    made = work.propose(proposing(key="k1"))
    assert work.propose(proposing(key="k1")) == made
    ask = asks.Approve(by="李四", key="k2", note="同意")
    done = work.step("approve", made.id, ask)
    today.day = "2025-06-05"
    assert work.step("approve", made.id, ask) == done
    head = work.session.store.ledger_head()
    for other in (
        asks.Approve(by="王五", key="k2", note="同意"),
        asks.Approve(by="李四", key="k2", note="不"),
    ):
        with pytest.raises(Conflict, match="'k2' was used for another step"):
            work.step("approve", made.id, other)
    with pytest.raises(Conflict, match="k2"):
        work.step("notify", made.id, asks.Notify(by="李四", how="EMS", key="k2"))
    with pytest.raises(Conflict, match="k1"):
        work.propose(proposing("p5", key="k1"))
    assert work.session.store.ledger_head() == head
    told = asks.PushTo(by="李四", departments=["甲", "乙"], key="k3")
    work.step("notify", made.id, asks.Notify(by="李四", how="EMS"))
    work.step("enforce", made.id, asks.Enforce(by="李四"))
    assert work.step("push", made.id, told) == work.step("push", made.id, told)


def test_two_services_on_one_store(session: Session, world: str, today: Today) -> None:
    """Each step is sent by four threads of two services at once: one is taken, the others are
    refused. Objections are all taken, each with a number of its own."""
    one = Work(session, policy=Policy(), today=today)
    with Session(world) as second:
        two = Work(second, policy=Policy(), today=today)
        about = _together(
            [lambda w=w, n=n: w.propose(proposing(by=n)).id
             for w in (one, two) for n in ("甲", "乙")]
        )[0]  # fmt: skip
        for name, ask in (
            ("approve", asks.Approve(by="李四")),
            ("notify", asks.Notify(by="李四", how="EMS")),
            ("enforce", asks.Enforce(by="李四")),
            ("revoke", asks.Revoke(by="李四", reason="x")),
        ):
            done = _together([lambda w=w, n=name, a=ask: w.step(n, about, a)
                              for w in (one, two, one, two)])  # fmt: skip
            assert len(done) == 1, name
        objections = [
            lambda w=w, n=n: w.step(
                "object", about, asks.Object(by="甲", objector=f"p{n}", reason="x")
            )
            for n in range(8)
            for w in (one, two)
        ]
        assert len(_together(objections)) == 16
        assert _followed(one).all() == _followed(two).all()
        assert sorted(o.no for o in two.one(about).objections) == list(range(1, 17))
        assert audit(second.store).sound


def _together(calls: list[Any]) -> list[Any]:
    """Results of calls made at once; those that were refused are left out."""
    done: list[Any] = []
    wrong: list[BaseException] = []
    barrier = threading.Barrier(len(calls))

    def run(call: Any) -> None:
        barrier.wait()
        try:
            done.append(call())
        except Conflict:
            pass
        except BaseException as error:  # noqa: BLE001
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    return done


# -- the fold by itself ------------------------------------------------------------------


def test_a_fold_takes_a_ledger_as_it_is(work: Work) -> None:
    about = work.propose(proposing()).id
    store = work.session.store
    store.append(
        [
            Draft("x", "decision.proposed", about, {"day": "2025-06-03"}),
            Draft("李四", "decision.approved", about, {}),
            Draft("李四", "decision.approved", about, {"day": "2020-01-01"}),
            Draft("x", "decision.enforced", about, {"day": TODAY}),
            Draft("李四", "decision.approved", about, {"day": "2025-06-31"}),
            Draft(
                "x",
                "decision.objected",
                about,
                {"day": "soon", "objector": "a", "reason": "b", "suspends": True},
            ),
            Draft("x", "decision.pushed", about, {"day": [[[]]]}),
            Draft("x", "decision.from.a.later.version", about, {"a": 1}),
            Draft("x", "decision.approved", "D-nobody", {"day": TODAY}),
        ]
    )
    found = _followed(work).by_id(about)
    assert found.status == "proposed"
    assert [each.no for each in found.irregular] == [2, 3, 4, 5, 6, 7, 8]
    assert [each.no for each in work.decisions.stray] == [10]
    assert fold(work.entries(about)) == found
    with pytest.raises(Conflict, match="is proposed: it cannot be enforced"):
        advance(found, store_entry(work, about, "decision.enforced"))
    with pytest.raises(UnknownDecision, match="D-nobody"):
        work.decisions.by_id("D-nobody")
    with pytest.raises(UnknownDecision):
        work.step("approve", "D-other", asks.Approve(by="李四"))
    with pytest.raises(UnknownDecision):
        work.one("\n")


def store_entry(work: Work, about: str, kind: str) -> Entry:
    return next(e for e in work.entries(about) if e.kind == kind)


def test_a_ledger_that_was_put_back_is_folded_anew(
    session: Session, today: Today, tmp_path: Path
) -> None:
    work = Work(session, policy=Policy(), today=today)
    about = work.propose(proposing()).id
    copy = tmp_path / "copy.db"
    session.store.backup(copy)
    work.step("approve", about, asks.Approve(by="李四"))
    assert _followed(work).by_id(about).status == "approved"
    with Session(f"sqlite:///{copy}") as other:
        work.decisions._kept = other.store
        assert _followed(work).by_id(about).status == "proposed"


def test_measures_of_the_fixture_are_what_tests_think() -> None:
    assert load_rulebook().measure(MEASURE).domain == FACTS[-1]["domain"]


def test_nothing_takes_force_or_is_published_under_an_objection(work: Work) -> None:
    about = work.propose(proposing()).id
    work.step("approve", about, asks.Approve(by="李四"))
    work.step("notify", about, asks.Notify(by="李四", how="EMS"))
    work.step("object", about, asks.Object(by="王五", objector="p1", reason="已卸任"))
    for name, ask in (
        ("enforce", asks.Enforce(by="李四")),
        ("publish", asks.Publish(by="李四", where="信用中国")),
    ):
        with pytest.raises(Conflict, match="an objection is open"):
            work.step(name, about, ask)
    work.step("resolve", about, asks.Resolve(by="李四", outcome="rejected", reason="x"))
    assert work.step("enforce", about, asks.Enforce(by="李四")).stands(TODAY)


def test_an_end_stays_whatever_is_found_later(work: Work) -> None:
    about = in_force(work)
    work.step("repair", about, asks.Repair(by="李四", reason="已履行"))
    work.step("object", about, asks.Object(by="王五", objector="p1", reason="本不应列入"))
    done = work.step("resolve", about, asks.Resolve(by="李四", outcome="upheld", reason="属实"))
    assert (done.status, done.objections[0].outcome) == ("repaired", "upheld")


def test_the_ledger_names_a_subject_by_its_canonical_id(work: Work) -> None:
    """Whatever key the caller named it by: a ledger forgets nothing."""
    decision = work.propose(proposing("p1", subject="c1"))
    assert work.proposal(decision.id)["question"]["params"]["subject"] == "d:c1"
