"""What the routes of webhooks answer, as types."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class WebhookShown(msgspec.Struct, kw_only=True):
    """A subscription. `batch` and `entry` are the last that were there before it was made;
    `failures` are attempts that failed one after the other, `error` what the last one met."""

    id: str
    owner: str
    url: str
    events: list[str]
    subjects: list[str] | None
    note: str | None
    state: Literal["active", "paused", "gone"]
    created: str
    batch: int
    entry: int
    failures: int
    error: str | None


class WebhookMade(WebhookShown, kw_only=True):
    """A subscription and its secret, which is shown this once."""

    secret: str


class WebhookCounts(msgspec.Struct, kw_only=True):
    """Events by what became of them."""

    waiting: int
    delivered: int
    dead: int


class WebhookWhole(WebhookShown, kw_only=True):
    """A subscription, and what became of its events."""

    counts: WebhookCounts


class WebhookList(msgspec.Struct, kw_only=True):
    """Subscriptions in the order in which they were made."""

    results: list[WebhookShown]


class WebhookTrial(msgspec.Struct, kw_only=True):
    """What came of one attempt."""

    id: str
    delivered: bool
    code: int | None
    error: str | None


class WebhookReplayed(msgspec.Struct, kw_only=True):
    """How many events are sent again."""

    replayed: int


class WebhookDelivery(msgspec.Struct, kw_only=True):
    """An event and what came of it."""

    id: str
    no: int
    type: str
    subject: str | None
    status: Literal["waiting", "delivered", "dead"]
    tries: int
    created: str
    next: str | None
    finished: str | None
    code: int | None
    error: str | None
    body: dict[str, Any]


class WebhookDeliveries(msgspec.Struct, kw_only=True):
    """Events, the newest first; `next` leads on."""

    results: list[WebhookDelivery]
    next: str | None
