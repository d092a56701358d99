"""Versions of facts as the graph holds them, read whole: by a run of numbers, by number, by id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from graph.facts import Keys
from graph.model import CODES, LISTING_CODE, NAMES, is_entity
from graph.stores.neo4j.connection import Transaction
from graph.stores.neo4j.fields import extra_again, payload_again, shown_text
from graph.stores.neo4j.names import TYPE_OF
from graph.stores.neo4j.veil import Veil

_RUN: Final = "r.seq > $low AND r.seq <= $high"
_CHOSEN: Final = "r.seq IN $seqs"
_NAMED: Final = "r.id = $id AND r.dataset = $dataset"


class Held(NamedTuple):
    """One version. `a` and `b` are records, `a_name` and `b_name` their `dataset:id`."""

    seq: int
    first: int
    code: int
    dataset: str
    id: str
    a: int | None
    b: int | None
    a_name: str | None
    b_name: str | None
    vf: int | None
    vt: int | None
    value: int | None
    extra: str | None
    payload: str
    digest: bytes
    batch: int
    file: str | None
    record: str | None
    version: str | None
    prior: int | None
    retracted_in: int | None


def held_in_run(
    tx: Transaction, veil: Veil, low: int, high: int, codes: Iterable[int]
) -> list[Held]:
    """Versions numbered from `low` (not included) to `high`, of these kinds, in order."""
    return _held(tx, veil, _RUN, {"low": low, "high": high}, codes)


def held_chosen(tx: Transaction, veil: Veil, seqs: Iterable[int], code: int) -> list[Held]:
    """These versions, all of relations of one type, all listings, or all of entities."""
    return _held(tx, veil, _CHOSEN, {"seqs": list(seqs)}, [code])


def held_of(
    tx: Transaction, veil: Veil, dataset: str, ident: str, codes: Iterable[int]
) -> list[Held]:
    """Every version of one record, looked for among these kinds of fact."""
    named = {"dataset": dataset, "id": veil.ident(ident)}
    return _held(tx, veil, _NAMED, named, codes)


def _held(
    tx: Transaction, veil: Veil, where: str, parameters: dict[str, Any], codes: Iterable[int]
) -> list[Held]:
    groups = set(codes)
    rows: list[Any] = []
    if any(is_entity(code) for code in groups):
        if where == _NAMED:  # the index is on subjects
            rows += tx.one("held_subject", parameters)[0]
        else:
            rows += tx.one("held_entities", parameters, WHERE=where)[0]
    if LISTING_CODE in groups:
        index = "Listing(id)" if where == _NAMED else "Record(seq)"
        rows += tx.one("held_listings", parameters, WHERE=where, INDEX=index)[0]
    for code in sorted(groups & TYPE_OF.keys()):
        marks = {"TYPE": TYPE_OF[code], "KIND": NAMES[code], "WHERE": where}
        marks |= {"KEY": "id" if where == _NAMED else "seq", "SHOWN": shown_text(code)}
        rows += tx.one("held_relations", parameters, **marks)[0]
    return sorted(_version(veil, row) for row in rows)


def _version(veil: Veil, row: list[Any]) -> Held:
    code, payload, extra = CODES[row[2]], row[17], None
    if row[18]:
        payload, extra = veil.content_again(row[18])
    elif code in TYPE_OF:
        payload = payload_again(code, row[16], payload)
        extra = extra_again(code, row[15], payload)
    ends = row[5], row[6], _name(veil, row[7:10]), _name(veil, row[10:13])
    head = row[0], row[1], code, row[3], veil.ident_again(row[4], row[26])
    said = extra, payload, bytes.fromhex(row[19])
    return Held._make((*head, *ends, *row[13:16], *said, *row[20:26]))


def _name(veil: Veil, end: Sequence[Any]) -> str | None:
    dataset, ident, sealed = end
    return None if dataset is None else f"{dataset}:{veil.ident_again(ident, sealed)}"


def identifiers_in_run(tx: Transaction, veil: Veil, low: int, high: int) -> dict[int, Keys]:
    """The official keys of a run of versions, by version."""
    return _identifiers(tx, veil, _RUN, {"low": low, "high": high})


def identifiers_of(tx: Transaction, veil: Veil, seqs: Iterable[int]) -> dict[int, Keys]:
    """The official keys of these versions, by version."""
    return _identifiers(tx, veil, _CHOSEN, {"seqs": list(seqs)})


def _identifiers(
    tx: Transaction, veil: Veil, where: str, parameters: dict[str, Any]
) -> dict[int, Keys]:
    found: dict[int, Keys] = {}
    for seq, kind, value, sealed, reason, canonical in tx.rows(
        "held_identifiers", parameters, WHERE=where
    ):
        key = kind, veil.value_again(value, sealed), reason, canonical
        found[seq] = (*found.get(seq, ()), key)
    return found
