"""One step of a live graph along the change feed: built beside what is published, then published.

Until `publish`, nothing that a view or a later step reads is changed: what comes is appended in
the room behind the published ends, and whatever keeps a step from its end leaves the graph where
it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from graph.collect import labels_of, split
from graph.columns import NEVER, make_index, sort_rows
from graph.identity import in_order, join, tie
from graph.listed import Listing
from graph.model import CODES, LISTING_CODE, is_relation
from graph.organs import organs_of
from graph.store import BatchInfo, Delta
from graph.times import INF, NEG

if TYPE_CHECKING:
    from graph.live import Live

SAME, APART = CODES["same_as"], CODES["not_same_as"]
_REGROUPED: Final = ("rep", "nxt", "node_vf", "node_vt", "node_version")


class Patch(dict[int, int]):
    """Entries of an array that are to change; the others read through."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        super().__init__()
        self.array = array

    def __missing__(self, at: int) -> int:
        return int(self.array[at])


class Step:
    """What a live graph is to become: see the module. Made and published under its lock."""

    def __init__(self, live: Live, upto: int) -> None:
        """Read the feed up to batch `upto`; raises StoreError.

        Linear in what came and in the tail; constant in the base, but for a copy of those columns
        of nodes in which records that were there before change their group, validity or version.
        """
        self._live = live
        self._upto = upto
        self.rows, self.nodes = live.rows.fork(), live.nodes.fork()
        self.versions, self.texts = live.versions.fork(), dict(live.texts)
        self.indexes = live.tail_out, live.tail_into
        self._extra: dict[int, str] = {}
        self._listed: dict[int, tuple[int, Listing]] = {}  # by seq, with its node
        # The batches of retractions, by place, and by seq where it is a listing's.
        self._rows_gone: dict[int, int] = {}
        self._versions_gone: dict[int, int] = {}
        self._listings_gone: dict[int, int] = {}
        self._named: list[tuple[str, int]] = []  # ids of nodes that came
        self._bearers: list[tuple[str, int]] = []  # canonical ids of versions that came
        self._touched: set[int] = set()
        self._newest = Patch(self.nodes.arrays["node_version"])
        for delta in live.store.changes(live.batch, upto):
            self._take(delta)
        self.datasets = live.store.datasets()  # those that came with what was taken in
        if self.rows.length > live.rows.length:
            self._index_tail()
        if self._touched:
            self._regroup()
        self.info = self._info()

    def publish(self) -> None:
        """Make the live graph what was built. Views of earlier batches see no retraction of later
        ones, and no place behind their own ends."""
        live = self._live
        for array, gone in (
            (self.rows.arrays["ret"], self._rows_gone),
            (self.versions.arrays["version_ret"], self._versions_gone),
        ):
            for place, batch in gone.items():
                array[place] = batch
        live.listed.add(self._listed)
        live.listed.retract(self._listings_gone)
        live.extra_tail.update(self._extra)
        live.named.note(self._named)
        live.bearers.note(self._bearers)
        live.datasets, live.texts = self.datasets, self.texts
        live.rows, live.nodes, live.versions = self.rows, self.nodes, self.versions
        live.tail_out, live.tail_into = self.indexes
        live.past.clear()  # they are shorter than what has come
        live.newest, live.batch = self.info, self._upto

    def _info(self) -> BatchInfo | None:
        found = self._live.store.batches(self._upto - 1)
        return next((info for info in found if info.no == self._upto), None)

    # -- taking in the feed -----------------------------------------------------------------

    def _take(self, delta: Delta) -> None:
        entities, relations, listings = split(delta.code)
        if len(entities):
            self._take_entities(delta, entities)
        if len(relations):
            self._take_relations(delta, relations)
        for i, node in zip(
            listings.tolist(), self._node_of(delta.a[listings]).tolist(), strict=True
        ):
            seq, no = int(delta.seq[i]), int(delta.dataset[i])
            self._listed[seq] = (
                node,
                Listing(
                    *(seq, int(delta.vf[i]), int(delta.vt[i]), int(delta.batch[i]), NEVER, no),
                    *(delta.ids[i], delta.payload[i] or "{}"),
                ),
            )
        if len(delta.retracted):
            self._retract(delta)

    def _node_of(self, first: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        return np.searchsorted(self.nodes.view("node_first"), first).astype(np.int32)

    def _add(self, name: str, texts: Iterable[str]) -> None:
        self.texts[name] = self.texts[name].longer(texts)

    def _take_entities(self, delta: Delta, where: Any) -> None:
        seq, first = delta.seq[where], delta.first[where]
        fresh = where[seq == first]
        count = len(fresh)
        numbers = np.arange(self.nodes.length, self.nodes.length + count, dtype=np.int32)
        self.nodes.extend(
            node_first=delta.seq[fresh],
            node_kind=delta.code[fresh],
            node_dataset=delta.dataset[fresh].astype(np.uint16),
            rep=numbers,
            nxt=numbers,
            node_vf=np.full(count, INF, np.int64),
            node_vt=np.full(count, NEG, np.int64),
            node_version=np.full(count, -1, np.int32),
        )
        self._newest.array = self.nodes.arrays["node_version"]
        ids = [delta.ids[i] for i in fresh.tolist()]
        self._add("node_id", ids)
        self._named += zip(ids, numbers.tolist(), strict=True)
        nodes = self._node_of(first)
        begin = self.versions.length
        self._newest.update(zip(nodes.tolist(), range(begin, 2**31), strict=False))
        self.versions.extend(
            version_seq=seq,
            version_node=nodes,
            version_vf=delta.vf[where],
            version_vt=delta.vt[where],
            version_rec=delta.batch[where],
            version_ret=np.full(len(where), NEVER, np.int32),
            version_organ=np.array(organs_of([delta.payload[i] for i in where.tolist()]), np.bool_),
        )
        canonical = [delta.canonical.get(s, "") for s in seq.tolist()]
        self._add("canonical", canonical)
        self._bearers += [(key, place) for place, key in enumerate(canonical, begin) if key]
        self._add("label", labels_of([delta.payload[i] for i in where.tolist()]))
        self._touched.update(nodes.tolist())

    def _take_relations(self, delta: Delta, where: Any) -> None:
        row = self.rows.length
        src, dst = self._node_of(delta.a[where]), self._node_of(delta.b[where])
        code = delta.code[where]
        self.rows.extend(
            src=src,
            dst=dst,
            vf=delta.vf[where],
            vt=delta.vt[where],
            rec=delta.batch[where],
            ret=np.full(len(where), NEVER, np.int32),
            value=delta.value[where],
            seq=delta.seq[where].astype(np.uint32),
            code=code,
            dataset=delta.dataset[where].astype(np.uint16),
        )
        self._add("row_id", [delta.ids[i] for i in where.tolist()])
        for place, i in enumerate(where.tolist(), row):
            if (extra := delta.extra[i]) is not None:
                self._extra[place] = extra
        judged = np.flatnonzero((code == SAME) | (code == APART))
        self._touched.update(src[judged].tolist(), dst[judged].tolist())

    def _retract(self, delta: Delta) -> None:
        versions = self.versions.view("version_seq")
        nodes = self._node_of(delta.retracted_a)
        for seq, batch, code, node in zip(
            delta.retracted.tolist(),
            delta.retracted_in.tolist(),
            delta.retracted_code.tolist(),
            nodes.tolist(),
            strict=True,
        ):
            if is_relation(code):
                row = self._row_of(seq, code, node)
                self._rows_gone[row] = batch
                if code in (SAME, APART):
                    self._touched.update((node, int(self.rows.arrays["dst"][row])))
            elif code == LISTING_CODE:
                self._listings_gone[seq] = batch
            else:
                place = int(np.searchsorted(versions, seq))
                self._versions_gone[place] = batch
                entity = int(self.versions.arrays["version_node"][place])
                self._touched.add(entity)
                if self._newest[entity] == place:  # and no newer version took its place
                    self._newest[entity] = -1

    def _row_of(self, seq: int, code: int, node: int) -> int:
        """The row of a version: rows of one kind and start, and rows of the tail, are in order."""
        low, high = self._live.base_rows, self.rows.length
        seqs, out = self.rows.arrays["seq"], self._live.out
        if low == high or seq < int(seqs[low]):
            first, last = int(out.start[code]), int(out.start[code + 1])
            at = first + int(np.searchsorted(out.nodes[first:last], np.int32(node)))
            low, high = int(out.ptr[at]), int(out.ptr[at + 1])
        return low + int(np.searchsorted(seqs[low:high], np.uint32(seq)))

    def _index_tail(self) -> None:
        begin = self._live.base_rows
        code = self.rows.view("code")[begin:]
        made = []
        for end in ("src", "dst"):
            node = self.rows.view(end)[begin:]
            index = make_index(code, node, sort_rows(code, node), identity=False)
            made.append(index._replace(order=index.order + np.int32(begin)))
        self.indexes = made[0], made[1]

    # -- who is one subject -----------------------------------------------------------------

    def _regroup(self) -> None:
        """Group anew the records that changed, with everything they are or were grouped with."""
        arrays = {name: Patch(self.nodes.arrays[name]) for name in _REGROUPED}
        arrays["node_version"] = self._newest
        nodes, rows, equal = self._closure(arrays)
        vf, vt, rec = (self.versions.view(f"version_{name}") for name in ("vf", "vt", "rec"))
        for node in nodes:
            arrays["rep"][node] = arrays["nxt"][node] = node
            at = self._newest[node]
            arrays["node_vf"][node] = int(vf[at]) if at >= 0 else INF
            arrays["node_vt"][node] = int(vt[at]) if at >= 0 else NEG
        code, src, dst = (self.rows.arrays[name] for name in ("code", "src", "dst"))
        edges: dict[int, list[tuple[int, int]]] = {SAME: [], APART: []}
        for row in in_order(rows, self.rows.arrays["rec"], self.texts["row_id"]):
            edges[int(code[row])].append((int(src[row]), int(dst[row])))
        groups, _ = join(equal, edges[SAME], edges[APART], self._key_of)
        for members in groups:
            tie(arrays, members, vf, vt, rec)
        for name, patch in arrays.items():
            self._write(name, patch)

    def _write(self, name: str, patch: Patch) -> None:
        """Put a patch into a column: into a copy of it where views that were taken would see it."""
        array = self.nodes.arrays[name]
        at = np.fromiter(patch, np.int64, len(patch))
        values = np.fromiter(patch.values(), array.dtype, len(patch))
        seen = at < self._live.nodes.length
        if (array[at[seen]] != values[seen]).any():
            self.nodes.own(name)
        self.nodes.arrays[name][at] = values

    def _key_of(self, node: int) -> str | None:
        """The canonical id that a record's official key gives it."""
        at = self._newest[node]
        return (self.texts["canonical"][at] or None) if at >= 0 else None

    def _closure(self, arrays: dict[str, Patch]) -> tuple[set[int], set[int], list[list[int]]]:
        """All nodes whose groups can change, the judgements among them, sets of equal keys."""
        nodes: set[int] = set()
        rows: set[int] = set()
        equal: dict[str, list[int]] = {}
        todo = set(self._touched)
        came: dict[str, list[int]] = {}
        for text, place in self._bearers:
            came.setdefault(text, []).append(place)
        src, dst = self.rows.arrays["src"], self.rows.arrays["dst"]
        while todo:
            nodes |= todo
            found: set[int] = set()
            for node in todo:
                member = arrays["nxt"][node]
                while member not in nodes and member not in found:
                    found.add(member)
                    member = arrays["nxt"][member]
            keys = {key for node in todo if (key := self._key_of(node))} - equal.keys()
            for key in sorted(keys):
                equal[key] = self._bearing(key, came.get(key, ()))
                found.update(equal[key])
            for row in self._judgements(sorted(todo)):
                rows.add(row)
                found.update((int(src[row]), int(dst[row])))
            todo = found - nodes
        return nodes, rows, [bearers for bearers in equal.values() if bearers]

    def _bearing(self, key: str, came: Iterable[int]) -> list[int]:
        """The nodes whose newest version bears a canonical id, ascending."""
        places = [*self._live.bearers.places(key), *came]
        owner = self.versions.arrays["version_node"]
        bearing = ((int(owner[place]), place) for place in places)
        return sorted(node for node, place in bearing if self._newest[node] == place)

    def _judgements(self, nodes: list[int]) -> Iterator[int]:
        """The rows of judgements that stand and concern any of these nodes."""
        wanted, ret = np.array(nodes, np.int32), self.rows.arrays["ret"]
        for index in (self._live.out, self._live.into, *self.indexes):
            for code in (SAME, APART):
                low, high = int(index.start[code]), int(index.start[code + 1])
                listed = index.nodes[low:high]
                if not len(listed):
                    continue
                at = np.minimum(np.searchsorted(listed, wanted), len(listed) - 1)
                for place in (low + at[listed[at] == wanted]).tolist():
                    for position in range(int(index.ptr[place]), int(index.ptr[place + 1])):
                        row = int(index.order[position]) if len(index.order) else position
                        if ret[row] == NEVER and row not in self._rows_gone:
                            yield row
