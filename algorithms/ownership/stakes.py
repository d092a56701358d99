"""Votes with their bounds, declared control, concert: what decides who controls whom on one day.

A holding counts by its `votes` where they are said, else by its share. One without either has a
range, `share_min` to `share_max`, 0 to 1 where not even these are said. What a register does not
name at all is held by nobody known, and takes nothing from the votes of those it names.

A nominal holder's votes are those of the one for whom it holds (`nominee`: nominal holder -> real
holder), through further nominees to the last. Where it holds for several and the record does not
say what for whom, each of them may have them, and only all of them together have them for certain.

A *sound* reading is for whoever is to be held responsible: a register that sums past 1 contradicts
itself and gives nobody anything for certain; what was said of a record that is retracted is left
out; and where nominees go round in a circle, what they hold is marked as held through them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from algorithms.ownership.holdings import exact_votes, votes_of
from algorithms.ownership.register import TOLERANCE
from graph.compiled import kernel
from graph.model import CODES, SHARE_UNIT
from graph.traverse import graph_of, holds, row_at, span

if TYPE_CHECKING:
    import numpy.typing as npt

    from graph.snapshot import Snapshot

    Rows = npt.NDArray[np.int64]

Units = int | Fraction  # of 1e-15; a Fraction where a register wrote finer ones

_HOLDING, _CONTROLLER = CODES["shareholder"], CODES["controller"]
_NOMINEE, _CONCERT = CODES["nominee"], CODES["acts_in_concert"]
# What is read of a subject: relations into it, and out of it.
_INTO: Final = np.array([_HOLDING, _CONTROLLER, _CONCERT], np.int64)
_OUT: Final = np.array([_NOMINEE, _CONCERT], np.int64)
_EASY: Final = 100_000  # relations read interpreted before compiled code is worth its start


class Stake(NamedTuple):
    """The votes of one holding."""

    claims: tuple[int, ...]  # whose they are: one subject, several where nobody knows which
    owned: int
    low: Units
    high: Units
    row: int
    via: tuple[int, ...]  # rows of the nominees through whom they are held


@dataclass(slots=True)
class Stakes:
    """A part of the register, by subjects of the snapshot; mappings may lack what has nothing."""

    into: dict[int, list[Stake]] = field(default_factory=dict)
    out: dict[int, list[Stake]] = field(default_factory=dict)  # by each that may have the votes
    declared: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # of it: (by, row)
    declares: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # by it: (of, row)
    concert: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # with (other, row)
    sure: dict[int, Units] = field(default_factory=dict)  # of a company: the sum of all `low`
    open: set[int] = field(default_factory=set)  # companies with votes that are not fixed
    nodes: list[int] = field(default_factory=list)  # those that were read, the nearest first
    cut: bool = False  # a bound left subjects above unread


class _Which(NamedTuple):
    into: npt.NDArray[np.int64]
    out: npt.NDArray[np.int64]
    at: int
    batch: int


@kernel
def survey(g: Any, which: Any, subjects: Any, rows: Any) -> int:
    """Put the rows of the relations in question of these subjects into `rows`; return how many.

    Where there is no room for all, the count is still right. A relation may come twice.
    """
    n = 0
    for i in range(len(subjects)):
        node = subjects[i]
        while True:
            for part in range(4):
                if part == 0:
                    index, kinds = g.into, which.into
                elif part == 1:
                    index, kinds = g.into_tail, which.into
                elif part == 2:
                    index, kinds = g.out, which.out
                else:
                    index, kinds = g.out_tail, which.out
                for k in range(len(kinds)):
                    lo, hi = span(index, kinds[k], node)
                    for position in range(lo, hi):
                        row = row_at(index, position)
                        if holds(g.cols, g.nodes, which.batch, which.at, row, False):
                            if n < len(rows):
                                rows[n] = row
                            n += 1
            node = g.nodes.nxt[node]
            if node == subjects[i]:
                break
    return n


def above(snapshot: Snapshot, company: int, at: int, limit: int, *, sound: bool = False) -> Stakes:
    """All that decides over a company at an instant: its holders, theirs, and so on upwards.

    Above another company of which not even half could be held by those who are known, holders do
    not matter. No level is begun once more than `limit` subjects were met: then `cut` is set.
    `sound`: see the module. Linear in the relations that are read.
    """
    graph = graph_of(snapshot)
    rep, cols = snapshot.nodes.rep, snapshot.columns
    which = _Which(_INTO, _OUT, at, snapshot.batch)
    room = np.empty(512, np.int64)
    seen = {company: None}
    level = [company]
    making = _Making(snapshot, company, sound=sound)
    read = 0
    while level:
        if len(seen) > limit:
            making.stakes.cut = True
            break
        asked = np.array(level, np.int64)
        while True:
            call = survey.hot if read > _EASY else survey
            n = call(graph, which, asked, room)
            read += n
            if n <= len(room):
                break
            room = np.empty(2 * n, np.int64)
        rows = np.unique(room[:n])
        if sound:
            rows = snapshot.between_known(rows)
        codes = snapshot.codes(rows)
        met: set[int] = set()
        for code in (_HOLDING, _CONTROLLER, _NOMINEE, _CONCERT):
            some = rows[codes == code]
            if len(some):
                ends = rep[cols.src[some]].tolist(), rep[cols.dst[some]].tolist()
                met |= making.take(code, some, ends)
        level = sorted(met - seen.keys())
        seen.update(dict.fromkeys(level))
    making.stakes.nodes = list(seen)
    return making.done()


def everything(snapshot: Snapshot, at: int) -> Stakes:
    """The whole register at an instant. Linear in its relations."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    making = _Making(snapshot)
    for kind in ("shareholder", "controller", "nominee", "acts_in_concert"):
        rows = np.sort(snapshot.rows(kind, at))
        ends = rep[cols.src[rows]].tolist(), rep[cols.dst[rows]].tolist()
        making.take(CODES[kind], rows, ends)
    return making.done()


