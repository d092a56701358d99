"""Whether a model still sees what it was tested on, and whether its order holds still."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from graph.deadline import check
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from algorithms.features.table import Features
    from algorithms.scoring.model import Model
    from graph.columns import I32
    from graph.snapshot import Snapshot

BINS: Final = 10
_FLOOR: Final = 1e-4  # of a share that is none, as is usual: or one empty bin is infinitely much
SHIFTED: Final = 0.25  # from which a shift is called large; from 0.1 moderate (Siddiqi 2006)
MODERATE: Final = 0.1
_CHUNK: Final = 100_000  # relations named between two looks at whether the work was called off


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """How far a distribution moved: the population stability index, and what that is called."""

    name: str
    psi: float
    said: str


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What moved between two days. `score` is the shift of the model's margin, `features` those of
    the features, most first."""

    model: str
    days: list[str]
    subjects: list[int]
    score: Shift
    features: list[Shift]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How alike two orders of the same subjects are: Spearman's rank correlation (null where one
    has no order), and the share of the first k of one that are among the first k of the other."""

    what: str
    subjects: int
    spearman: float | None
    k: int
    overlap: float


class Stability(msgspec.Struct, frozen=True, kw_only=True):
    """How still a model's order holds: to another day, and with some relations taken away."""

    model: str
    days: list[str]
    share: float
    agreements: list[Agreement]


def psi(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """The population stability index: the sum over bins of (q - p) ln(q / p), the bins the tenths
    of `one` (fewer where values are equal) and one of what is not known. 0 where one is empty."""
    if not len(one) or not len(other):
        return 0.0
    known = one[~np.isnan(one)].astype(np.float64)
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(known, inner)) if len(known) else known
    p, q = _shares(one, edges), _shares(other, edges)
    return float(((q - p) * np.log(q / p)).sum())


def _shares(values: npt.NDArray[Any], edges: Any) -> npt.NDArray[np.float64]:
    missing = np.isnan(values)
    # A value that is an edge is below it: where most are equal, they are one bin.
    of = np.where(missing, len(edges) + 1, np.searchsorted(edges, values.astype(np.float64)))
    share = np.bincount(of, minlength=len(edges) + 2) / len(values)
    return np.maximum(share, _FLOOR)


def shift(name: str, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Shift:
    """How far one feature or the score moved."""
    value = psi(one, other)
    said = "large" if value >= SHIFTED else "moderate" if value >= MODERATE else "small"
    return Shift(name=name, psi=value, said=said)


def table_of(
    snapshot: Snapshot, model: Model, day: str, only: I32 | None = None
) -> Features:  # fmt: skip
    """The features of the model's kind on a day, of all subjects or `only` some."""
    from algorithms.features.making import features

    about = model.about
    return features(snapshot, about.kind, day, groups=about.groups, windows=about.windows,
                    only=only)  # fmt: skip


def drift(snapshot: Snapshot, called: str, model: Model, one: str, other: str) -> Drift:
    """What moved from one day to another: the time of two tables of features."""
    if not one < other:
        raise WrongUsage(f"to: {other} is not after {one} / 日期须依次递增")
    first, second = (table_of(snapshot, model, day) for day in (one, other))
    a, b = (model.aligned(each.names, each.matrix) for each in (first, second))
    told = [shift(name, a[:, at], b[:, at]) for at, name in enumerate(model.about.features)]
    told.sort(key=lambda each: (-each.psi, each.name))
    return Drift(
        model=called, days=[one, other], subjects=[len(a), len(b)],
        score=shift("score", model.mix.margin(a), model.mix.margin(b)), features=told,
    )  # fmt: skip


def stability(
    snapshot: Snapshot, called: str, model: Model, one: str, other: str, *, k: int = 100,
    share: float = 0.02, seed: int = 0,
) -> Stability:  # fmt: skip
    """How alike the order of a day is to that of another day, and to its own with a share of all
    relations taken away at random. The time of three tables of features."""
    first = table_of(snapshot, model, one)
    found = []
    less = snapshot.without(taken_away(snapshot, share, seed))
    pairs = (("another day", snapshot, other), ("relations taken away", less, one))
    for what, view, day in pairs:
        second = table_of(view, model, day)
        found.append(_agreement(snapshot, what, model, (first, second), k))
    return Stability(model=called, days=[one, other], share=share, agreements=found)


def taken_away(snapshot: Snapshot, share: float, seed: int) -> list[int]:
    """A share of the known relations, drawn by what they are called: in whichever order facts were
    loaded, the same. Those whose ids have the least digests of BLAKE2, of which the seed is the
    key. O(m log m) over m relations."""
    from graph.model import RELATIONS

    rows = snapshot.rows(RELATIONS)
    key, digests = seed.to_bytes(8, "little"), []
    for at in range(0, len(rows), _CHUNK):
        check()
        digests += [
            blake2b(each.encode(), digest_size=8, key=key).digest()
            for each in snapshot.fact_ids(rows[at : at + _CHUNK].tolist())
        ]
    order = np.argsort(np.frombuffer(b"".join(digests), "<u8"), kind="stable")
    chosen: list[int] = rows[order[: int(len(rows) * share)]].tolist()
    return chosen


def _agreement(
    snapshot: Snapshot, what: str, model: Model, tables: tuple[Features, Features], k: int
) -> Agreement:
    one, other = tables
    both = np.intersect1d(one.nodes, other.nodes)
    # In the order of ids: among equals at the edge of the first k, that of loading does not decide.
    names = snapshot.canonicals(both.tolist())
    both = both[sorted(range(len(both)), key=names.__getitem__)]
    a, b = (
        model.mix.margin(model.aligned(each.names, each.matrix[each.rows(both)]))
        for each in (one, other)
    )
    k = min(k, len(both))
    return Agreement(what=what, subjects=len(both), spearman=spearman(a, b), k=k,
                     overlap=overlap(a, b, k))  # fmt: skip


def spearman(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float | None:
    """Spearman's rank correlation; None where either has no order."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(one, other).statistic)


def overlap(one: npt.NDArray[Any], other: npt.NDArray[Any], k: int) -> float:
    """The share of the first k of one that are among the first k of the other; 1 of none."""
    if not k:
        return 1.0
    first = set(np.argsort(-one, kind="stable")[:k].tolist())
    return len(first & set(np.argsort(-other, kind="stable")[:k].tolist())) / k
