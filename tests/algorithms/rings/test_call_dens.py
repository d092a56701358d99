"""Call dens through the real store, against brute force."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from algorithms.registry import ask
from graph.errors import UnknownSubject
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.rings import together

AS_OF = "2022-01-01"


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "call_dens", {"as_of": AS_OF, **params})
    )
    return plain


def dens(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


def thing(kind: str, name: str, **more: Any) -> Fact:
    return {"kind": kind, "id": name, **more}


def call(name: str, a: str, b: str, seconds: float | None, at: str = "2021-03-01") -> Fact:
    more = {} if seconds is None else {"duration": seconds}
    return relation("call", name, a, b, at=at, **more)


CALL = st.tuples(st.integers(0, 5), st.integers(0, 7), st.sampled_from([5, 60, 61, None]))
USE = st.tuples(st.integers(0, 3), st.sampled_from(["t0", "t1", "t2", "t3", "v0", "d0"]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(CALL, max_size=40),
    st.lists(USE, max_size=10),
    st.sampled_from([1, 2]),
    st.sampled_from([0.5, 1.0]),
    st.sampled_from([2, 50]),
)
def test_dens_are_those_of_the_referee(made, uses, least, share, most) -> None:
    facts = [thing("phone", f"t{k}") for k in range(8)] + [person(f"p{k}") for k in range(4)]
    facts += [thing("device", "v0"), thing("address", "d0")]
    facts += [call(f"k{n}", f"t{a}", f"t{b}", seconds) for n, (a, b, seconds) in enumerate(made)]
    facts.append(call("later", "t0", "t7", 5, "2022-01-02"))
    kinds = {"t": "uses_phone", "v": "uses_device", "d": "located_at"}
    facts += [
        relation(kinds[item[0]], f"u{n}", f"p{who}", item) for n, (who, item) in enumerate(uses)
    ]
    lasted: dict[tuple[str, str], list[float | None]] = defaultdict(list)
    for a, b, seconds in made:
        if a != b:
            lasted[f"t{a}", f"t{b}"].append(seconds)
    cold = {
        pair
        for pair, times in lasted.items()
        if pair[::-1] not in lasted and all(s is not None and s <= 60 for s in times)
    }
    callers = {
        a
        for a, _ in lasted
        if (callees := [pair for pair in lasted if pair[0] == a])
        and len(callees) >= least
        and sum(pair in cold for pair in callees) >= share * len(callees)
    }
    pairs = {(f"p{who}", item) for who, item in uses}
    users = {item: {p for p, other in pairs if other == item} for _, item in pairs}
    things = {p: {i for other, i in pairs if other == p} for p, _ in pairs}
    tied: dict[str, set[str]] = defaultdict(set)
    for phone in callers:
        for user in users.get(phone, set()):
            if len(users[phone]) > most:
                continue
            if len({i for i in things[user] if i[0] == "t"}) <= most:
                tied[user].add(phone)
            places = {i for i in things[user] if i[0] != "t"}
            for place in places if len(places) <= most else ():
                if len(users[place]) <= most:
                    tied[place].add(phone)
    links = [frozenset({a, b}) for group in tied.values() for a in group for b in group if a != b]
    expected = together(links)
    expected |= {frozenset({p}) for p in callers if not any(p in group for group in expected)}
    with world(facts) as snapshot:
        found = dens(snapshot, min_callees=least, min_cold=share, max_sharing=most)
    assert len(found) == len(expected)
    assert {frozenset(m[2:] for m in row["members"]) for row in found} == expected
    for row in found:
        mine = [pair for pair in lasted if f"d:{pair[0]}" in row["members"]]
        number = sum(pair in cold for pair in mine)
        assert row["attrs"]["cold"] == number
        assert row["attrs"]["callees"] == len({b for _, b in mine})
        assert row["attrs"]["calls"] == sum(len(lasted[pair]) for pair in mine)
        rate = len(cold) / len(lasted)
        assert row["p"] == pytest.approx(binom.sf(number - 1, len(mine), rate), abs=1e-9)


def den(*, users: list[Fact], days: int = 20, paid: bool = True, opened: str = "2021-02-20"):
    """Three phones at one device that call twelve strangers each; and a town that calls itself."""
    facts: list[Fact] = [*users, thing("device", "v"), thing("account", "mule", valid_from=opened)]
    facts += [relation("uses_device", f"v-{u['id']}", u["id"], "v") for u in users]
    facts.append(relation("uses_device", "v-mule", "mule", "v"))
    for k in range(3):
        facts.append(thing("phone", f"t{k}"))
        facts.append(relation("uses_phone", f"u{k}", users[k % len(users)]["id"], f"t{k}"))
        for other in range(12):
            name = f"s{k}-{other}"
            facts += [thing("phone", name), person(f"v{name}"), thing("account", f"a{name}")]
            facts.append(relation("uses_phone", f"u{name}", f"v{name}", name))
            facts.append(relation("holds_account", f"h{name}", f"v{name}", f"a{name}"))
            month, day = divmod(days * other // 12, 28)
            facts.append(call(f"k{name}", f"t{k}", name, 30, f"2021-{month + 3:02d}-{day + 1:02d}"))
    for k in range(40):
        facts += [thing("phone", f"x{k}"), thing("phone", f"y{k}")]
        facts += [call(f"xy{k}", f"x{k}", f"y{k}", 200), call(f"yx{k}", f"y{k}", f"x{k}", 90)]
    if paid:
        pay = {"amount": "100.00", "at": "2021-03-25"}
        facts.append(relation("transfer", "m1", "as0-1", "mule", **pay))
        facts.append(relation("transfer", "m2", "as1-4", "mule", **pay))
        early = {"amount": "7.00", "at": "2021-01-01"}  # before the call
        facts.append(relation("transfer", "m3", "as1-5", "mule", **early))
    return facts


def test_worked_example() -> None:
    with world(den(users=[person("p0"), person("p1")])) as snapshot:
        (row,) = dens(snapshot)
        assert dens(snapshot, min_callees=13) == []
        assert dens(snapshot, short=29) == []
        assert [r["id"] for r in dens(snapshot, subject="v")] == [row["id"]]
        assert dens(snapshot, subject="x1") == []
        with pytest.raises(UnknownSubject):
            dens(snapshot, subject="nobody")
    assert row["pattern"] == "call_den"
    assert row["members"] == ["d:t0", "d:t1", "d:t2"]
    assert row["attrs"]["circle"] == ["d:v", "d:p0", "d:p1", "d:mule"]
    assert row["amount"] == "200.00"
    assert {"d:m1", "d:m2", "d:u0", "d:v-mule"} <= set(row["facts"])
    assert "d:m3" not in row["facts"]
    # Of 116 pairs 36 are cold, and all 36 of this den are.
    assert row["p"] == pytest.approx((36 / 116) ** 36)
    assert {"one_device", "weeks_only", "accounts_opened", "callees_paid"} <= set(row["signs"])
    assert row["score"] > 0.9


def test_service_and_delivery_call_strangers_too() -> None:
    firm = [company("c", valid_from="2015-01-01")]
    with world(den(users=firm, days=280, opened="2015-02-01")) as snapshot:
        (service,) = dens(snapshot)
    assert service["signs"]["business"] < 0
    assert service["signs"]["for_long"] < 0
    assert service["score"] < 0.5
    people = [person(f"p{k}") for k in range(3)]
    work = [company("c"), *(relation("employs", f"e{k}", "c", f"p{k}") for k in range(3))]
    with world(den(users=people, paid=False) + work) as snapshot:
        (colleagues,) = dens(snapshot)
    assert colleagues["signs"]["colleagues"] < 0
    assert colleagues["amount"] is None
