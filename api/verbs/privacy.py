"""`linkrisk privacy`: what a person may ask of whoever keeps their data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from api.options import Common, Verb, pass_common
from api.output import printable, write_json
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from api.session import Session

_ASK: Final = {"request", "reason", "by"}
_TAKES: Final = {
    "erase": {*_ASK, "restrict"},
    "correct": {*_ASK, "record", "fields"},
    "release": _ASK,
    "readmit": _ASK,
    "report": {"masked"},
    "purge": set[str](),
    "retention": {"by", "dry_run", "apply"},
}
_NEEDED: Final = (*sorted(_ASK), "record", "fields")
_OF_ALL: Final = {"purge", "retention"}  # not of one person


@click.command(cls=Verb)
@click.argument("action", type=click.Choice(list(_TAKES)))
@click.argument("subject", required=False)
@click.option("--request", metavar="NO", help="The number of the request.")
@click.option("--reason", metavar="TEXT", help="Why, without personal data: it is kept for ever.")
@click.option("--by", metavar="NAME", help="Who does it.")
@click.option("--restrict", is_flag=True, help="erase: where the law keeps it, restrict its use.")
@click.option("--record", metavar="ID", help="correct: the record, dataset:id.")
@click.option("--fields", metavar="JSON", help='correct: what is right, as {"name": "…"}.')
@click.option("--dry-run", is_flag=True, help="retention: count what is past its time.")
@click.option("--apply", is_flag=True, help="retention: take it out.")
@click.option("--masked", is_flag=True, help="report: identifiers by their ends only.")
@pass_common
def privacy(common: Common, /, action: str, subject: str | None, **given: Any) -> None:
    """What a person may ask: access, correction, erasure (PIPL arts. 45-47). 个人信息权利。

    `report` writes everything held of SUBJECT with sources and who read it; `correct` puts a record
    right; `erase` takes payloads, names and identifiers out of the store and its files, unless a
    decision or listing keeps them (`--restrict` then limits their use, `release` ends that);
    `retention` counts or takes out what is past the times of the settings;
    `readmit` lets the person be recorded again; `purge` writes the files anew where an erasure
    found somebody reading.
    """
    takes = _TAKES[action]
    if extra := next((n for n, v in given.items() if v and n not in takes), None):
        raise WrongUsage(f"privacy {action} takes no --{extra}")
    if (subject is None) != (action in _OF_ALL):
        said = "takes no SUBJECT" if subject else "needs SUBJECT"
        raise WrongUsage(f"privacy {action} {said}")
    if action == "retention" and given["dry_run"] == given["apply"]:
        raise WrongUsage("privacy retention needs --dry-run or --apply")
    if missing := next((n for n in _NEEDED if n in takes and not given[n]), None):
        raise WrongUsage(f"privacy {action} needs --{missing}")
    from api.opened import opened

    with opened(common.url, f"privacy {action} / 个人信息权利") as session:
        found = _done(session, action, subject or "", given)
    if common.json or action == "report":
        write_json(msgspec.json.encode(found))
        return
    for name, value in found.items():
        if value not in (None, [], {}):
            shown = value if isinstance(value, str | int) else msgspec.json.encode(value).decode()
            click.echo(f"{name}: {printable(str(shown))}")


def _done(session: Session, action: str, subject: str, given: dict[str, Any]) -> dict[str, Any]:
    from api.privacy import asks, correcting, erasing, reporting
    from api.reads.local import record_locally

    if action == "purge":
        return erasing.purge(session)
    if action == "retention":
        return _retained(session, given)
    if action == "report":
        found = reporting.report(session, subject, masked=given["masked"])
        if not given["masked"]:
            record_locally(session.store, "privacy report", (found["subject"],), ("facts",))
        return found
    said = {"subject": subject} | {n: v for n, v in given.items() if v and n in _TAKES[action]}
    if action == "erase":
        return erasing.erase(session, asks.convert(said, asks.Erase))
    if action == "correct":
        try:
            said["fields"] = msgspec.json.decode(said["fields"], type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise WrongUsage(f"fields: not a JSON object: {error}") from None
        return correcting.correct(session, asks.convert(said, asks.Correct))
    function = erasing.release if action == "release" else erasing.readmit
    return function(session, asks.convert(said, asks.PersonAsk))


def _retained(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    from api import settings
    from api.privacy import retention
    from api.privacy.settings import Retention

    found = settings.read()
    kept = found.section(Retention)
    return retention.retain(session, kept, found.all(), by=given["by"], apply=given["apply"])
