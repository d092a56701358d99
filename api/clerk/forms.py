"""Questions to choose from, and the form of each: all of it made from the registry."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from algorithms.registry import ALGORITHMS, Algorithm
from api.parameters import Parameter, describe

# What is asked first where facts of a kind are there.
_FIRST: Final = {
    "transfer": "transfer_cycles", "invoice": "invoice_cycles", "shareholder":
    "integrated_ownership", "uses_phone": "shared_identifier_rings", "call": "components",
}  # fmt: skip
_SUBJECTS: Final = frozenset({"owner", "target", "controller"})
_FACTS: Final = frozenset({"transfers", "facts"})  # whose examples are facts


@dataclass(frozen=True)
class Field:
    """One field of a form. `subject` says that it takes a subject, `main` that most need it."""

    name: str
    label: str
    sort: str  # text, integer, number, flag, or choice
    many: bool
    required: bool
    default: Any
    choices: tuple[str, ...]
    subject: bool
    main: bool


def questions(kinds: Collection[str] = ()) -> dict[str, str]:
    """Algorithms by what a list shows, in Chinese first; those that suit the facts at hand stand
    before the others."""
    names = [name for kind, name in _FIRST.items() if kind in kinds and name in ALGORITHMS]
    ordered = dict.fromkeys([*names, "related_parties", *ALGORITHMS])
    return {_title(ALGORITHMS[name]): name for name in ordered}


def _title(record: Algorithm) -> str:
    english, _, chinese = record.title.partition(" / ")
    return f"{chinese or english} {english if chinese else ''}".strip()


def explained(name: str) -> str:
    """What a question is, in the words of its documentation's first paragraph."""
    return " ".join(ALGORITHMS[name].doc.split("\n\n")[0].split())


def fields(name: str) -> list[Field]:
    """The fields of a question's form; who and when first."""
    found = [_field(describe(field), field) for field in ALGORITHMS[name].fields.values()]
    return sorted(found, key=lambda f: (not f.required, not f.subject, not f.main))


def _field(shown: Parameter, given: msgspec.structs.FieldInfo) -> Field:
    choices = tuple(shown.type.split("|")) if "|" in shown.type else ()
    subject = _takes_subject(given)
    english, _, chinese = shown.description.partition(" / ")
    words = f"{chinese} {english}".strip() if chinese else english
    bounds = f" ({shown.bounds})" if shown.bounds else ""
    return Field(
        shown.name, f"{words}{bounds}" or shown.name,
        "choice" if choices and not shown.many else "text" if choices else shown.type,
        shown.many, shown.required, shown.default, choices, subject,
        subject or shown.required or shown.name == "as_of",
    )  # fmt: skip


def _takes_subject(given: msgspec.structs.FieldInfo) -> bool:
    """Whether a parameter names subjects: it is called so, or its example is one."""
    schema = msgspec.json.schema(given.type)
    examples = schema.get("examples") or ()
    first = examples[0] if examples else None
    while isinstance(first, list) and first:
        first = first[0]
    if given.encode_name in _SUBJECTS:
        return True
    named = isinstance(first, str) and first.startswith("demo:")
    return named and given.encode_name not in _FACTS


def params(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a form was filled in with, as parameters: empty fields are left out, lists are parted at
    commas of either kind. Raises WrongUsage, naming the field, as the registry does."""
    from algorithms.registry import prepare, split

    record = ALGORITHMS[name]
    made: dict[str, Any] = {}
    for field in fields(name):
        value = given.get(field.name)
        if isinstance(value, str):
            value = value.strip()
        if value in (None, "", [], ()) or (field.sort == "flag" and value == field.default):
            continue
        if field.many and isinstance(value, str):
            value = split([value.replace("，", ",").replace("、", ",")])
        made[field.name] = value
    prepare(record, made)
    return made
