"""Case files as callers give and see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta

from api.caller import DOMAINS, OWNER, Caller, owner_of
from api.casework.files import STATUSES, Content, Shared, Status, Viewer
from api.casework.keeping import mask, names
from api.casework.scenes import Scene, settled
from graph.errors import WrongUsage
from graph.keys import mask_within
from graph.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.casework.files import CaseFile, CaseFiles, Comment
    from api.session import Session

TEXT: Final = 5_000  # characters of a comment


class CaseFileAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case file as its author gives it."""

    title: Annotated[str, Meta(description="in words / 标题", min_length=1, max_length=200)]
    scene: Scene
    status: Annotated[Status, Meta(description="open or closed / 状态")] = "open"
    shared: Annotated[
        Shared, Meta(description="who else may open it by its link, or change it / 共享范围")
    ] = "no"
    domains: Annotated[
        list[str],
        Meta(description="domains that are needed to open it, beside those of whom it shows"
             " / 查阅所需数据域"),
    ] = []  # fmt: skip


class CommentAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A comment."""

    text: Annotated[str, Meta(description="in words / 内容", min_length=1, max_length=TEXT)]


class CaseFileBrief(msgspec.Struct, kw_only=True):
    """A case file in one line; `own`: the caller's; `nodes` are on its scene."""

    id: str
    title: str
    status: Status
    shared: Shared
    owner: str
    own: bool
    nodes: int
    finding: str | None
    domains: list[str]
    version: int
    created: str
    updated: str
    updated_by: str


class CaseFileShown(CaseFileBrief, kw_only=True):
    """A case file with its scene; `link` opens it for callers who may."""

    scene: Scene
    link: str


class CaseFileList(msgspec.Struct, kw_only=True):
    """Case files that the caller may open, the newest first; `next` leads on."""

    results: list[CaseFileBrief]
    next: str | None


class CommentShown(msgspec.Struct, kw_only=True):
    """What somebody said."""

    no: int
    at: str
    who: str
    text: str


class CommentList(msgspec.Struct, kw_only=True):
    """Comments, the newest first; `next` leads on."""

    results: list[CommentShown]
    next: str | None


def viewer_of(caller: Caller = OWNER) -> Viewer:
    """A caller as one who looks at case files."""
    return Viewer(owner=owner_of(caller), name=caller.name, admin="admin" in caller.scopes,
                  granted=mask(caller.domains))  # fmt: skip


def content_of(session: Session, asked: CaseFileAsked, caller: Caller = OWNER) -> Content:
    """What is kept of it. Raises what `scenes.settled` does; WrongUsage for a domain that is none
    or not granted to its author, who could not open it."""
    if wrong := next((each for each in asked.domains if each not in DOMAINS), None):
        raise WrongUsage(f"domains: of {', '.join(DOMAINS)}, not {wrong[:20]!r}")
    if gone := sorted(set(asked.domains) - caller.domains):
        raise WrongUsage(f"domains: {', '.join(gone)} is not granted to the caller / 未授权")
    if not asked.title.strip() or not asked.title.isprintable():
        raise WrongUsage("title: one line of printable text / 标题须为一行文字")
    scene, bits = settled(session, asked.scene)
    return Content(title=mask_within(asked.title.strip()), status=asked.status, shared=asked.shared,
                   scene=scene, domains=bits | mask(asked.domains))  # fmt: skip


def _brief(found: CaseFile, viewer: Viewer) -> dict[str, Any]:
    return {
        "id": found.id, "title": found.title, "status": found.status, "shared": found.shared,
        "owner": found.owner.partition(":")[2] or found.owner, "own": found.owner == viewer.owner,
        "nodes": len(found.scene.ids), "finding": found.scene.finding,
        "domains": names(found.domains), "version": found.version,
        "created": format_instant(found.created), "updated": format_instant(found.updated),
        "updated_by": found.updated_by,
    }  # fmt: skip


def shown(found: CaseFile, viewer: Viewer) -> CaseFileShown:
    """One case file."""
    return CaseFileShown(**_brief(found, viewer), scene=found.scene, link=f"/#case={found.id}")


def listing(
    book: CaseFiles, viewer: Viewer, limit: int, status: str | None, before: int | None
) -> CaseFileList:
    """A page of case files; raises WrongUsage for a status that is none."""
    if status is not None and status not in STATUSES:
        raise WrongUsage(f"status: one of {', '.join(STATUSES)}, not {status[:20]!r}")
    found, more = book.page(viewer, limit, status, before)
    rows = [CaseFileBrief(**_brief(each, viewer)) for each in found]
    return CaseFileList(results=rows, next=None if more is None else str(more))


def comment(said: Comment) -> CommentShown:
    """One comment."""
    return CommentShown(no=said.no, at=format_instant(said.at), who=said.who, text=said.text)


def comments(found: Sequence[Comment], more: int | None) -> CommentList:
    """A page of comments."""
    return CommentList(
        results=[comment(each) for each in found], next=None if more is None else str(more)
    )
