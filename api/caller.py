"""Who asks: a name, what that caller may do (scopes), and whose data it may see (domains)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from graph import domains

if TYPE_CHECKING:
    from starlette.requests import Request

SCOPES: Final = (
    "search",  # find subjects, read their records
    "related",  # related parties, ownership, control, decisions as they stand; case files
    "trace",  # flows, rings, invoices, cases; the work list, pairs to review and their verdicts
    "extend.propose",  # ask whom a measure may reach, propose and execute decisions
    "extend.approve",  # approve what somebody else proposed
    "export",  # whole stores, feeds of changes
    "ingest",  # write facts
    "audit",  # the ledger, the chain of reads
    "admin",  # keys, erasure, retention, models of risk
)
DOMAINS: Final = domains.DOMAINS
OPEN: Final = "open"  # the scope of a route that anybody may ask
ANYONE: Final = "any"  # the scope of a route for every authenticated caller
RESERVED: Final = frozenset(
    {"owner", "nobody", "linkrisk", "resolver"}
)  # names of no key and no person
MOST_WORDS: Final = 200  # characters of a purpose or case
_PLACE: Final = "linkrisk.caller"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `purpose` and `case` are what it gave for reading identifiers.

    A `key` (a machine) or a `person` acts under its own name only; the `owner` holds the token of
    the service and acts for whom it names. `purposes` are those that identifiers may be shown for;
    None: any. `depth` bounds how far it may walk in one question. `claimed` is when an issuer said
    this of a person (µs).
    """

    name: str
    scopes: frozenset[str]
    domains: frozenset[str]
    purpose: str | None = None
    case: str | None = None
    kind: Literal["owner", "key", "person", "nobody"] = "key"
    purposes: frozenset[str] | None = frozenset()
    depth: int | None = None
    claimed: int | None = None

    @property
    def sees_all(self) -> bool:
        """Whether no domain is withheld."""
        return self.domains >= _ALL


_ALL: Final = frozenset(DOMAINS)
OWNER: Final = Caller(  # who holds the token
    "owner", frozenset(SCOPES), _ALL, kind="owner", purposes=None
)
NOBODY: Final = Caller("nobody", frozenset(), frozenset(), kind="nobody")  # asks an open route


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


def one_line(text: str, most: int = MOST_WORDS) -> str | None:
    """A name, purpose or case as it is kept, in one line; None for no such text."""
    text = " ".join(text.split())
    return text if 0 < len(text) <= most and text.isprintable() else None


def owner_of(caller: Caller) -> str:
    """What belongs to a caller is known by this: a key and a person may have one name."""
    return caller.name if caller.kind == "owner" else f"{caller.kind}:{caller.name}"


def whose(caller: Caller) -> str | None:
    """Whose jobs and subscriptions a caller may see: its own; an admin all (None)."""
    return None if "admin" in caller.scopes else owner_of(caller)
