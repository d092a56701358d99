"""One kind's records in a database of their own: trained or given a model, paired, scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.identity import linking, training
from algorithms.identity.blocking import every_key
from algorithms.identity.settings import LOOSE, VERSION, settings_of
from graph.columns import I64
from graph.deadline import current

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from algorithms.identity.prepared import Records
    from algorithms.identity.shape import Model

F64 = npt.NDArray[np.float64]
_ROUNDS: Final = 12  # how often what was found may lead on to more
_SAMPLE: Final = 500_000  # pairs that the prior is learned from
_LEAST: Final = 1e-6  # a pair less likely adds nothing to it
_PARTS: Final = 3


class Edges(NamedTuple):
    """Scored pairs of rows, likeliest first (ties by rows): arrays of one length."""

    left: I64
    right: I64
    weight: F64
    score: F64  # the probability that follows from the weight
    levels: dict[str, I64]
    weights: dict[str, F64]
    household: F64  # what it takes from the weight that they may be two of one
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


def usable(model: Model | None, kind: str) -> bool:
    """Whether a kept model is one of these settings."""
    return model is not None and (model.version, model.kind) == (VERSION, kind)


def link(
    con: duckdb.DuckDBPyConnection,
    kind: str,
    table: pa.Table,
    *,
    most: int,
    least: float,
    seed: int = 1,
    trained_on: str = "",
    model: Model | None = None,
    keyed: Callable[[], None] = lambda: None,
) -> Found:
    """Pairs of the table's rows of a probability from `least` on. Without a model one is trained.
    `keyed` is called once the table `every` of all keys is made."""
    _tell(0, "blocking / 分块")
    linking.load(con, table)
    linking.every(con, kind)
    keyed()
    blocks = linking.block(con, kind, most)
    if model is None or not usable(model, kind):
        compared = linking.pair(con)
        _tell(1, "training / 训练模型")
        model = _trained(con, kind, seed, trained_on)
    else:
        linking.use(con, model)
        compared = linking.pair(con)
    _tell(2, "scoring / 计算得分")
    edges = _edges(model, [linking.score(con, model, least)])
    return Found(model, edges, None, compared, blocks, cut=False)


def follow(
    con: duckdb.DuckDBPyConnection,
    records: Records,
    fresh: I64,
    *,
    most: int,
    least: float,
    accept: float,
    model: Model,
) -> Found:
    """The same of those pairs alone that matter to the rows `fresh`: theirs, and those of whatever
    a pair from `accept` on, a cluster or a judgement leads on to. So each connected part is looked
    at as a whole, or not at all. Linear in these and the records of their blocks."""
    if not len(fresh):
        return Found(model, _edges(model, []), set(), 0, linking.Blocks(most, []), cut=False)
    _tell(0, "blocking / 分块")
    blocks = linking.blocks_of(records.kind, records.sizes().tolist(), most)
    _tell(2, "scoring / 计算得分")
    first, done = (np.zeros(records.n, np.bool_) for _ in range(2))
    first[fresh] = True
    frontier = records.mates(first)
    parts: list[linking.Scored] = []
    compared = 0
    for _ in range(_ROUNDS):
        if not frontier.any():
            break
        compared += _pairs(con, records, np.flatnonzero(frontier), blocks.most, model)
        part = linking.score(con, model, least)
        parts.append(part)
        done |= frontier
        strong = probabilities(part.weight) >= accept
        ends = np.zeros(records.n, np.bool_)
        ends[part.left[strong]] = ends[part.right[strong]] = True
        frontier = records.mates(ends) & ~done
    rows = set(np.flatnonzero(done).tolist())
    return Found(model, _edges(model, parts), rows, compared, blocks, cut=bool(frontier.any()))


def _pairs(
    con: duckdb.DuckDBPyConnection, records: Records, rows: I64, most: int, model: Model
) -> int:
    """Make the tables `records` and `pairs` of these rows and those that they share blocks with;
    how many pairs."""
    import pyarrow as pa

    kind = records.kind
    asked = every_key(con, kind, records.take(rows)).but_held()
    keys, first = np.unique(asked.key, return_index=True)
    rule = asked.rule[first]
    which, found = records.sharing(keys)
    size = np.bincount(which, minlength=len(keys))
    loose = np.where(rule >= linking.strict(kind), LOOSE, 1)
    kept = ((size > 1) & (size * loose <= most))[which]
    which, found = which[kept], found[kept]
    near = np.union1d(found, rows)
    table = records.take(near).append_column("row", pa.array(near, pa.int32()))
    linking.load(con, table)
    linking.use(con, model)
    con.register("found", pa.table({
        "rule": pa.array(rule[which]), "key": pa.array(keys[which]),
        "row": pa.array(found, pa.int32()),
    }))  # fmt: skip
    con.execute(
        "CREATE OR REPLACE TABLE keys AS SELECT rule, key, row, cluster,"
        " official IS NOT NULL AS keyed FROM found JOIN plain USING (row)"
    )
    con.unregister("found")
    return linking.pair(con, rows.tolist())


def _tell(done: int, step: str) -> None:
    """Tell how far the work on one kind is; raises Cancelled where it was called off."""
    current().report(done, _PARTS, step)


def _trained(con: duckdb.DuckDBPyConnection, kind: str, seed: int, trained_on: str) -> Model:
    """A trained model; its priors are then what the pairs of all blocks say."""
    model = training.train(con, kind, seed, trained_on)
    share = linking.sample(con, _SAMPLE)
    if model.trained_on == "default" or not share:
        return training.untaught(model)
    return training.taught(model, linking.score(con, model, _LEAST, "sampled"), share)


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
    household = joined([part.household for part in parts]).astype(np.float64)[order]
    beyond = np.zeros(len(order))
    for feature in features:
        if feature not in names:
            beyond += weights[feature]
    return Edges(
        left[order], right[order], weight[order], probabilities(weight[order]), levels, weights,
        household, beyond <= 0,
    )  # fmt: skip
