"""Who answers for a company on a day: its legal representative, else its principal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.model import CODES
from graph.neighbours import buffer, gather
from graph.traverse import ask_for, graph_of

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

PRINCIPAL: Final = frozenset({"主要负责人", "负责人", "principal"})
_BETWEEN: Final = re.compile(r"[\s、,，/;；|]+")
_PERSON: Final = CODES["person"]
_REPRESENTS: Final = CODES["legal_representative"]
_MOST: Final = 2**31 - 1


class Senior(NamedTuple):
    """A senior officer: in which role, and by which relations."""

    person: int
    role: str
    rows: list[int]


class Officers:
    """Reads the senior officers of companies at an instant."""

    def __init__(self, snapshot: Snapshot, at: int) -> None:
        self._snapshot = snapshot
        self._graph = graph_of(snapshot)
        self._ask = ask_for(snapshot, ("legal_representative", "officer"), "in", at)
        self._room = buffer(256)

    def senior(self, company: int) -> list[Senior]:
        """Natural persons who represent the company; where none does, its principals.

        A principal is an officer whose role says so, whole: a 财务负责人 (head of finance) is none.
        By person, in no order that matters. O(officers of the company).
        """
        n = gather(self._graph, self._ask, company, self._room, _MOST)
        if n > len(self._room.rows):
            self._room = buffer(2 * n)
            n = gather(self._graph, self._ask, company, self._room, _MOST)
        columns = (c[:n].tolist() for c in (self._room.rows, self._room.others, self._room.tags))
        kinds = self._graph.nodes.kind
        represents: dict[int, list[int]] = {}
        leads: dict[int, list[int]] = {}
        for row, who, tag in zip(*columns, strict=True):
            if kinds[who] != _PERSON:
                continue
            if tag // 4 == _REPRESENTS:
                represents.setdefault(who, []).append(row)
            elif self._leads(row):
                leads.setdefault(who, []).append(row)
        role = "legal_representative" if represents else "principal"
        return [Senior(who, role, rows) for who, rows in (represents or leads).items()]

    def _leads(self, row: int) -> bool:
        role = self._snapshot.said((row,), "role").get(row, "")
        return not PRINCIPAL.isdisjoint(_BETWEEN.split(role.strip().lower()))
