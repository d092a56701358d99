"""What is asked for a person: typed, so that both transports refuse the same."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from graph.errors import WrongUsage
from graph.keys import mask_within

_Text = Annotated[str, Meta(min_length=1, max_length=200)]
_Words = Annotated[str, Meta(min_length=1, max_length=2000)]


class PersonAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who asks for what to be done, under which request, and why."""

    subject: Annotated[
        str,
        Meta(
            description="the person: dataset:id, canonical id or official key / 主体",
            min_length=1, max_length=512, examples=["registry:p1"],
        ),
    ]  # fmt: skip
    request: Annotated[
        _Text, Meta(description="the number of the request / 申请编号", examples=["2026-017"])
    ]
    reason: Annotated[
        _Words,
        Meta(
            description="why, without personal data / 理由, 不含个人信息", examples=["PIPL art. 47"]
        ),
    ]
    by: Annotated[_Text, Meta(description="who does it / 经办人", examples=["张三"])]


class Erase(PersonAsk, frozen=True, kw_only=True):
    """Erase what is held of a person; where it must be kept, `restrict` its use instead."""

    restrict: Annotated[
        bool,
        Meta(
            description="where it must be kept, restrict its use instead / 依法须留存时改为限制处理"
        ),
    ] = False


class Correct(PersonAsk, frozen=True, kw_only=True):
    """Put one record right: the fields given take the place of those that were."""

    record: Annotated[
        str, Meta(description="the record, dataset:id / 记录", examples=["registry:p1"])
    ]
    fields: Annotated[
        dict[str, Any],
        Meta(description="name, keys, attrs, valid_from, valid_to", examples=[{"name": "李四"}]),
    ]


class Retain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has what is past its time taken out."""

    by: Annotated[_Text, Meta(description="who does it / 经办人", examples=["张三"])]


_KEPT: Final = ("request", "reason", "by")  # in the ledger, for ever
A = TypeVar("A", bound=msgspec.Struct)


def convert(given: dict[str, Any], kind: type[A]) -> A:
    """A checked ask; raises WrongUsage naming the field that is wrong."""
    try:
        found = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"privacy: {error}") from None
    for name in _KEPT:
        text = getattr(found, name, "")
        if mask_within(text) != text:
            raise WrongUsage(f"{name}: holds an identifier, and is kept / 含证件号码或电话")
    return found
