"""Shared-identifier rings through the real store, against brute force."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.errors import UnknownSubject, WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees import rings as referee

AS_OF = "2022-01-01"


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    question = {"as_of": AS_OF, **params}
    plain: dict[str, Any] = msgspec.to_builtins(ask(snapshot, "shared_identifier_rings", question))
    return plain


def rings(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


def thing(kind: str, name: str) -> Fact:
    return {"kind": kind, "id": name}


@st.composite
def uses(draw: st.DrawFn) -> list[tuple[str, str, str, bool]]:
    """Who uses what, by which kind of relation, and whether it is still true."""
    pair = st.tuples(
        st.integers(0, 8),
        st.sampled_from([("uses_phone", "t0"), ("uses_phone", "t1"), ("located_at", "d0"),
                         ("located_at", "d1"), ("uses_device", "v0")]),
        st.sampled_from([True, True, True, False]),
    )  # fmt: skip
    drawn = draw(st.lists(pair, max_size=30))
    return [(f"c{who}", kind, item, there) for who, (kind, item), there in drawn]


@settings(max_examples=60, deadline=None)
@given(
    uses(),
    st.lists(st.integers(0, 8), max_size=6),
    st.integers(2, 6),
    st.sampled_from([0.1, 0.5, 1.0]),
    st.sampled_from([0.4, 1.0]),
)
def test_rings_are_those_of_the_referee(made, owned, most, least, dense) -> None:
    """Of the nine companies some have one legal representative, and are one party."""
    facts = [company(f"c{k}") for k in range(9)]
    facts += [thing("phone", "t0"), thing("phone", "t1"), thing("device", "v0")]
    facts += [thing("address", "d0"), thing("address", "d1")]
    for k, (who, kind, item, there) in enumerate(made):
        facts.append(relation(kind, f"r{k}", who, item, valid_to=None if there else "2021-06-01"))
    facts.append(person("p"))
    facts += [
        relation("legal_representative", f"l{k}", "p", f"c{who}") for k, who in enumerate(owned)
    ]
    party = {f"d:c{who}": "p" for who in owned}
    edges = {(f"d:{who}", item) for who, _, item, there in made if there}
    expected = {
        group
        for group in referee.dense_groups(
            referee.pair_weights(edges, most, {"d0", "d1"}, party),
            Fraction(str(least)),
            Fraction(str(dense)),
        )
        if len({party.get(member, member) for member in group}) >= 3
    }
    with world(facts) as snapshot:
        bounds = {"max_sharing": most, "min_weight": least, "min_density": dense}
        found = rings(snapshot, **bounds)
        for name in ("d:c0", "d:c5"):
            mine = [row for row in found if name in row["members"]]
            assert [r["id"] for r in rings(snapshot, subject=name, **bounds)] == [
                r["id"] for r in mine
            ]
    assert len(found) == len(expected)
    assert {frozenset(row["members"]) for row in found} == expected
    for row in found:
        items = {f"d:{item}" for a, item in edges if a in row["members"]}

        def parties(item: str, among: list[str]) -> int:
            return len({party.get(m, m) for m in among if (m, item[2:]) in edges})

        shared = {
            item
            for item in items
            if parties(item, row["members"]) > 1
            and parties(item, [f"d:c{k}" for k in range(9)]) <= most
        }
        assert set(row["attrs"].get("circle", [])) - {"d:p"} == shared
        tying = {
            f"d:r{k}" for k, (who, _, item, there) in enumerate(made)
            if there and f"d:{who}" in row["members"] and f"d:{item}" in shared
        }  # fmt: skip
        assert set(row["facts"]) <= tying
        assert row.get("facts_total", len(row["facts"])) == len(tying)


def around(members: list[Fact], *items: tuple[str, str, str]) -> list[Fact]:
    """Members who all use the same things: kind of relation, kind of thing, name."""
    facts = list(members)
    for kind, what, name in items:
        facts.append(thing(what, name))
        facts += [relation(kind, f"{m['id']}-{name}", m["id"], name) for m in members]
    return facts


PHONE, PLACE = ("uses_phone", "phone", "t1"), ("located_at", "address", "d1")


def test_worked_example() -> None:
    firms = [company(f"c{k}", valid_from=f"2020-03-{k + 10}") for k in range(4)]
    facts = around(firms, PHONE, PLACE)
    facts += [person("p1")]
    facts += [relation("officer", f"l{k}", "p1", f"c{k}") for k in (0, 1)]
    with world(facts) as snapshot:
        (ring,) = rings(snapshot)
        assert rings(snapshot, min_size=5) == []
        # Three others each: 1/3 for the phone and half of that for the place.
        assert len(rings(snapshot, min_weight=0.5)) == 1
        assert rings(snapshot, min_weight=0.501) == []
        assert rings(snapshot, max_sharing=3) == []
        assert rings(snapshot, as_of="2020-03-11") == []
    assert ring["pattern"] == "shared_identifiers"
    assert ring["members"] == ["d:c0", "d:c1", "d:c2", "d:c3"]
    assert ring["attrs"]["circle"] == ["d:d1", "d:t1", "d:p1"]
    assert len(ring["facts"]) == 8
    assert ring["signs"]["founded_together"] > 0
    assert ring["signs"]["several_kinds"] > 0
    # All 8 relations: each of 4 members has 2, each item 4 of them; the expected pairs are
    # 6 pairs * 2 * 2 * (2 items * 4 * 3) / 8^2 = 9, against 6 that were seen.
    head = 1 - sum(9**k / fact(k) for k in range(6)) * 2.718281828459045**-9
    assert ring["p"] == pytest.approx(head)


def fact(k: int) -> int:
    return 1 if k < 2 else k * fact(k - 1)


def test_ordinary_sharing_is_weighed_less() -> None:
    people = [person(f"p{k}") for k in range(3)]
    kin = [relation("kin", f"k{k}", "p0", f"p{k}") for k in (1, 2)]
    firms = [company(f"c{k}") for k in range(4)]
    group = [relation("controller", f"s{k}", "c0", f"c{k}") for k in (1, 2, 3)]
    cases = {
        "family": (around(people, PHONE, PLACE), kin),
        "declared_group": (around(firms, PHONE, PLACE), group),
        "tenants": (around(firms, PLACE), []),
        "clients": (around(firms, PHONE), []),
        "employer": (
            around(people, PHONE, PLACE),
            [company("c9"), *(relation("employs", f"e{k}", "c9", f"p{k}") for k in range(3))],
        ),
    }
    for name, (shared, more) in cases.items():
        with world([*shared, *more]) as snapshot:
            (ring,) = rings(snapshot)
        with world(shared) as snapshot:
            (bare,) = rings(snapshot)
        assert ring["signs"][name] < 0
        if more:
            assert ring["score"] < bare["score"]
            assert name not in bare["signs"]


def test_who_acts_for_one_another_shares_nothing_with_itself() -> None:
    firms = [company(f"c{k}") for k in range(4)]
    owned = [relation("shareholder", f"s{k}", "c0", f"c{k}", share="0.8") for k in (1, 2, 3)]
    half = [{**fact, "share": "0.5"} for fact in owned]
    with world(around(firms, PHONE, PLACE) + owned) as snapshot:
        assert rings(snapshot) == []
    with world(around(firms, PHONE, PLACE) + half) as snapshot:
        assert len(rings(snapshot)) == 1


def test_a_phone_of_many_joins_nobody() -> None:
    with world(around([person(f"p{k}") for k in range(40)], PHONE)) as snapshot:
        assert rings(snapshot) == []
        assert len(rings(snapshot, max_sharing=40, min_weight=0.02)) == 1


def test_what_is_refused() -> None:
    with world(around([company("c1")], PHONE)) as snapshot:
        with pytest.raises(UnknownSubject):
            rings(snapshot, subject="nobody")
        with pytest.raises(WrongUsage):
            rings(snapshot, kinds="uses_phones")
