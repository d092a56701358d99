"""What the rulebook makes of a party, judged on a base of facts alone: the checker's own reading.

It knows nothing of the algorithms that search: the same rules, written a second time and plainly,
so that an error in either shows as a proof that is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from graph.limbs import CONTROLLER, in_force
from graph.proof.base import Base, Entry, Subject
from graph.proof.limb import Standing, direct, standing
from graph.rulebook.durations import age_on, later
from graph.rulebook.rules import (
    RELATIONS,
    Condition,
    Held,
    Measure,
    Person,
    Responsible,
    Rule,
    Rulebook,
    Share,
)
from graph.times import DAY, INF, NEG, day_end, format_time, parse_time

# A listing that names no end, of a measure for which the law names none, is no longer acted upon
# after five years: 征信业管理条例 art. 16 keeps negative information no longer.
LONGEST: Final = "P5Y"
SHED_DAYS: Final = 365  # whoever left a role so shortly before the act is looked at by a person
ORDER: Final = tuple(RELATIONS)  # of several limbs that are reached, the first carries


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows for a party: see `REASONS` for the words of `reason`."""

    outcome: str
    reason: str
    limb: str | None = None
    rule: str | None = None
    until: str | None = None


REASONS: Final[dict[str, tuple[str, str]]] = {
    "rule": ("a rule of this measure decides", "适用本措施的规则"),
    "no_basis": ("no law is known that extends this measure", "该措施无扩展依据"),
    "no_row": ("no rule of this measure reaches such a party", "无规则及于此类关联方"),
    "condition": ("a condition of the rule is not met", "不满足规则的条件"),
    "possible": ("unknown shares could decide", "持股不明, 可能构成控制"),
    "nominee": ("controls by what a nominee holds", "通过代持控制"),
    "shed": ("left the role shortly before the act", "行为前不久卸任或转让"),
    "unit": ("the rule speaks of natural persons", "规则针对自然人"),
    "age": ("too young on the day of the act", "行为时未成年"),
    "unknown_age": ("age is not known", "年龄不明"),
    "name_match": (
        "joined by a name alone, by a model that nobody confirmed, or by what was retracted",
        "仅凭姓名、未经确认的模型判断或已撤回记录关联",
    ),
    "state_organ": ("a state organ", "国家机关"),
    "subject_ended": ("the subject itself no longer exists", "主体自身已终止"),
    "ended": ("the party no longer exists", "主体已终止"),
    "parent_ended": ("the measure on the subject has ended", "主体上的措施已终止"),
    "unrelated": ("no relation to the subject on the day of the act", "行为当日无关联"),
}


def judge(base: Base, book: Rulebook, claim: dict[str, Any]) -> Verdict:
    """What follows from these facts and this rulebook for the party of a claim.

    Polynomial in the facts of the base. Raises WrongUsage for a measure that is not there.
    """
    subject, party = claim["subject"], claim["party"]
    measure = book.measure(claim["measure"])
    at, as_of = day_end(claim["act"]), day_end(claim["as_of"])
    if measure.no_basis:
        return Verdict("exclude", "no_basis")
    begun, until = _parent(base, subject, measure, as_of)
    if until is None:
        return Verdict("exclude", "parent_ended")
    kind = base.subjects[subject].kind
    rows = {
        row.relation: row
        for row in book.rows_for(measure.id, claim["act"])
        if kind in row.subject and not book.barred(row)
    }  # fmt: skip
    found = standing(base, party, subject, at)
    verdict = _by_rows(found, rows, base.subjects[party])
    if verdict.outcome != "extend":
        verdict = _doubt(base, claim, rows, found, verdict, at)
    verdict = _gates((base.subjects[party], base.subjects[subject]), book, claim, verdict, as_of)
    if verdict.outcome == "extend" and verdict.limb is not None:
        ends = _until(rows[verdict.limb], until, begun, parse_time(claim["act"]))
        return Verdict("extend", "rule", verdict.limb, verdict.rule, ends)
    return verdict


def _parent(
    base: Base, subject: str, measure: Measure, as_of: int
) -> tuple[int | None, int | None]:
    """When the measure on the subject began, and until when it stands; None: it has ended.

    Where no listing of its domain is known, the measure is taken to stand. One that names no end
    has the longest that the law gives it.
    """
    listed = [e for e in base.listings[subject] if e.list == "black"]
    entries = [
        (_end(entry, measure.longest), -entry.begins, entry)
        for entry in listed
        if entry.domain == measure.domain
    ]
    if not entries:
        return None, INF
    stand = [
        (end, begun)
        for end, begun, entry in entries
        if entry.begins <= as_of < end and in_force(entry.status)
    ]
    if not stand:
        return None, None
    end, begun = max(stand)
    return -begun, end


