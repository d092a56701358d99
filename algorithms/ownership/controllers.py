"""Actual controllers: who, in the end, can decide over a company (公司法 2023, art. 265)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil, floor
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from algorithms.ownership.command import (
    Bloc,
    Command,
    blocs,
    capped,
    circles_of_concert,
    command,
    votes_in,
)
from algorithms.ownership.proofs import LIMBS, Limb, Proof, Prover, smallest
from algorithms.ownership.stakes import Stakes, Units, above, within
from graph.model import SHARE_UNIT

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

Certainty = Literal["certain", "possible"]
LIMIT: Final = 20_000  # subjects met above a company before no further level is begun


class Controller(NamedTuple):
    """Somebody who controls a company and whom nobody controls in turn.

    Votes are those in the company of the controller and of all that it controls; for an agreement
    those of all parties to it; where the chain goes on below an agreement, those of the company
    that they control so. In units of 1e-15, rounded outwards
    where the two differ.
    """

    company: int
    node: int
    limbs: tuple[Limb, ...]  # of all proofs
    certainty: Certainty  # possible: only under some of the values that unknown shares may have
    votes_min: int
    votes_max: int
    proofs: tuple[Proof, ...]  # one for each limb that the last step may rest on
    state_organ: bool


class Controllers(NamedTuple):
    """The controllers of a company, those that are certain first, then by canonical id."""

    found: list[Controller]
    circle: tuple[int, ...]  # companies above it that control one another, with nobody above them
    cut: bool  # a bound left subjects unread: others may control


def controllers_of(snapshot: Snapshot, company: int, at: int, *, limit: int = LIMIT) -> Controllers:
    """The actual controllers of a company (a subject's representative) at an instant (µs).

    Every answer rests on the whole register above the company, as far as it can decide, at most
    about `limit` subjects. Linear in it for companies without loops above; a fixpoint for each
    subject that holds over half of something and is not controlled itself.
    """
    stakes = above(snapshot, company, at, limit)
    return Solver(snapshot, stakes).controllers(company)


class Solver:
    """Control in one part of the register; every fixpoint is found once."""

    def __init__(
        self,
        snapshot: Snapshot,
        stakes: Stakes,
        tick: Callable[[], None] = lambda: None,
        whole: Solver | None = None,
    ) -> None:
        """`tick` is called between fixpoints and may raise. `whole`: of the stakes of which these
        are a part; whether somebody decides alone is seen there."""
        self._snapshot = snapshot
        self._whole = self if whole is None else whole
        self.stakes = stakes
        self._name = snapshot.canonical
        self._prover = Prover(stakes, snapshot.fact_id)
        self._least: dict[int, Command] = {}
        self._most: dict[int, Command] = {}
        self._joint: dict[bool, dict[int, dict[int, Bloc]]] = {False: {}, True: {}}
        # By company: those who control it for certain, and those who may; where one of these is
        # itself controlled for certain, it may be missing, and who controls it is there.
        self._surely: dict[int, set[int]] = {}
        self._perhaps: dict[int, set[int]] = {}
        settled: set[int] = set()  # controlled for certain by somebody alone, who is looked at
        for x in _starts(stakes):
            if x not in settled:
                tick()
                self._alone(x)
                settled.update(y for y, level in self.least(x).level.items() if level)
        for parties in circles_of_concert(stakes):
            self._in_concert(parties)
        # What a bloc may control is looked at even where somebody controls it for certain.
        for y in {y for companies in self._joint[True].values() for y in companies} & settled:
            self._alone(y)

    @property
    def controlled(self) -> list[int]:
        """Companies that somebody may control."""
        return list(self._perhaps)

    # -- fixpoints --------------------------------------------------------------------------

    def least(self, x: int) -> Command:
        """What x commands for certain."""
        if (found := self._least.get(x)) is None:
            found = self._least[x] = command(self.stakes, (x,))
        return found

    def most(self, x: int) -> Command:
        """What x may command."""
        if (found := self._most.get(x)) is None:
            found = self.least(x)
            if not self.stakes.open.isdisjoint(found.low):
                found = command(self.stakes, (x,), upper=True)
            self._most[x] = found
        return found

    def _alone_by(self, *, upper: bool) -> Callable[[int], Command]:
        """What a party decides alone, asked the other way about."""
        return self._whole.least if upper else self._whole.most

    def _alone(self, x: int) -> None:
        for of, reaching in ((self._perhaps, self.most), (self._surely, self.least)):
            reach = reaching(x)
            under = [y for y, level in reach.level.items() if level]
            for y in under:
                of.setdefault(y, set()).add(x)
            # Where what is under x has a say in x, some of it may control x in turn.
            say = x in reach.low or x in self.stakes.declared
            if loop := {y for y in under if say and x in reaching(y).level}:
                of.setdefault(x, set()).update(loop)

    def _in_concert(self, parties: tuple[int, ...]) -> None:
        whole = self._whole
        sure = blocs(self.stakes, parties, lambda b: whole.most(b).level, upper=False)
        able = blocs(self.stakes, parties, lambda b: whole.least(b).level, upper=True)
        for upper, found, of in ((False, sure, self._surely), (True, able, self._perhaps)):
            self._joint[upper].update(found)
            for b, companies in found.items():
                for y in companies:
                    of.setdefault(y, set()).add(b)

    # -- who stands at the top --------------------------------------------------------------

    def controllers(self, y: int) -> Controllers:
        """The controllers of one company of this part."""
        above = self._perhaps.get(y, set())
        found = {
            x: self._by_itself(x, y)
            for x in above
            if x not in self._surely and y in self.most(x).level
        }
        if self._joint[True]:
            # Whoever is a party itself is so before it is one through a company of its own.
            for b in sorted(above, key=lambda u: (u in self._surely, self._name(u))):
                for x, led in self._led(b).items():
                    known = found.get(x)
                    if x == y or (known and known.certainty == "certain"):
                        continue
                    if known is None or self._surely_with(x, b, y):
                        found[x] = self._with_others((x, b, y), led)
        circle = () if found or y not in self._surely else self._circle(y)
        return Controllers(
            sorted(found.values(), key=lambda c: (c.certainty, self._name(c.node))),
            circle,
            self.stakes.cut,
        )

    def _circle(self, y: int) -> tuple[int, ...]:
        """Those above y who are above themselves."""
        surely = self._surely
        loop = [u for u in self._above(y) if any(u in self._above(x) for x in surely.get(u, ()))]
        return tuple(sorted(loop, key=self._name))

    def _above(self, b: int) -> list[int]:
        """b, those who control it for certain, and those who control these."""
        queue = [b]
        for u in queue:
            queue += [x for x in self._surely.get(u, ()) if x not in queue]
        return queue

    def _led(self, b: int) -> dict[int, Proof | None]:
        """Those above b whom nobody controls for certain, and why they control it; b itself where
        it is one of them. Where it is certain, by certain steps."""
        led: dict[int, Proof | None] = {b: None}
        for of in (self._surely, self._perhaps):
            queue = list(led)
            for u in queue:
                for x in sorted(of.get(u, ()), key=self._name):
                    if x not in led:
                        led[x] = _joined(self._link(x, u), led[u])
                        queue.append(x)
        return {x: proof for x, proof in led.items() if x not in self._surely}

    # -- proofs -----------------------------------------------------------------------------

    def _link(self, x: int, y: int) -> Proof:
        """Why x controls y, by itself or by an agreement of its own."""
        for reach, upper in ((self.least(x), False), (self.most(x), True)):
            if y in reach.level:
                return self._prover.of(x, y, reach, upper=upper)[0]
        return self._by_bloc(x, y)

    def _by_bloc(self, b: int, y: int) -> Proof:
        """Why b controls y by agreement: what is left of everything that says so."""
        upper = y not in self._joint[False][b]
        joint, other = self._joint[upper], self._alone_by(upper=upper)
        members = joint[b][y].members
        group: set[int] = set()
        for m in members:
            group.update(command(self.stakes, (m, *joint[m]), upper=upper).level)
        companies, rows = self._relevant(y, group)
        agreed = {row for m in members for o, row in self.stakes.concert[m] if o in members}
        rows += sorted(agreed, key=self._snapshot.fact_id)

        def proves(some: Iterable[int]) -> bool:
            part = within(self.stakes, some, companies, members)
            found = blocs(part, members, lambda m: other(m).level, upper=upper)
            return y in found[b]

        kept = smallest(rows, proves)
        part = within(self.stakes, kept, companies)
        limbs = {"agreement"}
        if part.declared:
            limbs.add("declared")
        chain = _path(part, b, y, self._name)
        return Proof(tuple(limb for limb in LIMBS if limb in limbs), chain, tuple(kept))

    def _shortened(self, proof: Proof) -> Proof:
        """A proof made of two, without what the one does not need beside the other."""
        x, y = proof.chain[0], proof.chain[-1]
        rep, columns = self._snapshot.nodes.rep, self._snapshot.columns
        ends = {int(rep[end]) for row in proof.rows for end in (columns.src[row], columns.dst[row])}
        upper = y not in self._joint[False].get(proof.chain[-2], ()) and (
            y not in self.least(proof.chain[-2]).level
        )
        other = self._alone_by(upper=upper)

        def proves(some: Iterable[int]) -> bool:
            part = within(self.stakes, some, ends, ends)
            joint = blocs(part, part.concert, lambda m: other(m).level, upper=upper)
            reached = [x]
            for u in reached:
                under = [*command(part, (u,), upper=upper).level, *joint.get(u, ())]
                reached += [v for v in under if v not in reached]
            return y in reached

        if not proves(proof.rows):  # some step is only possible, another only certain
            return proof
        kept = smallest(proof.rows, proves)
        part = within(self.stakes, kept, ends)
        limbs = tuple(limb for limb in proof.limbs if limb != "declared" or part.declared)
        return Proof(limbs, _path(part, x, y, self._name), tuple(kept))

    def _relevant(self, y: int, group: set[int]) -> tuple[list[int], list[int]]:
        """The companies through which a group has its say in y, and the relations that show it."""
        companies, rows = [y], []
        for w in companies:
            held = [s for s in self.stakes.into.get(w, ()) if not group.isdisjoint(s.claims)]
            held.sort(key=lambda s: (-s.high, -s.low, self._snapshot.fact_id(s.row)))
            by = [(u, row) for u, row in self.stakes.declared.get(w, ()) if u in group]
            rows += [row for s in held for row in (s.row, *s.via)]
            rows += sorted((row for _, row in by), key=self._snapshot.fact_id)
            behind = [u for s in held for u in s.claims] + [u for u, _ in by]
            companies += [u for u in dict.fromkeys(behind) if u in group and u not in companies]
        return companies, list(dict.fromkeys(rows))

    # -- answers ----------------------------------------------------------------------------

    def _by_itself(self, x: int, y: int) -> Controller:
        sure = y in self.least(x).level
        proofs = self._prover.of(x, y, self.least(x) if sure else self.most(x), upper=not sure)
        sure = sure and x not in self._perhaps
        return self._controller((x, y), proofs, self._votes(x, y), sure=sure)

    def _with_others(self, who: tuple[int, int, int], led: Proof | None) -> Controller:
        """x controls y by an agreement: b controls y, and x is b or controls it (`led`)."""
        x, b, y = who
        able = self._joint[True].get(b, {}).get(y)
        sure = able and self._joint[False][b].get(y)
        proof = self._link(b, y)
        if led:
            proof = self._shortened(_joined(led, proof))
        if able is None:
            votes = self._votes(b, y)
        elif sure:
            votes = sure.votes, able.votes
        else:
            group = {z for m in able.members for z in self.least(m).level}
            votes = votes_in(self.stakes, y, group, upper=False), able.votes
        return self._controller((x, y), [proof], votes, sure=self._surely_with(x, b, y))

    def _surely_with(self, x: int, b: int, y: int) -> bool:
        """Whether b controls y for certain, and x, whom nobody may control, is b or controls it."""
        if x in self._perhaps or x not in self._above(b):
            return False
        return y in self._joint[False].get(b, ()) or y in self.least(b).level

    def _votes(self, x: int, y: int) -> tuple[Units, Units]:
        """The least and the most votes that x commands in y."""
        least, most = self.least(x), self.most(x)
        low: Units = least.low.get(y, 0)
        if most is least or y not in most.high:
            return low, low
        return low, capped(most.low[y], most.high[y], self.stakes.sure[y])

    def _controller(
        self,
        pair: tuple[int, int],
        proofs: list[Proof],
        votes: tuple[Units, Units],
        *,
        sure: bool,
    ) -> Controller:
        limbs = {limb for proof in proofs for limb in proof.limbs}
        low, high = votes
        return Controller(
            pair[1],
            pair[0],
            tuple(limb for limb in LIMBS if limb in limbs),
            "certain" if sure and not self.stakes.cut else "possible",
            *((round(low),) * 2 if low == high else (floor(low), ceil(high))),
            tuple(proofs),
            self._snapshot.state_organ(pair[0]),
        )


def _starts(stakes: Stakes) -> list[int]:
    """Those who may control something by themselves; first those whom nobody can control.

    Of a company's part the farthest first: whoever is found to be controlled needs no fixpoint.
    """
    nodes = stakes.nodes[::-1] or [*stakes.out, *(stakes.declares.keys() - stakes.out.keys())]
    starts = [u for u in nodes if _may_start(stakes, u)]
    starts.sort(key=lambda u: u in stakes.into or u in stakes.declared)
    return starts


def _may_start(stakes: Stakes, u: int) -> bool:
    if u in stakes.declares:
        return True
    held: dict[int, Units] = {}
    for stake in stakes.out.get(u, ()):
        total = held[stake.owned] = held.get(stake.owned, 0) + stake.high
        if 2 * total > SHARE_UNIT:
            return True
    return False


def _joined(upper: Proof, lower: Proof | None) -> Proof:
    """One proof out of two: x controls b, b controls y."""
    if lower is None:
        return upper
    return Proof(
        tuple(limb for limb in LIMBS if limb in upper.limbs or limb in lower.limbs),
        (*upper.chain, *lower.chain[1:]),
        tuple(dict.fromkeys((*lower.rows, *upper.rows))),
    )


def _path(part: Stakes, b: int, y: int, name: Callable[[int], str]) -> tuple[int, ...]:
    """The shortest chain of holdings and declared control from b to y."""
    before = {b: b}
    queue = [b]
    for u in queue:
        heads = {s.owned for s in part.out.get(u, ())} | {v for v, _ in part.declares.get(u, ())}
        for v in sorted(heads - before.keys(), key=name):
            before[v] = u
            queue.append(v)
    chain = [y]
    while chain[-1] != b:
        chain.append(before[chain[-1]])
    return tuple(reversed(chain))
