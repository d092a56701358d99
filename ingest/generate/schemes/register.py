"""Lines of the entities of a world with schemes, in the order of shuffled numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ingest.generate import numbers
from ingest.generate.days import dates, day, ends
from ingest.generate.draws import Draws, Ints, span
from ingest.generate.entities import STEP
from ingest.generate.entity_lines import (
    account_lines,
    address_lines,
    device_lines,
    person_lines,
    phone_lines,
)
from ingest.generate.names import BRAND_1, BRAND_2, BRAND_3
from ingest.generate.places import places
from ingest.generate.schemes import goods
from ingest.generate.schemes.book import numbered
from ingest.generate.schemes.town import (
    ABROAD,
    ACQUIRER,
    BANK,
    CARRIER,
    FOREIGN,
    INSTITUTION,
    LANDLORD,
    LIMITED,
    MAKER,
    ORGAN,
    POWER,
    PRODUCER,
    QUIET,
    RETAIL,
    SERVICE,
    SOCIAL,
    SOLE,
    STATE,
    TREASURY,
    WHOLESALE,
    Census,
    Town,
)  # fmt: skip
from ingest.generate.world import birthdays

FORMS: Final = (
    "有限责任公司", "个体工商户", "有限合伙企业", "分公司", "事业单位", "社会团体", "机关法人",
    "境外企业",
)  # fmt: skip
_REGISTRAR: Final = np.array([91, 92, 91, 91, 12, 51, 11, 91], dtype=np.int64)
_REFORM: Final = day(2015, 10)
_ALL_ADULTS: Final = 1 << 40
_ABROAD: Final = (
    "Pacific",
    "Northern",
    "Atlas",
    "Harbour",
    "Summit",
    "Meridian",
    "Orient",
    "Delta",
)
_BY_ROLE: Final = {
    CARRIER: "物流", LANDLORD: "物业", TREASURY: "国家金库", BANK: "银行", POWER: "供电",
    ACQUIRER: "支付科技", STATE: "国有资产监督管理委员会", FOREIGN: "贸易",
}  # fmt: skip
_QUIET: Final = ("科技", "商贸", "企业管理", "贸易", "信息咨询", "文化传播", "供应链管理")

Section = Iterator[list[str]]


def _shuffled(draws: Draws, name: str, size: int) -> Iterator[tuple[Ints, Ints]]:
    """Numbers from 1 in pieces, with the slot that has each."""
    slots = np.argsort(numbered(draws, name, size), kind="stable")
    for low in range(0, size, STEP):
        part = slots[low : low + STEP]
        yield span(low + 1, low + 1 + len(part)), part


def word_of(census: Census, slot: int, pick: int) -> str:
    """What a company's name says it does."""
    if slot in census.words:
        return census.words[slot]
    role, line = int(census.role[slot]), int(census.line[slot])
    by_line = {PRODUCER: goods.GROWERS, MAKER: goods.MAKERS, WHOLESALE: goods.TRADERS,
               RETAIL: goods.SHOPS}  # fmt: skip
    if role in by_line:
        return by_line[role][line]
    if role == SERVICE:
        return goods.SERVERS[line % len(goods.SERVERS)]
    if role == QUIET:
        return _QUIET[pick % len(_QUIET)]
    return _BY_ROLE.get(role, "商务服务")


