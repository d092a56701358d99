"""What the rulebook makes of a candidate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from algorithms.extension.candidates import Candidate
from algorithms.ownership.holdings import exact_votes
from graph.limbs import CONTROLLER, in_force
from graph.model import SHARE_UNIT
from graph.proof.judge import LONGEST
from graph.proof.known import births_of, named_alone
from graph.rulebook.durations import age_on, later
from graph.rulebook.rules import RELATIONS, Condition, Measure, Person, Responsible, Rule, Share
from graph.store import NONE
from graph.times import DAY, INF, NEG, format_time, parse_time

if TYPE_CHECKING:
    from datetime import date

    from graph.rulebook.rules import Rulebook
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

RANK: Final = {"extend": 0, "review": 1, "exclude": 2}


@dataclass(frozen=True, slots=True)
class Ruled:
    """What follows for a candidate, by which limb and row; `lacking` is what it was short of."""

    outcome: str
    reason: str
    limb: str | None = None
    rule: Rule | None = None
    until: str | None = None
    lacking: str | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """The measure on the subject: when it began, and when it ends; `stands` on the day asked."""

    stands: bool
    begins: int | None
    ends: int


class Ruling:
    """The rules of one measure for one subject, act and day."""

    def __init__(
        self, snapshot: Snapshot, book: Rulebook, root: int, days: tuple[str, str], measure: str
    ) -> None:
        self.snapshot = snapshot
        self.book = book
        self.root = root
        self.act, as_of = days
        self.as_of = parse_time(as_of)
        self.measure: Measure = book.measure(measure)
        kind = snapshot.kind_name(root)
        self.rows = {
            row.relation: row
            for row in book.rows_for(measure, self.act)
            if kind in row.subject and not book.barred(row)
        }  # fmt: skip
        self.reached = {limb for limb, row in self.rows.items() if row.outcome == "extend"}
        self.parent = self._parent(root)
        self.stated: dict[int, StoredFact] = {}  # by record, of whoever is not excluded outright

    def _parent(self, root: int) -> Parent:
        """From the subject's black listings of the measure's domain; without any it stands."""
        found: list[tuple[int, int, str | None]] = []
        for said in self.snapshot.listings(root):
            if said.get("list") == "black" and said.get("domain") == self.measure.domain:
                begins = NEG if said["valid_from"] is None else parse_time(said["valid_from"])
                ends = INF if said["valid_to"] is None else parse_time(said["valid_to"])
                if ends == INF and begins != NEG:
                    ends = later(begins, self.measure.longest or LONGEST)
                found.append((ends, begins, said.get("status")))
        if not found:
            return Parent(True, None, INF)
        moment = self.as_of + DAY - 1
        stand = [(e, -b) for e, b, status in found if b <= moment < e and in_force(status)]
        if not stand:
            return Parent(False, None, INF)
        ends, begun = max(stand)
        return Parent(True, -begun, ends)

    def rule(self, every: Iterable[Candidate]) -> list[tuple[Ruled, Candidate]]:
        """What follows for candidates."""
        if self.measure.no_basis:
            return [(Ruled("exclude", "no_basis"), one) for one in every]
        if not self.parent.stands:
            return [(Ruled("exclude", "parent_ended"), one) for one in every]
        found = []
        for one in every:
            ruled = self._by_limbs(one)
            if ruled.outcome != "extend":
                ruled = self._in_doubt(one, ruled)
            found.append((ruled, one))
        self.stated = self.snapshot.stated(o.node for r, o in found if r.outcome != "exclude")
        return [(self._final(one, ruled), one) for ruled, one in found]

    def _final(self, one: Candidate, ruled: Ruled) -> Ruled:
        ruled = self._gated(one, ruled)
        if ruled.outcome == "extend" and ruled.rule is not None:
            return Ruled("extend", "rule", ruled.limb, ruled.rule, self._until(ruled.rule))
        return ruled

    def _until(self, rule: Rule) -> str | None:
        ends = self.parent.ends
        if rule.longest is not None:
            begins = self.parent.begins
            start = parse_time(self.act) if begins is None else begins
            ends = min(ends, later(start, rule.longest))
        return format_time(ends)

    def _by_limbs(self, one: Candidate) -> Ruled:
        """The limb that reaches, else the one that refers, else the one that is excluded."""
        choices: list[Ruled] = []
        for limb in RELATIONS:
            if limb not in one.limbs or limb not in self.rows:
                continue
            row = self.rows[limb]
            short = [c for c in row.conditions if not self._met(c, one, limb)]
            if any(isinstance(c, Person) for c in short):
                choices.append(Ruled("review", "unit", limb, row))
            elif short:
                choices.append(
                    Ruled("exclude", "condition", limb, row, lacking=self._short(one, short))
                )
            elif row.outcome == "extend" and one.unsure(limb):
                choices.append(Ruled("review", "name_match", limb, row))
            else:
                choices.append(Ruled(row.outcome, "rule", limb, row))
        if choices:
            return min(choices, key=lambda ruled: RANK[ruled.outcome])
        return Ruled("exclude", "no_row" if one.limbs else "unrelated")

    def _met(self, condition: Condition, one: Candidate, limb: str) -> bool:
        if isinstance(condition, Person):
            return self.snapshot.kind_name(one.node) == "person"
        if isinstance(condition, Responsible):
            return limb == "directly_responsible"
        if isinstance(condition, Share):
            share = self.share(one, condition.of)
            if condition.over is not None:
                return share > Fraction(condition.over)
            return share >= Fraction(condition.at_least or "1")
        return True

    def share(self, one: Candidate, of: str) -> Fraction:
        """What a candidate holds directly, of capital or votes, as it is written."""
        total = Fraction(0)
        for row in one.ballots:
            extra, value = self.snapshot.extra(row), int(self.snapshot.columns.value[row])
            if of == "votes" and (value != NONE or "votes" in extra):
                total += exact_votes(extra, value)
            elif value != NONE:
                total += (
                    Fraction(str(extra["exact"]))
                    if "exact" in extra
                    else Fraction(value, SHARE_UNIT)
                )
        return total

    def _short(self, one: Candidate, conditions: Iterable[Condition]) -> str | None:
        for condition in conditions:
            if isinstance(condition, Share):
                held = float(self.share(one, condition.of))
                asked, word, zh = condition.over, "more than", "超过"
                if asked is None:
                    asked, word, zh = condition.at_least, "at least", "不低于"
                need = float(Fraction(asked or "1"))
                return (
                    f"{held:.12g} where the rule asks for {word} {need:.12g}"
                    f" / 为 {held:.12g}, 规则要求{zh} {need:.12g}"
                )
        return None

    def _in_doubt(self, one: Candidate, ruled: Ruled) -> Ruled:
        """Whether a person must look at whom no rule reaches."""
        if one.doubt is not None and CONTROLLER in self.reached:
            return Ruled("review", one.doubt, CONTROLLER, self.rows[CONTROLLER])
        for limb in RELATIONS:
            if limb in one.shed and limb in self.reached and limb not in one.limbs:
                days = self._days(one.shed[limb])
                lacking = f"left the role {days} days before the act / 于行为前 {days} 天卸任或转让"
                return Ruled("review", "shed", limb, self.rows[limb], lacking=lacking)
        if ruled.lacking is None and (near := self._near(one)):
            return Ruled(ruled.outcome, ruled.reason, ruled.limb, ruled.rule, lacking=near)
        return ruled

    def _days(self, rows: list[int]) -> int:
        last = max(int(self.snapshot.columns.vt[row]) for row in rows)
        return (parse_time(self.act) - last) // DAY

    def _near(self, one: Candidate) -> str | None:
        """What a near miss was short of."""
        for limb in RELATIONS:
            if limb in one.later and limb in self.reached and limb not in one.limbs:
                first = min(int(self.snapshot.columns.vf[row]) for row in one.later[limb])
                days = (first - parse_time(self.act)) // DAY
                return f"took the role {days} days after the act / 于行为后 {days} 天任职或受让"
        if one.ballots and CONTROLLER in self.reached:
            share = self.share(one, "votes")
            if 2 * share > 1:
                return "itself controlled by others / 自身受他人控制"
            held = float(share)
            return (
                f"{held:.12g} of the votes, where control asks for more than 0.5"
                f" / 表决权 {held:.12g}, 控制须超过 0.5"
            )
        return None

    # -- gates ------------------------------------------------------------------------------

    def _gated(self, one: Candidate, ruled: Ruled) -> Ruled:
        """Age, identity, state organs, and whether the party is still there."""
        if ruled.outcome == "exclude":
            return ruled
        snapshot = self.snapshot
        person = snapshot.kind_name(one.node) == "person"
        births = self._births(one.node) if person else set()
        if len(births) == 1:
            age = age_on(next(iter(births)), self.act)
            for gate in self.book.gates:
                if gate.gate == "age" and gate.under is not None and age < gate.under:
                    lacking = f"{age} years old on the day of the act / 行为时 {age} 周岁"
                    return Ruled(gate.outcome, "age", ruled.limb, ruled.rule, lacking=lacking)
        if not self._there(one.node):
            return Ruled("exclude", "ended", ruled.limb, ruled.rule)
        if ruled.outcome == "review":
            return ruled
        if person and len(births) != 1:
            return self._gate("unknown_age", ruled)
        if any(named_alone(self.snapshot, node) for node in (one.node, self.root)):
            return self._gate("name_match", ruled)
        if not person and snapshot.state_organ(one.node):
            return Ruled("review", "state_organ", ruled.limb, ruled.rule)
        if not self._there(self.root):
            return Ruled("review", "subject_ended", ruled.limb, ruled.rule)
        return ruled

    def _there(self, node: int) -> bool:
        nodes = self.snapshot.nodes
        return bool(nodes.vf[node] <= self.as_of + DAY - 1 < nodes.vt[node])

    def _gate(self, name: str, ruled: Ruled) -> Ruled:
        gate = next((gate.outcome for gate in self.book.gates if gate.gate == name), "review")
        outcome = "exclude" if gate == "exclude" else "review"
        return Ruled(outcome, name, ruled.limb, ruled.rule)

    def _births(self, node: int) -> set[date]:
        members = [m for m in self.snapshot.members(node) if m in self.stated]
        return {born for m in members for born in births_of(self.stated[m])}
