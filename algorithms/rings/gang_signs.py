"""Sorts of events, what speaks for a gang in them, and what makes its meetings ordinary."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from algorithms.findings.scoring import Sign
from algorithms.rings.ties import Ties

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


_USUAL: Final = Sign(
    "usual", -6.0, "同行、同学、同区域本就常相遇", "the same trade, class or district meets anyway"
)


class Words(NamedTuple):
    """A sort of event: the pattern of its gangs, its name, words of its types, of its roles."""

    pattern: str
    zh: str
    en: str
    types: tuple[str, ...]
    roles: tuple[str, ...]


WORDS: Final[dict[str, Words]] = {
    "claim": Words(
        "claim_gang", "保险理赔", "insurance claims",
        ("claim", "accident", "insurance", "理赔", "保险", "出险", "事故"),
        ("claimant", "driver", "passenger", "witness", "garage", "injured", "beneficiary", "理赔",
         "索赔", "报案", "司机", "驾驶", "乘客", "证人", "目击", "修理", "维修", "伤者", "受益人"),
    ),
    "tender": Words(
        "bid_rigging", "招标项目", "tenders",
        ("tender", "bid", "procurement", "招标", "投标", "采购"),
        ("bidder", "winner", "tenderer", "投标", "中标", "陪标"),
    ),
    "exam": Words(
        "exam_gang", "考试或购票", "exams or tickets",
        ("exam", "ticket", "sitting", "考试", "购票", "抢票", "票务"),
        ("candidate", "examinee", "registrant", "helper", "proxy", "buyer", "考生", "应考", "报名",
         "替考", "枪手", "助考", "代购", "购票"),
    ),
}  # fmt: skip


class Gang(NamedTuple):
    """Who meets, in which events, by which participations, and in what roles; `meetings`: their
    number in each event but one, summed."""

    sort: str
    members: list[int]
    circle: list[int]
    events: list[int]
    rows: list[int]
    meetings: int
    roles: dict[int, str]


def sort_of(types: Iterable[str], roles: Iterable[str]) -> str | None:
    """The sort of an event: by what its records say of its type, else by most of its roles."""
    said = sorted(types)
    for text in said:
        for sort, words in WORDS.items():
            if any(word in text.lower() for word in words.types):
                return sort
    if said:
        return None
    count: dict[str, int] = defaultdict(int)
    for text in roles:
        for sort, words in WORDS.items():
            count[sort] += any(word in text.lower() for word in words.roles)
    best = max(WORDS, key=lambda sort: count[sort])
    return best if count[best] else None


def weigh(snapshot: Snapshot, gang: Gang, ties: Ties) -> list[Sign]:
    """The signs of a gang, in a fixed order."""
    if gang.sort == "claim":
        special = _claims(snapshot, gang, ties)
    elif gang.sort == "tender":
        special = _tenders(snapshot, gang, ties)
    else:
        special = _exams(gang, ties)
    return [_USUAL, *special, *_ordinary(gang, ties)]


def _ordinary(gang: Gang, ties: Ties) -> list[Sign]:
    if len(ties.parties(gang.members, (ties.family,))) == 1:
        return [Sign("family", -7.0, "一家人", "one family")]
    if len(ties.parties(gang.members, (ties.group,))) == 1:
        return [Sign("declared_group", -3.0, "登记在册的同一集团", "one registered group")]
    return []


def _claims(snapshot: Snapshot, gang: Gang, ties: Ties) -> list[Sign]:
    found = []
    played = _played(snapshot, gang)
    turning = sum(len(roles) > 1 for roles in played.values())
    if turning * 2 >= len(gang.members):
        text = "成员轮换充当不同角色"
        found.append(Sign("turning_roles", 3.0, text, "members turn up in different roles"))
    elif not turning:
        text = "各人角色固定, 如同一修理厂与驾驶人"
        found.append(Sign("fixed_roles", -3.0, text, "each in one role only"))
    return [*found, *_tied(gang, ties)]


def _tenders(snapshot: Snapshot, gang: Gang, ties: Ties) -> list[Sign]:
    found = _tied(gang, ties)
    if not any(sign.name != "money_between" for sign in found):
        text = "成员之间未见关联, 如专业狭窄的市场"
        found.append(Sign("no_ties", -4.0, text, "nothing else ties them, as in a narrow market"))
    won = wins(snapshot, gang)
    if sum(won) >= 3 and (chance := takes_turns(tuple(sorted(won)))) <= 0.3:
        weight = min(-math.log(chance), 2.0)
        found.append(Sign("turns", weight, "轮流中标", "winners take turns"))
    return found


def _exams(gang: Gang, ties: Ties) -> list[Sign]:
    work = ties.common(gang.members, ties.employer)
    if any(len(who) * 2 >= len(gang.members) for who in work.values()):
        text = "同一学校或单位"
        return [Sign("one_school", -4.0, text, "one school or employer")]
    found = _tied(gang, ties)
    if not any(sign.name == "shared_things" for sign in found):
        text = "未见共用设备或电话, 如同班同学"
        found.append(Sign("classmates", -4.0, text, "no device or phone in common, as classmates"))
    return found


def _tied(gang: Gang, ties: Ties) -> list[Sign]:
    """What else ties the members: people behind them, things they share, money."""
    found = []
    few = max(2, round(0.4 * len(gang.members)))
    behind = ties.common(gang.members, ties.office)
    if any(len(who) >= few for who in behind.values()):
        found.append(Sign("one_behind", 3.0, "背后有同一人", "one person behind several"))
    things = ties.common(gang.members, ties.things)
    if any(len(who) >= few and len(who) * 2 >= ties.things.many(it) for it, who in things.items()):
        text = "共用电话、设备或地址"
        found.append(Sign("shared_things", 3.0, text, "shared phone, device or address"))
    if ties.money(gang.members):
        found.append(Sign("money_between", 0.5, "成员之间有资金往来", "money between members"))
    return found


def _played(snapshot: Snapshot, gang: Gang) -> dict[int, set[str]]:
    """The roles that each member was in."""
    found: dict[int, set[str]] = defaultdict(set)
    for row, role in gang.roles.items():
        found[int(snapshot.nodes.rep[snapshot.columns.src[row]])].add(role.lower())
    return found


def wins(snapshot: Snapshot, gang: Gang) -> list[int]:
    """How many of the shared tenders each member won, by members."""
    won = dict.fromkeys(gang.members, 0)
    for row, role in gang.roles.items():
        if any(word in role.lower() for word in ("winner", "中标")):
            won[int(snapshot.nodes.rep[snapshot.columns.src[row]])] += 1
    return list(won.values())


@cache
def takes_turns(won: tuple[int, ...]) -> float:
    """How likely wins are spread at least as evenly over so many members (sum of squares at most as
    large) when every winner is drawn from them at random: exact, for up to 30 wins; past that of
    their share in 30."""
    total, n = sum(won), len(won)
    if total > 30:
        return takes_turns(tuple(round(x * 30 / total) for x in won))
    most = sum(x * x for x in won)
    ways = 0

    def spread(left: int, largest: int, parts: tuple[int, ...]) -> None:
        nonlocal ways
        if left == 0:
            if sum(x * x for x in parts) <= most:
                ways += _arrangements((*parts, *([0] * (n - len(parts)))), total)
            return
        if len(parts) < n:
            for part in range(min(left, largest), 0, -1):
                spread(left - part, part, (*parts, part))

    spread(total, total, ())
    return float(ways / n**total)


def _arrangements(parts: tuple[int, ...], total: int) -> int:
    """In how many ways winners can be drawn so that these are the numbers of wins, in any order."""
    draws = math.factorial(total)
    for part in parts:
        draws //= math.factorial(part)
    orders = math.factorial(len(parts))
    for value in set(parts):
        orders //= math.factorial(parts.count(value))
    return draws * orders
