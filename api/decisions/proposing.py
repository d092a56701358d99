"""From a proposal to the row that it rests on, and whether that row still holds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from api.decisions.asks import Propose
from api.decisions.entries import PREFIX
from graph.errors import Conflict, WrongUsage
from graph.ledger import Draft
from graph.proof.check import check
from graph.proof.shape import ENGINE, digest, sealed
from graph.rulebook import load_editions, load_rulebook
from graph.times import format_time

if TYPE_CHECKING:
    from graph.rulebook import Rulebook
    from graph.snapshot import Snapshot

_MOST = 10_000  # parties of one subject among which the one asked for is looked for


def ident(subject: str, party: str, measure: str, act: str, nth: int) -> str:
    """The id of the nth decision on one question: it tells nothing, and all writers agree on it."""
    text = "\n".join((subject, party, measure, act, str(nth)))
    return "D-" + hashlib.sha256(text.encode()).hexdigest()[:16]


def proposal(view: Snapshot, ask: Propose, day: str) -> dict[str, Any]:
    """The body of the entry that proposes: question, digest of the whole answer, row with proof.

    Raises UnknownSubject, WrongUsage; Conflict where the party is not reached, or where a person's
    finding is asked for and not given.
    """
    from algorithms.registry import ALGORITHMS, answer, encode, prepare

    edition = load_rulebook(ask.edition, day).edition
    record = ALGORITHMS["extend"]
    subject = view.canonical(view.resolve(ask.subject))  # what is kept for ever names no key
    given = {
        "subject": subject, "measure": ask.measure, "act": ask.act, "edition": edition,
        "as_of": day, "max_rows": _MOST,
    }  # fmt: skip
    envelope = answer(view, record, prepare(record, given))
    party = view.canonical(view.resolve(ask.party))
    row = next((r for r in envelope["results"] if r.party == party), None)
    if row is None:
        cut = envelope["truncated"]
        more = "" if cut is None else f" (the search was cut short: {cut.reason})"
        raise Conflict(f"{party} stands in no relation to {ask.subject}{more} / 非关联方")
    _reached(ask, row)
    book = book_of(envelope["rulebook"])
    body: dict[str, Any] = {
        "day": day,
        "subject": subject,
        "party": party,
        "measure": ask.measure,
        "act": ask.act,
        "question": {
            "algorithm": record.name, "params": envelope["params"], "as_of": day,
            "known_at": view.known_at, "snapshot": view.name,
        },
        "answer": "sha256:" + hashlib.sha256(encode(envelope)).hexdigest(),
        "rulebook": envelope["rulebook"],
        "edition": edition,
        "engine": ENGINE,
        "parent": parent_end(view, ask.subject, ask.measure, book, (ask.act, day)),
        "row": msgspec.to_builtins(row),
    }  # fmt: skip
    if ask.finding is not None:
        body |= {"finding": ask.finding, "reviewer": ask.reviewer}
    return body


def _reached(ask: Propose, row: Any) -> None:
    if (ask.finding is None) != (ask.reviewer is None):
        raise WrongUsage("a finding has words and the name of its reviewer / 认定意见须附认定人")
    why = f"{row.party}: {row.why}" + (f"; {row.lacking}" if row.lacking else "")
    if row.outcome == "exclude":
        raise Conflict(f"the measure does not reach {why}")
    if row.outcome == "review" and ask.finding is None:
        raise Conflict(f"a person must find first, and say what (--finding, --reviewer): {why}")


def drafted(by: str, step: str, about: str, body: dict[str, Any]) -> Draft:
    """An entry to be, without what is not said."""
    kept = {name: value for name, value in body.items() if value is not None}
    return Draft(by, PREFIX + step, about, kept)


def book_of(version: str) -> Rulebook:
    """The edition of a version; raises Conflict where the files are no longer those."""
    for book in load_editions().values():
        if book.version == version:
            return book
    raise Conflict(f"the rulebook {version[:26]} is no longer there / 规则库版本不存在")


def restated(proof: dict[str, Any], view: Snapshot, day: str) -> dict[str, Any]:
    """A proof as it would be claimed on another view and a later day, from the same facts."""
    as_of = max(str(proof["claim"]["as_of"]), day)
    claim = {**proof["claim"], "snapshot": view.name, "known_at": view.known_at, "as_of": as_of}
    return sealed({**proof, "claim": claim})


def refusals(proof: dict[str, Any], view: Snapshot, day: str) -> list[str]:
    """Why a proof no longer holds on a view of a day; empty where it does.

    Raises Conflict where its rulebook is gone. Linear in the facts around the subject.
    """
    if digest(proof) != proof.get("digest"):
        return ["the digest is not that of its content"]
    return check(restated(proof, view, day), book_of(proof["rulebook"]), view)


def parent_end(
    view: Snapshot, subject: str, measure: str, book: Rulebook, days: tuple[str, str]
) -> str | None:
    """When the measure on a subject ends, as known in a view, for an act and as of a day; None
    where nothing says so. Raises UnknownSubject."""
    from algorithms.extension.ruling import Ruling

    return format_time(Ruling(view, book, view.resolve(subject), days, measure).parent.ends)
