"""Batches of a Neo4j store as they are copied, and a copied batch as it is recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

from graph.model import is_entity
from graph.stores.copying import Copied, changes_of
from graph.stores.deciding.books import Known
from graph.stores.neo4j.applied import NotYetError, whole
from graph.stores.neo4j.connection import Server, Transaction
from graph.stores.neo4j.held import Held, held_chosen, held_in_run, identifiers_in_run
from graph.stores.neo4j.read import batch_info, kinds_of
from graph.stores.neo4j.veil import Veil


def copies(server: Server, veil: Veil, since: int, upto: int) -> Iterator[Copied]:
    """See `graph.stores.copying.Copying`. Raises StoreCorrupt for one that is not whole."""
    kinds_of(server, since, upto)
    for no in range(since + 1, upto + 1):
        yield whole(partial(server.read, partial(_copied, veil=veil, no=no)), lambda _: True)


def _copied(tx: Transaction, veil: Veil, no: int) -> Copied:
    """Raises NotYetError where the batch is not whole."""
    numbers = {row[1]: row[0] for row in tx.rows("datasets")}
    info = batch_info(tx.one("batches_of", {"nos": [no]}))
    undoes, undone, name, sha256 = tx.one("batch_more", {"no": no})
    retracted, codes, low, high, kinds = tx.one("batch_retired", {"no": no})
    held = held_in_run(tx, veil, low, high, kinds)
    if len(held) != high - low or not numbers.keys() >= {each.dataset for each in held}:
        raise NotYetError
    facts = [_fact(each, numbers) for each in held]
    keys = identifiers_in_run(tx, veil, low, high)
    identifiers = [(seq, *key) for seq, mine in keys.items() for key in mine]
    ended = _ended(tx, veil, numbers, retracted, codes)
    changes = changes_of(no, facts, identifiers, ended)
    used = max((fact[3] for fact in facts), default=0)  # unused ones too: numbers have no gaps
    datasets = {number: name for name, number in numbers.items() if number <= used}
    file = None if name is None else (name, sha256)
    return Copied(info, changes, ended, datasets, file, undoes, bool(undone))


def _fact(held: Held, numbers: dict[str, int]) -> tuple[Any, ...]:
    return (
        held.seq, held.first, held.code, numbers[held.dataset], held.id, held.a, held.b, held.vf,
        held.vt, held.value, held.extra, held.payload, held.digest, held.batch, held.file,
        held.record, held.version, held.prior,
    )  # fmt: skip


def _ended(
    tx: Transaction, veil: Veil, numbers: dict[str, int], seqs: list[int], codes: list[int]
) -> list[Known]:
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for seq, code in zip(seqs, codes, strict=True):
        groups[1 if is_entity(code) else code].append(seq)
    found = {
        held.seq: (held.id, numbers[held.dataset], held.first, held.seq, held.code)
        for code, chosen in groups.items()
        for held in held_chosen(tx, veil, chosen, code)
    }
    return [found[seq] for seq in seqs]
