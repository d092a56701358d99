"""FollowTheMoney entities as JSON Lines, for Aleph, OpenSanctions' tools and the like.

Each record is an entity of its own, each relation one too; the source file is a `Document` that
`proof` points to. What the properties cannot hold stands under `linkrisk` in the entity, where the
library keeps what it does not know, so that `ingest --format ftm` makes the same fact again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import BadFact
from graph.keys import check
from graph.masking import FTM_PERSONAL
from graph.model import ENTITIES, RELATIONS
from graph.model import LISTING as LISTING_KIND
from graph.organs import is_organ
from graph.times import format_instant, format_time, parse_time
from ingest.readers.bods_values import fraction, percent
from ingest.readers.ftm_model import (
    DECLARED,
    ENTITY,
    EVENT,
    LINK,
    LISTED,
    LISTING,
    MARK,
    NOT_HELD,
    NOTE,
    PERSONAL,
    SPAN,
    UNKNOWN,
    Link,
    Prop,
    library,
    said,
)
from ingest.repeats import Scratch
from ingest.writers.item import Around, Fact, Given, Tally, Writing

if TYPE_CHECKING:
    from followthemoney.model import Model
    from followthemoney.property import Property

_ID: Final = re.compile(r"[0-9a-zA-Z](?:[0-9a-zA-Z.\-]*[0-9a-zA-Z])?\Z")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FIRST_DAY, _LAST_DAY = "1001", "3000"  # the years that the library reads
_CACHED: Final = 1 << 16
_DATASET: Final = re.compile(r"[0-9a-zA-Z](?:[0-9a-zA-Z\-]*[0-9a-zA-Z])?\Z")
_MASKED: Final = "masked: it would match others / 已打码, 不写入以免误配"
_NO_PROPERTY: Final = "not a property of this schema / 该 schema 没有此属性"
_LONGEST: Final = 180  # characters of an id


@lru_cache(_CACHED)
def identify(name: str) -> str:
    """The FollowTheMoney id of a record: `dataset.id` where both are made of letters, digits,
    dots and dashes, else a digest of the name. Injective up to the digest."""
    dataset, _, ident = name.partition(":")
    if _DATASET.match(dataset) and _ID.match(ident) and len(name) <= _LONGEST:
        return f"{dataset}.{ident}"
    return "lr-" + hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def day_text(text: str) -> str:
    """A native time as FollowTheMoney writes it: a date as it is, a moment in UTC."""
    if len(text) == 10:
        return text
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None).isoformat()


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


class _Writer:
    def __init__(self, model: Model, around: Around, tally: Tally, seen: Scratch) -> None:
        self.model, self.around, self.tally, self.seen = model, around, tally, seen
        self._props: dict[tuple[str, str], Property] = {}
        from followthemoney.util import sanitize_text

        self._clean = sanitize_text
        self._known = lru_cache(_CACHED)(self._asked)

    def lines(self, given: Given) -> Iterator[Fact]:
        """The entities of one fact: the document it stood in where it is new, then itself."""
        kind = given.fact["kind"]
        if kind in NOT_HELD:
            self.tally.drop(kind, "*", NOT_HELD[kind])
            return
        if kind in ENTITIES:
            made = self._entity(given)
        elif kind == LISTING_KIND:
            made = self._listing(given)
        else:
            made = self._relation(given)
        if "id" not in made.get("origin", ()):  # else it says its own
            recorded = given.recorded_at // 1_000_000 * 1_000_000
            self._put(made, "retrievedAt", day_text(format_instant(recorded)))
            yield from self._document(made, given.fact["source"])
        yield self._finish(made, given)

    def _new(self, given: Given, schema: str) -> Fact:
        """An entity; one that came from FollowTheMoney takes its schema and id up again."""
        origin = (given.fact.get("attrs") or {}).get("ftm")
        made: Fact = {"id": identify(given.name), "schema": schema, "properties": {}}
        if not isinstance(origin, dict) or not isinstance(origin.get("properties"), dict):
            return made
        given.fact["attrs"] = {n: v for n, v in given.fact["attrs"].items() if n != "ftm"}
        if isinstance(origin.get("id"), str) and self.model.get(str(origin.get("schema"))):
            made |= {"id": origin["id"], "schema": origin["schema"]}
            self.seen.put(f"id {given.name}", origin["id"])
        made["origin"] = origin
        return made

    def _entity(self, given: Given) -> Fact:
        fact, kind = given.fact, given.fact["kind"]
        schema, props = ENTITY[kind]
        if kind == "company" and is_organ((fact.get("attrs") or {}).get("form")):
            schema = "PublicBody"
        made = self._new(given, schema)
        self._fill(made, fact, props)
        if kind == "phone" and "origin" not in made:
            self._put(made, "service", "phone")
        return made

    def _listing(self, given: Given) -> Fact:
        fact = given.fact
        schema = LISTED.get(fact["list"], "Note")
        made = self._new(given, schema)
        declared = DECLARED.get(made["schema"])
        self._end(made, fact, "subject", given.a, declared or "entity")
        self._fill(made, fact, SPAN if declared else NOTE if schema == "Note" else LISTING)
        return made

    def _link(self, given: Given) -> tuple[Link, tuple[Prop, ...]]:
        kind = given.fact["kind"]
        link = LINK.get(kind)
        if link is not None and not (kind == "holds_account" and self._is_account(given.a)):
            return link, link.props
        return UNKNOWN, EVENT if RELATIONS[kind].event else SPAN

    def _is_account(self, name: str | None) -> bool:
        return name is not None and self.around.kind(name) == "account"

    def _relation(self, given: Given) -> Fact:
        fact, kind = given.fact, given.fact["kind"]
        link, props = self._link(given)
        made = self._new(given, link.schema)
        if made["schema"] == UNKNOWN.schema != link.schema:
            link, props = UNKNOWN, EVENT if RELATIONS[kind].event else SPAN
        self._end(made, fact, "from", given.a, link.source)
        self._end(made, fact, "to", given.b, link.target)
        if link is UNKNOWN:
            self._put(made, "role", kind)
            if isinstance(fact.get("role"), str) and self._put(made, "role", fact["role"]):
                del fact["role"]
        self._fill(made, fact, props)
        if kind == "shareholder" and "share" not in fact:
            self._range(made, fact)
        if link.schema == "Payment" and "origin" not in made:
            for end, prop in ((given.a, "payer"), (given.b, "beneficiary")):
                if end is not None and (holder := self.around.holder(end)) is not None:
                    self._put(made, prop, self._ident(holder))
        return made

    def _range(self, made: Fact, fact: Fact) -> None:
        low, high = fact.get("share_min"), fact.get("share_max")
        if "percentage" in made["properties"] or low is None or high is None:
            return
        bounds = percent(low), percent(high)
        if [fraction(bound, "share") for bound in bounds] == [low, high]:
            self._put(made, "percentage", "-".join(bounds))
            del fact["share_min"], fact["share_max"]

    def _ident(self, name: str) -> str:
        found: str | None = self.seen.get(f"id {name}")
        return found or identify(name)

    def _end(self, made: Fact, fact: Fact, field: str, name: str | None, prop: str) -> None:
        """An end by its id; where that says less than the name, the name comes along."""
        assert name is not None
        ident = self._ident(name)
        if not self._put(made, prop, ident):
            return
        dataset, _, rest = ident.partition(".")
        own = f"{fact['source']['dataset']}:"
        if f"{dataset}:{rest}" == name or (name == own + ident and "origin" in made):
            del fact[field]

    def _fill(self, made: Fact, fact: Fact, props: tuple[Prop, ...]) -> None:
        """Moves what properties hold exactly out of the fact and into them."""
        for each in props:
            value = said(fact, each.field)
            if value is None or (self.around.masked and each.field in PERSONAL):
                continue
            if self._held(made, each, value):
                outer, _, inner = each.field.partition(".")
                if inner:
                    fact[outer] = {n: v for n, v in fact[outer].items() if n != inner}
                else:
                    del fact[outer]

    def _held(self, made: Fact, each: Prop, value: Any) -> bool:
        """Puts a value; whether reading it gives the same again."""
        if each.sort == "list":
            texts = isinstance(value, list) and all(isinstance(v, str) for v in value)
            return texts and bool(value) and all(self._put(made, each.prop, v) for v in value)
        if not isinstance(value, str) or not value:
            return False
        if each.sort == "date":
            whole = _whole(value)
            return self._put(made, each.prop, day_text(value) if whole else value[:10]) and whole
        if each.sort == "percent":
            text = percent(value)
            return self._put(made, each.prop, text) and fraction(text, each.prop) == value
        if each.sort == "country":
            return self._put(made, each.prop, value.lower()) and value == value.upper()
        if each.field == "keys.uscc" and not check("uscc", value).valid:
            return False
        return self._put(made, each.prop, value)

    def _put(self, made: Fact, name: str, value: str) -> bool:
        """Adds a value where the property takes it as it is; the library's types decide."""
        key = made["schema"], name
        prop = self._props.get(key)
        if prop is None:
            found = self.model[made["schema"]].properties.get(name)
            if found is None:
                return False
            prop = self._props[key] = found
        if not self._takes(prop, value):
            return False
        values = made["properties"].setdefault(name, [])
        if value not in values:
            values.append(value)
        return True

    def _takes(self, prop: Property, value: str) -> bool:
        """Whether a property holds a value as it is. Ids and days are told by their shape, which is
        what the library asks of them; about everything else it is asked."""
        if prop.type.name == "entity":
            return len(value) <= prop.max_length and _ID.match(value) is not None
        if prop.type.name == "date" and _DAY.fullmatch(value):
            return _FIRST_DAY <= value < _LAST_DAY and _is_day(value)
        return len(value) <= prop.max_length and self._known(prop, value)

    def _asked(self, prop: Property, value: str) -> bool:
        clean = self._clean(value) == value
        return clean and prop.type.clean_text(value, format=prop.format) == value

    def _document(self, made: Fact, source: Fact) -> Iterator[Fact]:
        """The file that a fact stood in, once, and the reference to it."""
        self._put(made, "publisher", source["dataset"])
        if record := source.get("record"):
            self._put(made, "recordId", record)
        if (file := source.get("file")) is None:
            return
        ident = identify(f"{source['dataset']}:file~{file}")
        if not self._put(made, "proof", ident) or self.seen.get(f"doc {ident}") is not None:
            return
        self.seen.put(f"doc {ident}", True)
        document: Fact = {"id": ident, "schema": "Document", "properties": {}}
        for name, value in (("fileName", file), ("title", file), ("publisher", source["dataset"])):
            self._put(document, name, value)
        yield document | {"datasets": [source["dataset"]], MARK: {"document": file}}

    def _finish(self, made: Fact, given: Given) -> Fact:
        fact, kind = given.fact, given.fact["kind"]
        origin = made.pop("origin", None) or {}
        known = self.model[made["schema"]].properties
        for name, values in (origin.get("properties") or {}).items():
            if self.around.masked and name in FTM_PERSONAL:
                self.tally.drop(kind, f"attrs.ftm.properties.{name}", _MASKED)
                continue
            if name not in known:
                self.tally.drop(kind, f"attrs.ftm.properties.{name}", _NO_PROPERTY)
                continue
            there = made["properties"].setdefault(name, [])
            there += [value for value in values if value not in there]
        aside = self.tally.aside(fact)
        self.tally.written[kind] += 1
        if "id" in origin:
            aside["origin"] = True
        if kind in ENTITIES:
            aside["canonical"] = self.around.canonical(given.name)
        context = origin.get("context") or {"datasets": [given.fact["source"]["dataset"]]}
        return {**context, **made, MARK: aside}


def _whole(text: str) -> bool:
    """Whether a time is a whole second: FollowTheMoney has nothing finer."""
    try:
        micros = parse_time(text)
    except BadFact:
        return False
    return micros % 1_000_000 == 0 and format_time(micros) == text


def write(facts: Iterable[Given], around: Around, tally: Tally) -> Iterator[bytes]:
    """One entity a line. O(facts); memory does not grow with them. Raises MissingExtra."""
    model = library()
    with Scratch() as seen:
        writer = _Writer(model, around, tally, seen)
        for given in facts:
            for entity in writer.lines(given):
                yield orjson.dumps(entity, option=orjson.OPT_APPEND_NEWLINE)


WRITING = Writing("ftm", "application/json+ftm", lines=write)
