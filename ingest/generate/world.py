"""The plan of a world: how many of each kind, and what every place in it is.

Things are planned by *slot* and published by *number*: slots that stand side by side belong
together (a group of companies, a couple), while numbers (c17, p123) are shuffled, so that nothing
can be read from an id. The arrays here cost about ten bytes an entity; all else is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.errors import WrongUsage
from ingest.generate.days import EVENTS, PRESENT, YEAR, day
from ingest.generate.draws import Draws, Flags, Ints, span, weighted

Small = npt.NDArray[np.int32]

SMALLEST: Final = 1_000
LARGEST: Final = 20_000_000
BLOCK: Final = 32  # companies that are planned together
CORE: Final = 6  # the first of a block are companies that may hold others and still exist

# What a block of companies is.
LOOSE, PYRAMID, CHAIN, CROSS, WEB = range(5)
# What a company is.
LIMITED, STOCK, PARTNERSHIP, SOLE, BRANCH, INSTITUTION, SOCIAL, ORGAN = range(8)
FORMS: Final = (
    "有限责任公司",
    "股份有限公司",
    "有限合伙企业",
    "个体工商户",
    "分公司",
    "事业单位",
    "社会团体",
    "机关法人",
)
_FORM: Final = weighted([61, 1, 5, 23, 8, 1, 1])
_BLOCKS: Final = weighted([88, 6, 4, 2])
_ORGANS: Final = 64  # every so many blocks there is a state organ, from block 3 on
_ADULT_BORN: Final = (day(1942), day(2006))
_MINOR_BORN: Final = (day(2008, 8), day(2025, 6))
ADULT_YEARS: Final = 18


@dataclass(frozen=True)
class World:
    """Sizes and random streams of one world."""

    seed: int
    companies: int
    persons: int
    accounts: int
    phones: int
    addresses: int
    devices: int
    relations: int

    @classmethod
    def plan(cls, entities: int, seed: int, relations_per_entity: float) -> World:
        """The sizes of a world; raises WrongUsage outside the bounds."""
        if not SMALLEST <= entities <= LARGEST:
            raise WrongUsage(f"entities: from {SMALLEST} to {LARGEST}, not {entities}")
        if not 2.5 <= relations_per_entity <= 50.0:
            raise WrongUsage(f"relations per entity: from 2.5 to 50, not {relations_per_entity}")
        if not 0 <= seed < 2**63:
            raise WrongUsage("seed: a number that is not negative")
        companies, accounts = entities * 25 // 100, entities * 25 // 100
        phones, addresses = entities * 12 // 100, entities * 2 // 100
        devices = entities // 100
        persons = entities - companies - accounts - phones - addresses - devices
        return cls(
            seed,
            companies,
            persons,
            accounts,
            phones,
            addresses,
            devices,
            round(entities * relations_per_entity),
        )

    @property
    def entities(self) -> int:
        """How many entities there are."""
        return (
            self.companies
            + self.persons
            + self.accounts
            + self.phones
            + self.addresses
            + self.devices
        )

    @property
    def rings(self) -> int:
        """How many rings of each kind are planted."""
        return min(200, max(3, self.entities // 20_000))

    @cached_property
    def draws(self) -> Draws:
        """The random streams."""
        return Draws(self.seed)

    # Numbers: slot -> number from 0; the id is one more.

    def _shuffle(self, name: str, size: int) -> Small:
        numbers = np.empty(size, dtype=np.int32)
        for low in range(0, size, 1 << 16):
            part = span(low, min(size, low + (1 << 16)))
            numbers[part] = self.draws.permuted(f"number.{name}", part, size)
        return numbers

    @cached_property
    def company_number(self) -> Small:
        """Number of the company in a slot."""
        return self._shuffle("company", self.companies)

    @cached_property
    def person_number(self) -> Small:
        """Number of the person in a slot."""
        return self._shuffle("person", self.persons)

    @cached_property
    def account_number(self) -> Small:
        """Number of the account in a slot."""
        return self._shuffle("account", self.accounts)

    @cached_property
    def phone_number(self) -> Small:
        """Number of the phone in a slot."""
        return self._shuffle("phone", self.phones)

    @cached_property
    def address_number(self) -> Small:
        """Number of the address in a slot."""
        return self._shuffle("address", self.addresses)

    # Persons: adults first, minors after them.

    @property
    def adults(self) -> int:
        """Slots below this are adults; men stand at even slots, couples side by side."""
        return self.persons * 92 // 100

    @cached_property
    def born(self) -> Small:
        """Birthday of the person in a slot, as a day."""
        days = np.empty(self.persons, dtype=np.int32)
        for low in range(0, self.persons, 1 << 16):
            slots = span(low, min(self.persons, low + (1 << 16)))
            days[slots] = birthdays(self.draws, slots, self.adults)[0]
        return days

    def anyone(self, stream: str, at: Ints) -> Ints:
        """Adults drawn evenly."""
        return self.draws.below(stream, at, self.adults)

    def busy(self, stream: str, at: Ints) -> Ints:
        """Adults drawn by a power law: nominees and agents who stand behind hundreds of firms."""
        unit = self.draws.unit(stream, at)
        return (unit * unit * np.sqrt(unit) * self.adults).astype(np.int64)

    # Companies.

    @property
    def blocks(self) -> int:
        """Number of whole blocks of companies."""
        return self.companies // BLOCK

    @cached_property
    def web(self) -> tuple[int, int]:
        """The slots of the one large web of cross-holdings."""
        if self.blocks < 64:
            return 6 * BLOCK, 6 * BLOCK + 12
        stop = self.blocks * BLOCK
        return stop - min(256, self.companies // 1_000 // BLOCK * BLOCK + BLOCK), stop

    @cached_property
    def _block_kinds(self) -> npt.NDArray[np.uint8]:
        count = (self.companies + BLOCK - 1) // BLOCK
        kinds = self.draws.choose("block", span(0, count), _BLOCKS).astype(np.uint8)
        kinds[0:2] = LOOSE
        kinds[3 : self.blocks : _ORGANS] = LOOSE
        kinds[self.blocks :] = LOOSE
        kinds[2], kinds[4], kinds[5] = CROSS, CHAIN, PYRAMID  # present in the smallest world
        low, high = self.web
        kinds[low // BLOCK : (high + BLOCK - 1) // BLOCK] = WEB
        return kinds

    def block_kind(self, slots: Ints) -> Ints:
        """What the block of a company's slot is."""
        return self._block_kinds[slots // BLOCK].astype(np.int64)

    def organ(self, stream: str, at: Ints) -> Ints:
        """Slots of state organs, drawn evenly."""
        count = (self.blocks - 4) // _ORGANS + 1
        return (3 + _ORGANS * self.draws.below(stream, at, count)) * BLOCK + BLOCK - 1

    @cached_property
    def form(self) -> npt.NDArray[np.uint8]:
        """What the company in a slot is."""
        forms = np.empty(self.companies, dtype=np.uint8)
        for low in range(0, self.companies, 1 << 16):
            slots = span(low, min(self.companies, low + (1 << 16)))
            forms[slots] = self._forms(slots)
        return forms

    def _forms(self, slots: Ints) -> Ints:
        forms = self.draws.choose("form", slots, _FORM)
        place, block = slots % BLOCK, slots // BLOCK
        core = (place < CORE) | (self.block_kind(slots) != LOOSE)
        forms[core] = LIMITED
        forms[core & self.draws.chance("form.stock", slots, 0.01)] = STOCK
        state = (place == BLOCK - 1) & (block % _ORGANS == 3) & (block < self.blocks)
        forms[state] = ORGAN
        return forms

    def principal(self, slots: Ints) -> Ints:
        """The person behind a company: founder, operator, or head of its group."""
        draws = self.draws
        own = self.anyone("principal", slots)
        crowded = draws.chance("principal.busy", slots, 0.25)
        own[crowded] = self.busy("principal.who", slots[crowded])
        group = (self.block_kind(slots) != LOOSE) & draws.chance("principal.group", slots, 0.6)
        own[group] = self.anyone("group.head", slots[group] // BLOCK)
        return own

    @cached_property
    def founded(self) -> Small:
        """The day on which the company in a slot was founded, its principal being of age."""
        days = np.empty(self.companies, dtype=np.int32)
        first, years = day(1985), PRESENT - 30 - day(1985)
        for low in range(0, self.companies, 1 << 16):
            slots = span(low, min(self.companies, low + (1 << 16)))
            drawn = first + (np.sqrt(self.draws.unit("founded", slots)) * years).astype(np.int64)
            of_age = self.born[self.principal(slots)] + int(ADULT_YEARS * YEAR) + 1
            late = self.draws.below("founded.late", slots, np.maximum(PRESENT - 30 - of_age, 1))
            days[slots] = np.where(drawn < of_age, of_age + late, drawn)
        return days

    def closed(self, slots: Ints) -> Ints:
        """The day on which a company was deregistered; 0 where it still exists."""
        may = (slots % BLOCK >= CORE) & (self.block_kind(slots) == LOOSE)
        may &= (self.form[slots] != ORGAN) & self.draws.chance("closed", slots, 0.07)
        start = np.maximum(self.founded[slots].astype(np.int64) + 90, day(2005))
        may &= start < PRESENT - 1
        end = start + self.draws.below("closed.day", slots, np.maximum(PRESENT - start, 1))
        return np.where(may, end, 0)

    def home(self, slots: Ints) -> Ints:
        """The slot of the address where a company is registered: some house hundreds."""
        draws, places = self.draws, self.addresses - self.rings  # the last ones are kept for rings
        at = draws.below("home", slots, places)
        crowded = draws.chance("home.busy", slots, 0.3)
        at[crowded] = draws.head("home.hub", slots[crowded], places, 2)
        return at

    def capital(self, slots: Ints) -> Ints:
        """Registered capital in units of 10,000 yuan."""
        sizes = np.array(
            [3, 10, 50, 100, 100, 200, 300, 500, 500, 1000, 1000, 2000, 5000, 10000, 50000, 200000],
            dtype=np.int64,
        )
        return sizes[self.draws.below("capital", slots, len(sizes))]

    def acting(self, stream: str, at: Ints, days: Ints, drawn: Ints) -> Ints:
        """`drawn` companies, replaced where they did not exist on `days`.

        Three redraws over the old companies of the cores; the last resort is the oldest of them.
        """
        slots = drawn.copy()
        for turn in range(4):
            wrong = np.flatnonzero(self.founded[slots] > days)
            if not wrong.size:
                return slots
            again = self.draws.below(f"{stream}.{turn}", at[wrong], self.blocks) * BLOCK
            slots[wrong] = again + self.draws.below(f"{stream}.core.{turn}", at[wrong], CORE)
        slots[self.founded[slots] > days] = self._oldest
        return slots

    @cached_property
    def _oldest(self) -> int:
        core = (span(0, self.companies) % BLOCK) < CORE
        return int(np.argmin(np.where(core, self.founded, EVENTS * 2)))


# Birthdays. A year of weight w has w slices of sequence numbers a day in each district, so that a
# number drawn once gives a resident id that nobody else has; the weights are those of the birth
# rate (the boom of the 1960s, the fall after 1990).
SLICES: Final = 4
SLICE: Final = 125


DISTRICTS: Final = 128


@cache
def _slices(first: int, last: int) -> Ints:
    weights = []
    for number in range(first, last):
        year = int(1970 + number / YEAR)
        weight = 1 if year < 1950 else 3 if year < 1962 else 4 if year < 1974 else 3
        weights.append(2 if year >= 1990 else weight)
    each = np.array(weights, dtype=np.int64)
    days = np.repeat(span(first, last), each)
    part = span(0, len(days)) - np.repeat(np.cumsum(each) - each, each)
    return days * SLICES + part


def birthdays(draws: Draws, slots: Ints, adults: int) -> tuple[Ints, Ints, Ints]:
    """Birthday, district of birth (below DISTRICTS), and sequence number without its last bit.

    No two slots share all three.
    """
    day_of = np.empty_like(slots)
    rest = np.empty_like(slots)
    minor = slots >= adults
    for who, years, stream in (
        (np.flatnonzero(~minor), _ADULT_BORN, "born"),
        (np.flatnonzero(minor), _MINOR_BORN, "born.minor"),
    ):
        slices = _slices(*years)
        drawn = draws.permuted(stream, slots[who], len(slices) * SLICE * DISTRICTS)
        entry, within = np.divmod(drawn, SLICE * DISTRICTS)
        day_of[who] = slices[entry] // SLICES
        rest[who] = (slices[entry] % SLICES) * SLICE * DISTRICTS + within
    return day_of, rest % DISTRICTS, rest // DISTRICTS


def men(draws: Draws, slots: Ints, adults: int) -> Flags:
    """Whether the person in a slot is a man."""
    return np.where(slots < adults, slots % 2 == 0, draws.chance("minor.boy", slots, 0.53))
