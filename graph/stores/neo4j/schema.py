"""The making of a store in a database, its constraints and indexes, steps from older versions."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Final

from graph.errors import NoStore, SchemaVersion, StoreCorrupt
from graph.stores.neo4j import secret
from graph.stores.neo4j.connection import Server, Transaction
from graph.stores.neo4j.names import TYPES
from graph.stores.neo4j.texts import cypher

VERSION: Final = 2
# Version n to n + 1: texts that run in one transaction together with the new number.
UPGRADES: Final[dict[int, tuple[str, ...]]] = {1: ("ledger_create",)}
PLAIN: Final = "LINKRISK_NEO4J_PLAIN"
_EMPTY: Final = bytes(32).hex()


@dataclass(frozen=True, slots=True)
class Opened:
    """A store that was found or made, with its key."""

    uuid: str
    id_key: bytes
    plain: bool


def open_or_create(server: Server, *, create: bool, id_key: bytes | None) -> Opened:
    """The store in a database; with `create`, made where there is none.

    Raises NoStore, SchemaVersion, StoreCorrupt for a database with something else in it, InputError
    without the id key.
    """
    found = server.rows("store_find")
    if not found and server.read(lambda tx: tx.one("store_foreign")[0]):
        found = server.rows("store_find")  # another process may just have made it
        if not found:
            raise StoreCorrupt(
                f"the database at {server.address.shown} holds something else: a store needs one of"
                " its own"
            )
    if not found:
        if not create:
            raise NoStore(
                f"there is no store at {server.address.shown}; `linkrisk ingest` makes one"
            )
        _create(server, id_key)
        found = server.rows("store_find")
    name, version, digest, plain, indexed = found[0]
    if version > VERSION:
        raise SchemaVersion(f"the store has schema {version}, this program knows {VERSION}")
    if not indexed or version < VERSION:
        make_indexes(server)
    if not indexed:  # it came by an import, which makes neither indexes nor empty lists
        server.write(_imported)
    for step in range(version, VERSION):
        server.write(partial(_upgrade, version=step))
    return Opened(name, secret.find_key(name, digest), plain)


def _imported(tx: Transaction) -> None:
    for text in ("batch_lists", "dataset_lists", "store_indexed"):
        tx.rows(text)


def _upgrade(tx: Transaction, version: int) -> None:
    if tx.one("store_lock")[1] == version:  # nobody was faster
        for text in UPGRADES[version]:
            tx.rows(text)
        tx.rows("store_upgrade", {"schema": version + 1})


def plain_asked() -> bool:
    """Whether a store that is made now shows identifiers as they are."""
    return os.environ.get(PLAIN, "").lower() in {"1", "true", "yes"}


def _create(server: Server, id_key: bytes | None) -> None:
    """Two processes may do this at once: one makes the store, both find it."""
    name = uuid.uuid4().hex
    key = secret.new_key(name, id_key)
    ours = False
    try:
        make_indexes(server)
        plain = plain_asked()

        def make(tx: Transaction) -> bool:
            tx.rows("ledger_create")
            made = {"uuid": name, "schema": VERSION, "digest": secret.digest(key)}
            return bool(tx.one("store_create", made | {"plain": plain, "name": _EMPTY})[0])

        ours = server.write(make)
    finally:
        if not ours:
            secret.forget(name)


def _statements() -> list[str]:
    texts = [cypher("schema")]
    texts += [cypher("schema_type", NAME=kind, TYPE=name) for kind, name in TYPES.items()]
    return [each for text in texts for each in text.split(";") if each.strip()]


def expected_names() -> set[str]:
    """What the constraints and indexes of a store are called."""
    return {each.split()[2] for each in _statements()}


def make_indexes(server: Server) -> None:
    """Every constraint and index that is not there yet, and wait until they are filled."""
    there = {row[0] for row in server.rows("check_indexes")}
    statements = [each for each in _statements() if each.split()[2] not in there]
    if not statements:
        return
    server.write(lambda tx: tx.statements(statements))
    server.write(lambda tx: tx.rows("schema_await"))
