"""What a company's cost of living says of it, as signs: a business has one, a paper company not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.findings.scoring import Sign
from algorithms.invoices.living import months_of
from graph.columns import I64

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Books

USUAL: Final = 0.02  # of its sales a company lives on: as likely a thin wholesaler as a paper one
_BILL: Final = 2.0
_NO_BILLS: Final = 1.5
_BILLS: Final = 3
_MONTHS: Final = 0.7  # of the months that it traded in, a company that is one pays something


def share(kept: Books, company: int, sales: int) -> float | None:
    """Wages and bills of a company as a share of its sales; None where its payments are unknown."""
    if not (kept.told or kept.pays[company]):
        return None
    living = kept.living
    return int(living.wages[company] + living.billed[company]) / max(sales, 1)


def none(kept: Books, company: int, sales: int, most: float) -> list[Sign]:
    """What speaks for a company that lives on next to nothing, at most so many nats."""
    lives = share(kept, company, sales)
    if lives is None or lives >= USUAL:
        return []
    weight = min(most, -2 * math.log(max(lives, 1e-9) / USUAL))
    zh, en = f"经营支出仅占销售额的 {lives:.1%}", f"it lives on {lives:.1%} of its sales"
    return [Sign("no_living", weight, zh, en)]


def signs(kept: Books, company: int, sales: int, when: I64) -> list[Sign]:
    """What speaks for and against a company that sold for so much at these times being one."""
    lives = share(kept, company, sales)
    if lives is None:
        return []
    living = kept.living
    found = none(kept, company, sales, 3.5)
    weight = max(-4.0, -2 * math.log(max(lives, 1e-9) / USUAL))
    if weight < 0:
        zh = f"有正常经营支出 (占销售额 {lives:.1%})"
        found.append(Sign("living", weight, zh, f"wages and bills are {lives:.1%} of its sales"))
    bills, staff = int(living.bills[company]), int(living.staff[company])
    if bills:
        zh, en = f"定期支付 {bills} 项房租水电等", f"{bills} landlords, carriers or the like paid"
        found.append(Sign("bills", -_BILL * min(bills, _BILLS), zh, en))
    elif weight > 0:
        found.append(
            Sign("no_bills", _NO_BILLS, "未见房租水电运费", "no rent, power or carriage paid")
        )
    months = months_of(np.array([when.min(), when.max()]))
    traded = int(months[1] - months[0]) + 1
    if staff and int(living.months[company]) >= max(_MONTHS * traded, 3):
        zh, en = "逐月发放工资", f"wages to {staff} in most months"
        found.append(Sign("payroll", -1.5, zh, en))
    return found