def _end(entry: Entry, longest: str | None) -> int:
    if entry.ends == INF and entry.begins != NEG:
        return later(entry.begins, longest or LONGEST)
    return entry.ends


def _by_rows(found: Standing, rows: dict[str, Rule], party: Subject) -> Verdict:
    """What the rows make of the limbs that are held: the first that reaches, else that refers, else
    that excludes."""
    best = Verdict("exclude", "no_row" if found.limbs else "unrelated")
    rank = {"extend": 2, "review": 1, "exclude": 0}
    for limb in ORDER:
        if limb not in found.limbs or (row := rows.get(limb)) is None:
            continue
        lacking = [c for c in row.conditions if not _met(c, found, party, limb)]
        if any(isinstance(c, Person) for c in lacking):
            verdict = Verdict("review", "unit", limb, row.id)
        elif lacking:
            verdict = Verdict("exclude", "condition", limb, row.id)
        elif row.outcome == "extend" and limb in found.unsure:
            verdict = Verdict("review", "name_match", limb, row.id)
        else:
            verdict = Verdict(row.outcome, "rule", limb, row.id)
        if rank[verdict.outcome] > rank[best.outcome] or best.rule is None:
            best = verdict
    return best


def _met(condition: Condition, found: Standing, party: Subject, limb: str) -> bool:
    if isinstance(condition, Held):
        return True
    if isinstance(condition, Person):
        return party.kind == "person"  # age is a gate's
    if isinstance(condition, Responsible):
        return limb == "directly_responsible"
    return met(condition, found.capital if condition.of == "capital" else found.votes)


def met(condition: Share, share: Fraction) -> bool:
    """Whether a share meets a condition; at equality only where it says `at_least`."""
    if condition.over is not None:
        return share > Fraction(condition.over)
    return share >= Fraction(condition.at_least or "1")


def _doubt(
    base: Base,
    claim: dict[str, Any],
    rows: dict[str, Rule],
    found: Standing,
    verdict: Verdict,
    at: int,
) -> Verdict:
    """Whether a person must look at a party that no rule reaches."""
    reached = {limb for limb, row in rows.items() if row.outcome == "extend"}
    if CONTROLLER in reached and (found.nominee or found.possible or found.named):
        reason = "nominee" if found.nominee else "possible" if found.possible else "name_match"
        return Verdict("review", reason, CONTROLLER, rows[CONTROLLER].id)
    begins = day_end(claim["act"]) - SHED_DAYS * DAY
    shed = {
        limb
        for limb, relation in direct(base, claim["party"], claim["subject"])
        if limb in reached and limb not in found.limbs and begins < relation.ends <= at
    }
    for limb in ORDER:
        if limb in shed:
            return Verdict("review", "shed", limb, rows[limb].id)
    return verdict


def _gates(
    pair: tuple[Subject, Subject],
    book: Rulebook,
    claim: dict[str, Any],
    verdict: Verdict,
    as_of: int,
) -> Verdict:
    """What holds whatever the measure, for whoever is reached or referred."""
    if verdict.outcome == "exclude":
        return verdict
    party, subject = pair
    limb, rule = verdict.limb, verdict.rule
    if party.kind == "person" and len(party.births) == 1:
        age = age_on(next(iter(party.births)), claim["act"])
        for gate in book.gates:
            if gate.gate == "age" and gate.under is not None and age < gate.under:
                return Verdict(gate.outcome, "age", limb, rule)
    if not party.begins <= as_of < party.ends:
        return Verdict("exclude", "ended", limb, rule)
    if verdict.outcome == "review":
        return verdict
    if party.kind == "person" and len(party.births) != 1:
        return _gated(book, "unknown_age", limb, rule)
    if party.by_name or subject.by_name:
        return _gated(book, "name_match", limb, rule)
    if party.organ:
        return Verdict("review", "state_organ", limb, rule)
    if not subject.begins <= as_of < subject.ends:
        return Verdict("review", "subject_ended", limb, rule)
    return verdict


def _gated(book: Rulebook, name: str, limb: str | None, rule: str | None) -> Verdict:
    outcome = next((gate.outcome for gate in book.gates if gate.gate == name), "review")
    return Verdict("exclude" if outcome == "exclude" else "review", name, limb, rule)


def _until(row: Rule, parent: int, begun: int | None, act: int) -> str | None:
    """When the extension ends: with its parent, or earlier where the rule says so."""
    if row.longest is None:
        return format_time(parent)
    return format_time(min(parent, later(act if begun is None else begun, row.longest)))
