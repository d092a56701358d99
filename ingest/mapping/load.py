"""Loads a mapping and checks it against the model; every error names file, line and reason."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from graph.errors import BadFile
from graph.model import ENTITIES, LISTING, LISTING_FIELDS, RELATIONS
from ingest.mapping.model import (
    EntityRule,
    Expression,
    Identity,
    Mapping,
    RelationRule,
    Table,
)
from ingest.mapping.reading import Reading, near
from ingest.mapping.source import Map, Seq, Source

_SHIPPED: Final = Path(__file__).parent / "shipped"
_ENDS: Final = ("from", "to", "subject")
_OWN: Final = ("at", "amount", "valid_from", "decided_on")  # a relation's fields for its id
_INTERVAL: Final = ("valid_from", "valid_to")
_TOP: Final = (
    "version", "name", "title", "dataset", "table", "columns", "skip", "entities", "relations",
    "listings", "expect",
)  # fmt: skip


def shipped() -> dict[str, Path]:
    """The mappings that come with the program, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}


def load_mapping(name_or_path: str | Path) -> Mapping:
    """A shipped mapping by its name, or the mapping in a file; raises BadFile."""
    path = shipped().get(str(name_or_path), Path(name_or_path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        known = ", ".join(shipped())
        raise BadFile(f"{path}: {error.strerror}; shipped mappings: {known}") from None
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}:1: a mapping is UTF-8 text ({error.reason})") from None
    return parse_mapping(text, str(path), path.stem)


@cache
def shipped_mapping(name: str) -> Mapping:
    """A shipped mapping, loaded once."""
    return load_mapping(name)


def parse_mapping(text: str, source: str = "mapping.yaml", name: str = "mapping") -> Mapping:
    """A mapping from its text; `source` stands in messages."""
    return _Loader(Source(source, text), name).load()


def _reads(encoding: str) -> bool:
    """Whether files can be in an encoding: others are codecs of something else (`undefined`,
    `idna`, `zlib`), or do not let a wrong byte be told."""
    with suppress(LookupError, UnicodeError, ValueError):
        return "a,1\n".encode(encoding).decode(encoding, "surrogateescape") == "a,1\n"
    return False


class _Loader(Reading):
    def __init__(self, source: Source, name: str) -> None:
        super().__init__(source)
        self.name = name
        self.top = source.parse()

    def load(self) -> Mapping:
        top = self.top
        self.known(top, _TOP)
        if top.get("version") != "1":
            raise self.source.fail(top.lines.get("version", top.line), "version must be 1")
        for label, body in self.map_of(top, "columns").items():
            self.columns[label] = self.column(label, body, top["columns"].lines[label])
        names = self.map_of(top, "entities")
        for label in names:
            self.entities[label] = self.entity(label, names)
        if not self.entities:
            raise self.source.fail(top.line, "no entities")
        relations = [self.relation(r, line) for r, line in self.items(top, "relations")]
        relations += [self.relation(r, line, LISTING) for r, line in self.items(top, "listings")]
        skip = tuple((self.condition(c, line),) for c, line in self.items(top, "skip"))
        name = self.text(top, "name") or self.name
        return Mapping(
            name=name,
            dataset=self.text(top, "dataset") or name,
            title=self.text(top, "title") or name,
            table=self.table(self.map_of(top, "table")),
            columns=self.columns,
            skip=skip,
            entities=self.entities,
            relations=tuple(relations),
            expect=self.expect(relations),
            digest=hashlib.sha256(self.source.text.encode()).hexdigest(),
        )

    # parts of a mapping

    def table(self, found: Map) -> Table:
        self.known(found, ("header", "sheet", "delimiter", "encoding"))
        header = self.text(found, "header")
        if header not in {None, "auto"} and not (header.isdigit() and int(header) > 0):
            raise self.source.fail(found.lines["header"], "header must be auto or a row's number")
        delimiter = self.text(found, "delimiter")
        if delimiter not in {None, "auto", ",", ";", "\t", "|", "tab"}:
            raise self.source.fail(found.lines["delimiter"], "delimiter must be , ; | or tab")
        encoding = None if found.get("encoding") == "auto" else self.text(found, "encoding")
        if encoding is not None and not _reads(encoding):
            raise self.source.fail(found.lines["encoding"], f"unknown encoding {encoding!r}")
        return Table(
            header=int(header) if header and header != "auto" else None,
            sheet=self.text(found, "sheet"),
            delimiter=None if delimiter == "auto" else "\t" if delimiter == "tab" else delimiter,
            encoding=encoding,
        )

    def identity(self, found: Map, *, entity: bool) -> Identity | None:
        value = found.get("id")
        if value is None:
            return Identity("key", (), found.line) if entity else None
        line = found.lines["id"]
        how = "parts"
        if isinstance(value, str) and entity and value in {"key", "key+name"}:
            return Identity(value, (), line)
        if isinstance(value, Map):
            self.known(value, ("plain",))
            how, value = "plain", value.get("plain")
        parts = value if isinstance(value, Seq) else [value]
        made: list[Any] = []
        for part in parts:
            # A relation's id may name an entity of the mapping, or one of its own fields.
            if isinstance(part, str) and (
                part in self.entities or (not entity and part in {*_ENDS, *_OWN})
            ):
                made.append(part)
            else:
                made.append(self.expression(part, line))
        return Identity(how, tuple(made), line)

    def otherwise(self, found: Map) -> tuple[str | Expression, ...]:
        """What identifies a record that has no key."""
        line = found.lines.get("otherwise", found.line)
        return tuple(
            part if part in self.entities else self.expression(part, line)
            for part in self.texts(found, "otherwise")
        )

    def entity(self, label: str, names: Map) -> EntityRule:
        line = names.lines[label]
        body = names[label]
        if not isinstance(body, Map):
            raise self.source.fail(line, f"entity {label!r} must hold key: value lines")
        self.known(body, (
            "kind", "type", "keys", "name", "text", "attrs", "id", "mention", "otherwise", "when",
            "optional", "given", *_INTERVAL,
        ))  # fmt: skip
        kind = self.text(body, "kind")
        if kind not in ENTITIES and kind != "auto":
            raise self.source.fail(
                body.lines.get("kind", line),
                f"entity {label!r}: unknown kind {kind!r}{near(kind or '', [*ENTITIES, 'auto'])}",
            )
        keys = self.map_of(body, "keys")
        allowed = ("uscc", "resident_id") if kind == "auto" else ENTITIES[str(kind)].keys
        for key in keys:
            if key not in allowed:
                raise self.source.fail(
                    keys.lines[key], f"a {kind} has no key {key!r} ({', '.join(allowed) or 'none'})"
                )
        attrs = self.map_of(body, "attrs")
        identity = self.identity(body, entity=True)
        assert identity is not None
        return EntityRule(
            label=label,
            kind=None if kind == "auto" else kind,
            identity=identity,
            keys=self.expressions(keys, keys),
            fields=self.expressions(body, ("name", "text", *_INTERVAL)),
            attrs=self.expressions(attrs, attrs),
            type_column=None
            if not body.get("type")
            else self.need(body["type"], body.lines["type"]),
            mention=tuple(
                m if m in self.entities else self.need(m, body.lines["mention"])
                for m in self.texts(body, "mention")
            ),
            otherwise=self.otherwise(body),
            when=self.conditions(body.get("when"), body.lines.get("when", line)),
            optional=self.truth(body, "optional"),
            given=self._given(body, identity),
            line=line,
        )

    def _given(self, body: Map, identity: Identity) -> bool:
        """Whether an entity is only referred to: then by the very id that another table gives."""
        given = self.truth(body, "given")
        if given and identity.how != "plain":
            raise self.source.fail(body.lines["given"], "given: true needs id: {plain: column}")
        return given

    def relation(self, body: Map, line: int, kind: str | None = None) -> RelationRule:
        ends: tuple[str, ...] = ("subject",) if kind else ("from", "to")
        found = kind or self.text(body, "kind")
        if found not in RELATIONS and found != LISTING:
            raise self.source.fail(
                body.lines.get("kind", line),
                f"unknown relation kind {found!r}{near(found or '', list(RELATIONS))}",
            )
        fields = list(LISTING_FIELDS if kind else RELATIONS[found].fields)
        common = ("kind", "id", "repeats", "negative", "attrs", "when", "optional", *_INTERVAL)
        self.known(body, (*ends, *common, *fields))
        labels: dict[str, str] = {}
        for end in ends:
            label = self.text(body, end)
            if label not in self.entities:
                raise self.source.fail(
                    body.lines.get(end, line),
                    f"{found}: {end} must name an entity{near(label or '', list(self.entities))}",
                )
            labels[end] = label
            self.fits(found, end, self.entities[label], body.lines[end])
        repeats = self.text(body, "repeats")
        if repeats is not None and repeats not in {*labels.values(), "row"}:
            raise self.source.fail(body.lines["repeats"], "repeats must be row or one of the ends")
        negative = self.text(body, "negative")
        if negative not in {None, "flip", "red"}:
            raise self.source.fail(body.lines["negative"], "negative must be flip or red")
        if kind and "list" not in body:
            raise self.source.fail(line, "a listing needs list:")
        if not kind and RELATIONS[found].event and "at" not in body:
            raise self.source.fail(line, f"a {found} is an event and needs at:")
        attrs = self.map_of(body, "attrs")
        return RelationRule(
            kind=found,
            ends=labels,
            fields=self.expressions(body, [*fields, *_INTERVAL]),
            attrs=self.expressions(attrs, attrs),
            identity=self.identity(body, entity=False),
            repeats=repeats,
            negative=negative,
            when=self.conditions(body.get("when"), body.lines.get("when", line)),
            optional=self.truth(body, "optional"),
            line=line,
        )

    def fits(self, kind: str, end: str, entity: EntityRule, line: int) -> None:
        """Refuses an end that the model does not allow."""
        if kind == LISTING or entity.kind is None:
            return
        relation = RELATIONS[kind]
        allowed = relation.sources if end == "from" else relation.targets
        if entity.kind not in allowed:
            raise self.source.fail(
                line, f"{kind}: {end} is a {entity.kind}, must be {' or '.join(allowed)}"
            )

    def expect(self, relations: list[RelationRule]) -> tuple[str, ...]:
        wanted = self.texts(self.top, "expect")
        kinds = {r.kind for r in relations}
        for kind in wanted:
            if kind not in kinds:
                raise self.source.fail(
                    self.top.lines["expect"], f"no relation of kind {kind!r} is made here"
                )
        return wanted
