"""What was prepared of records for the resolver, in the state folder: one folder a kind and batch.

`records/KIND/BATCH-DIGEST/` holds `rows.arrow` and `keys.arrow`, which are mapped, and `meta.json`,
which says what they are; each is written whole. It names people in the clear: the folder is its
owner's alone, an erasure removes it, and where the store's identifiers are sealed none is kept.
What is not of this program, of this store or not as it was written is removed and made anew, which
takes time and changes no answer.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from algorithms.identity.prepared import Prepared, made_by
from algorithms.identity.shape import KINDS
from api.kept import private_folder, state_folder
from graph.leftovers import sweep
from graph.seal import given_key

if TYPE_CHECKING:
    import pyarrow as pa

    from api.session import Session

_ROWS: Final = "rows.arrow"
_KEYS: Final = "keys.arrow"
_META: Final = "meta.json"


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept: as of which batch, with what erased, made by what; the files' digests."""

    batch: int
    snapshot: str
    erased: int
    made_by: str
    sizes: list[list[int]]
    rows: str
    keys: str


class Unfit(Exception):
    """Why what is kept is of no use, English / Chinese."""


class Preparations:
    """Keeps what was prepared (`algorithms.identity.prepared.Keeping`). Several processes may use
    one folder: each reads what it opened, whatever becomes of its name."""

    def __init__(self, session: Session) -> None:
        """Before anything is looked at: what is kept has what was erased by now taken out."""
        self._session = session
        self._erased = session.erased
        self._home = kept_records(session.url)
        self.notes: list[str] = []

    def get(self, kind: str) -> Prepared | None:
        """The newest that was kept of a kind; None where there is none that is of use, and `notes`
        say why where it was thrown away."""
        if given_key() is not None:
            return None
        for place in _places(self._home, kind):
            try:
                return _read(place, self._erased, made_by(kind))
            except Unfit as unfit:
                why = str(unfit)
            except FileNotFoundError:
                if not place.exists():  # another process removed it meanwhile
                    continue
                why = "a file is missing / 文件缺失"
            except (OSError, ValueError, LookupError, msgspec.MsgspecError):
                why = "they cannot be read / 无法读取"
            shutil.rmtree(place, ignore_errors=True)
            en, _, zh = why.partition(" / ")
            self.notes.append(
                f"{kind}: prepared records were thrown away and made anew: {en}"
                f" / 已丢弃并重建预处理记录: {zh}"
            )
        return None

    def put(self, kind: str, prepared: Prepared) -> None:
        """Keep this, and nothing older. Where the disk is full nothing is kept."""
        if given_key() is not None:
            return
        folder = private_folder(private_folder(self._home) / kind)
        sweep(folder, "*.part")
        part = folder / f"{prepared.batch}.{os.getpid()}.{secrets.token_hex(4)}.part"
        try:
            part.mkdir(mode=0o700)
            place = folder / f"{prepared.batch}-{self._write(part, kind, prepared)[:16]}"
            if not place.exists():
                part.replace(place)
            for other in _places(self._home, kind):
                if other != place:
                    shutil.rmtree(other, ignore_errors=True)
            if self._session.whole_store.erased_upto() != self._erased:
                shutil.rmtree(place, ignore_errors=True)  # somebody was erased while it was made
        except OSError as error:
            self.notes.append(
                f"{kind}: prepared records cannot be kept: {error.strerror}"
                f" / 预处理记录无法保存: {error.strerror}"
            )
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _write(self, part: Path, kind: str, prepared: Prepared) -> str:
        import pyarrow as pa

        keys = pa.table({"key": pa.array(prepared.keys), "at": pa.array(prepared.at)})
        rows = _save(part / _ROWS, prepared.rows)
        meta = Meta(
            batch=prepared.batch, snapshot=prepared.snapshot, erased=self._erased,
            made_by=made_by(kind), sizes=prepared.sizes.tolist(), rows=rows,
            keys=_save(part / _KEYS, keys),
        )  # fmt: skip
        with _private(part / _META) as file:
            file.write(msgspec.json.encode(meta))
        return hashlib.sha256(msgspec.json.encode(meta)).hexdigest()


def _private(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _save(path: Path, table: pa.Table) -> str:
    """Write a table to be mapped; the file's digest."""
    import pyarrow as pa

    with _private(path) as file, pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table)
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(place: Path, erased: int, by: str) -> Prepared:
    """What is kept there; raises Unfit, OSError, ValueError."""
    meta = msgspec.json.decode((place / _META).read_bytes(), type=Meta)
    if meta.made_by != by:
        raise Unfit("another version of the program made them / 由其他版本的程序生成")
    if meta.erased != erased:
        raise Unfit("somebody was erased since / 其后有个人信息被删除")
    if (_digest(place / _ROWS), _digest(place / _KEYS)) != (meta.rows, meta.keys):
        raise Unfit("a file is not as it was written / 文件已被改动或损坏")
    keys = _mapped(place / _KEYS)
    return Prepared(
        meta.batch, meta.snapshot, _mapped(place / _ROWS), keys["key"].to_numpy(),
        keys["at"].to_numpy(), np.array(meta.sizes, np.int64).reshape(-1, 3),
    )  # fmt: skip


def _mapped(path: Path) -> pa.Table:
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _places(home: Path, kind: str) -> list[Path]:
    """What is kept of a kind, the newest batch first."""
    found = [each for each in (home / kind).glob("*-*") if each.suffix != ".part"]
    return sorted(found, key=lambda each: (-_batch(each), each.name))


def _batch(place: Path) -> int:
    text = place.name.partition("-")[0]
    return int(text) if text.isdecimal() else 0


def kept_records(url: str) -> Path:
    """Where what was prepared of a store's records is kept. Nothing is made."""
    return state_folder(url) / "records"


def forget(url: str) -> int:
    """Remove all that was prepared; how many. It is made again when the resolver runs."""
    home = kept_records(url)
    places = [place for kind in KINDS for place in (home / kind).glob("*") if place.is_dir()]
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    return len(places)
