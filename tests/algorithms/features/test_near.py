"""Features of one subject are those it has among all, though what is far from it is not read."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from algorithms.features.making import features
from algorithms.features.near import around
from algorithms.features.sheet import Scope
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, relation, world

DAY = "2021-06-30"
CLUSTERS, SIZE = 6, 6


def facts() -> list[Fact]:
    """Clusters in a row, each of accounts with holders, companies that trade, and phones: within a
    cluster and to the next one there are cycles, fans, scatter-gathers within a few days."""
    draw = random.Random(4)
    found: list[Fact] = []
    kinds = {"account": "a", "person": "p", "company": "c", "phone": "n"}
    for cluster in range(CLUSTERS):
        for kind, letter in kinds.items():
            found += [{"kind": kind, "id": f"{letter}{cluster}-{i}"} for i in range(SIZE)]
        found += [
            relation("holds_account", f"h{cluster}-{i}", f"{'pc'[i % 2]}{cluster}-{i}",
                     f"a{cluster}-{i}", valid_from="2020-01-01")
            for i in range(SIZE)
        ]  # fmt: skip
        for kind, letter in (("transfer", "a"), ("invoice", "c"), ("call", "n")):
            pairs = [(cluster, i, cluster, j) for i in range(SIZE) for j in range(SIZE) if i != j]
            chosen = draw.sample(pairs, 16) + [(cluster, 0, (cluster + 1) % CLUSTERS, 1)] * 2
            if cluster == CLUSTERS - 1:
                chosen = chosen[:-2]  # a row, no ring
            for n, (a, i, b, j) in enumerate(chosen):
                found.append({
                    "kind": kind, "id": f"{letter}{cluster}:{n}", "from": f"{letter}{a}-{i}",
                    "to": f"{letter}{b}-{j}", "at": f"2021-06-{draw.randrange(20, 27)}",
                    **({} if kind == "call" else {"amount": str(draw.randrange(1, 99) * 100)}),
                })  # fmt: skip
    return found


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with world(facts()) as view:
        yield view


@pytest.mark.parametrize("kind", ["account", "company", "person", "phone"])
def test_a_row_alone_is_the_row_among_all(snapshot: Snapshot, kind: str) -> None:
    whole = features(snapshot, kind, DAY)
    assert any(whole.column(each.name).any() for each in whole.meanings if "cycle" in each.name)
    for at in range(0, len(whole.nodes), 7):
        alone = features(snapshot, kind, DAY, only=whole.nodes[at : at + 1])
        assert alone.matrix.tobytes() == whole.matrix[at : at + 1].tobytes(), at


def test_what_is_far_is_not_read(snapshot: Snapshot) -> None:
    node = np.array([snapshot.resolve("a0-2")], np.int32)
    scope = Scope(snapshot, "account", DAY, (7,), node)
    near, all_ = (len(each.events("transfer").rows) for each in (around(scope), scope))
    assert 0 < near < all_ / 2
