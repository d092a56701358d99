"""How unlikely cycles are by chance, and what speaks for them and against, many at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.findings.scoring import CAP, Sign
from algorithms.findings.significance import LEAST
from algorithms.flows.holders import holders
from algorithms.flows.network import I64, Payments
from algorithms.flows.ties import employers
from graph.deadline import check
from graph.times import DAY

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

F64 = npt.NDArray[np.float64]

# What a share kept of the amount at each hop, and days to come back, weigh: straight between.
KEPT = ([0.2, 0.6, 0.8, 0.87, 0.92, 1.0], [-9.0, -8.0, -4.0, 0.0, 1.0, 2.0])
DAYS = ([0.0, 5.0, 10.0, 20.0, 45.0, 120.0, 36_500.0], [1.0, 0.5, 0.0, -4.0, -7.0, -9.0, -12.0])

NEW: Final = 1.5  # what accounts newly in use say
_SLACK: Final = 1e-6  # nats by which sums of signs may differ
_MOST = np.iinfo(np.int64).max
_LEAST = np.iinfo(np.int64).min


class Weighed(NamedTuple):
    """Of each cycle: its chance, its signs by name, and what they are made of."""

    p: F64
    signs: dict[str, F64]
    kept: F64
    begins: I64
    ends: I64

    @property
    def evidence(self) -> F64:
        """In nats."""
        return np.minimum(-np.log(self.p), CAP) + sum(self.signs.values())


class Scales:
    """Weighs cycles of a network of payments; made once, in a pass over all payments.

    `rows` are all payments that were asked about, `pay` those of them that were searched.
    """

    def __init__(
        self, snapshot: Snapshot, rows: I64, pay: Payments, at: int, *, timed: bool
    ) -> None:
        cols, rep = snapshot.columns, snapshot.nodes.rep
        self.timed = timed
        self.many = max(len(rows), 1)
        check()
        when, value = cols.vf[rows], cols.value[rows]
        src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
        self.begin = int(when.min()) if len(when) else 0
        self.span = float(max(int(when.max()) - self.begin, DAY)) if len(when) else float(DAY)
        check()
        self.sorted = np.sort(value)
        check()
        self.out = np.bincount(src, minlength=snapshot.n)[pay.subject]
        self.into = np.bincount(dst, minlength=snapshot.n)[pay.subject]
        check()
        born = np.full(snapshot.n, _MOST, np.int64)
        for end in (src, dst):
            np.minimum.at(born, end, when)
            check()
        self.born = born[pay.subject]
        held = holders(snapshot, at)
        self.group = held.group[pay.subject]
        self.wages = employers(snapshot, held, rows, at)[pay.subject]
        self.ptr, self.to = pay.net.out_ptr, pay.net.out_to
        self.when = cols.vf[pay.row]
        check()
        self._pay = pay
        self.amount, self.early, self.late = self._edges(snapshot)
        self._keys: I64 | None = None

    def _edges(self, snapshot: Snapshot) -> tuple[F64, I64, I64]:
        """Of each edge: what it pays (0 where that is unknown), from when to when."""
        pay, cols = self._pay, snapshot.columns
        value, when = cols.value[pay.row].astype(np.float64), cols.vf[pay.row]
        bad = value <= 0
        begins = pay.first[:-1]
        if self.timed or not len(begins):
            return np.where(bad, 0.0, value), when, when
        amount = np.add.reduceat(np.where(bad, 0.0, value), begins)
        amount[np.add.reduceat(bad, begins) > 0] = 0.0
        return amount, when[begins], when[pay.first[1:] - 1]

    def _from(self, edge: I64) -> I64:
        """Where edges start."""
        return np.asarray(np.searchsorted(self.ptr, edge, side="right") - 1)

    def weigh(self, block: I64) -> Weighed:
        """Weigh cycles, a row each: edges in order from any of them, -1 past their end."""
        there = block >= 0
        amount = self.amount[block]
        least = np.where(there, amount, np.inf).min(axis=1)
        most = np.where(there, amount, 0.0).max(axis=1)
        kept = np.divide(least, most, out=np.zeros(len(block)), where=most > 0)
        begins = np.where(there, self.early[block], _MOST).min(axis=1)
        ends = np.where(there, self.late[block], _LEAST).max(axis=1)
        node = self._from(np.maximum(block, 0))
        part = np.minimum(np.maximum(ends - begins, DAY) / self.span, 1.0)
        like = self._like(least, most) if self.timed else np.ones(len(block))
        rate = self._expected(block, there, node, part, like)
        p = np.maximum(-np.expm1(-rate), LEAST)
        signs = {
            "kept": np.interp(kept ** (1 / (there.sum(axis=1) - 1)), *KEPT),
            "days": np.interp((ends - begins) / DAY, *DAYS),
            "one_group": -12.0 * self._together(there, node),
            "there_and_back": -9.0 * (there.sum(axis=1) == 2),
            "usual_partners": self._usual(block, there, node, part, like),
            "employers": -4.0 * ((self.wages[node] & there).sum(axis=1) / there.sum(axis=1)) ** 2,
            "new_accounts": NEW * self._new(there, node, begins),
        }
        return Weighed(p, signs, kept, begins, ends)

    def _like(self, least: F64, most: F64) -> F64:
        """The share of all hops that pay as much as some hop of a cycle; 1 where it is unknown."""
        low = np.searchsorted(self.sorted, least, side="left")
        high = np.searchsorted(self.sorted, most, side="right")
        return np.asarray(np.where(least > 0, (high - low) / self.many, 1.0))

    def _expected(
        self, block: I64, there: npt.NDArray[np.bool_], node: I64, part: F64, like: F64
    ) -> F64:
        """How many such cycles a transfer like the first begins by chance (`transfer_cycles`)."""
        first = self._first(block, there)
        rows = np.arange(len(block))
        start = node[rows, first]
        on_way = there.copy()
        on_way[rows, first] = False
        hops = on_way.sum(axis=1)
        each = self.out[node] * (part * like)[:, None]
        ways = np.where(on_way, each, 1.0).prod(axis=1)
        if self.timed:
            ways = ways / np.array([math.factorial(k) for k in range(block.shape[1])])[hops]
        return np.asarray(ways * self.into[start] / self.many)

    def _first(self, block: I64, there: npt.NDArray[np.bool_]) -> I64:
        """Which edge of a cycle is its first: after time falls, or any."""
        when = np.where(there, self.early[block], _MOST)
        length = there.sum(axis=1)
        before = np.take_along_axis(
            when, (np.arange(block.shape[1])[None] - 1) % length[:, None], axis=1
        )
        return np.asarray(np.argmax(there & (when < before), axis=1))

    def _together(self, there: npt.NDArray[np.bool_], node: I64) -> npt.NDArray[np.bool_]:
        """Whether all accounts of a cycle are of one group, family or owner."""
        group = self.group[node]
        same = (group == group[:, :1]) & (group >= 0)
        return np.asarray((same | ~there).all(axis=1))

    def _usual(
        self, block: I64, there: npt.NDArray[np.bool_], node: I64, part: F64, like: F64
    ) -> F64:
        """Against a cycle: how many such ones these partners' payments make at other times."""
        if not self.timed:
            return np.zeros(len(block))
        pairs = self._pairs(block, node)
        hops = there.sum(axis=1) - 1
        each = pairs * (part * np.sqrt(like))[:, None]
        ways = np.where(there, each, 1.0).prod(axis=1) / part
        ways = ways / np.array([math.factorial(k) for k in range(block.shape[1])])[hops]
        return np.asarray(-np.clip(np.log(np.maximum(ways, 1e-9)) + 6.0, 0.0, 8.0))

    def _pairs(self, block: I64, node: I64) -> I64:
        """How many payments each hop's payer makes to its receiver in all."""
        wide = len(self.ptr)
        if self._keys is None:
            check()
            ends = np.repeat(np.arange(wide - 1), np.diff(self.ptr))
            self._keys = np.sort(ends * wide + self.to)
        key = node * wide + self.to[np.maximum(block, 0)]
        low = np.searchsorted(self._keys, key, side="left")
        return np.asarray(np.searchsorted(self._keys, key, side="right") - low)

    def _new(self, there: npt.NDArray[np.bool_], node: I64, begins: I64) -> npt.NDArray[np.bool_]:
        """Whether half of the accounts had been used for a month at most."""
        young = (self.born[node] > begins[:, None] - 30 * DAY) & there
        known = begins > self.begin + 60 * DAY
        return np.asarray(known & (2 * young.sum(axis=1) >= there.sum(axis=1)))


