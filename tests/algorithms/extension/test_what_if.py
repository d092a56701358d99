"""What would free a party, against trying every set of relations with the checker's own judge."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

import pytest

from algorithms.registry import ask
from graph.facts import Normaliser
from graph.proof.around import Around
from graph.proof.judge import judge
from graph.rulebook import load_rulebook
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store

QUESTION = {"subject": "c1", "measure": "consumption_restriction",
            "act": "2021-05-01", "as_of": "2021-06-01"}  # fmt: skip


def world(seed: int) -> list[dict[str, Any]]:
    """Three people and three firms with holdings and roles at random, parallel ones among them."""
    chance = random.Random(seed)
    facts: list[dict[str, Any]] = [
        {"kind": "person", "id": f"p{n}", "attrs": {"birth_date": "1980-01-01"}} for n in (1, 2, 3)
    ]
    facts += [{"kind": "company", "id": f"c{n}"} for n in (1, 2, 3)]
    for n in range(chance.randint(4, 8)):
        below = chance.choice(["c1", "c1", "c2", "c3"])
        above = chance.choice([x for x in ("p1", "p2", "p3", "c2", "c3") if x != below])
        kind = chance.choice(["shareholder"] * 3 + ["legal_representative", "controller"])
        fact = {"kind": kind, "id": f"r{n}", "from": above, "to": below}
        if kind == "shareholder":
            fact["share"] = chance.choice(["0.2", "0.3", "0.4", "0.6", "1"])
        elif above.startswith("c") and kind == "legal_representative":
            fact["from"] = "p1"
        facts.append(fact)
    if chance.random() < 0.4:
        facts.append({"kind": "acts_in_concert", "id": "ac", "from": "p1", "to": "p2"})
    return facts


def reached(snapshot: Snapshot, party: str) -> bool:
    """Whether the measure reaches a party, by the judge."""
    root, node = snapshot.resolve("c1"), snapshot.resolve(party)
    around = Around(snapshot, root, [node])
    around.person(node)
    claim = {**QUESTION, "subject": "d:c1", "party": party}
    return judge(around.base, load_rulebook(), claim).outcome == "extend"


def smallest(snapshot: Snapshot, party: str, rows: list[int]) -> int | None:
    """The size of the smallest set of relations that frees a party, up to three."""
    for size in range(4):
        for gone in combinations(rows, size):
            if not reached(snapshot.without(gone) if gone else snapshot, party):
                return size
    return None


@pytest.mark.parametrize("seed", range(25))
def test_it_is_the_smallest_set(store: Store, seed: int) -> None:
    normaliser = Normaliser("d", store.id_key)
    store.write("b", [normaliser.row(fact) for fact in world(seed)])
    snapshot = open_snapshot(store)
    rows = list(range(len(snapshot.columns.src)))
    by_name = {snapshot.fact_id(row): row for row in rows}
    for row in ask(snapshot, "what_if", QUESTION)["results"]:
        size = smallest(snapshot, row.party, rows)
        assert (row.size, row.smallest) == (size, True) if size else not row.smallest
        assert row.single == (row.size == 1)
        gone = [by_name[fact] for fact in row.facts]
        assert not reached(snapshot.without(gone), row.party)
        for kept in gone:
            assert reached(snapshot.without([r for r in gone if r != kept]), row.party)


def test_past_three_it_is_a_set_from_which_none_can_be_left_out(store: Store) -> None:
    facts: list[dict[str, Any]] = [
        {"kind": "person", "id": "p1", "attrs": {"birth_date": "1980-01-01"}},
        {"kind": "company", "id": "c1"},
        *({"kind": "legal_representative", "id": f"r{n}", "from": "p1", "to": "c1"}
          for n in range(5)),
    ]  # fmt: skip
    normaliser = Normaliser("d", store.id_key)
    store.write("b", [normaliser.row(fact) for fact in facts])
    (row,) = ask(open_snapshot(store), "what_if", QUESTION)["results"]
    assert (row.facts, row.smallest, row.single) == ([f"d:r{n}" for n in range(5)], False, False)
