"""From groups of findings to cases: their names, what they hold, how they are ranked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET

from algorithms.cases.cases import Case
from algorithms.findings.making import MEMBERS_LIMIT
from algorithms.findings.patterns import named
from algorithms.findings.scoring import together
from algorithms.registry import Result, cut_short, evidence
from graph.model import CODES, RELATIONS
from graph.times import NEG

if TYPE_CHECKING:
    from algorithms.cases.asking import Asked
    from algorithms.cases.cases import CaseParams
    from algorithms.findings.finding import Finding
    from algorithms.findings.making import Found
    from graph.snapshot import Snapshot

_EVENTS = np.array([CODES[kind.name] for kind in RELATIONS.values() if kind.event], np.uint8)

Pairs = Sequence[tuple["Finding", "Found"]]
First = tuple[bool, bool, int, str]  # what lasts, without a day, begin, fact: the least is earliest


def answer(
    snapshot: Snapshot, params: CaseParams, asked: Asked, groups: Sequence[Sequence[int]]
) -> Result[Case]:
    """The rows of the answer, in order and bounded."""
    rows = [row for row, _ in made(snapshot, params, asked, groups)]
    cuts: list[tuple[str, int | None]] = [(reason, None) for reason in asked.reasons]
    if len(groups) > params.max_rows:
        text = f"max_rows: {len(groups)} cases, those of highest score are shown"
        cuts.insert(0, (f"{text} / 只列出得分最高的案件", params.max_rows))
    explored = max(asked.explored, len(asked.pairs))
    return Result(results=rows, truncated=cut_short(cuts, explored))


def made(
    snapshot: Snapshot, params: CaseParams, asked: Asked, groups: Sequence[Sequence[int]]
) -> Iterator[tuple[Case, Pairs]]:
    """The cases in their order, as many as are asked for, each with the findings that it is."""
    first = [_earliest(snapshot, row, found) for row, found in asked.pairs]
    ranked = sorted(groups, key=lambda group: _rank(asked.pairs, group, first))
    for group in ranked[: params.max_rows]:
        pairs = [asked.pairs[at] for at in group]
        yield _row(snapshot, pairs, [first[at] for at in group]), pairs


def _earliest(snapshot: Snapshot, row: Finding, found: Found) -> First:
    """The fact that a finding, were it a case, is called by."""
    rows = np.asarray(found.rows, np.int64)
    if not len(rows):
        return (True, True, 0, row.id)
    lasts = ~np.isin(snapshot.codes(rows), _EVENTS)
    begins = snapshot.columns.vf[rows]
    keys = np.column_stack([lasts, begins == NEG, np.where(begins == NEG, 0, begins)])
    order = np.lexsort(keys.T[::-1])
    least = keys[order[0]]
    same = rows[(keys == least).all(axis=1)]
    name = min(snapshot.fact_ids(same.tolist()))
    return (bool(least[0]), bool(least[1]), int(least[2]), name)


def case_id(first: First) -> str:
    """The id of a case with this earliest fact."""
    return f"case:{hashlib.sha256(first[3].encode()).hexdigest()[:16]}"


def _strongest(pairs: Pairs) -> dict[str, float]:
    """The highest score by pattern, strongest first."""
    best: dict[str, float] = {}
    for row, _ in pairs:
        best[row.pattern] = max(best.get(row.pattern, 0.0), row.score)
    return dict(sorted(best.items(), key=lambda item: (-item[1], item[0])))


def _rank(pairs: Pairs, group: Sequence[int], first: Sequence[First]) -> tuple[Any, ...]:
    chosen = [pairs[at] for at in group]
    best = _strongest(chosen)
    begins = min((row.begins for row, _ in chosen if row.begins), default="")
    return (
        -together(best.values()),
        -len(best),
        begins,
        case_id(min(first[at] for at in group)),
    )


def _row(snapshot: Snapshot, pairs: Pairs, first: Sequence[First]) -> Case:
    best = _strongest(pairs)
    rows = sorted({int(row) for _, found in pairs for row in found.rows})
    begins = dict(zip(rows, snapshot.columns.vf[rows].tolist(), strict=True)) if rows else {}
    facts = dict(zip(snapshot.fact_ids(rows), rows, strict=True))
    shown, total = evidence(sorted(facts, key=lambda fact: (begins[facts[fact]], fact)))
    times = Counter(
        node for _, found in pairs for node in {int(snapshot.nodes.rep[n]) for n in found.members}
    )
    names = dict(zip(snapshot.canonicals(list(times)), times.values(), strict=True))
    members = sorted(names, key=lambda name: (-names[name], name))
    findings = [row.id for row, _ in sorted(pairs, key=lambda p: (-p[0].score, p[0].id))]
    name = case_id(min(first))
    amount, currency, attrs = _amount(pairs)
    was = sorted({case_id(each) for each in first} - {name})
    if was:
        attrs["was"] = was[:MEMBERS_LIMIT]
    starts = [row.begins for row, _ in pairs if row.begins]
    ends = [row.ends for row, _ in pairs if row.ends]
    begin, end = min(starts, default=None), max(ends, default=None)
    return Case(
        id=name,
        pattern="case",
        patterns=list(best),
        members=members[:MEMBERS_LIMIT],
        facts=shown,
        findings=findings[:MEMBERS_LIMIT],
        amount=amount,
        currency=currency,
        begins=begin,
        ends=end,
        score=together(best.values()),
        why=_why(pairs, best, len(members), len(rows), (begin, end)),
        attrs=attrs or UNSET,
        facts_total=total,
        members_total=len(members) if len(members) > MEMBERS_LIMIT else UNSET,
        findings_total=len(findings) if len(findings) > MEMBERS_LIMIT else UNSET,
    )


def _amount(pairs: Pairs) -> tuple[str | None, str | None, dict[str, Any]]:
    """The largest amount of a finding, its currency, and all where there are several."""
    most: dict[str, str] = {}
    for row, _ in pairs:
        if row.amount is not None and row.currency is not None:
            most[row.currency] = max(most.get(row.currency, row.amount), row.amount, key=Decimal)
    if len(most) > 1:
        return None, None, {"amounts": dict(sorted(most.items()))}
    return next(((text, currency, {}) for currency, text in most.items()), (None, None, {}))


def _why(
    pairs: Pairs, best: dict[str, float], members: int, facts: int, span: tuple[Any, Any]
) -> str:
    count = Counter(row.pattern for row, _ in pairs)
    zh = "、".join(f"{named(pattern)} {count[pattern]}" for pattern in best)
    en = ", ".join(f"{pattern} {count[pattern]}" for pattern in best)
    when_zh = when_en = ""
    if span[0] and span[1]:
        first, last = span[0][:10], span[1][:10]
        when_zh, when_en = f", {first} 至 {last}", f", {first} to {last}"
    return (
        f"{len(pairs)} 条线索相互重叠 ({zh}), 涉及 {members} 个主体、{facts} 项事实{when_zh}"
        f" / {len(pairs)} overlapping findings ({en}) about {members} subjects on {facts} facts"
        f"{when_en}"
    )
