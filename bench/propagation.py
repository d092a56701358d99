"""Risk propagation over the whole world, and where single values come from.

    python -m bench.propagation [--entities N]

Everybody's value by both measures, over the relations that carry by default and over all kinds, and
once more on a tenth of the world. Every solution is checked: by a step of everybody in numpy for
noisy-or, by the residual of scipy's own matrix for PageRank. Then single subjects are asked about
as the service asks: the 1,000 that are not listed and have the highest values, and 1,000 drawn from
all whom anything reaches.
"""

from __future__ import annotations

import argparse
import random
from typing import TYPE_CHECKING, Any

import numpy as np

from bench._measure import AS_OF, Row, at_most, finish, latencies, percentile, plain, settle, timed
from bench.world import MILLION, store, url
from graph.times import day_end

if TYPE_CHECKING:
    from algorithms.risk.spreading import Spread
    from graph.snapshot import Snapshot

METHODS = ("noisy_or", "pagerank")
ASKED = 1_000


def fresh(snapshot: Snapshot, method: Any, kinds: list[str] | None) -> tuple[float, Spread]:
    """Seconds of one solve from nothing but the snapshot, the worst of three, and the solution."""
    from algorithms.risk.risk_propagation import Propagation
    from algorithms.risk.spreading import forget, spread

    times: list[float] = []
    for _ in range(3):
        forget(snapshot)
        params = Propagation(method=method, kinds=kinds)
        took, found = timed(lambda p=params: spread(snapshot, p, day_end(AS_OF)))
        times.append(took / 1e3)
    return max(times), found


def off(found: Spread, method: str) -> float:
    """How far a solution is from what one step in numpy makes of it: the largest difference, for
    PageRank summed over all subjects."""
    web, value, chance = found.web, found.value, found.start.chance
    owner = np.repeat(np.arange(len(value)), np.diff(web.ptr))
    if method == "noisy_or":
        logs = np.log1p(-found.solved.carried * value[web.other])
        sums = np.bincount(owner, weights=logs, minlength=len(value))
        return float(np.abs(1 - (1 - chance) * np.exp(sums) - value).max())
    flow = found.solved.carried * value[web.other]
    sums = np.bincount(owner, weights=flow, minlength=len(value))
    return float(np.abs(chance * found.solved.scale + sums - value)[np.diff(web.ptr) > 0].sum())


def size(found: Spread) -> int:
    """The bytes that are kept with a view."""
    arrays = [*found.web, *found.solved, found.shown, found.ranked, found.own, found.share]
    return sum(each.nbytes for each in arrays if isinstance(each, np.ndarray))


def one_by_one(snapshot: Snapshot, found: Spread, method: str) -> list[Row]:
    """Asking about single subjects, once their solution is kept."""
    from algorithms.registry import ask

    value = found.shown.copy()
    reached = np.flatnonzero(value > 0)
    value[[*found.start.reasons]] = 0
    groups = {
        "highest": np.argsort(-value, kind="stable")[: min(ASKED, (value > 0).sum())].tolist(),
        "drawn": random.Random(20260601).sample(reached.tolist(), min(ASKED, len(reached))),
    }
    rows = []
    for name, nodes in groups.items():
        named = snapshot.canonicals(nodes)
        asked: dict[str, Any] = {"as_of": AS_OF, "method": method}
        for subject in named[:50]:
            ask(snapshot, "risk_propagation", {**asked, "subject": subject})
        settle()
        times, rests = [], []
        for subject in named:
            question = {**asked, "subject": subject}
            took, answer = timed(lambda q=question: ask(snapshot, "risk_propagation", q))
            (row,) = answer["results"]
            total = sum(each.contribution for each in row.seeds) + row.seeds_rest
            assert abs(total - row.value) < 1e-10, row
            times.append(took)
            told = sum(each.contribution for each in row.paths)
            rests.append(100 * (1 - told / row.value))
        what = f"{method}, decomposition of one, {name} ({len(nodes):,})"
        rows += latencies(what, times, {0.5: 10.0} if name == "drawn" else {0.99: 10.0})
        rows.append(plain(f"{what}: not on its five paths, p50", percentile(rests, 0.5), "%"))
    return rows


def measure(entities: int) -> list[Row]:
    """Solve, compare the sizes, then ask one by one."""
    from algorithms.risk.carrying import WEIGHTS
    from api.session import Session
    from graph import compiled

    compiled.warm()
    rows: list[Row] = []
    small: dict[str, float] = {}
    with Session(url(store(entities // 10))) as session:
        for method in METHODS:
            fresh(session.snapshot(), method, None)  # the compiler
            small[method] = fresh(session.snapshot(), method, None)[0]
    with Session(url(store(entities))) as session:
        snapshot = session.snapshot()
        for method in METHODS:
            for name, kinds in (("what carries by default", None), ("all kinds", [*WEIGHTS])):
                took, found = fresh(snapshot, method, kinds)
                relations = len(found.web.rows)
                note = (
                    f"{relations:,} relations, {len(found.ranked):,} subjects reached;"
                    f" {found.solved.steps} steps, error at most {found.solved.bound:.0e};"
                    f" one step more changes {off(found, method):.0e}; worst of 3"
                )
                rows.append(at_most(f"{method}, everybody, {name}", took, 5, "s", note))
                if kinds is None:
                    rows.append(plain(f"{method}, ten times the world takes", took / small[method],
                                      "times"))  # fmt: skip
                rows.append(plain(f"{method}, {name}: kept", size(found) / relations, "B/relation"))
        for method in METHODS:
            rows += one_by_one(snapshot, fresh(snapshot, method, None)[1], method)
    return rows


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("propagation", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
