"""Replay: a past answer is given again from what it says of itself, byte for byte."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from graph.errors import LinkriskError
from graph.proof.shape import ENGINE, by_engine

if TYPE_CHECKING:
    from api.decisions.work import Work
    from api.session import Session


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an answer came out as it was, and where not."""

    decision: str
    identical: bool  # but for the number of the engine, which its proofs bear
    answer: str  # SHA-256 of the bytes, then and now; the engine's number as it was then
    now: str | None
    engine: str
    engine_now: str
    differs: list[str]  # in words


def replay(work: Work, about: str) -> Replayed:
    """Ask a decision's question again on the view it was asked on; raises UnknownDecision.

    Whatever differs is told: another snapshot name, rulebook, engine, row, or bytes. Another engine
    that gives the same answer is told and no difference in the answer.
    """
    said = work.proposal(about)
    asked = said["question"]
    differs = [] if said["engine"] == ENGINE else [f"engine {said['engine']}, now {ENGINE}"]
    before, now = len(differs), None
    try:
        body, envelope = _again(work.session, asked, said["engine"])
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
            differs.append(f"the party's row: {_apart(said['row'], row)}")
        if now != said["answer"] and len(differs) == before:
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


def _again(session: Session, asked: dict[str, Any], engine: str) -> tuple[bytes, dict[str, Any]]:
    """The answer now, in bytes and as JSON has it, its proofs under the number of that engine."""
    from algorithms.registry import ALGORITHMS, answer, encode, prepare

    view = session.snapshot(asked["known_at"])
    record = ALGORITHMS.find(asked["algorithm"])
    params = prepare(record, {**asked["params"], "as_of": asked["as_of"]})
    told = answer(view, record, params)
    if engine != ENGINE:
        rows = [replace(row, proof=by_engine(row.proof, engine)) for row in told["results"]]
        told = {**told, "results": rows}
    body = encode(told)
    envelope: dict[str, Any] = msgspec.json.decode(body)
    return body, envelope


def _apart(then: dict[str, Any], now: dict[str, Any] | None) -> str:
    """How a row differs: what was decided then and now, or else in which of its parts."""
    if now is None or _short(then) != _short(now):
        return f"{_short(then)}, now {_short(now)}"
    names = sorted(n for n in then.keys() | now.keys() if then.get(n) != now.get(n))
    return f"{_short(then)} as it was, but for {', '.join(names)}"


def _short(row: dict[str, Any] | None) -> str:
    return "none" if row is None else f"{row['outcome']} ({row['reason']})"
