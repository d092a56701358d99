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
_SHOWN: Final = 400  # members asked about ties: in a large block a part tells


def weigh(snapshot: Snapshot, inside: Inside, ties: Ties) -> list[Sign]:
    """The signs of a block, in a fixed order."""
    found = []
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
    return found


def _money(snapshot: Snapshot, inside: Inside, ties: Ties) -> list[Sign]:
    found = []
    owners = _owners(inside, ties)
    firms = {owner for owner in owners.values() if snapshot.nodes.kind[owner] == _COMPANY}
    if len(firms) * 2 >= len(owners):
        billed = _billed(firms, ties)
        if billed >= 0.3:
            text = "往来有发票对应"
            found.append(Sign("invoiced", -5.0, text, "invoices stand behind the payments"))
    if (
        len(set(owners.values())) > 1
        and len(ties.parties(sorted(set(owners.values())), (ties.family, ties.group))) == 1
    ):
        found.append(Sign("one_group", -6.0, "同一家庭或集团", "one family or registered group"))
    when = np.sort(snapshot.columns.vf[np.array(inside.rows)])
    if len(when) > 3 and int(when[-1] - when[0]) <= 30 * DAY:
        found.append(Sign("burst", 1.0, "集中在一个月内", "all within a month"))
    return found


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
