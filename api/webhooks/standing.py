"""Whether who subscribed may still hear: a subscription of a key ends where its key does, one of a
person where their issuer says so, or has not said for too long that it may go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.caller import Caller, owner_of
from api.webhooks import events
from api.webhooks.rows import Person
from graph import times
from graph.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from api.access.keys import Keyring
    from api.webhooks.book import Book, Hook

_OF_A_KEY: Final = "key:"
_OF_A_PERSON: Final = "person:"
_OF_NO_DOMAIN: Final = (events.RECORDED, events.TEST)  # what these tell is of no domain


def settle(book: Book, keyring: Keyring | None, hooks: Iterable[Hook]) -> list[Hook]:
    """The subscriptions as their owners stand now, which the book notes.

    That of a key which is gone, or may no longer export, pauses; of one that sees fewer domains it
    is narrowed to those, and what was taken for more is dropped. The same of persons by what their
    newest token said; it pauses once that is too long ago. Those of the owner stay as they are, and
    so do those of keys where there is no keyring. Raises InputError where the keys cannot be read.
    """
    hooks = list(hooks)
    persons = book.persons() if any(hook.owner.startswith(_OF_A_PERSON) for hook in hooks) else {}
    return [_settled(book, keyring, persons.get(hook.owner), hook) for hook in hooks]


def _settled(book: Book, keyring: Keyring | None, person: Person | None, hook: Hook) -> Hook:
    if hook.owner.startswith(_OF_A_PERSON):
        return _of_person(book, person, hook)
    if keyring is None or not hook.owner.startswith(_OF_A_KEY):
        return hook
    name = hook.owner.removeprefix(_OF_A_KEY)
    caller = keyring.named(name)
    if caller is None:
        return _paused(book, hook, f"no active key is named {name} / 密钥已失效")
    return _within(book, hook, f"the key {name}", caller.scopes, caller.domains)


def _of_person(book: Book, person: Person | None, hook: Hook) -> Hook:
    """Of one of whom no token was seen since, what it said when they subscribed is known."""
    name = hook.owner.removeprefix(_OF_A_PERSON)
    claimed = hook.created if person is None else person.claimed
    if claimed < times.now() - int(book.settings.person_seconds * 1_000_000):
        when = format_instant(claimed)[:10]
        why = f"what {name} may see was last known on {when}: resume it / 权限久未确认, 请恢复订阅"
        return _paused(book, hook, why)
    return hook if person is None else _within(book, hook, name, person.scopes, person.domains)


def _within(
    book: Book, hook: Hook, who: str, scopes: Collection[str], domains: Collection[str]
) -> Hook:
    for scope in events.scopes_of(hook.events):
        if scope not in scopes:
            return _paused(book, hook, f"{who} has no scope {scope} / 无此权限")
    if gone := sorted(set(hook.domains).difference(domains)):
        left = sorted(set(hook.domains).intersection(domains))
        why = f"{who} no longer sees {', '.join(gone)} / 数据域已收窄"
        return book.narrow(hook.id, left, _OF_NO_DOMAIN, why)
    return hook


def _paused(book: Book, hook: Hook, why: str) -> Hook:
    known = hook.state == "paused" and hook.error == why
    return hook if known else book.stop(hook.id, why)


def claims_of(caller: Caller) -> Person | None:
    """What a person's token says that they may do and see; None for others."""
    if caller.kind != "person" or caller.claimed is None:
        return None
    return Person(
        owner=owner_of(caller), scopes=caller.scopes, domains=caller.domains,
        claimed=caller.claimed,
    )  # fmt: skip
