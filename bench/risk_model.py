"""Whether the graph lifts a model: trained on some worlds with schemes, measured on unseen ones.

    python -m bench.risk_model [--entities N] [--level easy|normal|hard]

Three worlds of seeds of their own train, three others are measured; no seed is among those that the
detectors were calibrated on, nor of the worlds (9101 to 9106, 9301 to 9304) on which it was settled
how the model learns. A subject is positive where it is of the core of a planted scheme that
had begun by the day, or a tool of one; look-alikes are not. Probabilities and measures are those of
`algorithms.scoring`; a scheme's members are drawn together in the bootstrap.

Foreseeing in time, on three further worlds: see `bench._forecast`.
"""

from __future__ import annotations

import argparse
from typing import Any, Final, NamedTuple, get_args

import numpy as np

from algorithms.features.making import features
from algorithms.features.table import Feature
from algorithms.scoring.evaluating import MODEL, Evaluation, evaluate
from algorithms.scoring.fitting import grown
from algorithms.scoring.mixing import mixed
from algorithms.scoring.model import calibrate
from algorithms.scoring.rules import of_subjects, rules
from algorithms.scoring.training import PRECISION, K, tabular_columns
from bench import _forecast
from bench._measure import AS_OF, Row, finish
from graph.snapshot import Snapshot
from ingest.generate.schemes.level import Difficulty

TRAIN: Final = (7101, 7102, 7103)
TEST: Final = (8101, 8102, 8103)
KINDS: Final = ("account", "company")
SIZE: Final = 4_000


class Part(NamedTuple):
    """Subjects of one world."""

    meanings: tuple[Feature, ...]
    matrix: Any
    truth: Any
    scheme: Any  # a number for each, of its own where it is of none
    ruled: Any


def part(snapshot: Snapshot, kind: str, schemes: list[dict[str, Any]], *, ruled: Any) -> Part:
    """The features of a kind, who is of a scheme, and of which."""
    table = features(snapshot, kind, AS_OF)
    truth = np.zeros(len(table.nodes), bool)
    scheme = -1 - np.arange(len(table.nodes))
    for number, each in enumerate(schemes):
        if each["innocent"] or not each["begins"] or each["begins"][:10] > AS_OF:
            continue
        named = [*each["members"], *each.get("tools", ())]
        nodes = np.array([snapshot.nodes.rep[snapshot.resolve(name)] for name in named])
        rows = table.rows(nodes)
        truth[rows[rows >= 0]] = True
        scheme[rows[rows >= 0]] = number
    score = np.zeros(len(truth)) if ruled is None else of_subjects(ruled, table.nodes)
    return Part(table.meanings, table.matrix, truth, scheme, score)


def world(seed: int, size: int, level: Difficulty, *, ruled: bool) -> dict[str, Part]:
    """A world made, loaded and looked at."""
    with _forecast.opened(seed, size, level) as (snapshot, schemes):
        found = rules(snapshot, AS_OF) if ruled else None
        return {kind: part(snapshot, kind, schemes, ruled=found) for kind in KINDS}


def joined(parts: list[Part]) -> Part:
    """Several worlds as one; a scheme of one is none of another."""
    places = np.concatenate([np.full(len(p.truth), at) for at, p in enumerate(parts)])
    scheme = np.concatenate([p.scheme for p in parts])
    _, groups = np.unique(np.column_stack([places, scheme]), axis=0, return_inverse=True)
    return Part(
        parts[0].meanings, np.concatenate([p.matrix for p in parts]),
        np.concatenate([p.truth for p in parts]), groups.ravel(),
        np.concatenate([p.ruled for p in parts]),
    )  # fmt: skip


def compared(train: list[Part], test: Part) -> Evaluation:
    """The model and its baselines on unseen worlds. The last world of those that train is what the
    probabilities are fitted on."""
    first, held = joined(train[:-1]), train[-1]
    found = grown(first.matrix, first.truth, tabular_columns(test.meanings), 0)
    model, settled = mixed(found.forest, found.linear, held.matrix, held.truth)
    margin = model.margin(test.matrix)
    scores = {MODEL: margin, **found.margins(test.matrix)}
    if test.ruled.any():
        scores["rules only"] = test.ruled
    probability = calibrate(settled, held.truth)(margin)
    return evaluate(
        test.truth, scores, probability, k=K, precision=PRECISION, seed=0, groups=test.scheme
    )


def told(kind: str, found: Evaluation) -> list[Row]:
    """Rows of the table."""
    share = f"{found.positives:,} of {found.subjects:,} positive"
    out = []
    for each in found.table:
        ap, auc = each.measures["average_precision"], each.measures["roc_auc"]
        note = f"95 % {ap.low:.3f} to {ap.high:.3f}; ROC AUC {auc.value:.3f}; {share}"
        out.append(Row(f"{kind}: average precision, {each.name}", f"{ap.value:.3f}", note=note))
    for against in found.against:
        ap = against.measures["average_precision"]
        wanted = against.baseline == "tabular only"
        out.append(Row(
            f"{kind}: average precision over {against.baseline}", f"{ap.value:+.3f}",
            "> 0, p < 0.05" if wanted else "", (ap.low > 0 and ap.p < 0.05) if wanted else None,
            f"95 % {ap.low:+.3f} to {ap.high:+.3f}, p {ap.p:.3f}, paired, schemes drawn whole",
        ))  # fmt: skip
    of = found.calibration
    out.append(Row(f"{kind}: expected calibration error", f"{of.expected_calibration_error:.3f}",
                   note=f"Brier {of.brier:.4f}; always the share {of.base:.4f}"))  # fmt: skip
    return out


def main() -> None:
    """Make the worlds, train, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, help=f"not used: each world has {SIZE:,}")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--level", choices=get_args(Difficulty), default="hard")
    parser.add_argument("--no-rules", action="store_true", help="detectors are not asked")
    given = parser.parse_args()
    train = [world(seed, given.size, given.level, ruled=False) for seed in TRAIN]
    test = [world(seed, given.size, given.level, ruled=not given.no_rules) for seed in TEST]
    rows = []
    for kind in KINDS:
        found = compared([each[kind] for each in train], joined([each[kind] for each in test]))
        rows += told(kind, found)
    ahead = [_forecast.world(s, _forecast.SIZE, given.level, KINDS) for s in _forecast.SEEDS]
    for kind in KINDS:
        rows += _forecast.told(kind, [each[kind] for each in ahead])
    finish("risk_model", rows)


if __name__ == "__main__":
    main()
