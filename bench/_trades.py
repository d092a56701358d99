"""Two years of invoices to measure on, with who stands behind the companies and what was paid.

At size 1: 300,000 companies, five million invoices along a supply chain by goods code (maker,
wholesaler, retailer; the first three digits are the group), about half of them paid by transfer
some days later, wages and rent of most companies, legal representatives, shareholders, accounts.
Planted beside: circles of invoices, pass-through companies, bursts, and payments that come back.
Linear time; the same seed gives the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bench._lines import DAY, Ints, blocks, chosen, days, money, numbers, write
from bench._payments import (
    Moves,
    clock,
    gathered,
    stamped,
    write_accounts,
    write_companies,
    write_moves,
    write_people,
)

COMPANIES, INVOICES = 300_000, 5_000_000
BEGIN, DAYS = int(np.datetime64("2023-01-01", "D").astype(int)), 731
GROUPS = 120
ISSUED, RED, VOID = 0, 1, 2


@dataclass
class Bills:
    """Invoices as columns (`of`: the invoice that a red one takes back, by row, else -1)."""

    src: Ints
    dst: Ints
    cents: Ints
    goods: Ints
    day: Ints
    status: Ints
    of: Ints
    schemes: list[dict[str, Any]] = field(default_factory=list)


def _bills(src: Ints, dst: Ints, cents: Ints, goods: Ints, day: Ints, pattern: str = "") -> Bills:
    members = list(dict.fromkeys([*src.tolist(), *dst.tolist()])) if pattern else []
    schemes = [{"pattern": pattern, "members": members}] if pattern else []
    zero = np.zeros(len(src), np.int64)
    return Bills(src, dst, cents, goods, day, zero, zero - 1, schemes)


def _chain(draw: np.random.Generator, firms: int, count: int, founded: Ints) -> Bills:
    """Ordinary trade: from each firm to firms of the next tier in its groups, again and again."""
    tier = draw.choice(3, firms, p=[0.25, 0.35, 0.4])
    group = draw.integers(0, GROUPS, firms)
    key = tier * GROUPS + group  # buyers are sought among the firms of one tier and group
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], np.arange(3 * GROUPS + 1))
    busy = draw.pareto(1.5, firms) + 0.2
    busy[tier == 2] *= 0.15  # retailers seldom invoice companies
    ends = np.cumsum(busy / busy.sum())
    ends[-1] = 1.0
    seller = np.searchsorted(ends, draw.random(count))
    which = draw.geometric(0.12, count)  # the same customers again and again
    lower = np.minimum(tier[seller] + 1, 2)
    other = np.where(draw.random(count) < 0.8, group[seller], (group[seller] * 7 + which) % GROUPS)
    cell = lower * GROUPS + other
    size = np.maximum(first[cell + 1] - first[cell], 1)
    hashed = (seller * 2_654_435_761 + which * 97_001) % size
    popular = (hashed * hashed) // size  # some buyers buy from many
    buyer = order[np.minimum(first[cell] + popular, firms - 1)]
    service = draw.random(count) < 0.08  # carriers, advisers: to anybody, so that there are circles
    buyer[service] = draw.integers(0, firms, int(service.sum()))
    buyer = np.where(buyer == seller, (buyer + 1) % firms, buyer)
    late = np.maximum(founded[seller], founded[buyer])
    day = np.maximum(BEGIN + draw.integers(0, DAYS, count), late)
    goods = (100 + group[seller]) * 10_000 + (seller * 31 + which % 4) % 50
    goods[service] = 3_040_000 + seller[service] % 6
    cents = np.maximum(draw.lognormal(np.log(2_000_000), 1.4, count), 1).astype(np.int64)
    return _bills(seller, buyer, cents, goods, day)


def _undone(draw: np.random.Generator, bills: Bills) -> Bills:
    """Two in a hundred void, and one taken back by a red invoice some days later."""
    count = len(bills.src)
    told = draw.random(count)
    bills.status[told < 0.02] = VOID
    of = np.flatnonzero((told >= 0.02) & (told < 0.03))
    day = bills.day[of] + draw.integers(1, 40, len(of))
    return Bills(
        bills.src[of], bills.dst[of], -bills.cents[of], bills.goods[of], day,
        np.full(len(of), RED), of,
    )  # fmt: skip


def _plant(draw: np.random.Generator, firms: int, million: float, founded: Ints) -> list[Bills]:
    """Circles, pass-through companies and bursts: 60, 60 and 40 a million invoices."""
    found = []
    for _ in range(int(60 * million)):
        ring = draw.choice(firms, int(draw.integers(3, 7)), replace=False)
        size = len(ring)
        cents = (draw.integers(20, 900) * 1_000_000 * draw.uniform(0.95, 1.0, size)).astype(int)
        start = max(BEGIN, int(founded[ring].max()))
        day = start + np.sort(draw.integers(0, 60, size))
        goods = np.full(size, 1_000_000 + int(draw.integers(GROUPS)) * 10_000)
        found.append(_bills(ring, np.roll(ring, -1), cents, goods, day, "invoice_cycle"))
    for _ in range(int(60 * million)):
        three = draw.choice(firms, 3, replace=False)
        count = int(draw.integers(10, 30))
        start = max(BEGIN, int(founded[three].max()))
        day = start + draw.integers(0, 200, count)
        cents = draw.integers(50, 500, count) * 1_000_000
        pair = np.full(count, three[0]), np.full(count, three[1]), np.full(count, three[2])
        goods = np.full(2 * count, 1_000_000 + int(draw.integers(GROUPS)) * 10_000)
        found.append(
            _bills(
                np.concatenate(pair[:2]), np.concatenate(pair[1:]),
                np.concatenate([cents, (cents * 1.005).astype(int)]), goods,
                np.concatenate([day, day + draw.integers(0, 4, count)]), "invoice_pass_through",
            )
        )  # fmt: skip
    for _ in range(int(40 * million)):
        count = int(draw.integers(60, 150))
        firm, buyers = int(draw.integers(firms)), draw.choice(firms, 40)
        founded[firm] = BEGIN + int(draw.integers(100, 500))
        day = founded[firm] + 30 + draw.integers(0, 45, count)
        goods = (100 + draw.integers(0, GROUPS, count)) * 10_000
        buyer = buyers[draw.integers(0, 40, count)]
        buyer = np.where(buyer == firm, (buyer + 1) % firms, buyer)
        cents = draw.integers(80, 100, count) * 100_000
        found.append(_bills(np.full(count, firm), buyer, cents, goods, day, "invoice_burst"))
    return found


def _joined(parts: list[Bills]) -> Bills:
    """All invoices by day; schemes and what is taken back by new rows."""
    names = ("src", "dst", "cents", "goods", "status", "of")
    whole = {name: np.concatenate([getattr(p, name) for p in parts]) for name in names}
    day = np.concatenate([p.day for p in parts])
    order = np.argsort(day, kind="stable")
    place = np.empty(len(day), np.int64)
    place[order] = np.arange(len(day))
    whole["of"] = np.where(whole["of"] >= 0, place[whole["of"]], -1)
    schemes, begin = [], 0
    for part in parts:
        rows = np.sort(place[begin : begin + len(part.day)])
        schemes += [{**scheme, "rows": rows} for scheme in part.schemes]
        begin += len(part.day)
    ordered = {name: column[order] for name, column in whole.items()}
    return Bills(day=day[order], schemes=schemes, **ordered)


def _paid(draw: np.random.Generator, bills: Bills, taken: npt.NDArray[np.bool_]) -> Moves:
    """What buyers pay for about half of the invoices, most of it whole, within two months."""
    rows = np.flatnonzero(taken & (bills.status == ISSUED) & (draw.random(len(bills.src)) < 0.5))
    gross = bills.cents[rows] + bills.cents[rows] * 13 // 100
    part = draw.random(len(rows)) < 0.1
    gross[part] = gross[part] * 7 // 10
    at = (bills.day[rows] + draw.integers(0, 60, len(rows))) * DAY
    at += draw.integers(8 * 3600, 18 * 3600, len(rows))
    return Moves(bills.dst[rows], bills.src[rows], gross, at)  # company n holds account n


def _living(draw: np.random.Generator, firms: int, people: int) -> Moves:
    """Wages to two persons and rent to a landlord, month after month, of two thirds of firms."""
    alive = np.flatnonzero(draw.random(firms) < 0.67)
    src, month = np.repeat(alive, 8), np.tile(np.arange(8) * 3, len(alive))
    kind = np.tile(np.arange(8) % 3, len(alive))
    staff = firms + (src * 48_271 + kind * 7) % people
    landlord = src * 31 % max(1, firms // 200)
    dst = np.where(kind < 2, staff, landlord)
    cents = np.where(kind < 2, 600_000 + src % 40 * 10_000, 900_000 + src % 90 * 10_000)
    at = (BEGIN + month * 30 + 9) * DAY + clock(draw, len(src), 0, 1)
    keep = src != dst
    return Moves(src[keep], dst[keep], cents[keep], at[keep])


def _returns(bills: Bills, firms: int, boss: Ints) -> list[Moves]:
    """Of planted circles: the buyer pays, and its legal representative has the money back."""
    found = []
    for scheme in bills.schemes:
        if scheme["pattern"] != "invoice_cycle":
            continue
        row = int(scheme["rows"][0])
        seller, buyer = int(bills.src[row]), int(bills.dst[row])
        gross = int(bills.cents[row]) * 113 // 100
        at = int(bills.day[row] + 2) * DAY + 36_000
        hops = [buyer, seller, firms + int(boss[seller]), firms + int(boss[buyer])]
        if len(set(hops)) < len(hops):
            continue
        cents = np.array([gross, gross * 97 // 100, gross * 96 // 100])
        planted = {"pattern": "payment_return", "members": [buyer, seller]}
        found.append(
            Moves(np.array(hops[:3]), np.array(hops[1:]), cents,
                  at + np.arange(3) * DAY // 2, [planted])
        )  # fmt: skip
    return found


def _write_bills(out: BinaryIO, bills: Bills) -> None:
    endings = [
        '","status":"issued"}', '","status":"red","attrs":{"red_of":"i', '","status":"void"}',
        '","status":"issued","attrs":{"export":true}}',
    ]  # fmt: skip
    for part in blocks(len(bills.src)):
        ident = np.arange(part.start, part.stop) + 1
        state = bills.status[part]
        export = (state == ISSUED) & (bills.src[part] % 97 == 0)
        of = pc.if_else(pa.array(state == RED), numbers("", bills.of[part] + 1, '"}}'), "")
        sign, net = np.sign(bills.cents[part]), np.abs(bills.cents[part])
        write(
            out, '{"kind":"invoice","id":', numbers('"i', ident), '","from":',
            numbers('"c', bills.src[part] + 1), '","to":', numbers('"c', bills.dst[part] + 1),
            '","amount":"', money(sign * (net * 113 // 100)), '","tax":"',
            money(sign * (net * 13 // 100)), '","goods":', numbers('"', bills.goods[part]),
            numbers('","number":"44032', ident * 7_919 % 10**8 + 10**8), '","at":"',
            days(bills.day[part]), chosen(endings, np.where(export, 3, state)), of,
        )  # fmt: skip


def _write_roles(out: BinaryIO, draw: np.random.Generator, boss: Ints, people: int) -> None:
    firms = len(boss)
    for part in blocks(firms):
        ident = np.arange(part.start, part.stop) + 1
        write(out, '{"kind":"legal_representative","id":', numbers('"l', ident), '","from":',
              numbers('"p', boss[part] + 1), '","to":', numbers('"c', ident), '"}')  # fmt: skip
        share = draw.integers(20, 81, len(ident))
        write(out, '{"kind":"shareholder","id":', numbers('"s', ident), '","from":',
              numbers('"p', boss[part] + 1), '","to":', numbers('"c', ident),
              numbers('","share":0.', share), "}")  # fmt: skip
        firm = draw.random(len(ident)) < 0.2
        other = np.where(firm, (ident * 48_271) % firms, draw.integers(0, people, len(ident))) + 1
        rest = 100 - share
        some = np.flatnonzero((other != ident) & (rest < 100))
        write(out, '{"kind":"shareholder","id":', numbers('"z', ident[some]), '","from":"',
              chosen(["p", "c"], firm[some].astype(np.int8)), numbers("", other[some]),
              '","to":', numbers('"c', ident[some]),
              numbers('","share":0.', rest[some]), "}")  # fmt: skip


def _truth(path: Path, bills: Bills, moves: Moves) -> None:
    found = []
    for column, letter, name in ((bills, "i", "c"), (moves, "t", "c")):
        for scheme in column.schemes:
            rows = scheme["rows"]
            when = bills.day[rows] * DAY if column is bills else moves.at[rows]
            found.append(
                {
                    "pattern": scheme["pattern"], "innocent": False, "look_alike": None,
                    "difficulty": "easy", "members": [f"{name}{m + 1}" for m in scheme["members"]],
                    "circle": [], "facts": [f"{letter}{row + 1}" for row in rows.tolist()],
                    "amount": str(column.cents[rows].sum() / 100),
                    "begins": stamped(int(when[0])), "ends": stamped(int(when[-1])),
                }
            )  # fmt: skip
    told = [{"id": f"s{number}", **scheme} for number, scheme in enumerate(found, 1)]
    path.write_text(json.dumps({"schemes": told}, ensure_ascii=False))


def generate(path: Path, size: float = 1.0, seed: int = 1) -> None:
    """Write a world of trade and its truth beside it; 300,000 companies at size 1."""
    firms, count = int(COMPANIES * size), int(INVOICES * size)
    draw = np.random.default_rng((seed, 5))
    people = firms * 9 // 10
    founded = BEGIN - draw.integers(-300, 7000, firms)
    boss = np.minimum(draw.permutation(firms), draw.permutation(firms)) % people
    planted = _plant(draw, firms, count / 1_000_000, founded)
    ordinary = _chain(draw, firms, count - sum(len(p.src) for p in planted), founded)
    red = _undone(draw, ordinary)
    bills = _joined([ordinary, red, *planted])
    fake = np.zeros(len(bills.src), np.bool_)
    for scheme in bills.schemes:
        fake[scheme["rows"]] = True
    undone = np.zeros(len(bills.src), np.bool_)
    undone[bills.of[bills.of >= 0]] = True
    moves = gathered(
        [
            _paid(draw, bills, ~fake & ~undone),
            _living(draw, firms, people),
            *_returns(bills, firms, boss),
        ]
    )
    holder = np.concatenate([people + np.arange(firms), np.arange(people)])
    with path.open("wb") as out:
        write_people(out, people)
        write_companies(out, founded)
        write_accounts(out, holder, people)
        _write_roles(out, draw, boss, people)
        _write_bills(out, bills)
        write_moves(out, moves, draw)
    _truth(path.with_suffix(".truth.json"), bills, moves)
