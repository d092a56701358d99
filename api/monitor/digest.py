"""What is new since a run, as JSON and as a mail file: masked, in both languages, never sent."""

from __future__ import annotations

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.monitor import showing
from api.monitor.saying import EVENTS
from api.pages import templates
from api.ranking import sees_scores
from graph.errors import InputError, WrongUsage
from graph.keys import mask_within
from graph.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Collection

    from jinja2 import Environment

    from api.monitor.book import Book
    from api.session import Session
    from graph.snapshot import Snapshot

MOST: Final = 100  # alerts that are told; more are counted
_MEMBERS: Final = 10  # of each
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}")
SENDER: Final = "linkrisk@localhost"
_KINDS: Final = {"cluster": "风险群组", "case": "案件"}


class Digest(msgspec.Struct, kw_only=True):
    """What is new in the runs after `since` up to `run`: events of clusters, and alerts that were
    not dismissed, those of the highest risk score first, then by their own (`notes` say so, and by
    which models);
    `names` are those of the companies that they name. `cut` says what bounds cut these runs short:
    what is not told may be there."""

    since: int
    run: int | None
    as_of: str | None
    known_at: str | None
    snapshot: str | None
    at: str | None
    events: dict[str, int]
    clusters: dict[str, int]
    open: dict[str, int]
    alerts: list[showing.AlertShown]
    total: int
    names: dict[str, str]
    cut: list[str]
    notes: list[str]


def digest(
    session: Session, book: Book, seen: Collection[str], since: int | None, limit: int = MOST
) -> Digest:
    """The digest of what came after run `since`; of the last run alone where none is given."""
    last = book.last()
    begin = since if since is not None else (0 if last is None else last.no - 1)
    found = [
        each for each in book.alerts(seen, since=begin, limit=10_000) if each.state != "dismissed"
    ]
    scored = sees_scores(seen)
    found.sort(key=lambda each: (-each.rank if scored else 0.0, -each.score, -each.no))
    rows = [showing.alert(each, seen) for each in found[:limit]]
    at = None if last is None else showing.run(last).started
    return Digest(
        since=begin, run=None if last is None else last.no,
        as_of=None if last is None else last.as_of,
        known_at=None if last is None else last.known_at,
        snapshot=None if last is None else last.snapshot, at=at,
        events=book.events(seen, begin), clusters=book.lines_by_state(seen),
        open=book.open_by_kind(seen), alerts=rows, total=len(found),
        names=_names(session.snapshot(), rows) if rows else {}, cut=_cut(book, begin),
        notes=showing.order_notes(book.standing(), seen),
    )  # fmt: skip


def _cut(book: Book, since: int) -> list[str]:
    """The bounds that runs after one met, each once; of the last 1,000 runs."""
    runs = (each for each in book.runs(None, 1000) if each.no > since)
    return sorted({reason for each in runs for reason in each.told["cut"]})


def _names(view: Snapshot, rows: list[showing.AlertShown]) -> dict[str, str]:
    """Names of the companies among those that are shown: a person's goes out of here in no mail."""
    found = {}
    for row in rows:
        for name in row.row.get("members", ())[:_MEMBERS]:
            try:
                node = view.resolve(name)
            except InputError:
                continue
            if view.kind_name(node) == "company":
                found[name] = str(mask_within(view.label(node)))
    return dict(sorted(found.items()))


def address(text: str, name: str) -> str:
    """An address of mail; raises WrongUsage naming the field for what is none."""
    if not _ADDRESS.fullmatch(text):
        raise WrongUsage(f"{name}: an address like clerk@example.org, not {text[:60]!r}")
    return text


def mail(found: Digest, to: list[str], sender: str = SENDER) -> bytes:
    """The digest as a mail file (RFC 5322): text, and the same as HTML. The same digest makes the
    same bytes. Raises WrongUsage for an address that is none."""
    made = EmailMessage(policy=SMTP)
    count = found.total
    made["Subject"] = f"linkrisk 风险监测 {found.as_of or '-'}: {count} 项预警 / {count} alerts"
    made["From"] = Address("linkrisk", addr_spec=address(sender, "from"))
    made["To"] = [Address(addr_spec=address(each, "to")) for each in to]
    if found.at is not None:
        from datetime import datetime

        made["Date"] = format_datetime(datetime.fromisoformat(found.at).astimezone(SHANGHAI))
    mark = hashlib.sha256(msgspec.json.encode([msgspec.to_builtins(found), to, sender])).hexdigest()
    made["Message-ID"] = f"<{mark[:32]}@linkrisk.invalid>"
    made["Auto-Submitted"] = "auto-generated"
    for kind in ("plain", "html"):
        body = _environment().get_template(f"digest.{kind}").render(**_said(found))
        if kind == "plain":
            made.set_content(body, cte="base64")
        else:
            made.add_alternative(body, subtype="html", cte="base64")
    made.set_boundary(f"=_{mark[:40]}")
    return made.as_bytes()


def _said(found: Digest) -> dict[str, Any]:
    rows = []
    for each in found.alerts:
        members = [str(name) for name in each.row.get("members", ())]
        total = each.row.get("members_total") or len(members)
        shown = [(name, found.names.get(name)) for name in members[:_MEMBERS]]
        rows.append({"alert": each, "members": shown, "more": total - len(shown),
                     "kind": _KINDS[each.kind]})  # fmt: skip
    return {"found": found, "rows": rows, "events": EVENTS, "kinds": _KINDS}


@cache
def _environment() -> Environment:
    return templates("api.monitor")
