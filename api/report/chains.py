"""The picture of evidence paths: each from left to right, each step with what links it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Picture, Point, border
from api.report.known import Known, cited
from api.report.words import on_line, say

if TYPE_CHECKING:
    from api.client import Asking

_STEP: Final = 262.0
_LINE: Final = 96.0
_ACROSS: Final = 5  # members of a line; a longer path goes on below


def chains(risk: Asking, answer: Mapping[str, Any], *, most: int = 5) -> Picture:
    """The first `most` paths of an answer of `paths`, one below the other."""
    rows = answer["results"][:most]
    known = Known(risk, answer, cited({"results": rows}))
    asked = answer["params"]
    ends = [risk.subject(asked[k], known_at=answer["known_at"])["id"] for k in ("from", "to")]
    total = len(answer["results"])
    picture = Picture(
        f"{say('关联路径', 'Paths')}: {known.label(ends[0])} → {known.label(ends[1])}",
        f"{len(rows)} paths, shortest first, as of {answer['as_of']}. 箭头为关系本身的方向。"
        + " ".join(" – ".join(known.label(name) for name in row["members"]) + "." for row in rows),
        say(f"图中 {len(rows)} 条，共 {total} 条", f"{len(rows)} of {total} paths drawn", " / ")
        if len(rows) < total
        else "",
    )
    top = 0.0
    for row in rows:
        top = _path(picture, known, row, ends, top) + _LINE
    return picture


def _path(
    picture: Picture, known: Known, row: Mapping[str, Any], ends: list[str], top: float
) -> float:
    """Draw one path from `top` down; returns the height of its last line."""
    members = row["members"]
    cards = [known.card(name, look="focus" if name in ends else "") for name in members]
    at: list[Point] = []
    for i in range(len(members)):
        line, place = divmod(i, _ACROSS)
        back = line % 2  # every other line runs back, so that steps stay short
        x = (_ACROSS - 1 - place if back else place) * _STEP
        at.append((x, top + line * _LINE))
    for i, step in enumerate(row["steps"]):
        a, b = (i, i + 1) if step["direction"] != "in" else (i + 1, i)
        start = border(at[a], cards[a].half, at[b])
        stop = border(at[b], cards[b].half, at[a])
        facts = [known.facts[name] for name in step["facts"] if name in known.facts]
        tip = "; ".join(step["facts"])
        picture.arrow([start, stop], head=step["direction"] != "both", tip=tip)
        words = list(dict.fromkeys(map(on_line, facts))) or step["kinds"]
        middle = (start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2
        picture.words(middle, words if len(words) <= 3 else [*words[:2], f"… {len(words)}"])
    for point, card in zip(at, cards, strict=True):
        picture.card(point, card)
    return at[-1][1]
