"""Who is one subject: against a referee of plain sets, and scenario by scenario."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.identity import join
from graph.live import open_live
from graph.snapshot import Snapshot, snapshot_of
from graph.store import Store, open_store
from graph.times import day_end
from tests.graph.views import USCCS, picture, write

Edge = tuple[int, int]
KEY, OTHER = USCCS
NODES = 9
nodes = st.integers(0, NODES - 1)
edges = st.lists(st.tuples(nodes, nodes), max_size=10)


def by_sets(
    keys: dict[int, str], same: list[Edge], apart: list[Edge]
) -> tuple[list[list[int]], list[Edge]]:
    """Equal keys are one; then each judgement in turn, unless it would join two keys, or two that
    are to be kept apart."""
    groups = [{n for n in range(NODES) if keys.get(n) == key} for key in set(keys.values())]
    groups += [{n} for n in range(NODES) if n not in keys]
    refused = []
    for a, b in same:
        one, two = (next(g for g in groups if n in g) for n in (a, b))
        if one is two:
            continue
        both = one | two
        official = {keys[n] for n in both if n in keys}
        kept_apart = any((p in one and q in two) or (p in two and q in one) for p, q in apart)
        if len(official) > 1 or kept_apart:
            refused.append((a, b))
            continue
        groups = [g for g in groups if g is not one and g is not two] + [both]
    return sorted(sorted(g) for g in groups if len(g) > 1), refused


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(nodes, st.sampled_from("KLM")), edges, edges)
def test_joining_against_plain_sets(keys: dict[int, str], same: list[Edge],
                                    apart: list[Edge]) -> None:  # fmt: skip
    equal = [[n for n in sorted(keys) if keys[n] == key] for key in set(keys.values())]
    equal = [group for group in equal if len(group) > 1]
    assert join(equal, same, apart, keys.get) == by_sets(keys, same, apart)


def test_many_judgements_join_in_time() -> None:
    """A hundred thousand of either kind; pair by pair that would be 10**10 steps."""
    rng = random.Random(1)
    n = 100_000
    same = [(rng.randrange(n), rng.randrange(n)) for _ in range(n)]
    apart = [(rng.randrange(n), rng.randrange(n)) for _ in range(n)]
    groups, refused = join([], same, apart, lambda _: None)
    place = {node: i for i, group in enumerate(groups) for node in group}
    refused_now = set(refused)
    assert all(place[a] == place[b] for a, b in same if (a, b) not in refused_now and a != b)
    assert all(place.get(a, -1) != place.get(b, -2) for a, b in apart if a != b)


# -- through a store ----------------------------------------------------------------------------


class Subjects:
    """A store written batch by batch, and who its subjects are, by whichever way they are found."""

    def __init__(self, folder: Path) -> None:
        self.store: Store = open_store(f"sqlite:///{folder / 'facts.db'}", create=True)
        self.live = open_live(self.store)
        self.batch = 0

    def say(self, *facts: dict[str, Any]) -> list[str]:
        """Write a batch; subjects of more than one record afterwards, as `c1+c2`."""
        self.batch += 1
        write(self.store, list(facts), self.batch * 10**6)
        found = self.groups(snapshot_of(self.live))
        (self.store.path.parent / "facts.db.snapshot").unlink(missing_ok=True)  # type: ignore[attr-defined]
        assert self.groups(snapshot_of(open_live(self.store))) == found
        return found

    @staticmethod
    def groups(view: Snapshot) -> list[str]:
        records = (view.records(int(node)) for node in view.subjects())
        return sorted("+".join(r.removeprefix("d:") for r in group)
                      for group in records if len(group) > 1)  # fmt: skip

    def view(self) -> Snapshot:
        return snapshot_of(self.live)


@pytest.fixture
def subjects(tmp_path: Path) -> Any:
    made = Subjects(tmp_path)
    yield made
    made.store.close()


def company(ident: str, key: str | None = None, **more: Any) -> dict[str, Any]:
    return {"kind": "company", "id": ident, **({"keys": {"uscc": key}} if key else {}), **more}


def same(ident: str, a: str, b: str, kind: str = "same_as") -> dict[str, Any]:
    return {"kind": kind, "id": ident, "from": a, "to": b}


def gone(ident: str) -> dict[str, Any]:
    return {"kind": "retract", "id": ident}


def test_a_late_key_regroups(subjects: Subjects) -> None:
    assert subjects.say(company("c1", KEY), company("c2"), company("c3", KEY)) == ["c1+c3"]
    assert subjects.say(company("c2", KEY)) == ["c1+c2+c3"]
    view = subjects.view()
    assert view.canonical(view.resolve("c2")) == f"cn:uscc:{KEY}"
    assert subjects.say(company("c1")) == ["c2+c3"]
    assert subjects.say(company("c1", OTHER), company("c2", OTHER)) == ["c1+c2"]
    assert subjects.say(gone("c2")) == []


def test_a_judgement_joins_and_its_retraction_splits(subjects: Subjects) -> None:
    subjects.say(company("c1"), company("c2"), company("c3"))
    assert subjects.say(same("j1", "c1", "c2"), same("j2", "c2", "c3")) == ["c1+c2+c3"]
    assert subjects.say(gone("j1")) == ["c2+c3"]
    assert subjects.say(same("j1", "c3", "c1")) == ["c1+c2+c3"]
    assert subjects.say(gone("j2")) == ["c1+c3"]


def test_a_judgement_never_joins_two_official_keys(subjects: Subjects) -> None:
    subjects.say(company("c1", KEY), company("c2", OTHER), company("c3"))
    assert subjects.say(same("j1", "c1", "c2")) == []
    assert subjects.say(same("j2", "c1", "c3")) == ["c1+c3"]
    assert subjects.say(same("j3", "c3", "c2")) == ["c1+c3"]  # not by a detour either
    assert subjects.say(gone("j2")) == ["c2+c3"]  # now this one may
    assert subjects.say(company("c2")) == ["c1+c2+c3"]


def test_what_is_not_the_same_is_kept_apart(subjects: Subjects) -> None:
    subjects.say(company("c1"), company("c2"), company("c3"))
    subjects.say(same("n1", "c1", "c3", "not_same_as"))
    assert subjects.say(same("j1", "c1", "c2"), same("j2", "c2", "c3")) == ["c1+c2"]
    assert subjects.say(gone("n1")) == ["c1+c2+c3"]
    assert subjects.say(same("n2", "c3", "c2", "not_same_as")) == ["c1+c2"]
    # Equal official keys are stronger than any judgement.
    assert subjects.say(company("c3", KEY), company("c2", KEY)) == ["c1+c2+c3"]


def test_names_alone_never_join(subjects: Subjects) -> None:
    person = {"kind": "person", "name": "王伟"}
    assert subjects.say({**person, "id": "p1"}, {**person, "id": "p2"}) == []


def test_judgements_count_by_batch_and_then_by_id(subjects: Subjects) -> None:
    """So that the order of lines in a file does not matter, here where they contradict."""
    facts = [company("c1", KEY), company("c2", OTHER), company("c3"),
             same("b", "c1", "c3"), same("a", "c2", "c3")]  # fmt: skip
    assert subjects.say(*facts) == ["c2+c3"]


def test_the_newest_record_says_how_long_a_subject_lives(subjects: Subjects) -> None:
    subjects.say(company("c1", KEY, valid_from="2010-01-01", valid_to="2020-01-01", name="旧"))
    subjects.say(company("c2", KEY, valid_from="2011-01-01", name="新"))  # no end: undoes none
    view = subjects.view()
    node = view.resolve(KEY)
    alive = [int(view.nodes.vf[node]) <= day_end(day) < int(view.nodes.vt[node])
             for day in ("2010-12-31", "2011-01-01", "2019-12-31", "2020-01-01")]  # fmt: skip
    assert alive == [False, True, True, False]
    assert view.label(node) == "新"
    subjects.say(company("c3", KEY, valid_to="2022-01-01"))
    view = subjects.view()
    assert int(view.nodes.vt[view.resolve(KEY)]) > day_end("2021-12-31")
    subjects.say(gone("c3"))
    view = subjects.view()
    assert int(view.nodes.vt[view.resolve(KEY)]) <= day_end("2020-01-01")
    assert view.label(view.resolve(KEY)) == "新"


@pytest.mark.parametrize("seed", range(8))
def test_lines_of_a_batch_in_any_order_give_one_picture(tmp_path: Path, seed: int) -> None:
    facts = [
        company("c1", name="甲", valid_from="2010-01-01"),
        company("c2", name="乙", valid_from="2012-01-01", valid_to="2020-01-01"),
        company("c3", KEY, name="丙", valid_to="2022-01-01"), company("c4", OTHER, name="丁"),
        company("c5", KEY, name="戊"), company("c6"), company("c7"),
        same("j1", "c1", "c2"), same("j2", "c2", "c3"), same("j3", "c1", "c4"),
        same("j4", "c6", "c7"), same("n1", "c5", "c2", "not_same_as"),
        {"kind": "listing", "id": "l1", "subject": "c3", "list": "black"},
        {"kind": "listing", "id": "l2", "subject": "c5", "list": "red"},
        {"kind": "guarantee", "id": "g1", "from": f"cn:uscc:{KEY}", "to": "c6"},
    ]  # fmt: skip
    pictures = []
    for name, order in (("a", facts), ("b", random.Random(seed).sample(facts, len(facts)))):
        store = open_store(f"sqlite:///{tmp_path / name}.db", create=True)
        write(store, order, 10**6)
        pictures.append(picture(snapshot_of(open_live(store))))
        store.close()
    assert pictures[0]["subjects"] == pictures[1]["subjects"]
    assert pictures[0]["rows"] == pictures[1]["rows"]
    assert pictures[0]["name"] == pictures[1]["name"]


def test_an_id_of_15_digits_and_the_one_that_replaced_it_are_one_subject(subjects: Any) -> None:
    def person(ident: str, number: str) -> dict[str, Any]:
        return {"kind": "person", "id": ident, "keys": {"resident_id": number}}

    assert subjects.say(person("p1", "110105491231002"), person("p2", "110105491231003")) == []
    assert subjects.say(person("p3", "11010519491231002X")) == ["p1+p3"]
    view = subjects.view()
    assert view.resolve("110105491231002") == view.resolve("d:p3")


def test_a_registration_number_decides_nothing(subjects: Any) -> None:
    number = {"attrs": {"registration_number": "110108002734659"}}
    assert subjects.say(company("c1", KEY, **number), company("c2", **number)) == []
