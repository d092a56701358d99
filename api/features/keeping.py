"""Tables of features in a folder: `KIND/DAY/KNOWN-DIGEST/features.parquet`, each written whole.

The same question on the same snapshot is answered by the table that is there. Of another day or
snapshot, each group is taken from the newest table that has it under the same digest of what it is
computed from (`algorithms.features.keys`), and computed where none has.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.features.table import F32, KINDS, VERSION, WINDOWS, Feature
from api.kept import state_folder
from graph.errors import StoreFull, WrongUsage
from graph.leftovers import sweep

if TYPE_CHECKING:
    import pyarrow as pa

    from algorithms.features.sheet import Scope
    from algorithms.features.table import Features
    from api.session import Session

FILE: Final = "features.parquet"
META: Final = b"linkrisk"
_DIGITS: Final = 6
_ROWS: Final = 100_000  # of a row group
_TRIES: Final = 3
# What reading a file that was damaged raises; pages bear checksums, so that none is read wrongly.
_DAMAGED: Final = (OSError, KeyError, ValueError, msgspec.MsgspecError)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which features: of a kind of subjects, as of a day, as known at a time; of these groups and
    windows (days), by default of all but those that take long."""

    as_of: str
    kind: str = "account"
    groups: list[str] | None = None
    windows: list[int] = msgspec.field(default_factory=lambda: list(WINDOWS))
    known_at: str | None = None


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What a table is, and how it came about."""

    kind: str
    as_of: str
    known_at: str
    snapshot: str
    version: int
    rows: int
    columns: int
    windows: list[int]
    groups: list[str]
    reused: list[str]
    cut: list[str]
    notes: list[str]
    bytes: int


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """A column: `window` in days, null where it is of none; `reads` the kinds of relation that it
    is computed from."""

    name: str
    group: str
    en: str
    zh: str
    unit: str
    window: int | None
    reads: list[str]


class Dictionary(msgspec.Struct, frozen=True, kw_only=True):
    """What the columns of a kind's table mean, in their order."""

    kind: str
    results: list[Meaning]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group of a table: its digest, its columns, and bounds that left something out of it."""

    key: str
    columns: list[str]


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What the schema of a table says of it, under the key `linkrisk`, as JSON."""

    kind: str
    as_of: str
    known_at: str
    snapshot: str
    version: int
    windows: list[int]
    groups: dict[str, Group]
    cut: list[str] = []
    notes: list[str] = []


def build(
    session: Session, asked: Asked, home: Path, keep: int | None = None
) -> tuple[Path, Built]:
    """The table that is asked for, made where it is not there yet, and what it is.

    Whose use is restricted has no row. Rows are in the order of the ids. Of the tables in `home`
    only the newest `keep` stay, where given. Raises WrongUsage, BadFact, StoreFull.
    """
    from algorithms.features.making import made, shown
    from algorithms.features.sheet import Scope

    if not _DAY.fullmatch(asked.as_of):
        raise WrongUsage(f"as_of is a date like 2022-01-05, not {asked.as_of[:20]!r}")
    snapshot = session.snapshot(asked.known_at)
    chosen = shown(snapshot, asked.kind, asked.groups, asked.windows)
    scope = Scope(snapshot, asked.kind, asked.as_of, asked.windows)  # raises for what is no day
    erased = session.whole_store.erased_upto()
    name = repr((snapshot.name, erased, VERSION, [each.name for each in chosen]))
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    known = re.sub(r"[^0-9T]", "", snapshot.known_at)[:20]
    place = home / asked.kind / asked.as_of / f"{known}-{digest}" / FILE
    if (there := _there(place)) is not None:
        return place, there
    subjects = _Subjects(scope)
    keys = _keys(scope, chosen, subjects.digest, erased)
    reused: list[str] = []

    def before(group: str) -> F32 | None:
        for path in _tables(home, asked.kind):
            if (columns := _columns(path, group, keys[group], subjects)) is not None:
                reused.append(group)
                return columns
        return None

    table = made(scope, chosen, before)
    meta = Meta(
        kind=asked.kind, as_of=asked.as_of, known_at=snapshot.known_at, snapshot=snapshot.name,
        version=VERSION, windows=list(asked.windows), cut=list(table.cut), notes=snapshot.notes,
        groups={
            # What was cut short is not taken over.
            group: Group(key="" if table.cut else key,
                         columns=[e.name for e in chosen if e.group == group])
            for group, key in keys.items()
        },
    )  # fmt: skip
    _write(place, table, meta, subjects)
    if keep is not None:
        _prune(home, keep)
    return place, _built(place, meta, reused)


class _Subjects:
    """The ids of a table's rows, and where each row stands among the subjects of the scope."""

    def __init__(self, scope: Scope) -> None:
        import numpy as np

        snapshot = scope.snapshot
        nodes = scope.nodes.tolist()
        ids = snapshot.canonicals(nodes)
        places = sorted(range(len(ids)), key=ids.__getitem__)
        if snapshot.any_restricted:
            places = [at for at in places if not snapshot.restricted(nodes[at])]
        self.order = np.array(places, np.int64)
        self.ids = [ids[at] for at in places]
        self.total = len(ids)
        digest = hashlib.sha256(snapshot.firsts(scope.nodes).tobytes())
        digest.update("\n".join(self.ids).encode())
        self.digest = digest.digest()


def _keys(
    scope: Scope, chosen: Sequence[Feature], ids: bytes, erased: int
) -> dict[str, str]:  # fmt: skip
    from algorithms.features.keys import group_key

    groups = dict.fromkeys(each.group for each in chosen)
    return {
        group: group_key(scope, group, [e for e in chosen if e.group == group], ids, erased)
        for group in groups
    }


