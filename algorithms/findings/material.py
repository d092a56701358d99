"""Whether a later version of a finding is materially new: worth being put on a desk again.

A finding comes back run after run. Who dismissed it, or was alerted of it, is to be asked again
only where there is more to know than then: so what is compared is always the version that was
judged, never the last one that was seen, and what grows slowly is told once it has grown enough.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

_SHOWN: Final = 20  # of what is new, named


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is material. Each is met at equality, but for the share, which has to be exceeded."""

    members: Annotated[
        int, Meta(description="new members of the core / 新增核心成员数", ge=1)
    ] = 1  # fmt: skip
    facts: Annotated[int, Meta(description="new facts / 新增事实数", ge=1)] = 1
    amount_share: Annotated[
        float,
        Meta(description="share that the amount grew by, exceeded / 金额增幅, 须超过", ge=0),
    ] = 0.2
    bands: Annotated[
        tuple[float, ...],
        Meta(description="scores from which on a band begins / 得分档位的起点"),
    ] = (0.5, 0.8, 0.95)


DEFAULT: Final = Rules()


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A finding (ring, scheme, cycle, case, cluster) as it was on one day.

    `core` and `facts` are what its row shows of them; the totals say how many there are. `amounts`
    are decimal texts by currency; `listed` the listings in force that stand against each of the
    core; `was` the ids that it had.
    """

    id: str
    pattern: str
    core: list[str]
    facts: list[str]
    score: float
    core_total: int
    facts_total: int
    amounts: dict[str, str] = {}
    listed: dict[str, list[str]] = {}
    was: list[str] = []


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is new: `kind` is members, facts, amount, score or listed.

    `count`: how many are new, at the least where the evidence is cut (`cut`); `items` those that
    can be named, no more than 20.
    """

    kind: str
    why: str
    count: int = 0
    items: list[str] = []
    cut: bool = False


def version(row: Mapping[str, Any], listed: Mapping[str, Sequence[str]] | None = None) -> Version:
    """The version that a row of an answer (as JSON has it) tells of.

    The core of a cluster is its `core`, of any other finding its `members`. `listed` are listings
    by subject, of those in the core they are kept. Raises KeyError for a row that is no finding.
    """
    name = "core" if "core" in row else "members"
    core, attrs = list(row[name]), row.get("attrs") or {}
    amounts = dict(attrs.get("amounts") or {})
    if row.get("amount") is not None and row.get("currency") is not None:
        amounts[row["currency"]] = row["amount"]
    told = listed or {}
    return Version(
        id=row["id"],
        pattern=row["pattern"],
        core=core,
        facts=list(row["facts"]),
        score=row["score"],
        core_total=row.get(f"{name}_total") or len(core),
        facts_total=row.get("facts_total") or len(row["facts"]),
        amounts=dict(sorted(amounts.items())),
        listed={each: sorted(told[each]) for each in core if told.get(each)},
        was=list(attrs.get("was") or ()),
    )


def overlapping(least: int, shared: int) -> bool:
    """Whether two findings of which the smaller has `least` members, `shared` of them in common,
    are about the same thing: at least half of the smaller's; one alone only where it is all that
    one of them has."""
    return shared * 2 >= least and (shared > 1 or (shared == 1 and least == 1))


def same(before: Version, now: Version) -> bool:
    """Whether these are the same finding at two moments: of one pattern, and by name (the id, or
    one that the later had), or by core (`overlapping`)."""
    if before.pattern != now.pattern:
        return False
    named = before.id == now.id or before.id in now.was
    return named or _overlap(before, now, len(set(before.core) & set(now.core)))


def _overlap(before: Version, now: Version, shared: int) -> bool:
    return overlapping(min(before.core_total, now.core_total), shared)


def material(before: Version, now: Version, rules: Rules = DEFAULT) -> list[News]:
    """What is materially new in a finding against the version that was judged; empty where it is
    not: the same facts in another order, fewer of them, a smaller amount, a listing lifted.

    Of evidence that is cut (20 facts, 1000 members) it is the least that has to be new whatever the
    hidden part holds: who asks with whole versions gets the number itself. Amounts are compared in
    currencies that both have. O(members + facts).
    """
    found = [
        _more("members", before.core, before.core_total, now.core, now.core_total, rules.members),
        _more("facts", before.facts, before.facts_total, now.facts, now.facts_total, rules.facts),
        *_grown(before, now, rules.amount_share),
        _risen(before, now, rules.bands),
        _listed(before, now),
    ]
    return [each for each in found if each is not None]


