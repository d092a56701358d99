"""The routes of webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.caller import Caller, caller_of, whose
from api.converting import convert
from api.kept import state_folder
from api.look import limit_of, place_of
from api.serving import (
    KEPT,
    Endpoint,
    add,
    alongside,
    body_of,
    check,
    json_response,
    listeners,
    settings_of,
)
from api.tidying import hourly
from api.webhooks import answers, showing
from api.webhooks.book import Book, Hook
from api.webhooks.events import scopes_of
from api.webhooks.sender import Sender
from api.webhooks.settings import WebhookSettings
from api.webhooks.standing import claims_of
from api.webhooks.subscribing import Asked, subscribe
from api.webhooks.worker import Delivery
from graph.times import parse_time

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.auth import Access
    from api.engine import Engine

BASE: Final = "/v1/webhooks"
Route = tuple[str, str, Endpoint, dict[str, Any]]


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a subscription is served."""

    state: Literal["active", "paused"]


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to send again: the dead, or all since a moment (ISO time)."""

    since: str | None = None


def add_webhooks(app: FastAPI, engine: Engine) -> None:
    """Subscribe, look at what was sent, try, replay; delivery beside the routes."""
    access: Access = app.state.access
    settings = settings_of(app, WebhookSettings).where(local=access.local)
    book = Book(state_folder(engine.session.url), settings)
    delivery = Delivery(engine.session, book, app.state.audit, access.keyring)
    app.state.webhooks = delivery
    alongside(app).append(delivery.running)
    listeners(app).append(delivery.hear)
    hourly(app, "events of webhooks", book.sweep)
    for method, path, endpoint, extra in (
        *_subscriptions(engine, delivery),
        *_events(engine, delivery, settings),
    ):
        said = extra
        if path:
            name = openapi.asked("path", "id", "the subscription's id / 订阅编号")
            said = {**extra, "parameters": [name, *extra.get("parameters", ())]}
        writes = method == "POST" and not path.endswith("test")
        (status,) = said["responses"]
        add(app, method, BASE + path, endpoint, scope="export", tags=["webhooks"], extra=said,
            writes=writes, status_code=int(status))  # fmt: skip


def _subscriptions(engine: Engine, delivery: Delivery) -> tuple[Route, ...]:
    run, book = engine.run, delivery.book

    async def made(request: Request) -> Response:
        """Subscribe: `url`, `events`, `subjects`; the secret is shown here only / 订阅."""
        caller, asked = caller_of(request), convert(Asked, await body_of(request))
        hook, secret = await run(subscribe, engine.session, book, caller, asked)
        await run(_claim, book, caller)
        delivery.wake()
        answer = _json({**showing.hook(hook), "secret": secret})
        answer.status_code = 201
        answer.headers["Location"] = f"{BASE}/{hook.id}"
        return answer

    async def listed(request: Request) -> Response:
        """Subscriptions of the caller; an admin sees all / 订阅列表."""
        found = await run(book.hooks, whose(caller_of(request)))
        return _json({"results": [showing.hook(hook) for hook in found]})

    async def one(request: Request) -> Response:
        """A subscription, and how many of its events wait, came, or are dead / 订阅详情."""
        hook = await run(book.get, *_which(request))
        return _json({**showing.hook(hook), "counts": await run(book.counts, hook.id)})

    async def state(request: Request) -> Response:
        """Pause a subscription, or take it up again; events wait meanwhile / 暂停或恢复."""
        ident, owner = _which(request)
        asked = convert(State, await body_of(request))
        await run(_claim, book, caller_of(request))  # before whoever delivers looks at it
        hook = await run(book.set_state, ident, asked.state, owner)
        delivery.wake()
        return _json(showing.hook(hook))

    async def removed(request: Request) -> Response:
        """End a subscription; what waits for it is dropped / 取消订阅."""
        await run(book.remove, *_which(request))
        return Response(status_code=204, headers=KEPT)

    async def rotated(request: Request) -> Response:
        """A new secret; the one before signs beside it for a day / 更换密钥."""
        hook, secret = await run(book.rotate, *_which(request))
        return _json({**showing.hook(hook), "secret": secret})

    return (
        ("POST", "", made,
         {**openapi.body(Asked, showing.EXAMPLE), **openapi.answers(answers.WebhookMade, "201")}),
        ("GET", "", listed, openapi.answers(answers.WebhookList)),
        ("GET", "/{id}", one, openapi.answers(answers.WebhookWhole)),
        ("PATCH", "/{id}", state,
         {**openapi.body(State, {"state": "paused"}), **openapi.answers(answers.WebhookShown)}),
        ("DELETE", "/{id}", removed, openapi.answers(None, "204")),
        ("POST", "/{id}/secret", rotated, openapi.answers(answers.WebhookMade)),
    )  # fmt: skip


def _events(engine: Engine, delivery: Delivery, settings: WebhookSettings) -> tuple[Route, ...]:
    run, book = engine.run, delivery.book

    async def tried(request: Request) -> Response:
        """Send an event of type `webhook.test` now, once / 测试投递."""
        hook = await run(book.get, *_which(request))
        sender = Sender(settings)
        try:
            return _json(await showing.trial(sender, hook))
        finally:
            await sender.close()

    async def replayed(request: Request) -> Response:
        """Send the dead again, or all since a moment: `since` / 重新投递."""
        ident, owner = _which(request)
        asked = convert(Replay, await body_of(request))
        since = None if asked.since is None else parse_time(asked.since)
        _check(caller_of(request), await run(book.get, ident, owner))
        count = await run(book.replay, ident, since, owner)
        delivery.wake()
        return _json({"replayed": count})

    async def deliveries(request: Request) -> Response:
        """Events of a subscription, the newest first: `status`, `limit`, `before` / 投递记录."""
        hook, query = await run(book.get, *_which(request)), request.query_params
        _check(caller_of(request), hook)
        limit = limit_of(query.get("limit"), 100)
        status, top = showing.status_of(query.get("status")), place_of(query.get("before"))
        found = await run(book.events, hook.id, status, top, limit + 1)
        return _json(showing.page(found, limit))

    say, kind = openapi.asked, {"type": "integer", "minimum": 1, "maximum": 1000}
    pages = [
        say("query", "status", "waiting, delivered or dead / 状态"),
        say("query", "before", "the `next` of a page / 上一页给出的 next"),
        say("query", "limit", "the most events, default 100 / 最多条数", kind),
    ]
    again = {"since": "2026-11-01T00:00:00+08:00"}
    return (
        ("POST", "/{id}/test", tried, openapi.answers(answers.WebhookTrial)),
        ("POST", "/{id}/replay", replayed,
         {**openapi.body(Replay, again), **openapi.answers(answers.WebhookReplayed)}),
        ("GET", "/{id}/deliveries", deliveries,
         {"parameters": pages, **openapi.answers(answers.WebhookDeliveries)}),
    )  # fmt: skip


def _claim(book: Book, caller: Caller) -> None:
    """Note what a person may see, at once."""
    if (said := claims_of(caller)) is not None:
        book.heard(said)


def _check(caller: Caller, hook: Hook) -> None:
    """Raise Forbidden where a caller is not granted what the events of a subscription tell."""
    for scope in scopes_of(hook.events):
        check(caller, scope, frozenset(hook.domains))


def _which(request: Request) -> tuple[str, str | None]:
    return request.path_params["id"], whose(caller_of(request))


def _json(said: Any) -> Response:
    return json_response(msgspec.json.encode(said))
