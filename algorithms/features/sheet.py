"""What the groups of features are written into, and what they are computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from algorithms.features.table import F32, Feature
from graph.columns import I32, I64
from graph.model import CODES
from graph.times import DAY, day_end

if TYPE_CHECKING:
    from algorithms.features.events import Events
    from graph.snapshot import Snapshot

Values = npt.NDArray[Any]


class Group(Protocol):
    """A module of this package: a group of features."""

    def meanings(self, kind: str, windows: Sequence[int]) -> Iterator[Feature]:
        """The columns of subjects of a kind, in order; none where the group has none of them."""

    def fill(self, scope: Scope, sheet: Sheet) -> None:
        """Compute all columns that the sheet has."""


class Sheet:
    """Columns of one group, filled by name. A column is given for the subjects of the scope, or
    for all nodes of the snapshot."""

    def __init__(self, scope: Scope, meanings: Sequence[Feature], matrix: F32) -> None:
        self._nodes, self._all = scope.nodes, scope.snapshot.n
        self._place = {each.name: at for at, each in enumerate(meanings)}
        self.left = set(self._place)
        self._matrix = matrix

    def __contains__(self, name: str) -> bool:
        return name in self._place

    def __setitem__(self, name: str, values: Values) -> None:
        if len(values) != len(self._nodes):
            values = values[self._nodes]
        with np.errstate(over="ignore"):
            self._matrix[:, self._place[name]] = values
        self.left.discard(name)

    def ratio(self, name: str, over: Values, under: Values) -> None:
        """A column of quotients, not known where there is nothing to divide by."""
        if name in self:
            with np.errstate(divide="ignore", invalid="ignore"):
                self[name] = np.where(under != 0, over / under, np.nan)


class Scope:
    """Whose features: the subjects of a kind that are known and had begun by the end of a day; of
    these `only` some nodes, where these are given."""

    def __init__(
        self, snapshot: Snapshot, kind: str, as_of: str, windows: Sequence[int],
        only: I32 | None = None,
    ) -> None:  # fmt: skip
        self.snapshot, self.kind, self.as_of, self._only = snapshot, kind, as_of, only
        self.at = day_end(as_of)
        self.windows = tuple(windows)
        self.cut: list[str] = []
        self._events: dict[str, Events] = {}
        self.pairs: dict[str, tuple[I64, I64, I64]] = {}  # by kind of event, see `money.partners`

    @cached_property
    def nodes(self) -> I32:
        """The subjects, ascending."""
        found = self.snapshot.subjects(self.kind)
        if self._only is not None:
            found = found[np.isin(found, self._only)]
        kept: I32 = found[self.began[found] <= self.at]
        return kept

    @cached_property
    def began(self) -> I64:
        """Of each node since when the first known record of its subject holds (µs)."""
        from graph.times import INF

        nodes = self.snapshot.nodes
        first = np.full(self.snapshot.n, INF)
        known = self.snapshot.known_nodes()
        np.minimum.at(first, nodes.rep[known], nodes.vf[known])
        return first

    @property
    def code(self) -> int:
        """Of the kind."""
        return CODES[self.kind]

    @property
    def spans(self) -> list[tuple[str, int]]:
        """How windows end a name, and the last instant before each: `7d`, ..., `ever`."""
        found = [(f"{days}d", self.at - days * DAY) for days in self.windows]
        return [*found, ("ever", -(2**63))]

    def ends(self, rows: I64) -> tuple[I32, I32]:
        """The subjects at both ends of relations."""
        cols, rep = self.snapshot.columns, self.snapshot.nodes.rep
        return rep[cols.src[rows]], rep[cols.dst[rows]]

    def events(self, relation: str) -> Events:
        """Events of a kind between subjects of this kind, see `algorithms.features.events`; kept
        for other groups that ask for the same."""
        from algorithms.features.events import events

        if relation not in self._events:
            self._events[relation] = events(self, relation)
        return self._events[relation]


def windowed(windows: Sequence[int], *, ever: bool = True) -> list[tuple[str, int | None]]:
    """How windows end a name, and their days."""
    found: list[tuple[str, int | None]] = [(f"{days}d", days) for days in windows]
    return [*found, ("ever", None)] if ever else found


def within(days: int | None) -> tuple[str, str]:
    """A window in words, English and Chinese."""
    if days is None:
        return "ever", "截至当日累计"
    return f"in the last {days} days", f"近{days}天"


def telling(
    group: str, days: int | None, reads: tuple[str, ...]
) -> Callable[[str, str, str, str], Feature]:
    """What makes features of a group and window out of a name, words (en, zh) and a unit."""
    when, wann = within(days)

    def told(name: str, en: str, zh: str, unit: str) -> Feature:
        return Feature(name, group, f"{en} {when}", f"{wann}{zh}", unit, days, reads)

    return told
