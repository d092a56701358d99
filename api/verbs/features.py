"""`linkrisk features`: tables of features for models of one's own."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from algorithms.features.table import KINDS, WINDOWS
from algorithms.registry import as_day, split
from api.options import Common, Verb, pass_common
from api.output import write_json
from graph.errors import WrongUsage


@click.command(cls=Verb)
@click.option("--as-of", metavar="DATE", help="The day that features are as of; default today.")
@click.option("--kind", type=click.Choice(KINDS), default="account", show_default=True,
              help="Whose features.")  # fmt: skip
@click.option("--groups", multiple=True, metavar="TEXT", help="Groups of features; repeat or"
              " separate by commas; default all but those that take long.")  # fmt: skip
@click.option("--windows", multiple=True, metavar="INT", help="Windows in days, ascending."
              f"  [default: {','.join(map(str, WINDOWS))}]")  # fmt: skip
@click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time with zone.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="The folder of the feature store.")  # fmt: skip
@click.option("--describe", is_flag=True, help="Say what each column means, and compute nothing.")
@pass_common
def features(
    common: Common, as_of: str | None, kind: str, groups: tuple[str, ...],
    windows: tuple[str, ...], known_at: str | None, out: Path | None, describe: bool,
) -> None:  # fmt: skip
    """Features of all subjects of a kind as of a day, as a Parquet table. 特征表。

    The table is DIR/KIND/DAY/KNOWN-DIGEST/features.parquet: a row a subject by its canonical id,
    a column a feature, NaN where it is not known; nothing in it comes from after the day. Its
    schema says what each column means. The same question on the same facts is not computed
    again; where only some facts changed, only the groups that read them are. 增量计算。
    """
    from api.features.keeping import Asked, build, days_of

    chosen = split(groups) or None
    days = days_of(split(windows))
    if describe:
        _describe(common, kind, chosen, days)
        return
    if out is None:
        raise WrongUsage("features are written into a folder: --out DIR (or --describe)")
    from api.opened import opened

    asked = Asked(as_of=as_day(as_of), kind=kind, groups=chosen, windows=days, known_at=known_at)
    with opened(common.url, "features / 特征") as session:
        path, built = build(session, asked, out)
    if common.json:
        write_json(msgspec.json.encode({"file": str(path), **msgspec.to_builtins(built)}))
        return
    click.echo(path)
    click.echo(
        f"{built.rows:,} rows × {built.columns:,} features, {built.bytes / 1e6:,.1f} MB;"
        f" reused / 复用: {', '.join(built.reused) or '-'}",
        err=True,
    )
    for text in (*built.cut, *built.notes):
        click.echo(text, err=True)


def _describe(common: Common, kind: str, groups: list[str] | None, windows: list[int]) -> None:
    from api.features.keeping import Dictionary, described

    rows = described(kind, groups, windows)
    if common.json:
        write_json(msgspec.json.encode(Dictionary(kind=kind, results=rows)))
        return
    for row in rows:
        click.echo(f"{row.name}  [{row.group}, {row.unit}]  {row.en} / {row.zh}")
