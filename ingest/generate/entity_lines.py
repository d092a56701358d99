"""Lines of entities, given their numbers and the slots that random streams are drawn at."""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.generate import numbers
from ingest.generate.draws import Draws, Ints
from ingest.generate.names import person_names
from ingest.generate.places import ROADS, places
from ingest.generate.world import DISTRICTS

_DEVICES: Final = ("手机", "手机", "手机", "电脑", "平板", "POS机")


def person_lines(
    draws: Draws, number: Ints, slots: Ints, birth: tuple[Ints, Ints, Ints], sex: Ints, family: Ints
) -> list[str]:
    """Persons with their resident id; 3 % are known by name alone. `birth` is as `birthdays` says,
    `sex` 1 for men, `family` the slot of whom a surname comes from."""
    born, district, half = birth
    codes = places().codes
    date = born.astype("datetime64[D]")
    years = date.astype("datetime64[Y]").astype(np.int64) + 1970
    months = date.astype("datetime64[M]").astype(np.int64) % 12 + 1
    in_month = (date - date.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    ids = numbers.resident_ids(
        codes[district * len(codes) // DISTRICTS],
        years * 10_000 + months * 100 + in_month + 1,
        half * 2 + sex,
    )
    for k in np.flatnonzero(draws.chance("resident.none", slots, 0.03)).tolist():
        ids[k] = ""
    names = person_names(draws, slots, family, years, sex)
    return [
        f'{{"kind":"person","id":"p{n}","name":"{name}"'
        + (f',"keys":{{"resident_id":"{key}"}}}}' if key else "}")
        for n, name, key in zip(number.tolist(), names, ids, strict=True)
    ]


def account_lines(draws: Draws, number: Ints, slots: Ints, sort: Ints) -> list[str]:
    """Cards (Luhn), corporate accounts and wallets: `sort` 0, 1, 2; the number tells which."""
    banks = [name for _, name, _ in numbers.BANKS]
    bank = draws.choose("bank", slots, numbers.BANK)
    body = draws.permuted("account", slots, numbers.CARD_BODIES)
    keys = numbers.corporate_accounts(bank, body)
    for which, made in ((0, numbers.card_numbers(bank, body)), (2, numbers.wallets(body))):
        for k in np.flatnonzero(sort == which).tolist():
            keys[k] = made[k]
    attrs = [
        (f'"card","bank":"{b}"', f'"corporate","bank":"{b}"', '"wallet","bank":"支付宝"')
        for b in banks
    ]
    return [
        f'{{"kind":"account","id":"a{n}","keys":{{"account":"{key}"}},"attrs":{{"type":{attrs[b][t]}}}}}'
        for n, key, b, t in zip(number.tolist(), keys, bank.tolist(), sort.tolist(), strict=True)
    ]


def phone_lines(draws: Draws, number: Ints, slots: Ints) -> list[str]:
    """Mainland mobiles."""
    keys = numbers.mobiles(
        draws.below("phone.prefix", slots, numbers.MOBILE_PREFIXES),
        draws.permuted("phone", slots, numbers.MOBILE_BODIES),
    )
    return [
        f'{{"kind":"phone","id":"ph{n}","keys":{{"e164":"+{key}"}}}}'
        for n, key in zip(number.tolist(), keys, strict=True)
    ]


def address_lines(draws: Draws, number: Ints, slots: Ints) -> list[str]:
    """Addresses: district, road, house, room."""
    here = places()
    columns = zip(
        number.tolist(),
        place_of(draws, slots).tolist(),
        draws.below("road", slots, len(ROADS)).tolist(),
        draws.tail("house", slots, 1.0, 2.2, 1999).tolist(),
        draws.below("floor", slots, 30).tolist(),
        draws.below("room", slots, 20).tolist(),
        strict=True,
    )
    return [
        f'{{"kind":"address","id":"ad{n}","text":'
        f'"{here.full[w]}{ROADS[r]}{h}号{f + 1}{x + 1:02d}室"}}'
        for n, w, r, h, f, x in columns
    ]


def place_of(draws: Draws, address_slots: Ints) -> Ints:
    """The district in which an address lies."""
    return draws.choose("place", address_slots, places().table)


def device_lines(draws: Draws, number: Ints, slots: Ints) -> list[str]:
    """Devices, known by a hardware address."""
    hardware = draws.permuted("device", slots, 1 << 44).tolist()
    sort = draws.below("device.type", slots, len(_DEVICES)).tolist()
    return [
        f'{{"kind":"device","id":"d{n}","attrs":{{"type":"{_DEVICES[t]}","mac":"0{m:011x}"}}}}'
        for n, m, t in zip(number.tolist(), hardware, sort, strict=True)
    ]
