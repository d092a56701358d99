"""`linkrisk monitor`: what became of risk clusters and cases, and what of it is new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from algorithms.registry import split
from api.options import Common, Verb, common_options, pass_common
from api.output import write_bytes, write_file, write_json
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from api.monitor.book import Book
    from api.monitor.settings import MonitorSettings
    from api.session import Session

_EVERY: Final = re.compile(r"(\d{1,6})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LIMIT = click.option("--limit", metavar="INT", default="100", help="At most 1000.")
_AFTER = click.option("--after", metavar="TEXT", help="The `next` of a page.")
_OUT = click.option("--out", type=click.Path(path_type=Path), help="A file; default: standard"
                    " output.")  # fmt: skip


@click.group(params=list(common_options()), invoke_without_command=True)
@click.option("--every", metavar="TIME", help="Run now and each TIME (30m, 6h, 1d) until told to"
              " stop.")  # fmt: skip
@click.pass_context
def monitor(context: click.Context, every: str | None) -> None:
    """Watch risk clusters and cases: run, status, alerts, ack, digest, stats. 风险监测。

    A run compares the newest facts with those of the last run. Clusters keep their identity: born,
    grew, shrank, merged, split, dissolved. Only what is new risk is alerted, and once.
    """
    if context.invoked_subcommand is not None:
        if every is not None:
            raise click.UsageError("--every: without a subcommand")
        return
    if every is None:
        click.echo(context.get_help())
        context.exit(2)
    from api.monitor.schedule import keep

    with _session(context.ensure_object(Common)) as (session, book, settings):
        keep(session, book, settings, _seconds(every), json=context.ensure_object(Common).json)


def _seconds(text: str) -> float:
    found = _EVERY.fullmatch(text)
    if not found or not int(found[1]):
        raise WrongUsage(f"every: a time such as 30m, 6h or 1d, not {text[:20]!r}")
    return float(int(found[1]) * _SECONDS[found[2]])


@contextmanager
def _session(common: Common) -> Iterator[tuple[Session, Book, MonitorSettings]]:
    from api.kept import state_folder
    from api.monitor.book import Book
    from api.monitor.settings import MonitorSettings
    from api.opened import session_of
    from api.settings import read

    with session_of(common.url) as session, Book(state_folder(common.url)) as book:
        yield session, book, read().section(MonitorSettings)


@contextmanager
def _book(common: Common) -> Iterator[Book]:
    from api.kept import state_folder
    from api.monitor.book import Book
    from graph.store import open_store

    open_store(common.url).close()  # raises where there is none: no store is not a quiet one
    with Book(state_folder(common.url)) as book:
        yield book


@monitor.command("run", cls=Verb)
@click.option("--as-of", metavar="DATE", help="The day that it tells of; default today.")
@pass_common
def run(common: Common, as_of: str | None) -> None:
    """Run now; prints the run and the alerts that it raised. 立即运行。"""
    from api.interrupt import interruptible
    from api.monitor import showing
    from api.monitor.run import run as one_run
    from api.progress import followed

    with (
        _session(common) as (session, book, settings),
        followed("monitor / 监测"),
        interruptible(),
    ):
        made, alerts = one_run(session, book, settings, as_of)
    found = showing.run(made, alerts)
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    _one(msgspec.to_builtins(found))
    for each in alerts:
        for new in each.body["new"]:
            click.echo(f"{each.kind} {each.of}: {new['why']}")


@monitor.command("status", cls=Verb)
@pass_common
def status(common: Common) -> None:
    """The last run, clusters by state, open alerts, failures. 概况。"""
    from api.caller import DOMAINS
    from api.monitor import showing

    with _book(common) as book:
        _show(common, showing.status(book, DOMAINS))


@monitor.command("runs", cls=Verb)
@_AFTER
@_LIMIT
@pass_common
def runs(common: Common, after: str | None, limit: str) -> None:
    """Runs, the newest first. 运行记录。"""
    from api.caller import DOMAINS
    from api.look import limit_of, place_of
    from api.monitor import showing

    with _book(common) as book:
        found = showing.runs(book, DOMAINS, place_of(after, "after"), limit_of(limit))
    names = ("run", "as_of", "known_at", "seconds", "clusters", "cases", "events")
    _rows(common, found, _columns(found.results, names))


@monitor.command("lines", cls=Verb)
@click.option("--state", metavar="WORD", help="alive or gone.")
@_AFTER
@_LIMIT
@pass_common
def lines(common: Common, state: str | None, after: str | None, limit: str) -> None:
    """Lines of clusters, by name. 群组列表。"""
    from api.caller import DOMAINS
    from api.look import limit_of
    from api.monitor import showing

    with _book(common) as book:
        found = showing.lines(book, DOMAINS, state, after, limit_of(limit))
    names = ("line", "cluster", "alive", "event", "born", "changed")
    _rows(common, found, _columns(found.results, names))


@monitor.command("line", cls=Verb)
@click.argument("ident", metavar="ID")
@_LIMIT
@pass_common
def line(common: Common, ident: str, limit: str) -> None:
    """One line: what became of a cluster, the newest first. 单个群组的演变。"""
    from api.caller import DOMAINS
    from api.look import limit_of
    from api.monitor import showing

    with _book(common) as book:
        found = showing.whole(book, DOMAINS, ident, limit_of(limit))
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, table

    _one({**msgspec.to_builtins(found.line), "alerts": found.alerts})
    names = ("run", "event", "members", "score", "parents", "joined", "left")
    console().print(table(_columns(found.steps, names)))


@monitor.command("alerts", cls=Verb)
@click.option("--state", metavar="WORD", help="open, accepted, dismissed or over.")
@click.option("--kind", metavar="WORD", help="cluster or case.")
@click.option("--order", metavar="WORD", help="time (default): the newest first; risk: by the risk"
              " score of their members. It orders work and is no basis for extending a"
              " measure.")  # fmt: skip
@_AFTER
@_LIMIT
@pass_common
def alerts(common: Common, /, limit: str, **asked: str | None) -> None:
    """Alerts, the newest first, or by risk score. 预警列表。"""
    from api.caller import DOMAINS
    from api.look import limit_of
    from api.monitor import showing

    with _book(common) as book:
        found = showing.alerts(book, DOMAINS, limit=limit_of(limit), **asked)
    rows = [
        {"id": each.id, "run": each.run, "state": each.state, "kind": each.kind, "of": each.of,
         "score": each.row.get("score"), "priority": each.priority.score,
         "model": each.priority.model, "as_of": each.priority.as_of,
         "new": "; ".join(new["why"] for new in each.new)}
        for each in found.results
    ]  # fmt: skip
    _rows(common, found, rows)
    if not common.json:
        for note in found.notes:
            click.echo(note, err=True)


@monitor.command("alert", cls=Verb)
@click.argument("ident", metavar="ID")
@pass_common
def alert(common: Common, ident: str) -> None:
    """One alert: what is new, and what became of it. 预警详情。"""
    from api.caller import DOMAINS
    from api.monitor import showing

    with _book(common) as book:
        _show(common, showing.alert(book.alert(ident, DOMAINS), DOMAINS))


@monitor.command("ack", cls=Verb)
@click.argument("ident", metavar="ID")
@click.option("--state", default="accepted", show_default=True, metavar="WORD",
              help="accepted, dismissed, or open again.")  # fmt: skip
@click.option("--note", metavar="TEXT", help="In words.")
@click.option("--by", metavar="NAME", help="Who says so; default the user of this machine.")
@pass_common
def ack(common: Common, ident: str, state: str, note: str | None, by: str | None) -> None:
    """Say what an alert comes to. What is dismissed stays so until there is more. 处理预警。"""
    import getpass

    from api.caller import DOMAINS
    from api.monitor import showing

    try:
        asked = msgspec.convert({"state": state, "note": note}, showing.Verdict)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"alert: {error}") from None
    with _book(common) as book:
        _show(common, showing.judge(book, DOMAINS, ident, asked, by or getpass.getuser()))


@monitor.command("digest", cls=Verb)
@click.option("--since", metavar="RUN", help="What came after this run; default the last alone.")
@_LIMIT
@click.option("--format", "form", type=click.Choice(["json", "eml"]), default="json",
              show_default=True, help="eml is a mail file, text and HTML.")  # fmt: skip
@click.option("--to", multiple=True, metavar="ADDRESS", help="Whom the mail is for; repeat.")
@click.option("--from", "sender", metavar="ADDRESS", help="Whom it is from.")
@_OUT
@pass_common
def digest(common: Common, /, since: str | None, limit: str, form: str, **given: Any) -> None:
    """What is new since a run, as JSON or as a mail file; nothing is sent. 监测摘要。"""
    from api.caller import DOMAINS
    from api.look import limit_of, place_of
    from api.monitor import digest as digests

    to, sender, out = given["to"], given["sender"], given["out"]
    if form == "json" and (to or sender):
        raise WrongUsage("to, from: with --format eml")
    with _session(common) as (session, book, _):
        found = digests.digest(session, book, DOMAINS, place_of(since, "since"), limit_of(limit))
    if form == "json":
        body = msgspec.json.encode(found) + b"\n"
    else:
        body = digests.mail(found, list(to) or [digests.SENDER], sender or digests.SENDER)
    _put(body, out)


@monitor.command("stats", cls=Verb)
@click.option("--by", multiple=True, metavar="NAME", help="month, domain, region, measure; repeat"
              " or separate by commas; default all.")  # fmt: skip
@click.option("--level", metavar="WORD", help="Regions by province (default), prefecture, county.")
@click.option("--since", metavar="MONTH", help="From this month on, as 2024-01.")
@click.option("--until", metavar="MONTH", help="Up to this month.")
@click.option("--domain", metavar="NAME", help="Only this domain.")
@click.option("--day", metavar="DATE", help="Clocks as they stand on this day; default today.")
@click.option("--csv", is_flag=True, help="As CSV, for a spreadsheet.")
@_OUT
@pass_common
def stats(
    common: Common, /, by: tuple[str, ...], csv: bool, out: Path | None, **given: Any
) -> None:
    """How many were listed, extended, objected, repaired; clocks met and missed. 统计。"""
    from api.monitor.statistics import COUNTS, asked_of, csv_of, statistics
    from api.opened import opened

    asked = {name: value for name, value in given.items() if value is not None}
    if by:
        asked["by"] = split(by)
    wanted = asked_of(asked)
    with opened(common.url, "monitor stats / 统计") as session:
        found = statistics(session, wanted)
    if csv or common.json or out is not None:
        _put(csv_of(found) if csv else msgspec.json.encode(found) + b"\n", out)
        return
    from api.table import console, table

    rows = [msgspec.to_builtins(each) for each in (*found.results, found.total)]
    shown = [name for name in COUNTS if any(row[name] for row in rows)] or [COUNTS[0]]
    names = [name for row in rows[:1] for name in row if name not in COUNTS]
    named = [{name: row.get(name) for name in (*names, *shown)} for row in rows]
    console().print(table(named))


def _put(body: bytes, out: Path | None) -> None:
    if out is not None:
        write_file(out, [body])
        click.echo(f"written / 已写入: {out}", err=True)
        return
    write_bytes(body)


def _show(common: Common, found: Any) -> None:
    if common.json:
        write_json(msgspec.json.encode(found))
    else:
        _one(msgspec.to_builtins(found))


def _one(found: dict[str, Any]) -> None:
    from api.table import console, table

    console().print(table([{"": name, " ": value} for name, value in found.items()]))


def _columns(found: list[Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{name: getattr(each, name) for name in names} for each in found]


def _rows(common: Common, found: Any, rows: list[dict[str, Any]]) -> None:
    """A page: as it is, or of it these rows."""
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, listed

    console().print(listed(rows))
    if found.next is not None:
        click.echo(f"more are there; --after {found.next} shows them / 还有更多", err=True)
