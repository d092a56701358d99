"""From what a caller gives, as text or JSON, to a step that is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from api.decisions import asks, views
from api.decisions.work import Work
from graph.errors import WrongUsage

A = TypeVar("A", bound=asks.Ask)


def read(kind: type[A], given: Mapping[str, Any]) -> A:
    """What a step takes; raises WrongUsage naming what is missing, unknown or of another type."""
    try:
        return msgspec.convert(dict(given), kind, strict=False)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$.")
        raise WrongUsage(f"{where.rstrip('`')}: {reason}" if where else reason) from None


def propose(work: Work, given: Mapping[str, Any]) -> bytes:
    """Propose, and show the decision."""
    return _bytes(work, work.propose(read(asks.Propose, given)))


def step(work: Work, about: str, name: str, given: Mapping[str, Any]) -> bytes:
    """Take a step, and show the decision after it."""
    if name not in asks.STEPS:
        raise WrongUsage(f"no step {name[:40]!r}: {', '.join(asks.STEPS)}")
    return _bytes(work, work.step(name, about, read(asks.STEPS[name], given)))


def expire(work: Work, given: Mapping[str, Any]) -> bytes:
    """The sweep: which decisions were recorded as expired."""
    done = work.expire(read(asks.Expire, given))
    return msgspec.json.encode({"expired": [each.id for each in done]})


def _bytes(work: Work, decision: Any) -> bytes:
    return msgspec.json.encode(views.shown(decision, work.today()))
