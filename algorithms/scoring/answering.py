"""From a model, or from rules, to the rows of `risk_score`."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from algorithms.registry import Result, cut_short, evidence
from algorithms.risk.risk_score import USE, RiskScore, RiskScoreParams
from algorithms.scoring.explaining import reasons
from algorithms.scoring.model import F64, band
from algorithms.scoring.reason import Reason
from algorithms.scoring.shelf import Shelved, UnknownModel, shelf_of
from graph.errors import WrongUsage
from graph.times import today

if TYPE_CHECKING:
    from collections.abc import Callable

    from algorithms.features.table import Features
    from algorithms.scoring.rules import Ruled
    from graph.columns import I32
    from graph.snapshot import Snapshot

T = TypeVar("T")
RULES: Final = "rules"
_KEPT: Final = 2  # scored tables of a view
_FAMILIES: Final = 3  # whose findings of a view are kept
_SECONDS: Final = 60.0  # for the detectors of a family
_NO_MODEL: Final = (
    "no model is in use for this kind: the score is that of the findings alone; see linkrisk model"
    " / 该类主体未启用模型, 得分仅来自检测线索"
)


class Scored(NamedTuple):
    """A table with its margins and probabilities."""

    table: Features
    matrix: Any
    margin: F64
    probability: F64


Kept = WeakKeyDictionary["Snapshot", OrderedDict[Any, Any]]
_SCORED: Final[Kept] = WeakKeyDictionary()
_RULED: Final[Kept] = WeakKeyDictionary()
_LOCK: Final = Lock()


def answer(snapshot: Snapshot, params: RiskScoreParams) -> Result[RiskScore]:
    """See `risk_score`."""
    node: int | None = None
    kind: str = params.kind
    if params.subject is not None:
        from algorithms.features.table import KINDS

        node = int(snapshot.nodes.rep[snapshot.resolve(params.subject)])
        named = snapshot.kind_name(node)
        if named not in KINDS:
            raise WrongUsage(f"subject: a {named} has no score; one of {', '.join(KINDS)}"
                             " / 此类主体没有评分")  # fmt: skip
        kind = named
        if snapshot.restricted(node):  # no more is shown than that it is there
            return Result(results=[], notes=[USE])
    shelved = _model(snapshot, params.model, kind)
    if shelved is None:
        return _ruled(snapshot, params, node, kind)
    return _modelled(snapshot, params, shelved, node)


def _model(snapshot: Snapshot, name: str | None, kind: str) -> Shelved | None:
    """The model that is asked for; None for rules."""
    if name == RULES:
        return None
    shelf = shelf_of(snapshot)
    if name is None:
        return None if shelf is None else shelf.used(kind)
    if shelf is None:
        raise UnknownModel(f"no model {name[:60]!r} / 没有此模型")
    found = shelf.get(name)
    if found.model.about.kind != kind:
        raise WrongUsage(f"model: {name} scores {found.model.about.kind} subjects, not {kind}"
                         " / 模型与主体类型不符")  # fmt: skip
    return found


def scored(snapshot: Snapshot, shelved: Shelved, as_of: str) -> Scored:
    """All subjects of the model's kind on a day; kept for the view's next questions."""
    key = shelved.sha256, as_of
    return _kept(_SCORED, _KEPT, snapshot, key, lambda: _made(snapshot, shelved, as_of))


def _kept(shelf: Kept, most: int, snapshot: Snapshot, key: Any, make: Callable[[], T]) -> T:
    """What scores a view by, made once: the last few are kept."""
    with _LOCK:
        kept = shelf.setdefault(snapshot, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            found: T = kept[key]
            return found
    made = make()
    with _LOCK:
        kept[key] = made
        while len(kept) > most:
            kept.popitem(last=False)
    return made


def scored_one(snapshot: Snapshot, shelved: Shelved, as_of: str, node: int) -> Scored:
    """A subject alone: out of the table of all where that is kept, else made for it."""
    with _LOCK:
        kept: Scored | None = _SCORED.get(snapshot, OrderedDict()).get((shelved.sha256, as_of))
    return kept or _made(snapshot, shelved, as_of, np.array([node], np.int32))


def _made(
    snapshot: Snapshot, shelved: Shelved, as_of: str, only: I32 | None = None
) -> Scored:  # fmt: skip
    from algorithms.scoring.drifting import table_of

    table = table_of(snapshot, shelved.model, as_of, only)
    matrix = shelved.model.aligned(table.names, table.matrix)
    return Scored(table, matrix, *shelved.model.score(matrix))


def _modelled(
    snapshot: Snapshot, params: RiskScoreParams, shelved: Shelved, node: int | None
) -> Result[RiskScore]:
    day = params.as_of or today()
    if node is None:
        found = scored(snapshot, shelved, day)
    else:
        found = scored_one(snapshot, shelved, day, node)
    places = _places(snapshot, params, found, node)
    nodes = found.table.nodes[places]
    told = reasons(
        snapshot, shelved.model, found.table.meanings, nodes, found.matrix[places], day,
        params.reasons,
    )  # fmt: skip
    names = snapshot.canonicals(nodes.tolist())
    rows = [
        _row(name, float(found.probability[at]), why, shelved.called)
        for name, at, why in zip(names, places.tolist(), told, strict=True)
    ]  # fmt: skip
    return Result(results=rows, notes=[USE, *_unseen(shelved, found), *found.table.cut])


def _unseen(shelved: Shelved, found: Scored) -> list[str]:
    """What is said where the model goes by features that the caller is not granted."""
    every = shelved.model.about.features
    gone = len({*every} - {*found.table.names})
    if not gone:
        return []
    return [
        f"{gone} of the {len(every)} features of the model are withheld from this caller and count"
        " as not known: a score is not what it is for who sees all, and not calibrated"
        f" / 模型 {len(every)} 项特征中 {gone} 项未授权, 按未知计, 得分未经校准"
    ]


def _row(name: str, score: float, why: list[Reason], model: str) -> RiskScore:
    return RiskScore(
        id=name, score=score, band=band(score), why=why[0].why if why else "", reasons=why,
        model=model,
    )  # fmt: skip


def _places(
    snapshot: Snapshot, params: RiskScoreParams, found: Scored, node: int | None
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The rows of the table that are shown, in order."""
    nodes = found.table.nodes
    if node is not None:
        at = found.table.rows(np.array([node]))
        return at[at >= 0]
    wanted = np.flatnonzero(found.probability >= params.min_score)
    if snapshot.any_restricted:
        wanted = np.array([at for at in wanted.tolist() if not snapshot.restricted(nodes[at])],
                          np.int64)  # fmt: skip
    if len(wanted) > params.top:  # and all that equal the last: names decide among them
        worst = np.partition(found.margin[wanted], -params.top)[-params.top]
        wanted = wanted[found.margin[wanted] >= worst]
    names = snapshot.canonicals(nodes[wanted].tolist())
    order = sorted(
        range(len(wanted)),
        key=lambda i: (-found.probability[wanted[i]], -found.margin[wanted[i]], names[i]),
    )
    return wanted[order[: params.top]]


