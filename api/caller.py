"""Who asks: a name, what that caller may do (scopes), and whose data it may see (domains)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from starlette.requests import Request

SCOPES: Final = (
    "search",  # find subjects, read their records
    "related",  # related parties, ownership, control, decisions as they stand
    "trace",  # flows, rings, invoices, cases
    "extend.propose",  # ask whom a measure may reach, propose and execute decisions
    "extend.approve",  # approve what somebody else proposed
    "export",  # whole stores, feeds of changes
    "ingest",  # write facts
    "audit",  # the ledger, the chain of reads
    "admin",  # keys, erasure, retention
)
DOMAINS: Final = ("registry", "tax", "bank", "telecom")
OPEN: Final = "open"  # the scope of a route that anybody may ask
ANYONE: Final = "any"  # the scope of a route for every authenticated caller
_PLACE: Final = "linkrisk.caller"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `purpose` and `case` are what it gave for reading identifiers."""

    name: str
    scopes: frozenset[str]
    domains: frozenset[str]
    purpose: str | None = None
    case: str | None = None


OWNER: Final = Caller("owner", frozenset(SCOPES), frozenset(DOMAINS))  # who holds the token


def caller_of(request: Request) -> Caller:
    """The caller that the guard let in."""
    return cast(Caller, request.scope[_PLACE])


def let_in(scope: object, caller: Caller) -> None:
    """Say who asks, for the routes behind the guard."""
    cast(dict[str, object], scope)[_PLACE] = caller


def who(scope: object) -> str | None:
    """The name of the caller that was let in; None before, or where nobody need be known."""
    found = cast(dict[str, Any], scope).get(_PLACE)
    return found.name if isinstance(found, Caller) else None
