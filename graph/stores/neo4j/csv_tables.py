"""The tables that `neo4j-admin database import` reads, taken from the Cypher that records the same.

What a node or relationship holds is written in the texts of `cypher/` and nowhere else: a text is
read here for what it makes of a row, and each label and type becomes a table of those properties.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from graph.model import LISTING_CODE, NAMES, RELATIONS, is_entity
from graph.stores.neo4j.names import CODE_OF_TYPE, LABEL_OF, TYPE_OF, camel
from graph.stores.neo4j.shapes import fields_text, keys_text
from graph.stores.neo4j.texts import text

_CLAUSE: Final = re.compile(r"^(?=UNWIND|MATCH|CREATE|MERGE|ON CREATE|SET|WITH)", re.MULTILINE)
_NODE: Final = re.compile(r"\((\w+):([\w:]+) \{(.*?)\}\)", re.DOTALL)
_RELATIONSHIP: Final = re.compile(r"\((\w+)\)-\[\w*:(\w+)(?: \{(.*?)\})?\]->\((\w+)\)", re.DOTALL)
_PROPERTY: Final = re.compile(r"(\w+): (@time\([^)]*\)|[^,]+)")
_SET: Final = re.compile(r"\w+\.(\w+) = (row\[\d+\])")
_OTHER: Final = re.compile(r"(\w+)\.(\w+)\Z")

# What relationships find the nodes of a label by.
_KEYS: Final = {
    "Subject": "first",
    "Record": "seq",
    "Identifier": "id",
    "Batch": "no",
    "File": "no",
    "LedgerEntry": "no",
}
# The import finds nodes by whole numbers of its own. No two labels share one: it takes the longer
# for each that it has to tell apart.
SPACES: Final = {label: place << 40 for place, label in enumerate(_KEYS)}
TIME: Final = "datetime{timezone:+08:00}"
_SORTS: Final = {
    name: sort
    for sort, names in {
        "long": "no seq first current prior batch retractedIn facts retractions lastSeq undoes"
        " schema lastBatch writes at part",
        TIME: "validFrom validTo recordedAt retractedAt lastAt",
        "boolean": "settled undone plain indexed",
        "long[]": "kinds retracted retractedKinds retractedSubjects",
        "string[]": "least most",
    }.items()
    for name in names.split()
}
_FIELD_SORTS: Final = {"share": "double", "money": "double", "number": "long", "text": "string"}
# What a retraction sets besides; of a relationship between facts only the time.
_RETRACTED: Final = ("retractedAt", "retractedIn")


@dataclass(frozen=True, slots=True)
class Made:
    """A node or relationship that a text makes of each row: where each property comes from."""

    name: str  # labels, or the type
    properties: dict[str, str]
    ids: tuple[tuple[str, str], ...] = ()  # labels of it, or of its ends, and where keys come from


@lru_cache(maxsize=256)
def made_by(name: str, **marks: str) -> tuple[Made, ...]:
    """What `cypher/NAME.cypher` makes."""
    nodes: dict[str, Made] = {}
    found: list[Made] = []
    for clause in _CLAUSE.split(text(name, **marks)):
        for variable, labels, body in _NODE.findall(clause):
            properties = _properties(body, nodes)
            label = labels.partition(":")[0]
            nodes[variable] = Made(labels, properties, ((label, properties[_KEYS[label]]),))
            if clause.startswith(("CREATE", "MERGE")):
                found.append(nodes[variable])
        if clause.startswith("ON CREATE"):
            found[-1].properties.update(_SET.findall(clause))
        for start, kind, body, end in _RELATIONSHIP.findall(clause):
            ends = nodes[start].ids + nodes[end].ids
            found.append(Made(kind, _properties(body, nodes), ends))
    return tuple(found)


def _properties(body: str, nodes: dict[str, Made]) -> dict[str, str]:
    found = {name: source.strip() for name, source in _PROPERTY.findall(body)}
    for name, source in found.items():
        if (other := _OTHER.match(source)) is not None:  # the same as of a node before it
            found[name] = nodes[other[1]].properties[other[2]]
    return found


@dataclass(frozen=True, slots=True)
class Table:
    """The files of one set of labels or one type, all with the same columns."""

    name: str
    ids: tuple[str, ...]  # labels: one of nodes, two of relationships, none where nothing leads
    sorts: dict[str, str]  # by property, in the order of the columns

    @property
    def stem(self) -> str:
        """What its files are called."""
        return self.name.lower().replace(":", "-").replace("_", "-")

    @property
    def joins(self) -> bool:
        """Whether it is of relationships."""
        return len(self.ids) == 2

    @property
    def option(self) -> str:
        """What the import is given before the names of the files."""
        return f"--{'relationships' if self.joins else 'nodes'}={self.name}"

    @property
    def header(self) -> str:
        """The line that says what the columns are."""
        marks = ("START_ID", "END_ID") if self.joins else ("ID",)
        columns = [f":{mark}({label})" for mark, label in zip(marks, self.ids, strict=False)]
        columns += [f"{name}:{sort}" for name, sort in self.sorts.items()]
        return ",".join(columns)


@lru_cache(maxsize=64)
def marks_of(code: int) -> dict[str, str]:
    """The marks of the text that records the first versions of a kind."""
    if is_entity(code):
        return {"LABEL": LABEL_OF[code], "KEYS": keys_text(code, 16, ":")}
    if code == LISTING_CODE:
        return {"FIELDS": fields_text(code, 17)}
    return {"TYPE": TYPE_OF[code], "FIELDS": fields_text(code, 19)}


def _fact_texts() -> Iterator[tuple[Made, ...]]:
    """What every text makes that records facts."""
    for code in LABEL_OF:
        yield made_by("record_first", **marks_of(code))
    yield made_by("record_next")
    yield made_by("listing", **marks_of(LISTING_CODE))
    yield made_by("identifiers")
    for code in TYPE_OF:
        yield made_by("relation", **marks_of(code))


@lru_cache(maxsize=1)
def tables() -> dict[str, Table]:
    """Every table, by name."""
    columns: dict[str, dict[str, str]] = {}
    ids: dict[str, tuple[str, ...]] = {}
    for text_makes in (*_fact_texts(), made_by("batch_create"), made_by("ledger_append")):
        for made in text_makes:
            mine = columns.setdefault(made.name, {})
            mine.update({name: _sort(made, name) for name in made.properties})
            ids[made.name] = tuple(label for label, _ in made.ids)
    for name, mine in columns.items():
        if name in TYPE_OF.values() or name.startswith("Record"):
            mine.update({each: _SORTS[each] for each in _RETRACTED})
        elif name in {"DESCRIBES", "IDENTIFIED_BY"}:
            mine["retractedAt"] = TIME
    for name, listed in _OTHERS.items():
        columns[name] = {each: _SORTS.get(each, "string") for each in listed.split()}
    ids["File"] = ("File",)
    return {name: Table(name, ids.get(name, ()), mine) for name, mine in columns.items()}


_OTHERS: Final = {
    "File": "no name sha256",
    "Dataset": "no name kinds least most",
    "LedgerHead": "id no hash at writes",
    "LinkriskStore": "id uuid schema keyDigest plain indexed lastBatch lastSeq lastName lastAt"
    " writes",
}


def _sort(made: Made, name: str) -> str:
    code = CODE_OF_TYPE.get(made.name)
    if code is not None:
        fields = {camel(field): sort for field, sort in RELATIONS[NAMES[code]].fields.items()}
        if name in fields:
            return _FIELD_SORTS[fields[name]]
        if name == "value":
            return "long"
    return _SORTS.get(name, "string")
