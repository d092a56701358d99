"""Planted clusters: trees of listed companies, which grow, merge, split and go; and what of that is
new risk, by what was ever told of them.

The truth of a cluster is what was planted, never what was found: its members are the companies of
its tree and what joins them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.generate.monthly.register import Register
from ingest.generate.schemes.dice import Dice

First = tuple[int, str]  # the day of a listing, its fact


@dataclass(eq=False)
class Tie:
    """Two companies joined, directly or by something between them; `facts` are its relations."""

    a: str
    b: str
    via: str | None
    facts: list[str]


@dataclass(eq=False)
class Cell:
    """A cluster: its companies with their listings in force, and the ties of its tree."""

    line: str
    listed: dict[str, list[First]]
    ties: list[Tie] = field(default_factory=list)
    told: frozenset[str] = frozenset()

    @property
    def members(self) -> frozenset[str]:
        """The companies, and what joins them."""
        return frozenset(self.listed) | {tie.via for tie in self.ties if tie.via is not None}

    @property
    def risks(self) -> frozenset[str]:
        """The listings that make its companies core."""
        return frozenset(fact for found in self.listed.values() for _, fact in found)

    @property
    def first(self) -> First:
        """Its earliest listing, by which it is called."""
        return min(each for found in self.listed.values() for each in found)

    def leaves(self) -> list[str]:
        """Companies at the end of one tie, but for that of the earliest listing."""
        ends = [end for tie in self.ties for end in (tie.a, tie.b)]
        of = next(name for name, found in self.listed.items() if self.first in found)
        return [name for name in self.listed if ends.count(name) == 1 and name != of]

    def tie_of(self, leaf: str) -> Tie:
        """The tie that a leaf hangs on."""
        return next(tie for tie in self.ties if leaf in (tie.a, tie.b))

    def halves(self, tie: Tie) -> tuple[set[str], set[str]]:
        """The companies on each side of a tie."""
        side, grown = {tie.a}, True
        while grown:
            grown = False
            for each in self.ties:
                if each is not tie and len({each.a, each.b} & side) == 1:
                    side |= {each.a, each.b}
                    grown = True
        return side, set(self.listed) - side

    def part(self, companies: set[str], line: str) -> Cell:
        """What of it hangs together at these companies."""
        ties = [tie for tie in self.ties if {tie.a, tie.b} <= companies]
        listed = {name: found for name, found in self.listed.items() if name in companies}
        return Cell(line, listed, ties, self.told)


def join(register: Register, a: str, b: str, on: int) -> Tie:
    """Join two companies from a day on, in one of several ways."""
    dice = register.dice
    way = dice.below(6)
    if way == 0:
        return Tie(a, b, None, [register.link("guarantee", a, b, on, amount="1000000.00")])
    if way == 1:
        share = (25 + dice.below(70)) / 100
        return Tie(a, b, None, [register.link("shareholder", a, b, on, share=str(share))])
    if way == 2:
        via = register.person()
        return Tie(a, b, via, [register.link("legal_representative", via, c, on) for c in (a, b)])
    if way == 3:
        via = register.phone()
        return Tie(a, b, via, [register.link("uses_phone", c, via, on) for c in (a, b)])
    if way == 4:
        via = register.address()
        return Tie(a, b, via, [register.link("located_at", c, via, on) for c in (a, b)])
    via = register.company()  # a clean company between two that are listed
    return Tie(a, b, via, [register.link("guarantee", via, c, on) for c in (a, b)])


def part(register: Register, tie: Tie, on: int) -> None:
    """End a tie: one of its relations, or all of them."""
    ended = tie.facts if register.dice.chance(0.5) else [register.dice.pick(tie.facts)]
    for fact in ended:
        register.end(fact, on)


def attach(register: Register, cell: Cell, company: str, found: list[First], on: int) -> None:
    """Hang a listed company on one of a cell's."""
    if cell.listed:
        cell.ties.append(join(register, register.dice.pick(list(cell.listed)), company, on))
    cell.listed[company] = found


def detach(cell: Cell, leaf: str) -> Tie:
    """Take a leaf off a cell; the tie that it hung on."""
    tie = cell.tie_of(leaf)
    cell.ties.remove(tie)
    del cell.listed[leaf]
    return tie


def pick_apart(dice: Dice, cell: Cell) -> tuple[Tie, set[str], set[str]] | None:
    """A tie with two listed companies or more on each side, where there is one."""
    for tie in dice.shuffled(cell.ties):
        one, other = cell.halves(tie)
        if min(len(one), len(other)) >= 2:
            return tie, one, other
    return None
