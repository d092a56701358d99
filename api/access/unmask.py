"""`/v1/unmask`: the official identifiers of one subject in full, for a purpose and a case.

Everywhere else they are masked. Each call is a read of its own in the chain of reads, marked as
such; where that cannot be written, nothing is shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.access.refusals import Forbidden
from api.caller import MOST_WORDS, Caller, caller_of, let_in, one_line
from api.look import was_known
from api.reads.hook import shown
from api.serving import add, asked_of, json_response
from graph.domains import OF_KEY
from graph.erasure import LIMITED
from graph.errors import Conflict, WrongUsage
from graph.times import parse_time

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.engine import Engine
    from api.session import Session


class UnmaskAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose identifiers, and what for."""

    subject: Annotated[
        str, Meta(description="one subject, by any name / 主体", examples=["registry:p1"])
    ]
    purpose: Annotated[
        str | None,
        Meta(description="what for; one that is granted to the caller / 用途", examples=["反诈"]),
    ] = None
    case: Annotated[
        str | None, Meta(description="the case it is for / 案号", examples=["2026-0017"])
    ] = None
    fields: Annotated[
        list[str] | None,
        Meta(
            description="uscc, resident_id, e164, account; default all that the subject has"
            " / 标识符种类",
            examples=[["resident_id"]],
        ),
    ] = None


class Identifier(msgspec.Struct, frozen=True, kw_only=True):
    """One identifier in full, the record that says it, and why it identifies nobody."""

    record: str
    field: str
    value: str
    invalid: str | None


class Unmasked(msgspec.Struct, frozen=True, kw_only=True):
    """A subject's identifiers in full."""

    subject: str
    purpose: str
    case: str
    identifiers: list[Identifier]
    known_at: str
    snapshot: str


def unmasked(session: Session, asked: UnmaskAsked, fields: frozenset[str]) -> Unmasked:
    """The identifiers that the known records of a subject state now. Raises UnknownSubject;
    Conflict where the use of what is held of it is restricted."""
    snapshot = session.snapshot()
    node = snapshot.resolve(asked.subject)
    if snapshot.restricted(node):
        raise Conflict(f"{snapshot.canonical(node)}: {LIMITED}")
    moment = parse_time(snapshot.known_at)
    store = session.store
    found = [
        Identifier(record=fact.name, field=field, value=value, invalid=reason)
        for name in snapshot.records(node)
        for fact in store.history(name)
        if was_known(fact, moment)
        for field, value, reason, _ in fact.keys
        if field in fields
    ]
    return Unmasked(
        subject=snapshot.canonical(node), purpose=asked.purpose or "", case=asked.case or "",
        identifiers=found, known_at=snapshot.known_at, snapshot=snapshot.name,
    )  # fmt: skip


def entitled(caller: Caller, asked: UnmaskAsked) -> tuple[UnmaskAsked, frozenset[str]]:
    """What a caller asks, complete with what its headers say, and the fields that it is shown.

    Raises WrongUsage where purpose or case is missing, Forbidden where one is not granted.
    """
    purpose = _said("purpose", asked.purpose or caller.purpose)
    case = _said("case", asked.case or caller.case)
    if caller.purposes is not None and purpose not in caller.purposes:
        raise Forbidden("purpose: this one is not granted to the caller / 未授权的用途")
    granted = frozenset(field for field, domain in OF_KEY.items() if domain in caller.domains)
    fields = granted
    if asked.fields is not None:
        if unknown := [each for each in asked.fields if each not in OF_KEY]:
            raise WrongUsage(f"fields: {unknown[0][:40]!r} is none of {', '.join(OF_KEY)}")
        fields = frozenset(asked.fields)
        if gone := sorted({OF_KEY[each] for each in fields - granted}):
            raise Forbidden(f"needs the data domain {', '.join(gone)} / 需要数据域授权")
    return msgspec.structs.replace(asked, purpose=purpose, case=case), fields


def _said(name: str, text: str | None) -> str:
    if (said := one_line(text or "")) is None:
        raise WrongUsage(f"{name}: say it, in 1 to {MOST_WORDS} characters / 须填写{_ZH[name]}")
    return said


_ZH: Final = {"purpose": "用途", "case": "案号"}


def add_unmask(app: FastAPI, engine: Engine) -> None:
    """The route."""

    async def unmask(request: Request) -> Response:
        """The identifiers of one subject in full, for a purpose and a case; the read is recorded
        first / 查看一个主体的完整标识符, 须说明用途与案号, 先留痕后返回."""
        given = await asked_of(request, UnmaskAsked, "unmask")
        caller = caller_of(request)
        asked, fields = entitled(caller, given)
        found = await engine.run(unmasked, engine.session, asked, fields)
        # The record of this read says what for, and which fields were seen in full.
        let_in(request.scope, replace(caller, purpose=asked.purpose, case=asked.case))
        seen = sorted({each.field for each in found.identifiers})
        shown(request, [found.subject], seen, unmasked=True)
        return json_response(msgspec.json.encode(found))

    add(
        app,
        "POST",
        "/v1/unmask",
        unmask,
        scope="search",
        tags=["privacy"],
        extra=_described(),
        summary="Identifiers in full / 完整标识符",
        operation_id="unmask",
    )


def _described() -> dict[str, Any]:
    asked = {"subject": "demo:p1", "purpose": "反诈", "case": "2026-0017"}
    body = {"schema": openapi.schema(UnmaskAsked), "example": asked}
    good = {
        "description": "the identifiers / 标识符",
        "content": {"application/json": {"schema": openapi.schema(Unmasked)}},
    }
    return {
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {"200": good},
    }
