"""What of a fact identifies a person, and how it is shown where that must not be read."""

from __future__ import annotations

from typing import Any, Final

import orjson

from graph import keys

# Properties of FollowTheMoney that hold a number of a person, an account or a phone.
FTM_PERSONAL: Final = frozenset({
    "idNumber", "passportNumber", "socialSecurityNumber", "taxNumber", "innCode", "accountNumber",
    "iban", "phone", "callerNumber", "receiverNumber", "email", "username", "password", "ipAddress",
    "number",
})  # fmt: skip
_HOLDERS: Final = ('"identifiers"', '"ftm"')
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
    if isinstance(origin := shown.get("ftm"), dict):
        shown["ftm"] = origin | {"properties": _masked_properties(origin.get("properties"))}
    return shown


def _masked_properties(given: Any) -> Any:
    """Properties of a FollowTheMoney entity that no field of ours holds."""
    if not isinstance(given, dict):
        return given
    return {
        name: [keys.mask("other", value) if isinstance(value, str) else value for value in values]
        if name in FTM_PERSONAL and isinstance(values, list)
        else values
        for name, values in given.items()
    }


def masked_payload(kind: str, payload: str) -> str:
    """A payload as it may be shown: the same text where nothing in it identifies a person."""
    if not keys.may_identify(payload) and not any(word in payload for word in _HOLDERS):
        return payload
    rest = orjson.loads(payload)
    attrs = rest.pop("attrs", None)
    shown = keys.mask_within(rest)
    if attrs is not None:
        shown["attrs"] = masked_attrs(kind, attrs)
    return orjson.dumps(shown, option=_SORTED).decode()
