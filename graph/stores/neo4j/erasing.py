"""Erasure in a Neo4j store: which properties go, and what the server keeps of them for a while."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import orjson

from graph.erasure import ABOUT, GONE, Erased, Plan, fold
from graph.model import LISTING_CODE, is_entity
from graph.stores.neo4j import ledger
from graph.stores.neo4j.connection import Transaction
from graph.stores.neo4j.fields import to_properties
from graph.stores.neo4j.names import TYPE_OF
from graph.stores.neo4j.shapes import LISTED, fields_text
from graph.stores.neo4j.spans import Spans

NOTE: Final = (
    "the server keeps what was there in its transaction logs until it prunes them"
    " (db.tx_log.rotation.retention_policy), and in backups / 服务器事务日志与备份仍留有旧内容"
)


def erased(tx: Transaction, id_key: bytes) -> Erased:
    """All that was erased."""
    return fold(ledger.about(tx, ABOUT), lambda: id_key)


def apply(tx: Transaction, plan: Plan) -> None:
    """Take out what a plan names, within the transaction that writes. Done twice it is as once."""
    tx.rows("erase_records", {"seqs": list(plan.erased), "gone": GONE})
    tx.rows("erase_identifiers", {"seqs": list(plan.erased)})
    by_code: defaultdict[int, list[list[Any]]] = defaultdict(list)
    for seq, code, value, payload, _ in plan.cut:
        if code in TYPE_OF:
            shown, rest = to_properties(code, payload, value)
            by_code[code].append([seq, rest, *shown])
        else:
            by_code[code].append([seq, payload, *_listed(payload)])
    for code, rows in by_code.items():
        fields = fields_text(code, 2).replace(", ", ", r.").replace(": ", " = ")
        marks = {"FIELDS": fields}
        if code in TYPE_OF:
            tx.rows("erase_relations", {"rows": rows}, TYPE=TYPE_OF[code], **marks)
        else:
            tx.rows("erase_listings", {"rows": rows}, **marks)
    _rename(tx, plan)


def _listed(payload: str) -> list[Any]:
    said = orjson.loads(payload)
    return [said.get(field) for field in LISTED]


def _rename(tx: Transaction, plan: Plan) -> None:
    if not plan.renamed:
        return
    rows = tx.rows("datasets")
    numbers = {row[1]: row[0] for row in rows}
    spans = Spans([row[0], *row[2:]] for row in rows)
    for first, code, new in plan.renamed:
        row = [[first, new]]
        if is_entity(code):
            found = tx.rows("erase_subject_id", {"rows": row})
        elif code == LISTING_CODE:
            found = tx.rows("erase_listing_id", {"rows": row})
        else:
            found = tx.rows("erase_relation_id", {"rows": row}, TYPE=TYPE_OF[code])
        for (dataset,) in found[:1]:
            spans.widen(numbers[dataset], code, [new])
    if changed := spans.changed():
        tx.rows("dataset_spans", {"rows": changed})
