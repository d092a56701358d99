"""Lines of a world with schemes: entities, then states in a shuffled order, then events by time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ingest.generate.days import dates, ends, moments
from ingest.generate.draws import Ints, span
from ingest.generate.entities import STEP
from ingest.generate.schemes import register
from ingest.generate.schemes.book import CHANNELS, LETTERS, SHIFT, STATES, Book, Fact, numbered
from ingest.generate.schemes.goods import CODES
from ingest.generate.schemes.town import DAY, Census, Town, Whose

Section = Iterator[list[str]]

PREFIX = {
    "legal_representative": "lr",
    "officer": "of",
    "controller": "ct",
    "shareholder": "sh",
    "employs": "em",
    "kin": "ki",
    "nominee": "no",
    "branch": "br",
    "holds_account": "ha",
    "uses_phone": "up",
    "uses_device": "ud",
    "located_at": "la",
    "participated": "pt",
    "transfer": "tr",
    "withdrawal": "wd",
    "call": "ca",
    "invoice": "iv",
}
_NAMES = {
    "c": "company",
    "p": "person",
    "a": "account",
    "ph": "phone",
    "ad": "address",
    "d": "device",
    "ev": "event",
}
_CENTS = [f".{cents:02d}" for cents in range(100)]


class Ids:
    """Numbers of entities and facts, from slots and rows."""

    def __init__(self, town: Town, book: Book) -> None:
        sizes = {
            "c": town.companies,
            "p": town.persons,
            "a": town.accounts,
            "ph": town.phones,
            "ad": town.addresses,
            "d": town.devices,
            "ev": len(town.event_types),
        }
        self._entities = {
            letters: numbered(town.draws, _NAMES[letters], size) for letters, size in sizes.items()
        }
        self.rows = {kind: book.numbers(kind) for kind in PREFIX}

    def of(self, letters: str, slots: Ints) -> list[str]:
        """Ids of entities of one kind."""
        return [f"{letters}{n}" for n in self._entities[letters][slots].tolist()]

    def who(self, whose: Whose) -> str:
        """Id of one entity."""
        return f"{whose[0]}{self._entities[whose[0]][whose[1]]}"

    def fact(self, fact: Fact) -> str:
        """Id of one fact."""
        return f"{PREFIX[fact[0]]}{self.rows[fact[0]][fact[1]]}"

    def ends(self, refs: Ints) -> list[str]:
        """Ids of the ends of states."""
        sort, slot = refs >> SHIFT, refs & ((1 << SHIFT) - 1)
        number = np.empty_like(slot)
        for k, letters in enumerate(LETTERS):
            here = sort == k
            number[here] = self._entities[letters][slot[here]]
        return [LETTERS[k] + str(n) for k, n in zip(sort.tolist(), number.tolist(), strict=True)]


def entities(town: Town, census: Census) -> Iterator[tuple[str, Section]]:
    """All entities."""
    yield "company", register.companies(census)
    yield "person", register.persons(town)
    yield "account", register.accounts(town)
    yield "phone", register.phones(town)
    yield "address", register.addresses(town)
    yield "device", register.devices(town)
    yield "event", register.events(town)


def facts(
    book: Book, ids: Ids, columns: dict[str, dict[str, Ints]]
) -> Iterator[tuple[str, Section]]:
    """All relations."""
    for kind in STATES:
        yield kind, _states(kind, book, ids, columns[kind])
    yield "transfer", _payments("transfer", ids, columns["transfer"])
    yield "withdrawal", _payments("withdrawal", ids, columns["withdrawal"])
    yield "invoice", _invoices(ids, columns["invoice"], book)
    yield "call", _calls(ids, columns["call"])


def money(cents: Ints) -> list[str]:
    """Decimal text of amounts."""
    whole, rest = np.divmod(np.abs(cents), 100)
    sign = np.where(cents < 0, "-", "").tolist()
    return [
        f"{s}{w}{_CENTS[c]}" for s, w, c in zip(sign, whole.tolist(), rest.tolist(), strict=True)
    ]


def _pieces(order: Ints) -> Iterator[Ints]:
    for low in range(0, len(order), STEP):
        yield order[low : low + STEP]


def _more(kind: str, book: Book) -> Callable[[int, int], str]:
    """The further members of a state, from its text and its value."""
    texts = book.texts
    if kind == "shareholder":
        return lambda _, value: f',"share":{value / 10_000!r}' if value else ""
    if kind in ("controller", "nominee"):
        return lambda text, _: f',"basis":"{texts[text]}"' if text else ""
    if kind == "participated":
        return lambda text, value: (
            f',"role":"{texts[text]}"'
            + (f',"amount":"{value // 100}{_CENTS[value % 100]}"' if value else "")
        )
    return lambda text, _: f',"role":"{texts[text]}"' if text else ""


def _states(kind: str, book: Book, ids: Ids, column: dict[str, Ints]) -> Section:
    number, more = ids.rows[kind], _more(kind, book)
    for rows in _pieces(np.argsort(number, kind="stable")):
        yield [
            f'{{"kind":"{kind}","id":"{PREFIX[kind]}{n}","from":"{a}","to":"{b}"{more(t, v)}'
            f',"valid_from":"{s}"{e}}}'
            for n, a, b, t, v, s, e in zip(
                number[rows].tolist(),
                ids.ends(column["from"][rows]),
                ids.ends(column["to"][rows]),
                column["text"][rows].tolist(),
                column["value"][rows].tolist(),
                dates(column["start"][rows]),
                ends(column["end"][rows]),
                strict=True,
            )
        ]


def by_time(number: Ints, at: Ints) -> Ints:
    """Rows in the order of time; what is of one moment in that of its shuffled number."""
    return np.lexsort((number, at))


def _payments(kind: str, ids: Ids, column: dict[str, Ints]) -> Section:
    number, channel = ids.rows[kind], [f',"channel":"{name}"' for name in CHANNELS]
    for rows in _pieces(by_time(number, column["at"])):
        day_of, second = np.divmod(column["at"][rows], DAY)
        yield [
            f'{{"kind":"{kind}","id":"{PREFIX[kind]}{n}","from":"{a}","to":"{b}","amount":"{m}"'
            f',"currency":"CNY","at":"{t}"{channel[c]}}}'
            for n, a, b, m, t, c in zip(
                number[rows].tolist(),
                ids.of("a", column["from"][rows]),
                ids.of("a", column["to"][rows]),
                money(column["cents"][rows]),
                moments(day_of, second),
                column["channel"][rows].tolist(),
                strict=True,
            )
        ]


def _invoices(ids: Ids, column: dict[str, Ints], book: Book) -> Section:
    number = ids.rows["invoice"]
    status = [',"status":"issued"', ',"status":"red"', ',"status":"void"']
    for rows in _pieces(by_time(number, column["at"])):
        of = column["red_of"][rows]
        earlier = np.where(of >= 0, number[of], 0).tolist()
        serial = book.draws.permuted("invoice.number", number[rows], 10**14).tolist()
        attrs = [
            ""
            if not r and not x
            else ',"attrs":{'
            + ",".join([f'"red_of":"iv{r}"'] * (r > 0) + ['"export":true'] * x)
            + "}"
            for r, x in zip(earlier, column["export"][rows].tolist(), strict=True)
        ]
        yield [
            f'{{"kind":"invoice","id":"iv{n}","from":"{a}","to":"{b}","amount":"{m}","tax":"{x}"'
            f',"goods":"{CODES[g]}","number":"{q:020d}","at":"{d}"{status[s]}{more}}}'
            for n, a, b, m, x, g, q, d, s, more in zip(
                number[rows].tolist(),
                ids.of("c", column["from"][rows]),
                ids.of("c", column["to"][rows]),
                money(column["cents"][rows]),
                money(column["tax"][rows]),
                column["goods"][rows].tolist(),
                serial,
                dates(column["at"][rows]),
                column["status"][rows].tolist(),
                attrs,
                strict=True,
            )
        ]


def _calls(ids: Ids, column: dict[str, Ints]) -> Section:
    number = ids.rows["call"]
    for rows in _pieces(by_time(number, column["at"])):
        day_of, second = np.divmod(column["at"][rows], DAY)
        yield [
            f'{{"kind":"call","id":"ca{n}","from":"{a}","to":"{b}","at":"{t}","duration":{x}}}'
            for n, a, b, t, x in zip(
                number[rows].tolist(),
                ids.of("ph", column["from"][rows]),
                ids.of("ph", column["to"][rows]),
                moments(day_of, second),
                column["duration"][rows].tolist(),
                strict=True,
            )
        ]


def truth(
    book: Book, ids: Ids, columns: dict[str, dict[str, Ints]], planted: list[Any], difficulty: str
) -> list[dict[str, Any]]:
    """What was planted, by the ids of the file, in a shuffled order."""
    rows = []
    numbers = numbered(book.draws, "scheme", len(planted))
    for number, one in sorted(
        zip(numbers.tolist(), planted, strict=True), key=lambda pair: pair[0]
    ):
        when: list[int] = []
        amount = 0
        for kind, row in one.facts:
            if kind in columns and "at" in columns[kind]:
                at = int(columns[kind]["at"][row])
                when.append(at * DAY if kind == "invoice" else at)
                if "cents" in columns[kind]:
                    amount += int(columns[kind]["cents"][row])
            elif kind == "participated":
                when.append(int(columns[kind]["start"][row]) * DAY)
        stamps = np.array([min(when), max(when)] if when else [], dtype=np.int64)
        texts = moments(*np.divmod(stamps, DAY)) if when else [None, None]
        cents = one.amount if one.amount is not None else amount
        rows.append(
            {
                "id": f"scheme-{number}",
                "pattern": one.pattern,
                "innocent": bool(one.look_alike),
                "look_alike": one.look_alike or None,
                "difficulty": difficulty,
                "members": [ids.who(whose) for whose in one.members],
                "circle": [ids.who(whose) for whose in one.circle],
                "tools": [ids.who(whose) for whose in one.tools],
                "facts": [ids.fact(fact) for fact in one.facts],
                "amount": f"{cents // 100}.{cents % 100:02d}" if cents else None,
                "begins": texts[0],
                "ends": texts[1],
            }
        )
    return rows


__all__ = ["Ids", "entities", "facts", "span", "truth"]
