"""The facts around a subject as a view of a store has them, in the words of a proof.

A snapshot says what is known of a relation or record; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graph.limbs import unconfirmed
from graph.model import CODES, NAMES, SHARE_UNIT
from graph.proof.base import joined
from graph.store import NONE
from graph.times import format_time
from graph.traverse import span

if TYPE_CHECKING:
    from graph.columns import I64, Index
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

# Kinds that a rule may turn on; of a proof's facts only these are relations between subjects.
CONTROL: Final = ("shareholder", "controller", "acts_in_concert", "nominee")
MOST: Final = 100_000  # relations around one subject that are read
AROUND: Final = (
    "legal_representative", "officer", "guarantee", "branch", "successor", "employs",
)  # fmt: skip


def rows_of(snapshot: Snapshot, node: int, kinds: Iterable[str], *, into: bool) -> I64:
    """Rows of these kinds that lead into, or out of, a subject's records and are known in the view,
    in force or not; ascending. Linear in them."""
    cols, members = snapshot.columns, snapshot.members(node)
    found = [
        _span(index, CODES[kind], member)
        for index in (snapshot.into if into else snapshot.out)
        for kind in kinds
        for member in members
    ]
    rows = np.sort(np.concatenate(found))
    return rows[(cols.rec[rows] <= snapshot.batch) & (cols.ret[rows] > snapshot.batch)]


def above(snapshot: Snapshot, node: int) -> Iterator[tuple[int, list[int]]]:
    """A subject and all that stand above it by `CONTROL`, in force or not, each with the relations
    by which others stand above it."""
    cols, rep = snapshot.columns, snapshot.nodes.rep
    seen, todo = {node}, [node]
    for one in todo:
        rows = rows_of(snapshot, one, CONTROL, into=True).tolist()
        rows += rows_of(snapshot, one, ("nominee", "acts_in_concert"), into=False).tolist()
        yield one, rows
        for row in rows:
            for other in (int(rep[cols.src[row]]), int(rep[cols.dst[row]])):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)


def beneath(snapshot: Snapshot, nodes: Iterable[int], most: int) -> set[int] | None:
    """Subjects above which any of these stands, as in `above`, themselves among them; None where
    they are more than `most`."""
    cols, rep = snapshot.columns, snapshot.nodes.rep
    seen = set(nodes)
    todo = list(seen)
    for one in todo:
        out = rows_of(snapshot, one, CONTROL, into=False)
        into = rows_of(snapshot, one, ("nominee", "acts_in_concert"), into=True)
        fresh = {*rep[cols.dst[out]].tolist(), *rep[cols.src[into]].tolist()} - seen
        if len(seen) + len(fresh) > most:
            return None
        seen |= fresh
        todo += fresh
    return seen


def joins_of(snapshot: Snapshot, node: int) -> list[int]:
    """Rows of the judgements that join records of a subject, those retracted since among them."""
    if int(snapshot.nodes.nxt[node]) == node:
        return []
    cols, rep = snapshot.columns, snapshot.nodes.rep
    found = rows_of(snapshot, node, ("same_as",), into=True)
    rows: list[int] = found[rep[cols.src[found]] == rep[cols.dst[found]]].tolist()
    return rows


def named_alone(snapshot: Snapshot, node: int) -> bool:
    """Whether records of a subject have nothing in common but a name, a model's judgement that
    nobody confirmed, or a record that is retracted: then they may be those of several."""
    if not (joins := joins_of(snapshot, node)):
        return False
    known = [m for m in snapshot.members(node) if snapshot.known(m)]
    cols = snapshot.columns
    pairs = [
        (int(cols.src[row]), int(cols.dst[row]))
        for row in joins
        if stated(snapshot, row)
        and not unconfirmed(snapshot.extra(row).get("by"), scored(snapshot, row))
    ]
    return len(set(joined({m: snapshot.record_said(m)[3] for m in known}, pairs).values())) > 1


def scored(snapshot: Snapshot, row: int) -> str | None:
    """The score of a judgement as it is written; None: it says none."""
    value = int(snapshot.columns.value[row])
    exact: str | None = snapshot.extra(row).get("exact")
    return exact or (None if value == NONE else units_text(value))


def stated(snapshot: Snapshot, row: int) -> bool:
    """Whether the records at both ends of a relation are known in the view: what a retracted record
    was said to be is nobody's role, even where others were joined with it."""
    cols = snapshot.columns
    return snapshot.known(int(cols.src[row])) and snapshot.known(int(cols.dst[row]))


