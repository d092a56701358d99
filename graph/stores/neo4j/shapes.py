"""From a decided fact to the row of parameters that records it, by kind.

Rows are lists, their places are named in the `.cypher` files; a map for each row costs ten times as
much on its way. Beside what the store reads back, a fact shows its model's fields as properties of
their own (share, amount, role …), for people and for Cypher.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from graph.model import ENTITIES, LISTING_FIELDS, NAMES, RELATIONS
from graph.stores.neo4j.fields import shown_fields, to_properties
from graph.stores.neo4j.names import camel
from graph.stores.neo4j.veil import Veil

_SECOND: Final = 1_000_000
_LONGEST: Final = 1000  # characters of a name that is shown: an index takes 8 KB and no more
Fact = Sequence[Any]  # as in `graph.stores.deciding.books.Changes`
Identifier = tuple[int, str, str, str | None, str | None]


def moment(micros: int | None) -> tuple[int | None, int | None]:
    """Seconds and microseconds of an instant, as `@time` takes them."""
    return divmod(micros, _SECOND) if micros is not None else (None, None)


def at(micros: int) -> dict[str, Any]:
    """The same as parameters."""
    seconds, rest = moment(micros)
    return {"s": seconds, "us": rest}


@lru_cache(maxsize=64)
def fields_text(code: int, begin: int) -> str:
    """What `__FIELDS__` is in the text that records a kind: `, shareMin: row[20]`."""
    listed = shown_fields(code) if NAMES[code] in RELATIONS else LISTED
    return "".join(f", {camel(field)}: row[{begin + i}]" for i, field in enumerate(listed))


# `until` and `decided_on` are times that validFrom and validTo already are.
LISTED: Final = tuple(field for field, sort in LISTING_FIELDS.items() if sort == "text")


@lru_cache(maxsize=64)
def keys_text(code: int, begin: int, separator: str) -> str:
    """What `__KEYS__` is: `, e164: row[16]` in a map, `, s.e164 = row[4]` behind SET."""
    before, after = ("", ": ") if separator == ":" else ("s.", " = ")
    kinds = ENTITIES[NAMES[code]].keys
    return "".join(
        f", {before}{camel(kind)}{after}row[{begin + i}]" for i, kind in enumerate(kinds)
    )


class Shaper:
    """Makes rows; what identifies a person goes through the veil."""

    def __init__(self, veil: Veil, datasets: dict[int, str]) -> None:
        self.veil = veil
        self.datasets = datasets  # by number; the caller keeps it up to date

    def _head(self, fact: Fact) -> list[Any]:
        """Places 0 to 12, with the extra and the sealed id that go further behind."""
        seq, _, code, dataset, ident, _, _, vf, vt, _, extra, payload, digest = fact[:13]
        shown = self.veil.ident(ident)
        text, sealed = self.veil.content(code, payload, extra)
        return [
            seq, shown, self.datasets[dataset], *moment(vf), *moment(vt), text, sealed,
            digest.hex(), fact[14], fact[15], fact[16], extra,
            self.veil.sealed_ident(ident, shown),
        ]  # fmt: skip

    def entity(self, fact: Fact, identifiers: Sequence[Identifier]) -> list[Any]:
        """The row of `record_first` or `record_next`."""
        *head, _, sealed_id = self._head(fact)
        seq, first, code, prior = fact[0], fact[1], fact[2], fact[17]
        canonical, name, keys = self.shown(code, head[7], identifiers)
        row = [*head, canonical, name, sealed_id]
        return [*row, *keys] if seq == first else [*row, first, prior]

    def shown(
        self, code: int, payload: str, identifiers: Sequence[Identifier]
    ) -> tuple[str | None, str | None, list[str | None]]:
        """What a subject shows of a version: its canonical id, its name, its keys masked."""
        said = orjson.loads(payload) if payload != "{}" else {}
        name = (said.get("name") or said.get("text") or "")[:_LONGEST] or None
        canonical = next((i[4] for i in identifiers if i[4] is not None), None)
        by_kind = {i[1]: self.veil.value_shown(i[1], i[2]) for i in identifiers}
        return canonical, name, [by_kind.get(kind) for kind in ENTITIES[NAMES[code]].keys]

    def relation(self, fact: Fact) -> list[Any]:
        """The row of `relation`."""
        *head, _, sealed_id = self._head(fact)
        seq, first, code, _, _, a, b, _, _, value = fact[:10]
        shown, head[7] = to_properties(code, head[7], value)
        mine = None if first == seq else first
        return [*head, a, b, value, mine, fact[17], sealed_id, *shown]

    def listing(self, fact: Fact) -> list[Any]:
        """The row of `listing`."""
        *head, _, sealed_id = self._head(fact)
        said = orjson.loads(head[7])
        return [
            *head, fact[5], sealed_id, fact[1], fact[17], *(said.get(field) for field in LISTED),
        ]  # fmt: skip

    def identifier(self, identifier: Identifier, fact: Fact) -> list[Any]:
        """The row of `identifiers`."""
        seq, kind, raw, reason, canonical = identifier
        shown, sealed = self.veil.value(kind, raw)
        ident = canonical or f"unverified:{seq}:{kind}"
        if not raw:  # of an erased version: others may bear the same number
            ident = f"erased:{canonical or f'{seq}:{kind}'}"
        return [
            seq, fact[1], ident, kind, shown, sealed, reason, *moment(fact[7]), *moment(fact[8]),
        ]  # fmt: skip
