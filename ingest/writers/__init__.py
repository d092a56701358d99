"""Formats to export to: one module each, found by walking this package, as readers are.

A writer stands beside its reader, since both know the same names of the other side; it is given
facts and never looks at a store.
"""

from __future__ import annotations

from functools import cache

from ingest.found import found
from ingest.writers.item import Around, Fact, Given, Tally, Writing

__all__ = ["Around", "Fact", "Given", "Tally", "Writing", "writings"]


@cache
def writings() -> dict[str, Writing]:
    """Every format by name; the modules import nothing heavy until they write."""
    return found(__name__, "WRITING", Writing)
