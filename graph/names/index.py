"""The index of a live graph's names: that of its base, mapped from a file, and those of its tail.

Every version of a record has its name here, so that former names are found; whether a version is
still the newest is asked of the snapshot. The base's index is made once and kept beside the base
(`.names`), where every process maps the same pages. What was recorded since is indexed in pieces
that are put together as they grow, so that a name written a moment ago is found.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from graph.base import Base
from graph.disk import load, save
from graph.heap import Texts
from graph.names.segment import Segment, build

if TYPE_CHECKING:
    from graph.live import Live

_SHAPE: Final = 1  # of the arrays; a file of another is made anew
_GROWTH: Final = 4  # a piece is joined with the one before it where that is not so many times it


class NameIndex:
    """See the module. One instance a live graph; any thread may ask."""

    def __init__(self, live: Live, path: Path | None) -> None:
        """Map the index of the base from `path`, or make it and keep it there.

        Making takes 8 s a million different names of Chinese companies, mapping no time.
        """
        self._live = live
        self._lock = threading.Lock()
        self._base = _of_base(live, path)
        self._upto = live.base_versions
        self._tail: tuple[tuple[int, Segment], ...] = ()  # with the version each begins at

    def segments(self, versions: int) -> list[Segment]:
        """The pieces in which all versions before this one are, the base's first. Cheap where
        nothing came; else linear in what came, and now and then in the tail."""
        if versions > self._upto:
            with self._lock:
                if versions > self._upto:
                    self._take(versions)
        return [self._base, *(segment for _, segment in self._tail)]

    def _take(self, upto: int) -> None:
        pieces = list(self._tail)
        begin = self._upto
        while pieces and upto - begin > (begin - pieces[-1][0]) // _GROWTH:
            begin = pieces.pop()[0]
        pieces.append((begin, _built(self._live, begin, upto)))
        self._tail, self._upto = tuple(pieces), upto


def has_names(live: Live, path: Path) -> bool:
    """Whether the index of a live graph's base is kept there."""
    found = load(path)
    return found is not None and _is_ours(found, live, _mark(live.texts["label"]))


def names_path(base: Path) -> Path:
    """Where the index of a base's names is kept."""
    return base.with_name(base.name + ".names")


def keep_names(base: Base, path: Path) -> None:
    """Make the index of a base that was saved at `path`, and keep it beside it."""
    labels, node = base.texts("label"), base.arrays["version_node"]
    count = base.counts["versions"]
    kinds = base.arrays["node_kind"][node[:count]]
    made = build(labels.many(range(count)), np.arange(count), kinds)
    _save(made, base.batch, base.name, labels, names_path(path))


def _of_base(live: Live, path: Path | None) -> Segment:
    labels, count = live.texts["label"], live.base_versions
    mark = _mark(labels)
    found = load(path) if path is not None else None
    if found is not None and _is_ours(found, live, mark):
        return Segment(found.arrays)
    with alone(path):
        found = load(path) if path is not None else None
        if found is not None and _is_ours(found, live, mark):
            return Segment(found.arrays)  # another process has made it meanwhile
        return _made(live, count, labels, path, found)


def _is_ours(found: Base, live: Live, mark: int) -> bool:
    said = (found.batch, found.name, found.counts)
    return said == (live.base_batch, live.base_name, {"shape": _SHAPE, "mark": mark})


@contextmanager
def alone(path: Path | None) -> Iterator[None]:
    """While one process makes a file, others that want it wait; where there are no locks, or no
    place for one, each makes its own."""
    with ExitStack() as stack:
        if path is not None:
            with suppress(OSError, ImportError):
                import fcntl

                lock = stack.enter_context(path.with_name(path.name + ".lock").open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made(live: Live, count: int, labels: Texts, path: Path | None, found: Base | None) -> Segment:
    made = _built(live, 0, count)
    newer = found is not None and found.batch > live.base_batch  # another process has a newer base
    if path is not None and live.base_batch and not newer:
        with suppress(OSError):  # the answer does not wait for a disk with room
            _save(made, live.base_batch, live.base_name, labels, path)
            if (saved := load(path)) is not None and saved.name == live.base_name:
                return Segment(saved.arrays)  # its pages are shared with others who map it
    return made


def _save(made: Segment, batch: int, name: str, labels: Texts, path: Path) -> None:
    said = {"shape": _SHAPE, "mark": _mark(labels)}
    save(Base(batch, name, said, made.arrays), path)


def _mark(labels: Texts) -> int:
    """A checksum of the base's labels: what was erased from them must not be found any more."""
    return zlib.crc32(labels.data.data, len(labels.offsets))


def _built(live: Live, begin: int, end: int) -> Segment:
    places = range(begin, end)
    nodes = live.versions.arrays["version_node"][begin:end]
    kinds = live.nodes.arrays["node_kind"][nodes]
    return build(live.texts["label"].many(places), np.arange(begin, end), kinds)
