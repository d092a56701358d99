"""What a batch is going to change: versions, identifiers, retractions; read back before it is."""

from __future__ import annotations

from graph.facts import Keys, Row
from graph.naming import add_events
from graph.store import BatchInfo
from graph.stores.deciding.books import CURRENT, FIRST, Changes, Known, Standing, Version
from graph.stores.deciding.resolve import Resolver
from graph.times import INF, NEG

Ends = tuple[int | None, int | None]
_DIGEST, _VERSION = 12, 16  # places in a fact of `Changes`
_TELL = 1024  # facts after which the store hears of them


class Pending:
    """The changes of one batch, until they are inserted."""

    def __init__(self, resolver: Resolver, number: int, file: int | None) -> None:
        self.resolver = resolver
        self.books = resolver.books
        self.number = number
        self.file = file
        self.changes = Changes(number, file)
        self.seq = self.start = self.books.last_seq() + 1

    def __bool__(self) -> bool:
        return bool(self.changes.facts or self.changes.retracted)

    def append(self, row: Row, dataset: int, known: Known | None, ends: Ends, digest: bytes) -> int:
        """Take up a version; its number."""
        if not self.seq % _TELL:
            self.books.advance(self.changes)
        seq = self.seq
        self.seq += 1
        code, _, ident, _, _, vf, vt, value, extra, payload, _, file, record, version, keys = row
        first, prior = (known[FIRST], abs(known[CURRENT])) if known else (seq, None)
        start, end = (None if vf == NEG else vf), (None if vt == INF else vt)
        self.changes.facts.append((
            seq, first, code, dataset, ident, ends[0], ends[1], start, end, value, extra, payload,
            digest, self.number, file, record, version, prior,
        ))  # fmt: skip
        for kind, raw, reason, canonical in keys:
            self.changes.identifiers.append((seq, kind, raw, reason, canonical))
            if canonical is not None:
                self.resolver.canonicals.setdefault(canonical, {})[ident, dataset] = seq
        return seq

    def begin(self, row: Row, dataset: int, ends: Ends, digest: bytes) -> None:
        """Take up the first version of a record."""
        seq = self.append(row, dataset, None, ends, digest)
        known = row.id, dataset, seq, seq, row.code
        self.resolver.records[dataset][row.id] = known
        self.changes.fresh.append(known)

    def replace(self, row: Row, known: Known, ends: Ends, digest: bytes) -> None:
        """Retract a record's current version, if it has one, and take up the next."""
        if known[CURRENT] > 0:
            self.changes.retracted.append(known[CURRENT])
        self._move(known, self.append(row, known[1], known, ends, digest))

    def retract(self, known: Known) -> None:
        """Retract a record's current version."""
        self.changes.retracted.append(known[CURRENT])
        self._move(known, -known[CURRENT])

    def _move(self, known: Known, current: int) -> None:
        ident, dataset, first, _, kind = known
        self.resolver.records[dataset][ident] = ident, dataset, first, current, kind
        self.changes.moved[ident, dataset] = current

    def standing(self, seq: int) -> Standing:
        """What a version, of this batch or an earlier one, is compared by."""
        if seq < self.start:
            return self.books.standing(seq)
        fact = self.changes.facts[seq - self.start]
        return Standing(fact[_DIGEST], self.number, fact[_VERSION], self.file)

    def version(self, seq: int) -> Version:
        """A version, of this batch or an earlier one."""
        if seq < self.start:
            return self.books.version(seq)
        fact = self.changes.facts[seq - self.start]
        vf, vt = fact[7], fact[8]
        bounds = NEG if vf is None else vf, INF if vt is None else vt
        return Version._make((*fact[2:7], *bounds, *fact[9:12]))

    def keys(self, seq: int) -> Keys:
        """The identifiers of a version."""
        if seq < self.start:
            return self.books.keys(seq)
        return tuple((i[1], i[2], i[3], i[4]) for i in self.changes.identifiers if i[0] == seq)

    def name_of(self, first: int | None) -> str | None:
        """`dataset:id` of a record."""
        if first is None:
            return None
        found = self.version(first)
        return f"{self.resolver.dataset_names[found.dataset]}:{found.id}"

    def said_before(self, seq: int, digest: bytes) -> bool:
        """Whether this very file already recorded this content at `seq` or before: what was
        corrected or retracted since must not come back because the file is sent again."""
        if self.file is None or seq >= self.start:
            return False
        return self.books.said_before(self.file, seq, digest)

    def done_before(self, seq: int, until: int | None) -> bool:
        """Whether this very file already retracted the record (`until` None) or ended it then:
        what others recorded since must not be undone because the file is sent again."""
        if self.file is None or seq >= self.start:
            return False
        if until is None:
            return self.books.retracted_before(self.file, seq)
        return self.books.ended_before(self.file, seq, until)

    def insert(
        self, batch_id: str, recorded_at: int, previous: bytes, settled: bool, undoes: int | None
    ) -> None:
        """Have everything recorded; `previous` is the store's name before this batch."""
        facts, retracted = self.changes.facts, self.changes.retracted
        gone = [self.standing(seq).digest for seq in retracted]
        name = add_events(previous, recorded_at, [fact[_DIGEST] for fact in facts], gone)
        counts = len(facts), len(retracted), self.seq - 1
        info = BatchInfo(self.number, batch_id, recorded_at, *counts, name, settled, None)
        self.books.insert(self.changes, info, undoes)
