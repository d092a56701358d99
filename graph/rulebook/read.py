"""A rulebook file as its parts: an edition, or a deployment's own layer upon editions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

import yaml

from graph.rulebook.durations import longer
from graph.rulebook.entry import ID_RULE, Entry, is_id
from graph.rulebook.rules import (
    GATES,
    OUTCOMES,
    RELATIONS,
    STATUSES,
    SUBJECTS,
    Basis,
    Condition,
    Document,
    Gate,
    Held,
    Measure,
    Person,
    Publication,
    Responsible,
    Rule,
    Share,
    Span,
    Text,
)
from graph.rulebook.source import Source, kind_of

Made = TypeVar("Made", Document, Publication, Measure, Rule, Gate)

_EDITION: Final = ("edition", "from", "title", "note", "documents", "publication", "measures",
                   "rows", "gates")  # fmt: skip
_LAYER: Final = ("layer", "editions", "title", "note", "documents", "measures", "rows")
_DOCUMENT: Final = ("zh", "en", "number", "status", "from", "to", "note")
_PUBLICATION: Final = ("id", "zh", "en", "at_least", "at_most", "basis", "status")
_MEASURE: Final = ("id", "domain", "zh", "en", "basis", "longest", "prolonged", "limits",
                   "publication", "note", "replaces")  # fmt: skip
_ROW: Final = ("id", "measure", "subject", "relation", "outcome", "conditions", "basis", "status",
               "from", "to", "longest", "zh", "en", "replaces")  # fmt: skip
_GATE: Final = ("id", "gate", "outcome", "under", "relations", "basis", "status", "zh", "en")
_BASIS: Final = ("document", "article")
_BILINGUAL: Final = ("zh", "en")
_NO_BASIS: Final = "no_basis"


@dataclass(slots=True)
class Part:
    """One file: what it says, and where each thing of it stands (`places`, by section and id).

    A layer has no `start`; `editions` are those that it is laid upon, empty for all.
    """

    source: Source
    top: Entry
    layer: bool
    name: str
    start: str
    editions: tuple[str, ...]
    title: Text
    note: Text
    documents: list[Document] = field(default_factory=list)
    publication: list[Publication] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    rows: list[Rule] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    places: dict[tuple[str, str], Entry] = field(default_factory=dict)


def read(name: str, data: bytes) -> Part | Source:
    """The parts of a file; a file that has none gives its source with the problems alone."""
    source = Source(name)
    node = source.compose(data)
    if node is None:
        return source
    names = {str(key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
    layer = "layer" in names and "edition" not in names
    top = Entry(source, node, "a layer" if layer else "an edition", _LAYER if layer else _EDITION)
    part = Part(
        source,
        top,
        layer,
        name=top.id("layer" if layer else "edition"),
        start="" if layer else top.day("from", need=True) or "",
        editions=top.words("editions", need=False) if layer else (),
        title=_text(top, "title", need=not layer),
        note=_text(top, "note", need=not layer),
    )
    _documents(part)
    _list(part, "publication", _PUBLICATION, _publication, part.publication)
    _list(part, "measures", _MEASURE, _measure, part.measures)
    _list(part, "rows", _ROW, _row, part.rows)
    _list(part, "gates", _GATE, _gate, part.gates)
    return part


def _text(top: Entry, name: str, *, need: bool) -> Text:
    inner = top.inner(name, _BILINGUAL)
    if inner is None:
        if need:
            top.fail(None, f"{top.what} needs {name}:")
        return Text(zh="", en="")
    return Text(zh=inner.text("zh"), en=inner.text("en"))


def _documents(part: Part) -> None:
    node = part.top.fields.get("documents")
    if node is None or kind_of(node) == "nothing":
        return
    if not isinstance(node, yaml.MappingNode):
        part.top.fail("documents", f"documents must be a mapping, here is {kind_of(node)}")
        return
    for name, key, value in part.source.entries(node):
        entry = Entry(part.source, value, f"document {name[:60]!r}", _DOCUMENT)
        if not is_id(name):
            part.source.say(key, f"document {name[:60]!r} {ID_RULE}")
        start, end = entry.days()
        document = Document(
            id=name, zh=entry.text("zh"), en=entry.text("en"),
            number=entry.text("number", need=False) or None,
            status=cast("Any", entry.choice("status", STATUSES)),
            start=start, end=end, note=entry.text("note", need=False) or None,
        )  # fmt: skip
        part.places["documents", name] = entry
        if entry.ok:
            part.documents.append(document)


def _list(
    part: Part,
    section: str,
    known: tuple[str, ...],
    make: Callable[[Entry, str], Made],
    into: list[Made],
) -> None:
    for node in part.top.nodes(section):
        entry = Entry(part.source, node, _called(section, node), known)
        if not isinstance(node, yaml.MappingNode):
            continue
        name = entry.id()
        made = make(entry, name)
        if (section, name) in part.places:
            entry.fail("id", f"id {name!r} stands in {section} twice")
        elif name:
            part.places[section, name] = entry
        if entry.ok:
            into.append(made)


def _called(section: str, node: yaml.Node) -> str:
    """What an element of a section is called in messages: `row 'id'`."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    name = next((str(v.value)[:60] for k, v in pairs if k.value == "id"), None)
    one = section.removesuffix("s")
    return one if name is None else f"{one} {name!r}"


def _publication(entry: Entry, name: str) -> Publication:
    return Publication(
        id=name, zh=entry.text("zh"), en=entry.text("en"), span=_span(entry),
        basis=_basis(entry) or _need_basis(entry),
        status=cast("Any", entry.choice("status", STATUSES)),
    )  # fmt: skip


