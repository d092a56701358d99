"""The live graph of one store: a mapped base, and everything recorded since appended to it.

`Live` follows the change feed. What it hands out are views (`graph.snapshot.Snapshot`): rows are
only ever appended, and a retraction writes a batch number that older views do not look at, so a
view never changes.
"""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from graph.base import Base, build
from graph.beside import beside
from graph.carried import Kept, keep
from graph.cleansing import cleansed
from graph.columns import (
    EMPTY,
    NODES,
    ROWS,
    VERSIONS,
    Growing,
    Index,
    kind_bits,
    make_index,
)
from graph.compiled import cache_directory
from graph.disk import load, save
from graph.follow import APART, SAME, Step
from graph.gather import Progress
from graph.identity import Grouping, group
from graph.listed import Listed
from graph.named import Named
from graph.store import BatchInfo, Store

if TYPE_CHECKING:
    from graph.names.index import NameIndex
    from graph.names.masked import MaskIndex

_PAST_VIEWS: Final = 4
# A process that starts rebuilds its base when more than this has come since it was made.
_STALE: Final = 50_000


class Live:
    """See the module. One instance a process and store; its methods may be called by any thread."""

    def __init__(self, store: Store, base: Base, erased_upto: int | None = None) -> None:
        """Nothing that was erased up to that number is in the base; up to now, where none is
        given."""
        self.store = store
        self.erased_upto = store.erased_upto() if erased_upto is None else erased_upto
        # Canonical ids of those whose use is restricted.
        self.restricted = frozenset(store.erased().restricted if self.erased_upto else ())
        arrays = base.arrays
        rows, nodes = base.counts["rows"], base.counts["nodes"]
        self.base_rows, self.base_nodes = rows, nodes
        self.base_batch, self.base_name = base.batch, base.name
        self.base_versions = base.counts["versions"]
        self.tail_limit = max(_STALE, rows // 50)
        self.rebuilding: subprocess.Popen[bytes] | None = None  # see graph.rebuild
        self.rows = Growing({name: arrays[name] for name in ROWS}, rows)
        self.nodes = Growing({name: arrays[name] for name in NODES}, nodes)
        self.versions = Growing({name: arrays[name] for name in VERSIONS}, base.counts["versions"])
        self.out, self.into = (
            Index(*(arrays[f"{side}_{name}"] for name in ("start", "nodes", "ptr", "order")))
            for side in ("out", "into")
        )
        self.texts = {
            name: base.texts(name) for name in ("node_id", "canonical", "label", "row_id")
        }
        # Nodes by their record's id, versions of records by their canonical id.
        self.named, self.bearers = (
            Named(self.texts[name], arrays[f"{name}_order"]) for name in ("node_id", "canonical")
        )
        self.extra_row, self.extra = arrays["extra_row"], base.texts("extra")
        self.extra_tail: dict[int, str] = {}
        self.listed = Listed(base)
        self.datasets = store.datasets()
        self.batch = base.batch
        self.tail_out = self.tail_into = make_index(
            np.empty(0, np.uint8), EMPTY, EMPTY, identity=False
        )
        self.past: OrderedDict[int, dict[str, npt.NDArray[Any]]] = OrderedDict()
        self.lock = threading.RLock()
        found = store.batches(base.batch - 1)[:1] if base.batch else []
        self.newest: BatchInfo | None = found[0] if found else None
        self._base_seq = self.newest.last_seq if self.newest else 0
        self._foreign: dict[int, str] | None = None
        self._bits: tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]] | None = None
        self._kept: dict[str, Kept] = {}
        self._names: NameIndex | None = None
        self._masks: MaskIndex | None = None
        self._masking = threading.Lock()
        self._naming = threading.Lock()  # so that no question about relations waits for the index

    @property
    def tail_facts(self) -> int:
        """How many versions of facts of any kind came since the base was made."""
        return (self.newest.last_seq if self.newest else 0) - self._base_seq

    def kind_bits(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """Which kinds of relation each node of the base has, out of it and into it; made once."""
        with self.lock:
            if self._bits is None:
                nodes = self.base_nodes
                self._bits = kind_bits(self.out, nodes), kind_bits(self.into, nodes)
            return self._bits

    def names(self) -> NameIndex:
        """What subjects are called and were called; made or mapped at the first call."""
        with self._naming:
            if self._names is None:
                from graph.names.index import NameIndex, names_path

                path = base_path(self.store)
                self._names = NameIndex(self, names_path(path) if path is not None else None)
            return self._names

    def masks(self) -> MaskIndex:
        """Identifiers as answers show them; made or mapped at the first call."""
        with self._masking:
            if self._masks is None:
                from graph.names.masked import MaskIndex, masked_path

                path = base_path(self.store)
                self._masks = MaskIndex(self, masked_path(path) if path is not None else None)
            return self._masks

    def kept(self, kind: str, *, make: bool) -> Kept | None:
        """The carried fields of the base's relations of a kind as columns; made once, if asked."""
        with self.lock:
            if kind not in self._kept and make:
                self._kept[kind] = keep(self, kind)
            return self._kept.get(kind)

    def foreign(self) -> dict[int, str]:
        """The currencies of the relations of the base that are not in yuan; made once, by one pass
        over the bytes of all carried fields: a fiftieth of the cost of reading them."""
        with self.lock:
            if self._foreign is None:
                places = self.extra.holding(b'"currency"')
                said = zip(
                    self.extra_row[places].tolist(), self.extra.many(places.tolist()), strict=True
                )
                named = ((row, orjson.loads(raw).get("currency")) for row, raw in said)
                self._foreign = {row: name for row, name in named if name}
            return self._foreign

    def follow(self) -> int:
        """Take in what the store has recorded since; the newest batch. Cheap when nothing came.

        Where it raises, the graph is what it was before.
        """
        if self.store.last_batch() == self.batch:
            return self.batch
        with self.lock:
            upto = self.store.last_batch()
            if upto != self.batch:
                Step(self, upto).publish()
        return self.batch

    def nodes_at(self, batch: int) -> dict[str, npt.NDArray[Any]]:
        """Node arrays as known at a batch: the live ones, or grouped anew for the past."""
        with self.lock:
            if batch >= self.batch:
                return {name: self.nodes.view(name) for name in NODES}
            if (found := self.past.get(batch)) is None:
                versions = (self.versions.view(n) for n in VERSIONS[1:6])
                rows = (self.rows.view(n) for n in ("code", "src", "dst", "rec", "ret"))
                view = Grouping._make(
                    (
                        *(self.nodes.length, *versions, self.texts["canonical"]),
                        *(*rows, self.texts["row_id"], batch),
                    )
                )
                found = {name: self.nodes.view(name) for name in NODES[:3]}
                found |= group(view, SAME, APART)
                self.past[batch] = found
                while len(self.past) > _PAST_VIEWS:
                    self.past.popitem(last=False)
            return found


def open_live(store: Store, progress: Progress | None = None) -> Live:
    """The live graph of a store, from its saved base where that is not too far behind."""
    path = base_path(store)
    erased = cleansed(store, path) if path is not None else store.erased_upto()
    base = load(path) if path is not None else None
    if base is None or not is_near(base, store):
        base = build(store, progress)
        if path is not None and base.batch:
            with suppress(OSError):  # the answer does not wait for a disk with room
                save(base, path)
                base = load(path) or base
    live = Live(store, base, erased)
    live.follow()
    return live


def is_near(base: Base, store: Store) -> bool:
    """Whether a base is one of this store, and not too far behind it."""
    known = store.batches(base.batch - 1)[:1] if base.batch else []
    # A base of another store, or of one restored from an older copy, is not ours.
    ours = known[0].name.hex() == base.name if known else base.batch == 0
    behind = sum(info.facts + info.retractions for info in store.batches(base.batch))
    near = behind <= max(_STALE, base.counts["rows"] // 50)
    return ours and near and base.batch <= store.last_batch()


def base_path(store: Store) -> Path | None:
    """Where a store's base is kept: beside an embedded store's file, else in the user's cache,
    under what the store is known by."""
    if (path := beside(store.url, ".snapshot")) is not None:
        return path
    name = hashlib.blake2b(store.shown.encode(), key=store.id_key, digest_size=16).hexdigest()
    folder = cache_directory() / "snapshots"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder / f"{name}.snapshot"
