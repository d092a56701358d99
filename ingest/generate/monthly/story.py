"""What happens in each month: clusters come, grow, shrink, change, merge, split and dissolve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ingest.generate.monthly.cells import Cell, First, attach, detach, join, part, pick_apart
from ingest.generate.monthly.register import Register

_ACT: Final = 0.45  # of a cluster in a month
_LARGE: Final = 14  # companies


class Story:
    """The planted clusters over time; `alone` are listed companies that belong to none."""

    def __init__(self, register: Register, births: int) -> None:
        self.register = register
        self.dice = register.dice
        self.cells: list[Cell] = []
        self.alone: list[tuple[str, list[First]]] = []
        self._births = births
        self._later: list[tuple[str, list[First]]] = []  # alone from the next month on
        self._ever: dict[str, frozenset[str]] = {}  # by line, what was told when it ended
        self._parents: dict[Cell, list[Cell]] = {}
        self._span = (0, 0)

    def month(self, first: int, last: int) -> list[dict[str, Any]]:
        """Let a month pass, from its first day to the first of the next; what became of everything
        planted, by the ids of the facts."""
        before = {cell: cell.members for cell in self.cells}
        self._parents = {cell: [cell] for cell in self.cells}
        lines = {cell: cell.line for cell in self.cells}
        told = {cell: cell.told for cell in self.cells}
        self._span = (first, last)
        idle = self.dice.shuffled(self.cells)
        while idle:
            cell = idle.pop()
            if self.dice.chance(_ACT):
                self._act(cell, idle)
        for _ in range(self._births):
            self._born()
        self._name(lines)
        self.alone += self._later
        self._later = []
        return self._told(before, lines, told)

    def _day(self) -> int:
        first, last = self._span
        return first + self.dice.below(last - first - 1)

    # -- what may happen ------------------------------------------------------------------------

    def _act(self, cell: Cell, idle: list[Cell]) -> None:
        acts: list[Callable[[Cell], None]] = [self._grow, self._grow, self._relist]
        if len(cell.listed) >= 3 and cell.leaves():
            acts += [self._shrink, self._lift]
        if len(cell.listed) >= 4 and cell.leaves():
            acts += [self._change]
        if len(cell.listed) >= 4:
            acts += [self._split] * 3
        if len(cell.listed) >= 2:
            acts += [self._dissolve]
        if idle and len(cell.listed) + len(idle[-1].listed) <= _LARGE:
            acts += [lambda one: self._merge(one, idle.pop())] * 4
        if len(cell.listed) > _LARGE:
            acts = [self._split, self._dissolve]
        self.dice.pick(acts)(cell)

    def _listed(self, company: str) -> list[First]:
        on = self._day()
        return [(on, self._named(self.register.listing(company, on)))]

    def _named(self, ident: str) -> str:
        return f"{self.register.dataset}:{ident}"

    def _newcomer(self) -> tuple[str, list[First]]:
        """A listed company: one that has stood alone so far, or one that is listed now."""
        if self.alone and self.dice.chance(0.4):
            return self.alone.pop(self.dice.below(len(self.alone)))
        company = self.register.company()
        return company, self._listed(company)

    def _born(self) -> None:
        cell = Cell("", {})
        for _ in range(self.dice.between(2, 5)):
            attach(self.register, cell, *self._newcomer(), self._day())
        self.cells.append(cell)
        self._parents[cell] = []

    def _grow(self, cell: Cell) -> None:
        for _ in range(self.dice.between(1, 3)):
            attach(self.register, cell, *self._newcomer(), self._day())

    def _shrink(self, cell: Cell) -> None:
        """A company goes, still listed."""
        leaf = self.dice.pick(cell.leaves())
        self._later.append((leaf, cell.listed[leaf]))
        part(self.register, detach(cell, leaf), self._day())

    def _lift(self, cell: Cell) -> None:
        """A company's listings are lifted, or run out: it is left in the circle."""
        leaf = self.dice.pick(cell.leaves())
        self._unlist(cell.listed[leaf])
        detach(cell, leaf)

    def _unlist(self, found: list[First]) -> None:
        for _, fact in found:
            ident = fact.partition(":")[2]
            if self.dice.chance(0.5):
                self.register.lift(ident)
            else:
                self.register.end(ident, self._span[1] - 1)

    def _change(self, cell: Cell) -> None:
        """One goes, another comes."""
        self._shrink(cell)
        company = self.register.company()
        attach(self.register, cell, company, self._listed(company), self._day())

    def _relist(self, cell: Cell) -> None:
        """A company that is in it comes onto another list."""
        company = self.dice.pick(list(cell.listed))
        cell.listed[company] = cell.listed[company] + self._listed(company)

    def _merge(self, cell: Cell, other: Cell) -> None:
        a, b = self.dice.pick(list(cell.listed)), self.dice.pick(list(other.listed))
        one = Cell("", {**cell.listed, **other.listed}, [*cell.ties, *other.ties])
        one.ties.append(join(self.register, a, b, self._day()))
        self.cells = [each for each in self.cells if each not in (cell, other)] + [one]
        self._parents[one] = [cell, other]

    def _split(self, cell: Cell) -> None:
        found = pick_apart(self.dice, cell)
        if found is None:
            return
        tie, *sides = found
        part(self.register, tie, self._day())
        halves = [cell.part(side, "") for side in sides]
        self.cells = [each for each in self.cells if each is not cell] + halves
        for each in halves:
            self._parents[each] = [cell]

    def _dissolve(self, cell: Cell) -> None:
        """Its listings are lifted, but for one at most; or all its ties end."""
        if self.dice.chance(0.5):
            for tie in cell.ties:
                part(self.register, tie, self._day())
            self._later += cell.listed.items()
        else:
            for company in self.dice.shuffled(list(cell.listed))[1:]:
                self._unlist(cell.listed[company])
        self.cells.remove(cell)

    # -- the truth -------------------------------------------------------------------------------

    def _name(self, lines: dict[Cell, str]) -> None:
        """Say which line each cluster goes on: of several the one whose earliest listing is its
        own; what goes on none is called by its earliest listing."""
        taken = set()
        new = []
        for cell in self.cells:
            parents = self._parents[cell]
            own = [each for each in parents if each is cell or each.first == cell.first]
            if own:
                cell.line = lines[own[0]]
                taken.add(cell.line)
            else:
                new.append(cell)
        for cell in sorted(new, key=lambda each: each.first):
            name, number = cell.first[1], 1
            while name in taken:
                number += 1
                name = f"{cell.first[1]}.{number}"
            cell.line = name
            taken.add(name)

    def _told(
        self, before: dict[Cell, frozenset[str]], lines: dict[Cell, str],
        told: dict[Cell, frozenset[str]],
    ) -> list[dict[str, Any]]:  # fmt: skip
        rows = []
        gone = set(before)
        for cell in self.cells:
            parents = self._parents[cell]
            gone -= set(parents)
            was = frozenset().union(*(before[each] for each in parents))
            # New risk: facts that were never told of one line together.
            every = [told[each] for each in parents] + [self._ever.get(cell.line, frozenset())]
            new = not any(cell.risks <= each for each in every)
            cell.told = frozenset().union(cell.risks, *every)
            self._ever[cell.line] = cell.told
            rows.append(_row(cell, _event(cell, parents, before, self._parents), lines, parents)
                        | {"joined": sorted(cell.members - was),
                           "left": sorted(was - cell.members), "new_risk": new})  # fmt: skip
        return rows + [
            {"event": "dissolved", "line": lines[cell], "members": [], "core": [],
             "parents": [lines[cell]], "joined": [], "left": sorted(before[cell]),
             "new_risk": False}
            for cell in sorted(gone, key=lambda each: each.line)
        ]  # fmt: skip


def _row(cell: Cell, event: str, lines: dict[Cell, str], parents: list[Cell]) -> dict[str, Any]:
    return {
        "event": event, "line": cell.line, "members": sorted(cell.members),
        "core": sorted(cell.listed), "parents": sorted(lines[each] for each in parents),
    }  # fmt: skip


def _event(
    cell: Cell, parents: list[Cell], before: dict[Cell, frozenset[str]],
    all_parents: dict[Cell, list[Cell]],
) -> str:  # fmt: skip
    if not parents:
        return "born"
    if len(parents) > 1:
        return "merged"
    (old,) = parents
    children = [each for each, of in all_parents.items() if of == [old]]
    if old is not cell and len(children) > 1:
        return "split"
    was, now = before[old], cell.members
    if len(was) != len(now):
        return "grew" if len(now) > len(was) else "shrank"
    return "steady" if was == now else "changed"
