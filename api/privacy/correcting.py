"""Correction on request (PIPL art. 46): a new version of a record; decisions that it concerns."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from api.native import native
from api.privacy.asks import Correct
from graph.erasure import ABOUT
from graph.errors import Conflict, UnknownSubject, WrongUsage
from graph.facts import Normaliser
from graph.ledger import Draft

if TYPE_CHECKING:
    from api.session import Session

CORRECTED: Final = "privacy.corrected"
_MAY: Final = frozenset({"name", "text", "keys", "attrs", "valid_from", "valid_to"})


def correct(session: Session, ask: Correct) -> dict[str, Any]:
    """Record a corrected version of a person's record; the one before is retracted, not lost. The
    ledger says which, why and by whom, not what. `decisions` are those that stand on the record or
    name the person: `linkrisk decide fallout` says what becomes of each.

    Raises UnknownSubject, BadFact, WrongUsage; Conflict where nothing would change.
    """
    snapshot = session.snapshot()
    node = snapshot.resolve(ask.subject)
    if ask.record not in snapshot.records(node):
        raise UnknownSubject(f"{ask.record[:80]} is no record of {snapshot.canonical(node)}")
    if unknown := sorted(ask.fields.keys() - _MAY):
        raise WrongUsage(f"fields: {unknown[0]} cannot be corrected; {', '.join(sorted(_MAY))} can")
    versions = [f for f in session.store.history(ask.record) if f.retracted_at is None]
    if not versions:
        raise UnknownSubject(f"{ask.record[:80]} was retracted")
    said = native(versions[-1], masked=False)
    for name, value in ask.fields.items():
        said[name] = {**said.get(name, {}), **value} if isinstance(value, dict) else value
    row = Normaliser(versions[-1].dataset, session.store.id_key).row(said)
    canonical = snapshot.canonical(node)
    batch = f"correction:{uuid.uuid4().hex}"
    written = session.store.write(batch, [row])
    if written.rejected:
        raise written.rejected[0][1]
    if not written.loaded:
        raise Conflict("the record says that already / 内容未变")
    body = {"subject": canonical, "request": ask.request, "reason": ask.reason,
            "record": ask.record, "fields": sorted(ask.fields), "batch": batch}  # fmt: skip
    head = session.store.append([Draft(ask.by, CORRECTED, ABOUT, body)], key=batch)
    session.decisions.follow()
    stand = session.decisions.by_fact(ask.record)
    about = [*session.decisions.by_party(canonical), *session.decisions.by_subject(canonical)]
    concerned = {each.id: each.status for each in (*stand, *about) if not each.over}
    return {
        "subject": canonical, "request": ask.request, "status": "corrected", "record": ask.record,
        "batch": batch, "entry": head.no, "head": str(head),
        "decisions": [{"id": name, "status": status} for name, status in concerned.items()],
    }  # fmt: skip
