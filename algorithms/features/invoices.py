"""What companies invoice and are invoiced: amounts, who with, what, and how much is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from algorithms.features.amounts import F64, STATISTICS, described, sums
from algorithms.features.money import WORDS
from algorithms.features.rhythm import rhythm
from algorithms.features.sheet import Scope, Sheet, telling, windowed
from algorithms.features.table import Feature
from algorithms.flows.windows import Side, side
from algorithms.invoices.ledgers import RED, VOID, books
from graph.columns import I64
from graph.deadline import check

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Books, Invoices

GROUP: Final = "invoices"
_READS: Final = ("invoice",)
_WAYS: Final = {"sold": ("sales", "销项"), "bought": ("purchases", "进项")}
_UNIT: Final = np.float32(0.01)


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    if kind != "company":
        return
    for end, days in windowed(windows):
        told = telling(GROUP, days, _READS)
        for way, (en, zh) in _WAYS.items():
            for name in STATISTICS:
                text, words, unit = WORDS[name]
                unit = "invoices" if name == "known" else unit
                yield told(f"invoices_{way}_{name}_{end}", text.format(f"standing {en}"),
                           words.format(f"有效{zh}"), unit)  # fmt: skip
            yield told(f"invoices_{way}_void_{end}", f"share of {en} that are void",
                       f"{zh}作废占比", "share")  # fmt: skip
            yield told(f"invoices_{way}_red_{end}", f"share of {en} that are red letters",
                       f"{zh}红字占比", "share")  # fmt: skip
            yield told(f"invoices_{way}_partners_{end}", f"different partners of standing {en}",
                       f"有效{zh}对手数", "companies")  # fmt: skip
            yield told(f"invoices_{way}_top_{end}", f"share of the partner with most of the amount"
                       f" of standing {en}", f"有效{zh}最大对手金额占比", "share")  # fmt: skip
            yield told(f"invoices_{way}_goods_{end}", "sum of the squares of the shares that groups"
                       f" of goods have of the amount of standing {en}",
                       f"有效{zh}商品集中度（平方和）", "number")  # fmt: skip
        yield told(f"invoices_bought_to_sold_{end}", "amount of standing purchases over sales",
                   "有效进销金额比", "ratio")  # fmt: skip
        yield told(f"invoices_export_{end}", "share of the amount of standing sales that is export",
                   "有效销项中出口金额占比", "share")  # fmt: skip
        yield told(f"invoices_days_{end}", "days with invoices", "有开票或受票的天数", "days")
    for name, en, zh, unit in (
        ("first_age", "days since the first invoice", "距首张发票天数", "days"),
        ("last_age", "days since the last invoice", "距末张发票天数", "days"),
        ("burstiness", "burstiness of the gaps between invoices, -1 to 1", "发票间隔突发度",
         "number"),
    ):  # fmt: skip
        yield Feature(f"invoices_{name}", GROUP, en, zh, unit, None, _READS)


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`. What stands of an invoice is as `invoice_schemes` has it on that day."""
    kept = books(scope.snapshot, scope.at)
    made = kept.invoices
    after = np.array([instant for _, instant in scope.spans])
    place = np.maximum(kept.places(scope.nodes), 0)
    value = np.where(made.stand, made.net, -1)
    whole = []
    for way, mine, other in (
        ("sold", made.seller, made.buyer),
        ("bought", made.buyer, made.seller),
    ):
        edges = side(kept.n, mine, other, made.time)
        whole.append(edges)
        found = described(edges, value, after, np.arange(kept.n, dtype=np.int32))
        for w, (end, _) in enumerate(scope.spans):
            for s, name in enumerate(STATISTICS):
                unit = _UNIT if WORDS[name][2] == "yuan" else np.float32(1)
                sheet[f"invoices_{way}_{name}_{end}"] = (found[w, s] * unit)[place]
        _shares(scope, sheet, (kept, made), way, place)
    _between(scope, sheet, (kept, made), place)
    _rhythm(scope, sheet, whole, after)


def _shares(scope: Scope, sheet: Sheet, read: tuple[Books, Invoices], way: str, place: Any) -> None:
    kept, made = read
    n = kept.n
    mine, other = (made.seller, made.buyer) if way == "sold" else (made.buyer, made.seller)
    for end, after in scope.spans:
        check()
        here = made.time > after
        stand = here & made.stand
        every = np.bincount(mine[here], minlength=n)[place]
        for name, status in (("void", VOID), ("red", RED)):
            some = np.bincount(mine[here & (made.status == status)], minlength=n)[place]
            sheet.ratio(f"invoices_{way}_{name}_{end}", some, every)
        a, _, amount = _summed(mine[stand], other[stand], made.net[stand])
        total = sums(mine[stand], made.net[stand], n)[place]
        most = np.zeros(n)
        np.maximum.at(most, a, amount)
        sheet[f"invoices_{way}_partners_{end}"] = np.bincount(a, minlength=n)[place]
        sheet.ratio(f"invoices_{way}_top_{end}", most[place], total)
        said = stand & (made.group >= 0)
        a, _, amount = _summed(mine[said], made.group[said], made.net[said])
        total = sums(mine[said], made.net[said], n)
        part = (amount / np.maximum(total[a], 1)) ** 2
        order = np.lexsort((part, a))  # in any order of the goods the same sum
        square = np.bincount(a[order], part[order], n)
        sheet[f"invoices_{way}_goods_{end}"] = np.where(total > 0, square, np.nan)[place]


def _between(scope: Scope, sheet: Sheet, read: tuple[Books, Invoices], place: Any) -> None:
    kept, made = read
    for end, after in scope.spans:
        stand = (made.time > after) & made.stand
        sold = sums(made.seller[stand], made.net[stand], kept.n)[place]
        bought = sums(made.buyer[stand], made.net[stand], kept.n)[place]
        sheet.ratio(f"invoices_bought_to_sold_{end}", bought, sold)
        abroad = stand & made.export
        sheet.ratio(
            f"invoices_export_{end}",
            sums(made.seller[abroad], made.net[abroad], kept.n)[place], sold,
        )  # fmt: skip


def _rhythm(scope: Scope, sheet: Sheet, sides: list[Side], after: I64) -> None:
    kept = books(scope.snapshot, scope.at)
    place = np.maximum(kept.places(scope.nodes), 0)
    told = rhythm(sides[0], sides[1], after, scope.at, np.arange(kept.n, dtype=np.int32))
    for w, (end, _) in enumerate(scope.spans):
        sheet[f"invoices_days_{end}"] = told.days[w][place]
    sheet["invoices_first_age"], sheet["invoices_last_age"] = told.first[place], told.last[place]
    sheet["invoices_burstiness"] = told.bursts[place]


def _summed(mine: Any, other: Any, amount: I64) -> tuple[I64, I64, F64]:
    """The different pairs, and what is between each in all."""
    key, of = np.unique(mine.astype(np.int64) << 32 | other.astype(np.int64), return_inverse=True)
    return key >> 32, key & 0xFFFFFFFF, sums(of, amount, len(key))
