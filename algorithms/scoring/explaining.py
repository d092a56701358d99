"""Why a subject scores as it does: what each feature adds, in words, with the facts behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from msgspec import UnsetType

from algorithms.registry import evidence
from algorithms.scoring.reason import Reason
from graph.model import RELATIONS
from graph.times import DAY, day_end

if TYPE_CHECKING:
    from algorithms.features.table import Feature
    from algorithms.scoring.model import Model
    from graph.snapshot import Snapshot

_LEAST: Final = 0.005  # log-odds: less than this is no reason


def reasons(
    snapshot: Snapshot,
    model: Model,
    meanings: Sequence[Feature],
    nodes: npt.NDArray[Any],
    matrix: npt.NDArray[Any],
    as_of: str,
    most: int,
) -> list[list[Reason]]:
    """The strongest reasons of each subject, either way, strongest first.

    What features add is exact (`mixing.Mix.contributions`). The facts of a reason are the
    relations of the subject itself, of the kinds that the feature reads and within its window,
    newest first: for a feature of its surroundings they are where these begin. Linear in the
    relations of these kinds, beyond the contributions.
    """
    added = model.mix.contributions(matrix)
    by_name = {each.name: each for each in meanings}
    names = model.about.features
    chosen = []
    for row in added:
        order = np.argsort(-np.abs(row), kind="stable")[:most]
        chosen.append([int(at) for at in order if abs(row[at]) >= _LEAST])
    kinds = {k for places in chosen for at in places if (f := by_name.get(names[at]))
             for k in f.reads}  # fmt: skip
    near = _Near(snapshot, kinds, nodes, day_end(as_of))
    out = []
    for i, places in enumerate(chosen):
        told = []
        for at in places:
            meaning = by_name.get(names[at])
            if meaning is None:  # withheld from this caller: so is the reason
                continue
            facts, total = evidence(near.facts(int(nodes[i]), meaning))
            told.append(
                _reason(model, meaning, at, float(matrix[i, at]), float(added[i, at]), facts, total)
            )
        out.append(told)
    return out


def _reason(
    model: Model, meaning: Feature, at: int, value: float, added: float, facts: list[str],
    total: int | UnsetType,
) -> Reason:  # fmt: skip
    known = not np.isnan(value)
    zh, en = ("推高", "raises") if added > 0 else ("压低", "lowers")
    if known:
        shown = f"{value:,.4g}"
        place_zh, place_en = _place(model.reference[at], value)
        said_zh, said_en = f"{shown}{place_zh}", f"{shown}{place_en}"
    else:
        said_zh, said_en = "未知", "not known"
    return Reason(
        feature=meaning.name, value=value if known else None, contribution=round(added, 6),
        why=f"{meaning.zh}为{said_zh}, {zh}风险 / {meaning.en}: {said_en}; {en} the risk",
        facts=facts, facts_total=total,
    )  # fmt: skip


def _place(reference: npt.NDArray[Any], value: float) -> tuple[str, str]:
    """Where a value stands among those the model was tested on, in steps of five percent."""
    if np.isnan(reference).any():
        return "", ""
    below = int(np.searchsorted(reference, value, "left"))
    share = min(100, round(100 * below / (len(reference) - 1)))
    if share >= 50:
        return f" (不低于约{share}%的同类)", f" (no lower than about {share} % of its kind)"
    over = 100 - min(100, round(100 * int(np.searchsorted(reference, value, "right"))
                                / (len(reference) - 1)))  # fmt: skip
    return f" (不高于约{over}%的同类)", f" (no higher than about {over} % of its kind)"


class _Near:
    """The relations of some subjects, of some kinds, by a day."""

    def __init__(
        self, snapshot: Snapshot, kinds: Iterable[str], nodes: npt.NDArray[Any], at: int
    ) -> None:
        self._snapshot, self._at = snapshot, at
        rep, cols = snapshot.nodes.rep, snapshot.columns
        wanted = np.zeros(snapshot.n, np.bool_)
        wanted[nodes] = True
        self._rows: dict[tuple[int, str], list[int]] = {}
        for kind in sorted(set(kinds) & set(RELATIONS)):
            rows = snapshot.rows(kind, at)
            for ends in (rep[cols.src[rows]], rep[cols.dst[rows]]):
                here = wanted[ends]
                for node, row in zip(ends[here].tolist(), rows[here].tolist(), strict=True):
                    self._rows.setdefault((node, kind), []).append(row)

    def facts(self, node: int, meaning: Feature) -> list[str]:
        """The facts of a subject that a feature reads, newest first, then by id."""
        vf = self._snapshot.columns.vf
        after = -(2**63) if meaning.window is None else self._at - meaning.window * DAY
        rows = {
            row
            for kind in meaning.reads
            for row in self._rows.get((node, kind), ())
            if vf[row] > after or meaning.window is None
        }
        ordered = list(rows)
        ids = self._snapshot.fact_ids(ordered)
        pairs = sorted(zip((-int(vf[row]) for row in ordered), ids, strict=True))
        return [name for _, name in pairs]
