"""What a register writes down of someone, and what it gets wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from ingest.generate.identities import spelling
from ingest.generate.identities.firms import Firm
from ingest.generate.identities.people import TAKEN, Home, Person, Use, phone_at
from ingest.generate.identities.rates import Rates
from ingest.generate.places import places
from ingest.generate.schemes.dice import Dice

_OLD: Final = "1980"  # those born before it had an id of 15 digits
_NO_CODE: Final = (0.15, 0.45, 0.70)  # companies without their USCC, by register
_REGISTERED: Final = (0.7, 0.5, 0.2)  # with the registration number they had
_FORMER: Final = 0.7  # with their former name, once they have another
_ORGANISATION: Final = 0.25  # with their organisation code, in the second register


@dataclass(slots=True)
class Record:
    """What a register says, and the names of the errors in it."""

    name: str
    keys: dict[str, str] = field(default_factory=dict)
    attrs: dict[str, Any] = field(default_factory=dict)
    phone: Use | None = None
    since: str = ""
    errors: list[str] = field(default_factory=list)


class Clerk:
    """Writes records; errors after `rates`, from one stream of numbers."""

    def __init__(self, dice: Dice, rates: Rates) -> None:
        self.dice, self.rates = dice, rates
        self._errors: list[str] = []

    def _happens(self, error: str, probability: float | None = None) -> bool:
        share = getattr(self.rates, error) if probability is None else probability
        if not self.dice.chance(share):
            return False
        self._errors.append(error)
        return True

    def person(self, who: Person, register: int) -> Record:
        """A person in a register (0, 1, 2)."""
        self._errors = []
        rates = self.rates
        record = Record(self._person_name(who))
        if not self._happens("no_id", rates.no_id[register]):
            record.keys["resident_id"] = self._resident_id(who)
        if not self._happens("no_birth", rates.no_birth[register]):
            record.attrs["birth_date"] = self._birth(who.born)
        self._contacts(record, who.homes, who.phones, register)
        record.errors = self._errors
        return record

    def _person_name(self, who: Person) -> str:
        name, dice = who.name, self.dice
        if spelling.variant(name) != name and self._happens("variant"):
            name = spelling.variant(name)
        low = len(who.surname)
        if self._happens("homophone"):
            name = spelling.homophone(dice, name, low)
        elif len(name) - low > 1 and self._happens("missing_character"):
            name = spelling.shortened(dice, name, low)
        elif self._happens("added_character"):
            name = spelling.lengthened(dice, name)
        elif self._happens("pinyin"):
            return spelling.latin(dice, who.surname, who.name[low:])
        return spelling.traditional(name) if self._happens("traditional") else name

    def _resident_id(self, who: Person) -> str:
        code = who.resident_id
        if self._happens("id_slip"):
            return spelling.slipped(self.dice, code, 0, 17)
        if who.born < _OLD and self._happens("old_id"):
            return code[:6] + code[8:17]
        return code

    def _birth(self, born: str) -> str:
        year, month, day = born.split("-")
        if int(day) <= 12 and day != month and self._happens("swapped_date"):
            return f"{year}-{day}-{month}"
        if self._happens("year_only"):
            return year
        if self._happens("date_slip"):
            return self._date_slip(year, month, day)
        return born

    def _date_slip(self, year: str, month: str, day: str) -> str:
        """One digit wrong, in a date that there is."""
        place = self.dice.below(3)
        if place == 0:
            return f"{spelling.slipped(self.dice, year, 3, 4)}-{month}-{min(int(day), 28):02d}"
        if place == 1:
            other = int(month) % 9 + 1
            return f"{year}-{other:02d}-{min(int(day), 28):02d}"
        tens = self.dice.pick([t for t in "012" if t != day[0]])
        return f"{year}-{month}-{max(1, int(tens + day[1])):02d}"

    def _contacts(self, record: Record, homes: list[Home], uses: list[Use], register: int) -> None:
        rates = self.rates
        if register and homes[register] != homes[0]:
            self._errors.append("moved")
        if not self._happens("no_address", rates.no_address[register]):
            record.attrs["address"] = self._address(homes[register])
        use = phone_at(uses, TAKEN[register])
        if use is not None and not self._happens("no_phone", rates.no_phone[register]):
            record.phone = use
            if len(uses) > 1:
                self._errors.append("phone_changed")

    def _address(self, home: Home) -> str:
        here, dice = places(), self.dice
        where, city, district = (
            here.full[home.place],
            here.cities[home.place],
            here.districts[home.place],
        )
        if self._happens("short_address"):
            where = dice.pick((city + district, where, city))
        house = home.house
        if self._happens("house_slip"):
            house = house % 998 + 1
        number = spelling.numeral(house) if self._happens("numerals") else str(house)
        building = dice.pick(("幢", "栋", "号楼"))
        room = f"{home.building}{building}{home.room}{dice.pick(('室', ''))}"
        return f"{where}{home.road}{number}号{room}"

    def company(self, firm: Firm, register: int) -> Record:
        """A company in a register (0, 1, 2)."""
        self._errors = []
        record = Record(self._company_name(firm, register))
        if not self._happens("no_id", _NO_CODE[register]):
            code = firm.uscc
            record.keys["uscc"] = (
                spelling.slipped(self.dice, code, 2, 8) if self._happens("id_slip") else code
            )
        if self.dice.chance(_REGISTERED[register]):
            record.attrs["registration_number"] = firm.registration
        if register == 1 and self.dice.chance(_ORGANISATION):
            record.attrs["organisation_code"] = f"{firm.uscc[8:16]}-{firm.uscc[16]}"
        if not self._happens("no_birth", self.rates.no_birth[register]):
            record.since = firm.founded
        if firm.former and TAKEN[register] >= firm.renamed and self.dice.chance(_FORMER):
            record.attrs["former_names"] = [firm.name(firm.former, 0)]
        self._contacts(record, firm.homes, firm.phones, register)
        record.errors = self._errors
        return record

    def _company_name(self, firm: Firm, register: int) -> str:
        brand, dice = firm.brand, self.dice
        if firm.former and firm.renamed > TAKEN[register]:
            brand = firm.former
            self._errors.append("renamed")
        if self._happens("homophone"):
            brand = spelling.homophone(dice, brand, 0)
        elif self._happens("added_character"):
            brand = spelling.lengthened(dice, brand)
        elif self._happens("missing_character"):
            brand = spelling.shortened(dice, brand, 0)
        name = firm.name(brand, dice.between(1, 2) if self._happens("turned_name") else 0)
        if self._happens("no_form"):
            name = name.removesuffix(firm.form)
        return spelling.traditional(name) if self._happens("traditional") else name
