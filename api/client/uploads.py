"""A file as it is sent: block by block, so that memory does not depend on its size."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Final, cast

from graph.errors import BadFile, WrongUsage

BLOCK: Final = 1 << 18  # bytes read at a time
Source = str | Path | IO[bytes] | Iterable[bytes]


class Upload:
    """The bytes of a request's body, out of a path, a file opened to be read, or blocks.

    A path is opened anew each time that it is sent, a file that can be wound back is sent from
    where it stood; anything else can be sent once, unless it is a list. Raises BadFile where it
    cannot be read, WrongUsage for what is none of these.
    """

    def __init__(self, source: Source) -> None:
        self.name: str | None = None
        self._begun = False
        self._rewinds = True
        self._size: Callable[[], int | None] = lambda: None
        self._blocks: Callable[[], Iterator[bytes]]
        if isinstance(source, (str, Path)):
            path = Path(source)
            self.name = path.name
            self._rewinds = not path.exists() or path.is_file()  # a pipe is read once
            if self._rewinds:
                _opened(path).close()  # what is wrong is told before anything is sent
                self._size = partial(_size_of, path)
            self._blocks = partial(_of_path, path)
        elif hasattr(source, "read"):
            file = cast(IO[bytes], source)
            given = getattr(file, "name", None)
            self.name = Path(given).name if isinstance(given, str) else None
            self._rewinds = file.seekable()
            start = file.tell() if self._rewinds else None
            self._blocks = partial(_of_file, file, start)
        elif isinstance(source, (bytes, bytearray, memoryview)):
            raise WrongUsage("to send bytes as they are, give a list of them: [body]")
        else:
            self._rewinds = iter(source) is not source
            self._blocks = partial(iter, source)

    @property
    def again(self) -> bool:
        """Whether it can be sent from its beginning still."""
        return self._rewinds or not self._begun

    @property
    def size(self) -> int | None:
        """Its bytes where they are known before it is sent: a service refuses what is too large
        at once."""
        return self._size()

    def blocks(self) -> Iterator[bytes]:
        """Its bytes, from the beginning."""
        self._begun = True
        try:
            yield from self._blocks()
        except OSError as error:
            raise BadFile(f"{self.name or 'the upload'}: {error.strerror or error}") from None

    def later(self) -> AsyncIterator[bytes]:
        """The same for asyncio."""
        return in_threads(self.blocks())


async def in_threads(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Blocks for asyncio, each waited for in a thread: it may come from a disk."""
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        yield block


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None


def _of_path(path: Path) -> Iterator[bytes]:
    with _opened(path) as file:
        yield from _of_file(file, None)


def _of_file(file: IO[bytes], start: int | None) -> Iterator[bytes]:
    if start is not None:
        file.seek(start, os.SEEK_SET)
    while block := file.read(BLOCK):
        yield block
