"""What speaks for a dense block, and what makes it ordinary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.findings.scoring import Sign
from algorithms.rings.ties import MANY, Ties
from graph.model import CODES
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.rings.block_rows import Inside
    from graph.snapshot import Snapshot

_COMPANY: Final = CODES["company"]
_SEASON: Final = 120 * DAY
_MOST: Final = 0.6  # of pairs
_FEW: Final = 0.3
_SHOWN: Final = 400  # members asked about ties: in a large block a part tells


_USUAL: Final = Sign(
    "usual", -4.0, "店有常客, 业有中心", "shops have regulars and trades have centres"
)


def weigh(snapshot: Snapshot, inside: Inside, ties: Ties) -> list[Sign]:
    """The signs of a block, in a fixed order."""
    found = [_USUAL]
    if inside.elsewhere <= 0.3:
        text = "成员几乎不与他人往来"
        found.append(Sign("closed", 2.0, text, "members deal with hardly anybody else"))
    elif inside.elsewhere >= 0.8:
        text = "成员的往来大多在团块之外"
        found.append(Sign("open", -2.0, text, "most of what members do is with others"))
    if min(len(inside.left), len(inside.right)) <= 2:
        text = "一侧只有一两方, 如超市与供应商"
        found.append(Sign("one_sided", -6.0, text, "one side is one or two, as a shop's suppliers"))
    if inside.kinds == ("transfer",):
        found += _money(snapshot, inside, ties)
    elif inside.kinds == ("participated",):
        found += _meetings(inside, ties)
    return found


def _meetings(inside: Inside, ties: Ties) -> list[Sign]:
    """People and events: whether anything but the events ties the people."""
    people = inside.left[:_SHOWN]
    few = max(2, round(0.4 * len(people)))
    for kind in (ties.things, ties.office):
        common = ties.common(people, kind)
        if any(len(who) >= few and len(who) * 2 >= kind.many(it) for it, who in common.items()):
            text = "另有共同的人、电话、设备或地址"
            return [
                Sign("tied_otherwise", 2.0, text, "one person, phone, device or address behind")
            ]
    text = "同行、同学、同区域本就常相遇"
    return [Sign("meet_anyway", -5.0, text, "the same trade, class or district meets anyway")]


def _money(snapshot: Snapshot, inside: Inside, ties: Ties) -> list[Sign]:
    found = []
    owners = _owners(inside, ties)
    firms = {owner for owner in owners.values() if snapshot.nodes.kind[owner] == _COMPANY}
    if len(firms) * 2 >= len(owners):
        billed = _billed(firms, ties)
        if billed >= 0.3:
            text = "往来有发票对应"
            found.append(Sign("invoiced", -6.0, text, "invoices stand behind the payments"))
    if (
        len(set(owners.values())) > 1
        and len(ties.parties(sorted(set(owners.values())), (ties.family, ties.group))) == 1
    ):
        found.append(Sign("one_group", -6.0, "同一家庭或集团", "one family or registered group"))
    if (share := _bursts(snapshot, inside)) >= _MOST:
        text = "多数往来在数月内反复发生, 此前此后没有"
        found.append(
            Sign("burst", 3.0, text, "most pairs pay again and again, for some months only")
        )
    elif share < _FEW:
        text = "往来分散或长年持续"
        found.append(Sign("steady", -3.0, text, "payments are scattered, or go on for years"))
    return found


def _bursts(snapshot: Snapshot, inside: Inside) -> float:
    """The share of pairs that have at least two payments, all within some months."""
    rows = np.array(inside.rows, np.int64)
    cols, rep = snapshot.columns, snapshot.nodes.rep
    pair = rep[cols.src[rows]].astype(np.int64) << 32 | rep[cols.dst[rows]]
    order = np.lexsort((cols.vf[rows], pair))
    begins = np.flatnonzero(np.diff(pair[order], prepend=-1))
    ends = np.append(begins[1:], len(order)) - 1
    when = cols.vf[rows][order]
    short = (ends > begins) & (when[ends] - when[begins] <= _SEASON)
    return float(short.mean())


def _owners(inside: Inside, ties: Ties) -> dict[int, int]:
    """The holder of each account, itself where none or several are known."""
    members = list(dict.fromkeys([*inside.left, *inside.right]))[:_SHOWN]
    found = {}
    for account in members:
        low, high = ties.accounts.span(account)
        whose = set(ties.accounts.other[low:high].tolist())
        found[account] = whose.pop() if len(whose) == 1 else account
    return found


def _billed(firms: set[int], ties: Ties) -> float:
    """The share of these companies that invoice, or are invoiced by, another of them."""
    some = 0
    for firm in firms:
        others = ties.invoices.of(firm, 20 * MANY)
        some += any(other in firms and other != firm for other in others)
    return some / max(len(firms), 1)