def company_names(census: Census, slots: Ints) -> list[str]:
    """City, brand, line of business, legal form."""
    draws, here = census.town.draws, places()
    where = draws.choose("city", slots, here.table).tolist()
    picks = (draws.bits("name", slots) >> np.uint64(33)).astype(np.int64).tolist()
    names = []
    for slot, w, pick in zip(slots.tolist(), where, picks, strict=True):
        form, city = int(census.form[slot]), here.cities[w]
        word = word_of(census, slot, pick)
        brand = BRAND_1[pick % len(BRAND_1)] + BRAND_2[pick // 97 % len(BRAND_2)]
        brand += BRAND_3[pick // 9_409 % len(BRAND_3)]
        if form == ABROAD:
            names.append(f"{_ABROAD[slot % len(_ABROAD)]} {_ABROAD[pick % 7]} Trading {slot}")
        elif form == ORGAN:
            names.append(f"{city}{word}")
        elif form in (INSTITUTION, SOCIAL) or form == SOLE:
            names.append(f"{city}{brand}{word}")
        else:
            names.append(f"{city}{brand}{word}有限公司")
    return names


def companies(census: Census) -> Section:
    """Companies with USCC (but those abroad), form, capital, founding and closing days."""
    draws, here = census.town.draws, places()
    sizes = np.array([10, 50, 100, 100, 200, 300, 500, 500, 1000, 1000, 2000, 5000])
    for number, slots in _shuffled(draws, "company", len(census.role)):
        form, founded = census.form[slots], census.founded[slots]
        reformed = (founded >= _REFORM) & (form != ORGAN)
        body = np.where(
            reformed,
            draws.permuted("uscc.new", slots, numbers.NEW_BODIES),
            draws.permuted("uscc.old", slots, numbers.OLD_BODIES),
        )
        codes = numbers.credit_codes(
            _REGISTRAR[form], here.codes[draws.choose("city", slots, here.table)], reformed, body
        )
        capital = sizes[draws.below("capital", slots, len(sizes))].tolist()
        yield [
            f'{{"kind":"company","id":"c{n}","name":"{name}"'
            + (f',"keys":{{"uscc":"{code}"}}' if f != ABROAD else "")
            + f',"attrs":{{"form":"{FORMS[f]}"'
            + (f',"capital":"{money}0000.00"' if f in (LIMITED, SOLE) else "")
            + f'}},"valid_from":"{start}"{end}}}'
            for n, name, code, f, money, start, end in zip(
                number.tolist(), company_names(census, slots), codes, form.tolist(), capital,
                dates(founded), ends(census.closed[slots]), strict=True,
            )
        ]  # fmt: skip


def persons(town: Town) -> Section:
    """Adults with their resident id; 3 % are known by name alone."""
    draws = town.draws
    head = np.array([*town.person_family, 0], dtype=np.int64)
    plain = town.plan.persons
    for number, slots in _shuffled(draws, "person", town.persons):
        family = slots.copy()
        # The third of a household has the surname of the first (see relations.kin).
        third = (slots < plain) & (slots % 3 == 2)
        family[third] -= 2
        made = slots >= plain
        family[made] = head[slots[made] - plain]
        birth, sex = birthdays(draws, slots, _ALL_ADULTS), (slots % 2 == 0).astype(np.int64)
        yield person_lines(draws, number, slots, birth, sex, family)


TYPES: Final = ("card", "corporate", "wallet")


def account_types(town: Town) -> Ints:
    """The type of each account: an entry of TYPES."""
    plan = town.plan
    cards = town.draws.chance("wallet", span(0, plan.cardholders + plan.second_cards), 0.1)
    return np.concatenate((
        np.ones(town.first_card, dtype=np.int64), np.where(cards, 2, 0),
        np.array([TYPES.index(sort) for _, sort, _ in town.holders], dtype=np.int64),
    ))  # fmt: skip


def accounts(town: Town) -> Section:
    """Cards (Luhn), corporate accounts and wallets."""
    types = account_types(town)
    for number, slots in _shuffled(town.draws, "account", town.accounts):
        yield account_lines(town.draws, number, slots, types[slots])


def phones(town: Town) -> Section:
    """Mainland mobiles."""
    for number, slots in _shuffled(town.draws, "phone", town.phones):
        yield phone_lines(town.draws, number, slots)


def addresses(town: Town) -> Section:
    """Addresses: district, road, house, room."""
    for number, slots in _shuffled(town.draws, "address", town.addresses):
        yield address_lines(town.draws, number, slots)


def devices(town: Town) -> Section:
    """Devices, known by a hardware address."""
    for number, slots in _shuffled(town.draws, "device", town.devices):
        yield device_lines(town.draws, number, slots)


def events(town: Town) -> Section:
    """What people took part in together: claims, tenders, exams, tickets."""
    for number, slots in _shuffled(town.draws, "event", len(town.event_types)):
        made = [town.event_types[k] for k in slots.tolist()]
        days = dates(np.array([when for _, when in made], dtype=np.int64))
        yield [
            f'{{"kind":"event","id":"ev{n}","attrs":{{"type":"{sort}"}},"valid_from":"{when}"}}'
            for n, (sort, _), when in zip(number.tolist(), made, days, strict=True)
        ]
