"""Identifiers sealed at rest: what goes into the tables, and how statements read it.

A store that was made under a sealing key keeps the values of personal identifiers, and payloads in
which some stand, as `seal:` and base64. Statements open them by a function that each connection has
(`opened`), so nothing above these tables knows of it. Look-ups go by canonical ids, keyed hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

import apsw

from graph import seal
from graph.errors import InputError
from graph.masking import masked_payload
from graph.model import NAMES
from graph.stores.sqlite.connection import Db

MARK: Final = "seal:"
SEALED: Final = "seal_key_digest"  # in `meta`, of a store that is sealed
_PUBLIC: Final = frozenset({"uscc"})
_KIND, _VALUE = 1, 2  # places in a row of `identifier`
_CODE, _EXTRA, _PAYLOAD = 2, 10, 11  # in a row of `fact`


def opened(column: str) -> str:
    """A column in a statement, opened where it is sealed; other rows cost a comparison."""
    return f"CASE WHEN substr({column}, 1, 5) = '{MARK}' THEN opened({column}) ELSE {column} END"


def add_function(db: apsw.Connection) -> None:
    """Give a connection the function `opened`; the key is asked for when something is sealed."""
    db.create_scalar_function("opened", partial(_opened, []), 1, deterministic=True)


def _opened(kept: list[seal.Seal], text: str) -> str:
    if not kept:
        if (key := seal.given_key()) is None:
            raise InputError(_MISSING)
        kept.append(seal.Seal(key))
    return kept[0].open(text.removeprefix(MARK))


_MISSING: Final = f"the identifiers of this store are sealed: give {seal.KEY} or {seal.KEY_FILE}"


def begin(db: Db) -> None:
    """Make a new store a sealed one, where the environment gives a key."""
    if (key := seal.given_key()) is not None:
        db.execute("INSERT INTO meta VALUES (?, ?)", (SEALED, seal.digest(key)))


def check_key(db: Db) -> None:
    """Raise InputError where a store is sealed and its key is missing or another."""
    found = db.execute("SELECT value FROM meta WHERE key = ?", (SEALED,)).fetchone()
    if found is None:
        return
    if (key := seal.given_key()) is None:
        raise InputError(_MISSING)
    if seal.digest(key) != found[0]:
        raise InputError(f"{seal.KEY} is not the key that this store was sealed with")


class Sealing:
    """What is recorded, sealed where the store is."""

    def __init__(self, db: Db) -> None:
        found = db.execute("SELECT 1 FROM meta WHERE key = ?", (SEALED,)).fetchone()
        key = seal.given_key() if found else None
        self._seal = seal.Seal(key) if key is not None else None

    def facts(self, rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        """Rows of `fact`; payloads in which an identifier stands, sealed with carried fields."""
        return rows if self._seal is None else self._facts(self._seal, rows)

    @staticmethod
    def _facts(sealer: seal.Seal, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            payload = row[_PAYLOAD]
            if masked_payload(NAMES[row[_CODE]], payload) == payload:
                yield row
                continue
            extra = row[_EXTRA]
            hidden = None if extra is None else MARK + sealer.close(extra)
            yield (*row[:_EXTRA], hidden, MARK + sealer.close(payload), *row[_PAYLOAD + 1 :])

    def identifiers(self, rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        """Rows of `identifier`; a company's credit code is public."""
        if self._seal is None:
            return rows
        close = self._seal.close
        return (
            row
            if row[_KIND] in _PUBLIC or not row[_VALUE]
            else (*row[:_VALUE], MARK + close(row[_VALUE]), *row[_VALUE + 1 :])
            for row in rows
        )
