"""A store opened for one verb, which says on a terminal how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.progress import Meter, followed

if TYPE_CHECKING:
    from api.session import Session
    from graph.store import Store


@contextmanager
def opened(url: str, what: str) -> Iterator[Session]:
    """A session on the store at `url`; the work within is called `what`. Nothing is to be printed
    within it: the line of progress goes away at its end. Raises NoStore where there is none."""
    with followed(what), session_of(url) as session:
        yield session


def session_of(url: str) -> Session:
    """A session that tells how far the making of its snapshot is, where there is none to open."""
    from api.session import Session

    meter = Meter("making the snapshot / 构建快照")

    def tell(count: int) -> None:
        meter(count, total, count)
        if count >= total:
            meter.close()

    session = Session(url, tell)
    total = versions(session.whole_store)
    return session


def versions(store: Store) -> int:
    """Versions of facts that a store holds, retracted ones among them."""
    last = store.last_batch()
    return store.batches(last - 1)[0].last_seq if last else 0
