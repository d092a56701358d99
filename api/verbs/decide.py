"""`linkrisk decide`: the steps of a decision, made from their declarations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from algorithms.registry import split
from api.decisions import asking, asks
from api.decisions.asks import Ask
from api.options import Common, Verb, common_options, option_of, pass_common
from api.output import printable, write_json
from api.parameters import describe

if TYPE_CHECKING:
    from api.decisions.work import Work

_ENVELOPE = ("entries", "row", "question", "history", "clocks", "objections", "pushes", "on")


@click.group(params=list(common_options()))
def decide() -> None:
    """Decisions, from a proposal to their end; each step is an entry of the ledger. 惩戒决定。

    propose, approve (by a second person), notify, enforce; object and resolve at any time; repair,
    revoke, expire; publish, push, ack and report between departments; list, show, overdue,
    red-list; cascade, when facts fall, and replay of past answers. LINKRISK_OBJECTION_SUSPENDS=no:
    an objection marks the record and suspends nothing.
    """


def _options(kind: type[Ask]) -> tuple[list[click.Option], frozenset[str]]:
    found = [describe(field) for field in msgspec.structs.fields(kind)]
    found.sort(key=lambda p: (p.name in ("day", "key"), not p.required))
    return [option_of(p) for p in found], frozenset(p.name for p in found if p.many)


def _given(values: dict[str, Any], many: frozenset[str]) -> dict[str, Any]:
    return {
        name: split(value) if name in many else value
        for name, value in values.items()
        if value is not None and value != ()
    }


def _verb(name: str) -> click.Command:
    kind = asking.kind_of(name)
    options, many = _options(kind)

    @pass_common
    def run(common: Common, /, **values: Any) -> None:
        about = values.pop("id", None)
        given = _given(values, many)
        asking.read(kind, given)  # wrong usage is said before a store is looked for
        with _work(common) as work:
            answer = asking.take(work, name, about, given)
        _print(common, answer)

    arguments = [click.Argument(["id"], metavar="ID")] if name in asks.STEPS else []
    return Verb(
        name,
        params=[*arguments, *options],
        callback=run,
        help=" ".join((kind.__doc__ or "").split()),
        context_settings={"max_content_width": 100},
    )


@contextmanager
def _work(common: Common) -> Iterator[Work]:
    """The work on a store, which is closed afterwards."""
    from api.decisions.work import Work
    from api.opened import opened

    with opened(common.url, "decide / 惩戒决定") as session:
        yield Work(session)


def _print(common: Common, answer: bytes) -> None:
    if common.json:
        write_json(answer)
        return
    from api.table import console, table

    found = msgspec.json.decode(answer)
    out = console()
    if "expired" in found:
        out.print(f"expired / 已到期: {len(found['expired'])}")
        out.print(table([{"id": each} for each in found["expired"]]))
        return
    _decision(out, found)


def _decision(out: Any, found: dict[str, Any]) -> None:
    from api.table import table

    on = found["on"]
    words = "stands / 有效" if on["stands"] else "does not bind / 不生效"
    if on["suspended"]:
        words += "; suspended by an objection / 因异议中止"
    text = f"{found['id']}  {on['status']}  ({words}, {on['day']})"
    out.print(printable(text), markup=False)
    plain = {n: v for n, v in found.items() if n not in _ENVELOPE and v not in (None, [], ())}
    for name in ("names", "irregular"):
        plain.pop(name, None)
    out.print(table([{"": name, " ": value} for name, value in plain.items()]))
    for name in ("history", "objections", "pushes", "clocks"):
        if found[name]:
            out.print(f"\n{name}", markup=False)
            out.print(table(found[name]))


@click.command("show", cls=Verb)
@click.argument("ident", metavar="ID")
@click.option("--day", metavar="DATE", help="As it stands on this day; default today.")
@pass_common
def show(common: Common, ident: str, day: str | None) -> None:
    """One decision: its state, clocks, proof, and every entry about it."""
    from api.decisions import views

    with _work(common) as work:
        found = msgspec.json.encode(views.one(work, ident, day))
    _print(common, found)


@click.command("list", cls=Verb)
@click.option("--subject", metavar="ID", help="Of a measure on this subject.")
@click.option("--party", metavar="ID", help="About this party.")
@click.option("--status", metavar="WORD", help="With this status on the day.")
@click.option("--affected-by", metavar="FACT", help="Whose proof names this fact or record.")
@click.option("--day", metavar="DATE", help="As they stand on this day; default today.")
@click.option("--limit", metavar="INT", default="100", help="The newest, at most 1000.")
@pass_common
def list_(common: Common, /, limit: str, **asked: str | None) -> None:
    """Decisions, newest first."""
    from api.decisions import views
    from api.look import limit_of

    with _work(common) as work:
        found = views.listing(work, asked, limit_of(limit))
    _rows(common, found)


@click.command("overdue", cls=Verb)
@click.option("--day", metavar="DATE", help="On this day; default today.")
@click.option("--limit", metavar="INT", default="100", help="At most 1000.")
@pass_common
def overdue(common: Common, day: str | None, limit: str) -> None:
    """What is overdue, longest first: publication, pushes, answers, objections, expiry."""
    from api.decisions import views
    from api.look import limit_of

    with _work(common) as work:
        found = views.late(work, day, limit_of(limit))
    _rows(common, found)


@click.command("pushes", cls=Verb)
@click.option("--department", metavar="NAME", help="To this department.")
@click.option("--decision", metavar="ID", help="Of this decision.")
@click.option("--state", metavar="WORD", help="In this state on the day, or overdue.")
@click.option("--day", metavar="DATE", help="As they stand on this day; default today.")
@click.option("--after", metavar="NO", help="Behind this entry, as the last answer's `next`.")
@click.option("--limit", metavar="INT", default="100", help="At most 1000.")
@pass_common
def pushes_(common: Common, /, limit: str, **asked: str | None) -> None:
    """What departments were told, whether they have it, and what they did about it."""
    from api.decisions import pushes
    from api.look import limit_of

    with _work(common) as work:
        found = pushes.listing(work, asked, limit_of(limit))
    _rows(common, found)


@click.command("red-list", cls=Verb)
@click.option("--subjects", metavar="ID", multiple=True, help="These; default all on a red list.")
@click.option("--day", metavar="DATE", help="On this day; default today.")
@click.option("--limit", metavar="INT", default="100", help="At most 1000.")
@pass_common
def red_list(common: Common, subjects: tuple[str, ...], day: str | None, limit: str) -> None:
    """Who qualifies for a red list: three years without a black listing or decision in force."""
    from api.decisions import views
    from api.look import limit_of

    with _work(common) as work:
        names = split(subjects) or None
        found = views.red_list(work, names, day, limit_of(limit))
    _rows(common, found)


@click.command("cascade", cls=Verb)
@click.option("--facts", metavar="ID", multiple=True, help="These facts (dataset:id) fell.")
@click.option("--since", metavar="BATCH", help="All that batches after this number changed.")
@click.option("--record", is_flag=True, help="Those that stand by another proof rest on it.")
@click.option("--limit", metavar="INT", default="100", help="At most 1000.")
@pass_common
def cascade(
    common: Common, facts: tuple[str, ...], since: str | None, record: bool, limit: str
) -> None:
    """Which decisions stand, stand by another proof, or lapse, once facts fell or were corrected.

    Nothing is revoked: that is a person's step.
    """
    from api.decisions import views
    from api.look import limit_of

    names = split(facts) or None
    with _work(common) as work:
        found = views.fallout(work, names, since, limit_of(limit), record=record)
    _rows(common, found)


@click.command("replay", cls=Verb)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--limit", metavar="INT", default="100", help="The newest, at most 1000.")
@pass_common
def replay(common: Common, ids: tuple[str, ...], limit: str) -> int:
    """Give the answers again that decisions rest on; exit 1 where one is not what it was."""
    from api.decisions import views
    from api.look import limit_of

    with _work(common) as work:
        found = views.replays(work, list(ids) or None, limit_of(limit))
    _rows(common, found)
    return 1 if found["differ"] else 0


def _rows(common: Common, found: dict[str, Any]) -> None:
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, listed

    out = console()
    rows = [
        {n: v for n, v in row.items() if n not in ("listings", "clocks")}
        for row in found["results"]
    ]
    out.print(listed(rows))
    for name, text in found.get("terms", {}).items():
        out.print(f"{name}: {text}", markup=False)


for _name in ("propose", *asks.STEPS, "expire"):
    decide.add_command(_verb(_name))
for _command in (show, list_, overdue, pushes_, red_list, cascade, replay):
    decide.add_command(_command)
