"""What a reader yields, and what a format is.

A format is one module of this package with a `FORMAT`; nothing else lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from ingest.mapping.model import Mapping


class Item(NamedTuple):
    """One derived fact (`fact`) or one rejected row (`reason`), at `line` of its file.

    `line` is 1-based. `counts` is how much of the receipt's `read` the item accounts for: one
    fact or one rejected row each, so that `read = loaded + duplicates + quarantined` holds also
    where one row gives several facts. `file` is set where the path read was a folder.
    """

    line: int
    fact: dict[str, Any] | None
    reason: str | None = None
    column: str | None = None
    counts: int = 1
    file: str | None = None


class Reader(Protocol):
    """Reads a path as facts of a dataset, in the order of the file, with bounded memory."""

    def __call__(
        self, path: Path, dataset: str, mapping: Mapping | None = None
    ) -> Iterator[Item]: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A source format.

    `accepts` looks at a path and its first bytes (empty for a folder) and says how sure it is:
    0 not this format, higher wins. `dataset` is the dataset's name unless the caller gives one;
    None means the file's name.
    """

    name: str
    read: Reader
    accepts: Callable[[Path, bytes], int]
    dataset: str | None = None
