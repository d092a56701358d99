"""Finding subjects by an identifier as answers show it: 138****0001.

Which masked form each private identifier has is not in the graph, and identifiers themselves stay
in the store. So an index is made from the store when it is first asked for, of keyed hashes of
masked forms, and kept beside the base; what it leads to is checked against the store, so nothing
that was erased is found. 25 s for 700,000 identifiers, once; then under 1 ms.
"""

from __future__ import annotations

import hashlib
import re
import threading
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from graph import keys
from graph.base import Arrays, Base
from graph.disk import load, save
from graph.model import CODES, ENTITIES
from graph.names.index import alone

if TYPE_CHECKING:
    from graph.live import Live
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

_SHAPE: Final = 1
_BLOCK: Final = 10_000  # versions that the store is asked for at a time
_MASKED: Final = re.compile(r"\+?[0-9A-Z]{1,4}\*{2,60}[0-9A-Z]{1,4}\Z|\*{2,60}[0-9A-Z]{1,2}\Z")
_PRIVATE: Final = [CODES[k.name] for k in ENTITIES.values() if {*k.keys} - {"uscc"}]
_Hashes = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]  # ascending, and whose each is
_LOOKED_AT: Final = 2_000  # bearers of one masked form


def as_shown(text: str) -> str | None:
    """A masked identifier as answers write it; None for what is none."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    plain = plain.removeprefix("+86") if plain.startswith("+861") else plain
    return plain if _MASKED.match(plain) else None


class MaskIndex:
    """See the module. One instance a live graph; any thread may ask."""

    def __init__(self, live: Live, path: Path | None) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._hashes, self._places = self._of_base(path)
        self._tail: dict[int, list[int]] = {}
        self._upto = live.base_versions

    def places(self, text: str, versions: int) -> list[int]:
        """The versions before `versions` that may have an identifier shown so."""
        with self._lock:
            if versions > self._upto:
                hashes, places = self._made(self._upto, versions)
                for one, place in zip(hashes.tolist(), places.tolist(), strict=True):
                    self._tail.setdefault(one, []).append(place)
                self._upto = versions
        one = self._hash(text)
        low, high = (int(np.searchsorted(self._hashes, np.uint64(one), s)) for s in _SIDES)
        found: list[int] = self._places[low:high].tolist()
        return [p for p in (*found, *self._tail.get(one, ())) if p < versions]

    def _hash(self, text: str) -> int:
        key = self._live.store.id_key
        digest = hashlib.blake2b(f"masked:{text}".encode(), key=key, digest_size=8).digest()
        return int.from_bytes(digest, "big")

    def _of_base(self, path: Path | None) -> _Hashes:
        live = self._live
        if (found := _kept(live, path)) is not None:
            return found
        with alone(path):
            if (found := _kept(live, path)) is not None:
                return found  # another process has made it meanwhile
            hashes, places = self._made(0, live.base_versions)
            if path is not None and live.base_batch:
                arrays: Arrays = {"hashes": hashes, "places": places}
                with suppress(OSError):  # the answer does not wait for a disk with room
                    save(Base(live.base_batch, live.base_name, {"shape": _SHAPE}, arrays), path)
            return hashes, places

    def _made(self, begin: int, end: int) -> _Hashes:
        versions, kinds = self._live.versions.arrays, self._live.nodes.arrays["node_kind"]
        private = np.isin(kinds[versions["version_node"][begin:end]], _PRIVATE)
        places = np.flatnonzero(private) + begin
        seqs = versions["version_seq"][places]
        place_of = dict(zip(seqs.tolist(), places.tolist(), strict=True))
        hashes, owners = [], []
        for low in range(0, len(seqs), _BLOCK):
            facts = self._live.store.versions(seqs[low : low + _BLOCK].tolist())
            for fact in facts:
                for text in _masks(fact):
                    hashes.append(self._hash(text))
                    owners.append(place_of[fact.seq])
        found = np.array(hashes, np.uint64)
        order = np.argsort(found, kind="stable")
        return found[order], np.array(owners, np.int32)[order]


_SIDES: Final = ("left", "right")


def _kept(live: Live, path: Path | None) -> _Hashes | None:
    """The index of a live graph's base, mapped from where it is kept; None where it is not."""
    found = load(path) if path is not None else None
    ours = (live.base_batch, live.base_name, {"shape": _SHAPE})
    if found is None or (found.batch, found.name, found.counts) != ours:
        return None
    return found.arrays["hashes"], found.arrays["places"]


def _masks(fact: StoredFact) -> Iterable[str]:
    """How the private identifiers of a version of a record are shown."""
    return {keys.mask(kind, value) for kind, value, _, _ in fact.keys if kind != "uscc"}


def masked_path(base: Path) -> Path:
    """Where the index of a base's masked identifiers is kept."""
    return base.with_name(base.name + ".masked")


def find_masked(snapshot: Snapshot, text: str) -> list[int]:
    """The subjects of which a known record has an identifier that is shown so, ascending; of very
    many, the first that were recorded. Those whose use is restricted are not found."""
    shown = as_shown(text)
    if shown is None:
        return []
    subjects, places, current = snapshot.bearing(snapshot.masked_places(shown))
    now = {int(p): int(s) for s, p, c in zip(subjects, places, current, strict=True) if c}
    seqs = snapshot.versions("seq")
    by_seq = {
        int(seqs[place]): node
        for place, node in list(now.items())[:_LOOKED_AT]
        if not snapshot.restricted(node)
    }
    facts = snapshot.store_versions(list(by_seq)) if by_seq else []
    return sorted({by_seq[fact.seq] for fact in facts if shown in _masks(fact)})
