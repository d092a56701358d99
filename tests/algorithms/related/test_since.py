"""Relations that began before a moment are left out where `since` asks for it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.errors import WrongUsage
from tests.algorithms.related.worlds import company, facts_and_edges, person, relation, world
from tests.referees.paths import shortest
from tests.referees.related import related


def _dated(facts: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The same facts, each relation with a year of its own, and these by fact id."""
    made, years = [], {}
    for fact in facts:
        if "from" in fact:
            year = 2010 + int(fact["id"][1:]) % 5
            years[f"d:{fact['id']}"] = year
            fact = {**fact, "valid_from": f"{year}-06-01"}  # noqa: PLW2901
        made.append(fact)
    return made, years


@settings(max_examples=60, deadline=None)
@given(
    made=facts_and_edges(),
    start=st.integers(0, 8),
    year=st.integers(2009, 2015),
    direction=st.sampled_from(["in", "out", "both"]),
)
def test_related_parties_and_paths_as_if_the_older_were_not_there(
    made: Any, start: int, year: int, direction: str
) -> None:
    facts, edges, names = made
    facts, years = _dated(facts)
    later = [edge for edge in edges if years[edge.id] >= year]
    start %= len(names)
    kinds = ["shareholder", "officer", "guarantee", "acts_in_concert"]
    with world(facts) as snapshot:
        asked = {"subject": f"c{start}", "depth": 4, "direction": direction, "kinds": kinds}
        answer = ask(snapshot, "related_parties", {**asked, "since": f"{year}-06-01"})
        found = msgspec.to_builtins(answer["results"])
        other = f"c{(start + 1) % len(names)}"
        way = {"from": f"c{start}", "to": other, "k": 5, "since": f"{year}-06-01"}
        paths = [row.members for row in ask(snapshot, "paths", way)["results"]]
    expected = related(later, names[start], 4, direction)
    assert [(r["party"], r["depth"], r["facts"]) for r in found] == [
        (r["party"], r["depth"], r["facts"][:20]) for r in expected
    ]
    a, b = names[start], names[(start + 1) % len(names)]
    assert paths == ([[a]] if a == b else shortest(later, a, b, 5))


SHARED = [
    person("p"), company("a"), company("b"), company("c"),
    relation("shareholder", "s1", "a", "c", valid_from="2015-01-01"),
    relation("shareholder", "s2", "b", "c", valid_from="2020-01-01"),
    relation("legal_representative", "l1", "p", "a", valid_from="2020-01-01"),
    relation("legal_representative", "l2", "p", "b", valid_from="2021-01-01"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("since", "via"),
    [(None, ["d:c", "d:p"]), ("2015-01-02", ["d:p"]), ("2020-01-01T00:00:01+08:00", [])],
)
def test_common_links_since(since: str | None, via: list[str]) -> None:
    more = {"since": since} if since else {}
    with world(SHARED) as snapshot:
        rows = ask(snapshot, "common_links", {"subjects": ["a", "b"], **more})["results"]
    assert sorted(row.via for row in rows) == via


def test_what_is_no_time_is_refused() -> None:
    with world(SHARED) as snapshot, pytest.raises(WrongUsage, match="since: not a date"):
        ask(snapshot, "related_parties", {"subject": "a", "since": "yesterday"})
