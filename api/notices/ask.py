"""A notice as both transports ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.notices.content import proven
from api.notices.known import Known, known
from api.notices.render import render
from graph.errors import InputError, WrongUsage

if TYPE_CHECKING:
    from api.session import Session

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class NoticeAsked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer of `extend`, one of its parties, and what the authority says itself."""

    answer: dict[str, Any]
    party: str
    kind: str
    lang: str = "both"
    particulars: dict[str, Any] = {}


def notice(session: Session | None, asked: Mapping[str, Any]) -> str:
    """The page; names and sources are what the session's store knew. Raises what `render` does,
    and UnknownSubject where the answer is of another store."""
    try:
        said = msgspec.convert(dict(asked), NoticeAsked)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"notice: {error}") from None
    names = Known()
    if session is not None:
        _, proof, _ = proven(said.answer, said.party, said.kind)
        try:
            names = known(session, proof)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{said.party[:80]}: the proof cannot be read: {error}") from None
    return render(said.answer, said.party, said.kind, said.particulars, lang=said.lang, names=names)
