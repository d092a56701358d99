"""Foreseeing in time: who will be found out, learnt and measured on days one after another.

Worlds of seeds that chose nothing. A subject is positive where a scheme that it is of ends within
the time that labels count: as if it was found out then. Days as a user sets them: growing from
2025-04-01, settling on 2025-10-01, tested on 2026-01-01 with the labels until 2026-07-01.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from algorithms.scoring.evaluating import MODEL
from algorithms.scoring.fitting import boosted, grown
from algorithms.scoring.labels import of_rows
from algorithms.scoring.metrics import Ranked, difference, draws, figure
from algorithms.scoring.mixing import mixed
from algorithms.scoring.training import Plan, rows_to_grow_on, slot, tabular_columns
from bench._measure import Row
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from graph.times import day_end
from ingest.generate import generate
from ingest.generate.schemes.level import Difficulty
from ingest.load import load

SEEDS: Final = (8201, 8202, 8203)
SIZE: Final = 8_000
DAYS: Final = ("2025-04-01", "2025-10-01", "2026-01-01", "2026-07-01")
ONE_DAY: Final = "trees alone, one day"  # what it was before days were several and margins mixed
BEGUN: Final = "whoever is of a scheme that had begun (nobody can see more)"


class Foreseen(NamedTuple):
    """Of the subjects of one world that are asked about on the day of the test: who came to be
    found, of which scheme (a number of its own where of none), and what each ranking says."""

    truth: Any
    scheme: Any
    scores: dict[str, Any]
    trees: float


def foreseen(snapshot: Snapshot, kind: str, schemes: list[dict[str, Any]]) -> Foreseen:
    """Grow, settle and rank on one world."""
    rows, began = [], np.full(snapshot.n, np.inf)
    of = -1 - np.arange(snapshot.n)
    for number, each in enumerate(schemes):
        if each["innocent"] or not each["begins"]:
            continue
        day = (each["ends"] or each["begins"])[:10]
        for name in [*each["members"], *each.get("tools", ())]:
            node = int(snapshot.nodes.rep[snapshot.resolve(name)])
            if snapshot.kind_name(node) == kind:
                rows.append((name, day))
                of[node] = number
                began[node] = min(began[node], day_end(each["begins"][:10]))
    labels = of_rows(snapshot, rows, "schemes")
    fit, calibrate, test, until = DAYS
    plan = Plan(kind=kind, fit=fit, calibrate=calibrate, test=test, until=until, rules=False)
    given = rows_to_grow_on(snapshot, labels, plan)
    made = grown(given.matrix, given.truth, tabular_columns(given.meanings), plan.seed)
    held = slot(snapshot, labels, plan, calibrate, test)
    model, _ = mixed(made.forest, made.linear, held.matrix, held.truth)
    asked = slot(snapshot, labels, plan, test, until)
    first = slot(snapshot, labels, plan, fit, calibrate)
    matrix = asked.matrix
    return Foreseen(asked.truth, of[asked.nodes], {
        MODEL: model.margin(matrix), **made.margins(matrix),
        ONE_DAY: boosted(first.matrix, first.truth, plan.seed).margin(matrix),
        BEGUN: (began[asked.nodes] <= day_end(test)).astype(float),
    }, model.trees)  # fmt: skip


@contextmanager
def opened(
    seed: int, size: int, level: Difficulty
) -> Iterator[tuple[Snapshot, list[dict[str, Any]]]]:
    """A world made and loaded, and the schemes in it."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "w.jsonl"
        made = generate(path, size, seed, schemes=level)
        store = open_store(f"sqlite:///{scratch}/s.db", create=True)
        load(store, [path])
        yield open_snapshot(store), made.truth["schemes"]
        store.close()


def world(seed: int, size: int, level: Difficulty, kinds: tuple[str, ...]) -> dict[str, Foreseen]:
    """A world made, loaded and foreseen."""
    with opened(seed, size, level) as (snapshot, schemes):
        return {kind: foreseen(snapshot, kind, schemes) for kind in kinds}


Tests = list[tuple[Ranked, slice]]


def mean_ap(tests: Tests, weight: Any = None) -> float:
    """The mean over worlds of the average precision."""
    return float(np.mean([
        one.average_precision(None if weight is None else weight[here]) for one, here in tests
    ]))  # fmt: skip


def told(kind: str, worlds: list[Foreseen]) -> list[Row]:
    """Rows of the table: means over the worlds; schemes are drawn whole."""
    ends = np.cumsum([0, *(len(each.truth) for each in worlds)])
    here = [slice(a, b) for a, b in pairwise(ends.tolist())]
    truth = np.concatenate([each.truth for each in worlds])
    places = np.repeat(np.arange(len(worlds)), np.diff(ends))
    scheme = np.concatenate([each.scheme for each in worlds])
    _, groups = np.unique(np.column_stack([places, scheme]), axis=0, return_inverse=True)
    weights = [
        each for each in draws(truth, 0, groups.ravel())
        if all((each[part] * truth[part]).sum() > 0 for part in here)
    ]  # fmt: skip
    ranked: dict[str, Tests] = {
        name: [(Ranked(w.truth, w.scores[name]), at) for w, at in zip(worlds, here, strict=True)]
        for name in worlds[0].scores
    }
    shares = ", ".join(f"{each.trees:.0%}" for each in worlds)
    out = []
    for name, tests in ranked.items():
        found = figure(tests, mean_ap, weights)
        each = ", ".join(f"{one.average_precision():.3f}" for one, _ in tests)
        note = f"95 % {found.low:.3f} to {found.high:.3f}; {each}"
        if name == MODEL:
            note += f"; {int(truth.sum()):,} of {len(truth):,} positive; trees {shares}"
        out.append(Row(f"{kind}, forecast: average precision, {name}", f"{found.value:.3f}",
                       note=note))  # fmt: skip
    for name, tests in ranked.items():
        if name in (MODEL, BEGUN):
            continue
        more = difference(ranked[MODEL], tests, mean_ap, weights)
        out.append(Row(
            f"{kind}, forecast: average precision over {name}", f"{more.value:+.3f}", note=(
                f"95 % {more.low:+.3f} to {more.high:+.3f}, p {more.p:.3f}, paired, schemes drawn"
                " whole"
            ),
        ))  # fmt: skip
    return out
