"""The model of facts: kinds, their ends, their fields. Everything else reads these tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

FieldType = Literal["text", "share", "money", "number", "time"]

SHARE_UNIT: Final = 10**15  # shares travel as integers of 1e-15; text keeps what is finer


@dataclass(frozen=True, slots=True)
class EntityKind:
    """A kind of entity and the official keys it may carry."""

    name: str
    code: int
    zh: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationKind:
    """A kind of relation: which ends it joins, its fields, and whether it is an event.

    `value` names the field that becomes the snapshot's integer column (shares in 1e-15, money in
    minor units, other numbers rounded); `carried` fields go beside it as sparse evidence.
    A state holds over an interval; an event happened `at` a moment and stays true afterwards.
    """

    name: str
    code: int
    zh: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    fields: dict[str, FieldType]
    event: bool = False
    value: str | None = None
    carried: tuple[str, ...] = ()


_P, _C, _A = "person", "company", "account"
_PC, _PCA = (_P, _C), (_P, _C, _A)
_ANY: tuple[str, ...] = (_C, _P, _A, "phone", "address", "device", "loan", "event")

ENTITIES: Final[dict[str, EntityKind]] = {
    k.name: k
    for k in (
        EntityKind(_C, 1, "企业", ("uscc",)),
        EntityKind(_P, 2, "自然人", ("resident_id",)),
        EntityKind(_A, 3, "账户", ("account",)),
        EntityKind("phone", 4, "电话", ("e164",)),
        EntityKind("address", 5, "地址"),
        EntityKind("device", 6, "设备"),
        EntityKind("loan", 7, "贷款"),
        EntityKind("event", 8, "事件"),
    )
}

KEYS: Final = tuple(key for kind in ENTITIES.values() for key in kind.keys)  # of any kind
_MONEY_AT: dict[str, FieldType] = {"amount": "money", "currency": "text", "at": "time"}
_ROLE: dict[str, FieldType] = {"role": "text"}


def _state(
    name: str,
    code: int,
    zh: str,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    fields: dict[str, FieldType] | None = None,
    value: str | None = None,
    carried: tuple[str, ...] = (),
) -> RelationKind:
    return RelationKind(name, code, zh, sources, targets, fields or {}, False, value, carried)


def _event(
    name: str,
    code: int,
    zh: str,
    ends: tuple[tuple[str, ...], tuple[str, ...]],
    fields: dict[str, FieldType],
    value: str,
    carried: tuple[str, ...] = (),
) -> RelationKind:
    return RelationKind(name, code, zh, ends[0], ends[1], fields, True, value, carried)


RELATIONS: Final[dict[str, RelationKind]] = {
    k.name: k
    for k in (
        _state("legal_representative", 20, "法定代表人", _PC, (_C,), _ROLE, carried=("role",)),
        _state("officer", 21, "主要人员", _PC, (_C,), _ROLE, carried=("role",)),
        _state(
            "controller",
            22,
            "实际控制人",
            _PC,
            (_C,),
            {"role": "text", "basis": "text"},
            carried=("role", "basis"),
        ),
        _state(
            "shareholder",
            23,
            "股东",
            _PC,
            (_C,),
            {
                "share": "share",
                "votes": "share",
                "share_min": "share",
                "share_max": "share",
                "amount": "money",
                "currency": "text",
            },
            "share",
            ("votes", "share_min", "share_max"),
        ),
        _state("nominee", 24, "代持", _PC, _PC, {"basis": "text"}, carried=("basis",)),
        _state("acts_in_concert", 25, "一致行动", _PC, _PC, {"basis": "text"}, carried=("basis",)),
        _state("branch", 26, "分支机构", (_C,), (_C,)),
        _state("successor", 27, "承继", (_C,), (_C,)),
        _state("employs", 28, "雇佣", (_C,), (_P,), _ROLE, carried=("role",)),
        _state("kin", 29, "亲属", (_P,), (_P,), _ROLE, carried=("role",)),
        _state("guardian", 30, "监护", (_P,), (_P,), _ROLE, carried=("role",)),
        _state(
            "guarantee", 31, "担保", _PC, _PC, {"amount": "money", "currency": "text"}, "amount"
        ),
        _state("holds_account", 40, "持有账户", _PCA, (_A,)),
        _state("uses_phone", 41, "使用电话", _PCA, ("phone",)),
        _state("uses_device", 42, "使用设备", _PCA, ("device",)),
        _state("located_at", 43, "位于", _PCA, ("address",)),
        _event(
            "transfer",
            50,
            "转账",
            ((_A,), (_A,)),
            {**_MONEY_AT, "channel": "text"},
            "amount",
            ("currency", "channel"),
        ),
        _event(
            "withdrawal",
            51,
            "取款",
            ((_A,), (_A,)),
            {**_MONEY_AT, "channel": "text"},
            "amount",
            ("currency",),
        ),
        _event("borrows", 52, "借款", (_PC, ("loan",)), _MONEY_AT, "amount", ("currency",)),
        _event("deposit", 53, "放款", (("loan",), (_A,)), _MONEY_AT, "amount", ("currency",)),
        _event("repay", 54, "还款", ((_A,), ("loan",)), _MONEY_AT, "amount", ("currency",)),
        _event(
            "call",
            55,
            "通话",
            (("phone",), ("phone",)),
            {"at": "time", "duration": "number"},
            "duration",
        ),
        _event(
            "invoice",
            56,
            "发票",
            ((_C,), (_C,)),
            {**_MONEY_AT, "number": "text", "tax": "money", "goods": "text", "status": "text"},
            "amount",
            ("currency", "tax", "goods", "status"),
        ),
        _state(
            "participated",
            57,
            "参与",
            _PC,
            ("event",),
            {"role": "text", "amount": "money", "currency": "text"},
            "amount",
            ("role", "currency"),
        ),
        _state(
            "same_as",
            60,
            "同一主体",
            _ANY,
            _ANY,
            {"score": "share", "by": "text"},
            "score",
            ("by",),
        ),
        _state(
            "not_same_as",
            61,
            "非同一主体",
            _ANY,
            _ANY,
            {"score": "share", "by": "text"},
            "score",
            ("by",),
        ),
    )
}

LISTING: Final = "listing"
LISTING_CODE: Final = 80
LISTING_FIELDS: Final[dict[str, FieldType]] = {
    "list": "text",
    "domain": "text",
    "authority": "text",
    "basis": "text",
    "decided_on": "time",
    "until": "time",
    "status": "text",
}

CODES: Final[dict[str, int]] = {
    **{k.name: k.code for k in ENTITIES.values()},
    **{k.name: k.code for k in RELATIONS.values()},
    LISTING: LISTING_CODE,
}
NAMES: Final[dict[int, str]] = {code: name for name, code in CODES.items()}
ZH: Final[dict[str, str]] = {
    **{k.name: k.zh for k in ENTITIES.values()},
    **{k.name: k.zh for k in RELATIONS.values()},
    LISTING: "名单",
}
FIRST_RELATION: Final = 20  # codes below are entities
JUDGEMENTS: Final = frozenset({"same_as", "not_same_as"})
# What links people and companies themselves, as against leads (accounts, phones, places, money).
ROLE_KINDS: Final = tuple(k.name for k in RELATIONS.values() if k.code < 40)


def is_entity(code: int) -> bool:
    """Whether a kind's code stands for an entity."""
    return code < FIRST_RELATION


def is_relation(code: int) -> bool:
    """Whether a kind's code stands for a relation."""
    return FIRST_RELATION <= code < LISTING_CODE
