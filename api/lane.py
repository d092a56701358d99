"""Where a piece of work runs: by default among the questions that callers wait for; work that
nobody waits for has threads and a time limit of its own, so that it takes none of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple


class Lane(NamedTuple):
    """Threads, and the seconds after which a piece of work is given up."""

    pool: ThreadPoolExecutor
    seconds: float


_CURRENT: Final[ContextVar[Lane | None]] = ContextVar("lane", default=None)


def lane() -> Lane | None:
    """The lane that was chosen; None: that of questions."""
    return _CURRENT.get()


@contextmanager
def using(chosen: Lane) -> Iterator[None]:
    """Within it, the engine runs work in this lane."""
    token = _CURRENT.set(chosen)
    try:
        yield
    finally:
        _CURRENT.reset(token)
