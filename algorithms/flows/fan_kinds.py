"""Candidates of each pattern of fans: how unlikely, what speaks for them and against."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.findings.scoring import CAP
from algorithms.findings.significance import poisson_tail
from algorithms.flows.scatter import leads, legs, scatters, weigh
from algorithms.flows.windows import Side, between, episodes, turns
from graph.columns import I64
from graph.deadline import Deadline
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.flows.fan_field import Field
    from algorithms.flows.fan_patterns import FanParams

F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_SOON: Final = 2 * DAY  # money that is gone so soon after it came did not stay
# What a share of 1 of such payments weighs, or being so.
WAGES, OWNERS, KIN, REGULAR, LONE = -12.0, -12.0, -10.0, -8.0, 1.5
MUTUAL, GONE, STAYS, NEW, FIRM, LIVING, FIRMS, CROWD = -8.0, 3.0, -1.5, 1.5, -7.0, -4.0, -6.0, -4.0
# How many counterparts speak for it by themselves: straight between.
MIDDLE: Final = ([2.0, 3.0, 5.0, 10.0], [-3.0, -1.5, 0.0, 1.5])
MANY: Final = ([4.0, 5.0, 8.0, 16.0], [-6.0, -5.0, -1.0, 2.0])


class Shown(NamedTuple):
    """One finding before it is told: members in order, its payments, and what left and arrived."""

    members: list[int]
    edges: I64
    money: tuple[I64, ...]  # sets of payments of which the smaller sum is the amount
    counts: dict[str, int]


class Candidates(NamedTuple):
    """Everything of one pattern that was found, to be chosen from."""

    pattern: str
    p: F64
    signs: dict[str, F64]
    size: I64
    begin: I64  # of the window that is shown, then of the first and of the last of the episode
    first: I64
    last: I64
    show: Callable[[int], Shown]
    tests: int

    def evidence(self) -> F64:
        """In nats."""
        nats = np.minimum(-np.log(self.p), CAP)
        for weights in self.signs.values():
            nats = nats + weights
        return nats


def fans(field: Field, pattern: str, days: float, size: int) -> Candidates:
    """Fans in or out."""
    inward = pattern == "fan_in"
    mine, back = (field.into, field.out) if inward else (field.out, field.into)
    many = field.payers if inward else field.receivers
    window = int(days * DAY)
    found, _ = episodes(mine, window, size)
    of, low, high = found.of, found.low, found.high
    begin = mine.time[low]
    end = mine.time[high - 1]
    p = poisson_tail(found.size, many[of] * field.part(window))
    came = field.summed(mine, field.value, low, high)
    span = (begin, end + _SOON) if inward else (begin - _SOON, end)
    signs = _habits(field, mine, low, high)
    other = field.money(back, of, *span)
    if inward:
        other = other + field.cash(of, *span)
    signs["gone"] = _gone(came, other) * ~(field.held.company[of] & field.living[of])
    signs["new"] = NEW * field.new(of, begin).astype(np.float64)
    signs |= _business(field, of)
    signs["firms"] = FIRMS * _businesses(field, mine, low, high)
    signs["many"] = _many(found.size, signs["regular"])

    def show(i: int) -> Shown:
        edges = mine.edge[low[i] : high[i]].astype(np.int64)
        others = mine.other[low[i] : high[i]].tolist()
        counts = {"payers" if inward else "receivers": int(found.size[i])}
        return Shown([int(of[i]), *dict.fromkeys(others)], edges, (edges,), counts)

    return Candidates(
        pattern, p, signs, found.size, begin, found.first, found.last, show, len(field.rows)
    )


def gather_scatters(field: Field, params: FanParams) -> Candidates:
    """Accounts that gather from many and then scatter to many."""
    window = int(params.gather_scatter_window * DAY)
    into, out = field.into, field.out
    found = turns(into, out, window, params.gather_scatter_size)
    of = found.of
    part = field.part(window)
    p = np.maximum(
        poisson_tail(found.payers, field.payers[of] * part)
        * poisson_tail(found.payees, field.receivers[of] * part),
        1e-300,
    )
    one = _habits(field, into, found.in_low, found.in_high)
    two = _habits(field, out, found.out_low, found.out_high)
    signs = {name: (one[name] + two[name]) / 2 for name in one}
    for name in ("wages", "owners"):  # whichever side it explains, the pattern is explained
        signs[name] = np.minimum(one[name], two[name])
    gathered = field.summed(into, field.value, found.in_low, found.in_high)
    scattered = field.summed(out, field.value, found.out_low, found.out_high)
    begin = into.time[found.in_low]
    signs["gone"] = _gone(gathered, scattered)
    signs["new"] = NEW * field.new(of, begin).astype(np.float64)
    signs |= _business(field, of)
    signs["firms"] = (FIRMS / 2) * (
        _businesses(field, into, found.in_low, found.in_high)
        + _businesses(field, out, found.out_low, found.out_high)
    )
    signs["many"] = _many(np.minimum(found.payers, found.payees), signs["regular"])

    def show(i: int) -> Shown:
        here = slice(int(found.in_low[i]), int(found.in_high[i]))
        there = slice(int(found.out_low[i]), int(found.out_high[i]))
        one, two = into.edge[here].astype(np.int64), out.edge[there].astype(np.int64)
        members = [*into.other[here].tolist(), int(of[i]), *out.other[there].tolist()]
        counts = {"payers": int(found.payers[i]), "receivers": int(found.payees[i])}
        edges = np.concatenate([one, two[~np.isin(two, one)]])
        return Shown(list(dict.fromkeys(members)), edges, (one, two), counts)

    size = np.minimum(found.payers, found.payees)
    return Candidates(
        "gather_scatter", p, signs, size, begin, found.first, found.last, show, len(field.rows)
    )


def scatter_gathers(field: Field, params: FanParams, deadline: Deadline) -> tuple[Candidates, int]:
    """Sources and sinks with middle accounts, until the time has passed; what was looked at."""
    window, size = int(params.scatter_gather_window * DAY), params.scatter_gather_size
    source, onward = leads((field.out, field.into), field.src, field.dst, window, size)
    found, looked = scatters(source, onward, window, size, deadline)
    a, b, out = found.source, found.sink, field.out
    low, high = between(out, a, found.begin, found.begin + window)
    paths = field.summed(out, field.pays[field.dst], low, high) * field.part(window)
    p = poisson_tail(found.size, paths * (field.paid[b] / max(field.total, 1)))
    ties = field.ties
    tenths = field.business[field.src] + field.business[field.dst]
    flags = np.zeros(len(field.rows), np.uint8)
    for bit, flag in enumerate(ties):
        flags |= flag.astype(np.uint8) << np.uint8(bit)
    sums = weigh(out, field.onward, found, window, field.value, flags, tenths, len(ties))
    many = np.maximum(sums[:, :, 0], 1)
    share = {name: sums[:, :, bit + 3] / many for bit, name in enumerate(ties._fields)}
    signs = {
        "wages": WAGES * share["wages"].max(axis=1),
        "owners": OWNERS * share["owners"].max(axis=1),
        "kin": KIN * share["kin"].mean(axis=1),
        "regular": REGULAR * share["regular"].mean(axis=1),
        "lone": LONE * share["lone"].mean(axis=1),
        "gone": _gone(sums[:, 0, 1], sums[:, 1, 1]),
        "firms": 2 * FIRMS * sums[:, :, 2].sum(axis=1) / many.sum(axis=1) / 20,
        "many": np.interp(found.size, *MIDDLE),
        "crowd": CROWD * _crowded(field, found.size, a, b, found.begin, window),
    }

    def show(i: int) -> Shown:
        first, second = legs(out, field.onward, int(a[i]), int(b[i]), int(found.begin[i]), window)
        middle = field.dst[first].tolist()
        members = list(dict.fromkeys([int(a[i]), *middle, int(b[i])]))
        counts = {"middle": int(found.size[i])}
        return Shown(members, np.concatenate([first, second]), (first, second), counts)

    tests = int(np.count_nonzero(field.pays))
    made = Candidates(
        "scatter_gather", p, signs, found.size, found.begin, found.first, found.last, show, tests
    )
    return made, looked


def _habits(field: Field, payments: Side, low: I64, high: I64) -> dict[str, F64]:
    """What the payments of windows on one side of accounts are otherwise."""
    ties = field.ties
    weights = {
        "wages": WAGES, "owners": OWNERS, "kin": KIN, "regular": REGULAR, "lone": LONE,
        "mutual": MUTUAL,
    }  # fmt: skip
    return {
        name: weight * field.share(payments, getattr(ties, name), low, high)
        for name, weight in weights.items()
    }


def _many(count: I64, regular: F64) -> F64:
    """How many counterparts there are, which means little where they come back every month."""
    weight = np.interp(count, *MANY)
    return np.asarray(np.where(weight > 0, weight * (1 - regular / REGULAR), weight))


def _businesses(field: Field, payments: Side, low: I64, high: I64) -> F64:
    """From 0 to 1, how much the counterparts in windows are ordinary businesses."""
    tenths = np.zeros(len(field.rows), np.uint8)
    tenths[payments.edge] = field.business[payments.other]
    many = np.maximum(high - low, 1)
    return np.asarray(field.summed(payments, tenths, low, high) / (10 * many))


def _business(field: Field, of: I64) -> dict[str, F64]:
    """Whether accounts are of companies, and of ones that pay for their living month by month."""
    firm = field.held.company[of]
    living = (firm & field.living[of]).astype(np.float64)
    return {"firm": FIRM * firm.astype(np.float64), "living": LIVING * living}


def _gone(came: I64, left: I64) -> F64:
    """For it where nearly as much left as came, against it where money stayed."""
    ratio = left / np.maximum(came, 1)
    near = np.clip((np.minimum(ratio, 1 / np.maximum(ratio, 1e-9)) - 0.4) / 0.4, 0, 1)
    return np.asarray(GONE * near + STAYS * (1 - near))


def _crowded(field: Field, count: I64, a: I64, b: I64, begin: I64, window: int) -> F64:
    """From 0 to 1, how much source and sink have to do with others than the middle accounts."""
    crowd = np.zeros(len(count))
    for payments, of in ((field.out, a), (field.into, b)):
        low, high = between(payments, of, begin, begin + window)
        crowd += np.clip(np.log(np.maximum((high - low) / np.maximum(count, 1), 1)) / 3, 0, 1) / 2
    return crowd
