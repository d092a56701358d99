"""Why somebody controls a company: sets of facts of which none can be left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from algorithms.ownership.command import Command, capped, command
from graph.model import SHARE_UNIT

if TYPE_CHECKING:
    from algorithms.ownership.stakes import Stake, Stakes, Units

Limb = Literal["declared", "votes", "agreement"]
LIMBS: Final[tuple[Limb, ...]] = ("declared", "votes", "agreement")


class Proof(NamedTuple):
    """One way in which a controller controls: a set of facts of which none can be left out."""

    limbs: tuple[Limb, ...]  # that its steps rest on, in the order of `LIMBS`
    chain: tuple[int, ...]  # subjects from the controller to the company, along the largest stakes
    rows: tuple[int, ...]  # rows of the snapshot, those at the company first


class _Step(NamedTuple):
    limb: Limb
    rows: list[int]
    behind: list[int]  # whose control the step needs; the first is the chain's


class Prover:
    """Proofs in one part of the register; `name` orders what is equal, by the ids of facts."""

    def __init__(self, stakes: Stakes, name: Callable[[int], str]) -> None:
        self._stakes = stakes
        self._name = name

    def of(self, x: int, y: int, reach: Command, *, upper: bool) -> list[Proof]:
        """Why x controls y: by votes of registered holders alone, where that is so; as declared,
        where it or a company under it is; else in whatever ways the last step can be made.

        `reach` is what x commands.
        """
        stakes = self._stakes
        mixed = y in stakes.declared or any(s.via for s in stakes.into.get(y, ()))
        if mixed:  # the last step may then be made by whoever is commanded without y's help
            reach = command(stakes, (x,), upper=upper, without=y)
            allowed = {z for z in reach.level if z != y}
        else:
            allowed = _below(reach, y)
        steps = self._steps(y, allowed, reach, upper=upper)
        proofs = [self._proof(x, y, step, reach, upper=upper) for step in steps]
        if not any(proof.limbs == ("votes",) for proof in proofs):
            by_votes = command(stakes, (x,), upper=upper, plain=True)
            if y in by_votes.level:
                below = _below(by_votes, y)
                step = self._steps(y, below, by_votes, upper=upper, plain=True)[0]
                pure = self._proof(x, y, step, by_votes, upper=upper, plain=True)
                declared = zip(steps, proofs, strict=True)
                return [pure, *(proof for step, proof in declared if step.limb == "declared")]
        return proofs

    def _proof(
        self, x: int, y: int, last: _Step, reach: Command, *, upper: bool, plain: bool = False
    ) -> Proof:
        if all(z == x for z in last.behind):
            return Proof((last.limb,), (x, y), tuple(last.rows))
        steps = {y: last}
        queue = [y]
        for w in queue:
            for z in steps[w].behind:
                if z not in steps and z != x:
                    below = _below(reach, z) - {y}  # y helps nobody towards itself
                    steps[z] = self._steps(z, below, reach, upper=upper, plain=plain)[0]
                    queue.append(z)
        chain = [y]
        while chain[-1] != x:
            chain.append(steps[chain[-1]].behind[0])
        limbs = {step.limb for step in steps.values()}
        rows = dict.fromkeys(row for w in queue for row in steps[w].rows)
        return Proof(tuple(b for b in LIMBS if b in limbs), tuple(reversed(chain)), tuple(rows))

    def _steps(
        self, y: int, allowed: set[int], reach: Command, *, upper: bool, plain: bool = False
    ) -> list[_Step]:
        """The last steps to y that those allowed can make: by votes, declared, by agreement."""
        found = []
        meets = any if upper else all
        held = [s for s in self._stakes.into.get(y, ()) if meets(u in allowed for u in s.claims)]
        registered = [s for s in held if not s.via]
        chosen = self._enough(y, registered, upper=upper)
        if chosen:
            found.append(self._by_votes("votes", chosen, allowed))
        if plain:
            return found
        declared = [(u, row) for u, row in self._stakes.declared.get(y, ()) if u in allowed]
        if declared:
            u, row = min(declared, key=lambda d: (reach.level[d[0]], self._name(d[1])))
            found.append(_Step("declared", [row], [u]))
        if not chosen and len(held) > len(registered):
            chosen = self._enough(y, held, upper=upper)
            if chosen:
                found.append(self._by_votes("agreement", chosen, allowed))
        return found

    def _by_votes(self, limb: Limb, chosen: list[Stake], allowed: set[int]) -> _Step:
        rows = [row for s in chosen for row in (s.row, *s.via)]
        behind = [u for s in chosen for u in s.claims if u in allowed]
        return _Step(limb, rows, behind)

    def _enough(self, y: int, held: list[Stake], *, upper: bool) -> list[Stake]:
        """The fewest of these holdings that are over half, the larger first; [] where none are."""
        sure = self._stakes.sure.get(y, 0)

        def over(some: Sequence[Stake]) -> bool:
            low: Units = sum(s.low for s in some)
            votes = capped(low, sum(s.high for s in some), sure) if upper else low
            return 2 * votes > SHARE_UNIT

        if not over(held):
            return []
        if len(held) > 1:
            held = sorted(held, key=lambda s: (-s.high, -s.low, self._name(s.row)))
        for count in range(1, len(held) + 1):
            if over(held[:count]):
                break
        chosen = held[:count]
        if upper:  # what the lower bounds add does not go by size
            for stake in reversed(chosen):
                if over(fewer := [s for s in chosen if s is not stake]):
                    chosen = fewer
        return chosen


def _below(reach: Command, y: int) -> set[int]:
    level = reach.level[y]
    return {z for z, at in reach.level.items() if at < level}


def smallest(rows: Sequence[int], proves: Callable[[Iterable[int]], bool]) -> list[int]:
    """A part of these rows that proves, and of which no row can be left out.

    All of them must prove, and more rows never prove less. The later rows are left out before the
    earlier. O(k log n) questions for k rows of n that stay (Junker 2004, QuickXplain, AAAI).
    """

    def explain(base: list[int], grown: bool, some: Sequence[int]) -> list[int]:
        if grown and proves(base):
            return []
        if len(some) == 1:
            return list(some)
        half = len(some) // 2
        first, second = some[:half], some[half:]
        kept = explain([*base, *first], bool(first), second)
        return explain([*base, *kept], bool(kept), first) + kept

    return explain([], True, rows) if rows else []
