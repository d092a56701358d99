"""What a request says, as a type; what is wrong with it is said by the field's name."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from graph.errors import WrongUsage

T = TypeVar("T")


def convert(kind: type[T], given: Any, *, strict: bool = True) -> T:
    """`given`, a mapping, as a `kind`; raises WrongUsage with the field in front that is missing,
    unknown or of another type. Not `strict`: numbers and such may come as text."""
    try:
        return msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$.")
        raise WrongUsage(f"{where.rstrip('`')}: {reason}" if where else reason) from None
