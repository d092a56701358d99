"""`linkrisk match`: who is meant by each line of a file."""

from __future__ import annotations

from codecs import BOM_UTF8
from itertools import chain
from pathlib import Path
from typing import Any

import click

from api.options import Common, Verb, pass_common
from api.output import write_file, write_json


@click.command(cls=Verb)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--limit", metavar="INT", help="The most candidates of a line, 1 to 500; default 5.")
@click.option("--threshold", metavar="NUMBER", help="The score of a match, 0 to 1; default 0.7.")
@click.option("--cutoff", metavar="NUMBER", help="Candidates below are left out; default 0.5.")
@click.option("--exclude", metavar="ID,…", help="Subjects that were looked at and are not meant.")
@click.option("--changed-since", metavar="TEXT", help="Only subjects changed after this.")
@click.option("--as-of", metavar="DATE", help="The day that phones and addresses are asked for.")
@click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time with zone.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="A CSV file.")
@pass_common
def match(
    common: Common, /, file: Path, out: Path | None, exclude: str | None, **given: Any
) -> None:
    """Who is meant by each description of a file. 批量匹配。

    FILE is the JSON body of POST /v1/match, or a table (CSV, TSV, XLSX): with a header such as
    企业名称, 统一社会信用代码, 姓名, phone, birth_date, or a list of names and codes mixed.
    A table goes to --out as CSV, or is printed; --json prints what the route answers.
    """
    import msgspec

    from api.matching import tables, yente
    from api.opened import opened

    queries = tables.queries_of(file)
    options = {name: value for name, value in given.items() if value is not None}
    if exclude:
        options["exclude_entity_ids"] = [name for name in exclude.split(",") if name]
    asked = yente.batch_of({"queries": queries}, options)
    with opened(common.url, "match / 匹配") as session:
        answer = yente.match(session, asked)
    if out is not None:
        lines = tables.csv_of(tables.rows_of(answer, queries))
        write_file(out, chain([BOM_UTF8], (line.encode() for line in lines)))
    if common.json:
        write_json(msgspec.json.encode(answer))
        return
    if out is not None:
        click.echo(f"{len(queries):,} matched / 条已匹配: {out}", err=True)
        return
    from api.table import console, table

    console().print(table(list(tables.rows_of(answer, queries))))
