"""Calls of a phone: how long, when, and with how many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from algorithms.features.amounts import STATISTICS, described
from algorithms.features.money import WORDS, count, night, partners
from algorithms.features.rhythm import rhythm
from algorithms.features.sheet import Scope, Sheet, windowed, within
from algorithms.features.table import Feature

GROUP: Final = "calls"
_READS: Final = ("call",)
_WAYS: Final = {"out": ("durations of calls made", "主叫时长"),
                "in": ("durations of calls taken", "被叫时长")}  # fmt: skip


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    if kind != "phone":
        return
    for end, days in windowed(windows):
        when, wann = within(days)
        for way, (en, zh) in _WAYS.items():
            for name in STATISTICS:
                text, words, unit = WORDS[name]
                unit = {"yuan": "seconds", "transfers": "calls"}.get(unit, unit)
                text, words = text.replace("amounts of", "of the"), words.replace("金额", "")
                yield Feature(f"calls_{way}_{name}_{end}", GROUP, f"{text.format(en)} {when}",
                              f"{wann}{words.format(zh)}", unit, days, _READS)  # fmt: skip
        yield Feature(f"calls_out_per_partner_{end}", GROUP, f"calls made for each phone called"
                      f" {when}", f"{wann}每个被叫号码的主叫次数", "ratio", days,
                      _READS)  # fmt: skip
        yield Feature(f"calls_night_{end}", GROUP, f"share of calls between 22:00 and 6:00 {when}",
                      f"{wann}夜间（22时至6时）通话占比", "share", days, _READS)  # fmt: skip
        yield Feature(f"calls_out_share_{end}", GROUP, f"share of calls that it made {when}",
                      f"{wann}主叫占比", "share", days, _READS)  # fmt: skip
        yield Feature(f"calls_days_{end}", GROUP, f"days with calls {when}", f"{wann}有通话的天数",
                      "days", days, _READS)  # fmt: skip
    for name, en, zh, unit in (
        ("first_age", "days since the first call", "距首次通话天数", "days"),
        ("last_age", "days since the last call", "距末次通话天数", "days"),
        ("burstiness", "burstiness of the gaps between calls, -1 to 1", "通话间隔突发度", "number"),
    ):
        yield Feature(f"calls_{name}", GROUP, en, zh, unit, None, _READS)


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`."""
    made = scope.events("call")
    after = np.array([instant for _, instant in scope.spans])
    for way, side in (("out", made.out), ("in", made.into)):
        found = described(side, made.value, after, scope.nodes)
        for w, (end, _) in enumerate(scope.spans):
            for s, name in enumerate(STATISTICS):
                sheet[f"calls_{way}_{name}_{end}"] = found[w, s]
    late, n = night(made.time), made.n
    caller, _, last = partners(scope, "call")
    for end, instant in scope.spans:
        here = made.time > instant
        out, into = count(made.src[here], n), count(made.dst[here], n)
        dark = count(made.src[here & late], n) + count(made.dst[here & late], n)
        sheet.ratio(f"calls_out_per_partner_{end}", out, count(caller[last > instant], n))
        sheet.ratio(f"calls_night_{end}", dark, out + into)
        sheet.ratio(f"calls_out_share_{end}", out, out + into)
    told = rhythm(made.out, made.into, after, scope.at, scope.nodes)
    for w, (end, _) in enumerate(scope.spans):
        sheet[f"calls_days_{end}"] = told.days[w]
    sheet["calls_first_age"], sheet["calls_last_age"] = told.first, told.last
    sheet["calls_burstiness"] = told.bursts
