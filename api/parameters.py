"""What a parameter is, in words: read once from its type, used by command line and docs alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec import inspect as types


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an algorithm as it is shown to people."""

    name: str
    type: str  # text, integer, number, flag, or its choices joined by |
    many: bool
    required: bool
    default: Any  # None where there is none
    description: str  # English / Chinese
    bounds: str  # such as ">= 1, <= 20"

    @property
    def option(self) -> str:
        """The name as the command line writes it."""
        return "--" + self.name.replace("_", "-")


_WORDS = {types.IntType: "integer", types.FloatType: "number", types.BoolType: "flag"}
_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def describe(field: msgspec.structs.FieldInfo) -> Parameter:
    """A field of a Params struct in words."""
    kind = types.type_info(field.type)
    description = ""
    if isinstance(kind, types.Metadata):
        description = (kind.extra_json_schema or {}).get("description", "")
    kind = _not_none(kind)
    many = isinstance(kind, types.ListType)
    item = _not_none(kind.item_type) if isinstance(kind, types.ListType) else kind
    limits = ((sign, getattr(item, name, None)) for name, sign in _SIGNS.items())
    return Parameter(
        name=field.encode_name,
        type=_word(item),
        many=many,
        required=field.required,
        default=_default(field),
        description=description,
        bounds=", ".join(f"{sign} {limit}" for sign, limit in limits if limit is not None),
    )


def _not_none(kind: types.Type) -> types.Type:
    """The type without `| None` and descriptions around it."""
    if isinstance(kind, types.Metadata):
        return _not_none(kind.type)
    if isinstance(kind, types.UnionType):
        return _not_none(next(t for t in kind.types if not isinstance(t, types.NoneType)))
    return kind


def _word(kind: types.Type) -> str:
    if isinstance(kind, types.LiteralType):
        return "|".join(str(value) for value in kind.values)
    return _WORDS.get(type(kind), "text")


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not NODEFAULT else None
