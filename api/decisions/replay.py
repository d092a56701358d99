"""Replay: a past answer is given again from what it says of itself, byte for byte."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from graph.errors import LinkriskError
from graph.proof.shape import ENGINE

if TYPE_CHECKING:
    from api.decisions.work import Work
    from api.session import Session


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an answer came out as it was, and where not."""

    decision: str
    identical: bool
    answer: str  # SHA-256 of the bytes, then and now
    now: str | None
    engine: str
    engine_now: str
    differs: list[str]  # in words


def replay(work: Work, about: str) -> Replayed:
    """Ask a decision's question again on the view it was asked on; raises UnknownDecision.

    Whatever differs is told: another snapshot name, rulebook, engine, row, or bytes.
    """
    said = work.proposal(about)
    asked = said["question"]
    differs = [] if said["engine"] == ENGINE else [f"engine {said['engine']}, now {ENGINE}"]
    now = None
    try:
        body, envelope = _again(work.session, asked)
    except LinkriskError as error:
        differs.append(f"it cannot be asked: {error}")
    else:
        now = "sha256:" + hashlib.sha256(body).hexdigest()
        if envelope["snapshot"] != asked["snapshot"]:
            differs.append(f"snapshot {asked['snapshot']}, now {envelope['snapshot']}")
        if envelope["rulebook"] != said["rulebook"]:
            differs.append(f"rulebook {said['rulebook']}, now {envelope['rulebook']}")
        row = next((r for r in envelope["results"] if r["party"] == said["party"]), None)
        if row != said["row"]:
            differs.append(f"the party's row: {_short(said['row'])}, now {_short(row)}")
        if now != said["answer"] and not differs:
            differs.append("the bytes of the whole answer, in what is not this party's row")
    return Replayed(
        decision=about,
        identical=now == said["answer"],
        answer=said["answer"],
        now=now,
        engine=said["engine"],
        engine_now=ENGINE,
        differs=differs,
    )


def _again(session: Session, asked: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    from algorithms.registry import ALGORITHMS, answer, encode, prepare

    view = session.snapshot(asked["known_at"])
    record = ALGORITHMS.find(asked["algorithm"])
    params = prepare(record, {**asked["params"], "as_of": asked["as_of"]})
    body = encode(answer(view, record, params))
    envelope: dict[str, Any] = msgspec.json.decode(body)
    return body, envelope


def _short(row: dict[str, Any] | None) -> str:
    return "none" if row is None else f"{row['outcome']} ({row['reason']})"
