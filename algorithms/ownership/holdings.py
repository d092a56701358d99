"""Holdings out of a snapshot: what stands below an owner or above a company, on one day."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ownership.register import Register
from graph.compiled import kernel
from graph.model import CODES, SHARE_UNIT
from graph.traverse import Graph, graph_of, holds, row_at, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graph.snapshot import Snapshot

Right = Literal["economic", "votes"]
Rows = npt.NDArray[np.int64]

KIND: Final = "shareholder"
_CODE: Final = CODES[KIND]
_EASY: Final = 100_000  # holdings read interpreted before compiled code is worth its start
_UNIT: Final = Decimal(SHARE_UNIT)
_WIDE: Final = Context(prec=300)  # a share's text has at most 128 characters


class Which(NamedTuple):
    """The holdings that are read: by subjects (`down`) or of them, and when."""

    down: bool
    at: int  # instant, µs
    batch: int


@kernel
def collect(g: Any, which: Any, subjects: Any, rows: Any) -> int:
    """Put the rows of all holdings by or of these subjects into `rows`; return how many.

    Where there is no room for all, the count is still right. Self-holdings are among them.
    """
    n = 0
    for i in range(len(subjects)):
        subject = subjects[i]
        node = subject
        while True:
            for part in range(2):
                if which.down:
                    index = g.out if part == 0 else g.out_tail
                else:
                    index = g.into if part == 0 else g.into_tail
                lo, hi = span(index, _CODE, node)
                for position in range(lo, hi):
                    row = row_at(index, position)
                    if holds(g.cols, g.nodes, which.batch, which.at, row, False):
                        if n < len(rows):
                            rows[n] = row
                        n += 1
            node = g.nodes.nxt[node]
            if node == subject:
                break
    return n


class Reach(NamedTuple):
    """Subjects met level by level, and whether a bound left the last level unexpanded."""

    subjects: list[int]
    explored: int  # of them, how many were expanded
    limit: str | None  # the bound that ended the walk


class Reader:
    """Reads the holdings of a snapshot that are true at an instant."""

    def __init__(self, snapshot: Snapshot, at: int) -> None:
        self.snapshot = snapshot
        self.at = at
        self.graph: Graph = graph_of(snapshot)
        self._read = 0
        self._room = np.empty(1024, np.int64)

    def rows(self, subjects: Sequence[int], *, down: bool) -> Rows:
        """The holdings by (`down`) or of these subjects, ascending row numbers."""
        asked = np.array(subjects, dtype=np.int64)
        which = Which(down, self.at, self.snapshot.batch)
        while True:
            call = collect.hot if self._read > _EASY else collect
            n = call(self.graph, which, asked, self._room)
            self._read += n
            if n <= len(self._room):
                return np.sort(self._room[:n])
            self._room = np.empty(2 * n, np.int64)

    def owners(self) -> list[int]:
        """Every subject that holds anything, by canonical id."""
        rows = self.snapshot.rows(KIND, self.at)
        found = np.unique(self.graph.nodes.rep[self.graph.cols.src[rows]])
        return sorted(found.tolist(), key=self.snapshot.canonical)

    def ends(self, rows: Rows) -> tuple[list[int], list[int]]:
        """Owners and owned companies of these holdings, as subjects."""
        cols, rep = self.graph.cols, self.graph.nodes.rep
        return rep[cols.src[rows]].tolist(), rep[cols.dst[rows]].tolist()

    def reach(self, start: int, *, down: bool, max_depth: int | None, max_nodes: int) -> Reach:
        """Everything below (`down`) or above a subject, itself first.

        Holdings of any share, an absent one too. Whole levels, so that what is met does not depend
        on the order of loading: no level is begun past `max_depth` or once `max_nodes` are met.
        """
        seen = {start: None}
        level, depth = [start], 0
        while level:
            limit = None
            if max_depth is not None and depth >= max_depth:
                limit = "max_depth"
            elif depth and len(seen) > max_nodes:
                limit = "max_nodes"
            rows = self.rows(level, down=down)
            if limit and len(rows):
                return Reach(list(seen), len(seen) - len(level), limit)
            ends = self.ends(rows)[1 if down else 0]
            level = [node for node in dict.fromkeys(ends) if node not in seen]
            seen.update(dict.fromkeys(level))
            depth += 1
        return Reach(list(seen), len(seen), None)


def units(text: str) -> tuple[int, bool]:
    """A share's decimal text in units of 1e-15, and whether that is all of it."""
    scaled = _WIDE.multiply(Decimal(text), _UNIT)
    rounded = int(scaled.to_integral_value())
    return rounded, rounded == scaled


def votes_of(extra: dict[str, Any], value: int) -> tuple[int | None, bool]:
    """The votes of a holding in units of 1e-15, and whether they are exact; None when unknown.

    The votes that it gives where they are said, else its share.
    """
    if (votes := extra.get("votes")) is not None:
        return units(str(votes))
    return (value if value >= 0 else None), "exact" not in extra


def exact_votes(extra: dict[str, Any], value: int) -> Fraction:
    """The votes of a holding as the register wrote them."""
    text = extra.get("votes") or extra.get("exact")
    return Fraction(str(text)) if text is not None else Fraction(value, SHARE_UNIT)


@dataclass(slots=True)
class Holdings:
    """A part of the register with subjects numbered in the order of their canonical ids.

    So neither the order of loading nor that of traversal shows in an answer.
    """

    names: list[str]
    place: dict[int, int]  # subject of the snapshot -> number here
    register: Register
    rows: dict[tuple[int, int], list[int]]  # (owner, owned) -> known holdings > 0
    absent: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # without a share

    def excess(self, v: int) -> str:
        """Why nothing that depends on the register of v has a value: it is past 1."""
        total = self.register.total[v] / SHARE_UNIT
        return f"holdings in {self.names[v]} sum to {total:.12g}, over 1"


def load(reader: Reader, subjects: Iterable[int], right: Right) -> Holdings:
    """The register of these subjects, with every holding of them, theirs and others'."""
    snapshot = reader.snapshot
    named = sorted((snapshot.canonical(node), node) for node in subjects)
    place = {node: i for i, (_, node) in enumerate(named)}
    found = reader.rows([node for _, node in named], down=False)
    values = reader.graph.cols.value[found].tolist()
    extra = snapshot.extra
    owners: list[dict[int, int]] = [{} for _ in named]
    total = [0] * len(named)
    rows: dict[tuple[int, int], list[int]] = {}
    absent: dict[tuple[int, int], list[int]] = {}
    for row, src, dst, given in zip(found.tolist(), *reader.ends(found), values, strict=True):
        share: int | None = given if given >= 0 else None
        if right == "votes":
            share, _ = votes_of(extra(row), given)
        u, v = place.get(src), place[dst]
        if share is None:
            if u is not None:
                absent.setdefault((u, v), []).append(row)
        elif share > 0:
            total[v] += share
            if u is not None:
                owners[v][u] = owners[v].get(u, 0) + share
                rows.setdefault((u, v), []).append(row)
    names = [name for name, _ in named]
    ordered = [dict(sorted(holders.items())) for holders in owners]
    return Holdings(names, place, Register(ordered, total), rows, absent)
