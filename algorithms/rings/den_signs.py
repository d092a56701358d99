"""What speaks for a call den, and what makes its calls ordinary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.findings.scoring import Sign
from algorithms.rings.ties import Ties
from graph.model import CODES
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.rings.calling import Calls
    from algorithms.rings.den_rows import Den
    from graph.snapshot import Snapshot

_COMPANY, _DEVICE = CODES["company"], CODES["device"]
_YEAR: Final = 365 * DAY
_CAMPAIGN: Final = 90 * DAY
_AROUND: Final = 180 * DAY
_USUAL: Final = Sign(
    "usual", -6.0, "快递、客服等本就拨打陌生号码", "couriers and call centres call strangers too"
)


def weigh(snapshot: Snapshot, made: Calls, den: Den, ties: Ties) -> list[Sign]:
    """The signs of a den, in a fixed order."""
    began = snapshot.columns.vf[made.rows_of(den.pairs)]
    first, last = int(began.min()), int(began.max())
    found = [_USUAL]
    if len(den.phones) > 1 and any(snapshot.nodes.kind[p] == _DEVICE for p in den.places):
        found.append(
            Sign("one_device", 2.0, "多部电话共用一台设备", "several phones at one device")
        )
    if last - first <= _CAMPAIGN:
        found.append(Sign("weeks_only", 2.0, "通话只持续数周", "calls for some weeks only"))
    else:
        found.append(Sign("for_long", -2.0, "长期如此通话", "calls like this for long"))
    opened = [int(snapshot.nodes.vf[a]) for a in den.accounts] + _held(snapshot, den, ties)
    if any(abs(when - first) <= _AROUND for when in opened if when > -(2**62)):
        text = "前后有账户新开"
        found.append(Sign("accounts_opened", 1.5, text, "accounts opened around the time"))
    if den.money:
        weight = 3.0 if len(den.money) > 1 else 1.5
        found.append(Sign("callees_paid", weight, "被叫事后汇款", "callees paid after the calls"))
    return [*found, *_business(snapshot, den, ties, first), *_back(made, den)]


def _held(snapshot: Snapshot, den: Den, ties: Ties) -> list[int]:
    """When holding began of each account around."""
    found = []
    for account in den.accounts:
        low, high = ties.accounts.span(account)
        found += snapshot.columns.vf[ties.accounts.row[low:high]].tolist()
    return found


def _business(snapshot: Snapshot, den: Den, ties: Ties, first: int) -> list[Sign]:
    firms = [user for user in den.users if snapshot.nodes.kind[user] == _COMPANY]
    if any(int(snapshot.nodes.vf[firm]) <= first - _YEAR for firm in firms):
        text = "电话属于成立已久的企业 (客服、配送)"
        return [Sign("business", -9.0, text, "phones of a company of age: service, delivery")]
    people = [user for user in den.users if user not in firms]
    work = ties.common(people, ties.employer)
    if len(people) > 2 and any(len(who) * 2 > len(people) for who in work.values()):
        return [Sign("colleagues", -5.0, "使用者同属一个单位", "users work for one company")]
    if firms:
        return [Sign("young_business", -3.0, "电话属于新成立的企业", "phones of a young company")]
    return []


def _back(made: Calls, den: Den) -> list[Sign]:
    share = float(made.back[np.array(den.pairs)].mean())
    if share >= 0.1:
        return [Sign("called_back", -2.0, "不少被叫会回拨", "many callees call back")]
    return []
