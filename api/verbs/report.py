"""`linkrisk report`: subject, case, extension, clusters."""

from __future__ import annotations

import getpass
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from algorithms.registry import split
from api.caller import OWNER
from api.given import json_of
from api.options import Common, Reading, pass_common
from api.output import write_bytes, write_file, write_json
from api.report.ask import asked, made
from graph.errors import BadFile, WrongUsage

_MANY: Final = ("lists", "domains", "algorithms", "kinds")
_AS_OF: Final = re.compile(rb'<meta name="linkrisk:as_of" content="(\d{4}-\d\d-\d\d)">')
_HEAD: Final = 1 << 16  # bytes of an earlier report in which it says of what day it is


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every report."""
    for option in (
        click.option("--stamp", is_flag=True, help="Say who made it and when / 注明制作人与时间."),
        click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time."),
        click.option("--as-of", metavar="DATE", help="The day that it is of; default today."),
        click.option("--lang", type=click.Choice(["zh", "en", "both"]), default="both",
                     show_default=True),
        click.option("--format", "form", type=click.Choice(["html", "pdf"]),
                     help="Default: what --out ends with, else html."),
        click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default="-",
                     show_default=True, help="A file; - is standard output."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group()
def report() -> None:
    """Reports with pictures, each statement with its facts and their sources. 报告。

    HTML that refers to nothing outside itself, or PDF. The same question on the same data makes the
    same bytes.
    """


@report.command("subject", cls=Reading)
@click.option("--subject", required=True, metavar="ID", help="Whom it is about / 主体.")
@_common
@pass_common
def subject_(common: Common, /, **given: Any) -> None:
    """One subject: records, listings, related parties, owners, roles, time, money. 主体报告。"""
    _write(common, "subject", given)


@report.command("case", cls=Reading)
@click.option("--id", metavar="ID", help="A finding, case, cluster or case file / 编号.")
@click.option(
    "--from", "source", metavar="FILE", help="An answer of --json with findings; - is stdin."
)
@_common
@pass_common
def case_(common: Common, /, source: str | None, **given: Any) -> None:
    """A finding, a case of findings, or those in an answer: why, who, on which facts. 案件报告。"""
    if source is None and given["id"] is None:
        raise WrongUsage("report case: --id ID or --from FILE")
    if source is not None:
        given["answer"] = json_of(source, "an answer", dict[str, Any])
    _write(common, "case", given)


@report.command("extension", cls=Reading)
@click.option("--subject", required=True, metavar="ID", help="On whom it was imposed / 主体.")
@click.option("--measure", required=True, metavar="NAME", help="Of the rulebook / 措施.")
@click.option("--act", "--act-date", "act", required=True, metavar="DATE",
              help="The day of the act / 行为日期.")  # fmt: skip
@click.option("--edition", metavar="NAME", help="Of the rulebook; default the newest / 版本.")
@_common
@pass_common
def extension_(common: Common, /, **given: Any) -> None:
    """Whom a measure reaches, why, on what basis, until when; what others lacked. 措施扩展报告。"""
    _write(common, "extension", given)


@report.command("clusters", cls=Reading)
@click.option("--top", type=int, help="Clusters told of, 1 to 100.  [default: 20]")
@click.option("--members", type=int, help="Members listed of each, 1 to 100.  [default: 40]")
@click.option(
    "--since", metavar="DATE|FILE", help="What is new since a day, or an earlier report (HTML)."
)
@click.option("--known", type=click.Choice(["now", "then"]),
              help="That day by what is known now, or was then.  [default: now]")  # fmt: skip
@click.option("--lists", multiple=True, metavar="TEXT", help="As `linkrisk clusters`.")
@click.option("--domains", multiple=True, metavar="TEXT", help="As `linkrisk clusters`.")
@click.option("--algorithms", multiple=True, metavar="TEXT", help="As `linkrisk clusters`.")
@click.option("--kinds", multiple=True, metavar="TEXT", help="As `linkrisk clusters`.")
@click.option("--min-share", type=float, help="As `linkrisk clusters`.")
@click.option("--min-core", type=int, help="As `linkrisk clusters`.")
@_common
@pass_common
def clusters_(common: Common, /, **given: Any) -> None:
    """The worst risk clusters: members, why they are risky, what is new. 风险群组报告。"""
    if given["since"] and not re.fullmatch(r"\d{4}-\d\d-\d\d", given["since"]):
        given["since"] = _day_of(Path(given["since"]))
    _write(common, "clusters", given)


def _write(common: Common, kind: str, given: dict[str, Any]) -> None:
    out: Path = given.pop("out")
    printed = str(out) == "-"
    if printed and common.json:
        raise WrongUsage("--json says what was made: it goes with --out FILE")
    form = given.pop("form") or ("pdf" if out.suffix.lower() == ".pdf" else "html")
    values = {
        name: split(value) if name in _MANY else value
        for name, value in given.items()
        if not (value is None or value is False or value == ())
    }
    wanted = asked(kind, {**values, "format": form})
    from api.opened import opened

    with opened(common.url, f"report {kind}") as session:
        session.snapshot(wanted.known_at)
        found = made(session, wanted, OWNER, getpass.getuser())
    if printed:
        write_bytes(found.body)
        return
    write_file(out, [found.body])
    if common.json:
        told = {"report": str(out), "kind": kind, "format": form, "bytes": len(found.body),
                "sha256": hashlib.sha256(found.body).hexdigest(),
                "subjects": len(found.subjects)}  # fmt: skip
        write_json(msgspec.json.encode(told))
    else:
        click.echo(f"written / 已写入: {out}", err=True)


def _day_of(path: Path) -> str:
    """Of what day an earlier report is; raises BadFile, WrongUsage."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise BadFile(f"--since {path}: neither a date nor a report: {error.strerror}") from None
    found = _AS_OF.search(head)
    if found is None:
        raise WrongUsage(f"--since {path}: not a report of linkrisk as HTML")
    return found[1].decode()