def registered(snapshot: Snapshot, rows: Rows) -> Stakes:
    """The votes of these holdings, of the holders as they are registered. Linear in them."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    making = _Making(snapshot)
    making.take(_HOLDING, rows, (rep[cols.src[rows]].tolist(), rep[cols.dst[rows]].tolist()))
    return making.done()


class _Making:
    """Stakes in the making: nominees are known only once everything was read."""

    def __init__(self, snapshot: Snapshot, target: int = -1, *, sound: bool = False) -> None:
        self._sound = sound
        self.stakes = Stakes()
        self._snapshot = snapshot
        self._name = snapshot.fact_id
        self._target = target
        self._holdings: list[tuple[int, int, Units, Units, int]] = []
        self._for: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._seen: set[int] = set()  # rows of concert, which are met from both ends

    def take(self, code: int, rows: Rows, ends: tuple[list[int], list[int]]) -> set[int]:
        """Take in relations of one kind; the subjects that are to be read because of them."""
        pairs = zip(*ends, rows.tolist(), strict=True)
        stakes = self.stakes
        if code == _HOLDING:
            return self._take_holdings(rows, ends)
        if code == _CONTROLLER:
            for u, v, row in pairs:
                if u != v:
                    stakes.declared.setdefault(v, []).append((u, row))
                    stakes.declares.setdefault(u, []).append((v, row))
            return set(ends[0])
        if code == _NOMINEE:
            for u, v, row in pairs:
                if u != v:
                    self._for[u].append((v, row))
            return set(ends[1])
        for u, v, row in pairs:
            if u != v and row not in self._seen:
                self._seen.add(row)
                stakes.concert.setdefault(u, []).append((v, row))
                stakes.concert.setdefault(v, []).append((u, row))
        return set()

    def _take_holdings(self, rows: Rows, ends: tuple[list[int], list[int]]) -> set[int]:
        carried = self._snapshot.extras_of(rows)
        values = self._snapshot.columns.value[rows].tolist()
        most: dict[int, Units] = {}
        for row, u, v, value in zip(rows.tolist(), *ends, values, strict=True):
            low, high = bounds(carried.get(row), value)
            if high > 0:
                self._holdings.append((u, v, low, high, row))
                most[v] = most.get(v, 0) + high
        half = {v for v, total in most.items() if 2 * total > SHARE_UNIT}
        half.add(self._target)
        return {u for u, v in zip(*ends, strict=True) if v in half}

    def done(self) -> Stakes:
        """The stakes, each with those whose votes they are."""
        stakes, real = self.stakes, self._real()
        into, out, sure = stakes.into, stakes.out, stakes.sure
        over = self._over()
        for u, v, least, high, row in self._holdings:
            low = 0 if v in over else least
            claims, via = real.get(u) or ((u,), ())
            stake = Stake(claims, v, low, high, row, via)
            into.setdefault(v, []).append(stake)
            for claimant in claims:
                out.setdefault(claimant, []).append(stake)
            sure[v] = sure.get(v, 0) + low
            if is_open(stake):
                stakes.open.add(v)
        return stakes

    def _over(self) -> set[int]:
        """Companies whose registers sum past 1, of a sound reading."""
        if not self._sound:
            return set()
        total: dict[int, Units] = {}
        for _, v, low, _, _ in self._holdings:
            total[v] = total.get(v, 0) + low
        return {v for v, units in total.items() if units > SHARE_UNIT + TOLERANCE}

    def _real(self) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
        """Of each nominal holder: for whom it holds in the end, and the rows that say so.

        Where nominees go round in a circle and nobody stands outside, the votes stay where they
        are registered.
        """
        for pairs in self._for.values():
            pairs.sort(key=lambda pair: self._name(pair[1]))
        found: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for start in self._for:
            before: dict[int, tuple[int, int]] = {start: (start, -1)}
            queue, ends = [start], []
            for u in queue:
                if u not in self._for:
                    ends.append(u)
                for v, row in self._for.get(u, ()):
                    if v not in before:
                        before[v] = u, row
                        queue.append(v)
            rows = set()
            for end in ends:
                at = end
                while at != start:
                    at, row = before[at]
                    rows.add(row)
            if not ends and self._sound:
                circle = sorted({row for u in queue for _, row in self._for[u]}, key=self._name)
                found[start] = (start,), tuple(circle)
            if ends:
                found[start] = tuple(sorted(ends)), tuple(sorted(rows, key=self._name))
        return found


def bounds(carried: Mapping[str, Any] | None, value: int) -> tuple[Units, Units]:
    """The least and the most votes of a holding, from its carried fields and its share."""
    if carried is None:
        return (value, value) if value >= 0 else (0, SHARE_UNIT)
    known, exact = votes_of(dict(carried), value)
    if known is not None:
        if not exact:
            finer = exact_votes(dict(carried), value) * SHARE_UNIT
            return finer, finer
        return known, known
    return unknown(carried)


def unknown(carried: Mapping[str, Any]) -> tuple[Units, Units]:
    """The range of a share that is not known exactly."""
    low, high = carried.get("share_min"), carried.get("share_max")
    return _units(low, 0), _units(high, SHARE_UNIT)


def _units(text: Any, otherwise: int) -> Units:
    if text is None:
        return otherwise
    scaled = Fraction(str(text)) * SHARE_UNIT
    return int(scaled) if scaled.denominator == 1 else scaled


def _put(part: Stakes, stake: Stake) -> None:
    part.into.setdefault(stake.owned, []).append(stake)
    for claimant in stake.claims:
        part.out.setdefault(claimant, []).append(stake)


def within(
    stakes: Stakes, rows: Iterable[int], companies: Iterable[int], parties: Iterable[int] = ()
) -> Stakes:
    """What these relations alone say of these companies, and of concert among these parties.

    How much of a company is surely held stays as it is: a fact left out gives nobody more.
    """
    kept = set(rows)
    part = Stakes(sure=stakes.sure, open=stakes.open)
    for v in companies:
        for stake in stakes.into.get(v, ()):
            if stake.row in kept and kept.issuperset(stake.via):
                _put(part, stake)
        for u, row in stakes.declared.get(v, ()):
            if row in kept:
                part.declared.setdefault(v, []).append((u, row))
                part.declares.setdefault(u, []).append((v, row))
    for u in parties:
        if some := [pair for pair in stakes.concert.get(u, ()) if pair[1] in kept]:
            part.concert[u] = some
    return part


def without(stakes: Stakes, gone: Container[int] = (), *, nominees: bool = True) -> Stakes:
    """These stakes where some subjects have and decide nothing, and, unless `nominees`, nobody has
    what a nominee holds. How much of a company is surely held stays as it is. Linear in them."""
    part = Stakes(sure=stakes.sure, open=stakes.open, nodes=stakes.nodes, cut=stakes.cut)
    for v, listed in stakes.into.items():
        for stake in listed if v not in gone else ():
            if (nominees or not stake.via) and not any(u in gone for u in stake.claims):
                _put(part, stake)
    for v, by in stakes.declared.items():
        for u, row in by:
            if u not in gone and v not in gone:
                part.declared.setdefault(v, []).append((u, row))
                part.declares.setdefault(u, []).append((v, row))
    for u, agreed in stakes.concert.items():
        if u not in gone and (kept := [pair for pair in agreed if pair[0] not in gone]):
            part.concert[u] = kept
    return part


def of_rows(
    stakes: Stakes, rows: Iterable[int], companies: Iterable[int], holder: Callable[[int], int]
) -> Stakes:
    """The register of these companies as it were if nothing but these relations were known.

    `holder` tells who is registered for a holding; it has the votes where the relations do not say
    for whom it holds. Linear in the holdings of the companies.
    """
    kept = set(rows)
    part = Stakes()
    for v in companies:
        for known in stakes.into.get(v, ()):
            if known.row not in kept:
                continue
            stake = known
            if not kept.issuperset(known.via):
                stake = known._replace(claims=(holder(known.row),), via=())
            _put(part, stake)
            part.sure[v] = part.sure.get(v, 0) + stake.low
            if is_open(stake):
                part.open.add(v)
        for u, row in stakes.declared.get(v, ()):
            if row in kept:
                part.declared.setdefault(v, []).append((u, row))
                part.declares.setdefault(u, []).append((v, row))
    for u, agreed in stakes.concert.items():
        if some := [pair for pair in agreed if pair[1] in kept]:
            part.concert[u] = some
    return part


def is_open(stake: Stake) -> bool:
    """Whether it is not known how many votes a holding gives, or to whom."""
    return stake.low != stake.high or len(stake.claims) > 1
