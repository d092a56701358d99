"""In which order groups of subjects are looked at: each by the highest score among its members.

Not by noisy-or, 1 - product of (1 - p): that takes members to be independent, and those of a
cluster or case are in it because they are joined, so that features of one count the others; and it
grows with their number alone, so that a large group of the harmless would come first. The highest
is the score of somebody: who it is is told, and `risk_score` tells the reasons.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.features.table import KINDS
from algorithms.scoring.drifting import table_of
from algorithms.scoring.model import band
from algorithms.scoring.priority import ModelAsked, Priority, Scores, unscored
from algorithms.scoring.shelf import Shelved, shelf_of
from graph.deadline import bounded, current
from graph.errors import Cancelled, LinkriskError

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_NOBODY: Final = "no score is told of any member / 成员均无评分"
_LEARNT: Final = 2  # of the days of a model, that until which its labels reach


class _Score(NamedTuple):
    probability: float
    model: str


class TooLong(LinkriskError):
    """Scores took longer than they may."""


def prioritised(
    snapshot: Snapshot, groups: Sequence[Collection[int]], as_of: str, seconds: float
) -> tuple[list[Priority], Scores]:
    """The priorities of groups of subjects (representatives) on a day, by the models in use for
    the kinds of their members (of members without one nothing is told), and how that came about.

    Nothing that comes after the day, or was recorded after the view's moment, is in them. A model
    that cannot be asked, or takes longer than `seconds`, stops nothing: the notes say why its kind
    has no scores. Rows are made for the members alone, but what they are made from is read whole:
    the time is that of the features of each kind with a model. Raises Cancelled.
    """
    scores: dict[int, _Score] = {}
    missing: dict[str, str] = {}
    failed: list[str] = []
    models: list[ModelAsked] = []
    notes: list[str] = []
    for kind, nodes in _by_kind(snapshot, groups).items():
        try:
            shelf = shelf_of(snapshot)
            if shelf is None or (used := shelf.used(kind)) is None:
                missing[kind] = f"no model is in use for {kind} / {kind} 未启用模型"
            else:
                told, cut = _scores(snapshot, used, nodes, as_of, seconds)
                scores |= told
                notes += [f"{kind}: {each}" for each in (*cut, *_foreseen(used, as_of))]
                models.append(
                    ModelAsked(kind=kind, model=used.name, sha256=used.sha256, subjects=len(told))
                )
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 whatever a model trips over: alerts go out
            known = (
                f": {error}" if isinstance(error, LinkriskError) else f": {type(error).__name__}"
            )
            missing[kind] = f"the model in use for {kind} cannot be asked{known} / 模型无法使用"
            failed.append(kind)
    notes += [missing[kind] for kind in sorted(missing)]
    made = [_priority(snapshot, each, scores, missing, as_of) for each in groups]
    return made, Scores(models=models, notes=notes, failed=failed)


def _by_kind(snapshot: Snapshot, groups: Sequence[Collection[int]]) -> dict[str, list[int]]:
    """Whose score may be told, by kind: of whose use is restricted none is."""
    found: dict[str, list[int]] = {}
    for node in sorted({node for group in groups for node in group}):
        kind = snapshot.kind_name(node)
        if kind in KINDS and not snapshot.restricted(node):
            found.setdefault(kind, []).append(node)
    return dict(sorted(found.items()))


def _scores(
    snapshot: Snapshot, used: Shelved, nodes: list[int], as_of: str, seconds: float
) -> tuple[dict[int, _Score], tuple[str, ...]]:
    """The scores of these subjects, of those that had begun by then; and what cut them short."""
    until, outer = monotonic() + seconds, current()

    def told(done: float, total: float, unit: str) -> None:
        if monotonic() > until:
            raise TooLong(f"its features took more than {seconds:g} s / 超过时限")
        outer.report(done, total, unit)

    with bounded(progress=told):
        table = table_of(snapshot, used.model, as_of, np.asarray(nodes, np.int32))
        _, probability = used.model.score(used.model.aligned(table.names, table.matrix))
    pairs = zip(table.nodes.tolist(), probability.tolist(), strict=True)
    return {node: _Score(value, used.called) for node, value in pairs}, table.cut


def _foreseen(used: Shelved, as_of: str) -> list[str]:
    """What is to be said of a model that learnt from what came after the day."""
    learnt = used.model.about.lineage.days[_LEARNT]
    if learnt <= as_of:
        return []
    return [f"{used.called} learnt from labels until {learnt}, after {as_of}: on that day it could"
            " not have been asked / 模型所用标签晚于该日"]  # fmt: skip


def _priority(
    snapshot: Snapshot, group: Collection[int], scores: dict[int, _Score], missing: dict[str, str],
    as_of: str,
) -> Priority:  # fmt: skip
    known = [node for node in group if node in scores]
    if not known:
        kinds = sorted({snapshot.kind_name(node) for node in group} & {*missing})
        return unscored("; ".join(missing[kind] for kind in kinds) or _NOBODY, len(group))
    most = max(scores[node].probability for node in known)
    first = sorted(node for node in known if scores[node].probability == most)
    subject, node = min(zip(snapshot.canonicals(first), first, strict=True))
    many, every = len(known), len(group)
    return Priority(
        score=most, band=band(most), subject=subject, model=scores[node].model, scored=many,
        members=every, as_of=as_of, known_at=snapshot.known_at,
        why=f"the highest of {many} scores of {every} members / {every} 个成员中 {many} 个有评分,"
        " 取最高者",
    )  # fmt: skip
