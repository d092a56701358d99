"""Case files: scenes that people keep, with a title, a status, comments; and who may open them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from api.casework.keeping import bump, count, kept_of, text
from api.casework.scenes import Scene
from api.kept import one
from graph import times
from graph.closing import Closing
from graph.errors import InputError, LinkriskError
from graph.keys import mask_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    import apsw

    from api.kept import Kept

Status = Literal["open", "closed"]
Shared = Literal["no", "read", "write"]
STATUSES: Final[tuple[Status, ...]] = ("open", "closed")
MOST: Final = 1_000  # files of one owner
COMMENTS: Final = 1_000  # of one file


class UnknownCaseFile(InputError):
    """No case file that the caller may open has this id."""

    status = 404


class TooManyCaseFiles(LinkriskError):
    """An owner has as many case files, or a file as many comments, as it may."""

    status = 429


class Changed(LinkriskError):
    """Somebody changed the case file since it was read."""

    status = 412


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """A case file as it is kept. Moments are µs; `domains` are those of whom and what its scene
    shows, as bits. `shared`: who else may open it by its link, or change it, too."""

    no: int
    id: str
    owner: str
    title: str
    status: Status
    shared: Shared
    scene: Scene
    domains: int
    version: int
    created: int
    updated: int
    updated_by: str


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of a case file."""

    no: int
    at: int
    who: str
    text: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller gives a case file."""

    title: str
    status: Status
    shared: Shared
    scene: Scene
    domains: int


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks: `owner` is whom its files belong to; an admin sees all; `granted` are its domains
    as bits."""

    owner: str
    name: str
    admin: bool
    granted: int


_SELECT: Final = f"SELECT {', '.join(CaseFile.__struct_fields__)} FROM file"  # noqa: S608 names of fields
# What a viewer may open: its own, what is shared, an admin all; of domains that it is granted.
_OPEN: Final = "domains & ~? = 0 AND (? OR owner = ? OR shared <> 'no')"


def file_of(row: Sequence[Any]) -> CaseFile:
    """A row of the table."""
    said = dict(zip(CaseFile.__struct_fields__, row, strict=True))
    said["scene"] = msgspec.json.decode(said["scene"])
    return msgspec.convert(said, CaseFile)


