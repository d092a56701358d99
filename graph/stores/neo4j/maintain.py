"""Looking after a store in Neo4j: statistics, the check of graph and facts, backup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graph.deadline import current
from graph.errors import Conflict, LinkriskError, StoreFull
from graph.ledger import Kept
from graph.ledger import problems as ledger_problems
from graph.model import LISTING_CODE, NAMES, is_entity
from graph.naming import add_events
from graph.stores.copying import copy
from graph.stores.deciding.sound import Content, stands
from graph.stores.neo4j import erasing, ledger
from graph.stores.neo4j.connection import Server, Transaction
from graph.stores.neo4j.held import held_in_run, identifiers_in_run
from graph.stores.neo4j.names import TYPE_OF
from graph.stores.neo4j.schema import expected_names
from graph.stores.neo4j.veil import Veil
from graph.times import format_instant

if TYPE_CHECKING:
    from graph.stores.neo4j.store import NeoStore

_MOST: Final = 20  # problems named before the rest is counted
_AGAIN: Final = 2  # times that a problem is looked for again
_QUESTIONS: Final = {
    "check_current": "a subject's newest version is missing or retracted",
    "check_standing": "a version is neither current nor retracted",
    "check_described": "a version does not describe its subject",
    "check_identified": "a version is identified otherwise than it says",
    "check_retracted": "a retraction is not that of its batch",
    "check_ledger": "an entry of the ledger does not lead to the one before it",
}


def stats(tx: Transaction) -> dict[str, Any]:
    """Current facts by kind, versions, batches."""
    codes = sorted({code for row in tx.rows("datasets") for code in row[2]})
    kinds: dict[str, int] = {}
    entities = dict(tx.rows("count_subjects"))
    for code in codes:
        if is_entity(code):
            kinds[NAMES[code]] = entities.get(NAMES[code], 0)
        elif code == LISTING_CODE:
            kinds[NAMES[code]] = tx.one("count_listings")[0]
        else:
            kinds[NAMES[code]] = tx.one("count_relations", TYPE=TYPE_OF[code])[0]
    batches, versions, retractions, newest = tx.one("count_batches")
    return {
        "kinds": kinds,
        "batches": batches,
        "versions": versions,
        "retractions": retractions,
        "ledger": ledger.head(tx).no,
        "newest": None if newest is None else format_instant(newest),
        "bytes": None,
    }


def check(server: Server, veil: Veil, id_key: bytes, kept: Kept) -> list[str]:
    """Problems in words. Reads everything: some 30 seconds per million facts. What is written
    meanwhile is left out."""
    try:
        problems = [f"graph: {words}" for words in _missing(server)]
        upto = server.read(lambda tx: int(tx.one("last_batch")[0]))
        for text, words in _QUESTIONS.items():
            found = _lasting(server, text, {"upto": upto})
            problems += [f"graph: {words} ({each})" for each in found]
        for code, kind in TYPE_OF.items():
            if found := _lasting(server, "check_relations", {}, TYPE=kind):
                problems.append(f"graph: two versions of one {NAMES[code]} stand ({found[0]})")
        problems += _contents(server, veil, id_key, upto)
        problems += ledger_problems(kept)
    except LinkriskError as error:
        return [str(error)]
    if len(problems) > _MOST:
        problems = [*problems[:_MOST], f"and {len(problems) - _MOST} more"]
    return problems


def _lasting(server: Server, text: str, asked: dict[str, Any], **marks: str) -> list[Any]:
    """What a question finds each time: what a commit under way seems to leave half done is whole
    when it is asked again."""
    found = [row[0] for row in server.rows(text, asked, **marks)]
    for _ in range(_AGAIN):
        if not found:
            break
        still = {row[0] for row in server.rows(text, asked, **marks)}
        found = [each for each in found if each in still]
    return found


def _missing(server: Server) -> Iterator[str]:
    there = {row[0] for row in server.rows("check_indexes")}
    for name in sorted(expected_names() - there):
        yield f"the constraint or index {name} is missing"


def _contents(server: Server, veil: Veil, id_key: bytes, upto: int) -> Iterator[str]:
    """Every fact's digest against its content, and every batch's name against its facts."""
    digests: dict[int, bytes] = {}  # of versions that are retracted later
    name = bytes(32)
    gone = server.read(lambda tx: erasing.erased(tx, id_key))
    rows = server.rows("check_batches", {"upto": upto})
    deadline, total = current(), sum(row[2] for row in rows)
    there = {row[0] for row in rows}
    yield from (f"batch {no} is missing" for no in range(1, upto + 1) if no not in there)
    gone_in = {seq: row[0] for row in rows for seq in row[7]}
    for no, moment, facts, retractions, last, expected, kinds, retracted in rows:
        low = last - facts
        deadline.report(low, total, "facts / 事实")

        def whole(tx: Transaction, low: int = low, high: int = last, kinds: Any = kinds) -> Any:
            return (
                held_in_run(tx, veil, low, high, kinds),
                identifiers_in_run(tx, veil, low, high),
            )

        found, keys = server.read(whole)
        for held in found:
            if held.seq in gone_in:
                digests[held.seq] = held.digest
            if (held.retracted_in if (held.retracted_in or 0) <= upto else None) != gone_in.get(
                held.seq
            ):
                yield f"facts: {held.dataset}:{held.id} was retracted otherwise than was recorded"
            content = Content(
                held.code, f"{held.dataset}:{held.id}", held.a_name, held.b_name, held.vf, held.vt,
                held.value, held.extra, held.payload, held.digest, keys.get(held.seq, ()),
            )  # fmt: skip
            if held.batch != no or not stands(held.seq, content, id_key, gone):
                yield f"facts: {held.dataset}:{held.id} was altered"
        ended = [digests.pop(seq, b"\0" * 16) for seq in retracted]
        name = add_events(name, moment, [held.digest for held in found], ended)
        if name.hex() != expected or len(found) != facts or len(retracted) != retractions:
            yield f"batch {no}: its facts are not those that were committed"
            name = bytes.fromhex(expected)


def backup(store: NeoStore, destination: Path) -> None:
    """Copy every batch there is into an embedded store; it appears whole or not at all."""
    from graph.stores.sqlite.store import SqliteStore

    if destination.exists():
        raise Conflict(f"{destination} is already there")
    partial = destination.with_name(destination.name + ".partial")
    try:
        _remove(partial)
        target = SqliteStore.open(partial, create=True, id_key=store.id_key)
        try:
            tell = current().report
            copy(store, target, lambda done, total: tell(done, total, "facts / 事实"))
            target.fold()
        finally:
            target.close()
        partial.rename(destination)
    except OSError as error:
        raise StoreFull(f"the backup could not be written: {error}") from error
    finally:
        _remove(partial)


def _remove(path: Path) -> None:
    for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        each.unlink(missing_ok=True)
