"""`linkrisk findings`: the work list of a store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from api.options import Common, Reading, Verb, common_options, pass_common
from api.output import printable, write_json
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from api.casework.findings import Findings
    from api.casework.showing import FindingWhole
    from api.session import Session


@click.group(params=list(common_options()))
def findings() -> None:
    """What detectors found, to be judged: run, list, show, accept, dismiss, reopen. 线索处理。

    What is dismissed stays so until a run finds materially more: new members, facts, a larger
    amount, a higher band of score, a new listing.
    """


@contextmanager
def _open(common: Common) -> Iterator[tuple[Session, Findings]]:
    from api.casework.findings import Findings
    from api.opened import opened

    with opened(common.url, "findings / 线索") as session, Findings(common.url) as book:
        yield session, book


def _all() -> int:
    from api.caller import DOMAINS
    from api.casework.keeping import mask

    return mask(DOMAINS)


@findings.command("run", cls=Verb)
@click.argument("algorithm")
@click.option("--params", default="{}", metavar="JSON", help="Its parameters, a JSON object.")
@click.option("--limit", default="200", metavar="INT", help="Findings put in at most, to 1000.")
@click.option("--by", default="owner", metavar="NAME", help="In whose name.")
@pass_common
def run(common: Common, algorithm: str, params: str, limit: str, by: str) -> None:
    """Run a detector and put its findings into the list. 运行检测, 线索入列。"""
    from api.casework.putting import run as put
    from api.look import limit_of

    with _open(common) as (session, book):
        told = put(session, book, algorithm, _object(params), who=by, limit=limit_of(limit))
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    click.echo(f"{told.algorithm}: {told.new} new, {told.again} again, {told.known} known,"
               f" {told.left} left out / 新增 {told.new}, 有新情况 {told.again}")  # fmt: skip
    for each in told.results:
        for news in each.news:
            click.echo(f"  {each.id}: {news.why}")


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise WrongUsage(f"params: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise WrongUsage("params: a JSON object, such as '{\"min_score\": 0.5}'")
    return found


@findings.command("list", cls=Reading)
@click.option("--state", metavar="WORD", help="open, accepted or dismissed.")
@click.option("--pattern", metavar="WORD", help="Only of this pattern.")
@click.option("--subject", metavar="ID", help="Only those with this member.")
@click.option("--min-score", metavar="NUMBER", help="Only of this score or more.")
@click.option("--order", metavar="WORD", help="score (default): the worst first; risk: by the risk"
              " score of their members. It orders work and is no basis for extending a"
              " measure.")  # fmt: skip
@click.option("--limit", default="50", metavar="INT", help="At most 1000.")
@click.option("--after", metavar="TEXT", help="The `next` of a page.")
@pass_common
def list_(
    common: Common, /, limit: str, after: str | None, order: str | None, **asked: str | None
) -> None:
    """The work list, the worst first, or by risk score. 线索清单。"""
    from api.casework import showing
    from api.look import limit_of

    most = limit_of(limit)
    with _open(common) as (session, book):
        view = session.snapshot()
        wanted = showing.wanted_of(view, asked, _all())
        told = showing.listing(book, view, wanted, most, after, order)
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    from api.table import console, listed

    rows = [
        {"id": each.id, "state": each.state, "pattern": f"{each.pattern_zh} {each.pattern}",
         "score": each.score, "priority": each.priority.score,
         "members": ", ".join(member.label for member in each.subjects),
         "news": "; ".join(news.why for news in each.news) or None}
        for each in told.results
    ]  # fmt: skip
    out = console()
    out.print(listed(rows))
    out.print(", ".join(f"{state} {count}" for state, count in told.counts.items()))
    for note in told.notes:
        click.echo(note, err=True)
    if told.next:
        out.print(f"more / 更多: --after {told.next}")


@findings.command("show", cls=Reading)
@click.argument("ident", metavar="ID")
@pass_common
def show(common: Common, ident: str) -> None:
    """A finding: why, what is new, what was done. 线索详情。"""
    from api.casework import showing

    with _open(common) as (session, book):
        told = showing.whole(book, session.snapshot(), ident, _all())
    _shown(common, told)


def _shown(common: Common, told: FindingWhole) -> None:
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    say = click.echo
    say(f"{told.id}  {told.pattern_zh} {told.pattern}  {told.state}  {told.score:.2f}")
    say(printable(told.row.get("why") or told.withheld or ""))
    for member in told.subjects:
        say(f"  {printable(member.label)} ({member.id})")
    for news in told.news:
        say(f"new / 新: {news.why}")
    for step in told.steps:
        note = f": {printable(step.note)}" if step.note else ""
        say(f"{step.at[:19]} {step.what} {printable(step.who)}{note}")


def _judging(name: str, state: str, help_: str) -> click.Command:
    @click.argument("ident", metavar="ID")
    @click.option("--note", metavar="TEXT", help="Why.", required=state == "dismissed")
    @click.option("--by", default="owner", metavar="NAME", help="In whose name.")
    @click.option("--version", type=int, metavar="INT", help="Refuse where it changed since.")
    @pass_common
    def judged(
        common: Common, ident: str, note: str | None, by: str, version: int | None
    ) -> None:  # fmt: skip
        from api.casework.asking import judge, judging

        given = {"state": state, "note": note, "version": version}
        with _open(common) as (session, book):
            told = judge(book, session.snapshot(), ident, judging(given), by, _all())
        _shown(common, told)

    judged.__doc__ = help_
    return findings.command(name, cls=Verb)(judged)


accept = _judging("accept", "accepted", "It is what it looks like: to be worked on. 采纳。")
dismiss = _judging(
    "dismiss", "dismissed", "It is not, until there is more: --note says why. 排除。"
)
reopen = _judging("reopen", "open", "It is to be looked at again. 重新打开。")
