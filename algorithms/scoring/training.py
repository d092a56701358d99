"""Training: three days one after the other, and nothing of a later one in what an earlier knew.

Features are computed as of a day; a label is what came after it. Trees and a regression grow on the
first day, how much each counts and how margins become probabilities is settled on the second, and
everything is measured on the third:

    fit day ---- labels ----> calibration day ---- labels ----> test day ---- labels ----> until

They grow on further days, evenly apart between the first and the second, too, with the labels from
each until the second (landmarks: van Houwelingen 2007): what a day shows of somebody a month before
he is found out, another shows three months before. One day alone, the first, shows little where the
facts begin about then. Who was labelled by the day itself is left out: it is known already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from algorithms.scoring.evaluating import MODEL, Evaluation, Part, evaluate
from algorithms.scoring.fitting import MOST_ROWS, PARTNERS, TABULAR, Grown, drawn, grown
from algorithms.scoring.labels import Labels
from algorithms.scoring.metrics import NoTruth, Truth
from algorithms.scoring.mixing import Mix, mixed
from algorithms.scoring.model import (
    About,
    Calibration,
    Lineage,
    Model,
    calibrate,
    quantiles,
)
from graph.deadline import stage
from graph.errors import WrongUsage
from graph.times import DAY, day_end, parse_time

if TYPE_CHECKING:
    from algorithms.features.table import Feature, Features
    from graph.snapshot import Snapshot

LEAST: Final = 10  # positives of each of the three slices
FIT_DAYS: Final = 3  # that a model grows on
K: Final = 100
PRECISION: Final = 0.5
_UNIT: Final = "training / 训练"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is trained, on which days. `groups` and `windows` are those of the features; `rules`:
    whether all detectors are asked for the baseline of rules alone; `as_known`: each day's features
    only from what was recorded by its end, too; `fit_days`: how many days it grows on, from `fit`
    on, evenly apart before `calibrate`."""

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
    fit_days: int = FIT_DAYS

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


def grown_days(plan: Plan) -> list[str]:
    """The days that a model grows on, ascending; fewer where so many are not between."""
    first, last = (date.fromisoformat(day).toordinal() for day in (plan.fit, plan.calibrate))
    found = [first + (last - first) * at // plan.fit_days for at in range(plan.fit_days)]
    return [date.fromordinal(each).isoformat() for each in sorted({*found})]


def train(snapshot: Snapshot, labels: Labels, plan: Plan) -> Trained:
    """Train and measure. Linear in the features' tables, times the trees; one table is held at a
    time beside the rows that are trained on. Raises WrongUsage for days out of order, NoTruth where
    a slice has fewer than ten positives."""
    plan.check()
    with stage(0, 5, _UNIT):
        rows = rows_to_grow_on(snapshot, labels, plan)
    with stage(1, 5, _UNIT):
        found = grown(rows.matrix, rows.truth, tabular_columns(rows.meanings), plan.seed)
    with stage(2, 5, _UNIT):
        held = slot(snapshot, labels, plan, plan.calibrate, plan.test)
        mix, margin = mixed(found.forest, found.linear, held.matrix, held.truth)
        calibration = calibrate(margin, held.truth)
    with stage(3, 5, _UNIT):
        test = slot(snapshot, labels, plan, plan.test, plan.until)
    notes = [*dict.fromkeys([*rows.cut, *held.table.cut, *test.table.cut])]
    if len(rows.truth) < rows.seen:
        notes.append(f"trained on {len(rows.truth)} of {rows.seen} subjects: all positives, others"
                     " drawn / 训练样本为全部正例与抽取的其他主体")  # fmt: skip
    with stage(4, 5, _UNIT):
        said = about(plan, labels, test.table, mix, calibration.kind, snapshot)
        return Trained(*_measured(labels, plan, test, said, mix, found, calibration,
                                  notes), notes)  # fmt: skip


class Rows(NamedTuple):
    """What is grown on: rows of several days, of `seen` that there were; what their columns mean,
    and what cut any of them."""

    meanings: Sequence[Feature]
    matrix: npt.NDArray[Any]
    truth: Truth
    seen: int
    cut: list[str]


def rows_to_grow_on(snapshot: Snapshot, labels: Labels, plan: Plan) -> Rows:
    """What a model grows on: of each day all positives, and as many others as there is room for.
    Raises NoTruth where the first day has too few."""
    days = grown_days(plan)
    parts, truths, seen = [], [], 0
    cut: list[str] = []
    for day in days:
        # Later days have some of the first one's positives, and none else.
        each = slot(snapshot, labels, plan, day, plan.calibrate, LEAST if day == plan.fit else 0)
        chosen = drawn(each.truth, plan.seed, MOST_ROWS // len(days))
        parts.append(each.table.matrix[each.rows[chosen]])
        truths.append(each.truth[chosen])
        seen += len(each.truth)
        cut += each.table.cut
        meanings = each.table.meanings
        del each  # one table at a time
    return Rows(meanings, np.concatenate(parts), np.concatenate(truths), seen, cut)


def _measured(
    labels: Labels, plan: Plan, test: Slot, said: About, mix: Mix, found: Grown,
    calibration: Calibration, notes: list[str],
) -> tuple[Model, Evaluation]:  # fmt: skip
    matrix = test.matrix
    margin = mix.margin(matrix)
    scores = {MODEL: margin, **found.margins(matrix)}
    if plan.rules:
        scores["rules only"] = _rules(plan, test, notes)
    model = Model(
        said, mix, calibration,
        np.array([quantiles(matrix[:, at]) for at in range(matrix.shape[1])]),
        np.isnan(matrix).mean(axis=0) if len(matrix) else np.zeros(matrix.shape[1]),
        quantiles(margin),
    )  # fmt: skip
    return model, evaluate(
        test.truth, scores, calibration(margin), k=plan.k, precision=plan.precision,
        seed=plan.seed, slices=slices(labels, test, plan.test),
    )  # fmt: skip


def slot(
    snapshot: Snapshot, labels: Labels, plan: Plan, day: str, until: str, least: int = LEAST
) -> Slot:
    """The table of a day, and the rows of those not labelled by then. Raises NoTruth where fewer
    than `least` were labelled until `until`, or all."""
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
    if least and (count < least or count == len(rows)):
        raise NoTruth(
            f"of {len(rows)} subjects ({plan.kind}) {count} were labelled after {day} and by"
            f" {until}: {least} at least, and not all, are needed / 该时段正例不足"
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


def about(
    plan: Plan, labels: Labels, table: Features, mix: Mix, kind: Any, snapshot: Snapshot
) -> About:
    """What the model says of itself."""
    from algorithms.features.table import VERSION

    lineage = Lineage(
        snapshot=snapshot.name, known_at=snapshot.known_at,
        days=[plan.fit, plan.calibrate, plan.test, plan.until], grown=grown_days(plan),
        labels=labels.digest, labelled=labels.count, feature_version=VERSION,
        code=version("linkrisk"), seed=plan.seed,
        libraries={name: version(name) for name in ("scikit-learn", "numpy", "scipy", "skops")},
    )  # fmt: skip
    return About(
        kind=plan.kind, groups=list(table.groups), windows=list(table.windows),
        features=list(table.names), calibration=kind, trees=mix.trees, lineage=lineage,
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
