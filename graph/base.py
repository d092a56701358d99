"""The base of a snapshot: everything up to one batch, as columns in one memory-mapped file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.collect import Parts
from graph.columns import NEVER, make_index, sort_rows
from graph.gather import Progress, gather
from graph.heap import Texts, joined, pack
from graph.identity import Grouping, group
from graph.memory import no_cycles
from graph.model import CODES
from graph.named import text_order
from graph.store import Store

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(slots=True)
class Base:
    """Arrays by name, texts by name, and the batch that they reach to."""

    batch: int
    name: str  # the store's cumulative name at that batch, hexadecimal
    counts: dict[str, int]
    arrays: Arrays

    def texts(self, name: str) -> Texts:
        """A text column."""
        return Texts(self.arrays[f"{name}@"], self.arrays[f"{name}*"])


def build(store: Store, progress: Progress | None = None, *, processes: int | None = None) -> Base:
    """Read a whole store into columns. Time and memory grow linearly with the facts.

    `progress` is told how many facts were read; `processes` read at once (see `gather`), and make
    no difference to the columns. Raises StoreError, LinkriskError.
    """
    upto = store.erased_upto()  # before anything is read: what is erased meanwhile is done over
    batches = store.batches()
    with no_cycles():
        arrays = _assemble(gather(store, batches, progress, processes))
    arrays["erased_upto"] = np.array([upto], np.int64)
    counts = {
        "rows": len(arrays["src"]),
        "nodes": len(arrays["rep"]),
        "versions": len(arrays["version_seq"]),
    }
    last = batches[-1] if batches else None
    return Base(last.no if last else 0, (last.name if last else bytes(32)).hex(), counts, arrays)


def _joined(parts: Parts, name: str, kind: Any = np.int64) -> Any:
    found = parts.pop(name, [])
    return np.concatenate(found).astype(kind, copy=False) if found else np.empty(0, kind)


def _listed(parts: Parts, name: str) -> Any:
    return joined(parts.pop(name, []))


def _retired(seq: Any, gone: Any, gone_in: Any) -> Any:
    """The batch that retracted each version; NEVER where none did. `seq` ascends."""
    ret = np.full(len(seq), NEVER, np.int32)
    if len(gone) and len(seq):
        at = np.searchsorted(seq, gone)
        at[at == len(seq)] = 0
        hit = seq[at] == gone
        ret[at[hit]] = gone_in[hit]
    return ret


def _assemble(parts: Parts) -> Arrays:
    gone, gone_in = _joined(parts, "gone"), _joined(parts, "gone_in", np.int32)
    arrays: Arrays = {}
    _entities(parts, gone, gone_in, arrays)
    _relations(parts, gone, gone_in, arrays)
    _listings(parts, gone, gone_in, arrays)
    # `view`, not the arrays themselves: what groups records is the same code as in the tail.
    grouping = group(Grouping.of_arrays(arrays), CODES["same_as"], CODES["not_same_as"])
    arrays.update(grouping)
    return arrays


def _numbers(firsts: Any) -> Any:
    """The node of each record by its number in the store, which counts up without large gaps."""
    numbers = np.zeros(int(firsts[-1]) + 1 if len(firsts) else 0, np.int32)
    numbers[firsts] = np.arange(len(firsts), dtype=np.int32)
    return numbers


def _texts(arrays: Arrays, name: str, texts: Any) -> None:
    arrays[f"{name}@"], arrays[f"{name}*"] = pack(texts)


def _entities(parts: Parts, gone: Any, gone_in: Any, arrays: Arrays) -> None:
    seq, first = _joined(parts, "eseq"), _joined(parts, "efirst")
    fresh = np.flatnonzero(seq == first)
    arrays["node_first"] = seq[fresh]
    arrays["node_kind"] = _joined(parts, "ecode", np.uint8)[fresh]
    arrays["node_dataset"] = _joined(parts, "edataset", np.int32)[fresh].astype(np.uint16)
    ids = _listed(parts, "eids")
    ids = ids if len(fresh) == len(ids) else ids.take(fresh)
    _texts(arrays, "node_id", ids)
    arrays["node_id_order"] = text_order(ids)
    arrays["version_seq"] = seq
    arrays["version_node"] = _numbers(arrays["node_first"])[first]
    arrays["version_vf"], arrays["version_vt"] = _joined(parts, "evf"), _joined(parts, "evt")
    arrays["version_rec"] = _joined(parts, "ebatch", np.int32)
    arrays["version_ret"] = _retired(seq, gone, gone_in)
    arrays["version_organ"] = _joined(parts, "eorgan", np.bool_)
    canonical = _listed(parts, "ecanonical")
    _texts(arrays, "canonical", canonical)
    arrays["canonical_order"] = text_order(canonical)
    _texts(arrays, "label", _listed(parts, "elabel"))


def _relations(parts: Parts, gone: Any, gone_in: Any, arrays: Arrays) -> None:
    nodes = _numbers(arrays["node_first"])
    seq = _joined(parts, "rseq")
    code = _joined(parts, "rcode", np.uint8)
    src, dst = nodes[_joined(parts, "ra")], nodes[_joined(parts, "rb")]
    ret = _retired(seq, gone, gone_in)
    order = sort_rows(code, src)
    arrays["src"], arrays["dst"], arrays["code"] = src[order], dst[order], code[order]
    del src, dst, code
    arrays["ret"], arrays["seq"] = ret[order], seq[order].astype(np.uint32)
    arrays["rec"] = _joined(parts, "rbatch", np.int32)[order]
    for name in ("vf", "vt", "value"):
        arrays[name] = _joined(parts, f"r{name}")[order]
    arrays["dataset"] = _joined(parts, "rdataset", np.int32)[order].astype(np.uint16)
    _texts(arrays, "row_id", _listed(parts, "rids").take(order))
    extra = _listed(parts, "rextra").take(order)
    carried = extra.is_valid().to_numpy(zero_copy_only=False)
    arrays["extra_row"] = np.flatnonzero(carried).astype(np.int32)
    _texts(arrays, "extra", extra.drop_null())
    for side, end in (("out", "src"), ("into", "dst")):
        identity = side == "out"
        sorting = np.empty(0, np.int32) if identity else sort_rows(arrays["code"], arrays[end])
        index = make_index(arrays["code"], arrays[end], sorting, identity)
        arrays.update({f"{side}_{name}": array for name, array in index._asdict().items()})


def _listings(parts: Parts, gone: Any, gone_in: Any, arrays: Arrays) -> None:
    seq = _joined(parts, "lseq")
    node = _numbers(arrays["node_first"])[_joined(parts, "la")]
    order = np.argsort(node, kind="stable")
    arrays["listing_node"] = node[order]
    arrays["listing_seq"] = seq[order]
    arrays["listing_ret"] = _retired(seq, gone, gone_in)[order]
    for name, column, kind in (
        ("vf", "lvf", np.int64),
        ("vt", "lvt", np.int64),
        ("rec", "lbatch", np.int32),
        ("dataset", "ldataset", np.int32),
    ):
        arrays[f"listing_{name}"] = _joined(parts, column, kind)[order]
    _texts(arrays, "listing_id", _listed(parts, "lids").take(order))
    _texts(arrays, "listing", _listed(parts, "lpayload").take(order))
