"""Who there really is: people with their homes and phones over time, and their look-alikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from ingest.generate import numbers
from ingest.generate.days import dates, day
from ingest.generate.draws import Draws, Ints, span
from ingest.generate.identities.rates import Rates
from ingest.generate.names import SURNAMES, person_names
from ingest.generate.places import ROADS, places
from ingest.generate.schemes.dice import Dice

TAKEN: Final = (day(2012, 3), day(2018, 6), day(2023, 9))  # when each register was filled in
_COMMON: Final = ("王伟", "张伟", "李娜", "王芳", "李伟", "张敏", "王静", "李强", "刘洋", "陈静")
_EARLIEST: Final = day(2005)
_IDLE: Final = 200  # days after which a number is given out again
_TWO: Final = frozenset(name for name in SURNAMES if len(name) == 2)


class Home(NamedTuple):
    """An address in its parts."""

    place: int  # in `places()`
    road: str
    house: int
    building: int
    room: int


class Use(NamedTuple):
    """A phone and from when to when; `until` 0 where it goes on."""

    number: str
    since: int
    until: int


@dataclass(slots=True)
class Person:
    """One person as they are."""

    name: str
    born: str  # ISO
    resident_id: str
    homes: list[Home]  # when each register was filled in
    phones: list[Use]  # one after the other

    @property
    def surname(self) -> str:
        """Two characters where it is one of those."""
        return self.name[:2] if self.name[:2] in _TWO else self.name[:1]


def home(dice: Dice, place: int) -> Home:
    """An address in a district."""
    return Home(
        place, dice.pick(ROADS), dice.between(1, 999), dice.between(1, 20),
        dice.between(1, 30) * 100 + dice.between(1, 4),
    )  # fmt: skip


def people(draws: Draws, count: int, rates: Rates) -> list[Person]:
    """`count` people; twins, sons and namesakes follow whom they are like."""
    at = span(0, count)
    twin = draws.chance("identities.twin", at, rates.twins)
    son = draws.chance("identities.son", at, rates.sons) & ~twin
    namesake = draws.chance("identities.namesake", at, rates.namesakes) & ~twin & ~son
    twin[0] = son[0] = False
    family = _follow(at, twin | son)
    born = day(1945) + draws.below("identities.born", at, day(1992) - day(1945))
    for k in np.flatnonzero(twin | son).tolist():
        if son[k] and born[k - 1] > day(1968):  # whose father is too young is a brother
            born[k] = born[k - 1] + 400 + born[k] % 1500
        else:
            born[k] = born[k - 1] if twin[k] else born[k - 1] + 8500 + born[k] % 4000
    place = _follow(draws.choose("identities.place", at, places().table), twin | son)
    sex = np.where(son, 1, draws.below("identities.sex", at, 2))
    written = np.array([int(text.replace("-", "")) for text in dates(born)])
    names = person_names(draws, at, family, written // 10_000, sex)
    ids = _resident_ids(draws, at, places().codes[place], written, sex)
    dice = Dice(draws, "identities.people")
    phone = _Phones(draws)
    found: list[Person] = []
    texts = dates(born)
    for k in range(count):
        where, name = int(place[k]), names[k]
        near = found[k - 1] if twin[k] or son[k] else None
        if namesake[k]:  # all of a name in the largest cities
            where, name = dice.below(8), dice.pick(_COMMON)
        if near is not None and name == near.name:
            name = name[:-1] + ("伟" if name[-1] != "伟" else "强")
        first = near.homes[0] if near else home(dice, where)
        found.append(Person(name, texts[k], ids[k], _homes(dice, first, rates), []))
        shared = near.phones[:1] if son[k] and near and dice.chance(0.3) else []
        found[k].phones = shared or phone.uses(dice, rates)
    return found


def _follow(values: Ints, follows: np.ndarray) -> Ints:
    """Values, where those that follow have the one before's."""
    out = values.copy()
    for k in np.flatnonzero(follows).tolist():
        out[k] = out[k - 1]
    return out


def _resident_ids(draws: Draws, at: Ints, district: Ints, born: Ints, sex: Ints) -> list[str]:
    """Resident ids, each given once; the last digit of the sequence number says the sex."""
    sequence = draws.below("identities.sequence", at, 480) * 2 + sex
    taken: set[tuple[int, int, int]] = set()
    for k, (where, when) in enumerate(zip(district.tolist(), born.tolist(), strict=True)):
        while (where, when, int(sequence[k])) in taken:
            sequence[k] = (int(sequence[k]) + 2) % 960
        taken.add((where, when, int(sequence[k])))
    return numbers.resident_ids(district, born, sequence)


def _homes(dice: Dice, first: Home, rates: Rates) -> list[Home]:
    homes = [first]
    for _ in TAKEN[1:]:
        last = homes[-1]
        moved = dice.chance(rates.moved)
        homes.append(
            home(dice, last.place if dice.chance(0.7) else dice.below(100)) if moved else last
        )
    return homes


class _Phones:
    """Numbers as they are given out, and given out again."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._next = 0
        self._ready: list[str] = []
        self._idle: list[Use] = []  # given up, waiting for another

    def fresh(self) -> str:
        """A number that nobody had."""
        if not self._ready:
            at = span(self._next, self._next + 4096)
            self._next += 4096
            prefix = self._draws.below("identities.prefix", at, numbers.MOBILE_PREFIXES)
            body = self._draws.permuted("identities.mobile", at, numbers.MOBILE_BODIES)
            self._ready = ["+" + text for text in reversed(numbers.mobiles(prefix, body))]
        return self._ready.pop()

    def uses(self, dice: Dice, rates: Rates) -> list[Use]:
        """The phones of one person."""
        since = _EARLIEST + dice.below(2000)
        if dice.chance(rates.phone_changed):
            until = dice.between(TAKEN[0] + 100, TAKEN[1] - 100)
            old = Use(self.fresh(), since, until)
            if dice.chance(rates.phone_recycled):
                self._idle.append(old)
            return [old, Use(self.fresh(), until, 0)]
        if len(self._idle) > 50 and dice.chance(0.5):
            gone = self._idle.pop(dice.below(len(self._idle)))
            return [Use(self.fresh(), since, gone.until + _IDLE),
                    Use(gone.number, gone.until + _IDLE, 0)]  # fmt: skip
        return [Use(self.fresh(), since, 0)]


def phone_at(uses: list[Use], when: int) -> Use | None:
    """The phone of a day."""
    return next((u for u in uses if u.since <= when and (not u.until or when < u.until)), None)
