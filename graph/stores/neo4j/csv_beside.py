"""Shares of an export written beside one another, one here and each other by a process of its own.

`python -m graph.stores.neo4j.csv_beside` writes one. It ends when its caller does, whatever ended
that: what it tells and nobody takes is an error.
"""

from __future__ import annotations

import errno
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Final, cast

from graph.children import start_module
from graph.closing import Closing
from graph.errors import InputError, LinkriskError, StoreFull
from graph.store import open_store
from graph.stores.copying import Copying
from graph.stores.neo4j.csv_share import Request, Share, write_share

_ENDED: Final = "a process that wrote a part of the export ended before its work was done"
_PAUSE: Final = 0.2  # seconds between two looks at the others
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})


def not_written(error: OSError) -> LinkriskError:
    """What kept files from being written, as an error of ours."""
    if error.errno in _NO_ROOM:
        return StoreFull(f"no room for the export: {error.strerror}")
    return InputError(f"the export cannot be written: {error}")


def write_shares(
    store: Copying, requests: Sequence[Request], progress: Callable[[int], None]
) -> list[Share]:
    """Write all shares, the first of them here; `progress` is told how many facts are done.

    Raises StoreFull, InputError, StoreError, and LinkriskError where another process ended before
    its work was done.
    """
    with ExitStack() as stack:
        others = [stack.enter_context(_Other(request)) for request in requests[1:]]
        done = 0

        def tell(facts: int) -> None:
            nonlocal done
            done += facts
            progress(done + sum(other.done for other in others))

        shares = [write_share(store, requests[0], tell)]
        for other in others:
            while not other.ended(_PAUSE):
                tell(0)
            shares.append(other.share())
        return shares


class _Other(Closing):
    """Another process, and the thread that hears what it tells."""

    def __init__(self, request: Request) -> None:
        self.done = 0
        self._told: Share | LinkriskError = LinkriskError(_ENDED)  # until it says otherwise
        pipe = subprocess.PIPE
        self._process = start_module("graph.stores.neo4j.csv_beside", stdin=pipe, stdout=pipe)
        self._thread = threading.Thread(target=self._hear, args=(request,), daemon=True)
        self._thread.start()

    def _hear(self, request: Request) -> None:
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None
        assert sink is not None
        with suppress(EOFError, OSError, pickle.UnpicklingError):
            pickle.dump(request, sink)  # not an argument: an address may hold a password
            sink.flush()
            while isinstance(told := pickle.load(source), int):  # noqa: S301  # our own child
                self.done += told
            self._told = told

    def ended(self, seconds: float) -> bool:
        """Whether the process is through, waiting so long at most."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def share(self) -> Share:
        """What it wrote; raises what kept it from that."""
        if isinstance(self._told, LinkriskError):
            raise self._told
        return self._told

    def close(self) -> None:
        """End the process, done or not."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()


def main() -> None:
    """Write what is asked for on standard input; tell how far it is, then the share, or the error
    that kept us from it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller decides what an interrupt ends
    sink = sys.stdout.buffer

    def tell(message: object) -> None:
        pickle.dump(message, sink)
        sink.flush()

    try:
        request: Request = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent
        try:
            tell(write_share(cast(Copying, open_store(request.url)), request, tell))
        except LinkriskError as error:
            tell(error)
        except OSError as error:
            tell(not_written(error))
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the caller has ended; nobody hears what is left
    os._exit(0)  # what is open is only read


if __name__ == "__main__":
    main()
