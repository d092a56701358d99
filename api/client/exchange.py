"""What is said between a client and a service, with nobody sending it: requests are yielded, their
replies sent in. Whatever sends them, waiting or not, goes through the same steps."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from api.client.answer import Answer
from api.client.uploads import Upload

T = TypeVar("T")
JSON: Final = "application/json"
KEY: Final = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Call:
    """A request. One that is `safe` may be sent again when its reply was lost."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | Upload | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe: bool = True
    lines: bool = False  # the reply is a stream of JSON lines

    @property
    def again(self) -> bool:
        """Whether it can be sent at all once more: not where its body is used up."""
        return not isinstance(self.body, Upload) or self.body.again


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a whole body, or nothing but its headers where it was none."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def read(self) -> Answer:
        """The body's JSON object; {} for none."""
        return Answer(msgspec.json.decode(self.body, type=dict[str, Any]) if self.body else {})

    def value(self) -> Any:
        """The body's JSON, whatever it is."""
        return msgspec.json.decode(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next step."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Item:
    """One of what is iterated over, for whoever asked."""

    value: Any


Exchange = Generator[Call | Pause, Any, T]
Stream = Generator[Call | Pause | Item, Any, None]


def get(path: str, **query: Any) -> Exchange[Answer]:
    """Ask for an object; parameters of None are left out."""
    reply: Reply = yield Call("GET", path, _said(query))
    return reply.read()


def post(path: str, body: Mapping[str, Any], *, key: str | None = None) -> Exchange[Answer]:
    """Write an object. It goes under an idempotency key, by default one of its own: sent again
    under that, it is done once."""
    headers = {"Content-Type": JSON, KEY: key or new_key()}
    reply: Reply = yield Call("POST", path, {}, encoded(_said(body)), headers)
    return reply.read()


def new_key() -> str:
    """An idempotency key that no other request has."""
    return uuid.uuid4().hex


def question(path: str, body: Mapping[str, Any], **query: Any) -> Exchange[Answer]:
    """Ask by POST: nothing changes by it, so it may be asked again."""
    sent = encoded(body)
    reply: Reply = yield Call("POST", path, _said(query), sent, {"Content-Type": JSON})
    return reply.read()


def encoded(body: Mapping[str, Any]) -> bytes:
    """A body as it is sent."""
    return msgspec.json.encode(dict(body))


def part(text: str) -> str:
    """A piece of a path, whatever stands in it."""
    return quote(text, safe="")


def pages(path: str, **query: Any) -> Stream:
    """Every row of a list that is answered by pages: `next` names where the next one begins."""
    after: Any = query.pop("after", None)
    while True:
        answer = yield from get(path, after=after, **query)
        yield from map(Item, answer.rows)
        after = answer.get("next")
        if after is None:
            return


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