def least_new(
    before: Sequence[str], before_total: int, now: Sequence[str], now_total: int
) -> int:  # fmt: skip
    """How many of the later set have to be outside the earlier one, where `before` and `now` are
    shown of `before_total` and `now_total`: later ones less the most that the sets can share."""
    old, new = set(before), set(now)
    both = len(old & new)
    hidden_old, hidden_new = max(before_total - len(old), 0), max(now_total - len(new), 0)
    there = min(len(new) - both, hidden_old)  # shown now, hidden then
    here = min(len(old) - both, hidden_new)  # shown then, hidden now
    beyond = min(hidden_old - there, hidden_new - here)
    return max(now_total, len(new)) - (both + there + here + beyond)


_WORDS: Final = {
    "members": ("新增核心成员", "new members of the core"),
    "facts": ("新增事实", "new facts"),
}


def _more(
    kind: str, before: Sequence[str], before_total: int, now: Sequence[str], now_total: int,
    least: int,
) -> News | None:  # fmt: skip
    count = least_new(before, before_total, now, now_total)
    if count < least:
        return None
    whole_before = before_total <= len(set(before))
    cut = not (whole_before and now_total <= len(set(now)))
    old = set(before)
    # Of a cut version what is not shown may have been there: nothing is named as new.
    items = [each for each in now if each not in old][:_SHOWN] if whole_before else []
    zh, en = _WORDS[kind]
    more = ("至少 ", "at least ") if cut else ("", "")
    return News(
        kind=kind, count=count, items=items, cut=cut,
        why=f"{zh} {more[0]}{count} / {more[1]}{count} {en}",
    )  # fmt: skip


def _grown(before: Version, now: Version, share: float) -> Iterator[News]:
    for currency, text in now.amounts.items():
        if (was := before.amounts.get(currency)) is None:
            continue
        old, new = Decimal(was), Decimal(text)
        if new > old + abs(old) * Decimal(str(share)):
            yield News(
                kind="amount",
                why=f"金额由 {was} 增至 {text} {currency}"
                f" / the amount grew from {was} to {text} {currency}",
            )


def _risen(before: Version, now: Version, bands: Sequence[float]) -> News | None:
    passed = [each for each in bands if before.score < each <= now.score]
    if not passed:
        return None
    old, new = f"{before.score:.2f}", f"{now.score:.2f}"
    return News(
        kind="score", count=len(passed),
        why=f"得分由 {old} 升至 {new}, 越过 {max(passed):g}"
        f" / the score rose from {old} to {new}, past {max(passed):g}",
    )  # fmt: skip


def _listed(before: Version, now: Version) -> News | None:
    """Who is listed by what did not stand against them then; of who was in the core before or is
    new in it alike."""
    known = {each for listings in before.listed.values() for each in listings}
    found = [name for name, listings in now.listed.items() if set(listings) - known]
    if not found:
        return None
    return News(
        kind="listed", count=len(found), items=found[:_SHOWN],
        why=f"新列入名单的成员 {len(found)} / {len(found)} members newly listed",
    )  # fmt: skip


def matched(
    before: Sequence[Version], now: Sequence[Version], rules: Rules = DEFAULT
) -> list[int | None]:
    """For each later finding the place of the earlier that it is; None: it is a new one.

    By id first (and ids that it had). Else, of those of its pattern that share enough of the core,
    one against which it is not material, so that parts of what was judged do not come as new ones;
    else the one that shares most and that no other has taken. Of equals the first. Linear in the
    members and, for findings under a new id, in the earlier ones that share a member.
    """
    by_name = {(each.pattern, each.id): place for place, each in enumerate(before)}
    found: list[int | None] = [_by_name(by_name, each) for each in now]
    taken = {place for place in found if place is not None}
    where: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, each in enumerate(before):
        for member in set(each.core):
            where[each.pattern, member].append(place)
    for at, each in enumerate(now):
        if found[at] is not None:
            continue
        alike = _alike(before, where, each)
        held = next((p for p in alike if not material(before[p], each, rules)), None)
        if held is None:
            held = next((p for p in alike if p not in taken), None)
            taken |= set() if held is None else {held}
        found[at] = held
    return found


def _by_name(by_name: Mapping[tuple[str, str], int], now: Version) -> int | None:
    for name in (now.id, *now.was):
        if (place := by_name.get((now.pattern, name))) is not None:
            return place
    return None


def _alike(
    before: Sequence[Version], where: Mapping[tuple[str, str], list[int]], now: Version
) -> list[int]:
    """Places of the earlier ones that this one is by its core, those that share most first."""
    shared = Counter(
        place for member in set(now.core) for place in where.get((now.pattern, member), ())
    )
    found = [place for place, count in shared.items() if _overlap(before[place], now, count)]
    return sorted(found, key=lambda place: (-shared[place], place))
