"""Whether a stored version is what was recorded: digest, identifiers, carried fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from graph.erasure import GONE, Erased
from graph.facts import Keys, content_digest
from graph.fields import carried_again
from graph.keys import Key, canonical
from graph.model import NAMES, RELATIONS, is_relation
from graph.times import INF, NEG

_LATER: Final = frozenset({"red_of"})  # not beside what was recorded before it was carried


@dataclass(frozen=True, slots=True)
class Content:
    """What a version says, as a store read it; times that are unbounded are None."""

    code: int
    name: str
    a: str | None
    b: str | None
    vf: int | None
    vt: int | None
    value: int | None
    extra: str | None
    payload: str
    digest: bytes
    keys: Keys


def is_sound(content: Content, id_key: bytes | None) -> bool:
    """Whether everything agrees; identifiers are checked where the key that they are hashed with
    is at hand."""
    try:
        return _digest(content, id_key) == content.digest and _carries(content)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        return False  # not even readable


def is_erased(content: Content) -> bool:
    """Whether nothing is left of a version but that it was."""
    return content.payload == GONE and content.extra is None and not any(k[1] for k in content.keys)


def is_cut(content: Content) -> bool:
    """Whether a version that was cut down agrees with itself."""
    try:
        return _carries(content)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        return False


def stands(seq: int, content: Content, id_key: bytes | None, erased: Erased) -> bool:
    """Whether a version is what was recorded, or what the ledger says was left of it."""
    if seq in erased.erased:
        return is_erased(content)
    return is_cut(content) if seq in erased.cut else is_sound(content, id_key)


def _carries(content: Content) -> bool:
    """Whether a relation's evidence beside the columns is what its payload says."""
    if not is_relation(content.code):
        return content.extra is None
    kind = RELATIONS[NAMES[content.code]]
    found = carried_again(kind, content.value, orjson.loads(content.payload))
    beside = {} if content.extra is None else orjson.loads(content.extra)
    return found == {name: found[name] for name in _LATER & found.keys()} | beside


def _digest(content: Content, id_key: bytes | None) -> bytes:
    if id_key is not None and any(
        canonical(Key(kind, raw, reason), id_key) != given
        for kind, raw, reason, given in content.keys
    ):
        return b""
    return content_digest(
        content.code,
        content.name,
        content.a,
        content.b,
        NEG if content.vf is None else content.vf,
        INF if content.vt is None else content.vt,
        content.value,
        content.payload,
        content.keys,
    )
