"""Event gangs through the real store, against brute force."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from algorithms.rings.gang_signs import sort_of, takes_turns
from graph.errors import UnknownSubject
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees import rings as referee

AS_OF = "2022-01-01"


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "event_gangs", {"as_of": AS_OF, **params})
    )
    return plain


def gangs(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


def event(name: str, kind: str | None = "claim") -> Fact:
    return {"kind": "event", "id": name, "attrs": {"type": kind} if kind else {}}


def took_part(who: str, what: str, role: str = "", **more: Any) -> Fact:
    fields = {"role": role} if role else {}
    return relation("participated", f"{who}-{what}-{role}", who, what, **fields, **more)


def tail(count: int, mean: float) -> float:
    return 1 - math.fsum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count))


SORTS = ("claim", "tender", "exam", "wedding")


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.tuples(st.integers(0, 6), st.integers(0, 7)), max_size=36),
    st.lists(st.sampled_from(SORTS), min_size=8, max_size=8),
    st.sampled_from([2, 3]),
    st.sampled_from([3, 7]),
    st.sampled_from([0.2, 0.5, 1.0]),
)
def test_gangs_are_those_of_the_referee(made, sorts, least, most, chance) -> None:
    facts = [person(f"p{k}") for k in range(7)]
    facts += [event(f"e{k}", sorts[k]) for k in range(8)]
    facts += [took_part(f"p{a}", f"e{b}") for a, b in made]
    facts.append(took_part("p0", "e0", "later", valid_from="2022-01-02"))
    size = Counter(b for _, b in made)
    private = {(a, b) for a, b in made if size[b] <= most}
    k = Counter(a for a, _ in private)
    d = Counter(b for _, b in private)
    total = len(private)
    expected = set()
    for sort in SORTS[:3]:
        count: Counter[frozenset[str]] = Counter()
        for b in range(8):
            if sorts[b] == sort:
                there = sorted(a for a, other in private if other == b)
                count.update(frozenset({f"d:p{x}", f"d:p{y}"}) for x, y in combinations(there, 2))
        tied = {}
        for pair, n in count.items():
            x, y = (int(name[3:]) for name in pair)
            mean = k[x] * k[y] * sum(v * (v - 1) for v in d.values()) / total**2
            if n >= least and tail(n, mean) <= chance:
                tied[pair] = Fraction(n)
        groups = referee.dense_groups(tied, Fraction(least), Fraction(3, 10))
        expected |= {(sort, group) for group in groups}
    pattern = {"claim": "claim_gang", "tender": "bid_rigging", "exam": "exam_gang"}
    with world(facts) as snapshot:
        bounds = {"min_events": least, "max_participants": most, "max_chance": chance}
        found = gangs(snapshot, **bounds)
        mine = gangs(snapshot, subject="p0", **bounds)
    assert {(row["pattern"], frozenset(row["members"])) for row in found} == {
        (pattern[sort], group) for sort, group in expected
    }
    assert len(found) == len(expected)
    assert mine == [row for row in found if "d:p0" in row["members"]]
    for row in found:
        sort = next(sort for sort, name in pattern.items() if name == row["pattern"])
        inside = {(a, b) for a, b in private if f"d:p{a}" in row["members"] and sorts[b] == sort}
        shared = {b for _, b in inside if sum(other == b for _, other in inside) > 1}
        assert set(row["attrs"]["events"]) == {f"d:e{b}" for b in shared}
        facts_of = {f"d:p{a}-e{b}-" for a, b in inside if b in shared}
        assert set(row["facts"]) <= facts_of
        assert row.get("facts_total", len(row["facts"])) == len(facts_of)
        meetings = sum(sum(other == b for _, other in inside) - 1 for b in shared)
        degrees = [k[int(name[3:])] for name in row["members"]]
        pairs = sum(x * y for x, y in combinations(degrees, 2))
        mean = pairs * sum(v * (v - 1) for v in d.values()) / total**2
        assert row["p"] == pytest.approx(tail(meetings, mean), abs=1e-12)


def crowd(count: int = 40) -> list[Fact]:
    """Claims of others, each once: what makes meeting again unlikely."""
    facts = []
    for k in range(count):
        facts += [person(f"x{k}"), person(f"y{k}"), event(f"o{k}")]
        facts += [took_part(f"x{k}", f"o{k}", "claimant"), took_part(f"y{k}", f"o{k}", "driver")]
    return facts


def test_turning_roles_speak_for_a_claim_gang_and_a_family_against() -> None:
    facts = crowd() + [person(f"p{k}") for k in range(3)] + [event(f"e{k}") for k in range(4)]
    roles = ("claimant", "driver", "witness")
    turning = [took_part(f"p{k}", f"e{e}", roles[(k + e) % 3]) for k in range(3) for e in range(4)]
    fixed = [took_part(f"p{k}", f"e{e}", roles[k]) for k in range(3) for e in range(4)]
    kin = [relation("kin", f"k{k}", "p0", f"p{k}") for k in (1, 2)]
    rows = {}
    for name, more in {"gang": turning, "fixed": fixed, "family": turning + kin}.items():
        with world(facts + more) as snapshot:
            (rows[name],) = gangs(snapshot)
    assert rows["gang"]["members"] == ["d:p0", "d:p1", "d:p2"]
    assert len(rows["gang"]["facts"]) == 12
    assert rows["gang"]["signs"]["turning_roles"] > 0 > rows["fixed"]["signs"]["fixed_roles"]
    assert rows["family"]["signs"]["family"] < 0
    assert rows["fixed"]["score"] < 0.5 < rows["gang"]["score"]
    assert rows["family"]["score"] < 0.5


def tenders(ties: list[Fact], winner: str) -> list[Fact]:
    """Six tenders with the same three bidders, won in turn or by one; and tenders of others."""
    facts = [fact if fact["kind"] != "event" else event(fact["id"], "tender") for fact in crowd()]
    facts += [company(f"c{k}") for k in range(3)] + [person("p")]
    for e in range(6):
        facts.append(event(f"e{e}", "tender"))
        won = e % 3 if winner == "turns" else 0
        facts += [
            took_part(
                f"c{k}", f"e{e}", "winner" if k == won else "bidder", amount=f"{100 + k + e}.00"
            )
            for k in range(3)
        ]
    return facts + ties


def test_rigged_tenders_have_something_behind_them() -> None:
    owner = [relation("shareholder", f"s{k}", "p", f"c{k}", share="0.2") for k in (0, 2)]
    phone: list[Fact] = [{"kind": "phone", "id": "t"}]
    phone += [relation("uses_phone", f"u{k}", f"c{k}", "t") for k in (0, 1)]
    with world(tenders(owner + phone, "turns")) as snapshot:
        (rigged,) = gangs(snapshot)
    with world(tenders([], "one")) as snapshot:
        (narrow,) = gangs(snapshot)
    assert rigged["pattern"] == "bid_rigging"
    assert rigged["members"] == ["d:c0", "d:c1", "d:c2"]
    assert {"one_behind", "shared_things", "turns"} <= set(rigged["signs"])
    # Won were c0 at e0 and e3, c1 at e1 and e4, c2 at e2 and e5: 100 + 102 + 104 + 103 + 105 + 107.
    assert rigged["amount"] == "621.00"
    assert narrow["signs"]["no_ties"] < 0
    assert narrow["score"] < 0.5 < rigged["score"]


def test_helpers_at_one_device_are_no_classmates() -> None:
    facts = [fact if fact["kind"] != "event" else event(fact["id"], "exam") for fact in crowd()]
    facts += [person(f"p{k}") for k in range(3)] + [event(f"e{k}", "exam") for k in range(4)]
    facts += [took_part(f"p{k}", f"e{e}", "registrant") for k in range(3) for e in range(4)]
    device: list[Fact] = [{"kind": "device", "id": "v"}]
    device += [relation("uses_device", f"u{k}", f"p{k}", "v") for k in range(3)]
    school = [company("s"), *(relation("employs", f"w{k}", "s", f"p{k}") for k in range(3))]
    scores = []
    for more in ([], device, device + school):
        with world(facts + more) as snapshot:
            (row,) = gangs(snapshot)
        assert row["pattern"] == "exam_gang"
        scores.append(row["score"])
    assert scores[0] < 0.5 < scores[1]
    assert scores[2] < 0.5


def test_a_public_event_joins_nobody_and_reading_is_bounded() -> None:
    facts = [event("e0"), event("e1"), *(person(f"p{k}") for k in range(30))]
    facts += [took_part(f"p{k}", f"e{e}") for k in range(30) for e in range(2)]
    with world(facts) as snapshot:
        assert gangs(snapshot, max_participants=29) == []
        answer = asked(snapshot, max_events=1, max_chance=1)
        with pytest.raises(UnknownSubject):
            gangs(snapshot, subject="nobody")
    assert answer["truncated"]["limit"] == 1


@pytest.mark.parametrize(
    ("types", "roles", "sort"),
    [
        (["Tender"], ["claimant"], "tender"),
        (["车险理赔"], [], "claim"),
        ([], ["中标人", "投标人", "witness"], "tender"),
        ([], ["考生"], "exam"),
        (["wedding"], ["driver"], None),
        ([], ["guest"], None),
        ([], [], None),
    ],
)
def test_the_sort_of_an_event(types: list[str], roles: list[str], sort: str | None) -> None:
    assert sort_of(types, roles) == sort


@pytest.mark.parametrize("won", [(2, 2, 2), (4, 1, 1), (3, 0), (5,), (1, 1, 1, 1)])
def test_turns_are_counted_exactly(won: tuple[int, ...]) -> None:
    most = sum(x * x for x in won)
    draws = list(product(range(len(won)), repeat=sum(won)))
    even = sum(sum(v * v for v in Counter(draw).values()) <= most for draw in draws)
    assert takes_turns(tuple(sorted(won))) == pytest.approx(even / len(draws))