class CaseFiles(Closing):
    """See the module. Every call is one short transaction."""

    def __init__(self, url: str) -> None:
        self.kept: Kept = kept_of(url)

    def revision(self) -> int:
        """A number that changes with every change; 0 where nothing was ever kept."""
        return count(self.kept, "files") if self.kept.is_there else 0

    def make(self, viewer: Viewer, content: Content) -> CaseFile:
        """A new case file; raises TooManyCaseFiles."""
        ident, now = "c" + secrets.token_hex(12), times.now()
        with self.kept.writing() as db:
            if one(db, "SELECT count(*) FROM file WHERE owner = ?", viewer.owner)[0] >= MOST:
                raise TooManyCaseFiles(f"{MOST} case files are the most / 案卷过多")
            db.execute(
                "INSERT INTO file (id, owner, title, status, shared, scene, domains, version,"
                " created, updated, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
                (ident, viewer.owner, content.title, content.status, content.shared,
                 text(content.scene), content.domains, now, now, viewer.name),
            )  # fmt: skip
            bump(db, "files")
            return self._get(db, ident, viewer)

    def change(self, ident: str, viewer: Viewer, version: int, content: Content) -> CaseFile:
        """Put other content in; raises UnknownCaseFile, Changed where it is not that version any
        more. Only its owner says with whom it is shared: of a domain that is needed to open it
        others take none away, and nobody does once it has comments, which may speak of it."""
        from api.access.refusals import Forbidden

        with self.kept.writing() as db:
            known = self._get(db, ident, viewer)
            own = viewer.admin or known.owner == viewer.owner
            if not own and known.shared != "write":
                raise Forbidden("this case file is shared for reading / 该案卷仅供查阅")
            if not own and content.shared != known.shared:
                raise Forbidden("shared: its owner says with whom / 仅所有人可更改共享范围")
            if known.version != version:
                raise Changed(
                    f"the case file is at version {known.version}: read it again, then change it"
                    " / 案卷已被他人更新"
                )
            said = one(db, "SELECT count(*) FROM comment WHERE file = ?", known.no)[0]
            domains = content.domains | (0 if own and not said else known.domains)
            db.execute(
                "UPDATE file SET title = ?, status = ?, shared = ?, scene = ?, domains = ?,"
                " version = version + 1, updated = ?, updated_by = ? WHERE no = ?",
                (content.title, content.status, content.shared, text(content.scene),
                 domains, times.now(), viewer.name, known.no),
            )  # fmt: skip
            bump(db, "files")
            return file_of(one(db, f"{_SELECT} WHERE no = ?", known.no))

    def remove(self, ident: str, viewer: Viewer) -> None:
        """Delete a case file with its comments; raises UnknownCaseFile, Forbidden."""
        from api.access.refusals import Forbidden

        with self.kept.writing() as db:
            known = self._get(db, ident, viewer)
            if not (viewer.admin or known.owner == viewer.owner):
                raise Forbidden("a case file is deleted by its owner / 仅所有人可删除")
            db.execute("DELETE FROM comment WHERE file = ?", (known.no,))
            db.execute("DELETE FROM file WHERE no = ?", (known.no,))
            bump(db, "files")

    def get(self, ident: str, viewer: Viewer) -> CaseFile:
        """One case file; raises UnknownCaseFile."""
        if not self.kept.is_there:
            raise _unknown(ident)
        with self.kept.reading() as db:
            return self._get(db, ident, viewer)

    def _get(self, db: apsw.Connection, ident: str, viewer: Viewer) -> CaseFile:
        row = one(db, f"{_SELECT} WHERE id = ? AND {_OPEN}", ident, *_asking(viewer))
        if row is None:
            raise _unknown(ident)
        return file_of(row)

    def page(
        self, viewer: Viewer, limit: int, status: str | None = None, before: int | None = None
    ) -> tuple[list[CaseFile], int | None]:
        """Case files that a viewer may open, the newest first; where the next page begins."""
        if not self.kept.is_there:
            return [], None
        rows = self.kept.rows(
            f"{_SELECT} WHERE {_OPEN} AND (?4 IS NULL OR status = ?4) AND (?5 IS NULL OR no < ?5)"
            " ORDER BY no DESC LIMIT ?6",
            (*_asking(viewer), status, before, limit + 1),
        )
        found = [file_of(row) for row in rows[:limit]]
        return found, found[-1].no if len(rows) > limit else None

    def say(self, ident: str, viewer: Viewer, said: str) -> Comment:
        """Comment on a case file; whoever may open it may. Identifiers in it are masked. Raises
        UnknownCaseFile, TooManyCaseFiles."""
        with self.kept.writing() as db:
            known = self._get(db, ident, viewer)
            if one(db, "SELECT count(*) FROM comment WHERE file = ?", known.no)[0] >= COMMENTS:
                raise TooManyCaseFiles(f"{COMMENTS} comments are the most / 评论过多")
            row = one(
                db,
                "INSERT INTO comment (file, at, who, text) VALUES (?, ?, ?, ?)"
                " RETURNING no, at, who, text",
                known.no, times.now(), viewer.name, mask_within(said),
            )  # fmt: skip
            bump(db, "files")
            return _comment(row)

    def comments(
        self, ident: str, viewer: Viewer, limit: int, before: int | None = None
    ) -> tuple[list[Comment], int | None]:
        """Comments on a case file, the newest first; where the next page begins."""
        known = self.get(ident, viewer)
        rows = self.kept.rows(
            "SELECT no, at, who, text FROM comment WHERE file = ? AND (?2 IS NULL OR no < ?2)"
            " ORDER BY no DESC LIMIT ?3",
            (known.no, before, limit + 1),
        )
        found = [_comment(row) for row in rows[:limit]]
        return found, found[-1].no if len(rows) > limit else None

    def close(self) -> None:
        """Let go of the file."""
        self.kept.close()


def _asking(viewer: Viewer) -> tuple[int, bool, str]:
    return viewer.granted, viewer.admin, viewer.owner


def _comment(row: Sequence[Any]) -> Comment:
    return Comment(**dict(zip(Comment.__struct_fields__, row, strict=True)))


def _unknown(ident: str) -> UnknownCaseFile:
    return UnknownCaseFile(f"no case file {ident[:40]!r} / 无此案卷")
