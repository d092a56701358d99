"""`linkrisk resolve`: who is who."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from api.options import Common, Reading, Verb, common_options, pass_common
from api.output import printable, write_json

if TYPE_CHECKING:
    from algorithms.identity.shape import Feature
    from api.identity.book import Book
    from api.identity.deciding import Decided, What
    from api.identity.explaining import Link
    from api.identity.running import ResolveReceipt
    from api.identity.showing import Review, Side
    from api.session import Session

_MARK = {"agrees": "+", "partly": "~", "differs": "-", "unknown": "·"}


@click.group(params=list(common_options()), invoke_without_command=True)
@click.option("--kinds", multiple=True, metavar="KIND", help="person, company; default both.")
@click.option("--accept", type=float, metavar="NUMBER", help="Joined from this probability on;"
              " default the last run's, else 0.95.")  # fmt: skip
@click.option("--review", "least", type=float, metavar="NUMBER", help="To be reviewed from this"
              " probability on; default the last run's, else 0.5.")  # fmt: skip
@click.option("--whole", is_flag=True, help="Look at all records again, and train anew.")
@click.option("--since", metavar="BATCH", help="Only what touches records newer than this batch or"
              " moment; default where the last run ended.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@click.option("--by", default="owner", metavar="NAME", help="In whose name.")
@click.pass_context
def resolve(context: click.Context, /, kinds: tuple[str, ...], least: float | None,
            **given: Any) -> None:  # fmt: skip
    """Find records of one person or company, and join them. 主体识别。

    Records with one valid official key are one subject already. Of the others, those that are all
    but surely one are joined by facts (data set `resolve`) that can be taken back; those that may
    be wait for a person: review, accept, reject. What a person decided stands.
    """
    if context.invoked_subcommand is not None:
        return
    from algorithms.registry import split
    from api.identity import asking
    from api.identity.running import run

    said = {name: value for name, value in given.items() if value is not None}
    said |= {"kinds": split(kinds)} if kinds else {}
    said |= {} if least is None else {"review": least}
    common = context.ensure_object(Common)
    asked = asking.run_of(said)
    with _open(common) as (session, book):
        told = run(session, book, asked, given["by"])
    _receipt(common, told)
    if told.batches:
        from api.monitor.after import after_load

        after_load(common.url)


@contextmanager
def _open(common: Common) -> Iterator[tuple[Session, Book]]:
    from api.identity.book import Book
    from api.opened import opened

    with opened(common.url, "identities / 主体识别") as session, Book(common.url) as book:
        yield session, book


def _receipt(common: Common, told: ResolveReceipt) -> None:
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    say = click.echo
    would = "would be " if told.dry_run else ""
    for each in told.results:
        say(f"{each.id}  {printable(each.label)} = {printable(each.other)}  {each.score:.4f}"
            f"  {each.a} {each.b}")  # fmt: skip
    if told.joined > len(told.results):
        say(f"… {told.joined - len(told.results)} more / 另有")
    say(f"{told.joined} {would}joined, {told.withdrawn} {would}withdrawn, {told.held} held"
        f" / 归并 {told.joined}, 撤回 {told.withdrawn}, 待人工 {told.held}")  # fmt: skip
    say(f"{told.waiting} wait for a person ({told.fresh} new), {told.conflicts} conflicts"
        f" / 待复核 {told.waiting}, 冲突 {told.conflicts}")  # fmt: skip
    if told.affected:
        more = f" … {told.affected_total} in all" if told.affected_total > 10 else ""
        say(f"affected / 受影响主体: {', '.join(told.affected[:10])}{more}")
    for note in told.notes:
        say(note)
    if told.truncated is not None:
        say(f"cut short / 未完: {told.truncated.reason}")


@resolve.command("review", cls=Reading)
@click.argument("ident", metavar="[ID]", required=False)
@click.option("--state", metavar="WORD", help="open (default), accepted or rejected.")
@click.option("--kind", metavar="KIND", help="person or company.")
@click.option("--subject", metavar="ID", help="Only pairs with a record of this subject.")
@click.option("--limit", default="20", metavar="INT", help="At most 1000.")
@click.option("--after", metavar="TEXT", help="The `next` of a page.")
@pass_common
def review(
    common: Common, /, ident: str | None, limit: str, after: str | None, **given: str | None
) -> None:
    """Pairs that wait for a person, or one of them, side by side. 待复核。"""
    from api.casework.findings import place_of
    from api.identity import showing
    from api.look import limit_of

    most, place = limit_of(limit), place_of(after)
    with _open(common) as (session, book):
        if ident is not None:
            told: Any = showing.one(book, session.store, session.snapshot(), ident)
        else:
            told = showing.reviews(book, session.store, session.snapshot(), given, most, place)
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    for each in [told] if ident is not None else told.results:
        _pair(each)
    if ident is None:
        click.echo(", ".join(f"{state} {count}" for state, count in told.counts.items()))
        if told.next:
            click.echo(f"more / 更多: --after {told.next}")


def _pair(each: Review) -> None:
    say = click.echo
    marks = " name only / 仅名称" if each.name_only else ""
    marks += " may be two of one household / 可能为同户亲属" if each.kin else ""
    if each.common:
        marks += f" others agree / 另有相符者: {each.others:g}"
    marks += " taken back once / 曾被撤销" if each.held else ""
    say(f"{each.id}  {each.state}  {each.score:.4f}{marks}")
    for side in (each.a, each.b):
        say(f"  {_side(side)}")
    _features(each.features)
    if each.judgement is not None:
        word = "one / 同一" if each.judgement.same else "two / 非同一"
        say(f"    {word}: {printable(each.judgement.by or '')} {each.judgement.at[:19]}"
            f" {printable(each.judgement.why or '')}")  # fmt: skip
    elif each.note:
        say(f"    {printable(each.note)}")
    if each.barred:
        say(f"    ! {each.barred}")


def _side(side: Side) -> str:
    said = side.says or {}
    more = [f"{name}={value}" for part in ("keys", "attrs") for name, value in
            (said.get(part) or {}).items() if isinstance(value, str | int)]  # fmt: skip
    shown = printable(" ".join([side.label, *map(str, more[:6])]))
    return f"{shown}  ({side.record}{'' if side.says else ', not shown / 不予显示'})"


def _features(features: list[Feature]) -> None:
    for each in features:
        click.echo(f"    {_MARK[each.says]} {each.name:<14} {each.weight:+6.1f}"
                   f"  {printable(each.level)}")  # fmt: skip


@resolve.command("judgements", cls=Reading)
@click.option("--by", metavar="WORD", help="Only by machine, or by person.")
@click.option("--limit", default="20", metavar="INT", help="At most 1000.")
@click.option("--after", metavar="TEXT", help="The `next` of a page.")
@pass_common
def judgements(common: Common, by: str | None, limit: str, after: str | None) -> None:
    """Judgements that stand, the newest first. 有效判定。"""
    from api.identity import showing
    from api.look import limit_of

    most, place = limit_of(limit), showing.after_of(after)
    with _open(common) as (session, _):
        told = showing.judgements(session.store, session.snapshot(), by, most, place)
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    from api.table import console, listed

    rows = [
        {"id": each.id, "one": "=" if each.judgement.same else "≠", "a": each.a.label,
         "b": each.b.label, "records": f"{each.a.record} {each.b.record}",
         "by": each.judgement.by, "score": each.judgement.score, "why": each.judgement.why}
        for each in told.results
    ]  # fmt: skip
    out = console()
    out.print(listed(rows))
    out.print(f"{told.total} in all / 共 {told.total}")
    if told.next:
        out.print(f"more / 更多: --after {told.next}")


@resolve.command("conflicts", cls=Reading)
@click.option("--limit", default="20", metavar="INT", help="At most 1000.")
@click.option("--after", metavar="TEXT", help="The `next` of a page.")
@pass_common
def conflicts(common: Common, limit: str, after: str | None) -> None:
    """What was not joined, for keys or a judgement stand between. 冲突。"""
    from api.identity import showing
    from api.look import limit_of, place_of

    most, place = limit_of(limit), place_of(after, "after")
    with _open(common) as (session, book):
        told = showing.conflicts(book, session.store, session.snapshot(), most, place)
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    for each in told.results:
        click.echo(f"{each.id}  {each.words}  {each.score:.4f}")
        for side in (each.a, each.b):
            click.echo(f"  {_side(side)}")
        click.echo(f"  between / 之间: {' | '.join(each.between)}")
    for aside in told.left_aside:
        click.echo(f"{aside.id}  left aside / 未采用: {aside.judgement.fact}")
    click.echo(f"{len(told.results)} refused, {len(told.left_aside)} left aside"
               f" / 拒绝 {len(told.results)}, 未采用 {len(told.left_aside)}")  # fmt: skip
    if told.next:
        click.echo(f"more / 更多: --after {told.next}")


@resolve.command("why", cls=Reading)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--known-at", metavar="TIME", help="As known at this ISO time.")
@pass_common
def why(common: Common, a: str, b: str, known_at: str | None) -> None:
    """Why two are one subject, or are not. 为何是 (不是) 同一主体。"""
    from api.identity import explaining

    with _open(common) as (session, book):
        told = explaining.why(session, book, a, b, known_at)
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    click.echo(told.words)
    for side in (told.a, told.b):
        click.echo(f"  {_side(side)}")
    for text in told.against:
        click.echo(f"! {text}")
    for link in told.links:
        _link(link)
    for each in told.pairs:
        _pair(each)


@resolve.command("how", cls=Reading)
@click.argument("subject", metavar="SUBJECT")
@click.option("--known-at", metavar="TIME", help="As known at this ISO time.")
@pass_common
def how(common: Common, subject: str, known_at: str | None) -> None:
    """How a subject was put together out of its records. 主体如何归并。"""
    from api.identity import explaining

    with _open(common) as (session, _):
        told = explaining.how(session, subject, known_at)
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    sure = "" if told.confirmed else "  not confirmed by anybody / 未经确认"
    click.echo(f"{printable(told.label)} ({told.subject}): {told.records_total} records{sure}")
    for side in told.records:
        click.echo(f"  {_side(side)}")
    for link in told.links:
        _link(link)


def _link(link: Link) -> None:
    by = link.key if link.what == "official_key" else f"{link.fact} by {link.by or '?'}"
    sure = "" if link.confirmed else "  not confirmed / 未经确认"
    score = "" if link.score is None else f"  {link.score}"
    click.echo(f"{link.a} = {link.b}: {printable(str(by))}{score}{sure}")
    _features(link.features)


def _deciding(name: str, what: What, help_: str) -> click.Command:
    @click.argument("ident", metavar="ID")
    @click.option("--why", metavar="TEXT", help="Why.", required=what != "accepted")
    @click.option("--by", metavar="NAME", required=True, help="The person who decides.")
    @pass_common
    def taken(common: Common, ident: str, why: str | None, by: str) -> None:
        from api.identity.asking import name_of
        from api.identity.deciding import decide, find

        who = name_of(by)
        with _open(common) as (session, book):
            told = decide(session, book, find(session, book, ident), what, who, why)
        _decided(common, told)

    taken.__doc__ = help_
    return resolve.command(name, cls=Verb)(taken)


accept = _deciding("accept", "accepted", "The pair is one subject. 确认为同一主体。")
reject = _deciding("reject", "rejected", "The pair is two: no run joins it. 判定为非同一主体。")
undo = _deciding(
    "undo", "undone", "Take a judgement back; the pair waits for a person again. 撤销判定。"
)


@resolve.command("judge", cls=Verb)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--same/--apart", required=True, help="One subject, or two.")
@click.option("--why", metavar="TEXT", required=True, help="Why.")
@click.option("--by", metavar="NAME", required=True, help="The person who decides.")
@pass_common
def judge(common: Common, /, *, a: str, b: str, same: bool, why: str, by: str) -> None:
    """Judge two that no run put forward. 人工判定两个主体。"""
    from api.identity.asking import name_of
    from api.identity.deciding import decide, named

    who = name_of(by)
    with _open(common) as (session, book):
        told = decide(
            session, book, named(session, a, b), "accepted" if same else "rejected", who, why
        )
    _decided(common, told)


def _decided(common: Common, told: Decided) -> None:
    if common.json:
        write_json(msgspec.json.encode(told))
        return
    click.echo(f"{told.id} {told.what} by {printable(told.by)}: {told.a}, {told.b}")
    click.echo(f"before / 之前: {', '.join(told.before)}; now / 现在: {', '.join(told.subjects)}")
    for each in told.decisions:
        click.echo(f"look at / 请核对: decision {each['id']} ({each['status']})")
