"""Where `risk_score` finds its model: what opened the snapshot put a shelf on it.

An algorithm sees neither a store nor a folder; whoever asks it hands it the models that are kept
beside the store, as part of the view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from graph.errors import InputError

if TYPE_CHECKING:
    from algorithms.scoring.model import Model
    from graph.snapshot import Snapshot


class UnknownModel(InputError):
    """No model has this name."""

    status = 404


class Shelved(NamedTuple):
    """A model with its name and the digest of its file."""

    name: str
    sha256: str
    model: Model

    @property
    def called(self) -> str:
        """What answers call it."""
        return f"{self.name}@{self.sha256[:12]}"


class Shelf(Protocol):
    """The models of a store."""

    def used(self, kind: str) -> Shelved | None:
        """The one that is in use for a kind of subject."""

    def get(self, name: str) -> Shelved:
        """One by its name; raises UnknownModel, StoreCorrupt."""


def shelf_of(snapshot: Snapshot) -> Shelf | None:
    """The shelf of a view; None where whoever opened it put none there."""
    return cast("Shelf | None", snapshot.shelf)
