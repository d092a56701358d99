"""Gathering the columns of a store's facts, by several processes where the facts are many.

`python -m graph.gather` reads one run of batches and sends their columns over its output, block by
block. It ends when its caller does, whatever ended that: a block that nobody takes is an error.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import pairwise
from typing import Any, Final

import numpy as np

from graph.children import start_module
from graph.closing import Closing
from graph.collect import Parts, append, collect
from graph.errors import LinkriskError
from graph.memory import no_cycles
from graph.messages import receive, send
from graph.store import BatchInfo, Store, open_store

Progress = Callable[[int], None]

_ENDED: Final = "a process that read a part of the store ended before its work was done"
_SHARE: Final = 500_000  # facts that are worth a process of their own, which takes 0.4 s to start
_MOST: Final = 4


def gather(
    store: Store,
    batches: Sequence[BatchInfo],
    progress: Progress | None = None,
    processes: int | None = None,
) -> Parts:
    """The columns of all facts of these batches, a store's first ones, in the order of the feed.

    `processes` read at once, this one among them: unless said, one for each half million facts,
    four at most, and no more than there are processors. A batch is not divided. Raises StoreError,
    and LinkriskError where another process ended before its work was done.
    """
    facts = batches[-1].last_seq if batches else 0
    if processes is None:
        processes = max(1, min(processors(), _MOST, facts // _SHARE))
    bounds = shares(batches, processes)
    parts: Parts = {}
    with ExitStack() as stack, no_cycles():
        others = [
            stack.enter_context(_Reader(store.url, since, upto))
            for since, upto in pairwise(bounds[1:])
        ]
        done = 0

        def tell() -> None:
            if progress is not None:
                progress(done + sum(other.done for other in others))

        for delta in store.changes(0, bounds[1]) if batches else ():
            append(parts, collect(delta))
            done += len(delta.seq)
            tell()
        for other in others:
            for found in other.blocks():
                append(parts, found)
        tell()
    return parts


def shares(batches: Sequence[BatchInfo], count: int) -> list[int]:
    """0, then the last batch of each of at most `count` shares with about as many facts in each."""
    if not batches:
        return [0, 0]
    ends = batches[-1].last_seq * np.arange(1, count) / count
    places = np.searchsorted([info.last_seq for info in batches], ends).tolist()
    return sorted({0, *(batches[place].no for place in places), batches[-1].no})


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Reader(Closing):
    """Another process, and the thread that takes in what it sends."""

    def __init__(self, url: str, since: int, upto: int) -> None:
        self.done = 0
        self._blocks: list[dict[str, Any]] = []
        self._error: LinkriskError | None = LinkriskError(_ENDED)  # until it says otherwise
        pipe = subprocess.PIPE
        self._process = start_module("graph.gather", stdin=pipe, stdout=pipe)
        self._thread = threading.Thread(target=self._take, args=((url, since, upto),), daemon=True)
        self._thread.start()

    def _take(self, request: tuple[str, int, int]) -> None:
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None
        assert sink is not None
        with suppress(EOFError, OSError, pickle.UnpicklingError):
            pickle.dump(request, sink)  # not an argument: an address may hold a password
            sink.flush()
            while isinstance(found := receive(source), dict):
                self.done += sum(len(found.get(seq, ())) for seq in ("eseq", "rseq", "lseq"))
                self._blocks.append(found)
            self._error = found

    def blocks(self) -> Iterator[dict[str, Any]]:
        """What the process read, once it has read all; raises what kept it from that."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        yield from self._blocks
        self._blocks.clear()

    def close(self) -> None:
        """End the process, done or not."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                continue


def main() -> None:
    """Answer one request: the columns of batches, then None; or the error that kept us from it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller decides what an interrupt ends
    sink = sys.stdout.buffer
    try:
        url, since, upto = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent
        try:
            store = open_store(url)
            with no_cycles():
                for delta in store.changes(since, upto):
                    send(sink, collect(delta))
            send(sink, None)
        except LinkriskError as error:
            send(sink, error)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the caller has ended; nobody reads what is left
    os._exit(0)  # what is open is only read, and freeing it takes time


if __name__ == "__main__":
    main()
