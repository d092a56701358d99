"""From densest windows to findings about companies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from algorithms.findings.making import Found
from algorithms.findings.scoring import Sign
from algorithms.findings.significance import empirical_tail, poisson_tail
from algorithms.invoices import livelihood
from algorithms.invoices.bursts import Issued, densest, issued
from algorithms.invoices.judging import judged
from algorithms.invoices.ledgers import Invoices
from algorithms.registry import Result
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.invoices.invoice_bursts import InvoiceBurstParams
    from algorithms.invoices.ledgers import Books
    from graph.columns import I64
    from graph.deadline import Deadline
    from graph.snapshot import Snapshot

    F64 = npt.NDArray[np.float64]

PEERS: Final = 30  # fewer new companies are no yardstick
SILENT: Final = 90 * DAY  # without an invoice, a company that was busy is gone
EVEN: Final = 0.5  # a window as likely as that is none of note
YEAR: Final = 365 * DAY
_SEASON: Final = 20 * DAY  # a season comes a little earlier or later
_USUAL: Final = 0.3  # of what it sold, a company had bought: between a business and a paper one
_FEW: Final = 3.0  # buyers, weighed by amount: a project and not a crowd


def find(snapshot: Snapshot, params: InvoiceBurstParams, at: int) -> Result[Finding]:
    """Search as the question asks; see `invoice_bursts`."""
    return judged(snapshot, params, at, _search)


def _search(
    kept: Books, params: InvoiceBurstParams, asked: int | None, deadline: Deadline
) -> tuple[list[Found], int]:
    """What is found until the time is over, and how many companies were asked about."""
    window, invoices = int(params.window * DAY), kept.invoices
    if deadline.expired():
        return [], 0
    made = issued(kept, int(params.max_age * DAY))
    if deadline.expired():
        return [], 0
    begin, count = densest(made, window, fresh=True)
    tests = int((count > 0).sum())
    if deadline.expired():
        return [], tests
    chosen = np.flatnonzero(count >= params.min_invoices)
    buyers = _buyers(invoices, made, begin[chosen], count[chosen])
    chosen = chosen[buyers >= params.min_buyers]
    p = np.maximum(_own(kept, made, window, count)[chosen], _peers(made, window, count)[chosen])
    found: list[Found] = []
    if deadline.expired() or not len(chosen):
        return found, tests
    told = Told(kept, made)
    for company, chance in zip(chosen.tolist(), p.tolist(), strict=True):
        if asked not in (None, int(kept.company[company])):
            continue
        if deadline.expired():
            break
        found.append(told.one(company, int(begin[company]), int(count[company]), chance))
    return found, tests


def _buyers(invoices: Invoices, made: Issued, begin: I64, count: I64) -> I64:
    """How many different companies the invoices of each window went to."""
    which = np.repeat(np.arange(len(begin)), count)
    steps = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    buyer = invoices.buyer[made.place[np.repeat(begin, count) + steps]]
    pairs = np.unique(which * 2**31 + buyer)
    return np.bincount(pairs >> 31, minlength=len(begin))


def _own(kept: Books, made: Issued, window: int, count: I64) -> F64:
    """How likely so many are in one window if a company's invoices were spread over its life."""
    if not len(made.time):
        return np.ones(len(count))
    begins = np.maximum(kept.lives.founded, int(made.time.min()))
    ends = np.minimum(kept.lives.ended, kept.at)
    life = np.maximum((ends - begins) / window, 1.0)
    number = np.diff(made.ptr)
    tail = poisson_tail(count, number / life) * np.maximum(2 * life - 1, 1.0)
    return np.asarray(np.minimum(tail, 1.0))


def _peers(made: Issued, window: int, count: I64) -> F64:
    """The share of companies as new, or else of all, that have a window as dense."""
    peers = count[count > 0]
    if len(peers) < PEERS:
        every = densest(made, window, fresh=False)[1]
        peers = every[every > 0]
    return empirical_tail(count, peers)


