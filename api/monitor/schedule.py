"""The monitor on a schedule, in the foreground."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from api.monitor import showing
from api.monitor.run import run
from api.output import write_json
from graph.deadline import bounded
from graph.errors import Cancelled, LinkriskError

if TYPE_CHECKING:
    from api.monitor.book import Book
    from api.monitor.settings import MonitorSettings
    from api.session import Session


def keep(
    session: Session, book: Book, settings: MonitorSettings, seconds: float, *, json: bool
) -> None:
    """Run now, and again `seconds` after each start, until SIGTERM or an interrupt; each run is a
    line on standard output. A run that fails is told, and the next one is tried."""
    with _told_to_stop() as stop:
        while not stop.is_set():
            begun = time.monotonic()
            try:
                with bounded(cancelled=stop):
                    made, alerts = run(session, book, settings)
            except Cancelled:
                break
            except LinkriskError as error:
                click.echo(f"monitor / 监测: {error}", err=True)
            else:
                found = showing.run(made, alerts)
                if json:
                    write_json(msgspec.json.encode(found))
                else:
                    click.echo(
                        f"run {found.run}, as of {found.as_of}: {found.clusters} clusters,"
                        f" {found.cases} cases, {len(alerts)} new alerts / 项新预警"
                    )
            stop.wait(max(0.0, begun + seconds - time.monotonic()))
    click.echo("stopped / 已停止", err=True)


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set: what is under way is called off, and leaves nothing
    behind."""
    stop = threading.Event()

    def told(number: int, frame: Any) -> None:  # noqa: ARG001 as signals have it
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
