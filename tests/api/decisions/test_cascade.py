"""Facts come, are corrected and fall beneath decisions: what the cascade tells equals asking about
every decision anew; and every past answer comes out again byte for byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from algorithms.registry import ask
from api.decisions import views
from api.decisions.asks import Approve, Enforce, Notify, Propose
from api.decisions.cascade import Cascade
from api.decisions.policy import Policy
from api.decisions.replay import replay
from api.decisions.work import Work
from api.session import Session
from graph.errors import Conflict, UnknownSubject
from graph.facts import Normaliser
from graph.times import format_instant
from tests.api.decisions.conftest import ACT, FACTS, MEASURE, Today, proposing

FIRMS = [f"c{n}" for n in range(1, 6)]
PEOPLE = [f"p{n}" for n in range(1, 7)]


class World:
    """A store in which facts change at random, and decisions on it."""

    def __init__(self, url: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self.session = Session(url)
        self.work = Work(self.session, policy=Policy(), today=Today())
        self.normaliser = Normaliser("d", self.session.store.id_key)
        self.batches = self.made = 0
        self.relations: dict[str, dict[str, Any]] = {}
        self.asked: dict[tuple[str, int], set[str]] = {}
        self.load([{"kind": "company", "id": c} for c in FIRMS])
        self.load([
            {"kind": "person", "id": p, "attrs": {"birth_date": "1980-01-01"}} for p in PEOPLE
        ])  # fmt: skip

    def load(self, facts: list[dict[str, Any]]) -> None:
        self.batches += 1
        rows = [self.normaliser.row(fact) for fact in facts]
        written = self.session.store.write(f"b{self.batches}", rows)
        assert not written.rejected

    def relation(self) -> dict[str, Any]:
        """A role or holding at random, new or a correction of one that is there."""
        kinds = ["shareholder"] * 4 + ["legal_representative", "officer", "controller"]
        kind, below = self.chance.choice(kinds), self.chance.choice(FIRMS)
        above = self.chance.choice(PEOPLE + [c for c in FIRMS if kind == "shareholder"])
        self.made += 1
        fact = {"kind": kind, "id": f"r{self.made}", "from": above, "to": below}
        if self.relations and self.chance.random() < 0.3:
            fact = {**self.chance.choice(list(self.relations.values()))}
        if fact["kind"] == "shareholder":
            fact["share"] = self.chance.choice(["0.2", "0.3", "0.51", "0.6", "1"])
        if fact["kind"] == "officer":
            fact["role"] = self.chance.choice(["主要负责人", "董事"])
        self.relations[fact["id"]] = fact
        return fact

    def change(self) -> None:
        """One batch: facts that come or are corrected, or one that falls, or a listing."""
        what = self.chance.random()
        if what < 0.55 or not self.relations:
            fresh = [self.relation() for _ in range(self.chance.randint(1, 3))]
            self.load(list({fact["id"]: fact for fact in fresh}.values()))
        elif what < 0.85:
            gone = self.chance.choice(list(self.relations))
            del self.relations[gone]
            self.load([{"kind": "retract", "id": gone}])
        else:
            firm = self.chance.choice(FIRMS)
            status = self.chance.choice(["active", "repaired"])
            self.load([{"kind": "listing", "id": f"l-{firm}", "subject": firm, "list": "black",
                        "domain": "judgment", "decided_on": "2025-01-01", "status": status,
                        "until": "2027-01-01"}])  # fmt: skip

    def decide(self) -> None:
        """Propose whatever is reached now and not decided yet."""
        for firm in FIRMS:
            for party in self.reached(firm):
                with suppress(Conflict):
                    self.work.propose(
                        Propose(subject=firm, party=party, measure=MEASURE, act=ACT, by="张三")
                    )

    def reached(self, firm: str) -> set[str]:
        """Whom the measure reaches now; asked once after each change."""
        now = firm, self.batches
        if now not in self.asked:
            question = {"subject": firm, "measure": MEASURE, "act": ACT, "as_of": "2025-06-03"}
            rows = []
            with suppress(UnknownSubject):
                view = self.session.snapshot()
                rows = ask(view, "extend", {**question, "proofs": False})["results"]
            self.asked[now] = {row.party for row in rows if row.outcome == "extend"}
        return self.asked[now]

    def lapsed(self) -> set[str]:
        """Decisions whose party is not reached now: every one asked about anew."""
        self.work.decisions.follow()
        standing = [each for each in self.work.decisions.all() if not each.over]
        reached = {subject: self.reached(subject) for subject in {d.subject for d in standing}}
        return {each.id for each in standing if each.party not in reached[each.subject]}


def walk(url: str, seed: int, steps: int) -> int:
    """Change facts, decide, and compare after each change; how many decisions there were."""
    world = World(url, seed)
    told: set[str] = set()  # lapsed by what the cascades said
    for _ in range(steps):
        before = world.session.store.last_batch()
        world.change()
        cascade = Cascade(world.work)
        fallout = cascade.since(before)
        cascade.record(fallout)
        told -= {each.decision for each in fallout}
        told |= {each.decision for each in fallout if each.outcome == "lapses"}
        assert told == world.lapsed()
        for each in fallout:
            assert each.fell
            assert (each.since is None) == (each.outcome != "lapses")
        world.decide()
    decisions = world.work.decisions
    decisions.follow()
    for each in decisions.all():
        again = replay(world.work, each.id)
        assert again.identical, again
        assert again.answer == again.now
    count = len(decisions.all())
    world.session.close()
    return count


@pytest.mark.parametrize("seed", range(3))
def test_the_cascade_equals_asking_anew_and_answers_come_again(
    write: Callable[..., Any], store_url: str, seed: int
) -> None:
    write([{"kind": "company", "id": "c0"}])
    assert walk(store_url, seed, 40) > 5


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 150))
def test_the_same_at_length(write: Callable[..., Any], store_url: str, seed: int) -> None:
    """10,000 changes in fifty worlds, and a thousand decisions replayed and more."""
    write([{"kind": "company", "id": "c0"}])
    assert walk(store_url, seed, 200) > 10


def test_a_retraction_says_which_decision_lapses_and_since_when(
    session: Session, work: Work
) -> None:
    decision = work.propose(proposing("p1"))
    other = work.propose(proposing("p5"))
    session.store.write("more", [Normaliser("d", session.store.id_key).row(
        {"kind": "retract", "id": "l1"})])  # fmt: skip
    (fallout,) = Cascade(work).of(["d:l1"])
    assert (fallout.decision, fallout.outcome) == (decision.id, "lapses")
    retracted = session.store.history("d:l1")[0].retracted_at
    assert retracted is not None
    assert fallout.since == format_instant(retracted)[:10]
    assert [each.decision for each in Cascade(work).of(["d:o5"])] == [other.id]
    assert Cascade(work).of(["d:nothing"]) == []


def test_another_proof_may_stand_in(session: Session, work: Work) -> None:
    normaliser = Normaliser("d", session.store.id_key)
    second = {"kind": "legal_representative", "id": "l9", "from": "p1", "to": "c1"}
    decision = work.propose(proposing("p1"))
    session.store.write("more", [normaliser.row(second)])
    session.store.write("less", [normaliser.row({"kind": "retract", "id": "l1"})])
    (fallout,) = Cascade(work).of(["d:l1"])
    assert (fallout.decision, fallout.outcome) == (decision.id, "stands_otherwise")
    assert fallout.facts == ["d:l9"]


def test_what_ends_earlier_than_it_was_known_to_ends_the_extension_earlier(
    session: Session, work: Work
) -> None:
    """The listing is corrected while the decision is in force: it does not outlive its parent."""
    decision = work.propose(proposing("p1"))
    work.step("approve", decision.id, Approve(by="李四"))
    work.step("notify", decision.id, Notify(by="李四", how="post"))
    work.step("enforce", decision.id, Enforce(by="李四"))
    assert work.one(decision.id).until == "2026-03-03"
    normaliser = Normaliser("d", session.store.id_key)
    listing = {**FACTS[-1], "until": "2025-09-03"}
    before = session.store.last_batch()
    session.store.write("more", [normaliser.row(listing)])
    cascade = Cascade(work)
    (fallout,) = cascade.since(before)
    assert fallout.outcome == "stands_otherwise"
    cascade.record([fallout])
    assert work.one(decision.id).until == "2025-09-03"


def test_a_record_that_a_key_joins_is_a_change(session: Session, work: Work) -> None:
    """Another register has the same person born on another day: the age is no longer known."""
    key = "11010519491231002X"
    normaliser = Normaliser("d", session.store.id_key)
    known = {"kind": "person", "id": "p1", "name": "p1", "keys": {"resident_id": key}}
    session.store.write("key", [normaliser.row(known)])
    decision = work.propose(proposing("p1"))
    before = session.store.last_batch()
    other = {**known, "id": "p9", "attrs": {"birth_date": "2012-01-01"}}
    session.store.write("more", [normaliser.row(other)])
    (fallout,) = Cascade(work).since(before)
    assert (fallout.decision, fallout.outcome) == (decision.id, "lapses")


def test_who_comes_to_command_a_firm_at_the_top_through_others_is_told(
    session: Session, work: Work
) -> None:
    """Two firms hold 26 and 25 % of it: once those who own them act in concert, they control."""
    holdings = [("h", "c1", "0.6"), ("x", "h", "0.26"), ("y", "h", "0.25"), ("z", "h", "0.49"),
                ("p2", "x", "1"), ("p4", "y", "1")]  # fmt: skip
    facts: list[dict[str, Any]] = [{"kind": "company", "id": firm} for firm in "hxyz"]
    facts += [
        {"kind": "shareholder", "id": f"{a}-{b}", "from": a, "to": b, "share": share}
        for a, b, share in holdings
    ]
    normaliser = Normaliser("d", session.store.id_key)
    session.store.write("held", [normaliser.row(fact) for fact in facts])
    decision = work.propose(proposing("h"))
    before = session.store.last_batch()
    agreed = {"kind": "acts_in_concert", "id": "agreed", "from": "p2", "to": "p4"}
    session.store.write("more", [normaliser.row(agreed)])
    (fallout,) = Cascade(work).since(before)
    assert (fallout.decision, fallout.outcome) == (decision.id, "lapses")


@pytest.mark.parametrize("others", [0, 9], ids=["few subjects", "many subjects"])
def test_a_controller_is_asked_about_under_whatever_name_its_subject_bore(
    session: Session, work: Work, others: int
) -> None:
    """The subject is found by what changed above it alone, of few decisions as of many: by the id
    of its record, although it bears an official key since; and nobody else is asked about."""
    normaliser = Normaliser("d", session.store.id_key)
    firms = [f"f{n}" for n in range(others + 1)]
    facts: list[dict[str, Any]] = [{"kind": "company", "id": firm} for firm in [*firms, "x", "y"]]
    for n, firm in enumerate(firms):
        born = {"birth_date": "1980-01-01"}
        facts += [
            {"kind": "person", "id": f"q{n}", "attrs": born},
            {"kind": "shareholder", "id": f"h{n}", "from": f"q{n}", "to": firm, "share": "0.6"},
            {"kind": "listing", "id": f"b-{firm}", "subject": firm, "list": "black",
             "domain": "judgment", "decided_on": "2025-03-03", "valid_from": "2025-03-03",
             "until": "2026-03-03", "status": "active"},
        ]  # fmt: skip
    session.store.write("firms", [normaliser.row(fact) for fact in facts])
    made = [work.propose(proposing(f"q{n}", subject=firm)) for n, firm in enumerate(firms)]
    assert {each.limb for each in made} == {"actual_controller"}
    keyed = {"kind": "company", "id": "f0", "keys": {"uscc": "91110000MA0000001L"}}
    session.store.write("key", [normaliser.row(keyed)])
    assert session.snapshot().canonical(session.snapshot().resolve("d:f0")) != made[0].subject
    before = session.store.last_batch()
    above = [
        {"kind": "shareholder", "id": "new", "from": "x", "to": "f0", "share": "0.1"},
        {"kind": "shareholder", "id": "own", "from": "y", "to": "x", "share": "1"},
    ]
    session.store.write("above", [normaliser.row(above[0])])
    session.store.write("higher", [normaliser.row(above[1])])
    last = Cascade(work).since(before + 1)  # what names neither the subject nor its proof
    assert [each.decision for each in last] == [made[0].id]
    assert [each.decision for each in Cascade(work).since(before)] == [made[0].id]


def test_a_decision_says_which_facts_it_hangs_on(session: Session, work: Work) -> None:
    decision = work.propose(proposing("p1"))
    assert views.one(work, decision.id, None)["hangs_on"] == ["d:l1"]
    normaliser = Normaliser("d", session.store.id_key)
    second = {"kind": "legal_representative", "id": "l9", "from": "p1", "to": "c1"}
    session.store.write("more", [normaliser.row(second)])
    assert views.one(work, decision.id, None)["hangs_on"] == [], "each of two would do"
