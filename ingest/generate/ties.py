"""Ties outside offices: kin, guardians, guarantees."""

from __future__ import annotations

import numpy as np

from ingest.generate.days import PRESENT, YEAR, day
from ingest.generate.draws import span
from ingest.generate.entities import STEP, blocks, fathers
from ingest.generate.lines import Section, company_ids, party_ids, person_ids, role, states
from ingest.generate.world import BLOCK, CORE, World


def kin(world: World) -> Section:
    """Couples whose ages fit (role: what the first is to the second), then fathers and mothers."""
    number = 0
    for couple in blocks(world.adults // 2):
        man, woman = couple * 2, couple * 2 + 1
        gap = np.abs(world.born[man] - world.born[woman])
        fits = gap < 10 * YEAR
        man, woman = man[fits], woman[fits]
        grown = np.maximum(world.born[man], world.born[woman]).astype(np.int64)
        start = grown + int(22 * YEAR) + world.draws.below("wedding", man, int(12 * YEAR))
        past = start < PRESENT
        man, woman, start = man[past], woman[past], start[past]
        apart = world.draws.chance("divorce", man, 0.12) & (PRESENT - start > 800)
        days = (
            start
            + 400
            + world.draws.below("divorce.day", man, np.maximum(PRESENT - start - 500, 1))
        )
        lines = states(
            "kin",
            number,
            (person_ids(world, man), person_ids(world, woman)),
            (start, np.where(apart, days, 0)),
            role(("配偶",), np.zeros_like(man)),
        )
        number += len(lines)
        yield lines
    for low in range(world.adults, world.persons, STEP):
        child = span(low, min(world.persons, low + STEP))
        father = fathers(world, child)
        mother = world.draws.chance("mother", child, 0.5)
        parent = np.where(mother, np.minimum(father + 1, world.adults - 1), father)
        lines = states(
            "kin",
            number,
            (person_ids(world, parent), person_ids(world, child)),
            (world.born[child].astype(np.int64), np.zeros_like(child)),
            role(("父亲", "母亲"), (parent % 2).astype(np.int64)),
        )
        number += len(lines)
        yield lines


def guardians(world: World) -> Section:
    """One guardian of each minor, until the eighteenth birthday."""
    number = 0
    for low in range(world.adults, world.persons, STEP):
        child = span(low, min(world.persons, low + STEP))
        born = world.born[child].astype(np.int64)
        of_age = (
            born.astype("datetime64[D]").astype("datetime64[M]") + np.timedelta64(18 * 12, "M")
        ).astype("datetime64[D]")
        day_of = born.astype("datetime64[D]") - born.astype("datetime64[D]").astype(
            "datetime64[M]"
        ).astype("datetime64[D]")
        until = (of_age + day_of).astype(np.int64)
        lines = states(
            "guardian",
            number,
            (person_ids(world, fathers(world, child)), person_ids(world, child)),
            (born, until),
            role(("监护人",), np.zeros_like(child)),
        )
        number += len(lines)
        yield lines


def guarantees(world: World) -> Section:
    """Guarantees for loans of one to four years; many run among neighbours, back and forth."""
    number, draws = 0, world.draws
    for at in blocks(world.entities * 2 // 100):
        debtor = draws.below("debtor", at, world.companies) // BLOCK * BLOCK
        debtor = np.minimum(debtor, (world.blocks - 1) * BLOCK) + draws.below(
            "debtor.core", at, CORE
        )
        firm = draws.chance("guarantor.firm", at, 0.7)
        near = draws.chance("guarantor.near", at, 0.7)
        other = draws.below("guarantor", at, world.blocks) * BLOCK
        other = np.where(near, debtor // BLOCK * BLOCK, other)
        other += draws.below("guarantor.core", at, CORE)
        other = np.where(other == debtor, other + 1, other)
        who = np.where(firm, other, world.anyone("guarantor.person", at))
        own = ~firm & draws.chance("guarantor.own", at, 0.6)
        who[own] = world.principal(debtor[own])
        first = np.maximum(day(2012), world.founded[debtor]).astype(np.int64)
        first = np.maximum(first, np.where(firm, world.founded[np.where(firm, who, 0)], 0))
        first = np.maximum(
            first, np.where(firm, 0, world.born[np.where(firm, 0, who)] + int(18 * YEAR))
        )
        start = first + draws.below("guaranteed", at, np.maximum(PRESENT - first, 1))
        end = start + 365 * (1 + draws.below("guarantee.years", at, 4))
        amount = draws.tail("guarantee.amount", at, 20.0, 1.9, 50_000).tolist()
        lines = states(
            "guarantee",
            number,
            (party_ids(world, firm, who), company_ids(world, debtor)),
            (start, end),
            [f',"amount":"{money}0000.00"' for money in amount],
        )
        number += len(lines)
        yield lines
