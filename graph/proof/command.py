"""Who commands a company, counted anew in rationals: the checker's own reading of control."""

from __future__ import annotations

from collections.abc import Iterable, Set
from fractions import Fraction
from typing import Final

from graph.proof.base import Base, Relation

HALF: Final = Fraction(1, 2)
NONE: Final = Fraction(0)
WHOLE: Final = 1 + Fraction(1, 10**9)  # a register may sum past 1 by rounding
VOTES, DECLARED, AGREEMENT = "votes", "declared", "agreement"


class Command:
    """Questions of control on a base of facts, at one instant."""

    def __init__(
        self, base: Base, at: int, *, through: bool = False, barred: Set[str] = frozenset()
    ) -> None:
        """With `through`, what a nominee holds counts for whom it holds; else for nobody. Those
        who are `barred` have and decide nothing."""
        self._base = base
        self._at = at
        self._through = through
        self._barred = barred
        self._joined: dict[bool, dict[str, set[str]]] = {}

    def holdings(self, company: str) -> list[tuple[frozenset[str], Relation]]:
        """Holdings of a company that stand, each with those whose votes it may be."""
        return [
            (self._claims(relation.a), relation)
            for relation in self._base.into[company]
            if relation.kind == "shareholder" and self._base.holds(relation, self._at)
        ]

    def _claims(self, holder: str) -> frozenset[str]:
        """For whom a subject holds: itself, or where it is a nominee, the last it holds for."""
        last, seen, todo = set(), {holder}, [holder]
        while todo:
            one = todo.pop()
            ahead = [r.b for r in self._standing(one, "nominee", out=True) if r.b != one]
            if not ahead:
                last.add(one)
            fresh = [each for each in ahead if each not in seen]
            seen.update(fresh)
            todo += fresh
        plain = last == {holder}
        if not self._barred.isdisjoint(last | {holder}) or not (plain or self._through):
            return frozenset({""})  # nobody's
        return frozenset(last or {holder})  # in a circle of nominees it stays where it stands

    def _standing(self, subject: str, kind: str, *, out: bool) -> list[Relation]:
        listed = self._base.out[subject] if out else self._base.into[subject]
        return [r for r in listed if r.kind == kind and self._base.holds(r, self._at)]

    def _below(self, group: Iterable[str]) -> set[str]:
        """Companies in which a group, or a nominee, has something."""
        found = set()
        for one in group:
            for relation in self._base.out[one]:
                if relation.kind in ("shareholder", "controller"):
                    found.add(relation.b)
            for nominee in self._nominees(one):
                found |= {r.b for r in self._base.out[nominee] if r.kind == "shareholder"}
        return found

    def _nominees(self, one: str) -> set[str]:
        seen, todo = {one}, [one]
        while todo:
            for relation in self._standing(todo.pop(), "nominee", out=False):
                if relation.a not in seen:
                    seen.add(relation.a)
                    todo.append(relation.a)
        return seen - {one}

    def commanded(self, starts: Iterable[str], *, declared: bool, most: bool = False) -> set[str]:
        """What some subjects command together, themselves among it.

        The least fixpoint of: over half of the votes of a company commands it, those that it and
        what it commands hold; and with `declared`, so does a declaration of control. With `most`,
        each holding may give the most that nobody knows it not to, and no company more than what
        the certain votes of all others leave. `voted` names a company that only votes command.
        """
        group, fresh = set(starts), set(starts)
        while fresh:
            met = self._below(fresh) - group - self._barred
            fresh = {each for each in met if self._decides(group, each, declared, most)}
            group |= fresh
        return group

    def _decides(self, group: set[str], company: str, declared: bool, most: bool) -> bool:
        if declared and any(
            relation.a in group for relation in self._standing(company, "controller", out=False)
        ):
            return True
        own, least, others, total = NONE, NONE, NONE, NONE
        for claims, relation in self.holdings(company):
            low, high = span(relation)
            total += low
            if claims <= group or (most and claims & group):
                own += high if most else low
                least += low
            elif not claims & group:
                others += low
        if total > WHOLE:  # it contradicts itself: nothing is certain, whatever others have
            return most and own > HALF
        return (max(least, min(own, 1 - others)) if most else own) > HALF

    def controlled(self, party: str, *, most: bool = False) -> set[str]:
        """What a party controls: alone, by agreement, and whatever is so controlled in turn; with
        `most`, what it may control."""
        joint = self._joint(most=most)
        group = self.commanded((party,), declared=True, most=most)
        todo = [each for each in group if each in joint] if joint else []
        while todo:
            for company in joint[todo.pop()] - group:
                fresh = self.commanded((company,), declared=True, most=most) - group
                group |= fresh
                todo += [each for each in fresh if each in joint]
        return group

    def _joint(self, *, most: bool) -> dict[str, set[str]]:
        """Of each party to an agreement, the companies that it controls by it.

        Of a company, two or more parties who each have votes in it, directly or through what they
        control, and whom agreements connect among themselves. None of them controls it alone: with
        a majority holder nobody else decides anything. They command over half of it together.
        """
        if (known := self._joined.get(most)) is not None:
            return known
        pairs = {
            frozenset((r.a, r.b))
            for r in self._base.agreed
            if r.a != r.b and self._base.holds(r, self._at)
        }
        found: dict[str, set[str]] = {each: set() for pair in pairs for each in pair}
        # Whether one decides alone is asked the other way about, and of all facts: what is certain
        # must hold always.
        found = {each: set() for each in found if each not in self._barred}
        pairs = {pair for pair in pairs if pair.isdisjoint(self._barred)}
        other = Command(self._base, self._at, through=True)
        alone = {b: other.commanded((b,), declared=True, most=not most) for b in found}
        grew = True
        while grew:
            grew = False
            reach = {
                b: self.commanded((b, *sorted(found[b])), declared=True, most=most) for b in found
            }
            for company in sorted({y for group in reach.values() for y in self._below(group)}):
                having = {b for b in found if b != company and self._has(reach[b], company, most)}
                for band in _bands(having, pairs):
                    group = set().union(*(reach[b] for b in band))
                    if any(company in alone[b] for b in band):
                        continue
                    if not self._decides(group, company, declared=False, most=most):
                        continue
                    grew |= any(company not in found[b] for b in band)
                    for b in band:
                        found[b].add(company)
        self._joined[most] = found
        return found

    def _has(self, group: set[str], company: str, most: bool) -> bool:
        """Whether a group has any votes in a company."""
        return any(
            span(relation)[most] > 0
            and (claims <= group or (most and not claims.isdisjoint(group)))
            for claims, relation in self.holdings(company)
        )

    def limbs(self, party: str, subject: str) -> list[str]:
        """By which limbs a party controls a company: votes, declaration, else agreement."""
        if party == subject:
            return []
        found = []
        if subject in self.commanded((party,), declared=False):
            found.append(VOTES)
        group = self.commanded((party,), declared=True)
        if subject in group and (not found or self._declares(group, subject)):
            found.append(DECLARED)
        if not found and subject in self.controlled(party):
            found.append(AGREEMENT)
        return found

    def _declares(self, group: set[str], subject: str) -> bool:
        return any(r.a in group for r in self._standing(subject, "controller", out=False))

    def may(self, party: str, subject: str) -> bool:
        """Whether shares that nobody knows could let a party, or its band, command a company."""
        if party == subject:
            return False
        return subject in self.controlled(party, most=True)

    def is_commanded(self, party: str, *, most: bool = False) -> bool:
        """Whether anybody commands a party, alone or in concert: then it is not the one at the top.
        With `most`, whether anybody may, by shares that nobody knows or that no register names."""
        above, todo = {party}, [party]
        while todo:
            one = todo.pop()
            met = {r.a for r in self._standing(one, "controller", out=False)}
            met |= {each for claims, _ in self.holdings(one) for each in claims if each}
            todo += sorted(met - above)
            above |= met
        if most and self.unnamed(party) > HALF:
            return True
        return any(party in self.controlled(each, most=most) for each in sorted(above - {party}))

    def unnamed(self, party: str) -> Fraction:
        """What of the votes in a company its register does not name, at most; 0 of whoever has no
        register: persons, and organs of the state. One that sums past 1 names nobody."""
        subject = self._base.subjects[party]
        if subject.kind != "company" or subject.organ:
            return NONE
        total = sum((span(relation)[0] for _, relation in self.holdings(party)), NONE)
        return 1 - total if total <= WHOLE else Fraction(1)


def _bands(members: set[str], pairs: set[frozenset[str]]) -> list[set[str]]:
    """Groups of two or more of these, connected among themselves."""
    bands: list[set[str]] = [{each} for each in sorted(members)]
    for pair in pairs:
        if pair <= members:
            met = [band for band in bands if band & pair]
            bands = [band for band in bands if not band & pair] + [set().union(*met)]
    return [band for band in bands if len(band) > 1]


def span(relation: Relation) -> tuple[Fraction, Fraction]:
    """The least and the most votes that a holding may give."""
    if (known := relation.ballot) is not None:
        return known, known
    return relation.least or NONE, Fraction(1) if relation.most is None else relation.most
