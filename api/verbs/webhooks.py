"""`linkrisk webhooks`: subscriptions of a store, as the service delivers them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from algorithms.registry import split
from api.options import Common, Verb, common_options, pass_common
from api.output import write_json

if TYPE_CHECKING:
    from api.webhooks.book import Book


@click.group(params=list(common_options()))
def webhooks() -> None:
    """What happens, sent to who subscribed: add, list, show, test, replay. 事件订阅。

    A service that runs on the store delivers; this keeps its subscriptions, also while none runs.
    """


@contextmanager
def _book(common: Common) -> Iterator[Book]:
    from api.access.settings import LOOPBACK
    from api.kept import state_folder
    from api.settings import read
    from api.settings.own import Server
    from api.webhooks.book import Book
    from api.webhooks.settings import WebhookSettings

    found = read()
    local = found.section(Server).host in LOOPBACK
    settings = found.section(WebhookSettings).where(local=local)
    with Book(state_folder(common.url), settings) as book:
        yield book


@webhooks.command("add", cls=Verb)
@click.argument("url")
@click.option("--events", multiple=True, required=True, metavar="TYPE", help="Types of events;"
              " `decision.*` is every step of a decision.")  # fmt: skip
@click.option(
    "--subjects", multiple=True, metavar="ID", help="Whose; repeat or separate by commas."
)
@click.option("--note", metavar="TEXT", help="In words.")
@pass_common
def add(
    common: Common, url: str, events: tuple[str, ...], subjects: tuple[str, ...], note: str | None
) -> None:
    """Subscribe URL; prints the secret, which is shown this once. 订阅。"""
    from api.caller import OWNER
    from api.session import Session
    from api.webhooks import showing
    from api.webhooks.subscribing import Asked, subscribe

    asked = Asked(url=url, events=split(events), subjects=split(subjects) or None, note=note)
    with _book(common) as book, Session(common.url) as session:
        hook, secret = subscribe(session, book, OWNER, asked)
    _show(common, {**showing.hook(hook), "secret": secret})


@webhooks.command("list", cls=Verb)
@pass_common
def list_(common: Common) -> None:
    """All subscriptions. 订阅列表。"""
    from api.webhooks import showing

    with _book(common) as book:
        rows = [showing.hook(hook) for hook in book.hooks()]
    _rows(common, {"results": rows})


@webhooks.command("show", cls=Verb)
@click.argument("ident", metavar="ID")
@pass_common
def show(common: Common, ident: str) -> None:
    """One subscription, and how many of its events wait, came, or are dead. 订阅详情。"""
    from api.webhooks import showing

    with _book(common) as book:
        hook = book.get(ident)
        _show(common, {**showing.hook(hook), "counts": book.counts(ident)})


@webhooks.command("deliveries", cls=Verb)
@click.argument("ident", metavar="ID")
@click.option("--status", metavar="WORD", help="waiting, delivered or dead.")
@click.option("--before", metavar="NO", help="The `next` of a page.")
@click.option("--limit", metavar="INT", default="100", help="At most 1000.")
@pass_common
def deliveries(
    common: Common, ident: str, status: str | None, before: str | None, limit: str
) -> None:
    """Events of a subscription, the newest first. 投递记录。"""
    from api.look import limit_of, place_of
    from api.webhooks import showing

    most, top = limit_of(limit), place_of(before)
    with _book(common) as book:
        book.get(ident)
        found = book.events(ident, showing.status_of(status), top, most + 1)
    _rows(common, showing.page(found, most))


@webhooks.command("test", cls=Verb)
@click.argument("ident", metavar="ID")
@pass_common
def test(common: Common, ident: str) -> int:
    """Send an event of type webhook.test now, once; exit 1 where it does not come. 测试投递。"""
    import asyncio

    from api.webhooks import showing
    from api.webhooks.sender import Sender

    with _book(common) as book:
        hook = book.get(ident)

        async def send() -> dict[str, Any]:
            sender = Sender(book.settings)
            try:
                return await showing.trial(sender, hook)
            finally:
                await sender.close()

        found = asyncio.run(send())
    _show(common, found)
    return 0 if found["delivered"] else 1


@webhooks.command("replay", cls=Verb)
@click.argument("ident", metavar="ID")
@click.option("--since", metavar="TIME", help="All from this moment on; default the dead.")
@pass_common
def replay(common: Common, ident: str, since: str | None) -> None:
    """Send the dead again, or all since a moment. 重新投递。"""
    from graph.times import parse_time

    moment = None if since is None else parse_time(since)
    with _book(common) as book:
        _show(common, {"replayed": book.replay(ident, moment)})


@webhooks.command("pause", cls=Verb)
@click.argument("ident", metavar="ID")
@pass_common
def pause(common: Common, ident: str) -> None:
    """Send nothing more for now; events wait. 暂停。"""
    _state(common, ident, "paused")


@webhooks.command("resume", cls=Verb)
@click.argument("ident", metavar="ID")
@pass_common
def resume(common: Common, ident: str) -> None:
    """Send what waits, and what comes. 恢复。"""
    _state(common, ident, "active")


@webhooks.command("remove", cls=Verb)
@click.argument("ident", metavar="ID")
@pass_common
def remove(common: Common, ident: str) -> None:
    """End a subscription; what waits for it is dropped. 取消订阅。"""
    with _book(common) as book:
        book.remove(ident)
    click.echo(f"removed / 已取消: {ident}", err=True)


def _state(common: Common, ident: str, state: Any) -> None:
    from api.webhooks import showing

    with _book(common) as book:
        _show(common, showing.hook(book.set_state(ident, state)))


def _show(common: Common, found: dict[str, Any]) -> None:
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, table

    console().print(table([{"": name, " ": value} for name, value in found.items()]))


def _rows(common: Common, found: dict[str, Any]) -> None:
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, listed

    out = console()
    rows = [{n: v for n, v in row.items() if n != "body"} for row in found["results"]]
    out.print(listed(rows))
