"""Messages between a process and one that it has started: their arrays go as they are."""

from __future__ import annotations

import pickle
from typing import IO, Any

import numpy as np


def send(sink: IO[bytes], message: Any) -> None:
    """Write one message: its columns' bytes as they are, behind a pickle of the rest."""
    columns: list[pickle.PickleBuffer] = []
    rest = pickle.dumps(message, protocol=5, buffer_callback=columns.append)
    raws = [column.raw() for column in columns]
    pickle.dump((rest, [raw.nbytes for raw in raws]), sink, protocol=5)
    for raw in raws:
        sink.write(raw)
    sink.flush()


def receive(source: IO[bytes]) -> Any:
    """Read one message; raises EOFError where it ends before its end."""
    rest, sizes = pickle.load(source)  # noqa: S301  # our own child
    columns = [np.empty(size, np.uint8) for size in sizes]
    for column in columns:
        view = column.data
        while len(view):
            if not (count := source.readinto(view)):  # type: ignore[attr-defined]
                raise EOFError
            view = view[count:]
    return pickle.loads(rest, buffers=columns)  # noqa: S301
