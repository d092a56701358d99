"""Whom an answer names: the persons, accounts, phones, addresses and devices in its JSON.

An answer names a subject by its canonical id. Those of keyed ids are known by their shape, others
(`dataset:id`) are looked up in the snapshot; what a record is (its kind) never changes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graph.errors import UnknownSubject

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

PERSONAL: Final = frozenset({"person", "account", "phone", "address", "device"})
_KEYED: Final = re.compile(r"(?:cn:person|account|phone):[0-9a-f]{32}")
_WITHIN: Final = re.compile(rb"(?:cn:person|account|phone):[0-9a-f]{32}")
_LONGEST: Final = 300  # characters of an id
# Names of facts, of which no subject is one; parameters are resolved apart.
_PASSED: Final = frozenset({"facts", "params"})
_ABOUT: Final = frozenset({"algorithm", "as_of", "known_at", "snapshot", "params", "truncated",
                           "notes", "rulebook", "results", "query", "more"})  # fmt: skip
MOST_FIELDS: Final = 100
_CACHED: Final = 200_000


class Named(NamedTuple):
    """Subjects by their canonical ids in the order of their ids, and the names of the fields that
    were shown (`records.keys.e164`: of a part of the answer)."""

    subjects: tuple[str, ...]
    fields: tuple[str, ...]


NOBODY: Final = Named((), ())


class Namer:
    """Finds who is named. Remembers which ids are whose, so it is asked on one thread's loop."""

    def __init__(self) -> None:
        self._batch = -1
        self._ids: dict[str, str] = {}  # record's names to canonical ids, "" for what is no person
        self._asked: dict[str, str] = {}  # the same of parameters

    def of_json(self, answer: Any, snapshot: Snapshot) -> Named:
        """Who is named in a JSON value. Linear in its size; a look-up (10 µs) for each id that is
        met for the first time since something was written."""
        texts: set[str] = set()
        keys: defaultdict[str, set[str]] = defaultdict(set)
        _walk(answer, "", texts, keys)
        if snapshot.batch != self._batch or max(len(self._ids), len(self._asked)) >= _CACHED:
            self._ids, self._asked = {}, {}  # a name may mean somebody else since
            self._batch = snapshot.batch
        subjects = {found for text in texts if (found := self._person(text, snapshot))}
        if isinstance(answer, dict) and isinstance(asked := answer.get("params"), dict):
            subjects.update(self._of_params(asked, snapshot))
        if not subjects:
            return NOBODY
        return Named(tuple(sorted(subjects)), _fields(keys))

    def of_text(self, body: bytes) -> Named:
        """Who is named in anything else, by keyed ids alone."""
        found = {each.decode() for each in _WITHIN.findall(body)}
        return Named(tuple(sorted(found)), ("text",)) if found else NOBODY

    def _person(self, text: str, snapshot: Snapshot) -> str:
        """The canonical id of whom an id means, nothing where that is no person."""
        if _KEYED.fullmatch(text):
            return text
        if text.startswith("cn:uscc:"):
            return ""
        found = self._ids.get(text)
        if found is None:
            try:
                found = _personal(snapshot.node_of(text), snapshot)
            except UnknownSubject:
                found = ""
            self._ids[text] = found
        return found

    def _of_params(self, asked: dict[str, Any], snapshot: Snapshot) -> Iterator[str]:
        """The persons that were asked about: an empty answer about somebody says something too."""
        for value in asked.values():
            for text in value if isinstance(value, list) else (value,):
                if isinstance(text, str) and 0 < len(text) <= _LONGEST:
                    found = self._asked.get(text)
                    if found is None:
                        found = self._asked[text] = _resolved(text, snapshot)
                    if found:
                        yield found


def _personal(node: int, snapshot: Snapshot) -> str:
    return snapshot.canonical(node) if snapshot.kind_name(node) in PERSONAL else ""


def _resolved(text: str, snapshot: Snapshot) -> str:
    """The canonical id of the person that a parameter names; nothing where it names none."""
    try:
        return _personal(snapshot.resolve(text), snapshot)
    except UnknownSubject:
        return ""


def _walk(value: Any, path: str, texts: set[str], keys: defaultdict[str, set[str]]) -> None:
    if isinstance(value, dict):
        keys[path].update(value)
        for name, part in value.items():
            if type(part) is str:
                if ":" in part and len(part) <= _LONGEST:
                    texts.add(part)
            elif part.__class__ in (dict, list) and name not in _PASSED:
                within = path if name == "results" else f"{path}.{name}" if path else name
                _walk(part, within, texts, keys)
    elif isinstance(value, list):
        for part in value:
            if type(part) is str:
                if ":" in part and len(part) <= _LONGEST:
                    texts.add(part)
            elif part.__class__ in (dict, list):
                _walk(part, path, texts, keys)


def _fields(keys: dict[str, set[str]]) -> tuple[str, ...]:
    """Names of fields, those of the envelope left out; at most MOST_FIELDS and then `…`."""
    names = {
        f"{path}.{name}" if path else name
        for path, found in keys.items()
        for name in (found if path else found - _ABOUT)
    }
    shown = sorted(names)
    return tuple(shown if len(shown) <= MOST_FIELDS else [*shown[:MOST_FIELDS], "…"])
