"""Whether who subscribed may still hear: a subscription of a key ends where its key does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.webhooks import events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.access.keys import Keyring
    from api.webhooks.book import Book, Hook

_OF_A_KEY: Final = "key:"
_OF_NO_DOMAIN: Final = (events.RECORDED, events.TEST)  # what these tell is of no domain


def settle(book: Book, keyring: Keyring, hooks: Iterable[Hook]) -> list[Hook]:
    """The subscriptions as their owners' keys stand now, which the book notes.

    That of a key which is gone, or may no longer export, pauses; of one that sees fewer domains it
    is narrowed to those, and what was taken for more is dropped. Those of persons and of the owner
    stay as they are. Raises InputError where the keys cannot be read.
    """
    return [_settled(book, keyring, hook) for hook in hooks]


def _settled(book: Book, keyring: Keyring, hook: Hook) -> Hook:
    if not hook.owner.startswith(_OF_A_KEY):
        return hook
    name = hook.owner.removeprefix(_OF_A_KEY)
    caller = keyring.named(name)
    if caller is None:
        return _paused(book, hook, f"no active key is named {name} / 密钥已失效")
    needed = ["export"]
    if set(events.DECIDED) & set(hook.events):
        needed.append("related")
    if events.ALERTED in hook.events:
        needed.append("trace")
    for scope in needed:
        if scope not in caller.scopes:
            return _paused(book, hook, f"the key {name} has no scope {scope} / 密钥无此权限")
    if gone := sorted(set(hook.domains) - caller.domains):
        left = sorted(set(hook.domains) & caller.domains)
        why = f"the key {name} no longer sees {', '.join(gone)} / 数据域已收窄"
        return book.narrow(hook.id, left, _OF_NO_DOMAIN, why)
    return hook


def _paused(book: Book, hook: Hook, why: str) -> Hook:
    known = hook.state == "paused" and hook.error == why
    return hook if known else book.stop(hook.id, why)
