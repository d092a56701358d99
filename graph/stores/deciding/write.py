"""Deciding a batch: what is new, a duplicate, a correction, or wrong. Nothing is inserted here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graph.erasure import is_limited, readdressed
from graph.errors import BadFact
from graph.facts import CLOSE, RETRACT, Row, content_digest
from graph.model import JUDGEMENTS, LISTING_CODE, NAMES, RELATIONS, is_entity, is_relation
from graph.naming import compare_versions
from graph.store import Written
from graph.stores.deciding.books import CURRENT, FIRST, KIND, Known
from graph.stores.deciding.pending import Ends, Pending
from graph.stores.deciding.resolve import Resolver

_Named = tuple[int, str]  # a record and what it is called
_READMIT: Final = (
    "of a person erased on request; `linkrisk privacy readmit` lets it in / 已依请求删除"
)
_JUDGED: Final = min(RELATIONS[name].code for name in JUDGEMENTS)  # these go the long way
# An end's kind is checked against these: relation code -> codes allowed at its start, at its end.
_ALLOWED: Final = {
    kind.code: tuple(
        frozenset(code for code, name in NAMES.items() if name in side)
        for side in (kind.sources, kind.targets)
    )
    for kind in RELATIONS.values()
}


class BatchWriter:
    """One write inside one transaction. Lives for that write only."""

    def __init__(self, pending: Pending) -> None:
        self.resolver: Resolver = pending.resolver
        self.pending = pending
        self.result = Written()
        self.erased = pending.books.erased()

    def run(self, rows: Sequence[Row], defer: bool) -> Written:
        """Decide every row; the changes are in `pending` afterwards."""
        if self.erased.aliases:
            rows = readdressed(rows, self.erased.aliases, self.pending.books.id_key())
        self.resolver.look_up(rows)
        # Entities first, so that order within a batch does not matter; operations last.
        entities: list[int] = []
        later: list[int] = []
        operations: list[int] = []
        for index, row in enumerate(rows):
            if is_entity(row.code) and row.code != RETRACT:
                entities.append(index)
            else:
                (operations if row.code in (RETRACT, CLOSE) else later).append(index)
        if defer:
            self.result.deferred.extend(operations)
            operations = []
        for chosen in (entities, later, operations):
            for index in chosen:
                try:
                    self._one(index, rows[index], defer)
                except BadFact as error:
                    self.result.rejected.append((index, error))
        self.result.deferred.sort()
        self.result.rejected.sort(key=lambda pair: pair[0])
        return self.result

    def _one(self, index: int, row: Row, defer: bool) -> None:
        resolver = self.resolver
        dataset = resolver.datasets.get(row.dataset) or resolver.dataset(row.dataset)
        if row.code in (RETRACT, CLOSE):
            self._operate(row, dataset)
            return
        records = resolver.records[dataset]
        ends: Ends = None, None
        digest = row.digest
        if row.a is not None:
            own = self._own_ends(row, records)
            if own is not None:
                ends = own
            else:
                found = self._ends(row, dataset, defer)
                if found is None:
                    self.result.deferred.append(index)
                    return
                ends = found[0][0], found[1][0] if found[1] else None
                digest = _digest_with(row, found)
        known = records.get(row.id)
        if self.erased.firsts and self._is_erased(row, known):
            self.result.duplicates += 1
        elif known is not None and known[CURRENT] >= 0 and is_limited(row):
            self.result.duplicates += 1  # the export that left it out corrects nothing
        elif known is None:
            self.pending.begin(row, dataset, ends, digest)
            self.result.loaded += 1
        else:
            self._again(row, known, ends, digest)

    def _is_erased(self, row: Row, known: Known | None) -> bool:
        """Whether a row is of a record that was erased, which is never recorded again; raises
        BadFact for another record of an erased person."""
        if known is not None:
            return known[FIRST] in self.erased.firsts
        for kind, _, _, canonical in row.keys:
            if canonical in self.erased.canonicals:
                raise BadFact(_READMIT, f"keys.{kind}")
        return False

    @staticmethod
    def _own_ends(row: Row, records: dict[str, Known]) -> tuple[int, int] | None:
        """The ends of a relation between two living records of its own dataset: the common case,
        in which the digest that was taken while parsing stands."""
        if row.b is None or row.a is None or row.code >= _JUDGED:
            return None
        a, b = records.get(row.a), records.get(row.b)
        if a is None or b is None or a[CURRENT] < 0 or b[CURRENT] < 0:
            return None
        sources, targets = _ALLOWED[row.code]
        return (a[FIRST], b[FIRST]) if a[KIND] in sources and b[KIND] in targets else None

    def _ends(self, row: Row, dataset: int, defer: bool) -> tuple[_Named, _Named | None] | None:
        """Both ends of a relation, the subject of a listing; None: not settled before the call
        ends."""
        column = "subject" if row.code == LISTING_CODE else "from"
        before = (None, None) if defer else self._ends_before(row, dataset)
        try:
            found = self.resolver.end(row.a or "", dataset, defer, before[0])
            column = "to" if row.b is not None else column
            other = None if row.b is None else self.resolver.end(row.b, dataset, defer, before[1])
        except BadFact as error:
            raise BadFact(error.reason, column) from None
        if found is None or (row.b is not None and other is None):
            return None
        if other is not None and is_relation(row.code):
            _check_kinds(row.code, found[0], other[0])
        return (found[0][FIRST], found[1]), (other[0][FIRST], other[1]) if other else None

    def _ends_before(self, row: Row, dataset: int) -> Ends:
        """The ends of a relation's current version."""
        known = self.resolver.records[dataset].get(row.id)
        if known is None or known[CURRENT] < 0 or is_entity(known[KIND]):
            return None, None
        current = self.pending.version(known[CURRENT])
        return current.a, current.b

    def _again(self, row: Row, known: Known, ends: Ends, digest: bytes) -> None:
        """A record that is already there: a duplicate, a correction, or a contradiction."""
        current, kind = known[CURRENT], known[KIND]
        if kind != row.code:
            raise BadFact(f"already names a {NAMES[kind]} of this dataset", "id")
        stands = current > 0 and self._stands(row, current, digest)
        if stands or self.pending.said_before(abs(current), digest):
            self.result.duplicates += 1
        else:
            self.pending.replace(row, known, ends, digest)
            self.result.loaded += 1

    def _stands(self, row: Row, current: int, digest: bytes) -> bool:
        """Whether the current version stays: equal content, or an older version of the source.

        Raises BadFact where one file says two things of one id.
        """
        standing, batch, version, file = self.pending.standing(current)
        if standing == digest:
            return True
        newer = compare_versions(row.version, version)
        if newer < 0:
            return True
        same_file = self.pending.file is not None and file == self.pending.file
        if newer <= 0 and (batch == self.pending.number or same_file):
            if self.pending.said_before(current, digest):  # the file itself ended it since
                return True
            raise BadFact("the same id with other content in one file", "id")
        return False

    def _operate(self, row: Row, dataset: int) -> None:
        """A retraction, or the end of a validity."""
        known = self.resolver.meant(row.id, dataset)
        if known[FIRST] in self.erased.firsts and row.code == CLOSE:
            self.result.duplicates += 1  # nothing is left that could be said anew
            return
        until = None if row.code == RETRACT else row.vt
        if known[CURRENT] < 0 or self.pending.done_before(known[CURRENT], until):
            self.result.duplicates += 1
        elif row.code == RETRACT:
            self.pending.retract(known)
            self.result.loaded += 1
        else:
            self._close(row._replace(id=known[0]), known)

    def _close(self, row: Row, known: Known) -> None:
        """Record the current version anew with an end."""
        pending = self.pending
        current = known[CURRENT]
        old = pending.version(current)
        if old.vt == row.vt:
            self.result.duplicates += 1
            return
        if old.vf > row.vt:
            raise BadFact("ends before it begins", "valid_to")
        ended = row._replace(
            code=old.kind, vf=old.vf, value=old.value, extra=old.extra, payload=old.payload,
            version=row.version or pending.standing(current).version, keys=pending.keys(current),
        )  # fmt: skip
        name = f"{self.resolver.dataset_names[known[1]]}:{row.id}"
        digest = content_digest(
            old.kind, name, pending.name_of(old.a), pending.name_of(old.b), old.vf, row.vt,
            old.value, old.payload, ended.keys,
        )  # fmt: skip
        pending.replace(ended, known, (old.a, old.b), digest)
        self.result.loaded += 1


def _check_kinds(code: int, start: Known, end: Known) -> None:
    for known, codes, column in zip((start, end), _ALLOWED[code], ("from", "to"), strict=True):
        if known[KIND] not in codes:
            raise BadFact(f"{NAMES[code]} cannot have a {NAMES[known[KIND]]} here", column)
    if NAMES[code] in JUDGEMENTS and start[KIND] != end[KIND]:
        raise BadFact("joins two kinds", "to")


def _digest_with(row: Row, ends: tuple[_Named, _Named | None]) -> bytes:
    """The digest with the ends as they were resolved, where parsing had to assume others."""
    a, b = ends[0][1], ends[1][1] if ends[1] else None
    own = f"{row.dataset}:"
    if a == f"{own}{row.a}" and (b is None or b == f"{own}{row.b}"):
        return row.digest
    return content_digest(
        row.code, own + row.id, a, b, row.vf, row.vt, row.value, row.payload, row.keys
    )
