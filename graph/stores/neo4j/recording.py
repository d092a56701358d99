"""Putting down what a batch changes, in blocks, while the rest of it is still being decided.

The server creates nodes and relationships on one core, deciding takes the other: blocks are sent
by a thread of their own, within the same transaction, and whoever asks that transaction something
waits until they are through.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

from graph.model import ENTITIES, LISTING_CODE, NAMES, is_entity
from graph.stores.deciding.books import Changes
from graph.stores.neo4j.connection import Transaction
from graph.stores.neo4j.names import LABEL_OF, TYPE_OF
from graph.stores.neo4j.shapes import Identifier, Shaper, fields_text, keys_text

BLOCK: Final = 4096


class Recording:
    """The sending side of one batch. `close` must be called, whatever happened."""

    def __init__(self, tx: Transaction, shaper: Shaper, batch: int, at: datetime) -> None:
        self._tx = tx
        self._shaper = shaper
        self._common = {"batch": batch, "at": at}
        self._thread = ThreadPoolExecutor(1, "linkrisk-neo4j")
        self._waiting: list[Future[Any]] = []
        self._facts = 0  # sent
        self._identifiers = 0

    def wait(self) -> None:
        """Until all that was sent is through; raises what kept it from that."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.result()

    def close(self) -> None:
        """End the thread; what it has not begun is not sent."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def advance(self, changes: Changes, least: int = BLOCK) -> None:
        """Send the facts that are decided, where there are at least so many."""
        if len(changes.facts) - self._facts < least:
            return
        facts, self._facts = changes.facts[self._facts :], len(changes.facts)
        identifiers, self._identifiers = (
            changes.identifiers[self._identifiers :],
            len(changes.identifiers),
        )
        by_seq: defaultdict[int, list[Identifier]] = defaultdict(list)
        for identifier in identifiers:
            by_seq[identifier[0]].append(identifier)
        groups: defaultdict[tuple[int, bool], list[Any]] = defaultdict(list)
        for fact in facts:
            groups[fact[2], fact[0] == fact[1]].append(fact)
        for (code, fresh), chosen in groups.items():  # entities stand before what names them
            self._send_kind(code, fresh, chosen, by_seq)
        at = {fact[0]: fact for fact in facts if fact[0] in by_seq}
        rows = [self._shaper.identifier(i, at[i[0]]) for i in identifiers]
        self.send("identifiers", rows)

    def _send_kind(
        self, code: int, fresh: bool, facts: list[Any], identifiers: dict[int, list[Identifier]]
    ) -> None:
        shaper = self._shaper
        if is_entity(code):
            rows = [shaper.entity(fact, identifiers.get(fact[0], ())) for fact in facts]
            if fresh:
                marks = {"LABEL": LABEL_OF[code], "KEYS": keys_text(code, 16, ":")}
                self.send("record_first", rows, {"kind": NAMES[code]}, **marks)
            else:
                self.send("record_next", rows, {"kind": NAMES[code]})
        elif code == LISTING_CODE:
            rows = [shaper.listing(fact) for fact in facts]
            self.send("listing", rows, FIELDS=fields_text(code, 17))
        else:
            rows = [shaper.relation(fact) for fact in facts]
            self.send("relation", rows, TYPE=TYPE_OF[code], FIELDS=fields_text(code, 19))

    def show(self, code: int, rows: list[list[Any]]) -> None:
        """Bring what subjects of a kind show up to date."""
        assert NAMES[code] in ENTITIES
        self.send("subject_show", rows, KEYS=keys_text(code, 4, "="))

    def retract(self, code: int, seqs: Iterable[int]) -> None:
        """End versions of one kind in recorded time."""
        parameters = {**self._common, "seqs": list(seqs)}
        if code in TYPE_OF:
            self._submit("retract_relations", parameters, {"TYPE": TYPE_OF[code]})
        else:
            self._submit("retract_records", parameters, {})

    def send(
        self, name: str, rows: list[list[Any]], more: dict[str, Any] | None = None, **marks: str
    ) -> None:
        """Send rows to a text, a block at a time."""
        for begin in range(0, len(rows), BLOCK):
            parameters = {**self._common, **(more or {}), "rows": rows[begin : begin + BLOCK]}
            self._submit(name, parameters, marks)

    def _submit(self, name: str, parameters: dict[str, Any], marks: dict[str, str]) -> None:
        if self._waiting and self._waiting[0].done():
            self._waiting.pop(0).result()  # an error ends the batch before more is decided
        self._waiting.append(self._thread.submit(self._tx.rows, name, parameters, **marks))
