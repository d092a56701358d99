"""What every planting works with: the town, the book, dice, and how well to hide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final

from ingest.generate.draws import span
from ingest.generate.schemes import goods
from ingest.generate.schemes.book import Book, Fact, Planted
from ingest.generate.schemes.dice import Dice
from ingest.generate.schemes.level import Level
from ingest.generate.schemes.town import (
    BEGIN,
    DAY,
    END,
    MONTHS,
    QUIET,
    RETAIL,
    SERVICE,
    WHOLESALE,
    Firm,
    Town,
    Whose,
)

HOUR: Final = 3_600


class Site:
    """One place to plant at; `planted` gathers what was."""

    def __init__(self, town: Town, book: Book, dice: Dice, level: Level) -> None:
        self.town, self.book, self.dice, self.level = town, book, dice, level
        self.planted: list[Planted] = []

    # Time and money.

    def day(self, length: float = 30.0) -> int:
        """A day from which `length` days fit into the period."""
        return self.dice.between(BEGIN + 5, max(BEGIN + 5, int(END - length - 10)))

    def moment(self, day: int) -> int:
        """A second of the working hours of a day."""
        return day * DAY + self.dice.between(8 * HOUR, 22 * HOUR)

    def after(self, moment: int) -> int:
        """Some hours later, by level."""
        low, high = self.level.hours
        return moment + int(self.dice.real(low, high) * HOUR) + self.dice.below(60)

    def within(self, start: int, days: float) -> int:
        """A moment within so many days of a day, by level longer."""
        return self.moment(start + self.dice.below(max(1, int(days * self.level.stretch))))

    def sum(self, low: int, high: int) -> int:
        """Cents of a heavy-tailed amount in yuan; round where the level says so."""
        yuan = int(self.dice.heavy(low, high))
        if self.level.round:
            unit = int(10 ** max(0, len(str(yuan)) - 2))
            return yuan // unit * unit * 100
        return yuan * 100 + (self.dice.below(100) if self.dice.chance(0.5) else 0)

    def near(self, cents: int, spread: float | None = None) -> int:
        """An amount like another, by level."""
        wide = self.level.jitter if spread is None else spread
        if wide == 0.0:
            return cents
        return max(100, int(cents * self.dice.real(1 - wide, 1 + wide)) // 100 * 100)

    def kept(self, cents: int) -> int:
        """What goes on after the fee of who passes it on."""
        fee = self.dice.real(*self.level.fee)
        left = int(cents * (1 - fee))
        return left // 10_000 * 10_000 if self.level.round and left > 1_000_000 else left

    def send(self, source: int, target: int, cents: int, at: int) -> list[Fact]:
        """A payment, at times in two parts some minutes or hours apart."""
        if not self.dice.chance(self.level.split) or cents < 2_000_00:
            return [self.book.pay(source, target, cents, at, self.dice.below(4))]
        first = int(cents * self.dice.real(0.3, 0.7)) // 100 * 100
        later = at + self.dice.between(60, 2 * HOUR)
        return [
            self.book.pay(source, target, first, at, self.dice.below(4)),
            self.book.pay(source, target, cents - first, later, self.dice.below(4)),
        ]

    # People and companies.

    def covered(self) -> bool:
        """Whether a member has an ordinary life as cover."""
        return self.dice.chance(self.level.cover)

    def person(self, *, life: bool | None = None, family: int = -1, opened: int = 0) -> int:
        """A person with a card: a new one, or an ordinary one where they have an ordinary life."""
        since = opened or self.dice.between(BEGIN - 2_500, BEGIN - 60)
        cover = self.covered() if life is None else life
        if cover and family < 0 and not opened and self.town.reserve:
            return self.town.reserve.pop()
        return self.town.person(life=cover, family=family, opened=since)

    def people(self, count: int, life: bool | None = None) -> list[int]:
        """New persons with cards, unrelated."""
        return [self.person(life=life) for _ in range(count)]

    def cards(self, persons: Iterable[int]) -> list[int]:
        """Their main accounts."""
        return [self.town.card(p) for p in persons]

    def anyone(self) -> int:
        """An ordinary person with a card."""
        return self.dice.pick(self.town.public)

    def crowd(self, count: int) -> list[int]:
        """Different ordinary persons with cards, who take part in nothing else that is planted."""
        public = self.town.public
        return [public[k] for k in self.dice.shuffled(self.dice.apart(count, 0, len(public) - 1))]

    @cached_property
    def _old(self) -> dict[int, list[int]]:
        return {role: self.town.plain.old(role) for role in range(QUIET)}

    def ordinary(self, role: int) -> int:
        """An ordinary company of a role that was there all the time."""
        return self.dice.pick(self._old[role])

    def ordinaries(self, count: int, *roles: int) -> list[int]:
        """Different ordinary companies of some roles."""
        chosen = roles or (RETAIL, WHOLESALE, SERVICE)
        return self.dice.some([c for role in chosen for c in self._old[role]], count)

    def of_line(self, role: int, line: int) -> int:
        """An ordinary company of a role and a line."""
        table = [c for c in self._old[role] if self.town.plain.line[c] == line]
        return self.dice.pick(table or self._old[role])

    def some_of_line(self, count: int, role: int, line: int) -> list[int]:
        """Different ordinary companies of a role and a line, as many as there are."""
        table = [c for c in self._old[role] if self.town.plain.line[c] == line]
        return self.dice.some(table or self._old[role], count)

    def firm(
        self,
        role: int = QUIET,
        *,
        life: bool = False,
        staff: int = 0,
        founded: tuple[int, int] | None = None,
        **more: object,
    ) -> int:
        """A new company; `life`: it has wages, rent, power, and so on."""
        low, high = founded or (BEGIN - 4_000, BEGIN - 300)
        made = Firm(
            role=role,
            line=self.dice.below(8),
            founded=self.dice.between(low, high),
            size=1 + int(self.dice.heavy(1, 40)),
            staff=min(3, max(staff, 2)) if life else 0,
            upkeep=life,
        )
        for name, value in more.items():
            setattr(made, name, value)
        return self.town.company(made)

    def traders(self, role: int, line: int, count: int) -> list[int]:
        """Companies in an ordinary trade: ordinary ones, each in one thing at most, or new ones."""
        table = self.town.reserve_firms[role, line]
        made = [table.pop() for _ in range(min(count, max(0, len(table) - 2)))]
        while len(made) < count:
            made.append(self.firm(role, life=True, line=line, trade=True))
        return made

    def spec(self, company: int) -> Firm:
        """What a planted company is."""
        return self.town.firms[company - self.town.plan.companies]

    # Small pieces.

    def kin(self, a: int, b: int, role: str = "亲属") -> Fact:
        """Two persons are kin."""
        since = BEGIN - self.dice.between(2_000, 9_000)
        return self.book.state("kin", ("p", a), ("p", b), since, text=role)

    def holds(self, who: Whose, company: int, points: int, since: int | None = None) -> Fact:
        """Who holds a share of a planted company."""
        start = self.spec(company).founded if since is None else since
        return self.book.state("shareholder", who, ("c", company), start, value=points)

    def signs(self, person: int, company: int, since: int | None = None, end: int = 0) -> Fact:
        """A person signs for a planted company."""
        start = self.spec(company).founded if since is None else since
        return self.book.state(
            "legal_representative", ("p", person), ("c", company), start, end=end, text="法定代表人"
        )

    def paid(self, invoice: Fact, seller: int, buyer: int, cents: int, day: int) -> list[Fact]:
        """The payment of an invoice some days later."""
        del invoice
        return self.send(self.town.main(buyer), self.town.main(seller), cents, self.moment(day))

    def payroll(
        self,
        company: int,
        staff: Sequence[int],
        months: Iterable[int] = range(MONTHS),
        *,
        contract: bool = True,
    ) -> list[Fact]:
        """Monthly wages of given people."""
        facts: list[Fact] = []
        payday = self.dice.between(5, 20)
        wage = [self.dice.between(40, 140) * 100_00 for _ in staff]
        if contract:
            for person in staff:
                self.book.state(
                    "employs",
                    ("c", company),
                    ("p", person),
                    BEGIN - self.dice.below(900) - 1,
                    text="职员",
                )
        source = self.town.main(company)
        for month in months:
            at = int(BEGIN + month * 30.4 + payday)
            for person, amount in zip(staff, wage, strict=True):
                when = at * DAY + 10 * HOUR + self.dice.below(2 * HOUR)
                if at < END:
                    facts.append(self.book.pay(source, self.town.card(person), amount, when, 4))
        return facts

    def chatter(self, accounts: Sequence[int]) -> None:
        """Further ordinary payments of members with others, by level."""
        for account in accounts:
            for _ in range(int(self.level.noise + self.dice.unit())):
                other = self.town.card(self.anyone())
                ends = (account, other) if self.dice.chance(0.5) else (other, account)
                self.book.pay(
                    *ends,
                    int(self.dice.heavy(100, 20_000)) * 100,
                    self.moment(self.day()),
                    self.dice.below(4),
                )

    def plant(
        self,
        pattern: str,
        members: Sequence[Whose],
        facts: Sequence[Fact],
        circle: Sequence[Whose] = (),
        look_alike: str = "",
        amount: int | None = None,
        tools: Sequence[Whose] = (),
    ) -> None:
        """Note what was planted; `tools` are accounts as much part of it as the members are."""
        seen = set(members)
        used = [*tools]
        for kind, slot in members:
            own = self.town.main(slot) if kind == "c" else -1
            own = self.town.card_of(slot) if kind == "p" else own
            used += [("a", own)] if own >= 0 else []
        worked = [who for who in dict.fromkeys(used) if who not in seen]
        wider = [who for who in dict.fromkeys([*circle, *worked]) if who not in seen]
        core = list(dict.fromkeys(members))
        self.planted.append(Planted(pattern, core, list(facts), wider, look_alike, amount, worked))


Planter = Callable[[Site], None]


def accounts(slots: Iterable[int]) -> list[Whose]:
    """Accounts as members."""
    return [("a", slot) for slot in slots]


def companies(slots: Iterable[int]) -> list[Whose]:
    """Companies as members."""
    return [("c", slot) for slot in slots]


def persons(slots: Iterable[int]) -> list[Whose]:
    """Persons as members."""
    return [("p", slot) for slot in slots]


__all__ = ["HOUR", "Planter", "Site", "accounts", "companies", "goods", "persons", "span"]
