"""The live graph of one store: a mapped base, and everything recorded since appended to it.

`Live` follows the change feed. What it hands out are views (`graph.snapshot.Snapshot`): rows are
only ever appended, and a retraction writes a batch number that older views do not look at, so a
view never changes.
"""

from __future__ import annotations

import subprocess
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graph.base import Base, build
from graph.collect import labels_of, split
from graph.columns import (
    EMPTY,
    NEVER,
    NODES,
    ROWS,
    Growing,
    Index,
    kind_bits,
    make_index,
    sort_rows,
)
from graph.disk import load, save
from graph.gather import Progress
from graph.identity import Grouping, group, in_order, join, tie
from graph.model import CODES, LISTING_CODE, is_relation
from graph.store import BatchInfo, Delta, Store
from graph.times import INF, NEG

_SAME, _APART = CODES["same_as"], CODES["not_same_as"]
_VERSIONS: Final = (
    "version_seq",
    "version_node",
    "version_vf",
    "version_vt",
    "version_rec",
    "version_ret",
)
_PAST_VIEWS: Final = 4
# A process that starts rebuilds its base when more than this has come since it was made.
_STALE: Final = 50_000


class Live:
    """See the module. One instance a process and store; its methods may be called by any thread."""

    def __init__(self, store: Store, base: Base) -> None:
        self.store = store
        arrays = base.arrays
        rows, nodes = base.counts["rows"], base.counts["nodes"]
        self.base_rows, self.base_nodes = rows, nodes
        self.base_batch = base.batch
        self.tail_limit = max(_STALE, rows // 50)
        self.rebuilding: subprocess.Popen[bytes] | None = None  # see graph.rebuild
        self.rows = Growing({name: arrays[name] for name in ROWS}, rows)
        self.nodes = Growing({name: arrays[name] for name in NODES}, nodes)
        self.versions = Growing(
            {name: arrays[name] for name in _VERSIONS}, len(arrays["version_seq"])
        )
        self.out, self.into = (
            Index(*(arrays[f"{side}_{name}"] for name in ("start", "nodes", "ptr", "order")))
            for side in ("out", "into")
        )
        self.texts = {
            name: base.texts(name) for name in ("node_id", "canonical", "label", "row_id")
        }
        self.extra_row, self.extra = arrays["extra_row"], base.texts("extra")
        self.extra_tail: dict[int, str] = {}
        self.listings = {
            name: arrays[f"listing_{name}"]
            for name in ("node", "seq", "vf", "vt", "rec", "ret", "dataset")
        }
        self.listing_id, self.listing = base.texts("listing_id"), base.texts("listing")
        self.listing_tail: dict[int, list[list[Any]]] = {}
        self.listing_by_seq: dict[int, list[Any]] = {}
        self.datasets = store.datasets()
        self.batch = base.batch
        self.tail_out = self.tail_into = make_index(
            np.empty(0, np.uint8), EMPTY, EMPTY, identity=False
        )
        self.past: OrderedDict[int, dict[str, npt.NDArray[Any]]] = OrderedDict()
        self.lock = threading.RLock()
        self.newest: BatchInfo | None = None
        self._bits: tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]] | None = None
        self._name()

    @property
    def tail_facts(self) -> int:
        """How many relations came since the base was made."""
        return self.rows.length - self.base_rows

    def kind_bits(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """Which kinds of relation each node of the base has, out of it and into it; made once."""
        with self.lock:
            if self._bits is None:
                nodes = self.base_nodes
                self._bits = kind_bits(self.out, nodes), kind_bits(self.into, nodes)
            return self._bits

    def follow(self) -> int:
        """Take in what the store has recorded since; the newest batch. Cheap when nothing came."""
        if self.store.last_batch() == self.batch:
            return self.batch
        with self.lock:
            upto = self.store.last_batch()
            if upto != self.batch:
                self.past.clear()  # they are shorter than what is to come
                self.datasets = self.store.datasets()
                touched: set[int] = set()
                grown = self.rows.length
                for delta in self.store.changes(self.batch, upto):
                    self._take(delta, touched)
                if self.rows.length > grown:
                    self._index_tail()
                if touched:
                    self._regroup(touched, upto)
                self.batch = upto
                self._name()
        return self.batch

    def _name(self) -> None:
        found = self.store.batches(self.batch - 1) if self.batch else []
        self.newest = next((info for info in found if info.no == self.batch), None)

    # -- taking in the feed -----------------------------------------------------------------

    def _take(self, delta: Delta, touched: set[int]) -> None:
        entities, relations, listings = split(delta.code)
        self._take_entities(delta, entities, touched)
        self._take_relations(delta, relations, touched)
        for i in listings.tolist():
            node = int(self._node_of(delta.a[i : i + 1])[0])
            entry: list[Any] = [
                int(delta.seq[i]),
                int(delta.vf[i]),
                int(delta.vt[i]),
                int(delta.batch[i]),
                NEVER,
                int(delta.dataset[i]),
                delta.ids[i],
                delta.payload[i],
            ]
            self.listing_tail.setdefault(node, []).append(entry)
            self.listing_by_seq[entry[0]] = entry
        if len(delta.retracted):
            self._retract(delta, touched)

    def _node_of(self, first: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        return np.searchsorted(self.nodes.view("node_first"), first).astype(np.int32)

    def _take_entities(self, delta: Delta, where: Any, touched: set[int]) -> None:
        if not len(where):
            return
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
        self.texts["node_id"].extend(delta.ids[i] for i in fresh.tolist())
        nodes = self._node_of(first)
        self.versions.extend(
            version_seq=seq,
            version_node=nodes,
            version_vf=delta.vf[where],
            version_vt=delta.vt[where],
            version_rec=delta.batch[where],
            version_ret=np.full(len(where), NEVER, np.int32),
        )
        self.texts["canonical"].extend(delta.canonical.get(s, "") for s in seq.tolist())
        self.texts["label"].extend(labels_of([delta.payload[i] for i in where.tolist()]))
        touched.update(nodes.tolist())

    def _take_relations(self, delta: Delta, where: Any, touched: set[int]) -> None:
        if not len(where):
            return
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
        self.texts["row_id"].extend(delta.ids[i] for i in where.tolist())
        for place, i in enumerate(where.tolist()):
            if (extra := delta.extra[i]) is not None:
                self.extra_tail[row + place] = extra
        judged = np.flatnonzero((code == _SAME) | (code == _APART))
        touched.update(src[judged].tolist(), dst[judged].tolist())

    def _retract(self, delta: Delta, touched: set[int]) -> None:
        """Write the batch of each retraction at its version. Views of earlier batches see none."""
        versions = self.versions.view("version_seq")
        listed = self.listings["seq"]
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
                self.rows.arrays["ret"][row] = batch
                if code in (_SAME, _APART):
                    touched.update((node, int(self.rows.arrays["dst"][row])))
            elif code != LISTING_CODE:
                place = int(np.searchsorted(versions, seq))
                self.versions.arrays["version_ret"][place] = batch
                touched.add(int(self.versions.arrays["version_node"][place]))
            elif (entry := self.listing_by_seq.get(seq)) is not None:
                entry[4] = batch
            else:
                self.listings["ret"][np.flatnonzero(listed == seq)] = batch

    def _row_of(self, seq: int, code: int, node: int) -> int:
        """The row of a version: rows of one kind and start, and rows of the tail, are in order."""
        low, high = self.base_rows, self.rows.length
        seqs = self.rows.arrays["seq"]
        if low == high or seq < int(seqs[low]):
            first, last = int(self.out.start[code]), int(self.out.start[code + 1])
            at = first + int(np.searchsorted(self.out.nodes[first:last], np.int32(node)))
            low, high = int(self.out.ptr[at]), int(self.out.ptr[at + 1])
        return low + int(np.searchsorted(seqs[low:high], np.uint32(seq)))

    def _index_tail(self) -> None:
        begin = self.base_rows
        code = self.rows.view("code")[begin:]
        made = []
        for end in ("src", "dst"):
            node = self.rows.view(end)[begin:]
            order = sort_rows(code, node)
            index = make_index(code, node, order, identity=False)
            made.append(index._replace(order=index.order + np.int32(begin)))
        self.tail_out, self.tail_into = made

    # -- who is one subject -----------------------------------------------------------------

    def _regroup(self, touched: set[int], upto: int) -> None:
        """Group anew the records that changed, with everything they are or were grouped with."""
        self.nodes.own("rep", "nxt", "node_vf", "node_vt", "node_version")
        arrays = {name: self.nodes.view(name) for name in NODES}
        self._newest_versions(touched, arrays)
        nodes, edges, apart, equal = self._closure(touched, arrays, upto)
        for node in nodes:
            arrays["rep"][node] = arrays["nxt"][node] = node
            at = int(arrays["node_version"][node])
            known = at >= 0
            arrays["node_vf"][node] = self.versions.arrays["version_vf"][at] if known else INF
            arrays["node_vt"][node] = self.versions.arrays["version_vt"][at] if known else NEG
        groups, _ = join(equal, edges, apart, lambda node: self.key_of(node, arrays))
        versions = [self.versions.view(f"version_{name}") for name in ("vf", "vt", "rec")]
        for members in groups:
            tie(arrays, members, *versions)

    def _newest_versions(self, touched: set[int], arrays: dict[str, Any]) -> None:
        nodes = np.fromiter(touched, np.int32, len(touched))
        arrays["node_version"][nodes] = -1
        wanted = np.zeros(self.nodes.length, np.bool_)
        wanted[nodes] = True
        node = self.versions.view("version_node")
        at = np.flatnonzero(wanted[node] & (self.versions.view("version_ret") == NEVER))
        arrays["node_version"][node[at]] = at

    def key_of(self, node: int, arrays: dict[str, Any]) -> str | None:
        """The canonical id that a record's official key gives it."""
        at = int(arrays["node_version"][node])
        return (self.texts["canonical"][at] or None) if at >= 0 else None

    def _closure(
        self, touched: set[int], arrays: dict[str, Any], upto: int
    ) -> tuple[set[int], list[tuple[int, int]], list[tuple[int, int]], list[list[int]]]:
        """All nodes whose groups can change, the judgements among them, sets of equal keys."""
        nodes: set[int] = set()
        rows: set[int] = set()
        equal: dict[str, list[int]] = {}
        todo = list(touched)
        keys = {key for node in touched if (key := self.key_of(node, arrays))}
        waiting = self.store.bearer_firsts(sorted(keys), upto)  # one query for the many
        while todo:
            node = todo.pop()
            if node in nodes:
                continue
            nodes.add(node)
            todo.append(int(arrays["nxt"][node]))
            if (key := self.key_of(node, arrays)) and key not in equal:
                equal[key] = self._bearers(key, waiting, upto)
                todo.extend(equal[key])
            for row in self._judgement_rows(node):
                rows.add(row)
                todo += (int(self.rows.arrays["src"][row]), int(self.rows.arrays["dst"][row]))
        rec, src, dst = (self.rows.arrays[name] for name in ("rec", "src", "dst"))
        edges: dict[int, list[tuple[int, int]]] = {_SAME: [], _APART: []}
        for row in in_order(rows, rec, self.texts["row_id"]):
            edges[int(self.rows.arrays["code"][row])].append((int(src[row]), int(dst[row])))
        return nodes, edges[_SAME], edges[_APART], [n for n in equal.values() if n]

    def _bearers(self, canonical: str, waiting: dict[str, list[int]], upto: int) -> list[int]:
        if canonical not in waiting:
            waiting |= self.store.bearer_firsts([canonical], upto)
        found = waiting[canonical]
        return sorted(self._node_of(np.array(found, np.int64)).tolist())

    def _judgement_rows(self, node: int) -> Iterator[int]:
        for index in (self.out, self.tail_out, self.into, self.tail_into):
            for code in (_SAME, _APART):
                low, high = int(index.start[code]), int(index.start[code + 1])
                at = low + int(np.searchsorted(index.nodes[low:high], np.int32(node)))
                if at < high and index.nodes[at] == node:
                    for place in range(int(index.ptr[at]), int(index.ptr[at + 1])):
                        row = int(index.order[place]) if len(index.order) else place
                        if self.rows.arrays["ret"][row] == NEVER:
                            yield row

    def nodes_at(self, batch: int) -> dict[str, npt.NDArray[Any]]:
        """Node arrays as known at a batch: the live ones, or grouped anew for the past."""
        with self.lock:
            if batch >= self.batch:
                return {name: self.nodes.view(name) for name in NODES}
            if (found := self.past.get(batch)) is None:
                versions = (self.versions.view(n) for n in _VERSIONS[1:])
                rows = (self.rows.view(n) for n in ("code", "src", "dst", "rec", "ret"))
                view = Grouping._make(
                    (
                        *(self.nodes.length, *versions, self.texts["canonical"]),
                        *(*rows, self.texts["row_id"], batch),
                    )
                )
                found = {name: self.nodes.view(name) for name in NODES[:3]}
                found |= group(view, _SAME, _APART)
                self.past[batch] = found
                while len(self.past) > _PAST_VIEWS:
                    self.past.popitem(last=False)
            return found


def open_live(store: Store, progress: Progress | None = None) -> Live:
    """The live graph of a store, from its saved base where that is not too far behind."""
    path = base_path(store)
    base = load(path) if path is not None else None
    last = store.last_batch()
    if base is not None:
        known = store.batches(base.batch - 1)[:1] if base.batch else []
        # A base of another store, or of one restored from an older copy, is not ours.
        ours = known[0].name.hex() == base.name if known else base.batch == 0
        behind = sum(info.facts + info.retractions for info in store.batches(base.batch))
        if not ours or behind > max(_STALE, base.counts["rows"] // 50) or base.batch > last:
            base = None
    if base is None:
        base = build(store, progress)
        if path is not None and base.batch:
            with suppress(OSError):  # the answer does not wait for a disk with room
                save(base, path)
                base = load(path) or base
    live = Live(store, base)
    live.follow()
    return live


def base_path(store: Store) -> Path | None:
    """Where a store's base is kept: beside an embedded store's file."""
    scheme, _, rest = store.url.partition("://")
    return Path(rest[1:] + ".snapshot") if scheme == "sqlite" else None
