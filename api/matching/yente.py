"""`POST /v1/match` in the shape that yente made usual: named queries in, named results out.

    {"queries": {"q1": {"schema": "Company", "properties": {"name": ["甲公司"]}}}}

Schemata and properties are those of FollowTheMoney, or our own kinds; the options (`threshold`,
`cutoff`, `limit`, `exclude_entity_ids`, `changed_since`, `as_of`, `known_at`) stand in the body or
in the query, as yente has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.matching.judging import ADDS, COMPANY
from algorithms.matching.match_subject import MatchParams, match_one
from algorithms.registry import ALGORITHMS, as_day, prepare
from api.look import noted
from api.problems import unnamed, unnamed_within
from graph import keys
from graph.errors import InputError, WrongUsage
from graph.model import ENTITIES

if TYPE_CHECKING:
    from algorithms.matching.match_subject import Match, Matched
    from api.session import Session
    from graph.snapshot import Snapshot

_LEGAL: Final = ("company", "person")
SCHEMATA: Final[dict[str, tuple[str, ...]]] = {
    "Thing": (),
    "LegalEntity": _LEGAL,
    "Organization": ("company",),
    "Company": ("company",),
    "PublicBody": ("company",),
    "Person": ("person",),
    "BankAccount": ("account",),
    "CryptoWallet": ("account",),
    "Address": ("address",),
    **{kind: (kind,) for kind in ENTITIES},
}
_SHOWN_AS: Final = {
    "company": "Company",
    "person": "Person",
    "account": "BankAccount",
    "address": "Address",
}
_NAMES: Final = ("name", "alias", "previousName", "weakAlias", "abbreviation", "also")
_CODES: Final = ("uscCode", "uscc", "registrationNumber", "taxNumber", "vatCode")
_LISTS: Final = {
    "phone": ("phone", "mobile"),
    "account": ("accountNumber", "iban", "account", "publicKey"),
}
_ONES: Final = {
    "birth_date": ("birthDate", "birth_date"),
    "address": ("address", "full"),
    "country": ("country", "jurisdiction", "nationality", "citizenship", "mainCountry"),
}
_SAID: Final = {*_NAMES, "idNumber", "notes"}  # in which a number may be anybody's
_PARTS: Final = ("lastName", "middleName", "firstName")  # of a name, in the Chinese order
OPTIONS: Final = (
    "limit", "threshold", "cutoff", "exclude_entity_ids", "changed_since", "as_of", "known_at",
)  # fmt: skip
_VALUES: Final = 50  # of one property
FEATURES: Final = {
    "key": ("An official key: equal decides for, another against / 官方证件号", 1.0),
    "name": ("How alike the names are, by their parts / 名称", COMPANY),
    "birth_date": ("The same day, or year and month, of birth / 出生日期", ADDS["birth_date"]),
    "account": ("Holds the same account / 账户", ADDS["account"]),
    "phone": ("Uses the same phone / 电话", ADDS["phone"]),
    "address": ("Addresses at least 85 % alike / 地址", ADDS["address"]),
    "country": ("Another country halves the score / 国家", -0.5),
    "name_only": ("Nothing but a common or shared name agrees: no match / 仅同名", 0.0),
}


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A batch of queries, and the options for all of them."""

    queries: dict[str, Any]
    limit: int | None = None
    threshold: float | None = None
    cutoff: float | None = None
    exclude_entity_ids: list[str] | None = None
    changed_since: str | int | None = None
    as_of: str | None = None
    known_at: str | None = None


class Query(msgspec.Struct):
    """One description; what else a client sends with it is left aside."""

    properties: dict[str, Any]
    schema: str = "Thing"
    id: str | None = None
    exclude_entity_ids: list[str] | None = None


def batch_of(given: Mapping[str, Any], query: Mapping[str, Any]) -> Body:
    """The body with the options of the query string under it; raises WrongUsage."""
    try:
        return msgspec.convert({**query, **given}, Body, strict=False)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"match: {error}") from None


def match(session: Session, asked: Body, most: int | None = None) -> dict[str, Any]:
    """The answer to a batch; a query that is malformed says so in its own place.

    Raises WrongUsage where there are none, or more than `most`, or an option is malformed.
    """
    if not asked.queries:
        raise WrongUsage("queries: none / 没有查询")
    if most is not None and len(asked.queries) > most:
        raise WrongUsage(f"queries: {len(asked.queries)}, more than {most} / 超过 {most} 个")
    as_day(asked.as_of)
    snapshot = session.snapshot(asked.known_at)
    options = {
        "limit": asked.limit,
        "threshold": asked.threshold,
        "cutoff": asked.cutoff,
        "changed_since": None if asked.changed_since is None else str(asked.changed_since),
        "as_of": asked.as_of,
    }
    used = prepare(ALGORITHMS["match_subject"], {"name": "", **options})
    assert isinstance(used, MatchParams)
    return {
        "responses": {
            name: one(snapshot, query, options, asked.exclude_entity_ids)
            for name, query in asked.queries.items()
        },
        "limit": used.limit,
        "threshold": used.threshold,
        "matcher": {
            name: {"description": said, "coefficient": weight, "url": "/v1/algorithms"}
            for name, (said, weight) in FEATURES.items()
        },
        "as_of": used.as_of,
        "known_at": snapshot.known_at,
        "snapshot": snapshot.name,
        **noted(snapshot),
    }


