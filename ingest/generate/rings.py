"""Planted rings: the truth that a detector is measured against.

Two patterns. A transfer cycle passes money through three to eight accounts and back to the first,
each hop later than the last and keeping at least 97 % of the amount. A shared-identifier ring is
four to nine companies with different people that are reached at one phone and sit at one address,
which nobody else uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ingest.generate.days import EVENTS, PRESENT, dates, moments
from ingest.generate.draws import Ints, span
from ingest.generate.lines import account_ids, address_ids, company_ids, phone_ids
from ingest.generate.world import LIMITED, LOOSE, World

SECONDS: Final = 86_400
PERIOD: Final = (PRESENT - EVENTS) * SECONDS


@dataclass
class Shared:
    """Companies (slots) at one phone and one address."""

    members: Ints
    phone: int
    address: int
    start: Ints
    facts: list[str] = field(default_factory=list)


@dataclass
class Cycle:
    """Accounts (slots) in the order of the money; hop k runs from account k to the next."""

    accounts: Ints
    cents: Ints
    seconds: Ints  # since the first day of events
    rows: list[int] = field(default_factory=list)


class Plan:
    """All rings of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shared = _shared(world)
        self.cycles = _cycles(world)
        self.hops: dict[int, tuple[Cycle, int]] = {}

    def links(self, via: str, prefix: str, number: int) -> tuple[Ints, Ints, Ints]:
        """Members, what they share and since when, for relations numbered after `number`."""
        for ring in self.shared:
            ring.facts += [f"{prefix}{number + k + 1}" for k in range(len(ring.members))]
            number += len(ring.members)
        return (
            np.concatenate([ring.members for ring in self.shared]),
            np.concatenate(
                [
                    np.full(len(ring.members), ring.phone if via == "phone" else ring.address)
                    for ring in self.shared
                ]
            ),
            np.concatenate([ring.start for ring in self.shared]),
        )

    def place(self, transfers: int) -> None:
        """Give every hop a row among the transfers, which run through time evenly."""
        for cycle in self.cycles:
            for hop, second in enumerate(cycle.seconds.tolist()):
                row = second * transfers // PERIOD
                while row in self.hops:
                    row = (row + 1) % transfers
                self.hops[row] = (cycle, hop)
                cycle.rows.append(row)

    def truth(self) -> dict[str, Any]:
        """What was planted, by the ids of the world's file."""
        world = self.world
        rings: list[dict[str, Any]] = []
        for cycle in self.cycles:
            when = moments(EVENTS + cycle.seconds // SECONDS, cycle.seconds % SECONDS)
            rings.append(
                {
                    "id": f"ring-{len(rings) + 1}",
                    "pattern": "transfer_cycle",
                    "members": account_ids(world, cycle.accounts),
                    "facts": [f"tr{row + 1}" for row in cycle.rows],
                    "amount": cents_text(int(cycle.cents.min())),
                    "begins": when[0],
                    "ends": when[-1],
                }
            )
        for ring in self.shared:
            rings.append(
                {
                    "id": f"ring-{len(rings) + 1}",
                    "pattern": "shared_identifiers",
                    "members": company_ids(world, ring.members),
                    "via": [
                        *phone_ids(world, np.array([ring.phone])),
                        *address_ids(world, np.array([ring.address])),
                    ],
                    "facts": ring.facts,
                    "begins": dates(ring.start.max(keepdims=True))[0],
                }
            )
        return {"seed": world.seed, "entities": world.entities, "rings": rings}


def cents_text(cents: int) -> str:
    """Decimal text of an amount."""
    return f"{cents // 100}.{cents % 100:02d}"


def _shared(world: World) -> list[Shared]:
    draws, count = world.draws, world.rings
    size = 4 + draws.below("shared.size", span(0, count), 6 if world.entities >= 5_000 else 3)
    candidates = draws.permuted(
        "shared.company", span(0, min(world.companies, count * 60)), world.companies
    )
    fit = (
        (world.form[candidates] == LIMITED)
        & (world.block_kind(candidates) == LOOSE)
        & (world.closed(candidates) == 0)
    )
    chosen = np.split(candidates[fit], np.cumsum(size))[:count]
    rings = []
    for k, members in enumerate(chosen):
        first = world.founded[members].astype(np.int64)
        wait = draws.below("shared.start", members, 60)
        rings.append(
            Shared(
                members,
                world.phones - 1 - k,
                world.addresses - 1 - k,
                np.minimum(first + wait, PRESENT - 1),
            )
        )
    return rings


def _cycles(world: World) -> list[Cycle]:
    draws, used = world.draws, 0
    cycles = []
    for k in range(world.rings):
        at = np.array([k])
        size = 3 + int(draws.below("cycle.size", at, 6)[0])
        hops = span(used, used + size)
        used += size
        cents = int(draws.tail("cycle.amount", at, 2_000_000.0, 1.8, 500_000_000)[0])
        amounts = []
        for lost in draws.below("cycle.kept", hops, 300).tolist():
            amounts.append(cents)
            cents -= cents * lost // 10_000
        begin = int(draws.below("cycle.begin", at, PERIOD * 9 // 10)[0])
        gaps = 600 + draws.below("cycle.gap", hops, 48 * 3_600)
        gaps[0] = 0
        cycles.append(
            Cycle(
                draws.permuted("cycle.account", hops, world.accounts),
                np.array(amounts, dtype=np.int64),
                begin + np.cumsum(gaps),
            )
        )
    return cycles
