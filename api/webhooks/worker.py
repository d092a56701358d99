"""Delivers beside the service's routes: one process at a time, by a lease in the book."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from api.caller import Caller
from api.webhooks.pump import Pump
from api.webhooks.sender import Sender, Sent
from api.webhooks.standing import claims_of
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from api.access.keys import Keyring
    from api.reads.hook import Audit
    from api.session import Session
    from api.webhooks.book import Book, Event, Hook, Person
    from api.webhooks.settings import WebhookSettings

_LOOK: Final = 0.5  # seconds between two looks at feeds and outbox
_NOTED: Final = 10_000  # persons whose claims are remembered as written down
_log = logging.getLogger("linkrisk.webhooks")


def pause(settings: WebhookSettings, tries: int, asked: float | None) -> float:
    """Seconds until the next attempt, after so many that failed: twice as long each time, less up
    to a half by chance, so that what failed together does not come back together; no less than the
    receiver asks for."""
    most = min(settings.longest, settings.first * 2.0 ** min(tries - 1, 40))
    found = most * random.uniform(0.5, 1.0)  # noqa: S311 no secret
    return max(found, min(asked or 0.0, settings.longest))


class Delivery:
    """Takes in what happened and sends it, for as long as this process holds the lease."""

    def __init__(
        self,
        session: Session,
        book: Book,
        audit: Audit | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self.book = book
        self._audit = audit
        self._settings = book.settings
        self._pump = Pump(session, book, keyring)
        self._wake = asyncio.Event()
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._heard: dict[str, Person] = {}
        self._noted: dict[str, Person] = {}

    def hear(self, caller: Caller) -> None:
        """Take note of what a person's token says, to be written down at the next look."""
        said = claims_of(caller)
        if said is None or said == self._noted.get(said.owner):
            return
        known = self._heard.get(said.owner)
        if known is None or known.claimed <= said.claimed:
            self._heard[said.owner] = said

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver within the block; what is under way at its end is sent again by whoever is next,
        where nobody noted that it came."""
        self._wake, self._under_way = asyncio.Event(), {}
        holder = f"{os.getpid()}-{secrets.token_hex(6)}"
        with ThreadPoolExecutor(2, thread_name_prefix="webhooks") as self._clerks:
            sender = Sender(self._settings)
            loop = asyncio.create_task(self._loop(holder, sender), name="webhooks")
            try:
                yield
            finally:
                tasks = [loop, *self._under_way.values()]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await sender.close()
                with suppress(LinkriskError):
                    await self._clerk(self.book.let_go, holder)

    async def _clerk(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._clerks, function, *args)

    async def _loop(self, holder: str, sender: Sender) -> None:
        trouble: str | None = None  # that was told already
        while True:
            self._wake.clear()
            more = False
            try:
                if heard := self.heard():
                    await self._clerk(self.note, heard)
                if await self._clerk(self._mine, holder):
                    more = await self._clerk(self._pump.run)
                    await self._start(sender)
                trouble = None
            except LinkriskError as error:
                if str(error) != trouble:
                    trouble = str(error)
                    _log.warning("events wait: %s", error)
            except Exception:  # noqa: BLE001 whatever it is, it must not end delivery
                _log.exception("events wait")
            if not more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._wake.wait()

    def heard(self) -> list[Person]:
        """What was heard since the last look."""
        found, self._heard = self._heard, {}
        return [*found.values()]

    def note(self, heard: list[Person]) -> None:
        """Write down what was heard."""
        for said in heard:
            self.book.heard(said)
            if len(self._noted) >= _NOTED:
                self._noted.clear()
            self._noted[said.owner] = said

    def _mine(self, holder: str) -> bool:
        return self.book.is_there and self.book.hold(holder)

    async def _start(self, sender: Sender) -> None:
        """Send what is due, each subject's oldest, and its next once that came."""
        room = self._settings.at_once - len(self._under_way)
        if room <= 0:
            return
        due = await self._clerk(self.book.due, room, frozenset(self._under_way))
        hooks = {hook.id: hook for hook in await self._clerk(self.book.hooks)} if due else {}
        for event in due:
            key = (event.hook, event.subject)
            if event.hook in hooks and key not in self._under_way:
                task = asyncio.create_task(self._deliver(sender, hooks[event.hook], event))
                self._under_way[key] = task
                task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: tuple[str, str], _: asyncio.Task[None]) -> None:
        self._under_way.pop(key, None)
        self._wake.set()

    async def _sent(self, sender: Sender, hook: Hook, event: Event) -> Sent:
        """One attempt; what names a person is recorded before it is sent, or is not sent."""
        if self._audit is not None:
            who = Caller(hook.owner, frozenset(), frozenset(hook.domains))
            try:
                await self._audit.told(who, event.body, f"webhook {hook.id}")
            except LinkriskError as error:
                return Sent(ok=False, error=f"not recorded: {error}"[:200])
        return await sender.send(hook.url, event.id, event.body, hook.signing)

    async def _deliver(self, sender: Sender, hook: Hook, event: Event) -> None:
        try:
            sent = await self._sent(sender, hook, event)
        except Exception as error:  # noqa: BLE001 one that is not noted is tried again at once
            _log.exception("%s: the attempt broke off", event.id)
            sent = Sent(ok=False, error=f"{type(error).__name__}: {error}"[:200])
        wait = 0.0 if sent.ok else pause(self._settings, event.tries + 1, sent.wait)
        if not sent.ok:
            _log.info("%s: attempt %d failed: %s", event.id, event.tries + 1, sent.error)
        try:
            await self._clerk(self.book.sent, event, sent, wait)
        except LinkriskError as error:  # it is sent again
            _log.warning("%s: the attempt cannot be noted: %s", event.id, error)
            await asyncio.sleep(_LOOK)
        except Exception:  # noqa: BLE001 likewise, and not before the next look
            _log.exception("%s: the attempt cannot be noted", event.id)
            await asyncio.sleep(_LOOK)
