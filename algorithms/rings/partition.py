"""Leiden as graspologic-native has it, which nothing can stop: a long run gets a process of its own
that can be ended when nobody waits for it any more.

`python -m algorithms.rings.partition` reads one network and sends where its nodes belong. It ends
when its caller does.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any, Final

import numpy as np

from graph.children import start_module
from graph.columns import I32, I64
from graph.deadline import Deadline
from graph.errors import LinkriskError
from graph.messages import receive, send

_ALONE: Final = 200_000  # ends of edges from which on a process pays, which takes 0.3 s to start
_LOOK: Final = 0.1  # seconds between two looks at whether anybody still waits


def partition(
    ptr: I64, to: I32, weight: Any, *, resolution: float, iterations: int, seed: int,
    deadline: Deadline, alone: int = _ALONE,
) -> I64 | None:  # fmt: skip
    """The community of each node of a network in sparse rows, each of which has an edge; None where
    the time was over before. Raises Cancelled."""
    asked = (ptr, to, weight, {"resolution": resolution, "iterations": iterations, "seed": seed})
    if deadline.expired():
        return None
    if len(to) < alone:
        return _run(*asked)
    return _elsewhere(asked, deadline)


def _run(ptr: I64, to: I32, weight: Any, how: dict[str, Any]) -> I64:
    import graspologic_native

    n = len(ptr) - 1
    _, found = graspologic_native.leiden_csr(ptr, to, weight, n, **how)
    of = np.empty(n, np.int64)
    of[np.fromiter(found.keys(), np.int64, n)] = np.fromiter(found.values(), np.int64, n)
    return of


def _elsewhere(asked: tuple[Any, ...], deadline: Deadline) -> I64 | None:
    """Ask a process of its own, and end it where nobody waits any more."""
    pipe = subprocess.PIPE
    process = start_module("algorithms.rings.partition", stdin=pipe, stdout=pipe)
    told: list[I64] = []

    def exchange() -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(EOFError, OSError, pickle.UnpicklingError):
            send(process.stdin, asked)
            told.append(receive(process.stdout))

    thread = threading.Thread(target=exchange, daemon=True)
    thread.start()
    try:
        while thread.is_alive() and not deadline.expired():
            thread.join(_LOOK)
    finally:
        process.kill()
        process.wait()
        thread.join()
        for end in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):
                assert end is not None
                end.close()
    if told:
        return told[0]
    if deadline.passed:
        return None
    raise LinkriskError(
        "the process that looked for communities ended before its work was done"
        " (out of memory?) / 社区划分进程意外结束"
    )


def main() -> None:
    """Answer one request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller decides what an interrupt ends
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    with suppress(EOFError, BrokenPipeError):
        asked = receive(source)

        def follow() -> None:
            source.read()  # until the caller has ended
            os._exit(0)

        threading.Thread(target=follow, daemon=True).start()
        send(sink, _run(*asked))
    os._exit(0)


if __name__ == "__main__":
    main()
