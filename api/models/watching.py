"""Drift and stability of a model that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algorithms.registry import as_day
from algorithms.scoring.drifting import Drift, Stability, drift, stability

if TYPE_CHECKING:
    from algorithms.scoring.shelf import Shelved
    from api.session import Session


def _asked(
    session: Session, name: str, one: str | None, other: str | None
) -> tuple[Shelved, str, str]:
    """The model and the days: by default from that of its test to today. Raises WrongUsage."""
    found = session.models.get(name)
    first = found.model.about.lineage.days[2] if one is None else one
    return found, as_day(first, "from"), as_day(other, "to")


def drift_of(session: Session, name: str, one: str | None, other: str | None) -> Drift:
    """See `algorithms.scoring.drifting.drift`."""
    found, first, last = _asked(session, name, one, other)
    return drift(session.snapshot(), found.called, found.model, first, last)


def stability_of(session: Session, name: str, one: str | None, other: str | None) -> Stability:
    """See `algorithms.scoring.drifting.stability`."""
    found, first, last = _asked(session, name, one, other)
    return stability(session.snapshot(), found.called, found.model, first, last)
