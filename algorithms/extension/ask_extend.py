"""From a question about an extension to its rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from algorithms.extension.candidates import Candidate, Field, candidates
from algorithms.extension.extend import ExtendParams, Legal, Outcome
from algorithms.extension.proving import Prover, evidence_rows
from algorithms.extension.ruling import RANK, Ruled, Ruling
from algorithms.registry import Result, Truncated, evidence
from graph.errors import WrongUsage
from graph.limbs import CONTROLLER
from graph.model import SHARE_UNIT
from graph.proof.judge import REASONS
from graph.rulebook import load_rulebook
from graph.rulebook.rules import RELATIONS
from graph.times import day_end, today

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Question:
    """One question about an extension, on one view."""

    def __init__(self, snapshot: Snapshot, params: ExtendParams) -> None:
        """Raises UnknownSubject, WrongUsage, BadRulebook."""
        self.snapshot = snapshot
        self.params = params
        self.days = _day(params.act), params.as_of or today()
        if self.days[0] > self.days[1]:
            raise WrongUsage(f"act: {self.days[0]} is after as_of {self.days[1]}")
        self.at = day_end(self.days[0])
        self.book = load_rulebook(params.edition)
        self.root = snapshot.resolve(params.subject)
        self.ruling = Ruling(snapshot, self.book, self.root, self.days, params.measure)

    def ruled(self) -> tuple[list[tuple[Ruled, Candidate]], Field]:
        """What follows for every candidate, in the order of the answer."""
        days = self.at, day_end(self.days[1])
        field = candidates(
            self.snapshot, self.root, days, self.params.max_nodes, self.ruling.reached
        )
        ruled = self.ruling.rule([c for node, c in field.found.items() if node != self.root])
        name = self.snapshot.canonical
        ruled.sort(key=lambda each: (RANK[each[0].outcome], name(each[1].node)))
        return ruled, field


def answer(snapshot: Snapshot, params: ExtendParams) -> Result[Outcome]:
    """See `extend`."""
    question = Question(snapshot, params)
    ruled, field = question.ruled()
    prover = Prover(snapshot, question.ruling, question.root, question.days)
    rows = [
        _row(snapshot, field, prover, question, one, what) for what, one in ruled[: params.max_rows]
    ]
    return Result(
        results=rows,
        truncated=_truncated(params, field, len(ruled)),
        rulebook=question.book.version,
    )


def _day(text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise WrongUsage(f"act: not a date: {text[:40]!r}")


def _row(
    snapshot: Snapshot,
    field: Field,
    prover: Prover,
    question: Question,
    one: Candidate,
    ruled: Ruled,
) -> Outcome:
    ruling = question.ruling
    rows = evidence_rows(snapshot, field, one, ruled, day_end(ruling.act))
    # Who is who comes first: a long register must not crowd out what it all stands on.
    facts, total = evidence(snapshot.fact_ids([*prover.joins(rows, one), *rows]))
    least: float | UnsetType = UNSET
    most: float | UnsetType = UNSET
    if one.control is not None:
        least, most = one.control.votes_min / SHARE_UNIT, one.control.votes_max / SHARE_UNIT
    en, zh = REASONS[ruled.reason]
    if ruled.rule is not None and ruled.reason == "rule":
        en, zh = ruled.rule.en, ruled.rule.zh
    return Outcome(
        party=snapshot.canonical(one.node),
        outcome=ruled.outcome,
        reason=ruled.reason,
        roles=[limb for limb in RELATIONS if limb in one.limbs],
        control=[] if one.control is None else list(one.control.limbs),
        tier=_tier(one),
        share=one.units / SHARE_UNIT if one.units else None,
        share_min=least,
        share_max=most,
        rule=None if ruled.rule is None else ruled.rule.id,
        basis=_legal(ruling, ruled),
        until=ruled.until,
        facts=facts,
        facts_total=total,
        why=f"{en} / {zh}",
        lacking=ruled.lacking,
        proof=prover.prove(one, ruled, rows) if question.params.proofs else UNSET,
    )


def _tier(one: Candidate) -> int | None:
    """Steps from the subject along the shortest limb."""
    if any(limb != CONTROLLER for limb in one.limbs if limb not in ("relative", "guardian")):
        return 1
    if one.control is not None:
        return min(len(proof.chain) - 1 for proof in one.control.proofs)
    return 2 if one.limbs else None


def _legal(ruling: Ruling, ruled: Ruled) -> Legal | None:
    rule = ruled.rule
    if rule is None or rule.basis is None:
        return None
    document = ruling.book.document(rule.basis.document)
    return Legal(
        document=document.zh, number=document.number, article=rule.basis.article,
        status=rule.status,
    )  # fmt: skip


def _truncated(params: ExtendParams, field: Field, count: int) -> Truncated | None:
    if field.cut is not None:
        limit = params.max_nodes if field.cut == "max_nodes" else None
        return Truncated(reason=field.cut, explored=field.explored, limit=limit)
    if count > params.max_rows:
        return Truncated(reason="max_rows", explored=count, limit=params.max_rows)
    return None