def one(
    snapshot: Snapshot, given: Any, options: Mapping[str, Any], exclude: list[str] | None
) -> dict[str, Any]:
    """The answer to one query of a batch."""
    try:
        query = msgspec.convert(given, Query)
        params, ignored = parameters(query)
        excluded = [*(exclude or ()), *(query.exclude_entity_ids or ())]
        values = {**options, **params, "exclude": excluded}
        prepared = prepare(ALGORITHMS["match_subject"], values)
        assert isinstance(prepared, MatchParams)
        matched = match_one(snapshot, prepared)
    except (InputError, WrongUsage, msgspec.ValidationError) as error:
        return _refused(given, str(error))
    return _answered(snapshot, query, ignored, matched)


def _refused(given: Any, why: str) -> dict[str, Any]:
    shown = unnamed_within(given) if isinstance(given, dict) else {}
    none = {"value": 0, "relation": "eq"}
    return {"status": 422, "results": [], "total": none, "query": shown, "error": unnamed(why)}


def _answered(
    snapshot: Snapshot, query: Query, ignored: list[str], matched: Matched
) -> dict[str, Any]:
    shown: dict[str, Any] = {"schema": query.schema, "properties": masked(query.properties)}
    if query.id is not None:
        shown["id"] = query.id
    answer: dict[str, Any] = {
        "status": 200,
        "results": [
            _result(snapshot, row, node)
            for row, node in zip(matched.rows, matched.nodes, strict=True)
        ],
        "total": {"value": matched.total, "relation": "gte" if matched.partial else "eq"},
        "query": shown,
    }
    if ignored:
        answer["ignored"] = ignored
    if matched.partial:
        answer["truncated"] = "; ".join(matched.partial)
    if matched.notes:
        answer["notes"] = matched.notes
    return answer


def _result(snapshot: Snapshot, row: Match, node: int) -> dict[str, Any]:
    """A candidate as yente shows an entity, with what this service says besides."""
    records = snapshot.records(node)
    found: dict[str, Any] = msgspec.to_builtins(row)
    found["schema"] = _SHOWN_AS.get(row.kind, row.kind)
    found["properties"] = {"name": [keys.mask_within(name) for name in snapshot.labels(node)]}
    found["datasets"] = sorted({record.partition(":")[0] for record in records})
    found["referents"] = records
    found["target"] = bool(snapshot.listings(node))
    return found


def masked(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as a client sent them, personal identifiers by their ends."""
    shown = {}
    for name, value in properties.items():
        kind = {"idNumber": "resident_id", "phone": "e164", "mobile": "e164"}.get(name)
        if name in _LISTS["account"]:
            kind = "account"
        values = value if isinstance(value, list) else [value]
        shown[name] = [
            (unnamed_within if name in _SAID else keys.mask_within)(each)
            if kind is None or not isinstance(each, str)
            else keys.mask(kind, keys.check(kind, each).value)
            for each in values
        ]
    return shown


def parameters(query: Query) -> tuple[dict[str, Any], list[str]]:
    """A query as parameters of `match_subject`, and the properties that say nothing to it.

    Raises WrongUsage naming what is malformed.
    """
    if query.schema not in SCHEMATA:
        raise WrongUsage(f"schema: one of {', '.join(SCHEMATA)}, not {query.schema[:40]!r}")
    said = {name: _texts(name, value) for name, value in query.properties.items()}
    kinds = SCHEMATA[query.schema]
    names = [text for name in _NAMES for text in said.get(name, ())]
    if not said.get("name") and said.get("lastName"):
        names.insert(0, " ".join(said[part][0] for part in _PARTS if said.get(part)))
    if kinds == ("address",):
        names += said.pop("full", [])
    found: dict[str, Any] = {"name": names[0] if names else "", "kind": list(kinds)}
    found["also"] = names[1:] or None
    _identify(said, kinds, found)
    for field, columns in _LISTS.items():
        values = [text for name in columns for text in said.get(name, ())]
        if values:
            found[field] = values
    for field, columns in _ONES.items():
        first = next((text for name in columns for text in said.get(name, ())), None)
        if first is not None:
            found[field] = first
    known = {*_NAMES, *_CODES, *_PARTS, "idNumber", "residentId", "resident_id", "full"}
    known |= {name for columns in (*_LISTS.values(), *_ONES.values()) for name in columns}
    return found, sorted(said.keys() - known)


def _identify(said: Mapping[str, list[str]], kinds: tuple[str, ...], found: dict[str, Any]) -> None:
    """Official keys: each number is taken for what it is a valid one of."""
    numbers = [text for name in _CODES for text in said.get(name, ())]
    personal = [
        text for name in ("idNumber", "residentId", "resident_id") for text in said.get(name, ())
    ]
    for text in numbers + personal:
        for kind in ("uscc", "resident_id"):
            if kind not in found and keys.check(kind, text).valid:
                found[kind] = text
                break
    if numbers and "uscc" not in found and kinds == ("company",):
        found["uscc"] = numbers[0]  # the answer says why it was not used
    if personal and "resident_id" not in found and kinds == ("person",):
        found["resident_id"] = personal[0]


def _texts(name: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if len(values) > _VALUES:
        raise WrongUsage(f"properties.{name[:40]}: more than {_VALUES} values")
    for each in values:
        if not isinstance(each, str | int) or isinstance(each, bool):
            raise WrongUsage(f"properties.{name[:40]}: not text or a list of texts")
    return [str(each) for each in values if each != ""]


def match_bytes(session: Session, asked: Body, most: int) -> bytes:
    """`match` as the route answers it."""
    return msgspec.json.encode(match(session, asked, most))
