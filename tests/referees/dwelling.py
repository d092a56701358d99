"""How long money stays in an account, one cent after the other."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple


class Move(NamedTuple):
    """Money into an account (from `other`) or out of it: when (days) and how many cents."""

    into: bool
    other: str
    time: float
    cents: int


class Stay(NamedTuple):
    """Cents in, out and passed on, passed on within `soon` days, and the average stay in days."""

    into: int
    out: int
    passed: int
    soon: int
    days: Fraction


def stay(moves: list[Move], soon: float) -> Stay | None:
    """First in, first out; None where nothing that came in went out."""
    queue: list[float] = []  # when each cent that is still there came in
    stays: list[Fraction] = []
    for move in sorted(moves, key=lambda move: (move.time, not move.into)):
        if move.into:
            queue += [move.time] * move.cents
        else:
            taken, queue = queue[: move.cents], queue[move.cents :]
            stays += [Fraction(move.time) - Fraction(came) for came in taken]
    if not stays:
        return None
    return Stay(
        sum(move.cents for move in moves if move.into),
        sum(move.cents for move in moves if not move.into),
        len(stays),
        sum(days <= soon for days in stays),
        sum(stays, Fraction(0)) / len(stays),
    )
