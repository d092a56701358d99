"""The monitor after a load of the command line, and after another model was put to use there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from graph.errors import Cancelled, LinkriskError

if TYPE_CHECKING:
    from api.session import Session


def after_load(url: str) -> None:
    """Run the monitor of a store where the settings say that it runs after each load; what it
    found, or why it did not run, is said on standard error. The load stands whatever comes of it.
    """
    from api.monitor.settings import MonitorSettings
    from api.settings import read

    settings = read().section(MonitorSettings)
    if not settings.after_ingest:
        return
    from api.kept import state_folder
    from api.monitor.book import Book
    from api.monitor.run import run
    from api.progress import followed
    from api.session import Session

    try:
        with Session(url) as session, Book(state_folder(url)) as book, followed("monitor / 监测"):
            made, alerts = run(session, book, settings)
    except LinkriskError as error:
        click.echo(f"monitor / 监测: {error}", err=True)
        return
    click.echo(f"monitor / 监测: run {made.no}, {len(alerts)} new alerts / 项新预警", err=True)


def after_use(session: Session) -> None:
    """Order open alerts by the models in use; how that went is said on standard error. The choice
    of the model stands whatever comes of it."""
    from api.kept import state_folder
    from api.monitor.book import Book
    from api.monitor.settings import MonitorSettings
    from api.monitor.standing import reorder
    from api.progress import followed
    from api.settings import read

    settings = read().section(MonitorSettings)
    try:
        with Book(state_folder(session.url)) as book, followed("monitor / 监测"):
            by = reorder(session, book, settings)
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 whatever it is: the choice stands
        click.echo(f"open alerts keep their order / 待处理预警次序未变: {error}", err=True)
        return
    if by is not None:
        for note in (f"open alerts are ordered as of {by.as_of} / 待处理预警已重排", *by.notes):
            click.echo(note, err=True)
