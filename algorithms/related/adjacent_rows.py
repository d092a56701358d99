"""From a question about what is adjacent to its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from msgspec import UNSET, UnsetType

from algorithms.registry import Result, Truncated
from algorithms.related.adjacent import Adjacent, AdjacentGroup
from graph.adjacency import recorded, rows_at
from graph.columns import I32, I64
from graph.errors import WrongUsage
from graph.model import RELATIONS, SHARE_UNIT
from graph.money import decimal_text
from graph.store import NONE
from graph.times import INF, NEG, day_end, format_time, today
from graph.traverse import EVERY_KIND, IN, OUT, WAYS, ask_for

if TYPE_CHECKING:
    from algorithms.related.adjacent import AdjacentParams
    from graph.snapshot import Snapshot

_WORDS: Final = ((IN, "in"), (OUT, "out"))
_MANY: Final = 10_000
Cursor = tuple[int, str]  # when the last relation of a page began, and its fact


def answer(snapshot: Snapshot, params: AdjacentParams) -> Result[AdjacentGroup]:
    """See `adjacent`."""
    subject = snapshot.resolve(params.subject)
    at = day_end(params.as_of or today())
    asked = EVERY_KIND if params.kinds is None else tuple(params.kinds)
    ask_for(snapshot, asked, "both", at)  # refuses what is no kind
    wanted = frozenset(asked)
    after = _cursor(params, len(wanted))
    rows, over, explored = [], 0, 0
    for kind in (name for name in RELATIONS if name in wanted):
        for way, word in _WORDS:
            ever = recorded(snapshot, subject, kind, way) if WAYS[params.direction] & way else 0
            if not ever:
                continue
            if ever > params.max_counted:
                over += 1
                rows.append(_group(kind, word, ever, None, None))
                continue
            explored += ever
            found = snapshot.counting(rows_at(snapshot, subject, kind, way), kind, at)
            rows.append(_counted(snapshot, subject, found, (kind, word, ever), params.limit, after))
    cut = None
    if over:
        text = f"max_counted: {over} kinds and directions have more and are not counted"
        reason = f"{text} / 关系过多, 未逐条计数"
        cut = Truncated(reason=reason, explored=explored, limit=params.max_counted)
    return Result(results=rows, truncated=cut)


def _cursor(params: AdjacentParams, kinds: int) -> Cursor | None:
    if params.after is None:
        return None
    if kinds != 1 or params.direction == "both":
        raise WrongUsage("after: pages are of one kind and direction / 须指定一种关系和一个方向")
    begun, mark, fact = params.after.partition("~")
    try:
        if not mark or not fact:
            raise ValueError
        return max(min(int(begun), INF), NEG), fact
    except ValueError:
        raise WrongUsage(f"after: not the `next` of a page: {params.after[:60]!r}") from None


def _group(
    kind: str, word: Any, ever: int, count: int | None, parties: int | None,
    relations: list[Adjacent] | None = None, following: str | None = None,
) -> AdjacentGroup:  # fmt: skip
    return AdjacentGroup(
        kind=kind, direction=word, count=count, parties=parties, recorded=ever,
        relations=relations or [], next=following,
    )  # fmt: skip


def _counted(
    snapshot: Snapshot, subject: int, rows: I64, named: tuple[str, str, int], limit: int,
    after: Cursor | None,
) -> AdjacentGroup:  # fmt: skip
    """A group of which the relations are looked at."""
    kind, word, ever = named
    cols, rep = snapshot.columns, snapshot.nodes.rep
    others = rep[(cols.src if word == "in" else cols.dst)[rows]]
    apart = others != subject
    rows, others = rows[apart], others[apart]
    parties = _distinct(others, snapshot.n)
    page, more = _page(snapshot, rows, limit, after)
    whom = rep[(cols.src if word == "in" else cols.dst)[[row for row, _ in page]]].tolist()
    names = snapshot.canonicals(whom)
    shown = [
        _row(snapshot, row, fact, (other, name))
        for (row, fact), other, name in zip(page, whom, names, strict=True)
    ]
    following = None
    if more and page:
        row, fact = page[-1]
        following = f"{int(cols.vf[row])}~{fact}"
    return _group(kind, word, ever, len(rows), parties, shown, following)


def _distinct(nodes: I32, n: int) -> int:
    """How many different ones; many are marked, which is a tenth of the cost of sorting them."""
    if len(nodes) < _MANY:
        return len(np.unique(nodes))
    marked = np.zeros(n, np.bool_)
    marked[nodes] = True
    return int(np.count_nonzero(marked))


def _page(
    snapshot: Snapshot, rows: I64, limit: int, after: Cursor | None
) -> tuple[list[tuple[int, str]], bool]:
    """Rows and facts of a page, last begun first, equal ones by fact; and whether more come."""
    began = snapshot.columns.vf[rows]
    if after is not None:
        left = began <= after[0]
        rows, began = rows[left], began[left]
    if not limit or not len(rows):
        return [], False
    # What began as the cursor did may be before it: so many are looked at besides.
    same = int((began == after[0]).sum()) if after is not None else 0
    most = limit + same
    if len(rows) > most:
        least = np.partition(began, len(began) - most)[len(began) - most]
        front = began >= least
    else:
        front = np.ones(len(rows), np.bool_)
    chosen, when = rows[front].tolist(), began[front].tolist()
    ids = snapshot.fact_ids(chosen)
    ordered = sorted(zip(when, ids, chosen, strict=True), key=lambda each: (-each[0], each[1]))
    if after is not None:
        ordered = [each for each in ordered if (-each[0], each[1]) > (-after[0], after[1])]
    more = len(ordered) > limit or len(chosen) < len(rows)
    return [(row, fact) for _, fact, row in ordered[:limit]], more


def _row(snapshot: Snapshot, row: int, fact: str, party: tuple[int, str]) -> Adjacent:
    cols = snapshot.columns
    kind = RELATIONS[snapshot.kind_of_row(row)]
    value = int(cols.value[row])
    share: float | UnsetType = UNSET
    amount: str | UnsetType = UNSET
    if kind.value == "share" and value >= 0:
        share = value / SHARE_UNIT
    elif kind.value == "amount" and value != NONE:
        amount = decimal_text(value, snapshot.extra(row).get("currency") or "CNY")
    return Adjacent(
        party=party[1],
        party_kind=snapshot.kind_name(party[0]),
        begins=format_time(int(cols.vf[row])),
        ends=None if kind.event else format_time(int(cols.vt[row])),
        facts=[fact],
        share=share,
        amount=amount,
    )
