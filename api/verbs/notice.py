"""`linkrisk notice`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from api.notices.particulars import GROUNDS, KINDS, LANGS
from api.options import Common, Verb, pass_common
from graph.errors import BadFile, NoStore, WrongUsage


@click.command(cls=Verb)
@click.option("--from", "source", default="-", metavar="FILE",
              help="An answer of extend --json; - is standard input.")  # fmt: skip
@click.option("--party", required=True, metavar="ID", help="Whom it is for / 通知对象.")
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option("--lang", type=click.Choice(LANGS), default="both", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default="-",
              show_default=True, help="FILE.html or FILE.pdf; - prints HTML.")  # fmt: skip
@click.option("--decision", required=True, metavar="NUMBER", help="Its number / 文号.")
@click.option("--authority", required=True, metavar="NAME", help="Who issues it / 发出机关.")
@click.option("--contact", required=True, metavar="TEXT",
              help="Where to be heard, object, see and correct / 联系方式.")  # fmt: skip
@click.option("--on", required=True, metavar="DATE", help="The day of the notice / 日期.")
@click.option("--proposed-by", required=True, metavar="NAME", help="Who proposed it / 提出人.")
@click.option("--approved-by", metavar="NAME", help="The second person / 批准人.")
@click.option("--decided-on", metavar="DATE", help="When it was decided / 决定日期.")
@click.option("--prior-on", metavar="DATE", help="When prior notice was delivered / 事先告知日期.")
@click.option("--respond-by", metavar="DATE", help="prior: the last day to answer / 答复期限.")
@click.option("--in-force-from", metavar="DATE", help="Default: once delivered / 生效日期.")
@click.option("--meaning", metavar="TEXT", help="What the measure forbids or asks / 措施内容.")
@click.option(
    "--remedy", metavar="TEXT", help="Review or suit: where, in how many days / 救济途径."
)
@click.option("--grounds", type=click.Choice(GROUNDS), help="lifted: why / 解除原因.")
@click.option("--suspends/--no-suspends", default=True, show_default=True,
              help="The extension rests while an objection is open / 异议期间暂停.")  # fmt: skip
@pass_common
def notice(
    common: Common, /, source: str, party: str, kind: str, lang: str, out: Path, **given: Any
) -> None:
    """A notice to one party that an answer of `extend` reaches: basis, reason, remedy. 生成文书。

    The proof in the answer must hold. Names and sources are read from the store; where there is
    none, ids stand for them.
    """
    from api.notices import ask
    from api.notices.pdf import pdf

    if (kept := out.suffix.lower()) not in (".html", ".pdf") and str(out) != "-":
        raise WrongUsage(f"out: FILE.html or FILE.pdf, not {out.name!r}")
    asked = {
        "answer": _answer(source), "party": party, "kind": kind, "lang": lang,
        "particulars": {name: value for name, value in given.items() if value is not None},
    }  # fmt: skip
    page = _noticed(common, ask.notice, asked)
    if str(out) == "-":
        click.echo(page.encode(), nl=False)
        return
    out.write_bytes(pdf(page) if kept == ".pdf" else page.encode())
    click.echo(f"written / 已写入: {out}", err=True)


def _noticed(common: Common, make: Any, asked: dict[str, Any]) -> str:
    from api.opened import session_of
    from api.progress import followed

    try:
        session = session_of(common.url)
    except NoStore:
        if common.store or os.environ.get("LINKRISK_STORE"):
            raise  # it was named
        return str(make(None, asked))
    with followed("notice / 文书"), session:
        return str(make(session, asked))


def _answer(source: str) -> Any:
    data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFile(f"{source}: not an answer of extend: {error}") from None
