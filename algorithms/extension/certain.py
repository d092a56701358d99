"""Whether a party that was found to control a company does so without doubt."""

from __future__ import annotations

from bisect import bisect
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.ownership.controllers import Controller, Solver
from algorithms.ownership.holdings import Reader, exact_votes
from algorithms.ownership.stakes import Stakes, above, is_open, of_rows, without
from graph.model import CODES, SHARE_UNIT
from graph.proof.command import HALF, WHOLE
from graph.proof.known import named_alone
from graph.store import NONE

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_NOMINEE: Final = CODES["nominee"]
_FEW: Final = 50  # facts of a proof of which each is tried whether it can be left out


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

    def shown(self, controller: Controller, rows: list[int]) -> list[int]:
        """These rows, which show that somebody controls the company for certain, and what of the
        registers they must stand with: for whom nominees hold, and where some rows say only how
        many votes a holding may give, what others surely hold. Then none that can be left out.

        A register with thousands of small holdings is read a few times, the larger first.
        """
        snapshot, stakes = self._snapshot, self._whole.stakes
        rep, cols = snapshot.nodes.rep, snapshot.columns
        owned = (int(rep[cols.dst[row]]) for row in rows)
        companies = list(dict.fromkeys((controller.node, *owned)))
        held = {s.row: s for v in companies for s in stakes.into.get(v, ())}
        some = [held[row] for row in rows if row in held]
        if not any(stake.via or is_open(stake) for stake in some):
            return rows
        more = [s for s in held.values() if s.low > 0 and s.row not in rows]
        more.sort(key=lambda s: (-s.low, snapshot.fact_id(s.row)))

        def first(count: int) -> list[int]:
            """The rows, and of the others' holdings the first."""
            rest = [row for s in [*some, *more[:count]] for row in (s.row, *s.via)]
            return list(dict.fromkeys([*rows, *rest]))

        def proves(some: list[int]) -> bool:
            return self._proves(controller.node, companies, some)

        counts = range(len(more) + 1)
        kept = first(min(bisect(counts, False, key=lambda n: proves(first(n))), len(more)))
        if len(kept) > _FEW or not proves(kept):
            return kept
        for stake in [held[row] for row in reversed(kept) if row in held]:
            for gone in ({stake.row, *stake.via}, set(stake.via)):
                others = (held[r] for r in kept if r in held and r != stake.row)
                used = {row for other in others for row in other.via}
                less = [row for row in kept if row not in gone or row in used]
                if len(less) < len(kept) and proves(less):
                    kept = less
                    break
        return kept

    def _proves(self, node: int, companies: list[int], rows: list[int]) -> bool:
        """Whether somebody controls the company for certain if these relations are all there is."""
        rep, cols = self._snapshot.nodes.rep, self._snapshot.columns
        part = of_rows(self._whole.stakes, rows, companies, lambda row: int(rep[cols.src[row]]))
        if (
            self._snapshot.kind_name(node) == "company"
            and 2 * part.sure.get(node, 0) < SHARE_UNIT
            and not self._snapshot.state_organ(node)
        ):
            return False
        found = Solver(self._snapshot, part).controllers(self._company).found
        return any(one.node == node and one.certainty == "certain" for one in found)


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
