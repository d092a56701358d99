"""Who is the core of risk clusters, and by which facts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from algorithms.risk.clusters import LISTS
from graph.limbs import stood
from graph.times import NEG

if TYPE_CHECKING:
    from algorithms.risk.clusters import Knitting
    from graph.snapshot import Snapshot

_WEIGHT: Final = {"black": 0.5, "penalty": 0.3}
_LEAST: Final = 0.1
First = tuple[bool, int, str]  # without a day, begin (µs), fact: the least is the earliest


class Reason(NamedTuple):
    """Why a subject is core: the word for it, how much it weighs, the fact and when it began."""

    word: str
    weight: float
    fact: str
    begins: int

    @property
    def first(self) -> First:
        """What orders reasons by their beginning."""
        unknown = self.begins == NEG
        return unknown, 0 if unknown else self.begins, self.fact


class Cores(NamedTuple):
    """The core, each subject with its reasons, earliest first; and what cut detectors short."""

    reasons: dict[int, list[Reason]]
    cuts: list[str]
    explored: int


def cores(snapshot: Snapshot, params: Knitting, at: int) -> Cores:
    """The subjects that are core at an instant (µs) and known; listings of persons whose use is
    restricted make none. Linear in the listings, and what the detectors take. Raises WrongUsage for
    a detector that yields no findings."""
    found: dict[int, list[Reason]] = defaultdict(list)
    nodes = snapshot.nodes
    lists = set(LISTS if params.lists is None else params.lists)
    fields = None if params.domains is None else set(params.domains)
    for node, name, listing in snapshot.listings_known():
        if snapshot.restricted(node):
            continue
        if not listing.vf <= at < listing.vt or not nodes.vf[node] <= at < nodes.vt[node]:
            continue
        said = orjson.loads(listing.payload)
        of, field = said.get("list"), said.get("domain") or "–"
        if of in lists and (fields is None or field in fields) and stood(said, listing.vt):
            weight = _WEIGHT.get(of, _LEAST)
            found[int(nodes.rep[node])].append(Reason(f"{of}/{field}", weight, name, listing.vf))
    cuts, explored = _suspected(snapshot, params, found) if params.algorithms else ([], 0)
    ordered = {
        node: sorted(found[node], key=lambda each: (each.first, each.word))
        for node in sorted(found)
    }
    return Cores(ordered, cuts, explored)


def _suspected(
    snapshot: Snapshot, params: Knitting, found: dict[int, list[Reason]]
) -> tuple[list[str], int]:
    """Add the members of findings, each called by the earliest of its facts."""
    from algorithms.cases.asking import ask_all
    from algorithms.cases.cases import CaseParams

    asked = ask_all(
        snapshot,
        CaseParams(
            as_of=params.as_of, known_at=params.known_at, algorithms=params.algorithms,
            min_score=params.min_score, time_limit=params.time_limit,
        ),
    )  # fmt: skip
    for row, whole in asked.pairs:
        rows = [int(each) for each in whole.rows]
        names = snapshot.fact_ids(rows)
        begins = snapshot.columns.vf[rows].tolist()
        reasons = [
            Reason(row.pattern, row.score, *each) for each in zip(names, begins, strict=True)
        ]
        first = min(reasons, key=lambda each: each.first) if reasons else None
        if first is not None:
            for member in {int(snapshot.nodes.rep[node]) for node in whole.members}:
                found[member].append(first)
    return asked.reasons, asked.explored
