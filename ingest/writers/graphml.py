"""GraphML: subjects as nodes, relations as directed edges, listings as nodes of their own.

Source: http://graphml.graphdrawing.org/primer/graphml-primer.html. What is read of it: networkx,
Gephi, yEd, igraph. Every edge has an id, since without one readers join parallel edges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import orjson

from graph.model import ENTITIES, JUDGEMENTS, KEYS, LISTING, LISTING_FIELDS, RELATIONS
from graph.times import format_instant
from ingest.repeats import Scratch
from ingest.writers.item import Around, Fact, Given, Tally, Writing

# XML 1.0 has no way to write these, not even as references.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SOURCE: Final = ("dataset", "file", "record", "version")
_FROM: Final = (*_SOURCE, "recorded_at")  # where it came from, and when we knew
_SAME: Final = "both ends are one node: its records stand together / 两端为同一节点"
_CONTROL: Final = "a character that XML cannot hold was left out / XML 不能容纳的字符"
_OTHER: Final = "another record of the subject says otherwise / 同一主体的另一记录另有说法"
NODE: Final = ("kind", "label", "text", *KEYS, "records", *LISTING_FIELDS, "valid_from",
               "valid_to", "attrs", *_FROM)  # fmt: skip
EDGE: Final = ("kind", *dict.fromkeys(f for k in RELATIONS.values() for f in k.fields),
               "share_exact", "valid_from", "valid_to", "attrs", *_FROM)  # fmt: skip
_NUMBERS: Final = frozenset({"share", "votes", "share_min", "share_max", "amount", "tax", "score"})
_BATCH: Final = 256  # elements joined before they are given on


def _type(name: str) -> str:
    return "double" if name in _NUMBERS else "long" if name == "duration" else "string"


def _head() -> Iterator[bytes]:
    yield (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns"'
        b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        b' xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns'
        b' http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
    )
    for of, names in (("node", NODE), ("edge", EDGE)):
        for name in names:
            yield (
                f'<key id="{of[0]}_{name}" for="{of}" attr.name="{name}"'
                f' attr.type="{_type(name)}"/>\n'
            ).encode()
    yield b'<graph id="linkrisk" edgedefault="directed">\n'


class _Writer:
    def __init__(self, around: Around, tally: Tally, seen: Scratch) -> None:
        self.around, self.tally, self.seen = around, tally, seen

    def element(self, given: Given) -> str:
        """The element of a fact; empty where it is in one that stands already, or in none."""
        kind = given.fact["kind"]
        if kind in ENTITIES:
            return self._subject(given)
        if kind == LISTING:
            return self._listing(given)
        return self._relation(given)

    def _subject(self, given: Given) -> str:
        canonical = self.around.canonical(given.name)
        others = self.around.others(given.name)
        if others:
            if self.seen.get(canonical) is not None:
                return ""  # written with the first of its records
            self.seen.put(canonical, True)
        shown: Fact = {}
        for each in sorted([given, *others], key=lambda g: (g.recorded_at, g.name)):
            for name, value in self._said(each).items():
                if shown.get(name, value) != value:
                    self.tally.drop(each.fact["kind"], name, _OTHER)
                shown[name] = value
            self.tally.written[each.fact["kind"]] += 1
        shown["records"] = ", ".join(sorted(g.name for g in (given, *others)))
        return self._node(canonical, given.fact["kind"], shown)

    def _said(self, given: Given) -> Fact:
        fact = given.fact
        said = {"kind": fact["kind"], "label": fact.get("name"), "text": fact.get("text")}
        said |= fact.get("keys") or {}
        said |= {name: fact.get(name) for name in ("valid_from", "valid_to")}
        return {n: v for n, v in (said | self._rest(given)).items() if v is not None}

    def _rest(self, given: Given) -> Fact:
        fact = given.fact
        attrs = fact.get("attrs")
        kept: Fact = {"attrs": orjson.dumps(attrs).decode() if attrs else None}
        kept["recorded_at"] = format_instant(given.recorded_at)
        return kept | {name: fact["source"].get(name) for name in _SOURCE}

    def _listing(self, given: Given) -> str:
        fact = given.fact
        assert given.a is not None
        shown = {"kind": LISTING, "label": fact.get("list")} | self._rest(given)
        shown |= {name: fact.get(name) for name in (*LISTING_FIELDS, "valid_from", "valid_to")}
        self.tally.written[LISTING] += 1
        end = self.around.canonical(given.a)
        edge = {"kind": "listed", "valid_from": fact.get("valid_from"),
                "valid_to": fact.get("valid_to")}  # fmt: skip
        node = self._node(given.name, LISTING, shown)
        return node + self._edge(f"{given.name}#listed", (end, given.name), LISTING, edge)

    def _relation(self, given: Given) -> str:
        fact = given.fact
        kind = fact["kind"]
        assert given.a is not None
        assert given.b is not None
        ends = self.around.canonical(given.a), self.around.canonical(given.b)
        if kind in JUDGEMENTS and ends[0] == ends[1]:
            self.tally.drop(kind, "*", _SAME)
            return ""
        shown = {name: fact.get(name) for name in EDGE if name not in _FROM}
        share = shown.get("share")
        if share is not None and repr(float(share)) != share:
            shown["share_exact"] = share
        self.tally.written[kind] += 1
        return self._edge(given.name, ends, kind, shown | self._rest(given))

    def _node(self, name: str, kind: str, shown: Fact) -> str:
        return f"<node id={self._quoted(name, kind)}>{self._data('n', kind, shown, NODE)}</node>\n"

    def _edge(self, name: str, ends: tuple[str, str], kind: str, shown: Fact) -> str:
        source, target = (self._quoted(end, kind) for end in ends)
        data = self._data("e", kind, shown, EDGE)
        ident = self._quoted(name, kind)
        return f"<edge id={ident} source={source} target={target}>{data}</edge>\n"

    def _quoted(self, text: str, kind: str) -> str:
        return quoteattr(self._clean(text, kind, "id"))

    def _data(self, prefix: str, kind: str, shown: Fact, order: tuple[str, ...]) -> str:
        return "".join(
            f'<data key="{prefix}_{name}">{escape(self._clean(str(value), kind, name))}</data>'
            for name in order
            if (value := shown.get(name)) is not None
        )

    def _clean(self, text: str, kind: str, name: str) -> str:
        if text.isprintable() or not _NOT_XML.search(text):
            return text
        self.tally.drop(kind, name, _CONTROL)
        return _NOT_XML.sub("", text)


def write(facts: Iterable[Given], around: Around, tally: Tally) -> Iterator[bytes]:
    """The bytes of a GraphML document. Of subjects with several records the newest saying wins,
    and what another says is counted as dropped. O(facts); memory does not grow with them."""
    yield from _head()
    with Scratch() as seen:
        writer = _Writer(around, tally, seen)
        held: list[str] = []
        for given in facts:
            held.append(writer.element(given))
            if len(held) >= _BATCH:
                yield "".join(held).encode()
                held.clear()
        yield "".join(held).encode()
    yield b"</graph>\n</graphml>\n"


WRITING = Writing("graphml", "application/graphml+xml", lines=write)
