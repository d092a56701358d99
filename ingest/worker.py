"""A process of its own that parses pieces of native files: requests and answers over its pipes.

Started as `python -m ingest.worker`, it depends on nothing of the program that called it, and ends
when its input does, whatever ended its parent.
"""

from __future__ import annotations

import gc
import marshal
import os
import pickle
import signal
import subprocess
import sys
from typing import Any, Final, NamedTuple

from graph.children import start_module
from graph.errors import LinkriskError
from graph.facts import Normaliser, Row
from ingest.readers.native import Parsed, Piece, Reject, parse

_SIZE: Final = 8  # bytes that say how long an answer is
_ENDED: Final = "a parsing process ended before its work was done"


class Start(NamedTuple):
    """What a worker needs to know once."""

    dataset: str
    id_key: bytes
    encoding: str


class Worker:
    """The caller's end of one worker. Answers come in the order of the requests."""

    def __init__(self, start: Start) -> None:
        pipe = subprocess.PIPE
        self._process = start_module("ingest.worker", stdin=pipe, stdout=pipe)
        self._send(start)

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        try:
            pickle.dump(message, self._process.stdin, protocol=5)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise LinkriskError(_ENDED) from error

    def ask(self, piece: Piece) -> None:
        """Have a piece parsed."""
        self._send(piece)

    def answer(self) -> Parsed:
        """The oldest answer that was not taken yet; raises LinkriskError when the worker died."""
        assert self._process.stdout is not None
        size = int.from_bytes(self._process.stdout.read(_SIZE))
        answer = self._process.stdout.read(size)
        if not size or len(answer) < size:
            raise LinkriskError(_ENDED)
        rows, lines, rejects = marshal.loads(answer)  # noqa: S302  # our own child, same program
        return Parsed(list(map(Row._make, rows)), lines, list(map(Reject._make, rejects)))

    def close(self) -> None:
        """End the worker; what it was asked and did not answer is dropped."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        self._process.wait()


def main() -> None:
    """Answer requests until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller decides what an interrupt ends
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    gc.disable()  # rows hold no cycles
    try:
        start: Start = pickle.load(source)  # noqa: S301  # our own parent
        normaliser = Normaliser(start.dataset, start.id_key)
        while True:
            piece: Any = pickle.load(source)  # noqa: S301
            found = parse(piece, start.encoding, normaliser)
            # Version 2 looks for no repeated objects: a quarter of what pickle takes.
            rows, rejects = list(map(tuple, found.rows)), list(map(tuple, found.rejects))
            answer = marshal.dumps((rows, found.lines, rejects), 2)
            sink.write(len(answer).to_bytes(_SIZE))
            sink.write(answer)
            sink.flush()
    except (EOFError, pickle.UnpicklingError, BrokenPipeError):
        os._exit(0)  # the caller has ended, maybe within a request; nobody reads what is left


if __name__ == "__main__":
    main()
