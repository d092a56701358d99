"""The listings of a live graph: those of its base as columns, and what came since by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import orjson

from graph.base import Base
from graph.times import format_time

_COLUMNS: Final = ("seq", "vf", "vt", "rec", "ret", "dataset")


class Listing(NamedTuple):
    """One version of a listing: times in µs, batches that recorded and retracted it."""

    seq: int
    vf: int
    vt: int
    rec: int
    ret: int
    dataset: int
    ident: str
    payload: str  # JSON of the other fields

    def known(self, batch: int) -> bool:
        """Whether it was known in a batch."""
        return self.rec <= batch < self.ret

    def fact(self, datasets: list[str]) -> str:
        """`dataset:id`."""
        return f"{datasets[self.dataset]}:{self.ident}"


class Event(NamedTuple):
    """A listing of a record came in a batch, or went."""

    node: int
    fact: str
    batch: int
    came: bool


class Listed:
    """See the module. Listings are only ever added, and a retraction writes a batch number that
    views of earlier batches do not look at."""

    def __init__(self, base: Base) -> None:
        self._columns = {name: base.arrays[f"listing_{name}"] for name in ("node", *_COLUMNS)}
        self._idents, self._payloads = base.texts("listing_id"), base.texts("listing")
        self._tail: dict[int, list[int]] = {}  # by node, those that came since
        self._came: dict[int, tuple[int, Listing]] = {}  # by seq, the node and what was listed

    def add(self, came: dict[int, tuple[int, Listing]]) -> None:
        """Take in listings, by seq, each with the record that it is of."""
        self._came.update(came)
        for seq, (node, _) in came.items():
            self._tail.setdefault(node, []).append(seq)

    def retract(self, gone: dict[int, int]) -> None:
        """Note the batches in which listings were retracted, by seq."""
        for seq, batch in gone.items():
            if (found := self._came.get(seq)) is not None:
                node, listing = found
                self._came[seq] = node, listing._replace(ret=batch)
            else:
                self._columns["ret"][np.flatnonzero(self._columns["seq"] == seq)] = batch

    def nodes(self) -> set[int]:
        """Records that have listings, of later views too."""
        return {*self._columns["node"].tolist(), *self._tail}

    def of(self, node: int) -> Iterator[Listing]:
        """The listings of a record, whenever they were known."""
        low, high = np.searchsorted(self._columns["node"], [node, node + 1]).tolist()
        yield from map(self._at, range(low, high))
        for seq in self._tail.get(node, ()):
            yield self._came[seq][1]

    def moved(self, since: int, upto: int) -> Iterator[tuple[int, Listing]]:
        """What came or was lost after batch `since` and until `upto`, each with its record. Linear
        in the listings."""
        rec, ret, nodes = (self._columns[name] for name in ("rec", "ret", "node"))
        came = (rec > since) & (rec <= upto)
        lost = (rec <= since) & (ret > since) & (ret <= upto)
        for at in np.flatnonzero(came | lost).tolist():
            yield int(nodes[at]), self._at(at)
        for node, each in tuple(self._came.values()):
            if since < each.rec <= upto or each.rec <= since < each.ret <= upto:
                yield node, each

    def _at(self, place: int) -> Listing:
        seq, vf, vt, rec, ret, no = (int(self._columns[name][place]) for name in _COLUMNS)
        return Listing(seq, vf, vt, rec, ret, no, self._idents[place], self._payloads[place])


def told(listings: Iterable[Listing], datasets: list[str]) -> list[dict[str, Any]]:
    """Listings as an answer has them, the oldest first."""
    return [
        {
            "fact": each.fact(datasets),
            "valid_from": format_time(each.vf),
            "valid_to": format_time(each.vt),
            **orjson.loads(each.payload),
        }
        for each in sorted(listings, key=lambda each: (each.vf, each.ident, each.seq))
    ]
