"""What happened: transfers, invoices and calls, in the order of time."""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.generate.days import EVENTS, PRESENT, dates, moments
from ingest.generate.draws import Ints, weighted
from ingest.generate.entities import blocks, parents, trade
from ingest.generate.entity_lines import place_of
from ingest.generate.lines import Section, account_ids, company_ids, phone_ids
from ingest.generate.names import GOODS, RATES, TRADE
from ingest.generate.places import places
from ingest.generate.rings import SECONDS, Plan
from ingest.generate.world import CORE, INSTITUTION, World

_HOURS: Final = weighted(
    [1, 1, 1, 1, 1, 1, 3, 6, 12, 20, 22, 18, 12, 14, 18, 18, 16, 12, 10, 12, 14, 10, 6, 3]
)
_CHANNEL: Final = ("手机银行", "网银", "柜面", "第三方支付", "银企直联")
_CHANNELS: Final = weighted([45, 20, 8, 20, 7])
_CENTS: Final = [f".{cents:02d}" for cents in range(100)]


def _days(at: Ints, count: int) -> Ints:
    """The day of each row: rows run through the period evenly."""
    return EVENTS + at * (PRESENT - EVENTS) // count


def _seconds(world: World, stream: str, at: Ints) -> Ints:
    hour = world.draws.choose(f"{stream}.hour", at, _HOURS)
    return hour * 3_600 + world.draws.below(f"{stream}.second", at, 3_600)


def _partner(world: World, stream: str, at: Ints, source: Ints, size: int) -> Ints:
    """Another of `size`: mostly a neighbour, at times a hub or anyone; never `source` itself."""
    draws = world.draws
    other = (source + draws.tail(f"{stream}.near", at, 1.0, 1.7, 4_000)) % size
    sort = draws.below(f"{stream}.sort", at, 100)
    hub, any_ = np.flatnonzero(sort >= 75), np.flatnonzero((sort >= 55) & (sort < 75))
    other[hub] = draws.head(f"{stream}.hub", at[hub], size, 2)
    other[any_] = draws.below(f"{stream}.any", at[any_], size)
    return np.where(other == source, (other + 1) % size, other)


def _money(cents: Ints) -> list[str]:
    whole, rest = np.divmod(cents, 100)
    return [f"{w}{_CENTS[c]}" for w, c in zip(whole.tolist(), rest.tolist(), strict=True)]


