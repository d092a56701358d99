"""A store opened in this process, asked by the calls of a client: by the service's own routes, with
no network between."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from api.client.answer import Answer
from api.client.calls import plain
from api.client.surface import Methods

if TYPE_CHECKING:
    from api.client.exchange import Exchange, Stream
    from api.client.sending import Waiting
    from api.session import Session

T = TypeVar("T")


class Local(Methods):
    """A store opened in this process. What is asked most often by far (a picture asks thousands of
    times) goes straight to the algorithms; all else by the routes of a service made for it."""

    def __init__(self, url: str) -> None:
        from api.session import Session

        self.session: Session = Session(url)
        self._open = ExitStack()

    @classmethod
    def on(cls, session: Session) -> Self:
        """A client of a session that is open already, which is its owner's to close."""
        made = cls.__new__(cls)
        made.session, made._open = session, ExitStack()
        return made

    def ask(self, name: str, /, **params: Any) -> Answer:
        """The envelope that answers a question by its algorithm's name or verb."""
        import msgspec

        return Answer(msgspec.to_builtins(self.session.ask(name, plain(params))))

    def subject(self, name: str, *, known_at: str | None = None) -> Answer:
        """One subject with its records and listings."""
        from api.look import subject

        return Answer(subject(self.session, name, known_at))

    def facts(self, names: Sequence[str], *, known_at: str | None = None) -> Answer:
        """Facts by the ids that answers cite: both ends, fields, source."""
        from api.evidence import facts

        return Answer(facts(self.session, names, known_at))

    @cached_property
    def _waiting(self) -> Waiting:
        import httpx

        from api.app import Service, make_app
        from api.auth import Access
        from api.client.inside import Inside
        from api.client.sending import Connection, Waiting

        token = secrets.token_urlsafe(24)
        app = make_app(self.session, Service(Access(token, None)))
        connection = Connection("http://linkrisk", token, 3600.0, None)
        http = httpx.Client(**connection.options, transport=Inside(app))  # enters it with itself
        return Waiting(self._open.enter_context(http), connection)

    def _run(self, exchange: Exchange[T], /) -> T:
        return self._waiting.run(exchange)

    def _stream(self, stream: Stream, /) -> Iterator[Any]:
        return self._waiting.stream(stream)

    def close(self) -> None:
        """Let go of the store."""
        self._open.close()
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(url: str | None = None) -> Local:
    """Open a store in this process: `url`, else LINKRISK_STORE, else linkrisk.db here.

    Raises NoStore where there is none.
    """
    from api.options import Common

    return Local(Common(store=url).url)
