"""A linked world in which schemes hide: a believable economy, schemes, and innocent look-alikes.

The order of making: what is planted is made first, each piece by a planter of its own with new
companies, people and accounts beside ordinary ones; then everybody's ordinary life is drawn over
all of them, by what each is; then rows are sorted by time and numbered by a shuffle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.errors import WrongUsage
from ingest.generate.days import dates
from ingest.generate.draws import Draws
from ingest.generate.lines import Section
from ingest.generate.schemes import write
from ingest.generate.schemes.book import COLUMNS, STATES, Book, Planted
from ingest.generate.schemes.dice import Dice
from ingest.generate.schemes.level import LEVELS, Difficulty
from ingest.generate.schemes.living import MOST_STAFF, spending, talk, wages
from ingest.generate.schemes.occasions import occasions
from ingest.generate.schemes.plant import PLANTERS
from ingest.generate.schemes.relations import ties
from ingest.generate.schemes.site import Site
from ingest.generate.schemes.town import BEGIN, Census, Plan, Town
from ingest.generate.schemes.trade import business


@dataclass
class Schemes:
    """A world with schemes, made and ready to be written."""

    seed: int
    difficulty: Difficulty
    town: Town
    census: Census
    book: Book
    planted: list[Planted]
    _truth: list[dict[str, Any]] = field(default_factory=list)

    @property
    def facts(self) -> int:
        """How many lines will be written."""
        return self.town.entities + sum(sheet.count for sheet in self.book.sheets.values())

    def sections(self) -> Iterator[tuple[str, Section]]:
        """Every kind with its lines: entities, states, events in the order of time."""
        yield from write.entities(self.town, self.census)
        ids = write.Ids(self.town, self.book)
        columns = {kind: self.book.columns(kind) for kind in (*COLUMNS, *STATES)}
        self._truth = write.truth(self.book, ids, columns, self.planted, self.difficulty)
        yield from write.facts(self.book, ids, columns)

    def truth(self) -> dict[str, Any]:
        """What was planted, by the ids of the file, once it was written."""
        begin = dates(np.array([BEGIN]))[0]
        return {
            "seed": self.seed, "entities": self.town.entities, "begins": begin, "rings": [],
            "schemes": self._truth,
        }  # fmt: skip


def instances_for(entities: int) -> int:
    """How many instances of each pattern and each look-alike a world of a size has."""
    return max(1, entities // 2_000)


def make(entities: int, seed: int, difficulty: Difficulty, instances: int | None = None) -> Schemes:
    """Plan and make a world; raises WrongUsage for an unknown difficulty or too many instances."""
    if difficulty not in LEVELS:
        raise WrongUsage(f"difficulty: one of {', '.join(LEVELS)}, not {difficulty}")
    count = instances_for(entities) if instances is None else instances
    if count < 1 or count > max(1, entities // 700):
        raise WrongUsage(f"instances: from 1 to {max(1, entities // 700)}, not {count}")
    draws = Draws(seed)
    town = Town(draws, Plan.of(entities, count))
    book = Book(town)
    planted: list[Planted] = []
    for planter in PLANTERS:
        dice = Dice(draws, f"{difficulty}.{planter.__name__}")
        site = Site(town, book, dice, LEVELS[difficulty])
        for _ in range(count):
            planter(site)
        planted += site.planted
    occasions(Site(town, book, Dice(draws, "occasions"), LEVELS["normal"]), max(20, entities // 60))
    _fill(town, entities)
    census = Census(town)
    ties(town, census, book)
    business(town, census, book)
    wages(town, census, book)
    spending(town, census, book)
    talk(town, book)
    return Schemes(seed, difficulty, town, census, book, planted)


def _fill(town: Town, entities: int) -> None:
    """People for all who pay wages, then people of whom no more is known, up to the size asked."""
    vacancies = int(town.plain.active.sum()) + sum(min(f.staff, MOST_STAFF) for f in town.firms)
    working = town.plan.cardholders + sum(town.person_life)
    for _ in range(working, vacancies * 100 // 80):
        town.person(life=True)
    for _ in range(town.entities, entities):
        town.person(card=False)


__all__ = ["PLANTERS", "Schemes", "instances_for", "make"]
