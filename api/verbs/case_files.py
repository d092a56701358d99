"""`linkrisk case-files`: scenes that are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from api.given import json_of
from api.options import Common, Reading, Verb, common_options, pass_common
from api.output import printable, write_file, write_json
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from api.casework.file_showing import CaseFileAsked, CaseFileList, CommentList
    from api.casework.files import CaseFiles
    from api.session import Session


@click.group("case-files", params=list(common_options()))
def case_files() -> None:
    """Case files: add, list, show, change, remove; comment, comments; export. 案卷。

    A case file is a scene (subjects, where they stand, as of which day) with a title and comments.
    """


@contextmanager
def _open(common: Common) -> Iterator[tuple[Session, CaseFiles]]:
    from api.casework.files import CaseFiles
    from api.opened import opened

    with opened(common.url, "case files / 案卷") as session, CaseFiles(common.url) as book:
        yield session, book


def _asked(path: str) -> CaseFileAsked:
    """What a file (`-`: standard input) says of a case file."""
    from api.casework.file_showing import CaseFileAsked
    from api.converting import convert

    return convert(CaseFileAsked, json_of(path, "JSON"))


def _show(common: Common, told: Any) -> None:
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    said = msgspec.to_builtins(told)
    scene = said.pop("scene", None)
    for name, value in said.items():
        click.echo(f"{name}: {printable(str(value))}")
    if scene is not None:
        click.echo(f"subjects / 主体: {', '.join(scene['ids'][:20])}"
                   + (" …" if len(scene["ids"]) > 20 else ""))  # fmt: skip


@case_files.command("add", cls=Verb)
@click.argument("path", metavar="FILE")
@pass_common
def add(common: Common, path: str) -> None:
    """Keep what FILE says (JSON as the route takes it; `-`: standard input). 新建案卷。"""
    from api.casework.file_showing import content_of, shown, viewer_of

    asked, viewer = _asked(path), viewer_of()
    with _open(common) as (session, book):
        told = shown(book.make(viewer, content_of(session, asked)), viewer)
    _show(common, told)


@case_files.command("list", cls=Reading)
@click.option("--status", metavar="WORD", help="open or closed.")
@click.option("--limit", default="50", metavar="INT", help="At most 1000.")
@click.option("--before", metavar="NO", help="The `next` of a page.")
@pass_common
def list_(common: Common, status: str | None, limit: str, before: str | None) -> None:
    """Case files, the newest first. 案卷列表。"""
    from api.casework.file_showing import listing, viewer_of
    from api.look import limit_of, place_of

    most, top = limit_of(limit), place_of(before)
    with _open(common) as (_, book):
        told = listing(book, viewer_of(), most, status, top)
    _rows(common, told)


def _rows(common: Common, told: CaseFileList | CommentList) -> None:
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    from api.table import console, listed

    console().print(listed(msgspec.to_builtins(told.results)))
    if told.next is not None:
        click.echo(f"more are there; --before {told.next} shows them / 还有更多", err=True)


@case_files.command("show", cls=Reading)
@click.argument("ident", metavar="ID")
@pass_common
def show(common: Common, ident: str) -> None:
    """One case file with its scene. 案卷详情。"""
    from api.casework.file_showing import shown, viewer_of

    viewer = viewer_of()
    with _open(common) as (_, book):
        told = shown(book.get(ident, viewer), viewer)
    _show(common, told)


@case_files.command("change", cls=Verb)
@click.argument("ident", metavar="ID")
@click.argument("path", metavar="FILE")
@click.option("--version", type=int, required=True, metavar="INT",
              help="The version that is replaced; refused where it changed since.")  # fmt: skip
@pass_common
def change(common: Common, ident: str, path: str, version: int) -> None:
    """Put what FILE says in a case file's place. 更新案卷。"""
    from api.casework.file_showing import content_of, shown, viewer_of

    asked, viewer = _asked(path), viewer_of()
    with _open(common) as (session, book):
        told = shown(book.change(ident, viewer, version, content_of(session, asked)), viewer)
    _show(common, told)


@case_files.command("remove", cls=Verb)
@click.argument("ident", metavar="ID")
@pass_common
def remove(common: Common, ident: str) -> None:
    """Delete a case file with its comments. 删除案卷。"""
    from api.casework.file_showing import viewer_of

    with _open(common) as (_, book):
        book.remove(ident, viewer_of())
    click.echo(f"removed / 已删除: {ident}", err=True)


@case_files.command("comment", cls=Verb)
@click.argument("ident", metavar="ID")
@click.argument("text")
@pass_common
def comment(common: Common, ident: str, text: str) -> None:
    """Comment on a case file. 评论。"""
    from api.casework import file_showing
    from api.converting import convert

    asked = convert(file_showing.CommentAsked, {"text": text})
    with _open(common) as (_, book):
        made = book.say(ident, file_showing.viewer_of(), asked.text)
    _show(common, file_showing.comment(made))


@case_files.command("comments", cls=Reading)
@click.argument("ident", metavar="ID")
@click.option("--limit", default="100", metavar="INT", help="At most 1000.")
@click.option("--before", metavar="NO", help="The `next` of a page.")
@pass_common
def comments(common: Common, ident: str, limit: str, before: str | None) -> None:
    """Comments on a case file, the newest first. 案卷评论。"""
    from api.casework import file_showing
    from api.look import limit_of, place_of

    most, top = limit_of(limit), place_of(before)
    with _open(common) as (_, book):
        told = file_showing.comments(*book.comments(ident, file_showing.viewer_of(), most, top))
    _rows(common, told)


@case_files.command("export", cls=Reading)
@click.argument("ident", metavar="ID")
@click.option("--format", "form", default="json", metavar="WORD", help="json, graphml, svg, pdf.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Default: print it.")
@pass_common
def export(common: Common, ident: str, form: str, out: Path | None) -> None:
    """Take a case file's scene out, identifiers masked. 导出案卷。"""
    from api.casework.exporting import exported, form_of
    from api.casework.file_showing import viewer_of

    wanted = form_of(form)
    if wanted == "pdf" and out is None and sys.stdout.isatty():
        raise WrongUsage("--out: where to? A PDF is not for a terminal / 请用 --out 指定文件")
    with _open(common) as (session, book):
        found = book.get(ident, viewer_of())
        written = exported(session, found.title, found.scene, wanted)
    if out is None:
        write_json(written)
        return
    write_file(out, [written])
    click.echo(f"{len(written):,} bytes written / 已写入: {out}", err=True)
