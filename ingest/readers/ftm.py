"""FollowTheMoney entities, as JSON Lines or an array.

Source: https://followthemoney.tech/. Each entity becomes a fact (`ingest.readers.ftm_facts`); what
has no field of ours stays under `attrs.ftm` and goes out again with it. An entity that `linkrisk
export` wrote becomes the fact it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import BadFact
from ingest.readers.ftm_facts import Entities
from ingest.readers.ftm_model import MARK, library
from ingest.readers.item import Format, Item
from ingest.readers.json_stream import Element, elements, items
from ingest.repeats import Scratch

if TYPE_CHECKING:
    from ingest.mapping.model import Mapping

_ENTITY: Final = re.compile(rb'"schema"\s*:\s*"[A-Z][A-Za-z]+"')
_ACCOUNT: Final = re.compile(r'"(?:BankAccount|CryptoWallet)"')


def _parse(element: Element) -> dict[str, Any]:
    try:
        found = orjson.loads(element.whole())
    except orjson.JSONDecodeError as error:
        raise BadFact(f"not JSON: {error.msg}") from None
    if not isinstance(found, dict):
        raise BadFact("not an object")
    if not isinstance(found.get("id"), str) or not found["id"]:
        raise BadFact("missing or not text", "id")
    properties = found.get("properties")
    if not isinstance(properties, dict):
        raise BadFact("missing or not an object", "properties")
    for name, values in properties.items():
        if not isinstance(values, list) or not all(isinstance(v, (str, dict)) for v in values):
            raise BadFact("not a list of texts", f"properties.{name}")
    return found


def _note(path: Path, seen: Scratch) -> None:
    """Keeps which ids are accounts: who owns one is no shareholder."""
    for element in elements(path):
        if element.reason or not _ACCOUNT.search(element.text):
            continue
        try:
            found = _parse(element)
        except BadFact:
            continue  # told where it is read
        if found.get("schema") in {"BankAccount", "CryptoWallet"}:
            seen.put(f"account {found['id']}", True)


def read(path: Path, dataset: str, mapping: Mapping | None = None) -> Iterator[Item]:  # noqa: ARG001  # every Reader has it
    """The facts of a file of entities, in its order. Reads it twice; memory is bounded.

    An entity that has no place here (a document, a vehicle) or is none is one rejected item. Raises
    MissingExtra where the library is not installed.
    """
    model = library()
    with Scratch() as seen:
        _note(path, seen)
        entities = Entities(model, dataset, path.name, seen)
        yield from items(path, lambda each: _facts(each, entities))


def _facts(element: Element, entities: Entities) -> list[dict[str, Any]]:
    found = _parse(element)
    mark = found.get(MARK)
    if isinstance(mark, dict) and "document" in mark:
        return []  # a source, which the facts that stood in it name themselves
    return entities.facts(found, element.line)


def _accepts(path: Path, head: bytes) -> int:
    if path.is_dir() or path.suffix not in {".json", ".jsonl", ".ndjson", ".ijson", ".ftm"}:
        return 0
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n[")[:4096]
    if b'"kind"' in begin.partition(b'"properties"')[0]:
        return 0
    return 7 if _ENTITY.search(begin) and b'"properties"' in head else 0


FORMAT = Format("ftm", read, _accepts)
