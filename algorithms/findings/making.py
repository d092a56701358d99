"""From what a detector found to the rows of its answer: ranked, named, explained, bounded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from algorithms.findings.finding import Finding, FindingParams
from algorithms.findings.scoring import Sign, evidence, score
from algorithms.findings.significance import false_discovery
from algorithms.registry import FACTS_LIMIT, Result, cut_short
from graph.money import decimal_text
from graph.times import format_time

if TYPE_CHECKING:
    from graph.deadline import Deadline
    from graph.snapshot import Snapshot

MEMBERS_LIMIT: Final = 1000  # members and circle shown on a row; the total says how many there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a detector found, by the numbers of the snapshot.

    `members` and `circle` are subjects and `rows` relations, each in the order in which it is to be
    shown. `zh` and `en` say what it is. `amount` is in minor units of `currency`; `begins` and
    `ends` are instants (µs), by default the first and last that its relations began.
    `called` are the subjects that its id is made from where its facts are too many or come and go;
    by default the id is a digest of its facts.
    """

    pattern: str
    members: Sequence[int]
    rows: Sequence[int]
    p: float
    zh: str
    en: str
    signs: Sequence[Sign] = ()
    circle: Sequence[int] = ()
    amount: int | None = None
    currency: str = "CNY"
    begins: int | None = None
    ends: int | None = None
    attrs: dict[str, Any] = field(default_factory=dict)
    called: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A bound that ended a search early: what to say, the bound, how much was explored."""

    reason: str
    explored: int
    limit: int | None = None


LATE: Final = "time_limit: not all was looked at / 超时, 未全部查看"


def overdue(deadline: Deadline, explored: int, reason: str = LATE) -> list[Cut]:
    """What to say of a search's deadline: nothing where it has not passed."""
    return [Cut(reason, explored)] if deadline.passed else []


_KEPT: ContextVar[list[tuple[Finding, Found]] | None] = ContextVar("kept", default=None)


@contextmanager
def kept_whole() -> Iterator[list[tuple[Finding, Found]]]:
    """Within it, the rows of answers are kept beside all that they were made from: a row shows some
    of its members and facts. In the order of the rows; of this thread alone."""
    kept: list[tuple[Finding, Found]] = []
    token = _KEPT.set(kept)
    try:
        yield kept
    finally:
        _KEPT.reset(token)


def answer(
    snapshot: Snapshot,
    found: Sequence[Found],
    params: FindingParams,
    *,
    tests: int,
    cuts: Sequence[Cut] = (),
    notes: Sequence[str] = (),
    weaker: Sequence[float] = (),
) -> Result[Finding]:
    """The answer: rows by score, highest first, then evidence, begin and id.

    `tests` is how many candidates the null model was asked about, those that showed nothing among
    them: it is what the false discovery rate counts against. `cuts` are bounds that were hit.
    `weaker` are the `p` of what was found, too, and not made for want of evidence: each has less
    than `max_rows` of those that were. O(n log n) and the naming of what is shown.
    """
    q = false_discovery([*(each.p for each in found), *weaker], tests).tolist()
    strength = [evidence(each.p, each.signs) for each in found]
    scores = [score(each.pattern, nats) for each, nats in zip(found, strength, strict=True)]
    most = params.max_false_discovery
    kept = [
        at
        for at in range(len(found))
        if scores[at] >= params.min_score and (most is None or q[at] <= most)
    ]
    kept.sort(key=lambda at: (-scores[at], -strength[at]))
    total, cuts = len(kept), list(cuts)
    if total > params.max_rows:
        total += len(weaker) if params.min_score == 0 and most is None else 0
        last = kept[params.max_rows - 1]  # and all that equal it: names decide among them
        worst = (scores[last], strength[last])
        kept = [at for at in kept if (scores[at], strength[at]) >= worst]
        text = (
            f"max_rows: {total} findings, those of highest score are shown / 只列出得分最高的线索"
        )
        cuts.insert(0, Cut(text, total, params.max_rows))
    made = [(_row(snapshot, found[at], q[at], strength[at], scores[at]), found[at]) for at in kept]
    made.sort(
        key=lambda pair: (-pair[0].score, -pair[0].evidence, pair[0].begins or "", pair[0].id)
    )
    del made[params.max_rows :]
    if (whole := _KEPT.get()) is not None:
        whole += made
    rows = [row for row, _ in made]
    explored = max((cut.explored for cut in cuts), default=0)
    cut = cut_short([(each.reason, each.limit) for each in cuts], explored)
    return Result(results=rows, truncated=cut, notes=list(notes))


def _row(snapshot: Snapshot, found: Found, q: float, nats: float, scored: float) -> Finding:
    began = snapshot.columns.vf[list(found.rows)] if len(found.rows) else None
    begins, ends = found.begins, found.ends
    if began is not None:
        begins = int(began.min()) if begins is None else begins
        ends = int(began.max()) if ends is None else ends
    members = snapshot.canonicals(list(found.members[:MEMBERS_LIMIT]))
    attrs = dict(found.attrs)
    if found.circle:
        attrs["circle"] = snapshot.canonicals(list(found.circle[:MEMBERS_LIMIT]))
        if len(found.circle) > MEMBERS_LIMIT:
            attrs["circle_total"] = len(found.circle)
    many = len(found.rows) > FACTS_LIMIT
    return Finding(
        id=_digest(snapshot, found),
        pattern=found.pattern,
        members=members,
        facts=snapshot.fact_ids(list(found.rows[:FACTS_LIMIT])),
        amount=None if found.amount is None else decimal_text(found.amount, found.currency),
        currency=None if found.amount is None else found.currency,
        begins=None if begins is None else format_time(begins),
        ends=None if ends is None else format_time(ends),
        score=scored,
        why=explained(found, q),
        p=found.p,
        q=q,
        evidence=nats,
        signs={sign.name: sign.weight for sign in found.signs},
        attrs=attrs or UNSET,
        facts_total=len(found.rows) if many else UNSET,
        members_total=len(found.members) if len(found.members) > MEMBERS_LIMIT else UNSET,
    )


def _digest(snapshot: Snapshot, found: Found) -> str:
    if found.called is None:
        names = snapshot.fact_ids(list(found.rows))
    else:
        names = snapshot.canonicals(list(found.called))
    text = "\n".join([found.pattern, *sorted(names)])
    return f"{found.pattern}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def explained(found: Found, q: float) -> str:
    """What was found, what speaks for it and which innocent explanations were weighed, in words."""
    more = [sign for sign in found.signs if sign.weight > 0]
    less = [sign for sign in found.signs if sign.weight < 0]
    zh = [found.zh, f"偶然出现的概率 {found.p:.1g} (错误发现率 {q:.1g})"]
    en = [found.en, f"by chance {found.p:.1g} (false discovery rate {q:.1g})"]
    if more:
        zh.append("另有: " + ", ".join(sign.zh for sign in more))
        en.append("also: " + ", ".join(sign.en for sign in more))
    zh.append("可能的正当解释: " + (", ".join(sign.zh for sign in less) or "未见"))
    en.append("innocent explanations: " + (", ".join(sign.en for sign in less) or "none seen"))
    return f"{'; '.join(zh)} / {'; '.join(en)}"
