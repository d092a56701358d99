"""Asking the detectors of false invoices, and who belongs together by what they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.cases.asking import detectors, put
from algorithms.findings.making import Found, kept_whole
from algorithms.invoices.people import sets
from graph.deadline import within
from graph.model import CODES, SHARE_UNIT

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.invoices.invoice_schemes import SchemeParams
    from graph.snapshot import Snapshot

_MOST: Final = 100_000  # findings of one detector
_HANDS: Final = ("legal_representative", "controller", "shareholder")
_QUARTER: Final = SHARE_UNIT // 4
_MANY: Final = 20  # companies under one holder from which on it looks like an agent
_COMPANY: Final = CODES["company"]


class Part(NamedTuple):
    """One finding: its row, what that was made from, its members as subjects."""

    row: Finding
    found: Found
    members: tuple[int, ...]


class Parts(NamedTuple):
    """What the detectors found, how many were asked, and what cut them short."""

    parts: list[Part]
    asked: int
    cuts: list[str]
    explored: int


def ask(snapshot: Snapshot, params: SchemeParams) -> Parts:
    """Ask each detector, within the time that is left to it and those after it."""
    deadline = within(params.time_limit)
    every = detectors(None, "invoices")
    parts: list[Part] = []
    cuts: list[str] = []
    explored = 0
    for place, record in enumerate(every):
        left = max(deadline.left(), 0.01)
        share = left * min(1.0, 2.0 / (len(every) - place))
        wanted = {
            "as_of": params.as_of,
            "known_at": params.known_at,
            "min_score": params.min_finding,
            "max_rows": _MOST,
            "time_limit": share,
        }
        with kept_whole() as kept:
            result = put(snapshot, record, wanted, place, len(every))
        parts += [Part(row, found, _companies(snapshot, found)) for row, found in kept]
        if result.truncated is not None:
            cuts.append(f"{record.name}: {result.truncated.reason}")
            explored += result.truncated.explored
    return Parts([part for part in parts if part.members], len(every), cuts, explored)


def _companies(snapshot: Snapshot, found: Found) -> tuple[int, ...]:
    rep, kind = snapshot.nodes.rep, snapshot.nodes.kind
    members = [int(rep[member]) for member in found.members]
    return tuple(member for member in members if kind[member] == _COMPANY)


def groups(
    snapshot: Snapshot, params: SchemeParams, parts: Sequence[Part], at: int
) -> list[list[int]]:
    """The companies that belong together, as subjects; every company that is in a finding."""
    count = Counter(company for part in parts for company in part.members)
    up = {company: company for company in count}

    def head(company: int) -> int:
        while up[company] != company:
            up[company] = up[up[company]]
            company = up[company]
        return company

    def join(together: Iterable[int]) -> None:
        first: int | None = None
        for company in together:
            if count[company] <= params.max_fanout:
                first = head(company) if first is None else first
                up[head(company)] = first

    for part in parts:
        if part.row.score >= params.min_link:
            join(part.members)
    for together in under_one(snapshot, at, set(count)):
        join(together)
    found: dict[int, list[int]] = {}
    for company in count:
        found.setdefault(head(company), []).append(company)
    return list(found.values())


def under_one(snapshot: Snapshot, at: int, companies: set[int]) -> list[list[int]]:
    """Of these companies, those that stand under one and the same holder."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    rows = snapshot.rows(_HANDS, at)
    share = snapshot.codes(rows) == CODES["shareholder"]
    value = cols.value[rows]
    rows = rows[~(share & (value >= 0) & (value < _QUARTER))]
    low, high = rep[cols.dst[rows]], rep[cols.src[rows]]
    keep = (low != high) & ~np.isin(high, snapshot.state_organs())
    under = sets(high[keep], low[keep], snapshot.n)
    size = np.diff(under.ptr)
    found = []
    for holder in np.flatnonzero((size > 1) & (size <= _MANY)).tolist():
        ours = [company for company in under.of(holder).tolist() if company in companies]
        if holder in companies:
            ours.append(holder)
        if len(ours) > 1:
            found.append(ours)
    return found
