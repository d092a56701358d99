"""The Neo4j store's side of deciding a batch: what is asked of the graph, what goes into it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from graph.erasure import Erased
from graph.errors import Conflict
from graph.facts import Keys
from graph.model import CODES, LISTING_CODE, is_entity
from graph.store import BatchInfo
from graph.stores.copying import Copied
from graph.stores.deciding.books import (
    CURRENT,
    FIRST,
    KIND,
    Changes,
    Known,
    Retired,
    Standing,
    Version,
)
from graph.stores.neo4j import erasing
from graph.stores.neo4j.connection import Transaction
from graph.stores.neo4j.held import held_chosen, held_in_run
from graph.stores.neo4j.lives import Lives
from graph.stores.neo4j.names import LABEL_OF, TYPE_OF
from graph.stores.neo4j.recording import Recording
from graph.stores.neo4j.shapes import Shaper, at
from graph.stores.neo4j.spans import Spans
from graph.stores.neo4j.veil import Veil
from graph.times import INF, NEG, SHANGHAI

_EPOCH: Final = datetime(1970, 1, 1, 8, tzinfo=SHANGHAI)
_NAMES: Final = 20_000  # looked up in one question


class Head(NamedTuple):
    """Where the store stands when a batch begins."""

    number: int
    seq: int
    name: bytes
    moment: int


class NeoBooks:
    """See `graph.stores.deciding.books.Books`; lives within one transaction."""

    def __init__(self, tx: Transaction, veil: Veil, head: Head, moment: int, attempt: str) -> None:
        self._tx = tx
        self._veil = veil
        self._head = head
        self._attempt = attempt
        rows = tx.rows("datasets")
        self._numbers = {row[1]: row[0] for row in rows}
        self._datasets = {row[0]: row[1] for row in rows}
        self._spans = Spans([row[0], *row[2:]] for row in rows)
        when = _EPOCH + timedelta(microseconds=moment)
        self._recording = Recording(tx, Shaper(veil, self._datasets), head.number + 1, when)
        self._lives = Lives(tx, veil, self._recording.wait)

    def close(self) -> None:
        """End the sending; called whatever happened."""
        self._recording.close()

    # -- looking up -------------------------------------------------------------------------

    def datasets(self) -> dict[str, int]:
        """See the protocol."""
        return dict(self._numbers)

    def add_dataset(self, name: str, number: int) -> None:
        """See the protocol."""
        self._numbers[name] = number
        self._datasets[number] = name
        self._recording.wait()
        self._tx.rows("dataset_create", {"no": number, "name": name})

    def last_seq(self) -> int:
        """See the protocol."""
        return self._head.seq

    def records(self, names: Sequence[str]) -> Iterable[Known]:
        """See the protocol; only where a name can be, see `spans`."""
        shown = sorted({self._veil.ident(name) for name in names})
        known = [self._subject(row) for row in self._find("find_subjects", shown, LABEL_OF)]
        for code in (LISTING_CODE, *TYPE_OF):
            marks = {"TYPE": TYPE_OF[code]} if code in TYPE_OF else {}
            text = "find_relations" if marks else "find_listings"
            newest: dict[tuple[str, str], list[Any]] = {}
            for row in self._find(text, shown, [code], **marks):
                key = row[0], row[1]
                if key not in newest or newest[key][3] < row[3]:
                    newest[key] = row
            for ident, dataset, first, seq, retracted, sealed in newest.values():
                name = self._veil.ident_again(ident, sealed)
                current = seq if retracted is None else -seq
                known.append((name, self._numbers[dataset], first, current, code))
        for each in known:
            self._lives.met(abs(each[CURRENT]), each[KIND], each[FIRST])
        return known

    def _find(self, text: str, names: list[str], codes: Iterable[int], **marks: str) -> list[Any]:
        chosen = self._spans.within(names, codes)
        return [
            row
            for begin in range(0, len(chosen), _NAMES)
            for row in self._tx.one(text, {"names": chosen[begin : begin + _NAMES]}, **marks)[0]
        ]

    def _subject(self, row: list[Any]) -> Known:
        ident, dataset, first, current, kind, sealed = row
        name = self._veil.ident_again(ident, sealed)
        return name, self._numbers[dataset], first, current, CODES[kind]

    def bearers(self, canonical: str) -> Iterable[Known]:
        """See the protocol."""
        self._recording.wait()
        found = self._tx.one("bearers", {"canonicals": [canonical]})[0]
        # What this batch has recorded meanwhile is the resolver's to tell.
        known = [self._subject(row) for row in found if row[3] <= self._head.seq]
        for each in known:
            self._lives.met(abs(each[CURRENT]), each[KIND], each[FIRST])
        return known

    def standing(self, seq: int) -> Standing:
        """See the protocol."""
        return self._lives.standing(seq)[0]

    def version(self, seq: int) -> Version:
        """See the protocol."""
        held = self._lives.held(seq)
        bounds = NEG if held.vf is None else held.vf, INF if held.vt is None else held.vt
        number = self._numbers[held.dataset]
        return Version(
            held.code,
            number,
            held.id,
            held.a,
            held.b,
            *bounds,
            held.value,
            held.extra,
            held.payload,
        )

    def id_key(self) -> bytes:
        """See the protocol."""
        return self._veil.id_key

    def erased(self) -> Erased:
        """See the protocol."""
        return erasing.erased(self._tx, self._veil.id_key)

    def keys(self, seq: int) -> Keys:
        """See the protocol."""
        return self._lives.keys(seq)

    # -- what a file said before ------------------------------------------------------------

    def said_before(self, file: int, seq: int, digest: bytes) -> bool:
        """See the protocol."""
        standing, prior, undone = self._lives.standing(seq)
        if standing.file == file and standing.digest == digest and not undone:
            return True
        if prior is None:
            return False
        chain = self._lives.chain(seq)
        files = self._lives.files(held.batch for held in chain)
        return any(held.digest == digest and files[held.batch] == (file, False) for held in chain)

    def ended_before(self, file: int, seq: int, until: int) -> bool:
        """See the protocol."""
        if self._lives.standing(seq)[1] is None:
            return False
        chain = {held.seq: held for held in self._lives.chain(seq)}
        files = self._lives.files(held.batch for held in chain.values())
        return any(
            held.vt == until
            and files[held.batch] == (file, False)
            and (before := chain.get(held.prior or 0)) is not None
            and (before.payload, before.vf) == (held.payload, held.vf)
            and before.vt != held.vt
            for held in chain.values()
        )

    def retracted_before(self, file: int, seq: int) -> bool:
        """See the protocol."""
        if self._lives.standing(seq)[1] is None and self._lives.held(seq).retracted_in is None:
            return False
        chain = self._lives.chain(seq)
        ended = {held.seq: held.retracted_in for held in chain if held.retracted_in is not None}
        files = self._lives.files(ended.values())
        replaced = {(held.prior, held.batch) for held in chain}
        return any(
            files[batch] == (file, False) and (version, batch) not in replaced
            for version, batch in ended.items()
        )

    # -- undoing ----------------------------------------------------------------------------

    def made_by(self, batch: int) -> Iterable[Known]:
        """See the protocol."""
        _, _, low, high, kinds = self._tx.one("batch_retired", {"no": batch})
        known = []
        for held in held_in_run(self._tx, self._veil, low, high, kinds):
            if held.retracted_in is None:
                self._lives.met(held.seq, held.code, held.first)
                number = self._numbers[held.dataset]
                known.append((held.id, number, held.first, held.seq, held.code))
        return known

    def retired_by(self, batch: int) -> Iterable[Retired]:
        """See the protocol."""
        found = []
        for held in self._retired(batch):
            if held.batch == batch:
                continue
            self._lives.met(held.seq, held.code, held.first)
            number = self._numbers[held.dataset]
            found.append(Retired(held.seq, number, held.id, held.first, held.digest, *held[16:19]))
        return found

    def _retired(self, batch: int) -> list[Any]:
        seqs, codes, *_ = self._tx.one("batch_retired", {"no": batch})
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for seq, code in zip(seqs, codes, strict=True):
            groups[1 if is_entity(code) else code].append(seq)
        return [
            held
            for code, chosen in groups.items()
            for held in held_chosen(self._tx, self._veil, chosen, code)
        ]

    def built_upon(self, target: BatchInfo) -> tuple[int, int, int]:
        """See the protocol."""
        low, high = target.last_seq - target.facts, target.last_seq
        *_, kinds = self._tx.one("batch_retired", {"no": target.no})
        made = held_in_run(self._tx, self._veil, low, high, kinds)
        changed = sum((held.retracted_in or 0) > target.no for held in made)
        retired = self._retired(target.no)
        names = {(held.id, self._numbers[held.dataset]) for held in retired}
        current = [k for k in self.records(sorted({n[0] for n in names})) if k[:2] in names]
        later = {
            k[:2] for k in current if self._lives.standing(abs(k[CURRENT]))[0].batch > target.no
        }
        anew = sum((held.id, self._numbers[held.dataset]) in later for held in retired)
        parameters = {"low": low, "high": high, "no": target.no}
        return changed, anew, self._tx.one("dependants", parameters)[0]

    # -- recording --------------------------------------------------------------------------

    def advance(self, changes: Changes) -> None:
        """See the protocol."""
        self._recording.advance(changes)

    def insert(self, changes: Changes, info: BatchInfo, undoes: int | None) -> None:
        """See the protocol."""
        recording = self._recording
        recording.advance(changes, 1)
        codes = {fact[0]: fact[2] for fact in changes.facts}
        ended = [(seq, codes.get(seq) or self._lives.code(seq)) for seq in changes.retracted]
        by_code: defaultdict[int, list[int]] = defaultdict(list)
        for seq, code in ended:
            by_code[code].append(seq)
        for code, seqs in by_code.items():
            recording.retract(code, seqs)
        self._show(changes)
        fresh: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
        for ident, dataset, _, _, code in changes.fresh:
            fresh[dataset, code].append(self._veil.ident(ident))
        for (dataset, code), idents in fresh.items():
            self._spans.widen(dataset, code, idents)
        recording.send("dataset_spans", self._spans.changed())
        recording.wait()
        subjects = {fact[0]: fact[5] for fact in changes.facts}
        self._tx.rows("batch_create", {
            "no": info.no, "id": info.id, **at(info.recorded_at), "facts": info.facts,
            "retractions": info.retractions, "seq": info.last_seq, "name": info.name.hex(),
            "settled": bool(info.settled), "undone": False, "undoes": undoes,
            "attempt": self._attempt, "file": changes.file, "kinds": sorted(set(codes.values())),
            "retracted": changes.retracted, "retractedKinds": [code for _, code in ended],
            "retractedSubjects": [self._subject_of(seq, code, subjects) for seq, code in ended],
        })  # fmt: skip
        self._tx.rows("store_advance", {
            "no": info.no, "seq": info.last_seq, "name": info.name.hex(), **at(info.recorded_at),
        })  # fmt: skip

    def receive(self, copied: Copied) -> None:
        """Record a copied batch; raises Conflict where datasets are numbered otherwise here."""
        for number, name in sorted(copied.datasets.items()):
            if self._numbers.get(name, number) != number:
                raise Conflict(f"the target numbers the dataset {name!r} otherwise")
            if name not in self._numbers:
                self.add_dataset(name, number)
        for known in copied.ended:
            self._lives.met(
                abs(known[CURRENT]),
                known[KIND],
                known[FIRST],
            )
        self.insert(copied.changes, copied.info, copied.undoes)
        if copied.undone:
            row = [copied.info.no, copied.info.id, bool(copied.info.settled), True]
            self._tx.rows("batch_restate", {"rows": [row]})

    def _subject_of(self, seq: int, code: int, subjects: dict[int, int | None]) -> int:
        if is_entity(code):
            return -1
        found = subjects[seq] if seq in subjects else self._lives.held(seq).a
        return -1 if found is None else found

    def _show(self, changes: Changes) -> None:
        """Bring subjects up to date whose newest version is another one now."""
        facts = {fact[0]: fact for fact in changes.facts}
        shaper = Shaper(self._veil, self._datasets)
        identifiers = defaultdict(list)
        for identifier in changes.identifiers:
            identifiers[identifier[0]].append(identifier)
        shown: defaultdict[int, list[list[Any]]] = defaultdict(list)
        gone: list[list[Any]] = []
        for current in changes.moved.values():
            fact = facts.get(abs(current))
            code = fact[2] if fact else self._lives.code(abs(current))
            if not is_entity(code):
                continue
            if fact is None:
                gone.append([self._lives.first(abs(current)), current])
                continue
            payload, _ = self._veil.content(code, fact[11], None)
            canonical, name, keys = shaper.shown(code, payload, identifiers[abs(current)])
            shown[code].append([fact[1], current, canonical, name, *keys])
        for code, rows in shown.items():
            self._recording.show(code, rows)
        self._recording.send("subject_gone", gone)
