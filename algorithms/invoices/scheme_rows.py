"""From the findings of all detectors to one row a company or group."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from msgspec import UNSET

from algorithms.findings.asking import subject_of
from algorithms.findings.making import MEMBERS_LIMIT
from algorithms.findings.patterns import named
from algorithms.findings.scoring import together
from algorithms.findings.significance import false_discovery
from algorithms.invoices.invoice_schemes import InvoiceScheme
from algorithms.invoices.ledgers import books
from algorithms.invoices.scheme_parts import Part, ask, groups
from algorithms.registry import FACTS_LIMIT, Result, cut_short
from graph.times import day_end, today

if TYPE_CHECKING:
    from algorithms.invoices.invoice_schemes import SchemeParams
    from graph.snapshot import Snapshot

_PATTERN: Final = "invoice_scheme"
_ROLES: Final = 50  # members whose patterns are shown


class Scheme(NamedTuple):
    """Some companies, and the findings that they are members of."""

    companies: list[int]
    parts: list[Part]
    best: dict[str, Part]
    score: float
    evidence: float
    p: float


def find(snapshot: Snapshot, params: SchemeParams) -> Result[InvoiceScheme]:
    """The rows of `invoice_schemes`."""
    at = day_end(params.as_of or today())
    wanted = None if params.company is None else subject_of(snapshot, params.company, "company")
    asked = ask(snapshot, params)
    within: dict[int, list[int]] = {}
    for place, part in enumerate(asked.parts):
        for company in dict.fromkeys(part.members):
            within.setdefault(company, []).append(place)
    if params.by == "company":
        bodies = [[company] for company in within]
    else:
        bodies = groups(snapshot, params, asked.parts, at)
    made = [_scheme(body, asked.parts, within, asked.asked) for body in bodies]
    trading = _trading(snapshot, at)
    tests = trading - sum(len(body) - 1 for body in bodies)
    q = false_discovery([each.p for each in made], tests).tolist()
    most = params.max_false_discovery
    chosen = [
        (scheme, rate)
        for scheme, rate in zip(made, q, strict=True)
        if scheme.score >= params.min_score and (most is None or rate <= most)
    ]
    if wanted is not None:
        chosen = [pair for pair in chosen if wanted in pair[0].companies]
    return _answer(snapshot, params, chosen, asked.cuts, max(asked.explored, len(asked.parts)))


def _trading(snapshot: Snapshot, at: int) -> int:
    """How many companies have invoices that stand."""
    invoices = books(snapshot, at).invoices
    stand = invoices.stand
    return len(np.unique(np.concatenate([invoices.seller[stand], invoices.buyer[stand]])))


def _scheme(
    companies: list[int], parts: Sequence[Part], within: dict[int, list[int]], asked: int
) -> Scheme:
    places = sorted({place for company in companies for place in within[company]})
    own = sorted((parts[place] for place in places), key=_strength)
    best: dict[str, Part] = {}
    for part in own:
        best.setdefault(part.row.pattern, part)
    score = together(part.row.score for part in best.values())
    evidence = math.fsum(part.row.evidence for part in best.values())
    p = min(1.0, asked * min(part.row.p for part in best.values()))
    return Scheme(companies, own, best, score, evidence, p)


def _strength(part: Part) -> tuple[float, float, str]:
    return -part.row.score, -part.row.evidence, part.row.id


def _answer(
    snapshot: Snapshot,
    params: SchemeParams,
    chosen: list[tuple[Scheme, float]],
    cuts: list[str],
    explored: int,
) -> Result[InvoiceScheme]:
    chosen.sort(key=lambda pair: (-pair[0].score, -pair[0].evidence))
    total = len(chosen)
    said: list[tuple[str, int | None]] = [(reason, None) for reason in cuts]
    if total > params.max_rows:
        last = chosen[params.max_rows - 1][0]
        worst = (last.score, last.evidence)  # and all that equal it: names decide among them
        chosen = [pair for pair in chosen if (pair[0].score, pair[0].evidence) >= worst]
        text = f"max_rows: {total} found, those of highest score are shown"
        said.insert(0, (f"{text} / 只列出得分最高的", params.max_rows))
    rows = [_row(snapshot, scheme, rate) for scheme, rate in chosen]
    rows.sort(key=lambda row: (-row.score, -row.evidence, row.begins or "", row.id))
    cut = cut_short(said, max(explored, total))
    return Result(results=rows[: params.max_rows], truncated=cut)


def _row(snapshot: Snapshot, scheme: Scheme, rate: float) -> InvoiceScheme:
    members, roles = _members(snapshot, scheme)
    rows = sorted({int(row) for part in scheme.parts for row in part.found.rows})
    when = snapshot.columns.vf[rows].tolist() if rows else []
    names = snapshot.fact_ids(rows)
    facts = [name for _, name in sorted(zip(when, names, strict=True))]
    circle = _circle(snapshot, scheme)
    amounts = [part.row.amount for part in scheme.parts if part.row.amount is not None]
    begins = [part.row.begins for part in scheme.parts if part.row.begins]
    ends = [part.row.ends for part in scheme.parts if part.row.ends]
    findings = [part.row.id for part in scheme.parts]
    attrs: dict[str, Any] = {"roles": roles}
    if circle:
        attrs["circle"] = circle[:MEMBERS_LIMIT]
    if len(findings) > MEMBERS_LIMIT:
        attrs["findings_total"] = len(findings)
    digest = hashlib.sha256("\n".join([_PATTERN, *sorted(members)]).encode()).hexdigest()
    return InvoiceScheme(
        id=f"{_PATTERN}:{digest[:16]}",
        pattern=_PATTERN,
        members=members[:MEMBERS_LIMIT],
        facts=facts[:FACTS_LIMIT],
        amount=max(amounts, key=Decimal, default=None),
        currency="CNY" if amounts else None,
        begins=min(begins, default=None),
        ends=max(ends, default=None),
        score=scheme.score,
        why=_why(scheme, len(members)),
        p=scheme.p,
        q=rate,
        evidence=scheme.evidence,
        signs={
            f"{pattern}.{name}": weight
            for pattern, part in scheme.best.items()
            for name, weight in part.row.signs.items()
        },
        patterns={pattern: part.row.score for pattern, part in scheme.best.items()},
        findings=findings[:MEMBERS_LIMIT],
        attrs=attrs,
        facts_total=len(facts) if len(facts) > FACTS_LIMIT else UNSET,
        members_total=len(members) if len(members) > MEMBERS_LIMIT else UNSET,
    )


def _members(snapshot: Snapshot, scheme: Scheme) -> tuple[list[str], list[dict[str, Any]]]:
    """The companies by how many findings they are in, and the patterns of each."""
    own = set(scheme.companies)
    count = Counter(company for part in scheme.parts for company in own & {*part.members})
    names = dict(zip(count, snapshot.canonicals(list(count)), strict=True))
    order = sorted(count, key=lambda company: (-count[company], names[company]))
    roles = []
    for company in order[:_ROLES]:
        theirs = {part.row.pattern for part in scheme.parts if company in part.members}
        patterns = [pattern for pattern in scheme.best if pattern in theirs]
        roles.append({"company": names[company], "patterns": patterns})
    return [names[company] for company in order], roles


def _circle(snapshot: Snapshot, scheme: Scheme) -> list[str]:
    """Who else is in the findings or around them, by id."""
    rep, own = snapshot.nodes.rep, set(scheme.companies)
    others = {
        int(rep[node])
        for part in scheme.parts
        for node in (*part.found.members, *part.found.circle)
    } - own
    return sorted(snapshot.canonicals(sorted(others)))


def _why(scheme: Scheme, members: int) -> str:
    """What each pattern's strongest finding says."""
    zh = [f"{members} 家企业, {len(scheme.parts)} 条线索, {len(scheme.best)} 种模式"]
    en = [f"companies: {members}, findings: {len(scheme.parts)}, patterns: {len(scheme.best)}"]
    for pattern, part in scheme.best.items():
        zh.append(f"{named(pattern)} ({part.row.score:.2f}): {part.found.zh}")
        en.append(f"{pattern} ({part.row.score:.2f}): {part.found.en}")
    return f"{'; '.join(zh)} / {'; '.join(en)}"