def transfers(world: World, count: int, plan: Plan) -> Section:
    """Transfers with heavy-tailed, often round amounts; planted hops stand at their rows."""
    draws = world.draws
    plan.place(count)
    channels = [f',"channel":"{name}"' for name in _CHANNEL]
    planted = np.array(sorted(plan.hops), dtype=np.int64)
    for at in blocks(count):
        source = draws.below("payer", at, world.accounts)
        busy = draws.chance("payer.busy", at, 0.2)
        source[busy] = draws.head("payer.hub", at[busy], world.accounts, 2)
        target = _partner(world, "payee", at, source, world.accounts)
        cents = draws.tail("amount", at, 8_000.0, 2.2, 50_000_000_000)
        habit = draws.below("amount.habit", at, 20)
        unit = np.where(habit < 7, 10_000, np.where(habit < 10, 100_000, 1))
        cents = np.maximum(cents // unit, 1) * unit
        day_of, second = _days(at, count), _seconds(world, "transfer", at)
        for row in planted[np.searchsorted(planted, at[0]) : np.searchsorted(planted, at[-1] + 1)]:
            cycle, hop = plan.hops[int(row)]
            k = int(row - at[0])
            source[k] = cycle.accounts[hop]
            target[k] = cycle.accounts[(hop + 1) % len(cycle.accounts)]
            cents[k] = cycle.cents[hop]
            day_of[k] = EVENTS + cycle.seconds[hop] // SECONDS
            second[k] = cycle.seconds[hop] % SECONDS
        channel = draws.choose("channel", at, _CHANNELS).tolist()
        yield [
            f'{{"kind":"transfer","id":"tr{n}","from":"{a}","to":"{b}","amount":"{m}"'
            f',"currency":"CNY","at":"{t}"{channels[c]}}}'
            for n, a, b, m, t, c in zip(
                (at + 1).tolist(),
                account_ids(world, source),
                account_ids(world, target),
                _money(cents),
                moments(day_of, second),
                channel,
                strict=True,
            )
        ]


def _seller_and_buyer(world: World, at: Ints, days: Ints) -> tuple[Ints, Ints]:
    """Two companies that existed on the day; who issues is in business."""
    draws = world.draws
    seller = draws.below("seller", at, world.companies)
    busy = draws.chance("seller.busy", at, 0.2)
    seller[busy] = draws.head("seller.hub", at[busy], world.companies, 2)
    public = world.form[seller] >= INSTITUTION
    seller[public] = parents(world, seller[public])
    seller = world.acting("seller.acting", at, days, seller)
    buyer = _partner(world, "buyer", at, seller, world.companies)
    buyer = world.acting("buyer.acting", at, days, buyer)
    same = buyer == seller
    buyer[same] = (seller[same] // CORE * CORE + (seller[same] + 1) % CORE) % world.companies
    return seller, np.where(buyer == seller, (buyer + 1) % world.companies, buyer)


def invoices(world: World, count: int) -> Section:
    """Invoices with tax by line of business; one in eighty takes back the one before it."""
    draws, here = world.draws, places()
    for at in blocks(count):
        red = (at % 50 == 49) & draws.chance("red", at, 0.6)
        void = (at % 50 < 48) & draws.chance("void", at, 0.008)
        of = np.where(red, at - 1, at)
        days = _days(of, count)
        seller, buyer = _seller_and_buyer(world, of, days)
        goods = trade(draws, seller)
        odd = draws.chance("goods.odd", of, 0.06)
        goods[odd] = draws.choose("goods", of[odd], TRADE)
        net = draws.tail("net", of, 80_000.0, 2.0, 20_000_000_000)
        tax = (net * RATES[goods] + 50) // 100
        sign = np.where(red, "-", "").tolist()
        status = np.where(red, 1, np.where(void, 2, 0)).tolist()
        year = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) - 30
        province = here.codes[place_of(draws, world.home(seller))] // 10_000
        serial = draws.permuted("invoice.number", at, 10**13)
        yield [
            f'{{"kind":"invoice","id":"iv{n}","from":"{a}","to":"{b}","amount":"{s}{m}"'
            f',"tax":"{s}{x}","goods":"{GOODS[g]}","number":"{y}{p}200{q:013d}","at":"{d}"'
            + (
                ',"status":"issued"}',
                f',"status":"red","attrs":{{"red_of":"iv{n - 1}"}}}}',
                ',"status":"void"}',
            )[k]
            for n, a, b, s, m, x, g, y, p, q, d, k in zip(
                (at + 1).tolist(),
                company_ids(world, seller),
                company_ids(world, buyer),
                sign,
                _money(net + tax),
                _money(tax),
                goods.tolist(),
                year.tolist(),
                province.tolist(),
                serial.tolist(),
                dates(_days(at, count)),
                status,
                strict=True,
            )
        ]


def calls(world: World, count: int) -> Section:
    """Calls: mostly within a circle, some to and from busy lines."""
    draws = world.draws
    for at in blocks(count):
        source = draws.below("caller", at, world.phones)
        busy = draws.chance("caller.busy", at, 0.15)
        source[busy] = draws.head("caller.hub", at[busy], world.phones, 2)
        target = _partner(world, "callee", at, source, world.phones)
        duration = draws.tail("duration", at, 8.0, 1.9, 7_200).tolist()
        yield [
            f'{{"kind":"call","id":"ca{n}","from":"{a}","to":"{b}","at":"{t}","duration":{x}}}'
            for n, a, b, t, x in zip(
                (at + 1).tolist(),
                phone_ids(world, source),
                phone_ids(world, target),
                moments(_days(at, count), _seconds(world, "call", at)),
                duration,
                strict=True,
            )
        ]
