"""From a question about power to its rows."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from algorithms.ownership.holdings import Reader, exact_votes, votes_of
from algorithms.ownership.power import Power, estimate, play, solve
from algorithms.ownership.power_index import PowerParams, PowerRow
from algorithms.registry import FACTS_LIMIT, Result, Truncated, evidence
from graph.times import day_end, today

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_EXCESS: Final = 1 + Fraction(1, 10**9)


def answer(snapshot: Snapshot, params: PowerParams) -> Result[PowerRow]:
    """See `power_index`."""
    reader = Reader(snapshot, day_end(params.as_of or today()))
    holders = _Holders(reader, snapshot.resolve(params.company))
    power, method = holders.power(params.samples, params.seed)
    rows = [holders.row(u, power, method) for u in holders.ranked[: params.max_rows]]
    cut = None
    if len(holders.ranked) > params.max_rows:
        cut = Truncated(reason="max_rows", explored=len(holders.ranked), limit=params.max_rows)
    return Result(results=rows, truncated=cut, notes=holders.notes)


class _Holders:
    """The direct holders of one company, with their known votes in rationals."""

    def __init__(self, reader: Reader, company: int) -> None:
        snapshot = self._snapshot = reader.snapshot
        self._company = snapshot.canonical(company)
        self._rows: dict[int, list[int]] = {}
        self._votes: dict[int, Fraction] = {}
        absent, own = [], []
        carried = snapshot.extra
        rows = reader.rows([company], down=False)
        for row, u in zip(rows.tolist(), reader.ends(rows)[0], strict=True):
            extra, value = carried(row), int(reader.graph.cols.value[row])
            if u == company:
                own.append(row)
            elif votes_of(extra, value)[0] is None:
                absent.append(row)
            else:
                self._rows.setdefault(u, []).append(row)
                self._votes[u] = self._votes.get(u, Fraction(0)) + exact_votes(extra, value)
        self._names = dict(zip(self._rows, snapshot.canonicals(list(self._rows)), strict=True))
        self.ranked = sorted(self._votes, key=lambda u: (-self._votes[u], self._names[u]))
        self._sum = sum(self._votes.values(), Fraction(0))
        self._whole = max(self._sum, Fraction(1))
        self.notes: list[str] = []
        self._note("{n} holdings without votes or a share were left out: {ids}", absent)
        self._note("{n} holdings of the company in itself give no vote: {ids}", own)

    def _note(self, text: str, rows: list[int]) -> None:
        if rows:
            ids = sorted(self._snapshot.fact_ids(rows))
            self.notes.append(text.format(n=len(ids), ids=", ".join(ids[:FACTS_LIMIT])))

    def power(self, samples: int, seed: int) -> tuple[dict[Fraction, Power] | None, str]:
        """Power by votes, None where no coalition decides, and how it was had."""
        if self._sum > _EXCESS:
            self.notes.append(f"votes sum to {float(self._sum):.12g}, over 1: half of that decides")
        if 2 * self._sum <= self._whole:
            if self.ranked:
                self.notes.append("the known votes are not over half: no coalition of them decides")
            return None, "exact"
        first = self.ranked[0]
        if 2 * self._votes[first] > self._whole:
            self.notes.append(f"{self._names[first]} has a majority by itself: all power is there")
        counted = [v for v in self._votes.values() if v > 0]
        game = play(counted)
        by_weight = solve(game)
        method = "exact" if by_weight else "estimate"
        if by_weight is None:
            by_weight = estimate(game, samples, seed)
        found = {v: by_weight[w] for v, w in zip(counted, game.weights, strict=True)}
        nothing = None if method == "exact" else (0.0, 0.0)
        return {Fraction(0): Power(0.0, 0.0, nothing), **found}, method

    def row(self, u: int, power: dict[Fraction, Power] | None, method: str) -> PowerRow:
        """What is said of one holder."""
        votes = self._votes[u]
        own = None if power is None else power[votes]
        facts, total = evidence(sorted(self._snapshot.fact_ids(self._rows[u])))
        errors = own.errors if own else None
        return PowerRow(
            holder=self._names[u],
            company=self._company,
            votes=None if self._sum > _EXCESS else float(votes / self._whole),
            shapley_shubik=None if own is None else float(own.shapley_shubik),
            banzhaf=None if own is None else float(own.banzhaf),
            method=method,
            facts=facts,
            facts_total=total,
            shapley_shubik_error=errors[0] if errors else UNSET,
            banzhaf_error=errors[1] if errors else UNSET,
        )
