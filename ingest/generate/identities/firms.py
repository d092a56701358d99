"""Which companies there really are: their numbers, groups of one brand, former names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from stdnum.iso7064 import mod_11_10

from ingest.generate import numbers
from ingest.generate.days import dates, day
from ingest.generate.draws import Draws, span
from ingest.generate.identities.people import TAKEN, Home, Use, home
from ingest.generate.identities.rates import Rates
from ingest.generate.names import BRAND_1, BRAND_2, BRAND_3, TRADES
from ingest.generate.places import places
from ingest.generate.schemes.dice import Dice

_FORMS: Final = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司")


@dataclass(slots=True)
class Firm:
    """One company as it is."""

    city: str
    brand: str
    trade: str
    form: str
    former: str  # the brand it had before, or nothing
    founded: str  # ISO
    renamed: int  # the day, 0 for never
    uscc: str
    registration: str  # the number that companies had before 2015
    homes: list[Home]
    phones: list[Use]

    def name(self, brand: str, turned: int) -> str:
        """Turned 0: 杭州云瑞科技有限公司, 1: 云瑞（杭州）科技…, 2: 云瑞科技（杭州）…."""
        if turned == 0:
            return f"{self.city}{brand}{self.trade}{self.form}"
        if turned == 1:
            return f"{brand}（{self.city}）{self.trade}{self.form}"
        return f"{brand}{self.trade}（{self.city}）{self.form}"


def firms(draws: Draws, count: int, rates: Rates) -> list[Firm]:
    """`count` companies; one of a group has the brand and trade of the one before, in another
    city."""
    at = span(0, count)
    here = places()
    place = draws.choose("identities.firm.place", at, here.table)
    founded = day(1998) + draws.below("identities.founded", at, TAKEN[0] - day(1998))
    body = draws.permuted("identities.uscc", at, numbers.OLD_BODIES)
    codes = numbers.credit_codes(
        np.full(count, 91), here.codes[place], np.zeros(count, np.bool_), body
    )
    dice = Dice(draws, "identities.firms")
    mobile = numbers.mobiles(
        draws.below("identities.firm.prefix", at, numbers.MOBILE_PREFIXES),
        draws.permuted("identities.firm.mobile", at, numbers.MOBILE_BODIES),
    )
    days = dates(founded)
    found: list[Firm] = []
    taken: set[tuple[str, str, str]] = set()
    for k in range(count):
        city, before = here.cities[int(place[k])], found[-1] if found else None
        group = before is not None and dice.chance(rates.siblings) and before.city != city
        brand, trade = (before.brand, before.trade) if group and before else _names(dice)
        while (city, brand, trade) in taken:  # a register takes no name twice
            brand, trade = _names(dice)
        taken.add((city, brand, trade))
        renamed = dice.between(TAKEN[0], TAKEN[2]) if dice.chance(rates.renamed) else 0
        first = home(dice, int(place[k]))
        homes = [first]
        for _ in TAKEN[1:]:
            homes.append(home(dice, int(place[k])) if dice.chance(rates.moved) else homes[-1])
        since = max(int(founded[k]), day(2005))
        own = [Use("+" + mobile[k], since, 0)]
        phones = before.phones if group and before and dice.chance(0.3) else own
        former = _names(dice)[0] if renamed else ""
        found.append(
            Firm(city, brand, trade, dice.pick(_FORMS), former, days[k], renamed, codes[k],
                 _registration(dice, str(here.codes[int(place[k])])), homes, phones)
        )  # fmt: skip
    return found


def _names(dice: Dice) -> tuple[str, str]:
    return dice.pick(BRAND_1) + dice.pick(BRAND_2) + dice.pick(BRAND_3), dice.pick(TRADES)


def _registration(dice: Dice, district: str) -> str:
    """A registration number of 15 digits with its check (ISO/IEC 7064 MOD 11,10)."""
    body = f"{district}{dice.below(10**4):04d}{dice.below(10**4):04d}"
    return body + str(mod_11_10.calc_check_digit(body))
