"""The lineage of clusters against sets compared all with all, day by day."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ALGORITHMS, ask, prepare
from algorithms.risk.cluster_history import HistoryParams
from algorithms.risk.history_rows import days_of
from algorithms.risk.lineage import links, steps
from graph.errors import UnknownSubject, WrongUsage
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store
from tests.algorithms.related.worlds import Fact, company, relation, world
from tests.algorithms.risk.test_clusters import listing, named
from tests.referees.clusters import Reason, Rules, Tie, clusters_of, steps_of

DAYS = ["2020-01-01", "2020-04-01", "2020-07-01", "2020-10-01", "2021-01-01"]


def history(snapshot: Snapshot, **more: Any) -> list[Any]:
    asked = {"as_of": DAYS[-1], "days": DAYS[:-1], "steady": True, **more}
    found: list[Any] = ask(snapshot, "cluster_history", asked)["results"]
    return found


# -- sets alone -----------------------------------------------------------------------------------


@st.composite
def disjoint(draw: st.DrawFn) -> list[frozenset[int]]:
    """Groups of which none share a member."""
    labels = draw(st.lists(st.integers(0, 5), min_size=12, max_size=12))
    groups = [frozenset(n for n, of in enumerate(labels) if of == k) for k in range(5)]
    return [group for group in groups if group]


@settings(max_examples=200, deadline=None)
@given(disjoint(), disjoint(), st.sampled_from([0.2, 0.34, 0.5, 0.75, 1.0]))
def test_steps_are_those_of_all_pairs(
    before: list[frozenset[int]], after: list[frozenset[int]], overlap: float
) -> None:
    found = steps(before, after, links(before, after, overlap))
    told = {
        (s.event, frozenset(before[p] for p in s.parents), after[s.after] if s.after >= 0 else None)
        for s in found
    }
    assert len(found) == len(told)
    # The referee takes every group by a name, and says all that happened by it.
    old = {f"a{n}": frozenset(map(str, group)) for n, group in enumerate(before)}
    new = {f"b{n}": frozenset(map(str, group)) for n, group in enumerate(after)}
    assert {
        (
            s.event,
            frozenset(frozenset(map(int, old[p])) for p in s.parents),
            None if s.event == "dissolved" else frozenset(map(int, new[s.id])),
        )
        for s in steps_of(old, new, overlap)
    } == told


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        ([], ["abc"], "born"),
        (["abc"], ["abcd"], "grew"),
        (["abcd"], ["abc"], "shrank"),
        (["abc"], ["abd"], "changed"),
        (["abc"], ["abc"], "steady"),
        (["ab", "cd"], ["abcd"], "merged"),
        (["abcd"], ["ab", "cd"], "split"),
        (["abcdefgh"], ["a", "xyz"], "grew shrank"),
        (["abc"], [], "dissolved"),
        (["abcd"], ["dxyzuvw"], "born"),  # one of four in common is too few to go on
    ],
)
def test_what_each_event_is(before: list[str], after: list[str], event: str) -> None:
    old, new = ([frozenset(map(ord, each)) for each in groups] for groups in (before, after))
    assert steps(old, new, links(old, new, 0.5))[0].event in event.split()


# -- days -----------------------------------------------------------------------------------------


def asked(**given: Any) -> Any:
    return prepare(ALGORITHMS["cluster_history"], given)


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({"as_of": "2024-03-31", "steps": 2}, ["2024-01-31", "2024-02-29", "2024-03-31"]),
        ({"as_of": "2024-01-15", "steps": 1}, ["2023-12-15", "2024-01-15"]),
        ({"as_of": "2024-05-31", "steps": 1, "step": "quarter"}, ["2024-02-29", "2024-05-31"]),
        ({"as_of": "2024-02-29", "steps": 1, "step": "year"}, ["2023-02-28", "2024-02-29"]),
        ({"as_of": "2024-01-03", "steps": 1, "step": "week"}, ["2023-12-27", "2024-01-03"]),
        ({"as_of": "2024-01-01", "steps": 1, "step": "day"}, ["2023-12-31", "2024-01-01"]),
        ({"as_of": "2024-01-01", "days": ["2023-05-01", "2024-01-01", "2022-05-01"]},
         ["2022-05-01", "2023-05-01", "2024-01-01"]),
    ],
)  # fmt: skip
def test_the_days_looked_at(given: dict[str, Any], days: list[str]) -> None:
    assert days_of(asked(**given)) == days


def test_days_that_are_none_are_refused() -> None:
    for wrong, said in ((["soon"], "not a date"), (["2025-01-01"], "after as_of")):
        with pytest.raises(WrongUsage, match=said):
            days_of(asked(as_of="2024-01-01", days=wrong))
    assert isinstance(asked(), HistoryParams)
    assert len(days_of(asked(as_of="0001-02-01", steps=400, step="year"))) == 401


# -- the whole, against plain sets ----------------------------------------------------------------


class Timed:
    """A random small world whose ties and listings begin and end."""

    def __init__(self, chance: random.Random) -> None:
        self.kinds = {f"d:c{n}": "company" for n in range(chance.randint(3, 8))}
        self.facts: list[Fact] = [company(name[2:]) for name in self.kinds]
        self.ties: list[tuple[Tie, str]] = []
        self.reasons: list[tuple[str, Reason, str]] = []
        names = list(self.kinds)
        whens = ["2019-01-01", "2020-02-01", "2020-05-01", "2020-08-01", "2020-11-01", "9999-01-01"]
        for n in range(chance.randint(1, 14)):
            a, b = chance.choice(names), chance.choice(names)
            first, last = sorted(chance.sample(whens, 2))
            fact = relation("guarantee", f"r{n}", a, b, valid_from=first)
            self.facts.append(fact | ({} if last[0] == "9" else {"valid_to": last}))
            self.ties.append((Tie(f"d:r{n}", "guarantee", a, b, None, first), last))
        for n in range(chance.randint(1, 8)):
            who = chance.choice(names)
            first, last = sorted(chance.sample(whens, 2))
            fact = listing(f"l{n}", who, valid_from=first)
            self.facts.append(fact | ({} if last[0] == "9" else {"valid_to": last}))
            self.reasons.append((who, Reason(f"d:l{n}", "black/tax", first), last))

    def clusters(self, day: str, min_core: int) -> dict[str, frozenset[str]]:
        """By their names, the members of each on a day."""
        reasons: dict[str, list[Reason]] = {}
        for who, reason, last in self.reasons:
            if (reason.begins or "") <= day < last:
                reasons.setdefault(who, []).append(reason)
        ties = [tie for tie, last in self.ties if (tie.begins or "") <= day < last]
        found = clusters_of(reasons, ties, self.kinds, Rules(min_core=min_core))
        return {named(each.first[2:]): frozenset(each.members) for each in found}


@settings(max_examples=35, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 2), st.sampled_from([0.5, 0.8]))
def test_history_is_that_of_plain_sets(
    chance: random.Random, min_core: int, overlap: float
) -> None:
    drawn = Timed(chance)
    wanted = set()
    before: dict[str, frozenset[str]] | None = None
    for day in DAYS:
        now = drawn.clusters(day, min_core)
        if before is None:
            wanted |= {(day, "present", name, frozenset()) for name in now}
        else:
            wanted |= {(day, s.event, s.id, s.parents) for s in steps_of(before, now, overlap)}
        before = now
    with world(drawn.facts) as snapshot:
        rows = history(snapshot, min_core=min_core, overlap=overlap)
    assert {(r.day, r.event, r.id, frozenset(r.parents)) for r in rows} == wanted
    assert len(rows) == len(wanted)
    # What goes on in what is told from both sides.
    down = {(r.day, p, r.id) for r in rows if r.event != "dissolved" for p in r.parents}
    following = dict(pairwise(DAYS))
    up = {(following[r.day], r.id, c) for r in rows for c in r.children}
    assert up == down


STORY = [
    *(company(name) for name in "abcdefx"),
    *(listing(f"l{name}", name, valid_from=f"2019-0{n}-01")
      for n, name in enumerate("abcd", 1)),
    relation("guarantee", "g1", "a", "b", valid_from="2019-06-01", valid_to="2020-09-01"),
    relation("guarantee", "g2", "c", "d", valid_from="2019-06-01"),
    relation("guarantee", "g3", "b", "c", valid_from="2020-02-01", valid_to="2020-09-01"),
    listing("le", "e", valid_from="2020-06-01"),
    relation("guarantee", "g4", "e", "c", valid_from="2020-06-01"),
]  # fmt: skip


def test_a_story() -> None:
    with world(STORY) as snapshot:
        rows = history(snapshot)
        ab, cd = named("la"), named("lc")
        told = [(r.day, r.event, r.id, r.parents, r.children, r.members) for r in rows]
        assert told == [
            (DAYS[0], "present", ab, [], [ab], 2),
            (DAYS[0], "present", cd, [], [ab], 2),
            (DAYS[1], "merged", ab, sorted([ab, cd]), [ab], 4),
            (DAYS[2], "grew", ab, [ab], [cd], 5),
            (DAYS[3], "shrank", cd, [ab], [cd], 3),
            (DAYS[4], "steady", cd, [cd], [], 3),
        ]
        grew = rows[3]
        assert (grew.joined, grew.left) == (["d:e"], [])
        assert (rows[4].joined, rows[4].left) == ([], ["d:a", "d:b"])
        assert rows[4].core == 3
        assert "d:le" in grew.facts
        assert grew.why.startswith("扩大: 5 个成员, 加入 1, 离开 0; 5 个核心主体")
        assert " / grew: 5 members, 1 joined, 0 left; 5 of the core" in grew.why
        assert [r.event for r in history(snapshot, steady=False)] == [
            "present", "present", "merged", "grew", "shrank",
        ]  # fmt: skip


def test_the_line_of_one_cluster() -> None:
    more = [company("y"), company("z"), listing("ly", "y", valid_from="2019-01-01"),
            listing("lz", "z", valid_from="2019-01-01"),
            relation("guarantee", "g9", "y", "z", valid_from="2019-01-01")]  # fmt: skip
    with world([*STORY, *more]) as snapshot:
        whole = history(snapshot)
        other = named("ly")
        assert [r.id for r in history(snapshot, cluster=other)] == [other] * 5
        line = [r for r in whole if r.id != other]
        # By the name it ended with, the one it began with, and one that it never had alone.
        for name in ("lc", "la", "ld"):
            assert history(snapshot, cluster=named(name)) == line
        with pytest.raises(UnknownSubject, match="no cluster is named"):
            history(snapshot, cluster="cluster:0000000000000000")


def test_by_what_was_known_then(store: Store, write: Any) -> None:
    normaliser = Normaliser("d", store.id_key)

    def record(batch: str, day: int, facts: list[Fact]) -> None:
        rows = [normaliser.row(fact) for fact in facts]
        assert not store.write(batch, rows, recorded_at=day * 86_400_000_000).rejected

    record("b1", 18_300, [f for f in STORY if f["id"] not in ("g1", "le", "g4")])  # 2020-02-08
    record("b2", 18_500, [f for f in STORY if f["id"] in ("g1",)])  # 2020-08-26
    record("b3", 18_700, [f for f in STORY if f["id"] in ("le", "g4")])  # 2021-03-14
    snapshot = open_snapshot(store)
    then = history(snapshot, known="then")
    bcd = named("lb")
    assert [(r.day, r.event, r.id, r.members) for r in then] == [
        (DAYS[1], "born", bcd, 3),
        (DAYS[2], "steady", bcd, 3),
        (DAYS[3], "shrank", named("lc"), 2),
        (DAYS[4], "steady", named("lc"), 2),
    ]
    assert then[0].known_at.startswith("2020-02-08")
    assert [r.event for r in history(snapshot)] == [
        "present", "present", "merged", "grew", "shrank", "steady",
    ]  # fmt: skip
    past = open_snapshot(store, "2020-08-27")  # nothing later comes in by the back door
    assert {r.known_at[:10] for r in history(past, known="then")} == {"2020-02-08", "2020-08-26"}


def test_subjects_that_became_one_since_are_one(store: Store) -> None:
    normaliser = Normaliser("d", store.id_key)

    def record(batch: str, day: int, facts: list[Fact]) -> None:
        rows = [normaliser.row(fact) for fact in facts]
        assert not store.write(batch, rows, recorded_at=day * 86_400_000_000).rejected

    pair = [company("a"), company("b"), company("b2"), listing("la", "a", valid_from="2019-01-01"),
            listing("lb", "b", valid_from="2019-02-01"),
            relation("guarantee", "g1", "a", "b", valid_from="2019-01-01")]  # fmt: skip
    record("b1", 18_200, pair)
    record("b2", 18_400, [relation("same_as", "s1", "b2", "b")])
    rows = history(open_snapshot(store), known="then")
    assert [r.event for r in rows] == ["present", *["steady"] * 4]


def test_bounds_are_said() -> None:
    with world(STORY) as snapshot:
        given = {"as_of": DAYS[-1], "days": DAYS[:-1], "steady": True}
        answer = ask(snapshot, "cluster_history", {**given, "max_rows": 2})
        assert [r.day for r in answer["results"]] == DAYS[3:]
        assert answer["truncated"].limit == 2
        cut = ask(snapshot, "cluster_history", {**given, "max_seconds": 1e-9})
        assert cut["results"] == []
        assert "5 earliest days were not looked at" in cut["truncated"].reason


def test_a_view_of_some_domains_has_no_other_past() -> None:
    """Listings of the tax field are not the register's to tell, whenever they were known."""
    with world(STORY) as snapshot:
        part = snapshot.within(["registry"])
        other = snapshot.within(["registry", "tax"])
        today = {"as_of": "2099-01-01", "days": ["2098-01-01"], "known": "then"}
        for known in ({}, {"known": "then"}, today):
            assert history(part, **known) == []
        assert [(r.event, r.id) for r in history(other)] == [
            (r.event, r.id) for r in history(snapshot)
        ]