def least_kept(floor: float, length: int, days: int) -> F64:
    """What part of the largest hop the smallest of a cycle has to be at least, so that its evidence
    can reach `floor` (nats), where it takes from 0, 1, .. `days` days on; over 1: it never can.

    All that is not known before a cycle is closed counts as if it spoke for it most. The longer it
    takes the more has to be kept, for the weight of days only falls.
    """
    wanted = floor - _SLACK - CAP - NEW - np.interp(np.arange(days + 1), *DAYS)
    parts, weights = KEPT
    least = np.interp(wanted, weights, parts) ** (length - 1) * (1 - _SLACK)
    least[wanted <= weights[0]] = 0.0
    least[wanted > weights[-1]] = 2.0
    return np.asarray(least)


WORDS: Final = {  # what a positive weight says, and a negative one
    "kept": ("金额基本保持 / the amount is kept", "途中金额变化大 / the amount is not kept"),
    "days": ("数日内回流 / back within days", "回流历时长 / it takes long"),
    "one_group": ("", "账户同属一人、一家或一个集团 / accounts of one owner, family or group"),
    "there_and_back": ("", "仅为两户往来, 或系退款还款 / a mere there and back, as a refund"),
    "usual_partners": ("", "各户之间经常往来 / partners who often pay each other"),
    "employers": ("", "账户所属企业发放工资 / accounts of companies that pay wages"),
    "new_accounts": ("账户新启用 / accounts newly in use", ""),
}


def signs_of(weighed: Weighed, row: int) -> list[Sign]:
    """The signs of one cycle, in words."""
    made = []
    for name, weights in weighed.signs.items():
        if weight := float(weights[row]):
            zh, _, en = WORDS[name][weight < 0].partition(" / ")
            made.append(Sign(name, weight, zh, en))
    return made
