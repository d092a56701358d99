"""One kind's records in a database of their own: trained or given a model, paired, scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.identity import linking, training
from algorithms.identity.settings import VERSION, settings_of
from graph.columns import I64
from graph.deadline import current

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from algorithms.identity.shape import Model

F64 = npt.NDArray[np.float64]
_ROUNDS: Final = 12  # how often what was found may lead on to more
_SAMPLE: Final = 500_000  # pairs that the prior is learned from
_LEAST: Final = 1e-6  # a pair less likely adds nothing to it
_STEPS: Final = 20
_PARTS: Final = 3


class Edges(NamedTuple):
    """Scored pairs of rows, likeliest first (ties by rows): arrays of one length."""

    left: I64
    right: I64
    weight: F64
    score: F64  # the probability that follows from the weight
    levels: dict[str, I64]
    weights: dict[str, F64]
    name_only: npt.NDArray[np.bool_]  # what is beyond names does not speak for it


class Found(NamedTuple):
    """What was found of one kind; `rows` are those looked at, None for all."""

    model: Model
    edges: Edges
    rows: set[int] | None
    compared: int
    blocks: linking.Blocks
    cut: bool  # what was found would have led on to more


def probabilities(weight: F64) -> F64:
    """The probability that log2 odds mean."""
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(weight, -1000, 1000))), np.float64)


def link(
    con: duckdb.DuckDBPyConnection,
    kind: str,
    table: pa.Table,
    *,
    most: int,
    least: float,
    accept: float,
    seed: int = 1,
    trained_on: str = "",
    model: Model | None = None,
    fresh: Iterable[int] | None = None,
    ties: Iterable[tuple[int, int]] = (),
) -> Found:
    """Pairs of the table's rows of a probability from `least` on.

    Without a model one is trained. With `fresh`, only pairs that matter to those rows: theirs, and
    those of whatever a pair from `accept` on, a `cluster` or one of `ties` (rows judged one before)
    leads on to. So each connected part is looked at as a whole, or not at all.
    """
    usable = model is not None and (model.version, model.kind) == (VERSION, kind)
    rows = None if fresh is None or not usable else sorted(set(fresh))
    if model is not None and rows == []:
        return Found(model, _edges(model, []), set(), 0, linking.Blocks(most, []), cut=False)
    _tell(0, "blocking / 分块")
    linking.load(con, table)
    blocks = linking.block(con, kind, most)
    if model is None or not usable:
        compared = linking.pair(con)
        _tell(1, "training / 训练模型")
        model = _trained(con, kind, seed, trained_on)
    else:
        linking.use(con, model)
        compared = linking.pair(con) if rows is None else 0
    _tell(2, "scoring / 计算得分")
    if rows is None:
        edges = _edges(model, [linking.score(con, model, least)])
        return Found(model, edges, None, compared, blocks, cut=False)
    near = _Near(table, ties)
    frontier, done = near.with_mates(rows), set[int]()
    parts = []
    for _ in range(_ROUNDS):
        if not frontier:
            break
        compared += linking.pair(con, sorted(frontier))
        part = linking.score(con, model, least)
        parts.append(part)
        done |= frontier
        strong = probabilities(part.weight) >= accept
        ends = {*part.left[strong].tolist(), *part.right[strong].tolist()}
        frontier = near.with_mates(ends) - done
    return Found(model, _edges(model, parts), done, compared, blocks, cut=bool(frontier))


def _tell(done: int, step: str) -> None:
    """Tell how far the work on one kind is; raises Cancelled where it was called off."""
    current().report(done, _PARTS, step)


def _trained(con: duckdb.DuckDBPyConnection, kind: str, seed: int, trained_on: str) -> Model:
    """A trained model; its prior is then what the pairs of all blocks say (EM of that alone)."""
    model = training.train(con, kind, seed, trained_on)
    share = linking.sample(con, _SAMPLE)
    if model.trained_on == "default" or not share:
        return model
    prior = float(model.parameters["probability_two_random_records_match"])
    weight = linking.score(con, model, _LEAST, "sampled").weight
    odds = np.exp2(weight) * (1 - prior) / prior
    for _ in range(_STEPS):
        likely = prior * odds / (1 - prior + prior * odds)
        prior = training.prior_of(float(likely.sum()) / share, model.records)
    return training.with_prior(model, prior)


class _Near:
    """Which rows are one cluster already, or were judged so by an earlier run."""

    def __init__(self, table: pa.Table, ties: Iterable[tuple[int, int]]) -> None:
        self.tied: dict[int, list[int]] = defaultdict(list)
        for a, b in ties:
            self.tied[a].append(b)
            self.tied[b].append(a)
        groups: dict[int, list[int]] = defaultdict(list)
        for row, cluster in enumerate(table["cluster"].to_pylist()):
            groups[cluster].append(row)
        for rows in groups.values():
            for a, b in pairwise(rows):
                self.tied[a].append(b)
                self.tied[b].append(a)

    def with_mates(self, rows: Iterable[int]) -> set[int]:
        """These rows, and all that are tied to them."""
        found, todo = set(rows), list(rows)
        while todo:
            for mate in self.tied.get(todo.pop(), ()):
                if mate not in found:
                    found.add(mate)
                    todo.append(mate)
        return found


def _edges(model: Model, parts: Sequence[linking.Scored]) -> Edges:
    names = {each.name for each in settings_of(model.kind).comparisons if each.is_name}
    features = list(parts[0].levels) if parts else []

    def joined(arrays: Sequence[npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
        return np.concatenate(arrays) if arrays else np.empty(0)

    left = joined([part.left for part in parts]).astype(np.int64)
    right = joined([part.right for part in parts]).astype(np.int64)
    weight = joined([part.weight for part in parts]).astype(np.float64)
    _, first = np.unique(np.stack([left, right]), axis=1, return_index=True)
    order = first[np.lexsort((right[first], left[first], -weight[first]))]
    levels = {f: joined([p.levels[f] for p in parts]).astype(np.int64)[order] for f in features}
    weights = {f: joined([p.weights[f] for p in parts]).astype(np.float64)[order] for f in features}
    beyond = np.zeros(len(order))
    for feature in features:
        if feature not in names:
            beyond += weights[feature]
    return Edges(
        left[order], right[order], weight[order], probabilities(weight[order]), levels, weights,
        beyond <= 0,
    )  # fmt: skip
