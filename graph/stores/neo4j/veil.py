"""What the graph shows of an identifier, and what it keeps sealed beside that.

A deployment that asks for plain identifiers (LINKRISK_NEO4J_PLAIN when the store is made) seals
nothing. Everything here is undone exactly by `*_again`.
"""

from __future__ import annotations

from typing import Final

from graph import keys
from graph.masking import masked_payload
from graph.model import NAMES
from graph.seal import Seal

_SEPARATOR: Final = "\x1f"


class Veil:
    """The masks of one store."""

    def __init__(self, id_key: bytes, *, plain: bool) -> None:
        self.plain = plain
        self.id_key = id_key
        self._seal = Seal(id_key)

    def ident(self, ident: str) -> str:
        """A record's id as the graph names it: itself, or where a resident id or mobile stands in
        it, masked with a keyed hash behind, so that it can still be looked for."""
        if self.plain or not keys.may_identify(ident):
            return ident
        shown: str = keys.mask_within(ident)
        if shown == ident:
            return ident
        return f"{shown}~{keys.keyed_hash(f'id:{ident}', self.id_key)}"

    def sealed_ident(self, ident: str, shown: str) -> str | None:
        """What gives the id again where it is shown otherwise."""
        return None if shown == ident else self._seal.close(ident)

    def ident_again(self, shown: str, sealed: str | None) -> str:
        """The id as its source gave it."""
        return self._seal.open(sealed) if sealed else shown

    def content(self, code: int, payload: str, extra: str | None) -> tuple[str, str | None]:
        """A payload as shown, and sealed with its carried fields where it is shown otherwise."""
        if self.plain:
            return payload, None
        shown = masked_payload(NAMES[code], payload)
        if shown == payload:
            return payload, None
        return shown, self._seal.close(payload + _SEPARATOR + (extra or ""))

    def content_again(self, sealed: str) -> tuple[str, str | None]:
        """Payload and carried fields as they were recorded."""
        whole, _, carried = self._seal.open(sealed).rpartition(_SEPARATOR)
        return whole, carried or None

    def value_shown(self, kind: str, value: str) -> str:
        """An official key's value as shown."""
        return value if self.plain else keys.mask(kind, value)

    def value(self, kind: str, value: str) -> tuple[str, str | None]:
        """The same, and sealed where that is masked."""
        shown = self.value_shown(kind, value)
        return shown, None if shown == value else self._seal.close(value)

    def value_again(self, shown: str, sealed: str | None) -> str:
        """The value of an official key."""
        return self._seal.open(sealed) if sealed else shown
