"""A scene as a picture: where each subject stood on the canvas, drawn so that words can be read."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Card, Picture, Point, border, wrap
from api.report.words import kind_words, on_line, short
from graph.errors import WrongUsage
from graph.model import ZH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.casework.scenes import Drawn, SceneSubject

MOST: Final = 300  # subjects of a picture
_CARDS: Final = 80  # up to so many have their names beside them
_WIDE: Final = 118.0
_LARGEST: Final = 6_000.0  # px


def picture(title: str, drawn: Drawn) -> Picture:
    """The picture of a scene. Raises WrongUsage for one of more subjects than can be told apart."""
    if len(drawn.subjects) > MOST:
        raise WrongUsage(
            f"format: a picture shows at most {MOST} subjects, this scene has"
            f" {len(drawn.subjects)}: hide some, or take graphml / 主体过多, 请先隐藏或导出 graphml"
        )
    cards = {each.id: _card(each) for each in drawn.subjects}
    lines = _lines(drawn.facts)
    detailed = len(cards) <= _CARDS
    at = _places(drawn, cards, detailed=detailed)
    made = Picture(
        title, f"{len(cards)} subjects, {len(drawn.facts)} relations as of {drawn.as_of}",
        "; ".join(drawn.notes),
    )  # fmt: skip
    for (a, b), facts in lines.items():
        if {fact["from"]["id"] for fact in facts} == {b}:
            a, b = b, a  # noqa: PLW2901 the way it goes
        _line(made, (at[a], at[b]), (cards[a], cards[b]), facts, detailed=detailed)
    for name in sorted(cards):
        if detailed:
            made.card(at[name], cards[name])
        else:
            card = cards[name]
            made.dot(at[name], card.kind, card.tip)
            made.words((at[name][0], at[name][1] + 14), [card.lines[0]])
    return made


def _card(subject: SceneSubject) -> Card:
    name = subject.label
    if name == subject.id:
        name = f"{ZH[subject.kind]} {short(subject.id).rpartition(':')[2]}"
    tip = f"{subject.label} · {kind_words(subject.kind)} · {subject.id}"
    notes = tuple(wrap(", ".join(subject.listed), _WIDE, 1)) if subject.listed else ()
    return Card(subject.kind, tuple(wrap(name, _WIDE)), notes, tip, "listed" if notes else "")


def _lines(facts: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """The facts between each two."""
    lines: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for fact in facts:
        if "from" in fact and (fact["from"]["id"] != fact["to"]["id"]):
            ends = fact["from"]["id"], fact["to"]["id"]
            lines.setdefault(ends[::-1] if ends[::-1] in lines else ends, []).append(fact)
    return lines


def _line(
    made: Picture, at: tuple[Point, Point], cards: tuple[Card, Card],
    facts: Sequence[Mapping[str, Any]], *, detailed: bool,
) -> None:  # fmt: skip
    halves = (cards[0].half, cards[1].half) if detailed else ((7.0, 7.0), (7.0, 7.0))
    start, stop = border(at[0], halves[0], at[1]), border(at[1], halves[1], at[0])
    ways = {fact["from"]["id"] for fact in facts}
    made.arrow(
        [start, stop], head=len(ways) == 1, tip="; ".join(str(fact["id"]) for fact in facts[:20])
    )
    if not detailed:
        return
    words = list(dict.fromkeys(on_line(fact) for fact in facts))
    shown = words if len(words) <= 3 else [*words[:2], f"… {len(words)}"]
    made.words(((start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2), shown)


def _places(drawn: Drawn, cards: Mapping[str, Card], *, detailed: bool) -> dict[str, Point]:
    """Where each stands: as on the canvas, spread evenly until cards have room; on a ring who has
    no place. O(subjects squared)."""
    at = {p.id: (p.x, -p.y) for p in drawn.scene.positions if p.id in cards}
    rest = sorted(set(cards) - set(at))
    if not at:
        return _ring(rest, (0.0, 0.0), 0.0)
    scale = 0.0
    for a, b in combinations(sorted(at), 2):
        dx, dy = abs(at[a][0] - at[b][0]), abs(at[a][1] - at[b][1])
        if dx or dy:
            wide, high = _room(cards[a], cards[b], detailed=detailed)
            needed = min(wide / dx if dx else math.inf, high / dy if dy else math.inf)
            scale = max(scale, needed)
    xs, ys = [p[0] for p in at.values()], [p[1] for p in at.values()]
    size = max(max(xs) - min(xs), max(ys) - min(ys))
    scale = min(scale or 1.0, _LARGEST / size if size else 1.0)
    places = {name: (x * scale, y * scale) for name, (x, y) in at.items()}
    middle = ((max(xs) + min(xs)) / 2 * scale, (max(ys) + min(ys)) / 2 * scale)
    return places | _ring(rest, middle, size * scale / 2 * 1.3)


def _room(a: Card, b: Card, *, detailed: bool) -> Point:
    if not detailed:
        return 60.0, 30.0
    return a.half[0] + b.half[0] + 60, a.half[1] + b.half[1] + 46


def _ring(names: Sequence[str], middle: Point, least: float) -> dict[str, Point]:
    if len(names) == 1 and not least:
        return {names[0]: middle}
    radius = max(least, 190 * len(names) / (2 * math.pi))
    return {
        name: (middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle))
        for at, name in enumerate(names)
        for angle in (2 * math.pi * at / len(names) - math.pi / 2,)
    }
