"""Patterns of payments, invoices and calls that a subject takes part in, as counts in windows.

After the features of IBM's Graph Feature Preprocessor (Blanuša, Cravero Baraja, Anghel, von
Niederhäusern, Altman, Pozidis and Atasu 2024, arXiv:2402.08593), of subjects as of a day instead of
each transaction: fans, gather-scatter, scatter-gather, temporal cycles, bicliques. A pattern lies
within `SPAN` days and counts in a window that its last event (of fans: its last span) lies in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.features.bicliques import bicliques
from algorithms.features.cycles import LENGTHS, cycles
from algorithms.features.money import count, partners
from algorithms.features.sheet import Scope, Sheet, windowed, within
from algorithms.features.table import Feature
from algorithms.flows.scatter import leads, middles, onward_of, scatters
from algorithms.flows.windows import episodes, turns
from graph.deadline import check, current
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.features.events import Events

GROUP: Final = "motifs"
SPAN: Final = 7  # days
SIZE: Final = 3  # counterparts that make a fan, or middle accounts a scatter-gather
RELATIONS: Final = {
    "account": ("transfer",),
    "person": ("transfer",),
    "company": ("transfer", "invoice"),
    "phone": ("call",),
}
_EN: Final = {"transfer": "transfers", "invoice": "invoices", "call": "calls"}
_ZH: Final = {"transfer": "转账", "invoice": "发票", "call": "通话"}
_CUT: Final = "cycles: not all were looked at / 环路: 未全部查看"


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    for relation in RELATIONS[kind]:
        held = kind != "account" and relation == "transfer"
        reads = (relation, "holds_account") if held else (relation,)
        for end, days in windowed(windows):
            when, wann = within(days)
            for name, en, zh in _patterns():
                yield Feature(
                    f"{relation}_{name}_{end}", GROUP, f"{en.format(_EN[relation])} {when}",
                    f"{wann}{zh.format(_ZH[relation])}", "patterns", days, reads,
                )  # fmt: skip


def _patterns() -> Iterator[tuple[str, str, str]]:
    size, span = f"{SIZE} others or more within {SPAN} days", f"{SPAN}天内{SIZE}个以上"
    yield "fan_in", f"times that {{}} came from {size}", f"{span}对手{{}}汇入次数"
    yield (
        "fan_in_most",
        f"others that {{}} came from in the fullest {SPAN} days of such",
        (f"{SPAN}天内{{}}汇入对手最多数"),
    )
    yield "fan_out", f"times that {{}} went to {size}", f"{span}对手{{}}发散次数"
    yield (
        "fan_out_most",
        f"others that {{}} went to in the fullest {SPAN} days of such",
        (f"{SPAN}天内{{}}发散对手最多数"),
    )
    yield (
        "gather_scatter",
        f"times that {{}} came from, and then went to, {size} each",
        (f"先汇入后发散（各{span}）{{}}次数"),
    )
    yield (
        "scatter_source",
        f"times that it is the source of {{}} that meet again in one other over {size}",
        f"作为分散再汇集（{span}中间方）{{}}源头的次数",
    )
    yield (
        "scatter_sink",
        f"times that it is where {{}} of one other meet again over {size}",
        (f"作为分散再汇集（{span}中间方）{{}}归集方的次数"),
    )
    yield (
        "scatter_middle",
        f"times that it is one of those between in {{}} that scatter and gather over {size}",
        f"作为分散再汇集（{span}中间方）{{}}中间方的次数",
    )
    for length in LENGTHS:
        yield (
            f"cycle{length}",
            f"cycles of {length} {{}} in order of time within {SPAN} days",
            (f"{SPAN}天内{length}笔{{}}时序环数"),
        )
    yield (
        "biclique_out",
        "pairs of others that it and one more both have {} to",
        ("与另一方共同向两对手{}的二乘二完全二部数"),
    )
    yield (
        "biclique_in",
        "pairs of others that both have {} to it and to one more",
        ("与另一方共同自两对手收到{}的二乘二完全二部数"),
    )


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`."""
    for relation in RELATIONS[scope.kind]:
        if f"{relation}_fan_in_ever" not in sheet:
            continue
        made = scope.events(relation)
        _fans(scope, sheet, relation, made)
        _scatters(scope, sheet, relation, made)
        made.forget()  # a network of them takes as much again
        counts, cut = cycles(made, [after for _, after in scope.spans], SPAN * DAY)
        if cut:
            scope.cut.append(_CUT)
        for w, (end, _) in enumerate(scope.spans):
            for i, length in enumerate(LENGTHS):
                sheet[f"{relation}_cycle{length}_{end}"] = counts[i, w]
        del counts
        a, b, last = partners(scope, relation)
        for end, after in scope.spans:
            here = last > after
            out, into = bicliques(made.n, a[here], b[here])
            sheet[f"{relation}_biclique_out_{end}"] = out
            sheet[f"{relation}_biclique_in_{end}"] = into


def _fans(scope: Scope, sheet: Sheet, relation: str, made: Events) -> None:
    for way, side in (("out", made.out), ("in", made.into)):
        check()
        found, _ = episodes(side, SPAN * DAY, SIZE)
        for end, after in scope.spans:
            here = found.last > after
            most = np.zeros(made.n, np.int64)
            np.maximum.at(most, found.of[here], found.size[here])
            sheet[f"{relation}_fan_{way}_{end}"] = count(found.of[here], made.n)
            sheet[f"{relation}_fan_{way}_most_{end}"] = most
    pivots = turns(made.into, made.out, SPAN * DAY, SIZE)
    for end, after in scope.spans:
        sheet[f"{relation}_gather_scatter_{end}"] = count(pivots.of[pivots.last > after], made.n)


def _scatters(scope: Scope, sheet: Sheet, relation: str, made: Events) -> None:
    window = SPAN * DAY
    source, onward = leads((made.out, made.into), made.src, made.dst, window, SIZE)
    found, _ = scatters(source, onward, window, SIZE, current())
    which, middle = middles(made.out, onward_of(made.out), found, window, made.dst)
    for end, after in scope.spans:
        here = found.last > after
        sheet[f"{relation}_scatter_source_{end}"] = count(found.source[here], made.n)
        sheet[f"{relation}_scatter_sink_{end}"] = count(found.sink[here], made.n)
        sheet[f"{relation}_scatter_middle_{end}"] = count(middle[here[which]], made.n)
