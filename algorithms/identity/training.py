"""Training a model: u by random sampling, m by expectation maximisation, the prior by sure pairs.

Fellegi and Sunter (1969) with Winkler's (1988) EM, by Splink on DuckDB. One thread and fixed seeds:
the same records give the same model. What EM finds for a feature is kept only where it makes sense
(agreement speaks for, contradiction against); else that feature keeps what it began with, as all
features do where there is nothing to learn from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from msgspec import structs

from algorithms.identity import household, shares
from algorithms.identity.database import THREADS
from algorithms.identity.settings import VERSION, settings_of, splink_settings
from algorithms.identity.shape import Model
from graph.deadline import check

if TYPE_CHECKING:
    import duckdb

    from algorithms.identity.linking import Scored

_PAIRS: Final = 1e6  # sampled for u, and at most for EM of one rule
_FEW: Final = 300  # records too few to learn from
_FEW_PAIRS: Final = 50  # blocked pairs too few to learn from
_RECALL: Final = 0.7  # of all pairs of one subject, those that the sure rules find
_DIGITS: Final = 9
_COMMON: Final = 5  # a term borne by fewer records is no common one, and may name somebody
_TERMS: Final = 50_000  # common terms kept of a column
_APART: Final = 1e-4
_LEAST: Final = 0.1  # two records of one subject agree at least so often
_FAR: Final = 20.0  # what is learned of m is not below what it began with by more
_SEEN: Final = 10  # pairs of the sample too few to tell how rare a level is
_DIED_OUT: Final = "below the minimum allowed value"  # Splink, of a probability that underflowed
_PRIOR: Final = 1e-4  # of pairs of a store of which nothing is known, these are of one subject
_PER_SUBJECT: Final = 20  # records of a subject, on average, at most
# How common a term is among all, where that is no person's name: (share, column).
_ELSEWHERE: Final = {"whole": 1e-5, "brand": 1e-4, "city": 2e-2}
_LARGE: Final = 100_000  # records that say themselves how common a term is


def train(con: duckdb.DuckDBPyConnection, kind: str, seed: int, trained_on: str) -> Model:
    """A model from the table `plain` of a connection (`linking.load`); it makes `records`, the
    same with term frequencies. Linear in the records, and in the pairs that are sampled."""
    rows = _count(con, "SELECT count(*) FROM plain")
    frequencies, floors = _frequencies(con, kind)
    weigh(con, kind, rows, frequencies, floors)
    parameters = splink_settings(kind)
    learned = rows >= _FEW
    if learned:
        con.execute("SET threads = 1")
        try:
            parameters = _learn(con, kind, parameters, seed)
        finally:
            con.execute(f"SET threads = {THREADS}")
    parameters["probability_two_random_records_match"] = _prior(con, kind, rows)
    return Model(
        kind=kind,
        version=VERSION,
        trained_on=trained_on if learned else "default",
        records=rows,
        parameters=parameters,
        frequencies=frequencies,
        floors=floors,
    )


def untaught(model: Model) -> Model:
    """The same model with as many pairs of households as where there is nothing to learn from."""
    prior = float(model.parameters["probability_two_random_records_match"])
    return structs.replace(model, household=_plain(prior * household.UNTOLD))


def taught(model: Model, scored: Scored, share: float) -> Model:
    """The same model with what a `share` of the pairs of all blocks teaches, scored by it: how many
    pairs are of one subject and of one household, and what one subject's agree in."""
    prior = float(model.parameters["probability_two_random_records_match"])
    learned = household.learn(
        model.kind, prior, met_by_one(model), scored.levels, scored.weights, share,
        lambda expected: prior_of(expected, model.records),
    )  # fmt: skip
    comparisons = [
        each | {"comparison_levels": [
            level if at == 0 else level | {"m_probability": float(learned.m[name][at - 1])}
            for at, level in enumerate(each["comparison_levels"])
        ]}
        for each in model.parameters["comparisons"]
        for name in (each["output_column_name"],)
    ]  # fmt: skip
    parameters = _sensible(splink_settings(model.kind), {"comparisons": comparisons})
    parameters["probability_two_random_records_match"] = _plain(learned.one)
    return structs.replace(model, parameters=parameters, household=_plain(learned.household))


def met_by_one(model: Model) -> dict[str, list[float]]:
    """How often two records of one subject meet each level of a feature, without the first."""
    return {
        each["output_column_name"]: [
            float(level["m_probability"]) for level in each["comparison_levels"][1:]
        ]
        for each in model.parameters["comparisons"]
    }


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    found = con.execute(query).fetchall()
    return int(found[0][0]) if found else 0


