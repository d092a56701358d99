"""Fans and layers through the real store, against windows counted out one by one."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.snapshot import Snapshot
from tests.algorithms.flows.test_transfer_cycles import payments
from tests.algorithms.related.worlds import world
from tests.referees.fans import (
    Pay,
    fans,
    gather_scatters,
    layers,
    scatter_gathers,
)

ALL = ("fan_in", "fan_out", "scatter_gather", "gather_scatter", "bipartite", "stack")


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "fan_patterns", {"max_rows": 100_000, **params})
    )
    return plain


def rows(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


def sized(window: float, size: int) -> dict[str, Any]:
    asks: dict[str, Any] = {f"{name}_window": window for name in ALL}
    return asks | {f"{name}_size": size for name in ALL}


@st.composite
def worlds(draw: st.DrawFn) -> list[Pay]:
    """Few accounts that pay each other often, several times in a moment too."""
    n = draw(st.integers(3, 7))
    days = draw(st.sampled_from([0, 3, 9, 30]))
    end = st.integers(0, n - 1)
    made = draw(st.lists(st.tuples(end, end, st.integers(0, days)), max_size=40))
    return [Pay(f"d:t{i:02d}", f"d:a{a}", f"d:a{b}", t) for i, (a, b, t) in enumerate(made)]


def facts_of(made: list[Pay]) -> list[dict[str, Any]]:
    return payments([(p.id[2:], p.src[2:], p.dst[2:], p.time) for p in made])


def shown(row: dict[str, Any], first: float = 0) -> tuple[Any, ...]:
    """A row as the referee says it; its facts are compared where all of them are shown."""
    members, pattern = row["members"], row["pattern"]
    if pattern in ("fan_in", "fan_out"):
        core = (members[0], *sorted(members[1:]))
    elif pattern == "scatter_gather":
        core = (members[0], *sorted(members[1:-1]), members[-1])
    else:
        core = tuple(sorted(members))
    return pattern, core, frozenset(row["facts"]) if "facts_total" not in row else None


def compare(found: list[dict[str, Any]], expected: list[tuple[Any, ...]]) -> None:
    """Everything found, nothing invented, nothing twice."""
    wide = [row for row in found if "facts_total" in row]
    whole = [shown(row) for row in found if "facts_total" not in row]
    small = [
        (p, tuple(sorted(core)) if p == "gather_scatter" else core, facts)
        for p, core, facts, *_ in expected
        if len(facts) <= 20
    ]
    assert sorted(map(str_of, whole)) == sorted(map(str_of, small))
    large = [(p, len(facts)) for p, _, facts, *_ in expected if len(facts) > 20]
    assert sorted((row["pattern"], row["facts_total"]) for row in wide) == sorted(large)


def str_of(row: tuple[Any, ...]) -> str:
    return f"{row[0]} {row[1]} {sorted(row[2])}"


@settings(max_examples=120, deadline=None)
@given(worlds(), st.sampled_from([1, 3, 7]), st.integers(2, 3))
def test_findings_are_those_of_the_referee(made: list[Pay], window: int, size: int) -> None:
    expected = [
        *fans(made, window, size, inward=True),
        *fans(made, window, size, inward=False),
        *scatter_gathers(made, window, size),
        *gather_scatters(made, window, size),
        *layers(made, window, size, 4, two=False),
        *layers(made, window, size, 4, two=True),
    ]
    with world(facts_of(made)) as snapshot:
        found = rows(snapshot, max_layer=4, **sized(window, size))
        compare(found, expected)
        some = rows(snapshot, max_layer=4, account="a1", **sized(window, size)) if any(
            "d:a1" in (p.src, p.dst) for p in made
        ) else None  # fmt: skip
    if some is not None:
        assert sorted(r["id"] for r in some) == sorted(
            r["id"] for r in found if "d:a1" in r["members"]
        )


@settings(max_examples=40, deadline=None)
@given(worlds(), st.sampled_from([2, 5]))
def test_episodes_begin_and_end_as_the_referees_do(made: list[Pay], window: int) -> None:
    from datetime import timedelta

    from tests.algorithms.flows.test_transfer_cycles import DAY_ONE

    def day(time: float) -> str:
        return (DAY_ONE + timedelta(days=time)).date().isoformat()

    expected = [
        (p, tuple(sorted(core)), [day(first), day(last)])
        for p, core, _, first, last in [
            *fans(made, window, 2, inward=True),
            *scatter_gathers(made, window, 2),
            *gather_scatters(made, window, 2),
        ]
    ]
    wanted = "fan_in,scatter_gather,gather_scatter"
    with world(facts_of(made)) as snapshot:
        found = rows(snapshot, patterns=wanted, **sized(window, 2))
    got = [(r["pattern"], tuple(sorted(r["members"])), r["attrs"]["episode"]) for r in found]
    assert sorted(map(str, got)) == sorted(map(str, expected))
