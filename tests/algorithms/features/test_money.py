"""Money in and out, degrees: against counting by hand, and blind to what comes after the day."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings

from algorithms.features.making import features
from algorithms.features.table import Features
from graph.snapshot import Snapshot
from tests.algorithms.features.worlds import ACCOUNTS, DAY, END, PEOPLE, entities, transfers
from tests.algorithms.related.worlds import Fact, world
from tests.referees import features as referee
from tests.referees.features import Event

Drawn = tuple[list[Fact], list[Event]]
SPANS = {"7d": 7, "30d": 30, "365d": 365, "ever": None}


def value(snapshot: Snapshot, made: Features, who: str, name: str) -> float | None:
    """A feature of a subject; None where it is not known."""
    row = made.rows(np.array([snapshot.resolve(who)]))[0]
    found = float(made.column(name)[row])
    return None if math.isnan(found) else found


def same(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=2e-5, abs_tol=1e-4)


@settings(max_examples=15, deadline=None)
@given(transfers())
def test_money_of_accounts_and_of_their_holders(drawn: Drawn) -> None:
    facts, events = drawn
    holder = {a: PEOPLE[i // 2] if i < 4 else a for i, a in enumerate(ACCOUNTS)}
    held = [e._replace(src=holder[e.src], dst=holder[e.dst]) for e in events]
    with world([*entities(), *facts]) as snapshot:
        for kind, names, told in (("account", ACCOUNTS, events), ("person", PEOPLE, held)):
            made = features(snapshot, kind, DAY, groups=["money"])
            assert len(made.nodes) == len(names)
            for who in names:
                for end, days in SPANS.items():
                    for name, expected in referee.money(who, told, END, days).items():
                        column = f"money_{name}_{end}"
                        assert same(value(snapshot, made, f"d:{who}", column), expected), column

                for name, expected in (
                    referee.rhythm(who, told, END) | referee.stays(who, told, END)
                ).items():
                    assert same(value(snapshot, made, f"d:{who}", f"money_{name}"), expected), name


@settings(max_examples=10, deadline=None)
@given(transfers())
def test_calls_and_their_rhythm(drawn: Drawn) -> None:
    """The same draws as calls: of accounts phones, of amounts seconds."""
    facts: list[Fact] = [{"kind": "phone", "id": name} for name in ACCOUNTS]
    for fact, event in zip(*drawn, strict=True):
        more = {} if event.value is None else {"duration": event.value}
        ends = {name: fact[name] for name in ("id", "from", "to", "at")}
        facts.append({"kind": "call", **ends, **more})
    with world(facts) as snapshot:
        made = features(snapshot, "phone", DAY, groups=["calls"])
        for who in ACCOUNTS:
            for name, expected in referee.rhythm(who, drawn[1], END).items():
                assert same(value(snapshot, made, f"d:{who}", f"calls_{name}"), expected), name
            for end, days in SPANS.items():
                for name, expected in referee.calls(who, drawn[1], END, days).items():
                    column = f"calls_{name}_{end}"
                    assert same(value(snapshot, made, f"d:{who}", column), expected), column


@settings(max_examples=15, deadline=None)
@given(transfers())
def test_degrees_of_events(drawn: Drawn) -> None:
    facts, events = drawn
    with world([*entities(), *facts]) as snapshot:
        made = features(snapshot, "account", DAY, groups=["degree"])
        for who in ACCOUNTS:
            for end, days in SPANS.items():
                money = referee.money(who, events, END, days)
                for way in ("out", "in"):
                    for name, of in (("count", "transfers"), ("partners", "partners")):
                        found = value(snapshot, made, f"d:{who}", f"transfer_{way}_{name}_{end}")
                        assert found == money[f"{way}_{of}"]


@settings(max_examples=10, deadline=None)
@given(transfers(), transfers(later=True))
def test_nothing_after_the_day_is_in_it(early: Drawn, late: Drawn) -> None:
    told = []
    for facts in ([*entities(), *early[0]], [*entities(), *early[0], *late[0]]):
        with world(facts) as snapshot:
            made = [features(snapshot, kind, DAY) for kind in ("account", "person", "phone")]
            told.append([(each.names, each.matrix.tobytes()) for each in made])
    assert told[0] == told[1]


def test_sums_of_the_largest_amounts_there_are() -> None:
    """Three of 4.6e16 yuan are more than 63 bits of minor units; what is told is in range, and the
    same in any order."""
    big, few = 46 * 10**15, 7
    amounts = [str(big), str(big), str(big), str(few)]
    facts: list[Fact] = [{"kind": "account", "id": name} for name in "abc"]
    facts += [{"kind": "company", "id": name} for name in "xyz"]
    for n, amount in enumerate(amounts):
        day = f"2024-05-0{n + 1}"
        one = {"amount": amount, "at": day}
        facts += [
            {"kind": "transfer", "id": f"in{n}", "from": "a", "to": "b", **one},
            {"kind": "transfer", "id": f"out{n}", "from": "b", "to": "c", **one},
            {"kind": "invoice", "id": f"i{n}", "from": "x", "to": "y", "tax": "0", "goods": "107",
             **one},
            {"kind": "invoice", "id": f"j{n}", "from": "y", "to": "z", "tax": "0", "goods": "107",
             **one},
        ]  # fmt: skip
    whole = float(3 * big + few)
    tables = []
    for order in (facts, facts[::-1]):
        with world(order) as snapshot:
            made = features(snapshot, "account", DAY, groups=["money"])
            told = features(snapshot, "company", DAY, groups=["invoices"])
            for name, expected in {
                "in_sum_ever": whole, "out_sum_ever": whole, "in_mean_ever": whole / 4,
                "in_median_ever": float(big), "out_to_in_ever": 1.0, "dwell": 0.0,
            }.items():  # fmt: skip
                assert same(value(snapshot, made, "d:b", f"money_{name}"), expected), name
            for name in ("passed", "passed_soon"):  # out of all: no sum goes past 63 bits
                found = value(snapshot, made, "d:b", f"money_{name}")
                assert found is not None and same(found, (2**63 - 1) / 100 / whole), name
            for name, expected in {
                "sold_sum_ever": whole, "bought_sum_ever": whole, "sold_top_ever": 1.0,
                "sold_goods_ever": 1.0, "bought_to_sold_ever": 1.0, "export_ever": 0.0,
            }.items():  # fmt: skip
                assert same(value(snapshot, told, "d:y", f"invoices_{name}"), expected), name
            tables.append([
                [value(snapshot, told, f"d:{who}", name) for who in "xyz" for name in told.names],
                [value(snapshot, made, f"d:{who}", name) for who in "abc" for name in made.names],
            ])  # fmt: skip
    assert tables[0] == tables[1]
