"""From what a caller gives, as text or JSON, to a step that is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from api.converting import convert
from api.decisions import asks, views
from api.decisions.work import Work
from graph.errors import WrongUsage

A = TypeVar("A", bound=asks.Ask)


def read(kind: type[A], given: Mapping[str, Any]) -> A:
    """What a step takes; raises WrongUsage naming what is missing, unknown or of another type."""
    return convert(kind, given, strict=False)


def take(work: Work, step: str, about: str | None, given: Mapping[str, Any]) -> bytes:
    """Take a step, and show the decision after it; of `expire`, which decisions expired.

    `about` is the decision's id; `propose` and `expire` are about none. Raises WrongUsage, and what
    the step raises.
    """
    kind = kind_of(step)
    if (about is None) != (step not in asks.STEPS):
        raise WrongUsage(f"{step}: {'which decision?' if about is None else 'takes no id'}")
    ask = read(kind, given)
    if isinstance(ask, asks.Expire):
        return msgspec.json.encode({"expired": [each.id for each in work.expire(ask)]})
    if isinstance(ask, asks.Propose):
        done = work.propose(ask)
    else:
        assert isinstance(ask, asks.Personal)
        done = work.step(step, str(about), ask)
    return msgspec.json.encode(views.shown(done, work.today()))


def kind_of(step: str) -> type[asks.Ask]:
    """What a step takes, by its word; raises WrongUsage."""
    kinds: dict[str, type[asks.Ask]] = {**asks.STEPS, **asks.ALONE}
    if step not in kinds:
        raise WrongUsage(f"no step {step[:40]!r}: {', '.join(kinds)}")
    return kinds[step]
