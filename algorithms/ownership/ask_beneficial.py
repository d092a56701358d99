"""From a question about beneficial owners to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from algorithms.ownership import ask_control, exact
from algorithms.ownership.beneficial_owners import BeneficialOwner, BeneficialParams
from algorithms.ownership.control import ControlParams, ControlRow
from algorithms.ownership.explain import SHOWN, SMALL, Evidence
from algorithms.ownership.holdings import KIND, Holdings, Reader, load
from algorithms.ownership.linear import Clock, OutOfTimeError, gathered
from algorithms.ownership.officers import Officers, Senior
from algorithms.ownership.solve import Shares, in_company
from algorithms.registry import Result, Truncated, evidence
from graph.model import CODES
from graph.times import day_end, today

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_PERSON: Final = CODES["person"]
_ROLES: Final = (KIND, "legal_representative", "officer")
_ALL: Final = 2**62
_LACKING: Final = "{n} holdings without a share were left out: {ids}"
_NOBODY: Final = "{n} companies have no beneficial owner on record, nor a senior officer: {ids}"
_CUT: Final = "the search ended at {}: the value is at least `at_least`"
_UNSURE: Final = "the search ended at {}: somebody further up may be an owner"
_UNKNOWN: Final = "held by shares that are not known alone"
_LARGE: Final = "where more than {n} holdings are in play, facts are those of the strongest path"
_LOOPS: Final = "closed loops too large and too nearly complete to be solved to 1e-9"


def answer(snapshot: Snapshot, params: BeneficialParams) -> Result[BeneficialOwner]:
    """See `beneficial_owners`."""
    question = _Question(snapshot, params)
    rows, limit = gathered(question.rows(), params.max_rows)
    return question.result(rows, limit, params.max_rows if limit == "max_rows" else None)


class _Question:
    def __init__(self, snapshot: Snapshot, params: BeneficialParams) -> None:
        self.snapshot = snapshot
        self.params = params
        self.threshold = Fraction(str(params.threshold))
        self.day = params.as_of or today()
        self.reader = Reader(snapshot, day_end(self.day))
        self.officers = Officers(snapshot, self.reader.at)
        self.clock = Clock(params.time_limit)
        self.kinds = self.reader.graph.nodes.kind
        self.explored = 0
        self.limit: str | None = None
        self.large = False
        self.absent: set[str] = set()
        self.nobody: list[str] = []

    def rows(self) -> Iterator[BeneficialOwner]:
        """Rows in the order of the answer."""
        if self.params.target is not None:
            yield from self._of(self.snapshot.resolve(self.params.target))
            return
        held = self.snapshot.rows(_ROLES, self.reader.at)
        companies = np.unique(self.snapshot.nodes.rep[self.snapshot.columns.dst[held]]).tolist()
        names = self.snapshot.canonicals(companies)
        for _, company in sorted(zip(names, companies, strict=True)):
            yield from self._of(company)

    def _of(self, company: int) -> Iterator[BeneficialOwner]:
        self.clock.check()
        above = _Above(self, company)
        found = above.owners()
        if not found:
            found = [above.senior(one) for one in self.officers.senior(company)]
        if not found and self.kinds[company] == CODES["company"]:
            self.nobody.append(self.snapshot.canonical(company))
        yield from sorted(found, key=_rank)

    def control(self, company: str) -> list[ControlRow]:
        """Who controls a company by votes; where all are asked about, all are counted at once."""
        if self.params.target is None:
            return self._everywhere.get(company, [])
        return self._controllers(company)

    @cached_property
    def _everywhere(self) -> dict[str, list[ControlRow]]:
        found: dict[str, list[ControlRow]] = {}
        for row in self._controllers(None):
            found.setdefault(row.controlled, []).append(row)
        return found

    def _controllers(self, company: str | None) -> list[ControlRow]:
        asked = ControlParams(
            as_of=self.day,
            target=company,
            max_nodes=self.params.max_nodes,
            max_rows=_ALL,
            time_limit=self.clock.left(),
        )
        said = ask_control.answer(self.snapshot, asked)
        if said.truncated is not None and said.truncated.reason == "time_limit":
            raise OutOfTimeError
        return said.results

    def result(
        self, rows: list[BeneficialOwner], limit: str | None, size: int | None
    ) -> Result[BeneficialOwner]:
        """The answer, saying which bound cut it, what was left out, and who has nobody."""
        notes = []
        for said, ids in ((_LACKING, sorted(self.absent)), (_NOBODY, self.nobody)):
            if ids:
                notes.append(said.format(n=len(ids), ids=", ".join(ids[:SHOWN])))
        if self.large:
            notes.append(_LARGE.format(n=SMALL))
        if limit is None and self.limit is not None:
            limit, size = self.limit, self.params.max_nodes
        cut = None if limit is None else Truncated(reason=limit, explored=self.explored, limit=size)
        return Result(results=rows, truncated=cut, notes=notes)


def _rank(row: BeneficialOwner) -> tuple[float, str]:
    share = row.at_least if row.integrated is None else row.integrated
    return -(share or 0.0), row.owner


class _Above:
    """Everything above one company, and what the persons among it are to it."""

    def __init__(self, question: _Question, company: int) -> None:
        self.question, self.company = question, company
        snapshot, reader = question.snapshot, question.reader
        reach = reader.reach(
            company, down=False, max_depth=None, max_nodes=question.params.max_nodes
        )
        self.part: Holdings = load(reader, reach.subjects, "economic")
        self.t = self.part.place[company]
        self.cut = reach.limit
        self.shares: Shares = in_company(self.part.register, self.t, question.clock)
        self._evidence: Evidence | None = None
        self._exact = exact.shares_of(reader, self.part)
        absent = [row for rows in self.part.absent.values() for row in rows]
        self.absent = sorted(snapshot.fact_ids(absent)) if absent else []
        self.persons = {
            i: node for node, i in self.part.place.items() if question.kinds[node] == _PERSON
        }
        question.explored += reach.explored
        question.limit = question.limit or reach.limit
        question.absent.update(self.absent)

    def owners(self) -> list[BeneficialOwner]:
        """Those who are owners by ownership or by control."""
        control = self._control()
        found = [u for u in self.persons if u in control or self._owns(u)]
        return [self._row(u, control.get(u)) for u in found]

    def senior(self, one: Senior) -> BeneficialOwner:
        """A senior officer, of whom there is need where nobody else was found."""
        u = self.part.place.get(one.person)
        value, reason, least = self._told(u)
        over = [self.shares.over[u] for u in self.persons if u in self.shares.over]
        if self.cut is not None:
            reason = _UNSURE.format(self.cut)
        elif over and reason is None:
            reason = f"{self.part.excess(min(over))}: somebody may be an owner"
        facts, total = evidence(sorted(self.question.snapshot.fact_ids(one.rows)))
        return BeneficialOwner(
            owner=self.question.snapshot.canonical(one.person),
            owned=self.part.names[self.t],
            integrated=value,
            basis=["senior_officer"],
            facts=facts,
            facts_total=total,
            role=one.role,
            reason=reason or UNSET,
            at_least=least,
            left_out=self.absent[:SHOWN] or UNSET,
        )

    def _owns(self, u: int) -> bool:
        value = self.shares.value.get(u)
        return value is not None and exact.meets(
            value,
            self.question.threshold,
            lambda: exact.integrated(self.part, self._exact, u, self.t),
        )

    def _control(self) -> dict[int, ControlRow]:
        """Persons who control the company by votes."""
        if not self.persons:
            return {}
        named = {self.part.names[u]: u for u in self.persons}
        rows = self.question.control(self.part.names[self.t])
        return {named[row.controller]: row for row in rows if row.controller in named}

    def _row(self, u: int, control: ControlRow | None) -> BeneficialOwner:
        owns = self._owns(u)
        value, reason, least = self._told(u)
        facts, total = self._facts(u)
        row = BeneficialOwner(
            owner=self.part.names[u],
            owned=self.part.names[self.t],
            integrated=value,
            basis=["ownership"] * owns + ["control"] * (control is not None),
            facts=facts,
            facts_total=total,
            reason=reason or UNSET,
            at_least=least,
            left_out=self._proof.left_out(u) or UNSET,
        )
        if control is None:
            return row
        by_votes = {"votes": control.votes, "control_reason": control.reason}
        names = ("control_facts", "control_facts_total") if owns else ("facts", "facts_total")
        shown = zip(names, (control.facts, control.facts_total), strict=True)
        return replace(row, **by_votes, **dict(shown))

    @property
    def _proof(self) -> Evidence:
        if self._evidence is None:
            fact = self.question.snapshot.fact_id
            self._evidence = Evidence(self.part, self.t, down=False, fact=fact)
        return self._evidence

    def _facts(self, u: int) -> tuple[list[str], int | UnsetType]:
        if u not in self.shares.value:
            return [], UNSET
        facts, total = self._proof.of(u)
        self.question.large |= not self._proof.small
        return facts, UNSET if total is None or total <= SHOWN else total

    def _told(self, u: int | None) -> tuple[float | None, str | None, float | UnsetType]:
        """A person's integrated share, why it is not known, and what it is at least."""
        shares = self.shares
        if u is None:
            return (0.0, None, UNSET) if self.cut is None else (None, _CUT.format(self.cut), 0.0)
        if u in shares.over:
            return None, self.part.excess(shares.over[u]), UNSET
        if u in shares.inaccurate:
            return None, _LOOPS, UNSET
        value = shares.value.get(u)
        if self.cut is not None:
            return None, _CUT.format(self.cut), value or 0.0
        if value is None and self.absent and (self._proof.left_out(u) or not self._proof.small):
            return None, _UNKNOWN, UNSET
        return value or 0.0, None, UNSET