class Told:
    """What is to be said of the bursts of companies."""

    def __init__(self, kept: Books, made: Issued) -> None:
        self.kept, self.made = kept, made
        invoices = kept.invoices
        undone = invoices.net[made.place] == 0
        self.last = int(invoices.time.max())  # nothing is known of anybody after it
        self.usual = float(undone.mean()) if len(undone) else 0.0

    def one(self, company: int, begin: int, count: int, p: float) -> Found:
        """The finding of one company, its burst being `count` invoices from `begin` on."""
        kept, made, invoices = self.kept, self.made, self.kept.invoices
        place = made.place[begin : begin + count]
        names = kept.snapshot.fact_ids(invoices.row[place].tolist())
        when = invoices.time[place].tolist()
        order = sorted(range(count), key=lambda i: (when[i], names[i]))
        circle = kept.company[np.unique(invoices.buyer[place])].tolist()
        named = zip(kept.snapshot.canonicals(circle), circle, strict=True)
        amount = int(invoices.amount[place].sum())
        facts = self._facts(company, begin, count)
        days, buyers = (when[-1] - when[0]) / DAY, len(circle)
        return Found(
            pattern="invoice_burst",
            members=[int(kept.company[company])],
            rows=invoices.row[place[order]].tolist(),
            p=p,
            zh=f"{days:.0f} 天内向 {buyers} 家企业开出 {count} 张发票",
            en=f"{count} invoices to {buyers} companies within {days:.0f} days",
            signs=self._signs(company, begin, count, facts) + _steady(p),
            circle=[subject for _, subject in sorted(named)],
            amount=amount,
            currency=kept.currency,
            attrs={"buyers": buyers, **facts},
        )

    def _facts(self, company: int, begin: int, count: int) -> dict[str, Any]:
        kept, invoices = self.kept, self.kept.invoices
        place = self.made.place[begin : begin + count]
        end = int(invoices.time[place[-1]])
        sales = self.made.place[self.made.ptr[company] : self.made.ptr[company + 1]]
        sold = int(invoices.net[sales[invoices.time[sales] <= end]].sum())
        bought = kept.bought_of(company)
        inputs = int(invoices.net[bought[invoices.time[bought] <= end]].sum())
        until = min(int(kept.lives.ended[company]), self.last)
        silent = max(until - int(invoices.time[sales[-1]]), 0)
        return {
            "undone": round(float((invoices.net[place] == 0).mean()), 4),
            "inputs": round(inputs / sold, 4) if sold else None,
            "silent_days": silent // DAY,
        }

    def _signs(self, company: int, begin: int, count: int, facts: dict[str, Any]) -> list[Sign]:
        kept, invoices = self.kept, self.kept.invoices
        place = self.made.place[begin : begin + count]
        sales = self.made.place[self.made.ptr[company] : self.made.ptr[company + 1]]
        signs = [
            *_inputs(facts["inputs"], float(kept.inputs.usual[kept.inputs.main[company]])),
            *_undone(int((invoices.net[place] == 0).sum()), count, self.usual),
            *self._after(company, facts["silent_days"]),
            *self._season(company, begin, count),
            *_project(invoices, place),
        ]
        sold = int(invoices.net[sales].sum())
        return signs + livelihood.signs(kept, company, sold, invoices.time[sales])

    def _after(self, company: int, silent_days: int) -> list[Sign]:
        if self.kept.lives.ended[company] <= self.kept.at:
            return [Sign("gone", 2.0, "之后注销", "it was deregistered afterwards")]
        if silent_days * DAY >= SILENT:
            zh, en = f"之后 {silent_days} 天未再开票", f"silent for {silent_days} days afterwards"
            return [Sign("silent", 1.5, zh, en)]
        return []

    def _season(self, company: int, begin: int, count: int) -> list[Sign]:
        time = self.made.time
        low, high = int(self.made.ptr[company]), int(self.made.ptr[company + 1])
        own, best = time[low:high], 0
        for years in (-3, -2, -1, 1, 2, 3):
            start = int(time[begin]) + years * YEAR - _SEASON
            stop = int(time[begin + count - 1]) + years * YEAR + _SEASON
            a, b = np.searchsorted(own, start), np.searchsorted(own, stop, side="right")
            best = max(best, int(b - a))
        if best < 0.4 * count:
            return []
        zh, en = f"其他年份同期也开出 {best} 张", f"{best} in the same season of another year"
        return [Sign("season", -4.0, zh, en)]


def _inputs(ratio: float | None, usual: float) -> list[Sign]:
    if ratio is None:
        return []
    if usual < _USUAL:  # as many a service has; nan where nothing is known
        return []
    weight = max(-2.5, min(3.0, -1.5 * math.log(max(ratio, 1e-9) / _USUAL)))
    if weight > 0:
        zh, en = f"进项仅为销项的 {ratio:.0%}", f"it had bought {ratio:.0%} of what it sold"
        return [Sign("no_inputs", weight, zh, en)]
    zh, en = f"有相应进项 ({ratio:.0%})", f"it had bought {ratio:.0%} of what it sold"
    return [Sign("inputs", weight, zh, en)] if weight else []


def _steady(p: float) -> list[Sign]:
    if p < EVEN:
        return []
    return [Sign("steady", -3.0, "开票并不集中", "no more in that time than in others")]


def _undone(undone: int, count: int, usual: float) -> list[Sign]:
    """A likelihood ratio: three times as many void or taken back as usual, against the usual."""
    usual = min(max(usual, 0.01), 0.3)
    more = min(3 * usual, 0.6)
    weight = undone * math.log(more / usual) + (count - undone) * math.log((1 - more) / (1 - usual))
    weight = max(-1.0, min(2.5, weight))
    if weight > 0:
        zh, en = f"{undone} 张作废或红冲", f"{undone} of them void or taken back"
        return [Sign("undone", weight, zh, en)]
    return []


def _project(invoices: Invoices, place: I64) -> list[Sign]:
    """Few buyers by amount: the inverse of the sum of squared shares (Hirschman 1945)."""
    _, which = np.unique(invoices.buyer[place], return_inverse=True)
    taken = np.bincount(which, invoices.amount[place].astype(np.float64))
    shares = taken / taken.sum()
    number = 1 / float((shares**2).sum())
    if number >= _FEW:
        return []
    zh, en = "主要开给少数购货方 (如一项大工程)", "few buyers take most of it, as for a project"
    return [Sign("project", -2.0 * (_FEW - number), zh, en)]
