"""What of a fact identifies a person, and how it is shown where that must not be read."""

from __future__ import annotations

from typing import Any, Final

import orjson

from graph import keys

_SORTED: Final = orjson.OPT_SORT_KEYS


def masked_attrs(kind: str, attrs: dict[str, Any]) -> dict[str, Any]:
    """Other fields without what identifies a person: any register's number of theirs (BODS keeps
    those under `identifiers`), and resident ids and mobiles wherever they stand."""
    shown: dict[str, Any] = keys.mask_within(attrs)
    if kind == "person" and isinstance(others := shown.get("identifiers"), list):
        shown["identifiers"] = [
            each | {"id": keys.mask("other", str(each["id"]))}
            if isinstance(each, dict) and each.get("id")
            else each
            for each in others
        ]
    return shown


def masked_payload(kind: str, payload: str) -> str:
    """A payload as it may be shown: the same text where nothing in it identifies a person."""
    if not keys.may_identify(payload) and '"identifiers"' not in payload:
        return payload
    rest = orjson.loads(payload)
    attrs = rest.pop("attrs", None)
    shown = keys.mask_within(rest)
    if attrs is not None:
        shown["attrs"] = masked_attrs(kind, attrs)
    return orjson.dumps(shown, option=_SORTED).decode()
