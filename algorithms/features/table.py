"""A table of features: its columns, what each means, and whose rows they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graph.columns import I32

F32 = npt.NDArray[np.float32]

VERSION: Final = 3  # of the definitions: it rises when a feature comes to mean something else
KINDS: Final = ("account", "company", "person", "phone")
WINDOWS: Final = (7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class Feature:
    """A column. `window`: of how many days up to the day asked about, None where of no window.

    `reads`: the kinds of relation it is computed from; it is withheld where one of them is.
    """

    name: str
    group: str
    en: str
    zh: str
    unit: str
    window: int | None = None
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Features:
    """Features of all subjects of a kind as of a day, as known at a moment.

    `matrix` is float32, a row a subject and a column a feature; what is not known is NaN, never 0.
    Row i is of the subject `nodes[i]` of the snapshot, ascending. `cut` says which bounds left
    something out, empty where none did.
    """

    kind: str
    as_of: str
    known_at: str
    snapshot: str
    windows: tuple[int, ...]
    meanings: tuple[Feature, ...]
    nodes: I32
    matrix: F32 = field(repr=False)
    cut: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in order."""
        return tuple(each.name for each in self.meanings)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Of the columns, in order, each once."""
        return tuple(dict.fromkeys(each.group for each in self.meanings))

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.names)}

    def column(self, name: str) -> F32:
        """One feature of all subjects; raises KeyError where there is none of this name."""
        found: F32 = self.matrix[:, self._place[name]]
        return found

    def rows(self, subjects: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """The rows of subjects (representatives), -1 where one is not among them."""
        if not len(self.nodes):
            return np.full(len(subjects), -1, np.int64)
        at = np.minimum(np.searchsorted(self.nodes, subjects), len(self.nodes) - 1)
        return np.where(self.nodes[at] == subjects, at, -1).astype(np.int64)
