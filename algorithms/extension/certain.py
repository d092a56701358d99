"""Whether a party that was found to control a company does so without doubt."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from algorithms.ownership.controllers import Controller, Solver
from algorithms.ownership.holdings import Reader, exact_votes
from algorithms.ownership.stakes import Stakes, above, without
from graph.model import CODES
from graph.proof.command import HALF, WHOLE
from graph.proof.known import named_alone
from graph.store import NONE

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_NOMINEE = CODES["nominee"]


class Certainty:
    """Who controls a company, and how sure each of them is to; `limit` as in `above`."""

    def __init__(self, snapshot: Snapshot, company: int, at: int, limit: int) -> None:
        self._snapshot = snapshot
        self._company = company
        self._reader = Reader(snapshot, at)
        self._whole = Solver(snapshot, above(snapshot, company, at, limit, sound=True))
        found = self._whole.controllers(company)
        self.controllers, self.cut = found.found, found.cut
        self._named: set[int] | None = None
        self._plain: Solver | None = None

    def surest(self, controller: Controller) -> tuple[tuple[int, ...], str | None]:
        """The rows of a proof of control that nothing puts in doubt, where there is one; else of
        the surest and why: `possible` where unknown, unnamed or contradictory shares leave it
        open, `nominee` where it rests on what a nominee holds, `name_match` where a name alone
        joins a subject between.
        """
        proofs = [proof.rows for proof in controller.proofs]
        if controller.certainty == "possible" or self._open_top(controller.node):
            return proofs[0], "possible"
        plain = [rows for rows in proofs if not self._by_nominee(rows)]
        for rows in plain:
            if not self._by_name(controller.node, rows):
                return rows, None
        joined = self._joined() - {controller.node, self._company}
        if joined and (again := self._without(controller.node, joined)):
            return again, None
        if not plain and (again := self._without(controller.node, set())):
            return again, "name_match" if self._by_name(controller.node, again) else None
        return (plain[0], "name_match") if plain else (proofs[0], "nominee")

    def _open_top(self, node: int) -> bool:
        """Whether votes in somebody that no register names could command it."""
        snapshot = self._snapshot
        return (
            snapshot.kind_name(node) == "company"
            and 1 - named(self._reader, node) > HALF
            and not snapshot.state_organ(node)
        )

    def _by_nominee(self, rows: tuple[int, ...]) -> bool:
        return bool((self._snapshot.codes(np.array(rows, np.int64)) == _NOMINEE).any())

    def _by_name(self, node: int, rows: tuple[int, ...]) -> bool:
        """Whether a name alone joins a subject between."""
        rep, cols = self._snapshot.nodes.rep, self._snapshot.columns
        ends = {int(rep[end[row]]) for row in rows for end in (cols.src, cols.dst)}
        return any(named_alone(self._snapshot, u) for u in ends - {node, self._company})

    def _joined(self) -> set[int]:
        """All above the company whose records a name alone joins."""
        if self._named is None:
            stakes = self._whole.stakes
            met = {*stakes.nodes, *stakes.out, *stakes.declares, *stakes.concert}
            self._named = {u for u in met if named_alone(self._snapshot, u)}
        return self._named

    def _without(self, node: int, gone: set[int]) -> tuple[int, ...] | None:
        """The rows of a proof that needs neither nominees nor any of these subjects."""
        whole = self._whole
        if not gone and self._plain is not None:
            solver = self._plain
        else:
            stakes: Stakes = without(whole.stakes, gone, nominees=False)
            solver = Solver(self._snapshot, stakes, whole=whole)
            if not gone:
                self._plain = solver
        for found in solver.controllers(self._company).found:
            if found.node == node and found.certainty == "certain":
                return found.proofs[0].rows
        return None


def named(reader: Reader, company: int) -> Fraction:
    """The votes in a company that its register names for certain: past 1 none."""
    rows = holdings(reader, company)
    total = sum((least(reader.snapshot, row) for row in rows), Fraction(0))
    return total if total <= WHOLE else Fraction(0)


def holdings(reader: Reader, company: int) -> list[int]:
    """The holdings of a company on the day."""
    found = reader.snapshot.between_known(reader.rows([company], down=False))
    rows: list[int] = found.tolist()
    return rows


def least(snapshot: Snapshot, row: int) -> Fraction:
    """The votes that a holding gives at least."""
    extra, value = snapshot.extra(row), int(snapshot.columns.value[row])
    if value != NONE or "votes" in extra:
        return exact_votes(extra, value)
    return Fraction(str(extra.get("share_min", "0")))
