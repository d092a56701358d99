"""Looking things up and taking them out: show, facts, search, list, export."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from api.options import Common, Reading, Verb, pass_common
from api.output import printable, write_file, write_json
from graph.errors import WrongUsage
from ingest.writers import Tally, writings

if TYPE_CHECKING:
    from api.export import Asked
    from api.session import Session


@click.command(cls=Reading)
@click.argument("name", metavar="ID")
@click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time with zone.")
@click.option("--as-of", metavar="DATE", help="Relations on this day; default today.")
@click.option("--depth", metavar="INT", help="Steps of the tree, 0 to 4.  [default: 1]")
@click.option("--rows", metavar="INT", help="Relations of a kind, 0 to 100.  [default: 8]")
@click.option("--hub", metavar="INT", help="A party with more relations than these stays closed."
              "  [default: 200]")  # fmt: skip
@pass_common
def show(
    common: Common, name: str, known_at: str | None, as_of: str | None, depth: str | None,
    rows: str | None, hub: str | None,
) -> None:  # fmt: skip
    """One subject: records, contradictions, listings, and what stands around it. 查看主体。

    ID is dataset:id, a bare id, a canonical id or an official key. Its neighbourhood is drawn as a
    tree, by kind of relation with counts (`linkrisk adjacent` asks the same); --json has the
    subject alone. 关系按种类画成树并计数。
    """
    from api import look
    from api.look import number_of
    from api.opened import opened

    steps = number_of("depth", depth, 1, 0, 4)
    most, bound = number_of("rows", rows, 8, 0, 100), number_of("hub", hub, 200, 1, 1_000_000)
    tree, notes = None, list[str]()
    with opened(common.url, "show / 查看") as session:
        found = look.subject(session, name, known_at)
        if steps and not common.json:
            from api.tree import Drawn

            drawn = Drawn(session, session.snapshot(known_at), steps, most, bound, as_of, notes)
            tree = drawn.tree(name)
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, table

    out = console()
    out.print(f"{printable(found['label'])}  {found['kind']}  {found['id']}", markup=False)
    out.print(table([{"record": r["id"], **_flat(r)} for r in found["records"]]))
    if found["contradictions"]:
        out.print("contradictions / 矛盾")
        out.print(table(found["contradictions"]))
    if found["listings"]:
        out.print("listings / 名单")
        out.print(table(found["listings"]))
    if tree is not None:
        out.print("around it / 关系")
        out.print(tree)
    for note in notes:
        out.print(f"note / 注: {printable(note)}", markup=False)


@click.command(cls=Reading)
@click.argument("name", metavar="ID")
@click.option("--axis", metavar="[both|valid|recorded]", help="Which time.  [default: both]")
@click.option("--since", metavar="TEXT", help="From this day or ISO time on.")
@click.option("--until", metavar="TEXT", help="To the end of this day, or before this ISO time.")
@click.option("--kinds", metavar="TEXT", multiple=True, help="Kinds of fact, listing, decision.")
@click.option("--limit", metavar="INT", help="Moments shown, 1 to 1000.  [default: 100]")
@click.option("--after", metavar="TEXT", help="The `next` of the page before.")
@click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time with zone.")
@pass_common
def timeline(common: Common, /, name: str, **given: Any) -> None:
    """A subject in order of time: facts, listings, what was recorded, decisions. 时间线。

    ID is dataset:id, a bare id, a canonical id or an official key.
    """
    from algorithms.registry import split
    from api.opened import opened
    from api.subjects import timeline as timelines

    values = {key: value for key, value in given.items() if value not in (None, ())}
    if "kinds" in values:
        values["kinds"] = split(values["kinds"])
    asked = timelines.asked(values)
    with opened(common.url, "timeline / 时间线") as session:
        found = timelines.timeline_bytes(session, name, asked)
    if common.json:
        write_json(found)
        return
    from api.table import console, table

    told = msgspec.json.decode(found)
    out = console()
    out.print(f"{printable(told['label'])}  {told['id']}", markup=False)
    out.print(table(told["results"]) if told["results"] else "nothing found / 未找到")
    if told["truncated"]:
        out.print(told["truncated"]["reason"], markup=False)
    if told["next"]:
        out.print(f"more: --after '{told['next']}'", markup=False)


@click.command(cls=Reading)
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@click.option("--known-at", metavar="TEXT", help="As they were known at this ISO time with zone.")
@pass_common
def facts(common: Common, names: tuple[str, ...], known_at: str | None) -> None:
    """The facts that answers cite: what each says, both ends named, its source. 查看事实。

    ID is dataset:id, as `facts` in an answer gives it; at most 1,000 of them.
    """
    from api import evidence
    from api.opened import opened

    with opened(common.url, "facts / 事实") as session:
        found = evidence.facts(session, names, known_at)
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, table

    ends = ("from", "to", "subject")
    rows = [
        {n: f"{v['label']} ({v['id']})" if n in ends else v for n, v in fact.items()}
        for fact in found["results"]
    ]
    console().print(table(rows))


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    hidden = {"id", "kind"}
    return {name: value for name, value in record.items() if name not in hidden}


@click.command(cls=Reading)
@click.argument("text")
@click.option("--kind", metavar="KIND", help="Only subjects of this kind, such as company.")
@click.option("--limit", default="20", show_default=True, help="The most rows, 1 to 1000.")
@click.option("--offset", default="0", show_default=True, help="Rows to pass over, 0 to 10000.")
@click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time with zone.")
@pass_common
def search(
    common: Common, text: str, kind: str | None, limit: str, offset: str, known_at: str | None
) -> None:
    """Subjects by id, official key or name, the best first. 搜索。

    TEXT may be dataset:id, a credit code, resident id, phone or account number, or a name: in
    traditional or simplified characters, a part of it, former names, pinyin (zhang san) or its
    first letters (zs).
    """
    from api.look import number_of
    from api.matching import search as searching
    from api.opened import opened

    most = number_of("limit", limit, 20, 1, searching.MOST)
    passed = number_of("offset", offset, 0, 0, searching.DEEPEST)
    with opened(common.url, "search / 搜索") as session:
        found = searching.search(session, text, kind, most, passed, known_at)
    more = f"more are there; --offset {passed + most} shows them" if found["more"] else ""
    _print(common, found, more)


@click.command("list", cls=Reading)
@click.option("--kind", metavar="KIND", help="Subjects of this kind, such as company.")
@click.option("--limit", default="50", show_default=True, help="The most rows, 1 to 1000.")
@pass_common
def list_(common: Common, kind: str | None, limit: str) -> None:
    """Counts of what the store holds, or the subjects of one kind. 列出。"""
    from api import look
    from api.opened import opened

    most = look.limit_of(limit)
    with opened(common.url, "list / 列出") as session:
        found = look.listing(session, kind, most)
    total = found.get("total", 0)
    shown = len(found.get("results", ()))
    _print(common, found, f"{shown} of {total:,}" if kind else "")


@click.command(cls=Reading)
@click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time with zone.")
@pass_common
def catalog(common: Common, known_at: str | None) -> None:
    """The datasets: facts by kind, the time they speak of, newest batch, files. 数据目录。

    Titles, publishers, licences are those of the TOML file that LINKRISK_CATALOG names.
    """
    from api.catalog import datasets as catalogs
    from api.opened import opened

    with opened(common.url, "catalog / 目录") as session:
        found = catalogs.catalog_bytes(session, known_at)
    if common.json:
        write_json(found)
        return
    from api.table import console, table

    rows = [
        {"dataset": each["name"], "facts": each["facts"], "kinds": each["kinds"],
         "from": each["first"], "to": each["last"], "newest": each["newest"]["recorded_at"],
         "licence": each["licence"] or "–"}
        for each in msgspec.json.decode(found)["datasets"]
    ]  # fmt: skip
    console().print(table(rows) if rows else "nothing found / 未找到")


def _print(common: Common, found: dict[str, Any], note: str) -> None:
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, table

    out = console()
    rows = found["results"] if "results" in found else _pairs(found)
    out.print(table(rows) if rows else "nothing found / 未找到")
    if note:
        out.print(note)


def _pairs(counts: dict[str, Any]) -> list[dict[str, Any]]:
    """Nested counts as rows of name and number."""
    rows = []
    for name, value in counts.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        rows += [{"what": f"{name} {part}".strip(), "count": number} for part, number in parts]
    return rows


@click.command(cls=Verb)
@click.option(
    "--format",
    "form",
    type=click.Choice(["native", *writings(), "neo4j-csv"]),
    default="native",
    show_default=True,
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file, by default stdout; of parquet and neo4j-csv a new or empty folder.",
)
@click.option("--as-of", metavar="DATE", help="Only what is true on this day; default all of it.")
@click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time with zone.")
@click.option("--masked", is_flag=True, help="Personal identifiers by their ends only.")
@click.option("--history", is_flag=True, help="With what was retracted since (parquet).")
@pass_common
def export(
    common: Common, form: str, out: Path | None, as_of: str | None, known_at: str | None,
    masked: bool, history: bool,
) -> None:  # fmt: skip
    """Write the facts as JSON Lines that load again as what they were. 导出。

    `id` and `source` stay as they came; `canonical` is added, the id that answers use. Without
    --masked the file holds personal identifiers in full: treat it as the store itself.

    As ftm (FollowTheMoney), bods (BODS 0.4), graphml or parquet, for other programs; a report says
    what the format could not hold: on standard error, and beside the file as PATH.report.json.
    供其他软件使用的格式; 报告列出该格式不能容纳的内容。

    As neo4j-csv, everything in the store goes into files for `neo4j-admin database import`, which
    make the same store in Neo4j, identifiers masked as they are there. 供 Neo4j 批量导入。
    """
    from api.export import Asked, lines
    from api.reads.local import record_locally

    if form == "neo4j-csv":
        given = {"--masked": masked, "--known-at": known_at, "--as-of": as_of, "--history": history}
        _neo4j_csv(common, out, next((name for name, value in given.items() if value), None))
        return
    asked = Asked(known_at=known_at, as_of=as_of, masked=masked, history=history)
    if form != "native":
        _other(common, form, out, asked)
        return
    if history:
        raise WrongUsage("--history goes with --format parquet, which shows what was retracted")
    if out is not None and out.is_dir():
        raise WrongUsage(f"--out {out} is a folder: one fact a line goes into a file")
    with _exporting(common, out) as session:
        if not masked:
            record_locally(session.store, "export")
        written = lines(session, known_at, masked=masked, as_of=as_of)
        count = _to_stdout(written) if out is None else write_file(out, written)
    if out is not None:
        click.echo(f"{count:,} facts written / 条事实已写入: {out}", err=True)


def _exporting(common: Common, out: Path | None) -> AbstractContextManager[Session]:
    """The session; how far it is stands on the terminal, unless the facts themselves do."""
    from api.opened import opened, session_of

    if out is None and sys.stdout.isatty():
        return session_of(common.url)
    return opened(common.url, "export / 导出")


def _other(common: Common, form: str, out: Path | None, asked: Asked) -> None:
    """A format of another program, and the report of what it could not hold."""
    from api.export import folder, stream

    tally = Tally()
    streams = writings()[form].lines is not None
    if out is None and not streams:
        raise WrongUsage(f"{form} is written into a folder: --out FOLDER")
    if out is not None and streams and out.is_dir():
        raise WrongUsage(f"--out {out} is a folder: {form} goes into a file")
    with _exporting(common, out) as session:
        if out is not None and not streams:
            report = folder(session, form, asked, out)
        else:
            written = stream(session, form, asked, tally)
            if out is None:
                _to_stdout(written)
            else:
                write_file(out, written)
            report = tally.report(form)
    if out is not None and streams:
        text = msgspec.json.format(msgspec.json.encode(report), indent=2)
        out.with_name(out.name + ".report.json").write_bytes(text + b"\n")
    if out is not None and common.json:
        write_json(msgspec.json.encode(report))
        return
    click.echo(_told(report), err=True)


def _told(report: dict[str, Any]) -> str:
    """A report in words."""
    lines = [f"{report['facts']:,} facts written / 条事实已写入"]
    for row in report["dropped"]:
        what = row["kind"] if row["field"] == "*" else f"{row['kind']}.{row['field']}"
        lines.append(f"  dropped / 未写入: {what} × {row['count']:,}: {row['reason']}")
    if report["beside"]:
        named = ", ".join(
            f"{row['kind']}.{row['field']} × {row['count']:,}" for row in report["beside"]
        )
        lines.append(f"  for the way back only / 仅供读回: {named}")
    return "\n".join(lines)


def _neo4j_csv(common: Common, out: Path | None, given: str | None) -> None:
    from api.export import neo4j_csv

    if out is None:
        raise WrongUsage("neo4j-csv is written into a folder: --out FOLDER")
    if given is not None:
        raise WrongUsage(f"{given} does not go with neo4j-csv, which is the whole store")
    done = neo4j_csv(common.url, out)
    if common.json:
        write_json(msgspec.json.encode(done.told))
    else:
        click.echo(done.text)


def _to_stdout(written: Iterable[bytes]) -> int:
    """How many parts it was."""
    stream = sys.stdout.buffer
    count = 0
    for count, line in enumerate(written, 1):  # noqa: B007
        stream.write(line)
    stream.flush()
    return count
