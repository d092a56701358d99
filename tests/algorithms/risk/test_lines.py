"""Lines: one name for all that becomes of a cluster."""

from __future__ import annotations

import random

from algorithms.risk.clusters import Cluster
from algorithms.risk.lines import lines_of
from algorithms.risk.watch import Parent, Seen


def seen(name: str, *parents: tuple[str, int]) -> Seen:
    row = Cluster(
        id=name, pattern="cluster", members=[], core=[], facts=[], amount=None, begins=None,
        ends=None, born=None, score=0.5, why="", reasons={}, relations={},
    )  # fmt: skip
    return Seen(
        event="", row=row, size=1, parents=[Parent(*each) for each in parents], joined=[], left=[],
        risks=frozenset(), domains=frozenset(), nodes=frozenset(),
    )  # fmt: skip


def test_a_cluster_keeps_its_line_whatever_it_is_called() -> None:
    assert lines_of([seen("b", ("a", 3))], {"a": "first"}) == ["first"]


def test_of_a_merger_the_line_of_the_same_name_goes_on() -> None:
    both = [seen("a", ("a", 2), ("b", 9))]
    assert lines_of(both, {"a": "la", "b": "lb"}) == ["la"]
    other = [seen("c", ("a", 2), ("b", 9))]  # of neither's name: that of most members
    assert lines_of(other, {"a": "la", "b": "lb"}) == ["lb"]


def test_of_a_split_one_part_goes_on_and_the_other_has_its_own_name() -> None:
    parts = [seen("b", ("a", 9)), seen("a", ("a", 2))]
    assert lines_of(parts, {"a": "la"}) == ["b", "la"]
    again = [seen("a", ("a", 4)), seen("b", ("a", 5))]  # `la` is called `b` by now
    assert lines_of(again, {"a": "b"}) == ["b", "b.2"]


def test_what_merged_and_parts_again_is_what_it_was() -> None:
    merged = lines_of([seen("a", ("a", 3), ("b", 3))], {"a": "a", "b": "b"})
    assert merged == ["a"]
    parted = lines_of([seen("a", ("a", 3)), seen("b", ("a", 3))], {"a": "a"})
    assert parted == ["a", "b"]


def test_no_line_goes_on_twice_and_none_is_lost() -> None:
    chance = random.Random(4)
    for _ in range(300):
        olds = [f"o{n}" for n in range(chance.randint(0, 4))]
        there = [
            seen(chance.choice([f"n{n}", *olds[n : n + 1]]),
                 *((old, chance.randint(1, 3)) for old in olds if chance.random() < 0.4))
            for n in range(chance.randint(0, 5))
        ]  # fmt: skip
        known = {old: f"l{old}" for old in olds}
        found = lines_of(there, known)
        assert len(set(found)) == len(found) == len(there)
        for line, each in zip(found, there, strict=True):
            if line in known.values():
                assert line in {known[parent.name] for parent in each.parents}
            elif each.parents:  # all its parents' lines went on elsewhere
                assert {known[parent.name] for parent in each.parents} <= set(found)
