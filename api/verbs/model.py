"""`linkrisk model`: models of risk are trained, listed, described, used and watched."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from algorithms.registry import readable, split
from api.options import Common, Reading, Verb, common_options, pass_common
from api.output import write_bytes, write_file, write_json
from graph.errors import BadFile, WrongUsage

if TYPE_CHECKING:
    from api.models.showing import Label
    from api.session import Session

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_KINDS = click.Choice(["account", "company", "person", "phone"])
_DAYS = (
    click.option("--from", "one", metavar="DATE", help="Default the day of the model's test."),
    click.option("--to", "other", metavar="DATE", help="Default today."),
)
_MANY = {"lists", "domains", "groups", "windows"}


@click.group(params=list(common_options()))
def model() -> None:
    """Models of risk: train, list, show, card, use, drift, stability, again. 风险模型。

    The score orders the work of investigators and of monitoring; it is never a basis for extending
    a measure to anybody. 评分仅用于排定先后, 不得作为延伸惩戒的依据。
    """


@contextmanager
def _session(common: Common) -> Iterator[Session]:
    from api.opened import session_of

    with session_of(common.url) as session:
        yield session


@model.command(cls=Verb)
@click.argument("name")
@click.option("--as-of", required=True, metavar="DATE", help="The first day that it grows on.")
@click.option("--test-as-of", required=True, metavar="DATE", help="The day of the test.")
@click.option("--calibrate-as-of", metavar="DATE", help="The day that probabilities are fitted on;"
              " default the day between.")  # fmt: skip
@click.option("--until", metavar="DATE", help="Labels count until this day; default today.")
@click.option("--kind", type=_KINDS, default="account", show_default=True)
@click.option("--labels", type=_FILE, help="CSV with columns id and day, or JSON Lines of them;"
              " default: who came on --lists.")  # fmt: skip
@click.option("--lists", multiple=True, metavar="NAME", help="Default black and penalty.")
@click.option("--domains", multiple=True, metavar="NAME", help="Only listings of these fields.")
@click.option("--groups", multiple=True, metavar="NAME", help="Groups of features; default all but"
              " the slow ones.")  # fmt: skip
@click.option("--windows", multiple=True, metavar="DAYS", help="Of features; default 7, 30, 90 and"
              " 365.")  # fmt: skip
@click.option("--seed", type=int, metavar="INT", help="Default 0.")
@click.option("--k", type=int, metavar="INT", help="Of precision at k; default 100.")
@click.option("--precision", type=float, metavar="NUMBER", help="Of recall at it; default 0.5.")
@click.option("--rules/--no-rules", default=True, help="Ask all detectors for the baseline of rules"
              " alone.")  # fmt: skip
@click.option("--fit-days", type=int, metavar="INT", help="How many days it grows on, from --as-of"
              " on and evenly apart before --calibrate-as-of; default 3.")  # fmt: skip
@click.option("--as-known", is_flag=True, help="Features of a day from what was recorded by its end"
              " only.")  # fmt: skip
@click.option("--use", is_flag=True, help="Let it answer risk-score for its kind at once.")
@pass_common
def train(common: Common, /, labels: Path | None, **given: Any) -> None:
    """Train a model NAME and measure it on a later day. 训练模型。"""
    from api.models.making import train as carried_out
    from api.models.showing import TrainAsked
    from api.monitor.after import after_use
    from api.progress import followed

    said = {k: v for k, v in given.items() if v is not None and v != ()}
    for name in _MANY & set(said):
        said[name] = split(said[name])
    if labels is not None:
        said["labels"] = read_labels(labels)
    try:
        asked = msgspec.convert(said, TrainAsked, strict=False)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"model train: {readable(str(error))}") from None
    with _session(common) as session, followed("model train"):
        made = carried_out(session, asked, "cli")
        if asked.use:
            after_use(session)
    _tell(common, made)


def read_labels(path: Path) -> list[Label]:
    """The rows of a file of labels; raises BadFile with the row and line where one is none."""
    from api.models.showing import Label

    found = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}: byte {error.start}: not UTF-8 / 须为 UTF-8 编码") from None
    with io.StringIO(text, newline="") as stream:
        lines = _lines(stream) if path.suffix in (".jsonl", ".json") else _table(stream, path)
        for number, (at, line) in enumerate(lines, 1):
            try:
                found.append(
                    msgspec.json.decode(line, type=Label)
                    if isinstance(line, str)
                    else msgspec.convert({k: line.get(k) for k in ("id", "day")}, Label)
                )
            except (msgspec.DecodeError, AttributeError) as error:
                raise BadFile(f"{path}: row {number}, line {at}: {readable(str(error))} (columns id"
                              " and day) / 须有 id 与 day 两列") from None  # fmt: skip
    if not found:
        raise BadFile(f"{path}: no labels / 没有标签")
    return found


def _lines(stream: io.StringIO) -> Iterator[tuple[int, Any]]:
    """The lines that are not blank, with their numbers."""
    return ((at, line) for at, line in enumerate(stream, 1) if line.strip())


def _table(stream: io.StringIO, path: Path) -> Iterator[tuple[int, Any]]:
    """The rows of a table, with the numbers of their lines."""
    rows = csv.DictReader(stream)
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise BadFile(f"{path}: line {rows.line_num + 1}: {error} / 无法读取") from None


@model.command("list", cls=Reading)
@pass_common
def list_(common: Common, /) -> None:
    """All models, and which are in use. 模型列表。"""
    from api.models.showing import listed

    with _session(common) as session:
        found = listed(session.models)
    if common.json:
        _tell(common, found)
        return
    from api.table import console, table

    if not found.results:
        click.echo("no models yet: `linkrisk model train` makes one / 尚无模型", err=True)
        return
    rows = msgspec.to_builtins(found.results)
    console().print(table([{**row, "sha256": row["sha256"][:12]} for row in rows]))


@model.command(cls=Reading)
@click.argument("name")
@pass_common
def show(common: Common, /, name: str) -> None:
    """One model: what it was made from and how it measured. 模型详情。"""
    from api.models.showing import whole

    with _session(common) as session:
        _tell(common, whole(session.models, name))


@model.command(cls=Reading)
@click.argument("name")
@click.option("--html", is_flag=True, help="A page instead of Markdown.")
@click.option("--out", type=click.Path(path_type=Path), help="A file; default: standard output.")
@pass_common
def card(common: Common, /, name: str, html: bool, out: Path | None) -> None:
    """The card of a model: data, split, figures, groups, limits. 模型卡。"""
    from api.models import card as cards
    from api.models.showing import whole

    with _session(common) as session:
        found = whole(session.models, name)
    body = (cards.html(found) if html else cards.markdown(found)).encode()
    if out is None:
        write_bytes(body)
    else:
        write_file(out, [body])
        click.echo(f"written / 已写入: {out}", err=True)


@model.command(cls=Reading)
@click.argument("name")
@pass_common
def again(common: Common, /, name: str) -> int:
    """Train anew on what was known then; ends with 1 where a figure differs. 重新训练核对。"""
    from api.models.making import again as carried_out
    from api.progress import followed

    with _session(common) as session, followed("model again"):
        found = carried_out(session, name)
    _tell(common, found)
    return 0 if found.same else 1


@model.command(cls=Verb)
@click.argument("name")
@click.option("--kind", type=_KINDS, help="With NAME rules: the kind that no model answers for.")
@pass_common
def use(common: Common, /, name: str, kind: Any) -> None:
    """Let a model answer risk-score for its kind; `rules`: none. 启用模型。

    Open alerts of the monitor are ordered by it at once. 待处理预警随即按其重排。
    """
    from api.models import making
    from api.models.book import RULES
    from api.monitor.after import after_use

    with _session(common) as session:
        if (name == RULES) != (kind is not None):
            raise WrongUsage("model use: rules takes --kind, a model has its own"
                             " / 仅 rules 需要 --kind")  # fmt: skip
        if kind is not None:
            _tell(common, making.use_none(session, kind, "cli"))
        else:
            _tell(common, making.use(session, name, "cli"))
        after_use(session)


@model.command(cls=Reading)
@click.argument("name")
@_DAYS[0]
@_DAYS[1]
@pass_common
def drift(common: Common, /, name: str, one: str | None, other: str | None) -> None:
    """How far features and score moved between two days. 漂移。"""
    from api.models.watching import drift_of

    with _session(common) as session:
        found = drift_of(session, name, one, other)
    if common.json:
        _tell(common, found)
        return
    from api.table import console, table

    rows = [found.score, *found.features[:20]]
    console().print(table([msgspec.to_builtins(row) for row in rows]))


@model.command(cls=Reading)
@click.argument("name")
@_DAYS[0]
@_DAYS[1]
@pass_common
def stability(common: Common, /, name: str, one: str | None, other: str | None) -> None:
    """How still the order holds: to another day, and with relations taken away. 稳定性。"""
    from api.models.watching import stability_of

    with _session(common) as session:
        _tell(common, stability_of(session, name, one, other))


def _tell(common: Common, found: Any) -> None:
    body = msgspec.json.encode(found)
    if common.json:
        write_json(body)
        return
    from api.models import card as cards
    from api.models.showing import ModelShown

    if isinstance(found, ModelShown):
        write_bytes(cards.markdown(found).encode())
    else:
        write_json(msgspec.json.format(body, indent=2))
