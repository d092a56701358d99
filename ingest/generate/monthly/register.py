"""Who there is in monthly loads, as lines of facts: companies, people, phones, addresses, links and
listings, each under an id that says nothing of what it was made for."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
import orjson

from ingest.generate import numbers
from ingest.generate.days import dates, day
from ingest.generate.draws import Draws, Ints, span
from ingest.generate.names import BRAND_1, BRAND_2, BRAND_3, person_names
from ingest.generate.places import places
from ingest.generate.schemes.dice import Dice

BEGIN: Final = (2024, 7)  # the first month
_WORDS: Final = ("贸易", "建材", "科技", "物流", "商贸", "实业", "工程", "电子", "食品", "纺织")
_LISTS: Final = (
    ("black", "tax", "税务局"), ("black", "court", "中级人民法院"),
    ("black", "market", "市场监督管理局"), ("penalty", "market", "市场监督管理局"),
    ("penalty", "tax", "税务局稽查局"), ("black", "labor", "人力资源和社会保障局"),
)  # fmt: skip
_HARMLESS: Final = (
    ("red", "tax", "税务局"), ("abnormal", "market", "市场监督管理局"),
)  # fmt: skip
_PREFIX: Final = {
    "guarantee": "gu", "shareholder": "sh", "legal_representative": "lr", "uses_phone": "up",
    "located_at": "la", "listing": "ls",
}  # fmt: skip
_MOST: Final = 10**6  # of each kind
_EARLY: Final = day(2015)


def months(count: int) -> list[tuple[int, int]]:
    """The first day of each month, and that of the month after it."""
    year, month = BEGIN
    firsts = [day(year + (month - 1 + k) // 12, (month - 1 + k) % 12 + 1) for k in range(count + 1)]
    return list(pairwise(firsts))


class Register:
    """Makes entities and facts; what a fact said last is kept, so that it can be corrected."""

    def __init__(self, draws: Draws, dataset: str) -> None:
        self.draws = draws
        self.dataset = dataset
        self.dice = Dice(draws, "monthly")
        self._month: dict[str, None] = {}  # facts that were said or corrected in it
        self._counts: dict[str, int] = {}
        self._said: dict[str, dict[str, Any]] = {}

    def _id(self, kind: str, prefix: str) -> str:
        count = self._counts.get(kind, 0)
        self._counts[kind] = count + 1
        at = np.array([count], dtype=np.int64)
        return f"{prefix}{int(self.draws.permuted(f'monthly.{kind}', at, _MOST)[0]) + 1}"

    def _put(self, fact: dict[str, Any]) -> str:
        name = str(fact["id"])
        self._said[name] = fact
        self._month[name] = None
        return name

    @property
    def count(self) -> int:
        """Facts of the month so far."""
        return len(self._month)

    def load(self) -> list[bytes]:
        """The lines of the month, each fact once as it was said last; a new month begins."""
        lines = [
            orjson.dumps(self._said[name] | {"source": {"dataset": self.dataset, "record": name}})
            for name in self._month
        ]
        self._month = {}
        return lines

    # -- entities ------------------------------------------------------------------------------

    def company(self, since: int | None = None) -> str:
        """A company with a valid credit code."""
        at = self._at("company")
        here = places()
        where = self.draws.choose("monthly.city", at, here.table)
        body = self.draws.permuted("monthly.uscc", at, numbers.NEW_BODIES)
        (code,) = numbers.credit_codes(np.array([91]), here.codes[where], np.array([True]), body)
        city = here.cities[int(where[0])]
        brand = self.dice.pick(BRAND_1) + self.dice.pick(BRAND_2) + self.dice.pick(BRAND_3)
        name = f"{city}{brand}{self.dice.pick(_WORDS)}有限公司"
        began = since if since is not None else _EARLY + self.dice.below(3000)
        return self._put(
            {"kind": "company", "id": self._id("company", "c"), "name": name,
             "keys": {"uscc": code}, "attrs": {"form": "有限责任公司"}, "valid_from": _day(began)}
        )  # fmt: skip

    def person(self) -> str:
        """An adult, known by a resident id."""
        at = self._at("person")
        born = day(1960) + self.draws.below("monthly.born", at, 14_000)
        here = places()
        district = here.codes[self.draws.choose("monthly.from", at, here.table)]
        written = np.array([int(dates(born)[0].replace("-", ""))])
        sequence = self.draws.below("monthly.sequence", at, 1000)
        (code,) = numbers.resident_ids(district, written, sequence)
        (name,) = person_names(self.draws, at, at, written // 10_000, sequence % 2 == 1)
        return self._put(
            {"kind": "person", "id": self._id("person", "p"), "name": name,
             "keys": {"resident_id": code}}
        )  # fmt: skip

    def phone(self) -> str:
        """A mobile number."""
        at = self._at("phone")
        prefix = self.draws.below("monthly.prefix", at, 40)
        body = self.draws.permuted("monthly.mobile", at, numbers.MOBILE_BODIES)
        (number,) = numbers.mobiles(prefix, body)
        ident = self._id("phone", "ph")
        return self._put({"kind": "phone", "id": ident, "keys": {"e164": "+" + number}})

    def address(self) -> str:
        """An address of its own."""
        at = self._at("address")
        here = places()
        where = here.full[int(self.draws.choose("monthly.where", at, here.table)[0])]
        ident = self._id("address", "ad")
        return self._put(
            {"kind": "address", "id": ident, "text": f"{where}中山路{int(at[0]) + 1}号"}
        )

    def _at(self, kind: str) -> Ints:
        count = self._counts.get(kind, 0)
        return span(count, count + 1)

    # -- facts ---------------------------------------------------------------------------------

    def link(self, kind: str, a: str, b: str, since: int, **more: Any) -> str:
        """A relation that holds from a day on."""
        ident = self._id(kind, _PREFIX[kind])
        fact = {"kind": kind, "id": ident, "from": a, "to": b, **more, "valid_from": _day(since)}
        return self._put(fact)

    def end(self, ident: str, on: int) -> None:
        """The fact holds until a day, exclusive."""
        self._put({**self._said[ident], "valid_to": _day(on)})

    def listing(self, company: str, on: int, *, harmless: bool = False, **more: Any) -> str:
        """A company comes onto a list; a `harmless` one makes nobody core."""
        of, field, office = self.dice.pick(_HARMLESS if harmless else _LISTS)
        return self._put(
            {"kind": "listing", "id": self._id("listing", "ls"), "subject": company, "list": of,
             "domain": field, "authority": office, "decided_on": _day(on), "valid_from": _day(on),
             "status": "active", **more}
        )  # fmt: skip

    def lift(self, ident: str) -> None:
        """A listing is lifted: it stands no longer."""
        self._put({**self._said[ident], "status": "lifted"})


def _day(number: int) -> str:
    return dates(np.array([number]))[0]
