"""Retention by class: what is past its time is named, and taken out where that is asked for."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from api.privacy.erasing import clean
from api.reads.chain import Chain
from graph.erasure import ABOUT, ERASED, Cut, Plan
from graph.fields import canonical_json
from graph.ledger import Draft
from graph.model import LISTING_CODE
from graph.rulebook.durations import later
from graph.times import INF, now

if TYPE_CHECKING:
    from api.privacy.settings import Retention
    from api.session import Session
    from graph.store import StoredFact

_KEPT: Final[tuple[str, ...]] = ("list", "domain", "status")  # what is left of a listing
_DAY: Final = 86_400_000_000


def retain(session: Session, kept: Retention, *, by: str, apply: bool) -> dict[str, Any]:
    """What is past its retention, by class; with `apply` it is taken out: the oldest entries of the
    chain of reads, and what listings say beyond their kind, once they have ended for long enough.
    Both are recorded, the one in the chain itself, the other in the ledger."""
    moment = now()
    listings = _ended(session, kept.listings, moment)
    reads = _reads(session, kept.reads, moment, apply=apply)
    left: list[str] = []
    if apply and listings:
        cuts = tuple(_cut(fact) for fact in listings)
        seqs = [each.seq for each in cuts]
        body = {
            "subject": "retention:listings", "request": "retention", "reason": kept.listings,
            "records": [], "persons": [], "ids": [], "erased": [], "cut": seqs, "renamed": [],
        }  # fmt: skip
        key = "retention:" + hashlib.sha256(",".join(map(str, seqs)).encode()).hexdigest()[:32]
        session.store.erase(Plan(cut=cuts), Draft(by, ERASED, ABOUT, body), key=key)
        left = clean(session)
    return {
        "applied": apply,
        "reads": {"kept": kept.reads, "past": reads},
        "listings": {"kept": kept.listings, "past": len(listings)},
        "left": left,
    }


def _ended(session: Session, kept: str, moment: int) -> list[StoredFact]:
    """Versions of listings that ended so long ago, and still say more than their kind."""
    snapshot = session.snapshot()
    names = {
        fact: None
        for node in snapshot.listed()
        for fact, each in snapshot.listings_ever(node)
        if each.vt != INF and later(each.vt, kept) <= moment
    }
    return [
        fact
        for name in names
        for fact in session.store.history(name)
        if fact.code == LISTING_CODE and fact.vt != INF and later(fact.vt, kept) <= moment
        and fact.payload.keys() - set(_KEPT)
    ]  # fmt: skip


def _cut(fact: StoredFact) -> Cut:
    said = {name: fact.payload[name] for name in _KEPT if name in fact.payload}
    return Cut(fact.seq, fact.code, fact.value, canonical_json(said), None)


def _reads(session: Session, kept: str, moment: int, *, apply: bool) -> int:
    chain = Chain.existing(session.store)
    if chain is None:
        return 0
    with closing(chain):
        begin = moment - later(0, kept)  # within days of when their time would end now
        while later(begin, kept) > moment:
            begin -= _DAY
        return chain.prune(begin) if apply else chain.older(begin)
