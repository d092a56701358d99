"""Reading again until what belongs together is all there.

What was met before is whole to a later question, see `connection.Server`. Two things are left: a
commit that is applied while a question is under way, and a graph that somebody has taken something
out of. Numbers of batches, versions and datasets have no gaps, so what is read is counted, and read
again where something lacks: then it is there, or it is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from graph.errors import StoreCorrupt

T = TypeVar("T")
_TRIES: Final = 5  # others may commit all the while


class NotYetError(Exception):
    """Something of a batch that was committed is not to be seen yet."""


def whole(read: Callable[[], T], is_whole: Callable[[T], bool]) -> T:
    """What `read` gives once it is whole; it may also raise NotYetError.

    Raises StoreCorrupt where it is not after some tries: the graph lacks what it should hold.
    """
    for _ in range(_TRIES):
        try:
            if is_whole(found := read()):
                return found
        except NotYetError:
            continue
    raise StoreCorrupt(
        "something of a batch that was committed is missing from Neo4j; `linkrisk check` tells what"
    )
