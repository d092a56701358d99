"""Who holds an account that has several holders does not hang on what was loaded first."""

from __future__ import annotations

import numpy as np
import pytest

from algorithms.flows.holders import holders
from algorithms.flows.insiders import Insiders
from graph.times import day_end
from tests.algorithms.flows.test_transfer_cycles import account
from tests.algorithms.related.worlds import company, person, relation, world


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
