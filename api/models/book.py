"""The book of models: what each was made from and how it measured; their files lie beside it."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.scoring.shelf import Shelved, UnknownModel
from api.kept import Kept, one, private_folder, state_folder, write_whole
from graph import times
from graph.closing import Closing
from graph.errors import Conflict, StoreCorrupt, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import apsw

RULES: Final = "rules"
MOST: Final = 1000
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_CACHED: Final = 4
_TABLES: Final = """
CREATE TABLE model (no INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, made INTEGER NOT NULL, by TEXT NOT NULL, sha256 TEXT NOT NULL,
    content TEXT NOT NULL, size INTEGER NOT NULL, asked TEXT NOT NULL, about TEXT NOT NULL,
    evaluation TEXT NOT NULL, said TEXT NOT NULL, notes TEXT NOT NULL) STRICT;
CREATE TABLE used (kind TEXT PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL,
    by TEXT NOT NULL) WITHOUT ROWID, STRICT;
"""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A model as it is noted. `made` is in µs; `asked`, `about`, `evaluation` and `notes` are JSON;
    `said`: what its labels are of."""

    no: int
    name: str
    kind: str
    made: int
    by: str
    sha256: str
    content: str
    size: int
    asked: str
    about: str
    evaluation: str
    said: str
    notes: str


_SELECT: Final = f"SELECT {', '.join(Entry.__struct_fields__)} FROM model"  # noqa: S608 names of fields


def name_of(text: str) -> str:
    """The name of a model; raises WrongUsage."""
    if text == RULES:
        raise WrongUsage(f"name: {RULES} is what scores where no model does: give another"
                         " / rules 为保留名称, 请换一个")  # fmt: skip
    if not _NAME.fullmatch(text):
        raise WrongUsage(f"name: small letters, digits, . _ and -, not {text[:40]!r}"
                         " / 模型名称只用小写字母、数字和 . _ -")  # fmt: skip
    return text


