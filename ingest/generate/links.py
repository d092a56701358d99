"""Leads: accounts, phones, devices and addresses, with who holds or uses them."""

from __future__ import annotations

import numpy as np

from ingest.generate.days import PRESENT, YEAR, day
from ingest.generate.draws import Ints
from ingest.generate.entities import account_type, blocks
from ingest.generate.lines import (
    Section,
    account_ids,
    address_ids,
    company_ids,
    device_ids,
    party_ids,
    person_ids,
    phone_ids,
    states,
)
from ingest.generate.rings import Plan
from ingest.generate.world import World


def held_accounts(world: World) -> Section:
    """The holder of each account: companies hold corporate ones; a few persons lend many cards."""
    draws = world.draws
    for at in blocks(world.accounts):
        number = world.account_number[at].astype(np.int64)
        firm = account_type(draws, number) == 1
        who = world.anyone("cardholder", at)
        lent = draws.chance("cardholder.busy", at, 0.04)
        who[lent] = world.busy("cardholder.who", at[lent])
        who[firm] = draws.below("account.company", at[firm], world.companies)
        opened = day(2006) + draws.below("opened", at, day(2021) - day(2006))
        able = np.where(
            firm,
            world.founded[np.where(firm, who, 0)] + 10,
            world.born[np.where(firm, 0, who)] + int(16 * YEAR),
        )
        yield states(
            "holds_account",
            int(at[0]),
            (party_ids(world, firm, who), account_ids(world, at)),
            (np.maximum(opened, able), np.zeros_like(at)),
        )


def phone_users(world: World, plan: Plan) -> Section:
    """One user of each phone, more of some (bookkeepers serve hundreds), then planted rings."""
    draws, usual = world.draws, world.phones - world.rings  # the last phones are kept for rings
    extra = world.phones * 35 // 100
    for at in blocks(usual + extra):
        phone = at.copy()
        more = np.flatnonzero(at >= usual)
        phone[more] = draws.below("phone.more", at[more], usual)
        hub = more[draws.chance("phone.busy", at[more], 0.5)]
        phone[hub] = draws.head("phone.hub", at[hub], usual, 3)
        firm = draws.chance("phone.firm", at, 0.3)
        firm[more] = draws.chance("phone.more.firm", at[more], 0.7)
        who = np.where(
            firm, draws.below("phone.company", at, world.companies), world.anyone("phone.user", at)
        )
        first = np.where(
            firm,
            world.founded[np.where(firm, who, 0)],
            world.born[np.where(firm, 0, who)] + int(14 * YEAR),
        )
        start, end = _period(world, "phone", at, np.maximum(first, day(2008)))
        yield states(
            "uses_phone",
            int(at[0]),
            (party_ids(world, firm, who), phone_ids(world, phone)),
            (start, end),
        )
    yield _ring_phones(world, usual + extra, plan)


def _period(world: World, stream: str, at: Ints, first: Ints) -> tuple[Ints, Ints]:
    start = first + world.draws.below(f"{stream}.start", at, np.maximum(PRESENT - first, 1)) // 2
    over = world.draws.chance(f"{stream}.over", at, 0.2) & (PRESENT - start > 200)
    end = start + 100 + world.draws.below(f"{stream}.end", at, np.maximum(PRESENT - start, 1))
    return start, np.where(over, end, 0)


def _ring_phones(world: World, number: int, plan: Plan) -> list[str]:
    members, phone, start = plan.links("phone", "up", number)
    return states(
        "uses_phone",
        number,
        (company_ids(world, members), phone_ids(world, phone)),
        (start, np.zeros_like(start)),
    )


def _ring_addresses(world: World, number: int, plan: Plan) -> list[str]:
    members, address, start = plan.links("address", "la", number)
    return states(
        "located_at",
        number,
        (company_ids(world, members), address_ids(world, address)),
        (start, np.zeros_like(start)),
    )


def device_users(world: World) -> Section:
    """Persons and accounts on devices: three to a device, some shared by many."""
    draws, number = world.draws, 0
    for at in blocks(world.devices * 3):
        device = at % world.devices
        shared = draws.chance("device.busy", at, 0.15)
        device[shared] = draws.head("device.hub", at[shared], world.devices, 2)
        who = world.anyone("device.user", at)
        first = np.maximum(world.born[who] + int(14 * YEAR), day(2016)).astype(np.int64)
        start, end = _period(world, "device", at, first)
        users = person_ids(world, who)
        used = account_ids(world, draws.below("device.used", at, world.accounts))
        for k in np.flatnonzero(draws.chance("device.account", at, 0.4)).tolist():
            users[k] = used[k]
        yield states("uses_device", number, (users, device_ids(world, device)), (start, end))
        number += len(at)


def locations(world: World, plan: Plan) -> Section:
    """Where six in ten companies are registered, where some persons live, then planted rings."""
    draws, number = world.draws, 0
    for block in blocks(world.companies):
        slots = block[draws.chance("located", block, 0.6)]
        start = world.founded[slots].astype(np.int64)
        yield states(
            "located_at",
            number,
            (company_ids(world, slots), address_ids(world, world.home(slots))),
            (start, np.zeros_like(slots)),
        )
        number += len(slots)
    for at in blocks(world.entities * 5 // 100):
        who = world.anyone("resident", at)
        where = draws.below("residence", at, world.addresses - world.rings)
        start, end = _period(world, "residence", at, np.full(len(at), day(2005)))
        start = np.maximum(start, world.born[who])
        yield states(
            "located_at",
            number,
            (person_ids(world, who), address_ids(world, where)),
            (start, np.where(end > start, end, 0)),
        )
        number += len(at)
    yield _ring_addresses(world, number, plan)