def _prior(con: duckdb.DuckDBPyConnection, kind: str, rows: int) -> float:
    """How likely two records are one subject before anything is known of them: by the pairs that
    sure rules find."""
    union = " UNION ".join(
        f"SELECT a.row AS l, b.row AS r FROM plain a JOIN plain b ON {_alike(columns, 'a', 'b')}"
        " AND a.row < b.row"
        for columns in settings_of(kind).certain
    )
    sure = _count(con, f"SELECT count(*) FROM ({union})")
    return _plain(prior_of(sure / _RECALL, rows))


def prior_of(expected: float, rows: int) -> float:
    """The prior that follows from how many pairs of a store's records are expected to be of one
    subject: their share, as the mean of a beta distribution that begins with as many pairs as the
    smallest store has that is learned from. A tiny store so tells next to nothing, where the pairs
    to be judged would be counted as what they are judged by. At most what a store has whose
    subjects have 20 records each."""
    pairs, begin = rows * (rows - 1) / 2, _FEW * (_FEW - 1) / 2
    most = min((_PER_SUBJECT - 1) / max(rows - 1, 1), 1.0) * pairs
    return (min(expected, most) + begin * _PRIOR) / (pairs + begin)


def _alike(columns: tuple[str, ...], a: str = "l", b: str = "r") -> str:
    return " AND ".join(f"{a}.{column} = {b}.{column}" for column in columns)


def _learn(
    con: duckdb.DuckDBPyConnection, kind: str, given: dict[str, Any], seed: int
) -> dict[str, Any]:
    from splink import DuckDBAPI, Linker
    from splink.internals.exceptions import EMTrainingException

    table = DuckDBAPI(con).register("records")
    linker = Linker(table, given, log_level=None, validate_settings=False)
    check()
    linker.training.estimate_u_using_random_sampling(max_pairs=_PAIRS, seed=seed, num_chunks=1)
    learned = linker.misc.save_model_to_json()
    for columns in settings_of(kind).training:
        check()
        alike = f"SELECT count(*) FROM plain l JOIN plain r ON {_alike(columns)} AND l.row < r.row"
        if _count(con, alike) < _FEW_PAIRS:
            continue
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                _alike(columns), max_pairs=_PAIRS, record_sample_proportion=1.0
            )
        except EMTrainingException:  # a sample that holds no pair
            continue
        except ValueError as error:
            if _DIED_OUT not in str(error):
                raise
            # What this rule taught is left aside; the linker is half changed by it.
            linker = Linker(table, learned, log_level=None, validate_settings=False)
            continue
        learned = linker.misc.save_model_to_json()
    return _sensible(given, learned)


def _sensible(given: dict[str, Any], learned: dict[str, Any]) -> dict[str, Any]:
    """What was given, with what was learned where it makes sense."""
    comparisons = [
        before | {"comparison_levels": _levels(before, after)}
        for before, after in zip(given["comparisons"], learned["comparisons"], strict=True)
    ]
    return given | {"comparisons": comparisons}


