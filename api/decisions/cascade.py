"""When facts fall: which decisions stood on them, which stand by another proof, which lapse.

A decision's proof names its facts, records and listings, and the fold keeps who rests on what; so
only those are asked anew. Nothing is revoked here: a person does that, on what this tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from api.decisions.proposing import refusals
from graph.changes import changed as changed_since
from graph.errors import InputError
from graph.limbs import CONTROLLER
from graph.proof.known import beneath
from graph.times import format_instant

if TYPE_CHECKING:
    from api.decisions.state import Decision
    from api.decisions.work import Work
    from graph.snapshot import Snapshot

STANDS: Final = "stands"
OTHERWISE: Final = "stands_otherwise"
LAPSES: Final = "lapses"
_MANY: Final = 100_000  # changes, or firms beneath them, past which every controller is asked about


class Fallout(msgspec.Struct, frozen=True, kw_only=True):
    """What the fall of facts means for one decision that is not over."""

    decision: str
    subject: str
    party: str
    measure: str
    status: str
    fell: list[str]  # of its proof, what changed
    outcome: Literal["stands", "stands_otherwise", "lapses"]
    since: str | None  # the day on which the facts that it rested on fell; null where it stands
    why: str
    facts: list[str]  # of the proof by which it stands now
    row: dict[str, Any] | None  # what it stands by, where that is another


class Cascade:
    """Asks what the fall of facts means, on one view of the facts."""

    def __init__(self, work: Work, view: Snapshot | None = None) -> None:
        self._work = work
        self._view = work.session.snapshot() if view is None else view
        work.decisions.follow()

    def of(self, names: Iterable[str]) -> list[Fallout]:
        """Of decisions that rest on any of these facts (`dataset:id`), in order of their ids.

        In proportion to the decisions that do, whatever else the ledger holds.
        """
        return self._asked(self._resting(names))

    def _resting(self, names: Iterable[str]) -> dict[str, list[str]]:
        """By decision, which of these facts it rests on."""
        fell: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            for decision in self._work.decisions.by_fact(name):
                if not decision.over:
                    fell.setdefault(decision.id, []).append(name)
        return fell

    def _asked(self, fell: dict[str, list[str]]) -> list[Fallout]:
        one = self._work.decisions.by_id
        return [self._one(one(ident), sorted(fell[ident])) for ident in sorted(fell)]

    def since(self, batch: int) -> list[Fallout]:
        """Of decisions that name anything which batches after this one changed: see
        `graph.changes.changed`. What comes anew counts too: it may set somebody above a party.

        Decisions on controllers look at all that stands above the subject.
        """
        changed = changed_since(self._view, batch)
        return self._asked(self._beneath(changed) | self._resting(changed))

    def _beneath(self, changed: list[str]) -> dict[str, list[str]]:
        """Decisions on controllers where anything above the subject changed, with its records: a
        proof does not show who could come to command a firm at the top, nor by which other ways
        the party may control the subject once more."""
        view, nodes = self._view, set[int]()
        for name in changed if len(changed) <= _MANY else ():
            with suppress(InputError):  # a relation or a listing
                nodes.add(int(view.nodes.rep[view.node_of(name)]))
        under = beneath(view, nodes, _MANY) if len(changed) <= _MANY else None
        found: dict[str, list[str]] = {}
        for subject in self._subjects(under):
            made = self._work.decisions.by_subject(subject)
            these = [d.id for d in made if d.limb == CONTROLLER and not d.over]
            if not these:
                continue
            with suppress(InputError):  # the subject itself is no longer known
                node = view.resolve(subject)
                if under is None or node in under:
                    found |= dict.fromkeys(these, view.records(node))
        return found

    def _subjects(self, under: set[int] | None) -> Iterable[str]:
        """What subjects of decisions were called, all or those that may be among these: whichever
        are fewer to look at."""
        every = self._work.decisions.subjects()
        if under is None or len(under) >= len(every):
            return every
        return {name for node in under for name in _called(self._view, node)}

    def record(self, fallout: Iterable[Fallout]) -> list[Decision]:
        """Let those that stand by another proof rest on it from now on: the next fall of a fact is
        then told by that one. What lapses is a person's to revoke."""
        return [
            self._work.rest(each.decision, each.row) for each in fallout if each.row is not None
        ]

    def _one(self, decision: Decision, fell: list[str]) -> Fallout:
        proof = self._work.row(decision.id)["proof"]
        day = self._work.today()
        row: dict[str, Any] | None = None
        outcome: Literal["stands", "stands_otherwise", "lapses"] = "stands"
        why = "its proof holds / 原证明仍成立"
        facts = [said["fact"] for said in proof["relations"]]
        if refusals(proof, self._view, day):
            row = self._anew(decision, day)
            if row is not None and row["outcome"] == decision.outcome:
                outcome, facts = "stands_otherwise", row["facts"]
                why = f"another proof holds: {row['why']} / 另有证明成立"
            else:
                outcome, facts = "lapses", []
                why = _words(row)
        return Fallout(
            decision=decision.id,
            subject=decision.subject,
            party=decision.party,
            measure=decision.measure,
            status=decision.status_on(day),
            fell=fell,
            outcome=outcome,
            since=self._fallen(fell) if outcome == "lapses" else None,
            why=why,
            facts=facts,
            row=row if outcome == OTHERWISE else None,
        )

    def _anew(self, decision: Decision, day: str) -> dict[str, Any] | None:
        """What follows for the party now."""
        from algorithms.registry import ask

        asked = {
            "subject": decision.subject, "measure": decision.measure, "act": decision.act,
            "as_of": day, "edition": decision.edition, "max_rows": 10_000,
        }  # fmt: skip
        try:
            rows = ask(self._view, "extend", asked)["results"]
        except InputError:  # the subject itself is no longer known
            return None
        row = next((row for row in rows if row.party == decision.party), None)
        return None if row is None else msgspec.to_builtins(row)

    def _fallen(self, names: list[str]) -> str:
        """The first day on which one of these was retracted or replaced."""
        moments = [
            fact.retracted_at
            for name in names
            for fact in self._work.session.store.history(name)
            if fact.retracted_at is not None
        ]
        return format_instant(min(moments))[:10] if moments else self._work.today()


def _called(view: Snapshot, node: int) -> set[str]:
    """What a subject may have been called in a decision: by its records, by their keys."""
    keys = {view.record_said(each)[3] for each in view.members(node) if view.known(each)}
    return {*view.records(node), *(key for key in keys if key)}


def _words(row: dict[str, Any] | None) -> str:
    if row is None:
        return "the party stands in no relation to the subject / 与主体已无关联"
    lacking = f"; {row['lacking']}" if row["lacking"] else ""
    return f"{row['outcome']}: {row['why']}{lacking}"
