"""In whose name a step is taken: the caller's own, unless it is the owner of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.access.refusals import Forbidden
from api.caller import Caller


def signed(caller: Caller, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a caller gave for a step, with `by` as its name. Who holds the service's own token may
    act for whom it names; a key or a person for itself alone: raises Forbidden where `by` is
    somebody else.
    """
    if caller.kind == "owner":
        return dict(given)
    by = given.get("by")
    if by is not None and (not isinstance(by, str) or " ".join(by.split()) != caller.name):
        raise Forbidden(f"by: the caller is {caller.name}, nobody else / 只能以本人名义办理")
    return {**given, "by": caller.name}
