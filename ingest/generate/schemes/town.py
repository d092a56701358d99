"""Who and what there is in a world with schemes.

Each kind is counted in slots: the first are ordinary (`Plan`), those after them were made for
something planted. Slots are shuffled into the numbers of ids when the world is written, so a slot
tells nothing to who reads the file. Ordinary things stand at computed slots: the company in slot
c holds account c, the person in slot p (of the first `cardholders`) holds account `first_card + p`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.errors import WrongUsage
from ingest.generate.days import day
from ingest.generate.draws import Draws, Ints, span

BEGIN: Final = day(2025, 1, 1)  # events happen from here ...
END: Final = day(2026, 7, 1)  # ... to here
DAY: Final = 86_400
MONTHS: Final = 18

# What a company does.
(PRODUCER, MAKER, WHOLESALE, RETAIL, SERVICE, CARRIER, LANDLORD, QUIET,
 TREASURY, BANK, POWER, ACQUIRER, STATE, FOREIGN, OTHER) = range(15)  # fmt: skip
# What a company is.
LIMITED, SOLE, PARTNERSHIP, BRANCH, INSTITUTION, SOCIAL, ORGAN, ABROAD = range(8)

# The slots of what every world has one or a few of.
SPECIAL: Final = (
    TREASURY, BANK, POWER, POWER, STATE, ACQUIRER, ACQUIRER, FOREIGN, FOREIGN, FOREIGN, FOREIGN,
    FOREIGN, FOREIGN, BANK, STATE, STATE,
)  # fmt: skip
_ROLES: Final = (  # of ordinary companies, in 32 parts
    [PRODUCER] * 2 + [MAKER] * 5 + [WHOLESALE] * 7 + [RETAIL] * 7 + [SERVICE] * 6
    + [CARRIER] + [LANDLORD] + [QUIET] * 3
)  # fmt: skip
LINES: Final = 8
PLANTED: Final = 1_210  # about what is made for one instance of everything

Whose = tuple[str, int]  # a kind's letters and a slot


@dataclass(frozen=True)
class Plan:
    """How many ordinary things of each kind."""

    companies: int
    second_accounts: int
    persons: int
    cardholders: int
    second_cards: int
    phones: int
    office_phones: int
    homes: int
    offices: int
    devices: int
    tills: int

    @classmethod
    def of(cls, entities: int, instances: int) -> Plan:
        """A world of `entities`, of which some hundreds an instance are planted."""
        room = entities - entities // 60 - PLANTED * instances
        companies = max(room * 10 // 78, 160)
        persons = max(room * 17 // 78, 270)
        cards = persons * 4 // 5
        return cls(
            companies=companies,
            second_accounts=companies // 8,
            persons=persons,
            cardholders=cards,
            second_cards=cards // 10,
            phones=persons * 3 // 5,
            office_phones=companies // 8,
            homes=persons // 6,
            offices=companies * 3 // 4,
            devices=persons // 6,
            tills=companies // 16,
        )


@dataclass(slots=True)
class Firm:
    """A company that was made for something planted."""

    role: int = QUIET
    line: int = 0
    form: int = LIMITED
    founded: int = day(2015)
    closed: int = 0
    size: int = 4
    staff: int = 0  # who are paid every month; 0: none
    trade: bool = False  # takes part in the ordinary trade of its line
    upkeep: bool = False  # pays rent, power, carriage and taxes
    word: str = ""  # what its name says it does; empty: by its role
    office: bool = True  # gets an address of its own
    register: bool = True  # gets a representative and shareholders of its own


class Town:
    """The entities of a world: ordinary ones by plan, planted ones as they are made."""

    def __init__(self, draws: Draws, plan: Plan) -> None:
        self.draws = draws
        self.plan = plan
        self.plain = Plain(draws, plan.companies)
        self.firms: list[Firm] = []
        self.firm_account: list[int] = []  # main account of each planted company
        self.person_account: list[int] = []  # main account of each planted person, -1 none
        self.person_life: list[bool] = []
        self.person_family: list[int] = []  # slot of the person whose surname it has
        self.holders: list[tuple[Whose, str, int]] = []  # of planted accounts: who, type, opened
        self.event_types: list[tuple[str, int]] = []  # of all events: type, day
        # Ordinary people who take part in what is planted, each in one thing at most, and others
        # who come by; ordinary companies likewise, by role and line.
        order = np.argsort(draws.bits("reserve", span(0, plan.cardholders)), kind="stable")
        self.reserve: list[int] = order[: plan.cardholders // 2].tolist()
        self.public: list[int] = order[plan.cardholders // 2 :].tolist()
        self.reserve_firms: dict[tuple[int, int], list[int]] = {
            (role, line): [c for c in self.plain.old(role) if self.plain.line[c] == line]
            for role in (MAKER, WHOLESALE, RETAIL, SERVICE)
            for line in range(LINES)
        }
        self.phone_made = 0
        self.address_made = 0
        self.device_made = 0

    # Where ordinary things stand.

    @property
    def first_card(self) -> int:
        """The account of the first person."""
        return self.plan.companies + self.plan.second_accounts

    @property
    def plain_accounts(self) -> int:
        """Number of ordinary accounts."""
        return self.first_card + self.plan.cardholders + self.plan.second_cards

    @property
    def plain_addresses(self) -> int:
        """Number of ordinary addresses: homes, then offices."""
        return self.plan.homes + self.plan.offices

    @property
    def companies(self) -> int:
        """Number of companies so far."""
        return self.plan.companies + len(self.firms)

    @property
    def persons(self) -> int:
        """Number of persons so far."""
        return self.plan.persons + len(self.person_account)

    @property
    def accounts(self) -> int:
        """Number of accounts so far."""
        return self.plain_accounts + len(self.holders)

    @property
    def phones(self) -> int:
        """Number of phones so far."""
        return self.plan.phones + self.plan.office_phones + self.phone_made

    @property
    def addresses(self) -> int:
        """Number of addresses so far."""
        return self.plain_addresses + self.address_made

    @property
    def devices(self) -> int:
        """Number of devices so far."""
        return self.plan.devices + self.plan.tills + self.device_made

    @property
    def entities(self) -> int:
        """Number of entities so far."""
        return (self.companies + self.persons + self.accounts + self.phones + self.addresses
                + self.devices + len(self.event_types))  # fmt: skip

    def special(self, role: int) -> list[int]:
        """The companies of a role of which there are few."""
        return np.flatnonzero(self.plain.role[: len(SPECIAL)] == role).tolist()

    # Making things.

    def company(self, firm: Firm, accounts: bool = True) -> int:
        """A new company with its main account; the slot."""
        slot = self.companies
        self.firms.append(firm)
        opened = max(firm.founded + 10, day(2008))
        self.firm_account.append(self.account(("c", slot), "corporate", opened) if accounts else -1)
        return slot

    def person(self, *, card: bool = True, life: bool = False, family: int = -1,
               opened: int = day(2016)) -> int:  # fmt: skip
        """A new person, with a card of their own where `card`; the slot."""
        slot = self.persons
        self.person_account.append(-1)
        self.person_life.append(life)
        self.person_family.append(slot if family < 0 else family)
        if card:
            self.person_account[-1] = self.account(("p", slot), "card", opened)
        return slot

    def account(self, holder: Whose, sort: str = "card", opened: int = day(2018)) -> int:
        """A new account of a holder; the slot."""
        self.holders.append((holder, sort, opened))
        return self.accounts - 1

    def phone(self) -> int:
        """A new phone; the slot."""
        self.phone_made += 1
        return self.phones - 1

    def address(self) -> int:
        """A new address; the slot."""
        self.address_made += 1
        return self.addresses - 1

    def device(self) -> int:
        """A new device; the slot."""
        self.device_made += 1
        return self.devices - 1

    def event(self, sort: str, when: int) -> int:
        """A new event of a type on a day; the slot."""
        self.event_types.append((sort, when))
        return len(self.event_types) - 1

    # Main accounts.

    def main(self, company: int) -> int:
        """The main account of a company."""
        if company < self.plan.companies:
            return company
        return self.firm_account[company - self.plan.companies]

    def card_of(self, person: int) -> int:
        """The main account of a person, -1 where they have none."""
        if self.plan.cardholders <= person < self.plan.persons:
            return -1
        return self.card(person)

    def card(self, person: int) -> int:
        """The main account of a person who has one."""
        if person < self.plan.persons:
            if person >= self.plan.cardholders:
                raise WrongUsage("this person holds no account")
            return self.first_card + person
        return self.person_account[person - self.plan.persons]

    def mains(self, companies: Ints) -> Ints:
        """Main accounts of companies."""
        table = np.array([*self.firm_account, -1], dtype=np.int64)
        planted = companies >= self.plan.companies
        found = companies.copy()
        found[planted] = table[companies[planted] - self.plan.companies]
        return found

    def cards(self, persons: Ints) -> Ints:
        """Main accounts of persons who have one."""
        table = np.array([*self.person_account, -1], dtype=np.int64)
        planted = persons >= self.plan.persons
        found = persons + self.first_card
        found[planted] = table[persons[planted] - self.plan.persons]
        return found


class Plain:
    """What ordinary companies are and do, as columns."""

    def __init__(self, draws: Draws, count: int) -> None:
        slots = span(0, count)
        role = np.array(_ROLES, dtype=np.int64)[draws.below("role", slots, len(_ROLES))]
        start, each = len(SPECIAL), 4 * LINES
        first = start + each + 9
        role[:start] = SPECIAL
        # Every line has its trades in the smallest world.
        role[start : start + each] = np.repeat([PRODUCER, MAKER, WHOLESALE, RETAIL], LINES)
        role[start + each : first] = [SERVICE] * 5 + [CARRIER] * 2 + [LANDLORD] * 2
        line = draws.below("line", slots, LINES)
        line[start : start + each] = np.tile(np.arange(LINES), 4)
        form = np.where(draws.chance("sole", slots, 0.45) & (role == RETAIL), SOLE, LIMITED)
        form[(role == STATE) | (role == TREASURY)] = ORGAN
        form[role == FOREIGN] = ABROAD
        age = draws.unit("founded", slots)
        founded = day(1994) + (np.sqrt(age) * (BEGIN + 250 - day(1994))).astype(np.int64)
        founded[:first] = day(2001) + draws.below("founded.first", slots, 5_000)[:first]
        closing = draws.chance("closed", slots, 0.03) & (slots >= first)
        closed = BEGIN + 60 + draws.below("closed.day", slots, END - BEGIN - 60)
        self.role, self.line, self.form, self.founded = role, line, form, founded
        self.closed = np.where(closing & (closed > founded + 90), closed, 0)
        self.size = draws.tail("size", slots, 1.0, 1.8, 300)
        self.active = role < QUIET

    def old(self, role: int) -> list[int]:
        """Companies of a role that were there before and stay."""
        stays = (self.role == role) & (self.closed == 0) & (self.founded < BEGIN - 200)
        return np.flatnonzero(stays).tolist()


class Census:
    """What every company is and does, as columns, once all that is planted was planned."""

    def __init__(self, town: Town) -> None:
        self.town = town
        count, ordinary = town.plan.companies, town.plain
        role, size = ordinary.role, ordinary.size
        plain = ordinary.active
        made = town.firms
        self.role = _with(role, (f.role for f in made))
        self.line = _with(ordinary.line, (f.line for f in made))
        self.form = _with(ordinary.form, (f.form for f in made))
        self.founded = _with(ordinary.founded, (f.founded for f in made))
        self.closed = _with(ordinary.closed, (f.closed for f in made))
        self.size = _with(size, (f.size for f in made))
        self.staff = _with(np.where(plain, 1 + size // 6, 0), (f.staff for f in made))
        self.trade = _with(plain.astype(np.int64), (int(f.trade) for f in made)) > 0
        self.upkeep = _with(plain.astype(np.int64), (int(f.upkeep) for f in made)) > 0
        self.office = _with(np.ones_like(role), (int(f.office) for f in made)) > 0
        self.register = _with(np.ones_like(role), (int(f.register) for f in made)) > 0
        self.words = {count + k: f.word for k, f in enumerate(made) if f.word}

    @property
    def slots(self) -> Ints:
        """All companies."""
        return span(0, len(self.role))

    def of(self, role: int) -> Ints:
        """Companies of a role that take part in ordinary trade."""
        return np.flatnonzero((self.role == role) & self.trade)


def _with(plain: Ints, made: Iterable[int]) -> Ints:
    return np.concatenate((plain.astype(np.int64), np.fromiter(made, dtype=np.int64)))


Columns = dict[str, npt.NDArray[np.int64]]
