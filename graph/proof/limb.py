"""The limbs by which a party stands to a subject at an instant, read from a base of facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from graph.limbs import (
    AWAY,
    BESIDE,
    CONTROLLER,
    CONTROLLING,
    LEADING,
    RELATIVE,
    SHAREHOLDER,
    TOWARDS,
    limb_of_officer,
)
from graph.proof.base import Base, Relation
from graph.proof.command import HALF, NONE, Command


@dataclass(slots=True)
class Standing:
    """How a party stands to a subject: limbs, the limbs of its control, its direct share."""

    limbs: set[str] = field(default_factory=set)
    control: list[str] = field(default_factory=list)
    capital: Fraction = NONE
    votes: Fraction = NONE
    possible: bool = False  # it may control, by shares that nobody knows
    nominee: bool = False  # it controls, by what a nominee holds for it
    named: bool = False  # it controls, through a subject that may be several (`by_name`)
    unsure: set[str] = field(default_factory=set)  # limbs beside such a subject alone


def direct(base: Base, party: str, subject: str) -> Iterator[tuple[str, Relation]]:
    """Every relation between the two with the limb that it gives, in force or not."""
    for relation in base.into[subject]:
        if relation.a == party:
            if relation.kind == "officer":
                yield limb_of_officer(relation.role), relation
            elif relation.kind in TOWARDS:
                yield TOWARDS[relation.kind], relation
            elif relation.kind == "controller":
                yield CONTROLLER, relation
    for relation in base.out[subject]:
        if relation.b == party and relation.kind in AWAY:
            yield AWAY[relation.kind], relation


def standing(base: Base, party: str, subject: str, at: int) -> Standing:
    """How a party stands to a subject at an instant."""
    found = _own(base, party, subject, at)
    sure: set[str] = set()
    for relation in base.out[party] + base.into[party]:
        limb = BESIDE.get(relation.kind)
        if limb is None or not base.holds(relation, at):
            continue
        other = relation.b if relation.a == party else relation.a
        if other in (party, subject) or (limb != RELATIVE and relation.a != party):
            continue  # the ward, and the one who is held for, are neither
        if _own(base, other, subject, at).limbs & LEADING:
            found.limbs.add(limb)
            if not base.subjects[other].by_name:
                sure.add(limb)
    found.unsure = {limb for limb in BESIDE.values() if limb in found.limbs - sure}
    return found


def _own(base: Base, party: str, subject: str, at: int) -> Standing:
    """The limbs that a party has by itself, not through its relatives."""
    found = Standing()
    for limb, relation in direct(base, party, subject):
        if limb == CONTROLLER or not base.holds(relation, at):
            continue
        found.limbs.add(limb)
        if limb == SHAREHOLDER:
            found.capital += relation.share or NONE
            found.votes += relation.ballot or NONE
    if found.capital > HALF:
        found.limbs.add(CONTROLLING)
    plain, through = Command(base, at), Command(base, at, through=True)
    found.control = plain.limbs(party, subject)
    if not found.control:
        found.nominee = bool(through.limbs(party, subject))
        found.possible = not found.nominee and through.may(party, subject)
    if found.control or found.nominee or found.possible:
        if through.is_commanded(party):
            found.control, found.nominee, found.possible = [], False, False
        elif not found.possible and through.is_commanded(party, most=True):
            found.control, found.nominee, found.possible = [], False, True
    if found.control and not _apart(base, party, subject, at):
        found.control, found.named = [], True
    if found.control:
        found.limbs.add(CONTROLLER)
    return found


def _apart(base: Base, party: str, subject: str, at: int) -> bool:
    """Whether a party controls a subject without anybody between whom a name alone joins."""
    joined = {name for name, one in base.subjects.items() if one.by_name} - {party, subject}
    if not joined:
        return True
    return bool(Command(base, at, barred=joined).limbs(party, subject))
