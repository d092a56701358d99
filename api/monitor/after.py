"""The monitor after a load of the command line."""

from __future__ import annotations

import click

from graph.errors import LinkriskError


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
