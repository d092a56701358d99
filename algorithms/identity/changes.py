"""Which records a batch touched: those that came or changed, and those that share with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.identity.records import Mask, things_said
from algorithms.identity.standing import of_the_machine
from graph.columns import I32, I64
from graph.model import CODES

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_TELLING: Final = (
    "uses_phone", "located_at", "legal_representative", "officer", "same_as", "not_same_as",
)  # fmt: skip
_JUDGED: Final = ("same_as", "not_same_as")
# Relations that tell of one end what the other is called: which kind, whether of the start.
_NAMING: Final = (
    ("uses_phone", False), ("located_at", False), ("legal_representative", True),
    ("officer", True),
)  # fmt: skip


class Touched(NamedTuple):
    """What batches touched."""

    nodes: Mask  # of any kind: records, ends of relations, and what is named after these
    renamed: list[str]  # phones that may go by another id: whoever has one is touched
    things: list[str]  # phones and mailboxes that others have or had: who shares them with a few


def touched(snapshot: Snapshot, kind: str, since: int) -> Touched:
    """What batches after `since` touched of the records of a kind, in the widest sense: what they
    say, what relations say of them, what those at the other ends are called. Judgements of the
    machine change nothing of what is compared. Linear in records and relations."""
    owner, rec, ret = (snapshot.versions(name) for name in ("node", "rec", "ret"))
    moved = _moved(rec, ret, since, snapshot.batch)
    nodes, named = (np.zeros(snapshot.n, np.bool_) for _ in range(2))
    nodes[owner[moved]] = named[owner[moved]] = True
    cols, codes = snapshot.columns, snapshot.codes(np.arange(len(snapshot.columns.src)))
    telling = np.isin(codes, [CODES[each] for each in _TELLING])
    rows = np.flatnonzero(telling & _moved(cols.rec, cols.ret, since, snapshot.batch))
    same = codes[rows] == CODES["same_as"]
    rows = np.append(rows[~same], rows[same][~of_the_machine(snapshot, rows[same])])
    nodes[cols.src[rows]] = nodes[cols.dst[rows]] = True
    judged = rows[np.isin(codes[rows], [CODES[each] for each in _JUDGED])]
    named[cols.src[judged]] = named[cols.dst[judged]] = True
    phones = np.flatnonzero(named & (snapshot.nodes.kind == CODES["phone"]))
    groups = np.zeros(snapshot.n, np.bool_)
    groups[snapshot.nodes.rep[np.flatnonzero(named)]] = True
    for name, start in _NAMING:
        those = np.flatnonzero(codes == CODES[name])
        mine, other = (cols.dst, cols.src) if start else (cols.src, cols.dst)
        hit = groups[snapshot.nodes.rep[other[those]]] if name == "uses_phone" else named[
            other[those]
        ]  # fmt: skip
        nodes[mine[those[hit]]] = True
    used = rows[codes[rows] == CODES["uses_phone"]]
    return Touched(nodes, _called(snapshot, phones), [
        *_called(snapshot, np.unique(cols.dst[used])), *_said_before(snapshot, kind, since)
    ])  # fmt: skip


def _moved(rec: I32, ret: I32, since: int, upto: int) -> Mask:
    came = (rec > since) & (rec <= upto)
    return np.asarray(came | ((ret > since) & (ret <= upto)), np.bool_)


def _called(snapshot: Snapshot, phones: I64 | I32) -> list[str]:
    """All that these phones are or were known by, as `records` has it."""
    if not len(phones):
        return []
    listed = phones.tolist()
    reps = np.unique(snapshot.nodes.rep[listed]).tolist()
    names = [*snapshot.canonicals(reps), *map(snapshot.record_name, listed)]
    return [
        f"p{name}"
        for name in dict.fromkeys([*names, *snapshot.ever_borne(phones.astype(np.int32))])
    ]


def _said_before(snapshot: Snapshot, kind: str, since: int) -> list[str]:
    """The phones and mailboxes that records of a kind stated until after a batch."""
    ret, owner = snapshot.versions("ret"), snapshot.versions("node")
    gone = np.flatnonzero((ret > since) & (ret <= snapshot.batch))
    gone = gone[snapshot.nodes.kind[owner[gone]] == CODES[kind]]
    facts = snapshot.store_versions(snapshot.versions("seq")[gone].tolist())
    return [thing for fact in facts for thing in things_said(fact)]
