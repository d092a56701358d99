"""What a group of features is computed from, as a digest: the same digest, the same columns.

A group is computed again only where a fact that it reads came, changed, ended or was lost, or
where it looks back from a day and the day is another. Facts are told by the numbers of their
versions, which never change, and by the subjects at their ends, which may be joined or parted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.features.events import owners
from algorithms.features.making import WHOLE
from algorithms.features.table import VERSION, Feature
from graph.columns import I64

if TYPE_CHECKING:
    from algorithms.features.sheet import Scope

# Of what is true on the day, whatever day it is; all others look back from the day.
TIMELESS: Final = frozenset({"ownership", "shared"})
RECORDS: Final = frozenset({"entity"})


def group_key(
    scope: Scope, name: str, columns: Sequence[Feature], ids: bytes, erased: int = 0
) -> str:
    """The digest of one group. `ids`: a digest of the subjects, in the order of the rows; `erased`:
    up to where contents were erased. Linear in the relations that the group reads."""
    snapshot = scope.snapshot
    digest = hashlib.sha256()
    head = (VERSION, scope.kind, name, [each.name for each in columns], erased)
    digest.update(repr(head).encode())
    digest.update(ids)
    if name not in TIMELESS:
        digest.update(scope.as_of.encode())
    if name in WHOLE:
        digest.update(snapshot.name.encode())
        return digest.hexdigest()
    if name in RECORDS:
        records = snapshot.known_nodes()
        records = records[snapshot.nodes.kind[records] == scope.code]
        digest.update(snapshot.record_numbers(records).tobytes())
        digest.update(snapshot.firsts(snapshot.nodes.rep[records]).tobytes())
        listed = [
            (each.seq, int(snapshot.nodes.rep[n])) for n, _, each in snapshot.listings_known()
        ]
        numbers, of = np.array(sorted(listed), np.int64).reshape(-1, 2).T
        digest.update(numbers.tobytes() + snapshot.firsts(of.astype(np.int32)).tobytes())
    reads = sorted({kind for each in columns for kind in each.reads})
    if {"holds_account", "transfer"} <= {*reads} and name not in TIMELESS:
        digest.update(snapshot.firsts(owners(snapshot, scope.at)).tobytes())
    for kind in reads:
        rows = snapshot.rows(kind, scope.at) if name in TIMELESS else _begun(scope, kind)
        rows = rows[np.argsort(snapshot.row_numbers(rows), kind="stable")]
        digest.update(kind.encode() + snapshot.row_numbers(rows).tobytes())
        for end in scope.ends(rows):
            digest.update(snapshot.firsts(end).tobytes())
        if name not in TIMELESS:  # a state ends where one of its ends does
            cols, nodes = snapshot.columns, snapshot.nodes
            until = np.minimum(nodes.vt[cols.src[rows]], nodes.vt[cols.dst[rows]])
            digest.update(np.minimum(until, scope.at + 1).tobytes())
            begun = np.maximum(nodes.vf[cols.src[rows]], nodes.vf[cols.dst[rows]])
            digest.update((begun <= scope.at).tobytes())
    return digest.hexdigest()


def _begun(scope: Scope, kind: str) -> I64:
    rows = scope.snapshot.rows(kind)
    found: I64 = rows[scope.snapshot.columns.vf[rows] <= scope.at]
    return found
