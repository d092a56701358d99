"""Pairs of records that may be one subject: blocked by equal keys, scored by Splink on DuckDB.

Blocking (Newcombe 1959) is by a table of keys, one row a record and key: a block of more than so
many records says nothing of any two of them and is left out, which is said. Pairs of one cluster,
and of two clusters with official keys, are decided already and not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.identity import household
from algorithms.identity.settings import LISTS, LOOSE, TEXTS, columns, settings_of
from algorithms.identity.training import level_weights, met_by_one, weigh
from graph.columns import I64
from graph.deadline import check

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from algorithms.identity.shape import Model

F64 = npt.NDArray[np.float64]

_PAIRS: Final = 60_000_000  # of all blocks together, the same pair counted in each
_ROUND: Final = 6


class Skipped(NamedTuple):
    """Blocks that were too large to compare: the rule, how many, the records in them."""

    rule: str
    blocks: int
    records: int


class Blocks(NamedTuple):
    """The most records of a block that is compared, and what was larger."""

    most: int
    skipped: list[Skipped]


def load(con: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
    """Make the table `plain` of records with comparison columns; `row` is the place in `table`,
    unless it has a column of that name. Columns that it lacks are empty, and texts of no characters
    absent."""
    import pyarrow as pa

    many = pa.list_(pa.string())
    for names, kind in ((TEXTS, pa.string()), (LISTS, many)):
        for name in names:
            if name not in table.column_names or not len(table):
                table = table.drop_columns([name] if name in table.column_names else [])
                table = table.append_column(name, pa.nulls(len(table), kind))
    if "cluster" not in table.column_names:
        table = table.append_column("cluster", pa.array(range(len(table)), pa.int32()))
    place = "row" if "row" in table.column_names else "(row_number() OVER () - 1)::INTEGER AS row"
    rows = ["row"] if "row" in table.column_names else []
    con.register("given", table.select([*TEXTS, *LISTS, "cluster", *rows]))
    said = {name: "whole" if name == "full" else name for name in TEXTS}  # FULL is SQL's own word
    texts = ", ".join(f"nullif(\"{name}\", '') AS {each}" for name, each in said.items())
    lists = ", ".join(f"CASE WHEN len({name}) > 0 THEN {name} END AS {name}" for name in LISTS)
    con.execute(
        f"CREATE OR REPLACE TABLE plain AS SELECT {place}, cluster, {texts}, {lists} FROM given"
    )
    con.unregister("given")


def use(con: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Make the table `records` that a kept model scores."""
    weigh(con, model.kind, model.records, model.frequencies, model.floors)


