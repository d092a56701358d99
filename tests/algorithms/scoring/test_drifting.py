"""Whether an order holds still, asked of facts that were loaded in another order."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from algorithms.scoring import fitting
from algorithms.scoring.drifting import Stability, stability, taken_away
from algorithms.scoring.labels import of_rows
from algorithms.scoring.model import Model
from algorithms.scoring.training import Plan, train
from graph.model import RELATIONS
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, world
from tests.algorithms.scoring.worlds import FIT, GROUPS, HELD, TEST, UNTIL, WINDOWS, accounts

FACTS, BAD = accounts()
# Many of whom nothing is known by the first day stand equal; by the other, half of them do not.
FACTS += [{"kind": "account", "id": f"z{n}"} for n in range(40)]
FACTS += [
    {"kind": "transfer", "id": f"u{n}-{m}", "from": f"a{m}", "to": f"z{n}", "amount": "5",
     "at": "2021-08-20"}
    for n in range(20) for m in range(n)
]  # fmt: skip
PLAN = Plan(kind="account", fit=FIT, calibrate=HELD, test=TEST, until=UNTIL, groups=GROUPS,
            windows=WINDOWS, rules=False, k=10)  # fmt: skip


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with world(FACTS) as view:
        yield view


@pytest.fixture(scope="module")
def model(snapshot: Snapshot) -> Model:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("algorithms.scoring.metrics.RESAMPLES", 100)
        patch.setitem(fitting._BOOSTING, "max_iter", 20)
        return train(snapshot, of_rows(snapshot, BAD.items(), "given"), PLAN).model


def shuffled(seed: int) -> list[Fact]:
    facts = FACTS.copy()
    random.Random(seed).shuffle(facts)
    return facts


def asked(view: Snapshot, model: Model, k: int) -> Stability:
    return stability(view, "m", model, HELD, TEST, k=k, share=0.1)


def test_the_order_of_loading_is_not_in_stability(snapshot: Snapshot, model: Model) -> None:
    cuts = (10, 160, 180)  # two are among equals
    found = {k: asked(snapshot, model, k) for k in cuts}
    for seed in (1, 2):
        with world(shuffled(seed)) as view:
            assert {k: asked(view, model, k) for k in cuts} == found
    (_, less) = found[10].agreements
    assert less.spearman is not None and less.spearman < 1  # something was taken away


def test_relations_are_taken_away_by_what_they_are_called(snapshot: Snapshot) -> None:
    rows = snapshot.rows(RELATIONS)
    gone = {*snapshot.fact_ids(taken_away(snapshot, 0.1, 0))}
    assert len(gone) == int(len(rows) * 0.1)
    assert gone != {*snapshot.fact_ids(taken_away(snapshot, 0.1, 1))}
    with world(shuffled(3)) as view:
        assert {*view.fact_ids(taken_away(view, 0.1, 0))} == gone
