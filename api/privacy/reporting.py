"""Access (PIPL art. 45): everything that is held of a person, with its sources, and who read it."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from api.audit import shown
from api.native import native
from api.privacy.subject import held, told
from api.reads.chain import Chain
from graph.erasure import ABOUT
from graph.times import format_instant

if TYPE_CHECKING:
    from api.session import Session
    from graph.store import StoredFact

MOST: Final = 10_000  # rows of each part


def report(session: Session, name: str, *, masked: bool) -> dict[str, Any]:
    """All versions of what is held of a person, each with source and recorded time; the decisions
    about it, the ledger's entries on its privacy, and the reads that showed it. At most MOST rows
    of each part; `totals` counts all. Raises UnknownSubject, WrongUsage for no person."""
    found = held(session, name)
    session.decisions.follow()
    names = dict.fromkeys((found.canonical, *found.persons))
    decisions = [
        {"id": d.id, "status": d.status, "measure": d.measure, "role": role, "act": d.act}
        for each in names
        for role, listed in (
            ("party", session.decisions.by_party(each)),
            ("subject", session.decisions.by_subject(each)),
        )
        for d in listed
    ]
    entries = [
        shown(entry)
        for entry in session.store.ledger(about=ABOUT)
        if entry.content.get("subject") in names
    ]
    facts = sorted((*found.entities, *found.others), key=lambda fact: fact.seq)
    reads, more = _reads(session, found.canonical)
    return {
        "subject": found.canonical,
        "kind": found.kind,
        "facts": [_row(fact, masked) for fact in facts[:MOST]],
        "totals": told(facts),
        "shared": found.shared,
        "decisions": decisions,
        "requests": entries,
        "reads": reads,
        "more_reads": more,
    }


def _row(fact: StoredFact, masked: bool) -> dict[str, Any]:
    row = native(fact, masked=masked) | {"recorded_at": format_instant(fact.recorded_at)}
    if fact.retracted_at is not None:
        row["retracted_at"] = format_instant(fact.retracted_at)
    return row


def _reads(session: Session, canonical: str) -> tuple[list[dict[str, Any]], bool]:
    """Who was shown the person, in order; none where reads are not recorded."""
    chain = Chain.existing(session.store)
    if chain is None:
        return [], False
    with closing(chain):
        rows = list(islice(chain.about(canonical), MOST + 1))
    told = [
        {"no": e.no, "at": format_instant(e.at), "actor": e.actor, "route": e.about,
         **{k: v for k, v in e.content.items() if k not in {"subjects", "digest"}}}
        for e in rows[:MOST]
    ]  # fmt: skip
    return told, len(rows) > MOST