def every(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    """Make the table `every` of the keys of all rows of `plain`: `rule`, `key`, `row`. A key is the
    hash of rule and text."""
    con.execute("CREATE OR REPLACE TABLE every (rule UTINYINT, key UBIGINT, row INTEGER)")
    for number, (_, key) in enumerate(rules(kind)):
        check()
        each = f"unnest({key})" if _many(key) else key
        con.execute(
            f"INSERT INTO every SELECT DISTINCT {number}, hash({number}::UTINYINT, key), row"
            f" FROM (SELECT {each} AS key, row FROM plain) WHERE key IS NOT NULL"
        )


def rules(kind: str) -> list[tuple[str, str]]:
    """What records are found by: name of the rule, key; the loose ones last."""
    settings = settings_of(kind)
    return [*settings.keys, *settings.loose]


def block(con: duckdb.DuckDBPyConnection, kind: str, most: int) -> Blocks:
    """Make the table `keys` of blocks of 2 to `most` records out of `every`, which goes; those
    that are larger are told. Fewer than `most` where there would be too many pairs. n log n in
    records."""
    con.execute(
        "CREATE OR REPLACE TABLE sizes AS SELECT rule, key, count(*) AS size"
        " FROM every GROUP BY rule, key HAVING size > 1"
    )
    sizes = con.execute("SELECT rule, size, count(*) FROM sizes GROUP BY rule, size").fetchall()
    found = blocks_of(kind, sizes, int(most))
    con.execute(
        "CREATE OR REPLACE TABLE keys AS SELECT every.rule, every.key, every.row, cluster,"
        " official IS NOT NULL AS keyed FROM every JOIN plain USING (row)"
        " JOIN sizes ON sizes.rule = every.rule AND sizes.key = every.key"
        f" AND size * CASE WHEN every.rule >= {strict(kind)} THEN {LOOSE} ELSE 1 END"
        f" <= {found.most}"
    )
    con.execute("DROP TABLE every")
    con.execute("DROP TABLE sizes")
    return found


def strict(kind: str) -> int:
    """How many rules are not loose: they are the first. What a loose key finds counts as if it
    were larger."""
    return len(settings_of(kind).keys)


def blocks_of(kind: str, sizes: Iterable[Sequence[int]], most: int) -> Blocks:
    """The largest size up to `most` of blocks whose pairs, all together, are not too many, and
    what is larger. `sizes`: rule, size, how many such blocks."""
    weighed = sorted(
        (size * (LOOSE if rule >= strict(kind) else 1), rule, size, blocks)
        for rule, size, blocks in sizes
        if size > 1
    )
    pairs = 0
    for n, _, size, blocks in weighed:
        pairs += size * (size - 1) // 2 * blocks
        if n <= most and pairs > _PAIRS:
            most = max(n - 1, 2)
            break
    larger: dict[int, list[int]] = {}
    for n, rule, size, blocks in weighed:
        if n > most and rule < strict(kind):
            told = larger.setdefault(rule, [0, 0])
            told[0] += blocks
            told[1] += blocks * size
    names = rules(kind)
    return Blocks(most, [Skipped(names[rule][0], *larger[rule]) for rule in sorted(larger)])


def _many(key: str) -> bool:
    return key in LISTS or key.startswith("list_")


def pair(con: duckdb.DuckDBPyConnection, fresh: Sequence[int] | None = None) -> int:
    """Make the table `pairs` of rows that share a block and are not decided; with `fresh`, only
    those of which one is among these rows. How many there are."""
    import pyarrow as pa

    narrow = ""
    if fresh is not None:
        con.register("fresh", pa.table({"row": pa.array(fresh, pa.int32())}))
        narrow = " AND (a.row IN (SELECT row FROM fresh) OR b.row IN (SELECT row FROM fresh))"
        con.execute(
            "CREATE OR REPLACE TEMP TABLE near AS SELECT keys.* FROM keys SEMI JOIN"
            " (SELECT DISTINCT rule, key FROM keys SEMI JOIN fresh USING (row)) k"
            " ON keys.rule = k.rule AND keys.key = k.key"
        )
    keys = "keys" if fresh is None else "near"
    con.execute(
        "CREATE OR REPLACE TABLE pairs AS SELECT DISTINCT '0' AS match_key,"
        f" a.row AS join_key_l, b.row AS join_key_r FROM {keys} a JOIN {keys} b"
        " ON a.rule = b.rule AND a.key = b.key AND a.row < b.row"
        f" WHERE a.cluster <> b.cluster AND NOT (a.keyed AND b.keyed){narrow}"
    )
    return _count(con, "pairs")


def sample(con: duckdb.DuckDBPyConnection, most: int) -> float:
    """Make the table `sampled` of about so many of the pairs, always the same ones; their share."""
    count = _count(con, "pairs")
    every = max(-(-count // most), 1)
    con.execute(
        "CREATE OR REPLACE TABLE sampled AS SELECT * FROM pairs"
        f" WHERE hash(join_key_l, join_key_r) % {every} = 0"
    )
    return _count(con, "sampled") / count if count else 0.0


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    found = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(found[0][0])


class Scored(NamedTuple):
    """Scored pairs, ordered by weight (descending) and rows: arrays of one length."""

    left: I64
    right: I64
    weight: F64
    levels: dict[str, I64]  # by feature: the place of the level that was met, 0 the null level
    weights: dict[str, F64]  # by feature: log2 of its Bayes factor, term frequency included
    household: F64  # what it takes from the weight that they may be two of one (`household`)


def score(
    con: duckdb.DuckDBPyConnection, model: Model, least: float, pairs: str = "pairs"
) -> Scored:
    """Score the pairs of the table `pairs`; those of a probability from `least` on, were there no
    households. Linear in the pairs."""
    from splink import DuckDBAPI, Linker

    check()
    api = DuckDBAPI(con)
    linker = Linker(
        api.register("records"), model.parameters, log_level=None, validate_settings=False
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    found = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
    name = found.physical_name
    said = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
    parts = []
    for each in columns(model.kind):
        adjusted = f" + mw_tf_adj_{each}" if f"mw_tf_adj_{each}" in said else ""
        parts.append(f"mw_{each} AS base_{each}, round(mw_{each}{adjusted}, {_ROUND}) AS {each}")
    arrays = con.execute(
        f"SELECT row_l, row_r, round(match_weight, {_ROUND}) AS weight, {', '.join(parts)}"
        f" FROM {name} ORDER BY weight DESC, row_l, row_r"
    ).fetchnumpy()
    found.drop_table_from_database_and_remove_from_cache()
    return _scored(model, arrays)


def _scored(model: Model, arrays: dict[str, Any]) -> Scored:
    """What Splink says of pairs: of a feature its level's weight, which tells the level."""
    levels = {}
    for each in model.parameters["comparisons"]:
        name = each["output_column_name"]
        weights = level_weights(each["comparison_levels"])
        order = np.argsort(weights, kind="stable")
        middle = (weights[order][1:] + weights[order][:-1]) / 2
        levels[name] = order[np.searchsorted(middle, arrays[f"base_{name}"])]
    weights_ = {name: arrays[name].astype(np.float64) for name in levels}
    odds = household.against_strangers(model.kind, met_by_one(model), levels, weights_)
    taken = np.round(household.weight(model.household, odds), _ROUND)
    weight = arrays["weight"].astype(np.float64) + taken
    order = np.lexsort((arrays["row_r"], arrays["row_l"], -weight))
    return Scored(
        arrays["row_l"].astype(np.int64)[order],
        arrays["row_r"].astype(np.int64)[order],
        weight[order],
        {name: each[order] for name, each in levels.items()},
        {name: each[order] for name, each in weights_.items()},
        taken[order],
    )
