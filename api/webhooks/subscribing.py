"""From what a caller asks for to a subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from api.caller import owner_of
from api.reads.naming import PERSONAL
from api.serving import check
from api.webhooks import events
from api.webhooks.book import Subscribed
from api.webhooks.guard import check_url
from graph.errors import WrongUsage
from graph.keys import mask_within

if TYPE_CHECKING:
    from api.caller import Caller
    from api.session import Session
    from api.webhooks.book import Book, Hook
    from graph.snapshot import Snapshot

_SUBJECTS: Final = 10_000
_NOTE: Final = 500


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subscription as it is asked for."""

    url: Annotated[str, Meta(description="where to: https, or this machine / 接收地址")]
    events: Annotated[
        list[str],
        Meta(description="types of events; `decision.*` is every step of a decision / 事件类型"),
    ]
    subjects: Annotated[
        Annotated[list[str], Meta(max_length=_SUBJECTS)] | None,
        Meta(
            description="whose changes and decisions; for decisions default everybody's / 关注主体"
        ),
    ] = None
    note: Annotated[
        Annotated[str, Meta(max_length=_NOTE)] | None, Meta(description="in words / 备注")
    ] = None


def subscribe(session: Session, book: Book, caller: Caller, asked: Asked) -> tuple[Hook, str]:
    """Make a subscription from now on, and its secret.

    Raises WrongUsage, UnknownSubject; Forbidden where the caller may not see what it asks for.
    """
    types = events.check_types(asked.events)
    if events.CHANGED in types and not asked.subjects:
        raise WrongUsage(f"subjects: whose changes? {events.RECORDED} tells of every batch"
                         " / 须指定关注主体")  # fmt: skip
    for scope in events.scopes_of(types):  # decisions are about what the registry says
        check(caller, scope, frozenset({"registry"} if scope == "related" else ()))
    check_url(asked.url, book.settings)
    view = session.snapshot()
    subjects = asked.subjects and [_kept(view, name) for name in asked.subjects]
    return book.subscribe(
        Subscribed(
            owner=owner_of(caller), url=asked.url, events=types, subjects=subjects,
            domains=sorted(caller.domains),
            note=None if asked.note is None else mask_within(asked.note),
            batch=view.batch, entry=session.store.ledger_head().no,
        )
    )  # fmt: skip


def _kept(view: Snapshot, name: str) -> str:
    """A subject as the book names it: an identifier of somebody's is not kept, nor is an id that
    another dataset may come to have."""
    node = view.resolve(name)
    return name if ":" in name or view.kind_name(node) not in PERSONAL else view.canonical(node)
