"""What comes after a day, or was recorded after a moment, changes no bit of a table; nor does the
order in which facts came."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.features.making import DEFAULT, dictionary, features
from algorithms.features.table import KINDS
from algorithms.registry import split
from graph.errors import WrongUsage
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from graph.times import day_end, parse_time
from tests.algorithms.related.worlds import Fact, world
from tests.algorithms.small_world import entities, relations

DAY = "2021-05-04"


def began(fact: Fact) -> int:
    return parse_time(fact.get("at") or fact["valid_from"])


EARLY = [fact for fact in relations() if began(fact) <= day_end(DAY)]
LATE = [fact for fact in relations() if began(fact) > day_end(DAY)] + [
    {**fact, "id": f"late-{fact['id']}", "at" if "at" in fact else "valid_from": "2021-05-05"}
    for fact in relations()
    if "valid_to" not in fact
]


def tables(snapshot: Snapshot, day: str = DAY) -> dict[str, bytes]:
    return {kind: features(snapshot, kind, day).matrix.tobytes() for kind in KINDS}


@pytest.fixture(scope="module")
def early() -> dict[str, bytes]:
    with world([*entities(), *EARLY]) as snapshot:
        return tables(snapshot)


@settings(max_examples=6, deadline=None)
@given(st.sets(st.integers(0, len(LATE) - 1), min_size=1))
def test_what_comes_after_the_day(early: dict[str, bytes], chosen: set[int]) -> None:
    with world([*entities(), *EARLY, *(LATE[at] for at in sorted(chosen))]) as snapshot:
        assert tables(snapshot) == early


def test_an_end_that_is_to_come(early: dict[str, bytes]) -> None:
    ending = [f if "at" in f or "valid_to" in f else {**f, "valid_to": "2021-05-05"} for f in EARLY]
    people = [{**fact, "valid_to": "2021-05-06"} for fact in entities()]
    with world([*people, *ending]) as snapshot:
        assert tables(snapshot) == early


def test_what_does_come_before_is_seen(early: dict[str, bytes]) -> None:
    with world([*entities(), *EARLY, *LATE]) as snapshot:
        later = tables(snapshot, "2021-05-05")
    assert all(later[kind] != early[kind] for kind in KINDS)


def test_what_was_recorded_later_is_not_in_what_was_known_before(
    tmp_path: pytest.TempPathFactory,
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/s.db", create=True)
    normaliser = Normaliser("d", store.id_key)
    store.write("one", [normaliser.row(fact) for fact in [*entities(), *EARLY[::2]]])
    first = open_snapshot(store)
    before = tables(first)
    more: list[Fact] = [*EARLY[1::2], {"kind": "retract", "id": EARLY[0]["id"]}]
    store.write("two", [normaliser.row(fact) for fact in more])
    assert tables(open_snapshot(store, first.known_at)) == before
    assert tables(open_snapshot(store)) != before
    store.close()


def test_the_order_in_which_facts_came_does_not_matter() -> None:
    facts = [*entities(), *relations()]
    told = []
    for seed in (1, 2):
        mixed = facts.copy()
        random.Random(seed).shuffle(mixed)
        with world(mixed) as snapshot:
            found = {}
            for kind in KINDS:
                made = features(snapshot, kind, "2021-12-31")
                order = np.argsort(snapshot.canonicals(made.nodes.tolist()))
                found[kind] = made.matrix[order]
            told.append(found)
    for kind in KINDS:
        np.testing.assert_allclose(told[0][kind], told[1][kind], rtol=1e-6, atol=1e-9)


def test_nothing_at_all_is_a_table_too() -> None:
    with world([]) as snapshot:
        for kind in KINDS:
            made = features(snapshot, kind, DAY)
            assert made.matrix.shape == (0, len(dictionary(kind)))
            assert made.rows(np.array([3])).tolist() == [-1]


def test_a_caller_without_a_domain_gets_no_column_that_reads_it() -> None:
    with world([*entities(), *relations()]) as snapshot:
        whole = features(snapshot, "company", DAY)
        part = snapshot.within({"registry"})
        made = features(part, "company", DAY)
        bank = {"transfer", "holds_account", "invoice", "uses_phone", "uses_device", "call"}
        assert not any(bank & set(each.reads) for each in made.meanings)
        assert "propagated" not in made.groups
        for name in made.names:
            if name.startswith(("ownership", "shareholder")):
                assert np.array_equal(made.column(name), whole.column(name), equal_nan=True)
        for kind, groups in (("account", None), ("company", ["money"])):
            with pytest.raises(WrongUsage, match="withheld"):
                features(part, kind, DAY, groups=groups)


def test_names_are_unique_and_every_meaning_is_told_in_both_languages() -> None:
    for kind in KINDS:
        meanings = dictionary(kind, [*DEFAULT, *split(["findings"])])
        assert len({each.name for each in meanings}) == len(meanings)
        for each in meanings:
            assert each.en and each.unit and any("一" <= c <= "鿿" for c in each.zh), each
            assert (each.window is None) or each.name.endswith(f"_{each.window}d")


def test_rows_of_some_are_those_among_all() -> None:
    with world([*entities(), *EARLY]) as snapshot:
        for kind in KINDS:
            whole = features(snapshot, kind, DAY)
            # Among who is asked for are all of other kinds: they have no row.
            asked = np.setdiff1d(np.arange(snapshot.n, dtype=np.int32), whole.nodes[::2])
            part = features(snapshot, kind, DAY, only=asked)
            assert part.nodes.tolist() == whole.nodes[1::2].tolist() != []
            assert part.matrix.tobytes("F") == whole.matrix[1::2].tobytes("F")
