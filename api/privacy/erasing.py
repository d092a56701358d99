"""Erasure on request, what it leaves behind, and restriction where the law keeps the data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.kept import state_folder
from api.privacy.asks import Erase, PersonAsk
from api.privacy.forgetting import forget, unscored
from api.privacy.keeping import Kept, kept
from api.privacy.subject import Held, held, named, told
from graph.beside import beside
from graph.cleansing import cleansed
from graph.erasure import (
    ABOUT,
    ERASED,
    READMITTED,
    RELEASED,
    RESTRICTED,
    Plan,
    holds,
    plan_of,
    texts_of,
)
from graph.errors import Conflict, StoreCorrupt, WrongUsage
from graph.ledger import Draft
from graph.live import base_path

if TYPE_CHECKING:
    from api.session import Session

_MOST: Final = 20  # files and facts that are named
_CHUNK: Final = 1 << 20


def erase(session: Session, ask: Erase) -> dict[str, Any]:
    """Erase what is held of a person: payloads and identifiers of its records, all versions, and of
    accounts, phones, addresses and devices that are nobody else's; what names it in relations and
    listings; on disk, too. The entry of the ledger says which versions, by whom, on which request.

    Raises UnknownSubject, WrongUsage; Kept where a decision or listing is not over, unless its use
    is to be restricted instead. Cost: the relations of the store are looked through once, and an
    embedded store's file is written anew.
    """
    found = held(session, ask.subject)
    _wordless(ask.reason, found)
    if reasons := kept(session, found):
        if not ask.restrict:
            raise Kept("; ".join(reasons[:5]))
        return _restrict(session, ask, found, reasons)
    todo = [fact for fact in found.entities if not _gone(fact.payload)]
    plan = plan_of(found.entities, found.others, session.store.id_key)
    wanted = sorted(texts_of(todo))
    if todo or plan.cut or plan.renamed:
        head = session.store.erase(plan, _draft(ask, found, plan), key=_key(ask, found, plan))
        done: dict[str, Any] = {"entry": head.no, "head": str(head)}
    else:
        done = {"entry": None, "head": str(session.store.ledger_head())}
    left = clean(session)
    forgotten = forget(session.store.url, wanted, _ids(found), left)
    return {
        "subject": found.canonical,
        "request": ask.request,
        "status": "erased" if todo else "nothing left",
        **done,
        "erased": told(todo),
        "cut": len(plan.cut),
        "renamed": len(plan.renamed),
        "shared": found.shared[:_MOST],
        "shared_total": len(found.shared),
        "forgotten": forgotten,
        "elsewhere": elsewhere(session, wanted),
        "left": left,
    }


def _ids(found: Held) -> set[str]:
    """What answers name the person and its leads by: canonical ids and those of records."""
    ids = {found.canonical, *found.persons}
    for fact in found.entities:
        ids.add(fact.name)
        ids.update(key[3] for key in fact.keys if key[3])
    return ids


def _gone(payload: dict[str, Any]) -> bool:
    return payload == {"erased": True}


def _wordless(reason: str, found: Held) -> None:
    """A reason is kept for ever, so it may not say what is erased."""
    if holds(reason, texts_of(found.entities)):
        raise WrongUsage("reason: names the person or an identifier, and is kept / 理由含个人信息")


def _draft(ask: PersonAsk, found: Held, plan: Plan) -> Draft:
    body = {
        "subject": _subject(found, plan),
        "request": ask.request,
        "reason": ask.reason,
        "records": sorted({fact.first for fact in found.entities}),
        "persons": list(found.persons),
        "ids": [each.new for each in plan.renamed],
        "erased": list(plan.erased),
        "cut": [each.seq for each in plan.cut],
        "renamed": [each.first for each in plan.renamed],
    }
    return Draft(ask.by, ERASED, ABOUT, body)


def _subject(found: Held, plan: Plan) -> str:
    """Its canonical id, in which an id that may not be kept does not stand either."""
    by_first = {each.first: each.new for each in plan.renamed}
    for fact in found.entities:
        if fact.name == found.canonical and fact.first in by_first:
            return f"{fact.dataset}:{by_first[fact.first]}"
    return found.canonical


def _key(ask: PersonAsk, found: Held, plan: Plan) -> str:
    seqs = ",".join(map(str, plan.erased))
    text = "\n".join((ask.request, _subject(found, plan), seqs, str(len(plan.cut))))
    return "erase:" + hashlib.sha256(text.encode()).hexdigest()[:32]


def clean(session: Session) -> list[str]:
    """What is on disk is written anew; in words what is left to do elsewhere."""
    left = session.store.purge()
    path = base_path(session.store)
    if path is not None:
        cleansed(session.store, path)
    session.forget()
    left.append(
        "backups, exports and copies made before still hold it: `linkrisk migrate` brings a copy up"
        " to date, others are to be destroyed / 先前的备份、导出与副本仍含有该信息"
    )
    return left


def elsewhere(session: Session, wanted: Iterable[str]) -> list[str]:
    """Files beside the store that still hold any of these texts: quarantines, results of jobs."""
    found = []
    needles = [text.encode() for text in wanted]
    for folder in _folders(session):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and needles and _mentions(path, needles):
                found.append(str(path))
                if len(found) == _MOST:
                    return found
    return found


def _folders(session: Session) -> list[Path]:
    url = session.store.url
    return [
        path for path in (state_folder(url), beside(url, ".quarantine")) if path and path.is_dir()
    ]


def _mentions(path: Path, needles: list[bytes]) -> bool:
    longest = max(map(len, needles))
    try:
        with path.open("rb") as file:
            tail = b""
            while part := file.read(_CHUNK):
                if any(needle in tail + part for needle in needles):
                    return True
                tail = part[-longest:]
    except OSError:
        return False
    return False


def _restrict(session: Session, ask: Erase, found: Held, reasons: list[str]) -> dict[str, Any]:
    body = {"subject": found.canonical, "request": ask.request, "reason": ask.reason,
            "kept": reasons[:_MOST]}  # fmt: skip
    head = session.store.append([Draft(ask.by, RESTRICTED, ABOUT, body)])
    session.forget()
    left: list[str] = []
    unscored(session.store.url, found.canonical, left)
    return {"subject": found.canonical, "request": ask.request, "status": "restricted",
            "entry": head.no, "head": str(head), "kept": reasons, "left": left}  # fmt: skip


def release(session: Session, ask: PersonAsk) -> dict[str, Any]:
    """End a restriction; raises Conflict where there is none."""
    subject = _known(session, ask.subject)
    if subject not in session.store.erased().restricted:
        raise Conflict(f"{subject} is not restricted / 未限制处理")
    body = {"subject": subject, "request": ask.request, "reason": ask.reason}
    head = session.store.append([Draft(ask.by, RELEASED, ABOUT, body)])
    session.forget()
    return {"subject": subject, "request": ask.request, "status": "released", "entry": head.no,
            "head": str(head)}  # fmt: skip


def readmit(session: Session, ask: PersonAsk) -> dict[str, Any]:
    """Let what names an erased person be recorded again: a new ground to keep it was found, or the
    person asks for it. What was erased does not come back. Raises Conflict where nothing was."""
    subject = _known(session, ask.subject)
    records, persons = set[int](), set[str]()
    for entry in session.store.ledger(about=ABOUT):
        if entry.kind == ERASED and entry.content["subject"] == subject:
            records.update(entry.content["records"])
            persons.update(entry.content["persons"])
    erased = session.store.erased()
    if not records & erased.firsts and not persons & erased.canonicals:
        raise Conflict(f"{subject} was not erased, or was readmitted already / 未曾删除")
    body = {"subject": subject, "request": ask.request, "reason": ask.reason,
            "records": sorted(records), "persons": sorted(persons)}  # fmt: skip
    head = session.store.append([Draft(ask.by, READMITTED, ABOUT, body)])
    session.forget()
    return {"subject": subject, "request": ask.request, "status": "readmitted", "entry": head.no,
            "head": str(head)}  # fmt: skip


def _known(session: Session, name: str) -> str:
    """The canonical id of whom a name means."""
    snapshot = session.snapshot()
    return snapshot.canonical(named(snapshot, name))


def purge(session: Session) -> dict[str, Any]:
    """Write what is on disk anew, where an erasure found somebody reading."""
    if problems := [each for each in session.store.check() if "erased" in each]:
        raise StoreCorrupt(problems[0])
    return {"left": clean(session)}


__all__ = ["clean", "elsewhere", "erase", "purge", "readmit", "release"]
