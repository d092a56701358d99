"""The versions that a batch is compared with, fetched by the thousand when one is asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from graph.facts import Keys
from graph.model import is_entity
from graph.stores.deciding.books import Standing
from graph.stores.neo4j.connection import Transaction
from graph.stores.neo4j.held import Held, held_chosen, held_of, identifiers_of
from graph.stores.neo4j.names import TYPE_OF
from graph.stores.neo4j.veil import Veil

_AHEAD: Final = 4000


class BatchFile(NamedTuple):
    """Which file a batch was read from, and whether it was undone."""

    file: int | None
    undone: bool


class Lives:
    """Reads within one transaction; `met` tells it which versions may be asked for."""

    def __init__(self, tx: Transaction, veil: Veil, ready: Callable[[], None]) -> None:
        """`ready` is called before anything is asked of the transaction."""
        self._tx = tx
        self._veil = veil
        self._ready = ready
        self._codes: dict[int, int] = {}
        self._firsts: dict[int, int] = {}
        self._ordered: list[int] | None = None
        self._standing: dict[int, tuple[Standing, int | None, bool]] = {}
        self._held: dict[int, Held] = {}
        self._keys: dict[int, Keys] = {}

    def met(self, seq: int, code: int, first: int) -> None:
        """A version that was heard of, and the record it is of."""
        if seq not in self._codes:
            self._codes[seq] = code
            self._firsts[seq] = first
            self._ordered = None

    def code(self, seq: int) -> int:
        """The kind of a version that was met."""
        return self._codes[seq]

    def first(self, seq: int) -> int:
        """The record of a version that was met."""
        return self._firsts[seq]

    def _fetch(self, seq: int, load: Callable[[list[int], int], Any], have: Any) -> None:
        """Load a version, and those met that stand next to it."""
        self._ready()
        if self._ordered is None:
            self._ordered = sorted(self._codes)
        begin = bisect_left(self._ordered, seq)
        wanted = [s for s in self._ordered[begin : begin + _AHEAD] if s not in have]
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for each in {seq, *wanted}:
            code = self._codes.get(each, 1)  # what was not met is a relation's end: an entity
            groups[1 if is_entity(code) else code].append(each)
        for code, seqs in groups.items():
            load(sorted(seqs), code)

    def standing(self, seq: int) -> tuple[Standing, int | None, bool]:
        """What a version is compared by, the version before it, whether its batch was undone."""
        if seq not in self._standing:
            self._fetch(seq, self._load_standing, self._standing)
        return self._standing[seq]

    def _load_standing(self, seqs: list[int], code: int) -> None:
        name, marks = "standing_records", {}
        if code in TYPE_OF:
            name, marks = "standing_relations", {"TYPE": TYPE_OF[code]}
        for seq, digest, batch, version, file, prior, undone in self._tx.one(
            name, {"seqs": seqs}, **marks
        )[0]:
            standing = Standing(bytes.fromhex(digest), batch, version, file)
            self._standing[seq] = standing, prior, undone

    def held(self, seq: int) -> Held:
        """A version whole."""
        if seq not in self._held:
            self._fetch(seq, self._load_held, self._held)
            ends = {end for found in self._held.values() for end in found[5:7] if end is not None}
            for end in ends:  # whoever asks for a relation asks for what its ends are called
                self.met(end, 1, end)
        return self._held[seq]

    def _load_held(self, seqs: list[int], code: int) -> None:
        for found in held_chosen(self._tx, self._veil, seqs, code):
            self._held[found.seq] = found

    def keys(self, seq: int) -> Keys:
        """The identifiers of a version."""
        if not is_entity(self._codes.get(seq, 1)):
            return ()
        if seq not in self._keys:
            self._fetch(seq, self._load_keys, self._keys)
        return self._keys[seq]

    def _load_keys(self, seqs: list[int], code: int) -> None:
        found = identifiers_of(self._tx, self._veil, seqs) if is_entity(code) else {}
        self._keys.update({seq: found.get(seq, ()) for seq in seqs})

    def chain(self, seq: int) -> list[Held]:
        """A version and those before it of the same record, oldest first."""
        last = self.held(seq)
        self._ready()
        versions = held_of(self._tx, self._veil, last.dataset, last.id, [last.code])
        return [version for version in versions if version.seq <= seq]

    def files(self, batches: Iterable[int]) -> dict[int, BatchFile]:
        """What some batches were read from."""
        self._ready()
        rows = self._tx.rows("batch_files", {"nos": sorted(set(batches))})
        return {no: BatchFile(file, undone) for no, file, undone in rows}
