"""How far one question of a caller may go, where its key says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from api.access.refusals import Forbidden
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from algorithms.registry import Algorithm
    from api.caller import Caller

# Parameters that say how many steps a question goes out from its subject.
STEPS: Final = ("depth", "max_depth", "max_length", "max_hops", "max_layers")


def bounded(caller: Caller, record: Algorithm, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a question, with the caller's bound where it gives none of its own and the
    default is farther. Raises Forbidden where it asks for more steps than it may."""
    if caller.depth is None:
        return given
    changed = dict(given)
    for name in STEPS:
        field = record.fields.get(name)
        if field is None:
            continue
        asked = next(
            (given[each] for each in (name, name.replace("_", "-")) if each in given), None
        )
        if asked is None:
            default = field.default
            if default is None or (isinstance(default, int) and default > caller.depth):
                changed[name] = caller.depth
            continue
        try:
            steps = int(asked)
        except (TypeError, ValueError):
            raise WrongUsage(f"{name}: a whole number, not {str(asked)[:40]!r}") from None
        if steps > caller.depth:
            raise Forbidden(
                f"{name}: this key goes {caller.depth} steps, not {steps} / 超出密钥允许的层数"
            )
    return changed