def _tables(home: Path, kind: str) -> Iterator[Path]:
    """The tables of a kind, the newest first."""
    found = (p for p in (home / kind).glob(f"*/*/{FILE}") if p.parent.suffix != ".part")
    yield from sorted(found, key=lambda path: (path.stat().st_mtime_ns, path), reverse=True)


def _meta(path: Path) -> Meta:
    import pyarrow.parquet as pq

    said = pq.read_schema(path).metadata or {}
    return msgspec.json.decode(said[META], type=Meta)


def _there(place: Path) -> Built | None:
    """What the table at this place is; None where none is, or one that cannot be read, which is
    taken away."""
    try:
        meta = _meta(place)
        return _built(place, meta, reused=list(meta.groups))
    except FileNotFoundError:
        return None
    except _DAMAGED:
        shutil.rmtree(place.parent, ignore_errors=True)
        return None


def _columns(path: Path, group: str, key: str, subjects: _Subjects) -> F32 | None:
    """The columns of a group out of another table; None where it has them not under this key."""
    import numpy as np
    import pyarrow.parquet as pq

    try:
        there = _meta(path).groups.get(group)
        if there is None or there.key != key:
            return None
        table = pq.read_table(path, columns=there.columns, page_checksum_verification=True)
    except _DAMAGED:  # or removed meanwhile
        return None
    found = np.full((subjects.total, len(there.columns)), np.nan, np.float32, order="F")
    for at, name in enumerate(there.columns):
        found[subjects.order, at] = table.column(name).to_numpy()
    return found


def _write(place: Path, table: Features, meta: Meta, subjects: _Subjects) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [pa.field("id", pa.string(), nullable=False)]
    fields += [pa.field(e.name, pa.float32(), metadata=told(e)) for e in table.meanings]
    schema = pa.schema(fields, metadata={META: msgspec.json.encode(meta)})
    part = place.parent.with_name(f"{place.parent.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    sweep(part.parent, "*.part")
    try:
        _make(part)
        options: dict[str, Any] = {
            "compression": "zstd", "use_dictionary": ["id"], "write_page_checksum": True,
        }  # fmt: skip
        with pq.ParquetWriter(part / FILE, schema, **options) as file:
            for begin in range(0, len(subjects.order), _ROWS) or [0]:
                file.write_table(_piece(schema, table, subjects, begin))
        place.parent.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            shutil.rmtree(place.parent, ignore_errors=True)
            part.replace(place.parent)
    except OSError as error:  # Arrow's has its words in place of those of the system
        words = os.strerror(error.errno) if error.errno else str(error)
        raise StoreFull(f"{place} cannot be written: {words}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _piece(schema: pa.Schema, table: Features, subjects: _Subjects, begin: int) -> pa.Table:
    import pyarrow as pa

    rows = subjects.order[begin : begin + _ROWS]
    columns = [pa.array(subjects.ids[begin : begin + _ROWS], pa.string())]
    columns += [pa.array(table.matrix[rows, at]) for at in range(len(table.meanings))]
    return pa.table(columns, schema=schema)


def told(feature: Feature) -> dict[str, str]:
    """What a column means, as the metadata of its field."""
    said = {"group": feature.group, "en": feature.en, "zh": feature.zh, "unit": feature.unit}
    if feature.window is not None:
        said["window_days"] = str(feature.window)
    return said


def _built(place: Path, meta: Meta, reused: list[str]) -> Built:
    import pyarrow.parquet as pq

    said = pq.read_metadata(place)
    return Built(
        kind=meta.kind, as_of=meta.as_of, known_at=meta.known_at, snapshot=meta.snapshot,
        version=meta.version, rows=said.num_rows, columns=said.num_columns - 1,
        windows=meta.windows, groups=list(meta.groups), reused=reused, cut=meta.cut,
        notes=meta.notes, bytes=place.stat().st_size,
    )  # fmt: skip


def kept_tables(url: str) -> Path:
    """Where the service of a store keeps its tables. Nothing is made."""
    return state_folder(url) / "features"


def forget(url: str) -> int:
    """Remove all tables that the service of a store keeps; how many. They are made again where
    they are asked for."""
    home = kept_tables(url)
    paths = [path for kind in KINDS for path in _tables(home, kind)]
    for path in paths:
        _remove(path)
    return len(paths)


def _prune(home: Path, keep: int) -> None:
    """Remove all but the newest tables."""
    paths = [path for kind in KINDS for path in _tables(home, kind)]
    paths.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in paths[keep:]:
        _remove(path)


def _remove(path: Path) -> None:
    """Take a table away, and the folder of its day where it was the last one in it."""
    shutil.rmtree(path.parent, ignore_errors=True)
    with suppress(OSError):  # others are there, or are being written
        path.parent.parent.rmdir()


def _make(part: Path) -> None:
    """Make a folder to write in; anew where another process took that of the day away, empty as it
    was, between one step and the other."""
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):
            part.mkdir(parents=True)
            return
    part.mkdir(parents=True)


def days_of(texts: Sequence[str]) -> list[int]:
    """Windows as text says them, the usual ones where it says none; raises WrongUsage."""
    for text in texts:
        if not (text.isascii() and text.isdecimal() and len(text) < _DIGITS):
            raise WrongUsage(f"windows: numbers of days, not {text[:20]!r}")
    return [int(text) for text in texts] or list(WINDOWS)


def described(kind: str, groups: list[str] | None, windows: Sequence[int]) -> list[Meaning]:
    """The dictionary of a kind's features, a row a column. Raises WrongUsage."""
    from algorithms.features.making import dictionary

    return [
        Meaning(
            name=each.name, group=each.group, en=each.en, zh=each.zh, unit=each.unit,
            window=each.window, reads=list(each.reads),
        )
        for each in dictionary(kind, groups, windows)
    ]  # fmt: skip