def _span(index: Index, code: int, node: int) -> I64:
    """Rows of one record in one index."""
    low, high = span.function(index, code, node)  # three steps: not worth a call of compiled code
    if len(index.order):
        return index.order[low:high].astype(np.int64)
    return np.arange(low, high, dtype=np.int64)


def fact(snapshot: Snapshot, row: int) -> dict[str, Any]:
    """A relation as a proof states it: ends by record, shares exact, what it says of roles."""
    cols = snapshot.columns
    kind = snapshot.kind_of_row(row)
    said: dict[str, Any] = {
        "fact": snapshot.fact_id(row),
        "kind": kind,
        "from": snapshot.record_name(int(cols.src[row])),
        "to": snapshot.record_name(int(cols.dst[row])),
        "valid_from": format_time(int(cols.vf[row])),
        "valid_to": format_time(int(cols.vt[row])),
    }
    extra = snapshot.extra(row)
    if kind == "shareholder":
        value = int(cols.value[row])
        share = extra.get("exact") or (None if value == NONE else units_text(value))
        said["share"] = share
        said |= {name: extra[name] for name in ("votes", "share_min", "share_max") if name in extra}
    elif kind == "same_as" and (score := scored(snapshot, row)) is not None:
        said["score"] = score
    said |= {name: extra[name] for name in ("role", "basis", "by") if name in extra}
    return said


def units_text(units: int) -> str:
    """A share of units of 1e-15 in decimal text, exact."""
    text = format(Decimal(units).scaleb(-15), "f") if units != SHARE_UNIT else "1"
    return text.rstrip("0").rstrip(".") if "." in text else text


def record(snapshot: Snapshot, node: int, stated: StoredFact | None) -> dict[str, Any]:
    """A record as a proof states it; `stated` is what it says in full, for births."""
    begins, ends, batch, key = snapshot.record_said(node)
    said: dict[str, Any] = {
        "record": snapshot.record_name(node),
        "of": snapshot.canonical(node),
        "kind": snapshot.kind_name(node),
        "valid_from": format_time(begins),
        "valid_to": format_time(ends),
        "batch": batch,
        "key": key,
    }
    if stated is not None and (births := births_of(stated)):
        said["born"] = [born.isoformat() for born in births]
    if snapshot.record_organ(node):
        said["organ"] = True
    return said


def births_of(stated: StoredFact) -> list[date]:
    """The birth dates that a record states, by its valid resident id and in so many words."""
    if NAMES[stated.code] != "person":
        return []
    found = set()
    for kind, value, reason, _ in stated.keys:
        if kind == "resident_id" and reason is None:
            found.add(date(int(value[6:10]), int(value[10:12]), int(value[12:14])))
    text = (stated.payload.get("attrs") or {}).get("birth_date")
    if isinstance(text, str):
        with suppress(ValueError):
            found.add(date.fromisoformat(text.strip()))
    return sorted(found)


def listing(snapshot: Snapshot, node: int, said: dict[str, Any]) -> dict[str, Any]:
    """A listing as a proof states it, under a known record of its subject."""
    stands = next((m for m in snapshot.members(node) if snapshot.known(m)), node)
    kept = ("fact", "list", "domain", "status", "valid_from", "valid_to")
    return {name: said.get(name) for name in kept} | {"subject": snapshot.record_name(stands)}
