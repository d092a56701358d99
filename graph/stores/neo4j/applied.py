"""Waiting until a committed batch is whole to a reader.

Neo4j applies a commit step by step, indexes last, and readers take no locks: for as long as that
takes (half a second for 20,000 facts) one may see the number of a batch whose facts no index leads
to yet. Numbers of batches and versions have no gaps, so what is read is counted against them, and
read again until it is all there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from graph.errors import StoreAway

T = TypeVar("T")
PATIENCE: Final = 90.0  # seconds; as long as a write waits
_PAUSE: Final = 0.01


class NotYetError(Exception):
    """Something of a batch that was committed is not to be seen yet."""


def whole(read: Callable[[], T], is_whole: Callable[[T], bool], patience: float = PATIENCE) -> T:
    """What `read` gives once it is whole; it may also raise NotYetError.

    Raises StoreAway where it is not within some time: then the graph lacks what it should hold.
    """
    until = time.monotonic() + patience
    while True:
        try:
            if is_whole(found := read()):
                return found
        except NotYetError:
            pass
        if time.monotonic() > until:
            raise StoreAway(
                "a batch that was committed is not whole in Neo4j; `linkrisk check` tells what is"
                " missing"
            )
        time.sleep(_PAUSE)
