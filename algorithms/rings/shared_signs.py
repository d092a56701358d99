"""What speaks for a ring around shared identifiers, and what makes it ordinary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from algorithms.findings.scoring import Sign
from algorithms.rings.ties import Ties, spread
from graph.model import CODES
from graph.times import DAY

if TYPE_CHECKING:
    from algorithms.rings.shared_rows import Ring
    from graph.snapshot import Snapshot

_PERSON, _COMPANY, _ACCOUNT = CODES["person"], CODES["company"], CODES["account"]
_ADDRESS, _PHONE = CODES["address"], CODES["phone"]
_SEASON: Final = 120 * DAY
_MOST: Final = 0.6  # of members


def weigh(snapshot: Snapshot, ring: Ring, ties: Ties, money: list[int]) -> list[Sign]:
    """The signs of a ring, in a fixed order."""
    found = [
        *_sharing(snapshot, ring),
        *_related(ring, ties),
        *_together(snapshot, ring),
        *_people(ring, ties),
    ]
    if money:
        found.append(
            Sign("money_between", 1.5, "成员之间有资金或发票往来", "money between members")
        )
    return found


def _sharing(snapshot: Snapshot, ring: Ring) -> list[Sign]:
    """Several identifiers shared by most, or one kind alone."""
    kind = snapshot.nodes.kind
    n = len(ring.members)
    wide = {int(kind[item]) for item, count in ring.via.items() if count >= _MOST * n}
    kinds = {int(kind[item]) for item in ring.via}
    found = []
    if len(wide) > 1:
        found.append(Sign("several_kinds", 2.0, "共用多种标识", "several kinds of identifier"))
    if kinds == {_ADDRESS}:
        found.append(Sign("tenants", -6.0, "只是同一地址的租户", "tenants of one address only"))
    if kinds == {_PHONE} and len(ring.via) == 1 and n >= 4:
        text = "只共用一个电话, 如代理记账"
        found.append(Sign("clients", -4.0, text, "one phone and nothing else, as a bookkeeper's"))
    return found


def _related(ring: Ring, ties: Ties) -> list[Sign]:
    family = ties.parties(ring.members, (ties.family, ties.accounts))
    if len(family) == 1:
        return [Sign("family", -8.0, "一家人或其账户", "one family or its accounts")]
    group = ties.parties(ring.members, (ties.family, ties.accounts, ties.group))
    if len(group) == 1:
        return [Sign("declared_group", -6.0, "登记在册的同一集团", "one registered group")]
    if max(map(len, family)) >= _MOST * len(ring.members):
        return [Sign("family", -4.0, "多为一家人", "most are one family")]
    if ties.common(ring.members, ties.employer) or any(
        other in ring.members for member in ring.members for other in ties.employer.of(member, 1000)
    ):
        return [Sign("employer", -4.0, "同一雇主", "one employer")]
    if len(group) >= 3:
        return [Sign("unrelated", 1.0, "成员之间未见登记关系", "not related by any register")]
    return []


def _together(snapshot: Snapshot, ring: Ring) -> list[Sign]:
    firms = [m for m in ring.members if snapshot.nodes.kind[m] == _COMPANY]
    found = []
    born = spread(snapshot, firms, _SEASON)
    if born is not None and born[0] >= 3 and born[0] >= _MOST * len(firms):
        text = "多家企业在数月内先后成立"
        found.append(Sign("founded_together", 2.0, text, "firms founded within months"))
    opened = spread(
        snapshot, [m for m in ring.members if snapshot.nodes.kind[m] == _ACCOUNT], _SEASON
    )
    if opened is not None and opened[0] >= 3:
        text = "账户在数月内先后开立"
        found.append(Sign("opened_together", 1.5, text, "accounts opened within months"))
    return found


def _people(ring: Ring, ties: Ties) -> list[Sign]:
    """One person who signs for several of the companies."""
    common = ties.common(ring.members, ties.signs_for)
    if any(len(who) >= 2 for who in common.values()):
        text = "同一人任多家的法定代表人"
        return [Sign("one_signs_for_several", 1.5, text, "one person signs for several")]
    return []
