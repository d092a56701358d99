"""Training: three days one after the other, and nothing of a later one in what an earlier knew.

Features are computed as of a day; a label is what came after it. Trees grow on the first day, their
margins are turned into probabilities on the second, and everything is measured on the third:

    fit day ---- labels ----> calibration day ---- labels ----> test day ---- labels ----> until

Who was labelled by the day itself is left out: it is known already.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from algorithms.scoring.evaluating import MODEL, Evaluation, Part, evaluate
from algorithms.scoring.fitting import PARTNERS, TABULAR, boosted, drawn, logistic_margin
from algorithms.scoring.labels import Labels
from algorithms.scoring.metrics import NoTruth, Truth
from algorithms.scoring.model import About, Lineage, Model, calibrate, quantiles
from graph.deadline import stage
from graph.errors import WrongUsage
from graph.times import DAY, day_end, parse_time

if TYPE_CHECKING:
    from algorithms.features.table import Feature, Features
    from graph.snapshot import Snapshot

LEAST: Final = 10  # positives of each of the three slices
K: Final = 100
PRECISION: Final = 0.5
_UNIT: Final = "training / 训练"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is trained, on which days. `groups` and `windows` are those of the features; `rules`:
    whether all detectors are asked for the baseline of rules alone; `as_known`: each day's features
    only from what was recorded by its end, too."""

    kind: str
    fit: str
    calibrate: str
    test: str
    until: str
    groups: list[str] | None = None
    windows: list[int] | None = None
    seed: int = 0
    k: int = K
    precision: float = PRECISION
    rules: bool = True
    as_known: bool = False

    def check(self) -> None:
        """Raises WrongUsage where the days are not one after the other."""
        days = (self.fit, self.calibrate, self.test, self.until)
        names = ("as_of", "calibrate_as_of", "test_as_of", "until")
        for (one, name), (other, later) in zip(
            zip(days, names, strict=True), list(zip(days, names, strict=True))[1:], strict=False
        ):
            if not one < other:
                raise WrongUsage(f"{later}: {other} is not after {name} {one}"
                                 " / 日期须依次递增")  # fmt: skip


class Slot(NamedTuple):
    """A day's table and whom of it is asked about: rows, by the ids of their subjects, and whether
    they came to be labelled. `view` is what the table was made from; `named` are the subjects that
    labels know those of the rows as."""

    view: Snapshot
    table: Features
    rows: npt.NDArray[np.int64]
    named: npt.NDArray[np.int32]
    truth: Truth

    @property
    def matrix(self) -> npt.NDArray[Any]:
        """The features of the rows."""
        return self.table.matrix[self.rows]

    @property
    def nodes(self) -> npt.NDArray[Any]:
        """The subjects of the rows."""
        return self.table.nodes[self.rows]


class Trained(NamedTuple):
    """The model, how it measured, and what has to be said of either."""

    model: Model
    evaluation: Evaluation
    notes: list[str]


