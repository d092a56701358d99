"""The facts of a world with schemes, as columns, until they are sorted, numbered and written.

A fact is known by (kind, row) while the world is made; its id is made of the row's place in a
shuffle, so ids tell neither order nor purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ingest.generate.draws import Draws, Ints, span, weighted
from ingest.generate.schemes.goods import RATE
from ingest.generate.schemes.town import DAY, END, Town, Whose

Fact = tuple[str, int]

ISSUED, RED, VOID = range(3)

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "transfer": ("from", "to", "cents", "at", "channel"),
    "withdrawal": ("from", "to", "cents", "at", "channel"),
    "call": ("from", "to", "duration", "at"),
    "invoice": ("from", "to", "cents", "tax", "goods", "at", "status", "red_of", "export"),
}
# Of states the ends are numbers made by `ref`, `text` an entry of `texts`, `value` by kind.
STATE: Final = ("from", "to", "start", "end", "text", "value")
STATES: Final = (
    "legal_representative", "officer", "controller", "shareholder", "employs", "kin", "nominee",
    "branch", "holds_account", "uses_phone", "uses_device", "located_at", "participated",
)  # fmt: skip
LETTERS: Final = ("c", "p", "a", "ph", "ad", "d", "ev")
SHIFT: Final = 40
CHANNELS: Final = ("手机银行", "网银", "柜面", "第三方支付", "银企直联")
CHANNEL: Final = weighted([45, 20, 8, 20, 7])


def ref(letters: str, slots: Ints | int) -> Ints:
    """What stands for an entity among the ends of states."""
    return np.asarray(slots, dtype=np.int64) + (LETTERS.index(letters) << SHIFT)


def one(whose: Whose) -> int:
    """The number that stands for one entity."""
    return whose[1] + (LETTERS.index(whose[0]) << SHIFT)


@dataclass
class _Sheet:
    """Rows of one kind: ready blocks, and single rows since the last of them."""

    names: tuple[str, ...]
    blocks: list[list[Ints]] = field(default_factory=list)
    rows: list[tuple[int, ...]] = field(default_factory=list)
    count: int = 0

    def close(self) -> None:
        if self.rows:
            whole = np.array(self.rows, dtype=np.int64)
            self.blocks.append([whole[:, k].copy() for k in range(len(self.names))])
            self.rows = []


class Book:
    """All facts but entities."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.draws: Draws = town.draws
        self.sheets = {kind: _Sheet(names) for kind, names in COLUMNS.items()}
        self.sheets |= {kind: _Sheet(STATE) for kind in STATES}
        self.texts: list[str] = [""]
        self._text_of: dict[str, int] = {"": 0}

    def text(self, text: str) -> int:
        """The number that stands for a text (a role)."""
        if text not in self._text_of:
            self._text_of[text] = len(self.texts)
            self.texts.append(text)
        return self._text_of[text]

    def add(self, kind: str, **columns: Ints) -> Ints:
        """Rows of a kind; what was added before keeps its row. Gives the new rows' numbers."""
        sheet = self.sheets[kind]
        sheet.close()
        size = len(columns["from"])
        rows = span(sheet.count, sheet.count + size)
        sheet.blocks.append([np.asarray(columns.pop(name), dtype=np.int64) for name in sheet.names])
        sheet.count += size
        return rows

    def _row(self, kind: str, *values: int) -> Fact:
        sheet = self.sheets[kind]
        sheet.rows.append(values)
        sheet.count += 1
        return kind, sheet.count - 1

    # Single facts.

    def pay(self, source: int, target: int, cents: int, at: int, channel: int = -1) -> Fact:
        """A transfer between accounts, at a second since 1970-01-01 in local time."""
        return self._row(
            "transfer", source, target, max(cents, 1), min(at, END * DAY - 60), channel
        )

    def withdraw(self, source: int, target: int, cents: int, at: int) -> Fact:
        """Cash from an account, out of the cash account of a bank."""
        return self._row("withdrawal", source, target, max(cents, 1), min(at, END * DAY - 60), 2)

    def call(self, source: int, target: int, seconds: int, at: int) -> Fact:
        """A call between phones."""
        return self._row("call", source, target, max(seconds, 1), min(at, END * DAY - 60))

    def invoice(self, seller: int, buyer: int, cents: int, goods: int, when: int, *,
                status: int = ISSUED, red_of: int = -1, export: bool = False) -> Fact:  # fmt: skip
        """An invoice of an amount with tax on a day; a red one has a negative amount."""
        rate = 0 if export else int(RATE[goods])
        tax = cents * rate // (100 + rate) if cents >= 0 else -(-cents * rate // (100 + rate))
        return self._row(
            "invoice", seller, buyer, cents, tax, goods, min(when, END - 1), status, red_of,
            int(export),
        )  # fmt: skip

    def red(self, fact: Fact, when: int) -> Fact:
        """The red-letter invoice that takes back a single one made just before."""
        sheet = self.sheets["invoice"]
        row = sheet.rows[fact[1] - (sheet.count - len(sheet.rows))]
        return self.invoice(
            row[0], row[1], -row[2], row[4], when, status=RED, red_of=fact[1], export=bool(row[8])
        )

    def cents_of(self, fact: Fact) -> int:
        """The amount of a single invoice made since the last block of them."""
        sheet = self.sheets["invoice"]
        return sheet.rows[fact[1] - (sheet.count - len(sheet.rows))][2]

    def state(self, kind: str, source: Whose, target: Whose, start: int, *, end: int = 0,
              text: str = "", value: int = 0) -> Fact:  # fmt: skip
        """A state from a day on; `text` is its role, `value` a share in basis points or cents."""
        return self._row(kind, one(source), one(target), start, end, self.text(text), value)

    # At the end.

    def columns(self, kind: str) -> dict[str, Ints]:
        """The whole of a kind, in the order of rows."""
        sheet = self.sheets[kind]
        sheet.close()
        if not sheet.blocks:
            return {name: np.zeros(0, dtype=np.int64) for name in sheet.names}
        found = {
            name: np.concatenate([block[k] for block in sheet.blocks])
            for k, name in enumerate(sheet.names)
        }
        sheet.blocks = []
        return found

    def numbers(self, kind: str) -> Ints:
        """The number in the id of each row of a kind, from 1."""
        size = self.sheets[kind].count
        return numbered(self.draws, kind, size)


def numbered(draws: Draws, name: str, size: int) -> Ints:
    """A shuffle of 1..size that belongs to a name: an order of random bits, ties by slot."""
    order = np.argsort(draws.bits(f"number.{name}", span(0, size)), kind="stable")
    out = np.empty(size, dtype=np.int64)
    out[order] = span(1, size + 1)
    return out


@dataclass
class Planted:
    """What was planted, by slots and rows; `innocent` where it only looks like a scheme."""

    pattern: str
    members: list[Whose]
    facts: list[Fact]
    circle: list[Whose] = field(default_factory=list)
    look_alike: str = ""
    amount: int | None = None
    tools: list[Whose] = field(default_factory=list)  # accounts of its members, as guilty as they