def _span(entry: Entry) -> Span:
    least, most = entry.duration("at_least"), entry.duration("at_most", need=True)
    if least and most and longer(least, most):
        entry.fail("at_least", f"at_least {least} is longer than at_most {most}")
    return Span(at_least=least, at_most=most or "P1D")


def _measure(entry: Entry, name: str) -> Measure:
    prolonged = entry.inner("prolonged", ("at_least", "at_most"))
    span = _span(prolonged) if prolonged else None
    if prolonged:
        entry.joined(prolonged)
    return Measure(
        id=name,
        domain=entry.id("domain"),
        zh=entry.text("zh"),
        en=entry.text("en"),
        basis=_bases(entry, need=True),
        longest=entry.duration("longest"),
        prolonged=span,
        limits=_basis(entry, "limits"),
        publication=entry.id("publication", need=False) or None,
        note=entry.text("note", need=False) or None,
        replaces=entry.id("replaces", need=False) or None,
    )


def _row(entry: Entry, name: str) -> Rule:
    start, end = entry.days()
    if start is None and not entry.has("from"):
        entry.fail(None, f"{entry.what} needs from:")
    row = Rule(
        id=name,
        measure=entry.id("measure"),
        subject=entry.words("subject", SUBJECTS),
        relation=entry.choice("relation", tuple(RELATIONS)),
        outcome=cast("Any", entry.choice("outcome", OUTCOMES)),
        conditions=tuple(filter(None, (_condition(entry, n) for n in entry.nodes("conditions")))),
        basis=_basis(entry),
        status=cast("Any", entry.choice("status", STATUSES)),
        start=start,
        end=end,
        longest=entry.duration("longest"),
        zh=entry.text("zh"),
        en=entry.text("en"),
        replaces=entry.id("replaces", need=False) or None,
    )
    if row.outcome == "extend" and not (row.basis and row.basis.article):
        if not entry.has("basis"):
            entry.fail(None, f"{entry.what} extends and needs basis: with document: and article:")
        elif row.basis:
            entry.fail("basis", f"{entry.what} extends and needs the article of its basis")
    return row


def _gate(entry: Entry, name: str) -> Gate:
    gate = entry.choice("gate", GATES)
    under = entry.scalar("under", ("number",), need=gate == "age")
    if under and not (under.isascii() and under.isdecimal() and 0 < int(under[:4]) < 150):
        entry.fail("under", f"under {under[:20]!r} is not an age in years")
        under = ""
    relations = entry.words("relations", tuple(RELATIONS), need=gate == "relation")
    return Gate(
        id=name,
        gate=cast("Any", gate),
        outcome=cast("Any", entry.choice("outcome", OUTCOMES[1:])),
        under=int(under) if under else None,
        relations=relations,
        basis=_bases(entry, need=False),
        status=cast("Any", entry.choice("status", STATUSES)),
        zh=entry.text("zh"),
        en=entry.text("en"),
    )


def _bases(entry: Entry, *, need: bool) -> tuple[Basis, ...]:
    """`no_basis`, or a list of document and article; empty for the first."""
    node = entry.fields.get("basis")
    if node is None or not entry.has("basis"):
        if need:
            entry.fail(None, f"{entry.what} needs basis: ({_NO_BASIS}, or a list of documents)")
        return ()
    if isinstance(node, yaml.ScalarNode):
        if node.value != _NO_BASIS or not need:
            entry.fail("basis", f"basis must be {_NO_BASIS} or a list of documents")
        return ()
    if not entry.nodes("basis") and isinstance(node, yaml.SequenceNode):
        entry.fail("basis", f"basis is empty; {_NO_BASIS} says that there is none")
    found = (_one_basis(entry, Entry(entry.source, n, "basis", _BASIS))
             for n in entry.nodes("basis"))  # fmt: skip
    return tuple(found)


def _basis(entry: Entry, name: str = "basis") -> Basis | None:
    inner = entry.inner(name, _BASIS)
    return None if inner is None else _one_basis(entry, inner)


def _one_basis(entry: Entry, inner: Entry) -> Basis:
    made = Basis(
        document=inner.scalar("document"), article=inner.text("article", need=False) or None
    )
    entry.joined(inner)
    return made


def _need_basis(entry: Entry) -> Basis:
    if not entry.has("basis"):
        entry.fail(None, f"{entry.what} needs basis:")
    return Basis(document="")


def _condition(entry: Entry, node: yaml.Node) -> Condition | None:
    known = ("held", "share", "person", "responsible")
    inner = Entry(entry.source, node, "a condition", known)
    made: Condition | None = None
    if inner.ok and len(inner.fields) != 1:
        inner.fail(None, f"a condition is one of {', '.join(known)}")
    elif "held" in inner.fields:
        inner.choice("held", ("act",))
        made = Held()
    elif "person" in inner.fields:
        inner.choice("person", ("adult",))
        made = Person()
    elif "responsible" in inner.fields:
        inner.choice("responsible", ("found",))
        made = Responsible()
    elif "share" in inner.fields:
        made = _share(inner)
    entry.joined(inner)
    return made


def _share(inner: Entry) -> Share | None:
    share = inner.inner("share", ("of", "over", "at_least"))
    if share is None:
        inner.fail("share", "share needs of: and over: or at_least:")
        return None
    over, least = share.share("over"), share.share("at_least")
    made = Share(of=cast("Any", share.choice("of", ("capital", "votes"))), over=over,
                 at_least=least)  # fmt: skip
    if share.ok and (over is None) == (least is None):
        share.fail(None, "share needs either over: or at_least:")
    inner.joined(share)
    return made
