"""Whose an account is: of several holders, of one that is no more, and of one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from algorithms.flows.holders import holders
from algorithms.flows.insiders import Insiders
from graph.times import day_end
from tests.algorithms.flows.test_transfer_cycles import account
from tests.algorithms.related.worlds import Fact, company, person, relation, world


@pytest.mark.parametrize("back", [False, True])
def test_the_least_name_of_several(back: bool) -> None:
    who = [company("c"), person("p")]
    facts = [
        *(reversed(who) if back else who),
        account("a"),
        relation("holds_account", "h1", "c", "a"),
        relation("holds_account", "h2", "p", "a"),
    ]
    with world(facts) as snapshot:
        at, place = day_end("2025-01-01"), snapshot.resolve("d:a")
        found = holders(snapshot, at)
        assert snapshot.canonical(int(found.of[place])) == "d:c"
        assert (bool(found.company[place]), bool(found.person[place])) == (True, False)
        one = Insiders(snapshot, at).holder(np.array([place], np.int64))
        assert snapshot.canonical(int(one[0])) == "d:c"


def whose(facts: list[Fact], day: str) -> tuple[str | None, list[str], bool, set[str]]:
    """The holder of account `a` by either reading, whether `b` is of its group, who is around."""
    with world(facts) as snapshot:
        at = day_end(day)
        a, b = snapshot.resolve("d:a"), snapshot.resolve("d:b")
        found, around = holders(snapshot, at), Insiders(snapshot, at)
        of = int(found.of[a])
        return (
            None if of < 0 else snapshot.canonical(of),
            snapshot.canonicals(around.holders(a)),
            bool(found.group[a] == found.group[b] >= 0),
            set(snapshot.canonicals(sorted(around.around(a)))),
        )


GROUP = [
    company("c", valid_from="2020-01-01", valid_to="2025-06-01"), company("m"), person("p"),
    account("a"), account("b"),
    relation("holds_account", "h1", "c", "a"),
    relation("holds_account", "h2", "m", "b"),
    relation("shareholder", "s1", "m", "c", share="0.8", valid_to="2025-06-01"),
    relation("legal_representative", "l1", "p", "c"),
]  # fmt: skip


@pytest.mark.parametrize("day", ["2025-01-01", "2026-01-01"])
def test_a_company_struck_off_is_still_who_held_it(day: str) -> None:
    assert whose(GROUP, day) == ("d:c", ["d:c"], True, {"d:c", "d:m", "d:p"})


def test_what_was_not_yet_or_ended_before_does_not_count() -> None:
    assert whose(GROUP, "2019-01-01") == (None, [], False, set())
    sold = [{**fact, "valid_to": "2024-01-01"} if fact["id"] == "s1" else fact for fact in GROUP]
    assert whose(sold, "2026-01-01") == ("d:c", ["d:c"], False, {"d:c", "d:p"})


@pytest.mark.parametrize(
    ("day", "of"), [("2024-06-01", "c"), ("2025-06-01", "m"), ("2026-06-01", "m")]
)
def test_the_last_of_holders_one_after_the_other(day: str, of: str) -> None:
    facts = [
        company("c"), company("m"), account("a"), account("b"),
        relation("holds_account", "h1", "c", "a", valid_from="2024-01-01", valid_to="2025-01-01"),
        relation("holds_account", "h2", "m", "a", valid_from="2025-02-01", valid_to="2026-01-01"),
    ]  # fmt: skip
    assert whose(facts, day)[:2] == (f"d:{of}", [f"d:{of}"])
