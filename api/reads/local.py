"""Reads by whoever owns the files: at the terminal, identifiers in full."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from api.reads.chain import Chain, Read

if TYPE_CHECKING:
    from graph.store import Store


def record_locally(
    store: Store, verb: str, subjects: tuple[str, ...] = ("*",), fields: tuple[str, ...] = ()
) -> None:
    """Record that the user of this machine is shown identifiers in full, where the reads of the
    store are recorded at all. Raises ReadsAway: then nothing may be shown."""
    chain = Chain.existing(store)
    if chain is not None:
        with chain:
            chain.record([Read(getpass.getuser(), verb, subjects, fields, unmasked=True)])