class Models(Closing):
    """See the module; it is what `risk_score` finds its model on (`algorithms.scoring.shelf`)."""

    def __init__(self, url: str) -> None:
        folder = state_folder(url)
        self._kept = Kept(folder / "models.db", _TABLES)
        self._folder = folder / "models"
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Shelved] = OrderedDict()

    # -- what is there ----------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """All of them, the newest first."""
        return self._rows("ORDER BY no DESC") if self._kept.is_there else []

    def entry(self, name: str) -> Entry:
        """One by its name; raises UnknownModel."""
        found = self._rows("WHERE name = ?", (name,)) if self._kept.is_there else []
        if not found:
            raise UnknownModel(f"no model {name[:64]!r}; see linkrisk model list / 没有此模型")
        return found[0]

    def in_use(self) -> dict[str, str]:
        """Kind to the name of the model in use for it."""
        if not self._kept.is_there:
            return {}
        return dict(self._kept.rows("SELECT kind, name FROM used ORDER BY kind"))

    def mark(self) -> str:
        """A text that changes with what `risk_score` would answer by."""
        if not self._kept.is_there:
            return ""
        text = "SELECT kind, name, at FROM used ORDER BY kind"
        last = self._kept.rows("SELECT coalesce(max(no), 0) FROM model")[0][0]
        return msgspec.json.encode([last, *self._kept.rows(text)]).decode()

    def _rows(self, where: str, values: Sequence[Any] = ()) -> list[Entry]:
        rows = self._kept.rows(f"{_SELECT} {where}", values)
        return [Entry(**dict(zip(Entry.__struct_fields__, row, strict=True))) for row in rows]

    # -- the shelf --------------------------------------------------------------------------------

    def used(self, kind: str) -> Shelved | None:
        """The model in use for a kind; raises StoreCorrupt where its file was altered."""
        name = self.in_use().get(kind)
        return None if name is None else self.get(name)

    def get(self, name: str) -> Shelved:
        """A model, read and checked; kept open. Raises UnknownModel, StoreCorrupt."""
        entry = self.entry(name)
        with self._lock:
            found = self._open.get(name)
            if found is not None and found.sha256 == entry.sha256:
                return found
        return self._read(entry)

    def _read(self, entry: Entry) -> Shelved:
        """The model out of its file; raises StoreCorrupt."""
        from algorithms.scoring.keeping import LARGEST, unpacked

        name = entry.name
        try:
            with (self._folder / f"{name}.skops").open("rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            raise _unusable(name, f"its file cannot be read: {error.strerror} / 模型文件无法读取"
                            ) from None  # fmt: skip
        try:
            found = Shelved(name, entry.sha256, unpacked(data, entry.sha256))
        except StoreCorrupt as error:
            raise _unusable(name, str(error)) from None
        with self._lock:
            self._open[name] = found
            while len(self._open) > _CACHED:
                self._open.popitem(last=False)
        return found

    # -- what changes it --------------------------------------------------------------------------

    def check_free(self, name: str) -> None:
        """Raises Conflict where a model has the name: none is ever overwritten."""
        if any(each.name == name for each in self.entries()):
            raise Conflict(f"a model {name} is there already / 模型名称已存在")

    def put(self, entry: Entry, data: bytes) -> None:
        """Note a model and keep its file; raises Conflict. `no` and the digest are made here."""
        private_folder(self._folder)
        with self._kept.writing() as db:
            if one(db, "SELECT count(*) FROM model")[0] >= MOST:
                raise Conflict(f"{MOST} models are the most that are kept / 模型过多")
            if one(db, "SELECT count(*) FROM model WHERE name = ?", entry.name)[0]:
                raise Conflict(f"a model {entry.name} is there already / 模型名称已存在")
            write_whole(self._folder / f"{entry.name}.skops", data)
            fields = [name for name in Entry.__struct_fields__ if name != "no"]
            values = {**msgspec.structs.asdict(entry), "sha256": sha256(data).hexdigest(),
                      "size": len(data)}  # fmt: skip
            db.execute(
                f"INSERT INTO model ({', '.join(fields)})"  # noqa: S608 names of fields
                f" VALUES ({', '.join('?' * len(fields))})",
                [values[name] for name in fields],
            )

    def use(self, name: str, by: str) -> Entry:
        """Let a model answer for its kind, from the next question on; its file is read and checked
        first, also where the model is open. Raises UnknownModel, StoreCorrupt."""
        entry = self.entry(name)
        self._read(entry)
        with self._kept.writing() as db:
            _use(db, entry, by)
        return entry

    def use_none(self, kind: str) -> None:
        """Let no model answer for a kind: its score is that of the rules."""
        with self._kept.writing() as db:
            db.execute("DELETE FROM used WHERE kind = ?", (kind,))

    def forget(self, named: Callable[[bytes], bool]) -> int:
        """Take the labels of which this is true out of what models were asked to learn from; of how
        many models. A model holds numbers only and stays; `model again` says that it differs."""
        if not self._kept.is_there:
            return 0
        count = 0
        with self._kept.writing() as db:
            rows: list[Any] = db.execute("SELECT no, asked FROM model").fetchall()
            for no, text in rows:
                asked = msgspec.json.decode(text)
                labels = asked.get("labels")
                kept = [each for each in labels or () if not named(msgspec.json.encode(each))]
                if labels and len(kept) < len(labels):
                    said = msgspec.json.encode({**asked, "labels": kept}).decode()
                    db.execute("UPDATE model SET asked = ? WHERE no = ?", (said, no))
                    count += 1
        self._kept.cleansed()
        return count

    def close(self) -> None:
        """Let go of the file."""
        self._kept.close()


def _unusable(name: str, why: str) -> StoreCorrupt:
    return StoreCorrupt(
        f"model {name}: {why}; restore {name}.skops from a copy, train it anew under another name,"
        " or let another one answer, or `rules` (linkrisk model use)"
        " / 请恢复该文件、换名重新训练, 或启用其他模型或 rules"
    )


def _use(db: apsw.Connection, entry: Entry, by: str) -> None:
    db.execute("INSERT OR REPLACE INTO used (kind, name, at, by) VALUES (?, ?, ?, ?)",
               (entry.kind, entry.name, times.now(), by))  # fmt: skip
