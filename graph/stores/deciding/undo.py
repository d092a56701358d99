"""Undoing a batch: a new one retracts what it recorded and records anew what it retracted."""

from __future__ import annotations

from typing import Any

from graph.errors import Conflict
from graph.facts import Row
from graph.store import BatchInfo
from graph.stores.deciding.pending import Pending


def plan(pending: Pending, target: BatchInfo) -> int:
    """Fill `pending` with the opposite of `target`; how many records that changes.

    Raises Conflict when a later batch changed one of its facts or refers to one of its records.
    """
    _refuse_if_built_upon(pending, target)
    made = list(pending.books.made_by(target.no))
    for known in made:
        pending.retract(known)
    records = pending.resolver.records
    retired = list(pending.books.retired_by(target.no))
    gone = pending.books.erased()
    if any(each.seq in gone.erased or each.seq in gone.cut for each in retired):
        raise Conflict("this batch retracted facts that were erased since: they cannot come back")
    for seq, dataset, ident, first, digest, *source in retired:
        found = pending.version(seq)
        known = records[dataset].get(ident) or (ident, dataset, first, -seq, found.kind)
        fields: tuple[Any, ...] = (
            found.kind, "", ident, None, None, found.vf, found.vt, found.value, found.extra,
            found.payload, digest, *source, pending.keys(seq),
        )  # fmt: skip
        pending.replace(Row(*fields), known, (found.a, found.b), digest)
    return len(made) + len(retired)


def _refuse_if_built_upon(pending: Pending, target: BatchInfo) -> None:
    changed, anew, used = pending.books.built_upon(target)
    if changed:
        raise Conflict(
            f"{changed} facts of this batch were changed by later ones: undo those first"
        )
    if anew:
        raise Conflict(f"{anew} retracted facts were recorded anew by later ones: undo those first")
    if used:
        raise Conflict(f"{used} later facts refer to records of this batch: undo those first")
