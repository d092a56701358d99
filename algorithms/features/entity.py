"""What the records of a subject say of it: its age, form, capital, listings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import orjson

from algorithms.features.sheet import Scope, Sheet
from algorithms.features.table import Feature
from graph.deadline import check
from graph.limbs import stood
from graph.times import DAY, INF, NEG

GROUP: Final = "entity"
_CHUNK: Final = 50_000  # records read at a time
# What attributes say, as flags: by kind, the attribute, and words of which one is in its text.
_FLAGS: Final[dict[str, tuple[str, dict[str, tuple[str, ...]]]]] = {
    "account": (
        "type",
        {
            "card": ("card", "卡"),
            "corporate": ("corporate", "对公"),
            "wallet": ("wallet", "钱包"),
        },
    ),
    "company": (
        "form",
        {
            "limited": ("有限责任", "limited liability"),
            "branch": ("分公司", "分支", "branch"),
            "joint_stock": ("股份", "joint stock"),
            "sole_trader": ("个体", "sole trader"),
            "sole_proprietor": ("独资", "sole proprietor"),
            "partnership": ("合伙", "partnership"),
            "state_organ": ("机关", "state organ"),
            "institution": ("事业", "institution"),
            "social": ("社会", "基金会", "social"),
        },
    ),
}
_CAPITAL: Final = ("capital", "registered_capital")


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    del windows
    yield Feature("entity_age", GROUP, "days since it began, as its newest record says",
                  "自成立（生效）起天数, 以最新记录为准", "days")  # fmt: skip
    yield Feature("entity_ended", GROUP, "1 where it has ended by the day, else 0",
                  "当日是否已注销或终止", "flag")  # fmt: skip
    yield Feature(
        "entity_records", GROUP, "records of it that had begun", "已生效记录数", "records"
    )
    yield Feature("entity_listings_now", GROUP, "lists it is on that are in force on the day",
                  "当日有效名单数", "listings")  # fmt: skip
    yield Feature("entity_listings_total", GROUP, "lists it was ever put on by the day",
                  "截至当日曾列入名单数", "listings")  # fmt: skip
    if kind in _FLAGS:
        attribute, flags = _FLAGS[kind]
        for flag in flags:
            yield Feature(f"entity_{attribute}_{flag}", GROUP, f"1 where its {attribute} is"
                          f" {flag.replace('_', ' ')}; not known where none is said",
                          f"{attribute}属性为{flag}", "flag")  # fmt: skip
    if kind == "company":
        yield Feature("entity_capital", GROUP, "registered capital, as its newest record says",
                      "注册资本", "yuan")  # fmt: skip


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`. Linear in the records; the attributes of accounts and companies are read from
    the store."""
    snapshot, nodes = scope.snapshot, scope.nodes
    began = scope.began[nodes]
    known = began != NEG
    age = np.full(len(nodes), np.nan)
    age[known] = (scope.at - began[known]) / DAY
    sheet["entity_age"] = np.floor(age)
    records = snapshot.known_nodes()
    records = records[snapshot.record_begins(records) <= scope.at]
    rep = snapshot.nodes.rep[records]
    until = np.full(snapshot.n, NEG)
    ends = snapshot.nodes.vt[records]
    np.maximum.at(until, rep, np.where(ends > scope.at, INF, ends))
    sheet["entity_ended"] = until <= scope.at
    sheet["entity_records"] = np.bincount(rep, minlength=snapshot.n)
    now, ever = np.zeros(snapshot.n), np.zeros(snapshot.n)
    for node, _, listing in snapshot.listings_known():
        subject = snapshot.nodes.rep[node]
        ever[subject] += listing.vf <= scope.at
        if listing.vf <= scope.at < listing.vt:
            now[subject] += stood(orjson.loads(listing.payload), listing.vt)
    sheet["entity_listings_now"], sheet["entity_listings_total"] = now, ever
    if scope.kind in _FLAGS:
        _attributes(scope, sheet)


def _attributes(scope: Scope, sheet: Sheet) -> None:
    """Of several records of a subject the newest that says something counts, by the day since when
    it holds, then by name."""
    attribute, flags = _FLAGS[scope.kind]
    found = {flag: np.full(len(scope.nodes), np.nan, np.float32) for flag in flags}
    capital = np.full(len(scope.nodes), np.nan)
    for begin in range(0, len(scope.nodes), _CHUNK):
        check()
        part = scope.nodes[begin : begin + _CHUNK].tolist()
        place = {node: begin + i for i, node in enumerate(part)}
        said = scope.snapshot.stated(part)
        order = sorted(said, key=lambda record: (said[record].vf, said[record].name))
        for record in order:
            if said[record].vf > scope.at:
                continue
            attrs = said[record].payload.get("attrs") or {}
            at = place[int(scope.snapshot.nodes.rep[record])]
            if isinstance(text := attrs.get(attribute), str) and text:
                for flag, words in flags.items():
                    found[flag][at] = any(word in text.casefold() for word in words)
            for name in _CAPITAL:
                if (amount := _number(attrs.get(name))) is not None:
                    capital[at] = amount
    for flag, values in found.items():
        sheet[f"entity_{attribute}_{flag}"] = values
    if "entity_capital" in sheet:
        sheet["entity_capital"] = capital


def _number(said: Any) -> float | None:
    """A number that is stated as one or as decimal text."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        found = float(Decimal(str(said)[:64]))
    except InvalidOperation:
        return None
    return found if math.isfinite(found) and found >= 0 else None
