"""The shapes of a snapshot: columns of relations, nodes, and the two-level index over them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.model import RELATIONS

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
NEVER: Final = 2**31 - 1  # batch number of a retraction that has not come
KINDS: Final = 256
BITS: Final = {kind.code: 1 << place for place, kind in enumerate(RELATIONS.values())}
EMPTY: Final[I32] = np.empty(0, np.int32)
_WIDEST: Final = 63  # bits of a number that is not negative


# The arrays of a live graph that grow, one entry a relation, one a record, and one a
# version of a record.
ROWS: Final = ("src", "dst", "vf", "vt", "rec", "ret", "value", "seq", "code", "dataset")
NODES: Final = (
    "node_first",
    "node_kind",
    "node_dataset",
    "rep",
    "nxt",
    "node_vf",
    "node_vt",
    "node_version",
)
VERSIONS: Final = (
    "version_seq",
    "version_node",
    "version_vf",
    "version_vt",
    "version_rec",
    "version_ret",
    "version_organ",
)


class Columns(NamedTuple):
    """Every relation, one row each. Ends are record nodes; `Nodes.rep` leads to their subjects.

    Valid time `vf`, `vt` in microseconds, half open; `rec`, `ret` are the batches that recorded
    and retracted the row; `value` is a share in 1e-15, money in minor units, or `store.NONE`.
    """

    src: I32
    dst: I32
    vf: I64
    vt: I64
    rec: I32
    ret: I32
    value: I64


class Index(NamedTuple):
    """Compressed sparse rows of one direction, by kind; only nodes that have relations are listed.

    The nodes of kind k are `nodes[start[k]:start[k + 1]]`, ascending; the relations of the j-th
    listed node stand at positions `ptr[j]:ptr[j + 1]`, and position p is row `order[p]` (row p
    itself where `order` is empty).
    """

    start: I64
    nodes: I32
    ptr: I32
    order: I32


class Nodes(NamedTuple):
    """Every record: its subject's representative, the ring of records of that subject, validity."""

    rep: I32
    nxt: I32
    vf: I64
    vt: I64
    kind: U8


def make_index(code: U8, node: I32, order: I32, identity: bool) -> Index:
    """Index rows by (kind, node). `order` sorts them; with `identity` they are sorted already."""
    kinds = code if identity else code[order]
    ends = node if identity else node[order]
    if len(kinds) == 0:
        return Index(np.zeros(KINDS + 1, np.int64), EMPTY, np.zeros(1, np.int32), EMPTY)
    fresh = np.empty(len(kinds), np.bool_)
    fresh[0] = True
    fresh[1:] = (kinds[1:] != kinds[:-1]) | (ends[1:] != ends[:-1])
    begins = np.flatnonzero(fresh)
    counts = np.bincount(kinds[begins], minlength=KINDS)
    start = np.zeros(KINDS + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    ptr = np.append(begins, len(kinds)).astype(np.int32)
    return Index(start, ends[begins].astype(np.int32), ptr, EMPTY if identity else order)


def kind_bits(index: Index, nodes: int) -> npt.NDArray[np.uint32]:
    """Of each of the first `nodes` nodes, which kinds of relation it has in an index: a bit each
    (see `BITS`). Linear in the nodes that the index lists."""
    bits = np.zeros(nodes, np.uint32)
    for code, bit in BITS.items():
        bits[index.nodes[int(index.start[code]) : int(index.start[code + 1])]] |= np.uint32(bit)
    return bits


def sort_rows(code: U8, node: I32) -> I32:
    """Stable order of rows by kind, then node. Sorts (kind, node, row) as one number, at half the
    cost of ordering positions by a key, where the three fit into one."""
    rows = len(code)
    if not rows:
        return EMPTY
    low, wide = rows.bit_length(), int(node.max()).bit_length()
    key = code.astype(np.int64) << wide
    key |= node
    if int(code.max()).bit_length() + wide + low > _WIDEST:
        return np.argsort(key, kind="stable").astype(np.int32)
    key <<= low
    key |= np.arange(rows)
    key.sort()
    key &= (1 << low) - 1
    return key.astype(np.int32)


class Growing:
    """Arrays of one length that grow at their ends; views taken before stay what they were."""

    def __init__(self, arrays: dict[str, npt.NDArray[Any]], length: int) -> None:
        self.arrays = arrays
        self.length = length

    def view(self, name: str) -> npt.NDArray[Any]:
        """The used part of one array."""
        return self.arrays[name][: self.length]

    def extend(self, **columns: npt.NDArray[Any]) -> None:
        """Append; reallocates by half where the room is used up."""
        added = len(next(iter(columns.values())))
        need = self.length + added
        for name, values in columns.items():
            array = self.arrays[name]
            if need > len(array):
                grown = np.empty(max(need, len(array) * 3 // 2 + 1024), array.dtype)
                grown[: self.length] = array[: self.length]
                array = self.arrays[name] = grown
            array[self.length : need] = values
        self.length = need

    def own(self, name: str) -> None:
        """Copy an array before earlier entries are changed, so that older views keep theirs."""
        copied = np.empty_like(self.arrays[name])
        copied[: self.length] = self.arrays[name][: self.length]
        self.arrays[name] = copied

    def fork(self) -> Growing:
        """The same entries, to be appended to while this one stays as it is. Of several made from
        one, only the last may be used: they share the room behind the end."""
        return Growing(dict(self.arrays), self.length)