def _ruled(
    snapshot: Snapshot, params: RiskScoreParams, node: int | None, kind: str
) -> Result[RiskScore]:
    from algorithms.scoring.rules import families, rules, together

    day = params.as_of or today()
    ruled = together([
        _kept(_RULED, _FAMILIES, snapshot, (each, day), partial(
            rules, snapshot, day, family=each, seconds=_SECONDS
        ))
        for each in families(kind)
    ])  # fmt: skip
    if node is not None:
        chosen = [node]
    else:
        chosen = [
            each
            for each in ruled.by
            if snapshot.kind_name(each) == kind
            and ruled.score[each] >= params.min_score
            and not snapshot.restricted(each)
        ]
    named = sorted(
        zip(snapshot.canonicals(chosen), chosen, strict=True),
        key=lambda pair: (-ruled.score[pair[1]], pair[0]),
    )
    rows = [
        _row(name, float(ruled.score[one]), _findings(snapshot, ruled, one, params.reasons), RULES)
        for name, one in named[: params.top]
    ]
    cuts: list[tuple[str, int | None]] = [(cut, None) for cut in ruled.cuts]
    notes = [USE] if params.model == RULES else [USE, _NO_MODEL]
    return Result(results=rows, truncated=cut_short(cuts, ruled.explored), notes=notes)


def _findings(snapshot: Snapshot, ruled: Ruled, node: int, most: int) -> list[Reason]:
    out = []
    for row, found in ruled.by.get(node, ())[:most]:
        facts, total = evidence(snapshot.fact_ids([int(each) for each in found.rows]))
        out.append(
            Reason(feature=row.pattern, value=row.score, contribution=row.score, why=row.why,
                   facts=facts, facts_total=total)
        )  # fmt: skip
    return out
