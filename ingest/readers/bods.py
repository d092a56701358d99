"""Beneficial Ownership Data Standard 0.4: packages as JSON arrays or JSON Lines.

Source: https://standard.openownership.org/en/0.4.0/. Entity statements become companies, person
statements persons, each interest of a relationship statement one relation
(`ingest.readers.bods_interests`). A statement's `recordId` is the record, its `statementId` the
citation, its `statementDate` the version: a later statement of the same record corrects it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graph.errors import BadFact
from ingest.readers.bods_interests import again, relationship
from ingest.readers.bods_values import ANNOTATED_BY, FORMS, RANK, listed, partial, plain, text_of
from ingest.readers.item import Format, Item
from ingest.readers.json_stream import Element, items
from ingest.repeats import Scratch

if TYPE_CHECKING:
    from ingest.mapping.model import Mapping

_USCC_SCHEMES: Final = frozenset({"CN-USCC", "CN-SAIC", "CN-SAMR", "CN-NECIPS", "CN-UNI"})


def _constant(name: str) -> Any:
    raise BadFact(f"{name} is not a number")


def _parse(element: Element) -> dict[str, Any]:
    text = element.whole()
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise BadFact(f"not JSON: {str(error)[:80]}") from None
    if not isinstance(found, dict):
        raise BadFact("not an object")
    if "\\ud" in text.lower():
        try:
            json.dumps(found, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            raise BadFact("half a character (lone surrogate)") from None
    return found


def _statement(found: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The record's type, id and details; raises BadFact where it is not a BODS 0.4 statement."""
    if "statementType" in found:
        raise BadFact("a statement of BODS 0.3 or older; 0.4 is read", "statementType")
    details = found.get("recordDetails")
    if not isinstance(details, dict):
        raise BadFact("missing or not an object", "recordDetails")
    record = text_of(found.get("recordId"), "recordId")
    kind = found.get("recordType")
    if kind not in {"entity", "person", "relationship"}:
        raise BadFact(f"not entity, person or relationship: {str(kind)[:40]!r}", "recordType")
    status = found.get("recordStatus", "new")
    if status not in RANK:
        raise BadFact(f"not new, updated or closed: {str(status)[:40]!r}", "recordStatus")
    return str(kind), record, details


def source_of(found: dict[str, Any], dataset: str, file: str) -> dict[str, str]:
    """A statement's citation; its version sorts as text (date, then new < updated < closed)."""
    source = {"dataset": dataset, "file": file}
    if found.get("statementId"):
        source["record"] = str(found["statementId"])
    if date := found.get("statementDate"):
        source["version"] = f"{date}|{RANK[found.get('recordStatus', 'new')]}"
    return source


def _common(found: dict[str, Any], details: dict[str, Any]) -> dict[str, Any]:
    """Attributes that every statement may carry: provenance, annotations, status."""
    attrs: dict[str, Any] = {}
    source = found.get("source")
    if isinstance(source, dict):
        attrs["provenance"] = plain(source)
    if found.get("annotations"):
        attrs["annotations"] = plain(found["annotations"])
    if details.get("isComponent") is True:
        attrs["is_component"] = True
    if found.get("recordStatus") == "closed":
        attrs["record_status"] = "closed"
    return attrs


def _identifiers(details: dict[str, Any]) -> tuple[dict[str, str], list[Any]]:
    """Official keys that the model knows, and the other identifiers as they stand."""
    keys: dict[str, str] = {}
    others: list[Any] = []
    for given in listed(details, "identifiers"):
        scheme, value = str(given.get("scheme", "")), str(given.get("id", ""))
        title = str(given.get("schemeName", ""))
        credit = scheme in _USCC_SCHEMES or "统一社会信用代码" in title
        if value and "uscc" not in keys and credit and len(value.replace(" ", "")) == 18:
            keys["uscc"] = value
        elif value and "resident_id" not in keys and scheme.startswith("CHN-ID"):
            keys["resident_id"] = value
        else:
            others.append(plain(given))
    return keys, others


def _entity(found: dict[str, Any], record: str, details: dict[str, Any]) -> dict[str, Any]:
    sort = details.get("entityType")
    sort = sort if isinstance(sort, dict) else {}
    kind = str(sort.get("type", "unknownEntity"))
    keys, others = _identifiers(details)
    keys.pop("resident_id", None)
    attrs: dict[str, Any] = {"form": FORMS.get(kind, kind), "entity_type": kind}
    for name, column in (("subtype", "subtype"), ("form_details", "details")):
        if sort.get(column):
            attrs[name] = plain(sort[column])
    if isinstance(place := details.get("jurisdiction"), dict):
        attrs["jurisdiction"] = place.get("code") or place.get("name")
    for name, column in (
        ("alternate_names", "alternateNames"),
        ("addresses", "addresses"),
        ("uri", "uri"),
        ("public_listing", "publicListing"),
        ("undisclosed", "unspecifiedEntityDetails"),
        ("formed_by_statute", "formedByStatute"),
        ("founding_date", "foundingDate"),
        ("dissolution_date", "dissolutionDate"),
    ):
        if details.get(column):
            attrs[name] = plain(details[column])
    if others:
        attrs["identifiers"] = others
    fact: dict[str, Any] = {"kind": "company", "id": record}
    if details.get("name"):
        fact["name"] = str(details["name"])
    if keys:
        fact["keys"] = keys
    fact["attrs"] = attrs | _common(found, details)
    fact["valid_from"] = partial(details.get("foundingDate"), "foundingDate")
    fact["valid_to"] = partial(details.get("dissolutionDate"), "dissolutionDate", end=True)
    return fact


