"""Ids of what a relation joins, and the lines of states (relations that hold over an interval)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Final

import numpy as np

from ingest.generate.days import dates, ends
from ingest.generate.draws import Flags, Ints
from ingest.generate.world import World

Section = Iterator[list[str]]

PREFIX: Final = {  # of the ids of states
    "legal_representative": "lr",
    "officer": "of",
    "controller": "ct",
    "branch": "br",
    "employs": "em",
    "kin": "ki",
    "guardian": "gd",
    "guarantee": "gu",
    "holds_account": "ha",
    "uses_phone": "up",
    "uses_device": "ud",
    "located_at": "la",
}


def company_ids(world: World, slots: Ints) -> list[str]:
    """Ids of the companies in slots."""
    return [f"c{n}" for n in (world.company_number[slots] + 1).tolist()]


def person_ids(world: World, slots: Ints) -> list[str]:
    """Ids of the persons in slots."""
    return [f"p{n}" for n in (world.person_number[slots] + 1).tolist()]


def account_ids(world: World, slots: Ints) -> list[str]:
    """Ids of the accounts in slots."""
    return [f"a{n}" for n in (world.account_number[slots] + 1).tolist()]


def phone_ids(world: World, slots: Ints) -> list[str]:
    """Ids of the phones in slots."""
    return [f"ph{n}" for n in (world.phone_number[slots] + 1).tolist()]


def address_ids(world: World, slots: Ints) -> list[str]:
    """Ids of the addresses in slots."""
    return [f"ad{n}" for n in (world.address_number[slots] + 1).tolist()]


def device_ids(world: World, slots: Ints) -> list[str]:
    """Ids of the devices in slots."""
    numbers = world.draws.permuted("number.device", slots, world.devices)
    return [f"d{n}" for n in (numbers + 1).tolist()]


def party_ids(world: World, firm: Flags, slots: Ints) -> list[str]:
    """Ids of companies where `firm`, else of persons."""
    number = np.empty(len(slots), dtype=np.int64)
    number[firm] = world.company_number[slots[firm]]
    number[~firm] = world.person_number[slots[~firm]]
    return [
        ("p", "c")[f] + str(n) for f, n in zip(firm.tolist(), (number + 1).tolist(), strict=True)
    ]


def states(
    kind: str,
    number: int,
    joins: tuple[Sequence[str], Sequence[str]],
    days: tuple[Ints, Ints],
    more: Sequence[str] | None = None,
) -> list[str]:
    """Lines of one kind of state, numbered after `number`.

    `joins` are the ids of sources and targets, `days` the first and the last (0: open); `more`
    are members with their comma.
    """
    head = f'{{"kind":"{kind}","id":"{PREFIX[kind]}'
    rest = more if more is not None else repeat("", len(joins[0]))
    return [
        f'{head}{n}","from":"{a}","to":"{b}"{m},"valid_from":"{s}"{e}}}'
        for n, (a, b, m, s, e) in enumerate(
            zip(*joins, rest, dates(days[0]), ends(days[1]), strict=True), number + 1
        )
    ]


def role(names: Sequence[str], which: Ints) -> list[str]:
    """The member `role`."""
    texts = [f',"role":"{name}"' for name in names]
    return [texts[k] for k in which.tolist()]
