"""Whether a party that was found to control a company does so without doubt."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from algorithms.ownership.controllers import Controller
from algorithms.ownership.holdings import Reader, exact_votes
from graph.model import CODES
from graph.proof.command import HALF, WHOLE
from graph.proof.known import named_alone, stated
from graph.store import NONE

if TYPE_CHECKING:
    from algorithms.ownership.proofs import Proof
    from graph.snapshot import Snapshot

_NOMINEE, _HOLDING = CODES["nominee"], CODES["shareholder"]


def surest(
    snapshot: Snapshot, controller: Controller, at: int
) -> tuple[tuple[int, ...], str | None]:
    """The rows of the first proof of control that nothing puts in doubt, else of the first one and
    why: `possible` where unknown, unnamed or contradictory shares leave it open, `nominee` where it
    rests on what a nominee holds, `name_match` where a name alone joins a subject between."""
    doubts = [(proof.rows, _doubt(snapshot, controller, proof, at)) for proof in controller.proofs]
    return next((each for each in doubts if each[1] is None), doubts[0])


def _doubt(snapshot: Snapshot, controller: Controller, proof: Proof, at: int) -> str | None:
    rows = list(proof.rows)
    codes = snapshot.codes(np.array(rows, np.int64)).tolist()
    if controller.certainty == "possible":
        return "possible"
    if not all(stated(snapshot, row) for row in rows):
        return "possible"
    reader = Reader(snapshot, at)
    rep, dst = snapshot.nodes.rep, snapshot.columns.dst
    counted = {int(rep[dst[r]]) for r, code in zip(rows, codes, strict=True) if code == _HOLDING}
    if any(named(reader, company) > WHOLE for company in counted):
        return "possible"
    if (
        snapshot.kind_name(controller.node) == "company"
        and 1 - named(reader, controller.node) > HALF
        and not snapshot.state_organ(controller.node)
    ):
        return "possible"
    if _NOMINEE in codes:
        return "nominee"
    columns = snapshot.columns
    ends = {int(rep[end[row]]) for row in rows for end in (columns.src, columns.dst)}
    between = ends - {controller.node, controller.company}
    return "name_match" if any(named_alone(snapshot, node) for node in between) else None


def named(reader: Reader, company: int) -> Fraction:
    """The votes in a company that its register names for certain."""
    return sum((least(reader.snapshot, row) for row in holdings(reader, company)), Fraction(0))


def holdings(reader: Reader, company: int) -> list[int]:
    """The holdings of a company on the day."""
    found: list[int] = reader.rows([company], down=False).tolist()
    return found


def least(snapshot: Snapshot, row: int) -> Fraction:
    """The votes that a holding gives at least."""
    extra, value = snapshot.extra(row), int(snapshot.columns.value[row])
    if value != NONE or "votes" in extra:
        return exact_votes(extra, value)
    return Fraction(str(extra.get("share_min", "0")))