def _levels(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    old, new = before["comparison_levels"], after["comparison_levels"]
    merged = []
    for was, now in zip(old, new, strict=True):
        if was.get("is_null_level"):
            merged.append((was, 0.0, 1.0))
            continue
        m, u = (now.get(name) for name in ("m_probability", "u_probability"))
        m, u = (float(v) if isinstance(v, int | float) and v > 0 else None for v in (m, u))
        m = max(m or was["m_probability"], was["m_probability"] / _FAR)
        u = max(u or was["u_probability"], min(was["u_probability"], _SEEN / _PAIRS))
        merged.append((was, m, u))
    said = [each for each in merged if not each[0].get("is_null_level")]
    (_, best, by_chance), (_, worst, apart) = said[0], said[-1]
    keep = best > by_chance and worst < apart and best >= _LEAST
    levels: list[dict[str, Any]] = []
    for was, m, u in merged:
        chosen = was
        if not was.get("is_null_level"):
            told = _plain(m if keep else was["m_probability"])
            chosen = was | {"m_probability": told, "u_probability": _plain(u)}
            while _as_others(levels, chosen):  # a level is known by its weight
                chosen["m_probability"] = _plain(chosen["m_probability"] * (1 + _APART))
        levels.append(chosen)
    return levels


def _as_others(levels: list[dict[str, Any]], level: dict[str, Any]) -> bool:
    """Whether a level weighs the same as one of others."""
    weights = level_weights([*levels, level])
    return bool((np.abs(weights[:-1] - weights[-1]) < _APART).any())


def level_weights(levels: list[dict[str, Any]]) -> npt.NDArray[np.float64]:
    """What the levels of a comparison weigh, log2 of m/u; the null level nothing."""
    m = [float(each.get("m_probability") or 1.0) for each in levels]
    u = [float(each.get("u_probability") or 1.0) for each in levels]
    return np.asarray(np.log2(np.array(m)) - np.log2(np.array(u)), np.float64)


def _plain(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def _frequencies(
    con: duckdb.DuckDBPyConnection, kind: str
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """How common the common terms of each column are, and any other of it on average."""
    found: dict[str, dict[str, float]] = {}
    floors: dict[str, float] = {}
    for column in settings_of(kind).terms:
        total = _count(con, f"SELECT count({column}) FROM plain")
        common = con.execute(
            f"SELECT {column}, count(*) AS n FROM plain WHERE {column} IS NOT NULL"
            f" GROUP BY 1 HAVING n >= {_COMMON} ORDER BY n DESC, 1 LIMIT {_TERMS}"
        ).fetchall()
        terms = _count(con, f"SELECT count(DISTINCT {column}) FROM plain")
        rest, kinds = total - sum(n for _, n in common), max(terms - len(common), 1)
        found[column] = {term: _plain(n / total) for term, n in common}
        floors[column] = _plain(max(rest / kinds, 1.0) / max(total, 1))
    return found, floors


def weigh(
    con: duckdb.DuckDBPyConnection,
    kind: str,
    rows: int,
    frequencies: dict[str, dict[str, float]],
    floors: dict[str, float],
) -> None:
    """Make the table `records`: `plain` and the frequencies of its terms, `tf_` and the column.

    What `rows` records say of how common a term is counts beside what is known of the country, as
    if that were so many records as the smallest store has that is learned from: of two records
    both of 王伟 not all the world is called so, nor is 夜白 as common."""
    import pyarrow as pa

    joins, columns = "", "plain.*"
    for column in settings_of(kind).terms:
        terms = frequencies.get(column, {})
        con.register(
            f"terms_{column}",
            pa.table({"term": pa.array(terms, pa.string()),
                      "tf": pa.array(terms.values(), pa.float64())}),
        )  # fmt: skip
        joins += f" LEFT JOIN terms_{column} ON terms_{column}.term = plain.{column}"
        floor = float(floors.get(column, 1.0))
        own, known = f"coalesce(terms_{column}.tf, {floor})", str(_ELSEWHERE.get(column, 0.0))
        if rows < _LARGE and column in _SHARES:
            joins += (
                f" LEFT JOIN known_{column} ON known_{column}.term = plain.{column}"
                f" AND known_{column}.said = {_SOUND.format(column)}"
            )
            known = f"known_{column}.share"
            _known(con, column)
        columns += (
            f", CASE WHEN plain.{column} IS NULL THEN NULL WHEN {rows} >= {_LARGE} THEN {own}"
            f" ELSE ({own} * {rows} + {known} * {_FEW}) / {rows + _FEW} END AS tf_{column}"
        )
    con.execute(
        f"CREATE OR REPLACE TABLE records AS SELECT {columns} FROM plain{joins} ORDER BY row"
    )


_SHARES: Final = {"family": shares.surname_share, "given": shares.given_share}


# What is read as Chinese: by it a name in letters is as common as all that sound so.
_SOUND: Final = "coalesce(CASE WHEN sound IS NOT NULL THEN {0}_sound END, '')"


def _known(con: duckdb.DuckDBPyConnection, column: str) -> None:
    """How common each term of a column of names is in the country."""
    import pyarrow as pa

    found = con.execute(
        f"SELECT DISTINCT {column}, {_SOUND.format(column)} FROM plain"
        f" WHERE {column} IS NOT NULL ORDER BY ALL"
    ).fetchall()
    told = [_SHARES[column](text, said) for text, said in found]
    con.register(
        f"known_{column}",
        pa.table({"term": pa.array([text for text, _ in found], pa.string()),
                  "said": pa.array([said for _, said in found], pa.string()),
                  "share": pa.array(told, pa.float64())}),
    )  # fmt: skip