def middle(one: str, other: str) -> str:
    """The day in the middle between two; raises BadFact where one is no date."""
    for each in (one, other):
        day_end(each)
    first, last = date.fromisoformat(one).toordinal(), date.fromisoformat(other).toordinal()
    return date.fromordinal((first + last) // 2).isoformat()


def train(snapshot: Snapshot, labels: Labels, plan: Plan) -> Trained:
    """Train and measure. Linear in the features' tables, times the trees; one table is held at a
    time beside the rows that are trained on. Raises WrongUsage for days out of order, NoTruth where
    a slice has fewer than ten positives."""
    plan.check()
    with stage(0, 5, _UNIT):
        fit = slot(snapshot, labels, plan, plan.fit, plan.calibrate)
    rows = drawn(fit.truth, plan.seed)
    with stage(1, 5, _UNIT):
        forest = boosted(fit.matrix[rows], fit.truth[rows], plan.seed)
        tabular = tabular_columns(fit.table.meanings)
        plain = boosted(fit.matrix[rows][:, tabular], fit.truth[rows], plan.seed)
    with stage(2, 5, _UNIT):
        held = slot(snapshot, labels, plan, plan.calibrate, plan.test)
        calibration = calibrate(forest.margin(held.matrix), held.truth)
    with stage(3, 5, _UNIT):
        test = slot(snapshot, labels, plan, plan.test, plan.until)
    matrix = test.matrix
    margin = forest.margin(matrix)
    scores: dict[str, npt.NDArray[Any]] = {
        MODEL: margin,
        "logistic regression": logistic_margin(
            fit.matrix[rows], fit.truth[rows], matrix, plan.seed
        ),
        "tabular only": plain.margin(matrix[:, tabular]),
    }
    notes = [*dict.fromkeys(cut for each in (fit, held, test) for cut in each.table.cut)]
    if len(rows) < len(fit.truth):
        notes.append(f"trained on {len(rows)} of {len(fit.truth)} subjects: all positives, others"
                     " drawn / 训练样本为全部正例与抽取的其他主体")  # fmt: skip
    with stage(4, 5, _UNIT):
        if plan.rules:
            scores["rules only"] = _rules(plan, test, notes)
        model = Model(
            about(plan, labels, fit.table, calibration.kind, snapshot), forest, calibration,
            np.array([quantiles(matrix[:, at]) for at in range(matrix.shape[1])]),
            np.isnan(matrix).mean(axis=0) if len(matrix) else np.zeros(matrix.shape[1]),
            quantiles(margin),
        )  # fmt: skip
        measured = evaluate(
            test.truth, scores, calibration(margin), k=plan.k, precision=plan.precision,
            seed=plan.seed, slices=slices(labels, test, plan.test),
        )  # fmt: skip
    return Trained(model, measured, notes)


def slot(snapshot: Snapshot, labels: Labels, plan: Plan, day: str, until: str) -> Slot:
    """The table of a day, and the rows of those not labelled by then."""
    from algorithms.features.making import features
    from algorithms.features.table import WINDOWS

    at = day_end(day)
    view = snapshot.earlier(min(at, parse_time(snapshot.known_at))) if plan.as_known else snapshot
    table = features(view, plan.kind, day, groups=plan.groups, windows=plan.windows or WINDOWS)
    # Whom a label names goes by what is known of identities by now: an earlier view may know two
    # subjects where later there is one, or have another record stand for it.
    named = snapshot.nodes.rep[table.nodes]
    rows = np.flatnonzero(labels.since[named] > at)
    # In the order of ids: that in which facts were loaded shows neither in trees nor in draws.
    names = view.canonicals(table.nodes[rows].tolist())
    rows = rows[sorted(range(len(rows)), key=names.__getitem__)]
    named = named[rows]
    truth = labels.since[named] <= day_end(until)
    count = int(truth.sum())
    if count < LEAST or count == len(rows):
        raise NoTruth(
            f"of {len(rows)} subjects ({plan.kind}) {count} were labelled after {day} and by"
            f" {until}: {LEAST} at least, and not all, are needed / 该时段正例不足"
        )
    return Slot(view, table, rows, named, truth)


def tabular_columns(meanings: Iterable[Feature]) -> npt.NDArray[np.int64]:
    """The columns of what a subject says of itself, and of its own amounts."""
    chosen = [
        at
        for at, each in enumerate(meanings)
        if each.group in TABULAR and not any(word in each.name for word in PARTNERS)
    ]
    return np.array(chosen, np.int64)


def about(plan: Plan, labels: Labels, table: Features, kind: Any, snapshot: Snapshot) -> About:
    """What the model says of itself."""
    from algorithms.features.table import VERSION

    lineage = Lineage(
        snapshot=snapshot.name, known_at=snapshot.known_at,
        days=[plan.fit, plan.calibrate, plan.test, plan.until], labels=labels.digest,
        labelled=labels.count, feature_version=VERSION, code=version("linkrisk"), seed=plan.seed,
        libraries={name: version(name) for name in ("scikit-learn", "numpy", "scipy", "skops")},
    )  # fmt: skip
    return About(
        kind=plan.kind, groups=list(table.groups), windows=list(table.windows),
        features=list(table.names), calibration=kind, lineage=lineage,
    )  # fmt: skip


def _rules(plan: Plan, test: Slot, notes: list[str]) -> npt.NDArray[np.float64]:
    from algorithms.scoring.rules import of_subjects, rules

    ruled = rules(test.view, plan.test)
    notes += [f"rules only: {cut}" for cut in ruled.cuts]
    return of_subjects(ruled, test.nodes)


_AGES: Final = ((365, "under 1 year"), (3 * 365, "1 to 3 years"), (10 * 365, "3 to 10 years"))
_OLD: Final = 200 * 365  # days: no such age, but a begin that is not known
_USCC: Final = "cn:uscc:"


def slices(labels: Labels, test: Slot, day: str) -> list[Part]:
    """Whom the card tells of apart: by dataset (of several that with the least name), by age on the
    day, companies by province, and those listed for each field beside all who were not."""
    nodes, view = test.nodes, test.view
    names, number = np.unique(np.array(view.datasets), return_inverse=True)
    records, least = view.known_nodes(), np.full(view.n, len(names))
    np.minimum.at(least, view.nodes.rep[records], number[view.in_datasets(nodes=records)])
    found = _parts("dataset", names[least[nodes]])
    days = (day_end(day) - view.nodes.vf[nodes].astype(np.float64)) / DAY
    age = np.full(len(nodes), "10 years or more", dtype="U20")
    for most, name in reversed(_AGES):
        age[days < most] = name
    age[days > _OLD] = "unknown"
    found += _parts("age", age)
    if test.table.kind == "company":
        region = [
            each[len(_USCC) + 2 : len(_USCC) + 4] if each.startswith(_USCC) else "unknown"
            for each in view.canonicals(nodes.tolist())
        ]
        found += _parts("region", np.array(region))
    of = np.array([labels.domain.get(node, "") for node in test.named.tolist()])
    domains = sorted({each for each in of[test.truth].tolist() if each})
    return [*found, *(Part("listed for", each, (of == each) | ~test.truth) for each in domains)]


def _parts(by: str, of: npt.NDArray[Any]) -> list[Part]:
    return [Part(by, str(name), of == name) for name in np.unique(of).tolist()]
