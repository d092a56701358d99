"""Retention by class: what is past its time is named, and taken out where that is asked for."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from api.intake import keeping
from api.intake.settings import IntakeSettings
from api.jobs.book import Book as Jobs
from api.jobs.settings import JobSettings
from api.kept import state_folder
from api.once import Once
from api.privacy.erasing import clean
from api.reads.chain import Chain
from api.webhooks.book import Book as Webhooks
from api.webhooks.settings import WebhookSettings
from graph.erasure import ABOUT, ERASED, Cut, Plan
from graph.fields import canonical_json
from graph.ledger import Draft
from graph.model import LISTING_CODE
from graph.rulebook.durations import later
from graph.times import INF, now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.privacy.settings import Retention
    from api.session import Session
    from graph.store import StoredFact

_KEPT: Final[tuple[str, ...]] = ("list", "domain", "status")  # what is left of a listing
_DAY: Final = 86_400_000_000
S = TypeVar("S", bound=msgspec.Struct)


def retain(
    session: Session,
    kept: Retention,
    parts: Iterable[msgspec.Struct] = (),
    *,
    by: str,
    apply: bool,
) -> dict[str, Any]:
    """What is past its retention, by class; with `apply` it is taken out: the oldest entries of the
    chain of reads, and what listings say beyond their kind, once they have ended for long enough.
    Both are recorded, the one in the chain itself, the other in the ledger. So are results of jobs,
    answers of requests with a key, events of webhooks and rejected rows, which a service sweeps by
    itself; how long these are kept, `parts` of the settings say."""
    moment = now()
    listings = _ended(session, kept.listings, moment)
    reads = _reads(session, kept.reads, moment, apply=apply)
    left: list[str] = []
    if apply and listings:
        left = _cut_down(session, kept, listings, by)
    return {
        "applied": apply,
        "reads": {"kept": kept.reads, "past": reads},
        "listings": {"kept": kept.listings, "past": len(listings)},
        **_beside(session.store.url, kept, [*parts], apply=apply),
        "left": left,
    }


def _cut_down(session: Session, kept: Retention, listings: list[StoredFact], by: str) -> list[str]:
    cuts = tuple(_cut(fact) for fact in listings)
    seqs = [each.seq for each in cuts]
    body = {
        "subject": "retention:listings", "request": "retention", "reason": kept.listings,
        "records": [], "persons": [], "ids": [], "erased": [], "cut": seqs, "renamed": [],
    }  # fmt: skip
    key = "retention:" + hashlib.sha256(",".join(map(str, seqs)).encode()).hexdigest()[:32]
    session.store.erase(Plan(cut=cuts), Draft(by, ERASED, ABOUT, body), key=key)
    return clean(session)


def _beside(
    url: str, kept: Retention, parts: list[msgspec.Struct], *, apply: bool
) -> dict[str, Any]:
    """What the service keeps beside the facts, by class."""
    jobs, intake = _of(parts, JobSettings), _of(parts, IntakeSettings)
    webhooks = _of(parts, WebhookSettings)
    past: dict[str, int] = {}
    with (
        Jobs(state_folder(url), jobs) as book,
        closing(Once(url, kept.answers)) as once,
        Webhooks(state_folder(url), webhooks) as outbox,
    ):
        for name, each in (("results", book), ("answers", once), ("events", outbox)):
            past[name] = each.old()
            if apply:
                each.sweep()
    rejected = keeping.sweep(url, intake) if apply else len(keeping.old(url, intake))
    return {
        "results": {"kept": _iso(jobs.kept_seconds), "past": past["results"]},
        "answers": {"kept": kept.answers, "past": past["answers"]},
        "events": {
            "kept": _iso(webhooks.kept_seconds), "past": past["events"],
            "undelivered": _iso(webhooks.undelivered_seconds),
        },
        "rejected": {"kept": _iso(intake.kept_seconds), "past": rejected},
    }  # fmt: skip


def _of(parts: list[msgspec.Struct], kind: type[S]) -> S:
    return next((each for each in parts if isinstance(each, kind)), None) or kind()


def _iso(seconds: float) -> str:
    """Seconds as a duration: PT90S, whole days as P7D."""
    days, rest = divmod(seconds, 86_400)
    return f"P{days:.0f}D" if days and not rest else f"PT{seconds:g}S"


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