def _name(names: list[dict[str, Any]]) -> str | None:
    """The legal name where one is given, else the first."""
    ordered = sorted(names, key=lambda n: n.get("type") != "legal")
    for name in ordered:
        full = name.get("fullName") or " ".join(
            str(name[part])
            for part in ("givenName", "patronymicName", "familyName")
            if name.get(part)
        )
        if full:
            return str(full)
    return None


def _person(found: dict[str, Any], record: str, details: dict[str, Any]) -> dict[str, Any]:
    keys, others = _identifiers(details)
    keys.pop("uscc", None)
    attrs: dict[str, Any] = {"person_type": str(details.get("personType", "unknownPerson"))}
    names = listed(details, "names")
    if len(names) > 1:
        attrs["names"] = plain(names)
    for name, column in (
        ("birth_date", "birthDate"),
        ("death_date", "deathDate"),
        ("addresses", "addresses"),
        ("political_exposure", "politicalExposure"),
        ("undisclosed", "unspecifiedPersonDetails"),
        ("place_of_birth", "placeOfBirth"),
    ):
        if details.get(column):
            attrs[name] = plain(details[column])
    for name, column in (("nationalities", "nationalities"), ("tax_residencies", "taxResidencies")):
        if codes := [c.get("code") or c.get("name") for c in listed(details, column)]:
            attrs[name] = codes
    if others:
        attrs["identifiers"] = others
    fact: dict[str, Any] = {"kind": "person", "id": record}
    if full := _name(names):
        fact["name"] = full
    if keys:
        fact["keys"] = keys
    fact["attrs"] = attrs | _common(found, details)
    # A closed record says that the declaration ended, not the life: only a date of death does.
    fact["valid_to"] = partial(details.get("deathDate"), "deathDate", end=True)
    return fact


def _facts(found: dict[str, Any], dataset: str, file: str, seen: Scratch) -> list[dict[str, Any]]:
    kind, record, details = _statement(found)
    if (aside := _aside(found)) is not None:
        return [_again(found, kind, details, aside)]
    source = source_of(found, dataset, file)
    if kind == "relationship":
        common = _common(found, details)
        facts = relationship(found, record, details, common, source=source, seen=seen)
    else:
        facts = [(_entity if kind == "entity" else _person)(found, record, details)]
    for fact in facts:
        fact.setdefault("source", source)
    return facts


def _aside(found: dict[str, Any]) -> dict[str, Any] | None:
    """What our own export annotated a statement with: the fact's rest, in the native form."""
    for each in listed(found, "annotations"):
        by = each.get("createdBy")
        if each.get("motivation") == "transformation" and isinstance(by, dict):
            if by.get("name") != ANNOTATED_BY:
                continue
            try:
                aside = json.loads(str(each.get("transformedContent")), parse_constant=_constant)
            except (ValueError, RecursionError):
                return None
            told = isinstance(aside, dict) and isinstance(aside.get("source"), dict)
            return aside if told and isinstance(aside.get("kind"), str) else None
    return None


def _again(
    found: dict[str, Any], kind: str, details: dict[str, Any], aside: dict[str, Any]
) -> dict[str, Any]:
    """The fact that our own export made a statement of: what the statement says, as it is or as
    others changed it, and the rest from beside it."""
    record = str(found["recordId"])
    if kind == "relationship":
        fact = again(aside, details)
    else:
        fact = (_entity if kind == "entity" else _person)(found, record, details)
        fact.pop("attrs", None)
    return {**fact, **{name: value for name, value in aside.items() if name != "canonical"}}


def read(path: Path, dataset: str, mapping: Mapping | None = None) -> Iterator[Item]:  # noqa: ARG001  # every Reader has it
    """The facts of a BODS 0.4 package, in the order of its statements.

    A statement that cannot be used is one rejected item. Memory is bounded: what earlier
    statements of a relationship said is kept in a scratch store that spills to disk.
    """
    with Scratch(50_000) as seen:
        yield from items(path, lambda each: _facts(_parse(each), dataset, path.name, seen))


def _accepts(path: Path, head: bytes) -> int:
    if path.is_dir() or path.suffix not in {".json", ".jsonl", ".ndjson"}:
        return 0
    if b'"recordDetails"' in head or b'"statementId"' in head:
        return 8
    return 2 if path.suffix == ".json" else 0


FORMAT = Format("bods", read, _accepts)
