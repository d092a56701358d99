"""Proofs of `extend` checked without the code that made them: over HTTP and by the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request  # needed when FastAPI reads the endpoints' annotations
from starlette.responses import Response

from api import openapi
from api.serving import add, asked_of, json_response
from graph.proof.check import check
from graph.rulebook.load import load_editions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import FastAPI

    from api.engine import Engine
    from api.session import Session
    from graph.snapshot import Snapshot

_MOST: Final = 200  # proofs of one request


class ProofsAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Proofs as answers of `extend` carry them."""

    proofs: Annotated[
        list[dict[str, Any]], Meta(description="proofs / 证明", min_length=1, max_length=_MOST)
    ]


class ProofChecked(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a proof holds; `problems` say why not."""

    subject: str | None
    party: str | None
    outcome: str | None
    holds: bool
    problems: list[str]


class ProofsChecked(msgspec.Struct, frozen=True, kw_only=True):
    """Proofs in the order in which they were given."""

    proofs: list[ProofChecked]


def checked(proof: Mapping[str, Any], view_of: Callable[[str], Snapshot | None]) -> ProofChecked:
    """Check one proof by the rulebook that it names; `view_of` opens the view of a claim by its
    `known_at`, or gives None: then the facts inside are taken as they stand. Never raises for what
    a proof says, but what `view_of` raises."""
    said = proof.get("claim")
    claim: dict[str, Any] = said if isinstance(said, dict) else {}
    books = {book.version: book for book in load_editions().values()}
    book = books.get(str(proof.get("rulebook")))
    if book is None:
        problems = ["its rulebook is not here"]
    else:
        problems = check(proof, book, view_of(str(claim.get("known_at"))))
    told = {name: _text(claim.get(name)) for name in ("subject", "party", "outcome")}
    return ProofChecked(**told, holds=not problems, problems=problems)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def against(session: Session) -> Callable[[str], Snapshot | None]:
    """Opens the views of a store, each once."""
    opened: dict[str, Snapshot] = {}

    def view_of(known_at: str) -> Snapshot:
        if known_at not in opened:
            opened[known_at] = session.snapshot(known_at)
        return opened[known_at]

    return view_of


def add_proofs(app: FastAPI, engine: Engine) -> None:
    """Check proofs against the store."""

    def work(asked: ProofsAsked) -> ProofsChecked:
        view_of = against(engine.session)
        return ProofsChecked(proofs=[checked(each, view_of) for each in asked.proofs])

    async def verify(request: Request) -> Response:
        """Whether proofs of `extend` hold on the facts known then, by other code / 校验证明."""
        asked = await asked_of(request, ProofsAsked, "proofs")
        return json_response(msgspec.json.encode(await engine.run(work, asked)))

    said = {
        **openapi.body(ProofsAsked, {"proofs": [{"claim": {}}]}, required=True),
        **openapi.answers(ProofsChecked),
    }
    add(app, "POST", "/v1/proofs/verify", verify, scope="extend.propose", domains=["registry"],
        tags=["extension"], extra=said)  # fmt: skip
