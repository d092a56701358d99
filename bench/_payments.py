"""A year of payments to measure on: heavy-tailed accounts, habits, hubs, planted cycles and fans.

At size 1: a million accounts of persons and companies, ten million transfers. Ends come half from
the contacts of the payer (in its neighbourhood, paid again and again), else from anywhere by how
busy an account is; beside them hubs: merchants, payrolls, platforms, the largest with a tenth of
all transfers. Linear time; the same seed gives the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from bench._lines import DAY, Ints, blocks, chosen, days, moments, money, numbers, write

ACCOUNTS, TRANSFERS = 1_000_000, 10_000_000
BEGIN, DAYS = int(np.datetime64("2024-01-01", "D").astype(int)), 365
_HOURS = np.array([2, 1, 1, 1, 1, 2, 5, 12, 25, 36, 40, 36, 30, 30, 36, 40, 38, 34, 30, 30, 28, 22,
                   12, 5], float)  # fmt: skip
_CHANNELS = ["", ',"channel":"手机银行"', ',"channel":"网银"', ',"channel":"柜面"']
_HUBS = (  # share of all transfers, how much of it is received
    (0.10, 0.8), *((0.01, 0.97),) * 4, *((0.01, 0.03),) * 3, *((0.01, 0.5),) * 3,
)  # fmt: skip


@dataclass
class Moves:
    """Transfers as columns, and the schemes planted in them by their rows."""

    src: Ints
    dst: Ints
    cents: Ints
    at: Ints
    schemes: list[dict[str, Any]] = field(default_factory=list)


def clock(draw: np.random.Generator, count: int, begin: int, length: int) -> Ints:
    """Local seconds within `length` days from day `begin`; fewer at night and on Sundays."""
    day = draw.integers(0, length, count)
    sunday = (day + begin + 3) % 7 == 6
    moved = sunday & (draw.random(count) < 0.4)
    day[moved] = np.maximum(day[moved] - 1, 0)
    hour = draw.choice(24, count, p=_HOURS / _HOURS.sum())
    return (begin + day) * DAY + hour * 3600 + draw.integers(0, 3600, count)


def amounts(draw: np.random.Generator, count: int, median: float, sigma: float) -> Ints:
    """Log-normal amounts in minor units, a part of them round."""
    cents = np.maximum(draw.lognormal(np.log(median * 100), sigma, count), 1).astype(np.int64)
    unit = np.array([1, 1, 1000, 10_000, 100_000])[draw.integers(0, 5, count)]
    return np.minimum(np.maximum(cents // unit, 1) * unit, 10**13)


def _ordinary(draw: np.random.Generator, accounts: int, count: int) -> tuple[Ints, Ints]:
    busy = draw.pareto(1.6, accounts) + 0.15
    ends = np.cumsum(busy / busy.sum())
    ends[-1] = 1.0
    order = draw.permutation(accounts)  # who is busy says nothing about who is near
    src = order[np.searchsorted(ends, draw.random(count))]
    dst = order[np.searchsorted(ends, draw.random(count))]
    contact = draw.random(count) < 0.6
    which = draw.geometric(0.35, int(contact.sum()))  # the first contact is paid most often
    near = (src[contact] * 2_654_435_761 + which * 40_503) % 997 - 498
    dst[contact] = (src[contact] + near) % accounts
    dst = np.where(dst == src, (dst + 1) % accounts, dst)
    return src, dst


def _hubs(draw: np.random.Generator, accounts: int, count: int, moves: list[Moves]) -> None:
    for share, received in _HUBS:
        total = int(share * count)
        hub = int(draw.integers(accounts))
        skew = np.where(draw.random(total) < 0.3, 3.0, 1.0)  # some deal with it again and again
        rank = ((accounts - 2) * draw.random(total) ** skew).astype(np.int64)
        other = (hub + 1 + rank * 7919 % (accounts - 1)) % accounts
        into = draw.random(total) < received
        moves.append(
            Moves(
                np.where(into, other, hub), np.where(into, hub, other),
                amounts(draw, total, 120, 1.2), clock(draw, total, BEGIN, DAYS),
            )
        )  # fmt: skip


def _plant(draw: np.random.Generator, accounts: int, count: int, moves: list[Moves]) -> None:
    """Cycles of six, fans of both kinds, and scatter-gather: 30, 20, 20 and 10 a million rows."""

    def add(pattern: str, src: Ints, dst: Ints, cents: Ints, at: Ints) -> None:
        members = list(dict.fromkeys([*src.tolist(), *dst.tolist()]))
        moves.append(Moves(src, dst, cents, at, [{"pattern": pattern, "members": members}]))

    million = count / 1_000_000
    for _ in range(int(30 * million)):
        ring = draw.choice(accounts, 6, replace=False)
        keep = np.cumprod(draw.uniform(0.95, 0.995, 6))
        cents = (keep * draw.integers(1_000_000, 50_000_000)).astype(np.int64)
        at = np.sort(draw.integers(0, 6 * DAY, 6)) + (BEGIN + draw.integers(DAYS - 7)) * DAY
        add("transfer_cycle", ring, np.roll(ring, -1), cents, at)
    for number in range(int(40 * million)):
        size = int(draw.integers(25, 60))
        people = draw.choice(accounts, size + 1, replace=False)
        hub, rest = np.full(size, people[0]), people[1:]
        cents = np.full(size, draw.integers(4, 50) * 100_000) - draw.integers(0, 5000, size)
        at = (BEGIN + draw.integers(DAYS - 3)) * DAY + draw.integers(0, 3 * DAY, size)
        if number % 2:
            add("fan_in", rest, hub, cents, at)
        else:
            add("fan_out", hub, rest, cents, at)
    for _ in range(int(10 * million)):
        size = int(draw.integers(8, 20))
        people = draw.choice(accounts, size + 2, replace=False)
        first, last, rest = people[0], people[1], people[2:]
        out = draw.integers(100_000, 900_000, size)
        at = (BEGIN + draw.integers(DAYS - 6)) * DAY + draw.integers(0, 2 * DAY, size)
        add(
            "scatter_gather",
            np.concatenate([np.full(size, first), rest]),
            np.concatenate([rest, np.full(size, last)]),
            np.concatenate([out, (out * 0.97).astype(np.int64)]),
            np.concatenate([at, at + draw.integers(3600, 3 * DAY, size)]),
        )


def gathered(moves: list[Moves]) -> Moves:
    """All transfers in the order of time, so that a number tells nothing; schemes by new rows."""
    whole = [np.concatenate([getattr(m, name) for m in moves]) for name in ("src", "dst", "cents")]
    at = np.concatenate([m.at for m in moves])
    order = np.argsort(at, kind="stable")
    place = np.empty(len(at), np.int64)
    place[order] = np.arange(len(at))
    schemes, begin = [], 0
    for part in moves:
        rows = place[begin : begin + len(part.at)]
        schemes += [{**scheme, "rows": np.sort(rows)} for scheme in part.schemes]
        begin += len(part.at)
    return Moves(*(column[order] for column in whole), at[order], schemes)


def payments(seed: int, accounts: int, count: int) -> Moves:
    """The transfers of a world."""
    draw = np.random.default_rng(seed)
    moves: list[Moves] = []
    _hubs(draw, accounts, count, moves)
    _plant(draw, accounts, count, moves)
    rest = count - sum(len(m.at) for m in moves)
    src, dst = _ordinary(draw, accounts, rest)
    moves.append(Moves(src, dst, amounts(draw, rest, 260, 1.5), clock(draw, rest, BEGIN, DAYS)))
    return gathered(moves)


def write_moves(out: BinaryIO, moves: Moves, draw: np.random.Generator) -> None:
    """Transfers, numbered from 1."""
    for part in blocks(len(moves.at)):
        ident = np.arange(part.start, part.stop) + 1
        channel = draw.integers(0, len(_CHANNELS), len(ident))
        write(
            out, '{"kind":"transfer","id":', numbers('"t', ident), '","from":',
            numbers('"a', moves.src[part] + 1), '","to":', numbers('"a', moves.dst[part] + 1),
            '","amount":"', money(moves.cents[part]), '","currency":"CNY","at":"',
            moments(moves.at[part]), '"', chosen(_CHANNELS, channel), "}",
        )  # fmt: skip


def write_accounts(out: BinaryIO, holder: npt.NDArray[np.int64], people: int) -> None:
    """Accounts, and who holds them: `holder` counts persons, then companies from `people` on."""
    for part in blocks(len(holder)):
        ident = np.arange(part.start, part.stop) + 1
        firm = holder[part] >= people
        kind = chosen([',"attrs":{"type":"card"}}', ',"attrs":{"type":"corporate"}}'],
                      firm.astype(np.int8))  # fmt: skip
        write(out, '{"kind":"account","id":', numbers('"a', ident), '"', kind)
        number = np.where(firm, holder[part] - people, holder[part]) + 1
        write(
            out, '{"kind":"holds_account","id":', numbers('"h', ident), '","from":"',
            chosen(["p", "c"], firm.astype(np.int8)), numbers("", number),
            '","to":', numbers('"a', ident), '"}',
        )  # fmt: skip


def write_people(out: BinaryIO, count: int) -> None:
    """Persons without more than a name."""
    for part in blocks(count):
        ident = np.arange(part.start, part.stop) + 1
        write(out, '{"kind":"person","id":', numbers('"p', ident), '","name":',
              numbers('"居民', ident), '"}')  # fmt: skip


def write_companies(out: BinaryIO, founded: Ints) -> None:
    """Companies with the day of their founding."""
    for part in blocks(len(founded)):
        ident = np.arange(part.start, part.stop) + 1
        write(out, '{"kind":"company","id":', numbers('"c', ident), '","name":',
              numbers('"企业', ident), '","valid_from":"', days(founded[part]), '"}')  # fmt: skip


def stamped(seconds: int) -> str:
    """Local seconds as ISO time."""
    return str(moments(np.array([seconds]))[0])


def write_truth(path: Path, moves: Moves, extra: list[dict[str, Any]] | None = None) -> None:
    """What was planted, in the form that worlds with schemes have."""
    found = []
    for scheme in moves.schemes:
        rows = scheme["rows"]
        found.append(
            {
                "pattern": scheme["pattern"], "innocent": False, "look_alike": None,
                "difficulty": "easy", "members": [f"a{a + 1}" for a in scheme["members"]],
                "circle": [], "facts": [f"t{row + 1}" for row in rows.tolist()],
                "amount": str(moves.cents[rows].sum() / 100),
                "begins": stamped(int(moves.at[rows[0]])),
                "ends": stamped(int(moves.at[rows[-1]])),
            }
        )  # fmt: skip
    found += extra or []
    told = [{"id": f"s{number}", **scheme} for number, scheme in enumerate(found, 1)]
    path.write_text(json.dumps({"schemes": told}, ensure_ascii=False))


def generate(path: Path, size: float = 1.0, seed: int = 1) -> None:
    """Write a world of payments and its truth beside it; a million accounts at size 1."""
    accounts, count = int(ACCOUNTS * size), int(TRANSFERS * size)
    draw = np.random.default_rng((seed, 2))
    people, firms = int(accounts * 0.8), int(accounts * 0.06)
    moves = payments(seed, accounts, count)
    with path.open("wb") as out:
        write_people(out, people)
        write_companies(out, BEGIN - draw.integers(30, 9000, firms))
        firm = draw.random(accounts) < 0.1
        holder = draw.permutation(accounts) % people
        holder[firm] = people + draw.integers(0, firms, int(firm.sum()))
        write_accounts(out, holder, people)
        write_moves(out, moves, draw)
    write_truth(path.with_suffix(".truth.json"), moves)
