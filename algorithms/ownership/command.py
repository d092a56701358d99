"""The least fixpoints of control: alone, through declared control, and in concert.

X *commands* its own votes and those of the companies that it controls. It controls a company once
it, or a company that it controls, is declared to be its controller, or once it commands over half
of its votes. This grows with the votes that it is given, so over all values that unknown shares
may have,

- the companies controlled for certain are those found with every share at its least: that is one
  of the possible registers, and what is found in it is found in all;
- the companies possibly controlled are those found when each company gives X, whenever it is
  looked at, the most that those under X may have of it: the sum of their upper bounds, and no more
  than what the lower bounds of all others leave. Both are attained at once, by a register of that
  company alone, and registers of different companies do not constrain one another: so some
  possible register shows all of them together, step by step in the same order.

Both are exact. Parties who act in concert (`Bloc`) add what each commands; see `blocs`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable
from typing import NamedTuple

from algorithms.ownership.stakes import Stakes, Units
from graph.model import SHARE_UNIT


class Command(NamedTuple):
    """What a subject commands: itself and companies by the round in which they came under it."""

    level: dict[int, int]  # 0: the subject itself
    low: dict[int, Units]  # least votes in every company that those commanded have a holding of
    high: dict[int, Units]  # the most, before the others' votes are looked at; of upper bounds only


def command(
    stakes: Stakes,
    seeds: tuple[int, ...],
    *,
    upper: bool = False,
    without: int = -1,
    plain: bool = False,
) -> Command:
    """What these command together, by lower bounds, or by upper bounds.

    `without` is a company whose own holdings are not looked at: all else that is found is found
    without its help. `plain`: by votes of registered holders alone, neither declared nor through
    nominees. O(holdings of what is commanded).
    """
    level = dict.fromkeys(seeds, 0)
    low: dict[int, Units] = {}
    high: dict[int, Units] = {}
    claimed: dict[int, int] = {}  # by row: how many of those who may have its votes are commanded
    out, declares, sure = stakes.out, stakes.declares, stakes.sure
    fresh: Collection[int] = seeds
    depth = 0
    while fresh:
        depth += 1
        new: dict[int, None] = {}
        for z in fresh:
            if z == without:
                continue
            for y, _ in () if plain else declares.get(z, ()):
                if y not in level:
                    new[y] = None
            for claims, y, least, most, row, via in out.get(z, ()):
                if plain and via:
                    continue
                if len(claims) > 1:
                    count = claimed[row] = claimed.get(row, 0) + 1
                    if count != (1 if upper else len(claims)):
                        low.setdefault(y, 0)
                        continue
                votes = low[y] = low.get(y, 0) + least
                if upper:
                    rest = high[y] = high.get(y, 0) + most
                    votes = capped(votes, rest, sure[y])
                if 2 * votes > SHARE_UNIT and y not in level:
                    new[y] = None
        for y in new:
            level[y] = depth
        fresh = new
    return Command(level, low, high)


def capped(low: Units, high: Units, sure: Units) -> Units:
    """The most votes of holdings with these sums of bounds, in a company where `sure` is the sum
    of all lower bounds: what the others surely hold is not theirs. Where a register is over-full
    as it stands, no less than their lower bounds."""
    return max(low, min(high, SHARE_UNIT - sure + low))


def votes_in(stakes: Stakes, company: int, group: Container[int], *, upper: bool) -> Units:
    """The least, or the most, votes in a company of a group as a whole."""
    low: Units = 0
    high: Units = 0
    for claims, _, least, most, _, _ in stakes.into.get(company, ()):
        if (any if upper else all)(u in group for u in claims):
            low += least
            high += most
    return capped(low, high, stakes.sure.get(company, 0)) if upper else low


class Bloc(NamedTuple):
    """Parties who act in concert and together control a company."""

    members: tuple[int, ...]  # ascending
    votes: Units  # of them all in the company, the least or the most


def blocs(
    stakes: Stakes,
    parties: Iterable[int],
    alone: Callable[[int], Container[int]],
    *,
    upper: bool,
) -> dict[int, dict[int, Bloc]]:
    """Of each of these parties: the companies that it controls in concert, and with whom.

    A bloc of a company is two or more parties who each command votes in it and are connected, among
    themselves, by acts_in_concert. Where none of them controls the company alone (`alone`: what a
    party does) and together they command over half of its votes, each of them controls it by
    agreement, and from then on commands its votes as well. The least fixpoint of this.

    By lower bounds, with `alone` by upper ones, what is found holds in every possible register; by
    upper bounds, with `alone` by lower ones, everything that holds in some register is found. The
    first may miss, and the second may exceed, where one party controls alone in some registers
    only: sound, not tight.
    """
    found: dict[int, dict[int, Bloc]] = {b: {} for b in parties}
    while True:
        commands = {b: command(stakes, (b, *found[b]), upper=upper) for b in found}
        holders: dict[int, list[int]] = {}
        for b, reach in commands.items():
            for y, votes in (reach.high if upper else reach.low).items():
                if votes > 0 and y != b:
                    holders.setdefault(y, []).append(b)
        grew = False
        for y, those in holders.items():
            for members in _connected(stakes, those) if len(those) > 1 else ():
                if any(y in alone(b) for b in members):
                    continue
                group = {z for b in members for z in commands[b].level}
                votes = votes_in(stakes, y, group, upper=upper)
                if 2 * votes > SHARE_UNIT:
                    grew |= any(y not in found[b] for b in members)
                    for b in members:
                        found[b][y] = Bloc(members, votes)
        if not grew:
            return found


def _connected(stakes: Stakes, parties: list[int]) -> list[tuple[int, ...]]:
    """Those of these parties that are connected with others among them, group by group."""
    left = set(parties)
    groups = []
    for start in parties:
        if start not in left:
            continue
        left.discard(start)
        group = [start]
        for u in group:
            for v, _ in stakes.concert.get(u, ()):
                if v in left:
                    left.discard(v)
                    group.append(v)
        if len(group) > 1:
            groups.append(tuple(sorted(group)))
    return groups


def circles_of_concert(stakes: Stakes) -> list[tuple[int, ...]]:
    """All who act in concert, those apart that no chain of agreements connects."""
    return _connected(stakes, list(stakes.concert))
