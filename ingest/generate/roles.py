"""Roles in companies: who signs for them, sits on their boards, controls, employs, belongs."""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.generate.days import PRESENT, YEAR, day
from ingest.generate.draws import Flags, Ints, span
from ingest.generate.entities import blocks, parents
from ingest.generate.lines import Section, company_ids, person_ids, role, states
from ingest.generate.world import (
    BRANCH,
    INSTITUTION,
    LOOSE,
    PARTNERSHIP,
    SOLE,
    STOCK,
    World,
)

_AGE: Final = int(18 * YEAR)
_REPRESENTATIVE: Final = (
    "法定代表人",
    "法定代表人",
    "执行事务合伙人",
    "经营者",
    "负责人",
    "法定代表人",
    "会长",
    "负责人",
)


def grown(world: World, slots: Ints, persons: Ints) -> Ints:
    """The first day on which a person of age may act in a company."""
    start: Ints = np.maximum(world.founded[slots], world.born[persons] + _AGE)
    return start


def _split(world: World, stream: str, at: Ints, start: Ints, share: float) -> tuple[Flags, Ints]:
    """Which roles changed hands once, and the day of the change."""
    room = PRESENT - start
    changed = world.draws.chance(stream, at, share) & (room > 400)
    days = start + 150 + world.draws.below(f"{stream}.day", at, np.maximum(room - 200, 1))
    return changed, days


def representatives(world: World) -> Section:
    """One who signs for each company today, and for every fifth the one before."""
    number, draws = 0, world.draws
    for slots in blocks(world.companies):
        who = world.principal(slots)
        other = draws.chance("sign.other", slots, 0.15)
        who[other] = world.anyone("sign.who", slots[other])
        named = draws.chance("sign.nominee", slots, 0.03)
        who[named] = world.busy("sign.nominee.who", slots[named])
        start = grown(world, slots, who)
        changed, days = _split(world, "sign.changed", slots, start, 0.2)
        before = world.anyone("sign.before", slots)
        began = grown(world, slots, before)
        former = np.flatnonzero(changed & (began < days))
        start[former] = days[former]
        every = np.concatenate((slots, slots[former]))
        lines = states(
            "legal_representative",
            number,
            (person_ids(world, np.concatenate((who, before[former]))), company_ids(world, every)),
            (
                np.concatenate((start, began[former])),
                np.concatenate((np.zeros_like(slots), days[former])),
            ),
            role(_REPRESENTATIVE, world.form[every].astype(np.int64)),
        )
        number += len(lines)
        yield lines


_OFFICES: Final = ("监事", "经理", "执行董事", "董事", "财务负责人", "董事长", "独立董事")


def officers(world: World) -> Section:
    """Supervisors, managers, directors; a stock company has a board of five to nine."""
    number, draws = 0, world.draws
    for block in blocks(world.companies):
        form = world.form[block]
        slots = block[(form <= PARTNERSHIP) | (form == INSTITUTION)]
        count = np.array([0, 1, 1, 1, 1, 2, 2, 3])[draws.below("officers", slots, 8)]
        stock = world.form[slots] == STOCK
        count[stock] = 5 + draws.below("board", slots[stock], 5)
        which = np.repeat(span(0, len(slots)), count)
        rank = span(0, len(which)) - np.repeat(np.cumsum(count) - count, count)
        firms, at = slots[which], slots[which] * 64 + rank
        who = world.anyone("officer", at)
        own = (rank > 0) & draws.chance("officer.own", at, 0.35)
        who[own] = world.principal(firms[own])
        crowd = draws.chance("officer.busy", at, 0.08)
        who[crowd] = world.busy("officer.who", at[crowd])
        office = np.where(rank == 0, 0, 1 + draws.below("office", at, 6))
        start = grown(world, firms, who)
        changed, days = _split(world, "officer.left", at, start, 0.18)
        lines = states(
            "officer",
            number,
            (person_ids(world, who), company_ids(world, firms)),
            (start, np.where(changed, days, 0)),
            role(_OFFICES, office),
        )
        number += len(lines)
        yield lines


def controllers(world: World) -> Section:
    """Persons said to control a company in fact: heads of groups, and a few behind others."""
    number, draws = 0, world.draws
    bases = ("协议控制", "持股", "实际支配", "董事会多数席位")
    for block in blocks(world.companies):
        grouped = world.block_kind(block) != LOOSE
        named = np.where(
            grouped,
            draws.chance("controller.group", block, 0.1),
            draws.chance("controller", block, 0.01),
        )
        slots = block[named & (world.form[block] <= STOCK)]
        head = world.anyone("group.head", slots // 32)
        who = np.where(world.block_kind(slots) != LOOSE, head, world.anyone("control.who", slots))
        basis = draws.below("control.basis", slots, len(bases)).tolist()
        lines = states(
            "controller",
            number,
            (person_ids(world, who), company_ids(world, slots)),
            (grown(world, slots, who), np.zeros_like(slots)),
            [f',"basis":"{bases[k]}"' for k in basis],
        )
        number += len(lines)
        yield lines


def branches(world: World) -> Section:
    """Branches and the company each belongs to."""
    number = 0
    for block in blocks(world.companies):
        slots = block[world.form[block] == BRANCH]
        owner = parents(world, slots)
        lines = states(
            "branch",
            number,
            (company_ids(world, slots), company_ids(world, owner)),
            (
                np.maximum(world.founded[slots], world.founded[owner]).astype(np.int64),
                np.zeros_like(slots),
            ),
        )
        number += len(lines)
        yield lines


_JOBS: Final = ("职员", "职员", "会计", "出纳", "销售", "司机", "工程师", "法务", "采购")


def employments(world: World) -> Section:
    """Who works for whom; a quarter have left."""
    number, draws = 0, world.draws
    for at in blocks(world.entities * 4 // 100):
        firms = draws.below("employer", at, world.companies)
        sole = world.form[firms] == SOLE
        firms[sole] = parents(world, firms[sole])
        who = world.anyone("employee", at)
        first = np.maximum(grown(world, firms, who), day(2005))
        start = first + draws.below("employed", at, np.maximum(PRESENT - first, 1)) * 3 // 4
        left, days = _split(world, "left", at, start, 0.3)
        lines = states(
            "employs",
            number,
            (company_ids(world, firms), person_ids(world, who)),
            (start, np.where(left, days, 0)),
            role(_JOBS, draws.below("job", at, len(_JOBS))),
        )
        number += len(lines)
        yield lines
