"""What speaks for a ring around shared identifiers, and what makes it ordinary."""

from __future__ import annotations

from collections import Counter, defaultdict
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
_USUAL: Final = Sign(
    "usual",
    -12.5,
    "共用标识本属常见 (同住、同事、邻居)",
    "sharing is usual: homes, work, neighbours",
)
_SEASON: Final = 120 * DAY
_MOST: Final = 0.6  # of members


def weigh(snapshot: Snapshot, ring: Ring, ties: Ties, money: list[int]) -> list[Sign]:
    """The signs of a ring, in a fixed order."""
    found = [
        _USUAL,
        *_firms(snapshot, ring),
        *_sharing(snapshot, ring),
        *_related(ring, ties),
        *_together(snapshot, ring),
        *_begun(snapshot, ring),
        *_people(ring, ties),
    ]
    if money:
        found.append(
            Sign("money_between", 0.5, "成员之间有资金或发票往来", "money between members")
        )
    return found


def _firms(snapshot: Snapshot, ring: Ring) -> list[Sign]:
    """People live together; firms of different owners need not."""
    firms = sum(int(snapshot.nodes.kind[member]) == _COMPANY for member in ring.members)
    if firms >= _MOST * len(ring.members):
        return [Sign("firms", 1.5, "多为不同主人的企业", "most are firms of different owners")]
    return []


def _sharing(snapshot: Snapshot, ring: Ring) -> list[Sign]:
    """Several kinds of identifier, or one that is used by nearly all and nothing else."""
    kind = snapshot.nodes.kind
    kinds = {int(kind[item]) for item in ring.via}
    if len(kinds) > 1:
        return [Sign("several_kinds", 2.0, "共用多种标识", "several kinds of identifier")]
    if kinds == {_ADDRESS}:
        return [Sign("tenants", -6.0, "只是同一地址的租户", "tenants of one address only")]
    if kinds == {_PHONE} and len(ring.via) == 1 and len(ring.parties) >= 4:
        text = "只共用一个电话, 如代理记账"
        return [Sign("clients", -4.0, text, "one phone and nothing else, as a bookkeeper's")]
    return []


def _related(ring: Ring, ties: Ties) -> list[Sign]:
    """Whether the parties are related by what registers say."""
    n = len(ring.parties)
    everyone = [who for party in ring.parties for who in ties.people(party)]
    family = _largest(ring, ties.parties(everyone, (ties.family, ties.signs_for, ties.accounts)))
    if family == n:
        return [Sign("family", -8.0, "一家人及其企业、账户", "one family, its firms and accounts")]
    if family >= _MOST * n:
        return [Sign("family", -5.0, "多为一家人", "most are one family")]
    group = _largest(ring, ties.parties(everyone, (ties.family, ties.signs_for, ties.group)))
    if group == n:
        return [Sign("declared_group", -7.0, "登记在册的同一集团", "one registered group")]
    work = _largest(ring, ties.parties(everyone, (ties.employer, ties.signs_for, ties.accounts)))
    if work >= _MOST * n:
        return [Sign("employer", -4.0, "同一雇主", "one employer")]
    if group <= max(_MOST * n, 1):
        return [Sign("unrelated", 1.0, "各方之间未见登记关系", "not related by any register")]
    return []


def _largest(ring: Ring, groups: list[set[int]]) -> int:
    """How many parties the group of most parties is about."""
    sets = [set(members) for members in ring.parties]
    return max(sum(bool(group & party) for party in sets) for group in groups)


def _together(snapshot: Snapshot, ring: Ring) -> list[Sign]:
    firms = [m for m in ring.members if snapshot.nodes.kind[m] == _COMPANY]
    found = []
    born = spread(snapshot, firms, _SEASON)
    if born is not None and born[0] >= 3 and born[0] >= _MOST * len(firms):
        text = "多家企业在数月内先后成立"
        found.append(Sign("founded_together", 4.0, text, "firms founded within months"))
    opened = spread(
        snapshot, [m for m in ring.members if snapshot.nodes.kind[m] == _ACCOUNT], _SEASON
    )
    if opened is not None and opened[0] >= 3:
        text = "账户在数月内先后开立"
        found.append(Sign("opened_together", 1.5, text, "accounts opened within months"))
    return found


def _begun(snapshot: Snapshot, ring: Ring) -> list[Sign]:
    """Whether the identifiers were taken up together: each party by its earliest relation to one
    that began for others too, the best window of all."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    party = {member: k for k, members in enumerate(ring.parties) for member in members}
    began: dict[int, list[int]] = defaultdict(list)
    for row in ring.rows:
        if (when := int(cols.vf[row])) not in ring.records:
            began[party[int(rep[cols.src[row]])]].append(when)
    if len(began) < 3:
        return []
    marks = sorted((when, k) for k, times in began.items() for when in times)
    best = low = 0
    inside: Counter[int] = Counter()
    for when, k in marks:
        inside[k] += 1
        while when - marks[low][0] > _SEASON:
            inside[marks[low][1]] -= 1
            low += 1
        best = max(best, sum(count > 0 for count in inside.values()))
    if best >= max(_MOST * len(ring.parties), 3):
        text = "数月内先后开始共用"
        return [Sign("taken_up_together", 3.0, text, "taken up within months of each other")]
    text = "多年间陆续开始使用, 如邻居与住户"
    return [Sign("over_years", -3.0, text, "taken up over years, as by neighbours")]


def _people(ring: Ring, ties: Ties) -> list[Sign]:
    """One person who signs for several of the companies."""
    common = ties.common(ring.members, ties.signs_for)
    if any(len(who) >= 2 for who in common.values()):
        text = "同一人任多家的法定代表人"
        return [Sign("one_signs_for_several", 1.5, text, "one person signs for several")]
    return []
