"""Money in and out: amounts, habits, how long it stays. Of people and companies by the accounts
that they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from algorithms.features.amounts import STATISTICS, described, sums
from algorithms.features.rhythm import LOCAL, rhythm
from algorithms.features.sheet import Scope, Sheet, telling, windowed
from algorithms.features.table import Feature
from algorithms.flows.dwelling import dwell
from algorithms.flows.windows import kept
from graph.columns import I32, I64
from graph.deadline import check
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.features.events import Events

Flags = npt.NDArray[np.bool_]
GROUP: Final = "money"
_KINDS: Final = ("account", "person", "company")
_READS: Final = {"account": ("transfer",)}
_HELD: Final = ("transfer", "holds_account")
WAYS: Final = {"out": ("paid out", "转出"), "in": ("paid in", "转入")}
WORDS: Final = {
    "known": ("how many amounts of {} are known", "{}金额已知笔数", "transfers"),
    "sum": ("sum of {}", "{}合计", "yuan"),
    "mean": ("mean of {}", "{}均值", "yuan"),
    "std": ("standard deviation of {}", "{}标准差", "yuan"),
    "min": ("least of {}", "{}最小值", "yuan"),
    "max": ("most of {}", "{}最大值", "yuan"),
    "median": ("median of {}", "{}中位数", "yuan"),
    "skew": ("skewness of {}", "{}偏度", "number"),
    "kurtosis": ("excess kurtosis of {}", "{}超额峰度", "number"),
}
_ROUND: Final = 100_000  # a round amount is a whole number of so many minor units: 1,000 yuan
_NIGHT: Final = (22, 6)  # local hours
_SOON: Final = DAY


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    if kind not in _KINDS:
        return
    reads = _READS.get(kind, _HELD)
    for end, days in windowed(windows):
        told = telling(GROUP, days, reads)
        for way, (en, zh) in WAYS.items():
            for name in STATISTICS:
                text, words, unit = WORDS[name]
                yield told(f"money_{way}_{name}_{end}", text.format(en), words.format(zh), unit)
            yield told(f"money_{way}_transfers_{end}", f"transfers {en}", f"{zh}笔数", "transfers")
            yield told(f"money_{way}_partners_{end}", f"different counterparts {en}",
                       f"{zh}对手数", "subjects")  # fmt: skip
            yield told(f"money_{way}_per_partner_{end}", f"transfers {en} for each counterpart",
                       f"{zh}每对手笔数", "ratio")  # fmt: skip
            yield told(f"money_{way}_round_{end}", f"share of transfers {en} of a whole number of"
                       " thousand yuan", f"{zh}整千金额占比", "share")  # fmt: skip
        yield told(f"money_out_to_in_{end}", "money out over money in", "转出与转入之比", "ratio")
        yield told(f"money_night_{end}", "share of transfers between 22:00 and 6:00",
                   "夜间（22时至6时）占比", "share")  # fmt: skip
        yield told(f"money_days_{end}", "days with transfers", "有转账的天数", "days")
    yield from (
        Feature(f"money_{name}", GROUP, en, zh, unit, None, reads) for name, en, zh, unit in _WHOLE
    )


_WHOLE: Final = (
    ("first_age", "days since the first transfer", "距首笔转账天数", "days"),
    ("last_age", "days since the last transfer", "距末笔转账天数", "days"),
    ("burstiness", "burstiness of the gaps between transfers, -1 to 1", "转账间隔突发度", "number"),
    ("dwell", "days that money which was passed on had stayed, first in first out",
     "资金停留天数（先进先出）", "days"),
    ("passed", "share of money in that was passed on", "转入资金再转出占比", "share"),
    ("passed_soon", "share of money in that was passed on within a day", "一日内转出占比", "share"),
)  # fmt: skip


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`."""
    made = scope.events("transfer")
    after = np.array([instant for _, instant in scope.spans])
    for way, side in (("out", made.out), ("in", made.into)):
        found = described(side, made.value, after, scope.nodes)
        for w, (end, _) in enumerate(scope.spans):
            for s, name in enumerate(STATISTICS):
                unit = 0.01 if WORDS[name][2] == "yuan" else 1.0
                sheet[f"money_{way}_{name}_{end}"] = found[w, s] * np.float32(unit)
    _habits(scope, sheet, made)
    told = rhythm(made.out, made.into, after, scope.at, scope.nodes)
    for w, (end, _) in enumerate(scope.spans):
        sheet[f"money_days_{end}"] = told.days[w]
    sheet["money_first_age"], sheet["money_last_age"] = told.first, told.last
    sheet["money_burstiness"] = told.bursts
    _stays(scope, sheet, made)


def _habits(scope: Scope, sheet: Sheet, made: Events) -> None:
    n, dark = made.n, night(made.time)
    known = made.value >= 0
    even = known & (made.value % _ROUND == 0) & (made.value > 0)
    payer, payee, last = partners(scope, "transfer")
    for end, after in scope.spans:
        check()
        here = made.time > after
        src, dst = made.src[here], made.dst[here]
        total = {}
        for way, mine, pair in (("out", src, payer), ("in", dst, payee)):
            many, others = count(mine, n), count(pair[last > after], n)
            sheet[f"money_{way}_transfers_{end}"] = many
            sheet[f"money_{way}_partners_{end}"] = others
            sheet.ratio(f"money_{way}_per_partner_{end}", many, others)
            sheet.ratio(
                f"money_{way}_round_{end}", count(mine[even[here]], n),
                count(mine[known[here]], n),
            )  # fmt: skip
            total[way] = sums(mine, np.maximum(made.value[here], 0), n)
        sheet.ratio(f"money_out_to_in_{end}", total["out"], total["in"])
        late = dark[here]
        sheet.ratio(
            f"money_night_{end}", count(src[late], n) + count(dst[late], n),
            count(src, n) + count(dst, n),
        )  # fmt: skip


def _stays(scope: Scope, sheet: Sheet, made: Events) -> None:
    worth = made.value > 0
    into, out = kept(made.into, worth), kept(made.out, worth)
    stays = dwell(into, made.value[into.edge], out, made.value[out.edge], _SOON, scope.at)
    sheet.ratio("money_dwell", stays.stayed / DAY, stays.passed)
    came = sums(made.dst[worth], made.value[worth], made.n)  # also where nothing went out
    sheet.ratio("money_passed", stays.passed, came)
    sheet.ratio("money_passed_soon", stays.soon, came)


def night(time: I64) -> Flags:
    """Which moments are at night."""
    hour = (time + LOCAL) // 3_600_000_000 % 24
    found: Flags = (hour >= _NIGHT[0]) | (hour < _NIGHT[1])
    return found


def count(of: I32 | I64, n: int) -> I64:
    """How often each node below n is there."""
    found: I64 = np.bincount(of, minlength=n)
    return found


def partners(scope: Scope, relation: str) -> tuple[I64, I64, I64]:
    """The different pairs that events join, and the last time of each; kept with the events."""
    from algorithms.features.degree import pairs

    made = scope.events(relation)
    if relation not in scope.pairs:
        scope.pairs[relation] = pairs(made.n, made.src, made.dst, made.time)
    return scope.pairs[relation]
