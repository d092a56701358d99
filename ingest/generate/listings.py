"""Black lists, penalties, abnormal-operation entries and red lists, on one company in a hundred."""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.generate.days import PRESENT, dates, day
from ingest.generate.draws import weighted
from ingest.generate.entities import blocks
from ingest.generate.entity_lines import place_of
from ingest.generate.lines import Section, company_ids
from ingest.generate.places import places
from ingest.generate.world import World

# List, domain, authority after the city's name, basis, longest duration in years (0: open), weight.
_LISTS: Final = (
    ("abnormal", "market", "市场监督管理局", "《企业经营异常名录管理暂行办法》", 0, 30),
    ("penalty", "market", "市场监督管理局", "《市场监督管理行政处罚信息公示规定》", 3, 22),
    ("black", "court", "中级人民法院", "《关于公布失信被执行人名单信息的若干规定》", 2, 16),
    ("black", "tax", "税务局", "《重大税收违法失信主体信息公布管理办法》", 3, 8),
    ("penalty", "tax", "税务局稽查局", "《中华人民共和国税收征收管理法》", 3, 6),
    ("black", "market", "市场监督管理局", "《市场监督管理严重违法失信名单管理办法》", 3, 5),
    ("black", "procurement", "财政局", "《中华人民共和国政府采购法》第七十七条", 3, 3),
    (
        "black",
        "labor",
        "人力资源和社会保障局",
        "《拖欠农民工工资失信联合惩戒对象名单管理暂行办法》",
        3,
        3,
    ),
    ("red", "tax", "税务局", "《纳税信用管理办法（试行）》", 1, 7),
)
_LIST: Final = weighted([float(row[5]) for row in _LISTS])


def listings(world: World) -> Section:
    """Listings with authority, basis, decision date, end and status."""
    draws, here, number = world.draws, places(), 0
    for block in blocks(world.companies):
        slots = block[draws.chance("listed", block, 0.01)]
        sort = draws.choose("list", slots, _LIST)
        where = place_of(draws, world.home(slots)).tolist()
        first = np.maximum(world.founded[slots] + 30, day(2018)).astype(np.int64)
        first = np.minimum(first, PRESENT - 1)
        decided = first + draws.below("decided", slots, PRESENT - first)
        years = np.array([row[4] for row in _LISTS])[sort]
        until = decided + 365 * years
        lifted = draws.chance("lifted", slots, 0.12).tolist()
        past = ((years > 0) & (until <= PRESENT)).tolist()
        lines = []
        for k, (subject, decision, end) in enumerate(
            zip(company_ids(world, slots), dates(decided), dates(until), strict=True)
        ):
            sort_of, domain, office, basis, limit, _ = _LISTS[int(sort[k])]
            status = "lifted" if lifted[k] else "expired" if past[k] else "active"
            number += 1
            lines.append(
                f'{{"kind":"listing","id":"ls{number}","subject":"{subject}","list":"{sort_of}"'
                f',"domain":"{domain}","authority":"{here.cities[where[k]]}市{office}"'
                f',"basis":"{basis}","decided_on":"{decision}"'
                + (f',"until":"{end}"' if limit else "")
                + f',"status":"{status}"}}'
            )
        yield lines
