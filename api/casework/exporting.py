"""A scene taken out: as JSON, GraphML, SVG, PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import msgspec

from api.casework import pictures
from api.casework.scenes import Scene, SceneSubject, drawn
from api.evidence import known
from api.exporting import World
from api.look import noted
from api.notices.pdf import pdf
from graph.errors import WrongUsage
from ingest.writers import Tally
from ingest.writers.graphml import WRITING

if TYPE_CHECKING:
    from api.casework.scenes import Drawn
    from api.session import Session

Form = Literal["json", "graphml", "svg", "pdf"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
MEDIA: Final[dict[str, str]] = {
    "json": "application/json", "graphml": "application/graphml+xml", "svg": "image/svg+xml",
    "pdf": "application/pdf",
}  # fmt: skip


class SceneShown(msgspec.Struct, frozen=True, kw_only=True):
    """A scene with its subjects and facts as they are known; `notes` say what is not there."""

    title: str
    scene: Scene
    as_of: str
    known_at: str
    snapshot: str
    subjects: list[SceneSubject]
    facts: list[dict[str, Any]]
    notes: list[str]


def form_of(text: str | None) -> Form:
    """A format as it is asked for, by default json; raises WrongUsage."""
    for form in FORMS:
        if form == (text or "json"):
            return form
    raise WrongUsage(f"format: one of {', '.join(FORMS)}, not {str(text)[:20]!r}")


def exported(session: Session, title: str, scene: Scene, form: Form) -> bytes:
    """The bytes of a scene in a format, identifiers masked; what is hidden on it is left out of all
    but json. Raises WrongUsage for an SVG of too many, NoPdf where PDF cannot be made."""
    if form == "pdf":
        from api.report.document import render
        from api.report.scene import scene as report

        return pdf(render(report(session, title, scene, "paper"), "paper"), tagged=True)
    found = drawn(session, scene, hidden=form == "json")
    if form == "json":
        notes = [*found.notes, *noted(session.snapshot(scene.known_at)).get("notes", ())]
        return msgspec.json.encode(SceneShown(
            title=title, scene=scene, as_of=found.as_of, known_at=found.known_at,
            snapshot=found.snapshot, subjects=found.subjects, facts=found.facts, notes=notes,
        ))  # fmt: skip
    if form == "graphml":
        return _graphml(session, found)
    return pictures.picture(title, found).svg().encode()


def _graphml(session: Session, found: Drawn) -> bytes:
    snapshot = session.snapshot(found.known_at)
    world = World(session, snapshot, masked=True)
    nodes = [snapshot.resolve(each.id) for each in found.subjects]
    facts = [*snapshot.stated(nodes).values()]
    facts += known(session, snapshot, (each["id"] for each in found.facts)).values()
    assert WRITING.lines is not None
    return b"".join(WRITING.lines(map(world.given, facts), world, Tally()))
