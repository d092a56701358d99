"""Interrupting the command: what is under way ends within a second, whatever it is at.

An interrupt calls the work off (see `graph.deadline`) and is raised where Python is. Code in
another language does not come back for either, a sort of ten million numbers for one: who has
nothing to lose is ended after a moment all the same.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from graph.deadline import bounded

CODE: Final = 130
_PATIENCE: Final = 0.7  # seconds that work has to end by itself


@contextmanager
def interruptible(*, harmless: bool = False) -> Iterator[None]:
    """Within it, an interrupt calls off what the main thread does, and raises KeyboardInterrupt.

    `harmless`: nothing is lost where the process is ended that does not answer in time. Interrupts
    come to the main thread; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    gone = threading.Event()

    def interrupt(number: int, frame: Any) -> None:
        gone.set()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with _watched(gone, harmless), bounded(cancelled=gone):
            yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _watched(gone: threading.Event, harmless: bool) -> Iterator[None]:
    """Hear of an interrupt at once, in a thread: Python itself does so between two steps only."""
    heard, told = os.pipe()
    os.set_blocking(told, False)
    over = threading.Event()

    def watch() -> None:
        if signal.SIGINT not in os.read(heard, 1):
            return
        gone.set()
        if harmless and not over.wait(_PATIENCE):
            with suppress(OSError):
                clear = b"\r\x1b[2K" if os.isatty(2) else b""
                os.write(2, clear + b"linkrisk: interrupted\n")
            os._exit(CODE)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(before)
        os.close(told)
        thread.join()
        os.close(heard)
