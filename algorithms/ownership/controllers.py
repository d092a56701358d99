"""Actual controllers: who, in the end, can decide over a company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

Limb = Literal["declared", "votes", "agreement"]
Certainty = Literal["certain", "possible"]
LIMIT: Final = 20_000  # subjects met above a company before no further level is begun


class Proof(NamedTuple):
    """One way in which a controller controls: a set of facts of which none can be left out."""

    limbs: tuple[Limb, ...]  # that its steps rest on, in the order of `Limb`
    chain: tuple[int, ...]  # subjects from the controller to the company, along the largest stakes
    rows: tuple[int, ...]  # rows of the snapshot


class Controller(NamedTuple):
    """Somebody who controls a company and whom nobody controls in turn.

    Votes are those in the company of the controller and of all that it controls, for an agreement
    those of all parties to it; in units of 1e-15, rounded outwards.
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
    circle: tuple[int, ...]  # companies that control one another, and nobody above them
    cut: bool  # a bound left subjects unread: others may control


def controllers_of(
    snapshot: Snapshot, company: int, at: int, *, limit: int = LIMIT
) -> Controllers:
    """The actual controllers of a company (a subject's representative) at an instant (µs)."""
    raise NotImplementedError
