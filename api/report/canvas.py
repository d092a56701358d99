"""A small writer of SVG pictures: cards with a kind's mark, arrows, words; light and dark."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from itertools import pairwise
from typing import Final

from api.report.style import KINDS, paper, sheet
from api.report.words import kind_words

Point = tuple[float, float]
SIZE: Final = 13.0  # of a card's first lines, px
SMALL: Final = 11.0
_WIDTHS: Final = {"W": 1.0, "F": 1.0, "A": 1.0}
_LINE: Final = 17.0
_MARK: Final = 5.5
_PAD: Final = 9.0


def clean(text: str) -> str:
    """Text that may stand in XML: white space is a space, other control characters replaced."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def measure(text: str, size: float = SIZE) -> float:
    """About how wide text is, in px: a Chinese character is as wide as it is high."""
    return size * sum(
        _WIDTHS.get(unicodedata.east_asian_width(c), 0.64 if c.isupper() else 0.56) for c in text
    )


def wrap(text: str, width: float, lines: int = 2, size: float = SIZE) -> list[str]:
    """Text in at most so many lines, about equally long; what is left over is an ellipsis."""
    whole = measure(text, size)
    if whole <= width:
        return [text]
    wanted = min(width, whole / min(lines, math.ceil(whole / width)) + size / 2)
    made: list[str] = [""]
    for at, letter in enumerate(text):
        last = len(made) == lines
        if measure(made[-1] + letter, size) <= (width if last else wanted):
            made[-1] += letter
        elif not last:
            made.append(letter)
        else:
            made[-1] = made[-1][:-1] + "…" if at < len(text) else made[-1]
            break
    return [line.strip() for line in made]


@dataclass(frozen=True)
class Card:
    """A subject as it is drawn: its words, its kind, and what it is besides."""

    kind: str
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()  # smaller, below
    tip: str = ""
    look: str = ""  # focus, more or listed

    @cached_property
    def half(self) -> Point:
        """Half its width and height."""
        bold = 1.1 if self.look else 1.0
        words = max(
            [measure(line) * bold for line in self.lines]
            + [measure(note, SMALL) for note in self.notes]
            + [40.0]
        )
        mark = 0.0 if self.look == "more" else 2 * _MARK + 7
        height = _LINE * len(self.lines) + 15 * len(self.notes) + 10
        return (words + mark + 2 * _PAD) / 2, height / 2


def border(at: Point, half: Point, toward: Point, gap: float = 3.0) -> Point:
    """Where the line from a card's middle to a point leaves the card."""
    dx, dy = toward[0] - at[0], toward[1] - at[1]
    if not dx and not dy:
        return at
    scale = min(
        (half[0] + gap) / abs(dx) if dx else math.inf, (half[1] + gap) / abs(dy) if dy else math.inf
    )
    scale = min(scale, 1.0)
    return at[0] + dx * scale, at[1] + dy * scale


@dataclass
class Picture:
    """A drawing with a title and a description; Jupyter shows it as it is.

    Coordinates are px; the picture is as large as what was drawn on it.
    """

    title: str
    desc: str
    note: str = ""  # what was left out, shown below the drawing
    size: Point = (0.0, 0.0)  # width and height, px, once it is drawn
    _back: list[str] = field(default_factory=list)
    _front: list[str] = field(default_factory=list)
    _box: list[float] = field(default_factory=lambda: [math.inf, math.inf, -math.inf, -math.inf])
    _kinds: dict[str, None] = field(default_factory=dict)

    def _grow(self, x: float, y: float) -> None:
        low_x, low_y, high_x, high_y = self._box
        self._box = [min(low_x, x), min(low_y, y), max(high_x, x), max(high_y, y)]

    def card(self, at: Point, card: Card) -> None:
        """A card with its middle at a point."""
        (x, y), (w, h) = at, card.half
        self._grow(x - w - 3, y - h - 3)
        self._grow(x + w + 3, y + h + 3)
        more = card.look == "more"
        if not more:
            self._kinds.setdefault(card.kind)
        tip = f"<title>{escape(clean(card.tip))}</title>" if card.tip else ""
        classes = f"card {'' if more else card.kind} {card.look}".strip()
        parts = [
            f'<g>{tip}<rect class="{classes}" x="{x - w:.1f}" y="{y - h:.1f}" '
            f'width="{2 * w:.1f}" height="{2 * h:.1f}" rx="5"/>'
        ]
        left = x - w + _PAD
        if not more:
            parts.append(mark(card.kind, (left + _MARK, y - h + 5 + _LINE / 2)))
            left += 2 * _MARK + 7
        top = y - h + 5
        for line in card.lines:
            parts.append(_text((left, top + 13), line, "start", "strong" if card.look else ""))
            top += _LINE
        for line in card.notes:
            look = "soft alarm" if card.look == "listed" else "soft"
            parts.append(_text((left, top + 11), line, "start", look))
            top += 15
        self._front.append("".join(parts) + "</g>")

    def arrow(
        self, points: Sequence[Point], look: str = "", *, head: bool = True, tip: str = ""
    ) -> None:
        """A line through points with a head at its end; more than two make a smooth curve."""
        for x, y in points:
            self._grow(x, y)
        title = f"<title>{escape(clean(tip))}</title>" if tip else ""
        stop = points[-1]
        drawn = list(points)
        tail = ""
        if head:
            # A curve comes in upright (see `_through`), a straight line as it runs.
            back = points[-2] if len(points) == 2 else (stop[0], points[-2][1])
            length = math.hypot(stop[0] - back[0], stop[1] - back[1]) or 1.0
            ux, uy = (stop[0] - back[0]) / length, (stop[1] - back[1]) / length
            base = stop[0] - 9 * ux, stop[1] - 9 * uy
            corners = [stop, (base[0] - 4 * uy, base[1] + 4 * ux)]
            corners.append((base[0] + 4 * uy, base[1] - 4 * ux))
            tail = f'<polygon class="head" points="{_points(corners)}"/>'
            drawn[-1] = base
        path = f'<path class="edge {look}" d="{_through(drawn)}"/>'
        self._back.append(f"<g>{title}{path}{tail}</g>")

    def dot(self, at: Point, kind: str, tip: str = "") -> None:
        """The mark of a kind, alone."""
        self._grow(at[0] - _MARK, at[1] - _MARK)
        self._grow(at[0] + _MARK, at[1] + _MARK)
        self._kinds.setdefault(kind)
        title = f"<title>{escape(clean(tip))}</title>" if tip else ""
        self._front.append(f"<g>{title}{mark(kind, at)}</g>")

    def words(
        self, at: Point, lines: Iterable[str], anchor: str = "middle", look: str = "label"
    ) -> None:
        """Lines of small text around a point."""
        shown = [line for line in lines if line]
        top = at[1] - 13 * (len(shown) - 1) / 2 + 4
        for number, line in enumerate(shown):
            y = top + 13 * number
            wide = measure(line, SMALL)
            left = at[0] - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
            self._back.append(  # so that no line runs through the words
                f'<rect class="ground" x="{left - 3:.1f}" y="{y - 11:.1f}" width="{wide + 6:.1f}"'
                ' height="14.5"/>'
            )
            self._grow(left, y - 11)
            self._grow(left + wide, y + 3)
            self._front.append(_text((at[0], y), line, anchor, look))

    def svg(self, *, style: str = "screen") -> str:
        """The picture as one `<svg>` that refers to nothing outside itself.

        `style`: for a `screen`, in light and dark; for `paper`, in plain colours; of the `page`,
        which then must hold `api.report.style.sheet()`.
        """
        low_x, low_y, high_x, high_y = self._box if self._front else (0.0, 0.0, 320.0, 40.0)
        legend, high_y, high_x = self._legend(low_x, high_y + 26, high_x)
        x, y, w, h = low_x - 14, low_y - 14, high_x - low_x + 28, high_y - low_y + 28
        body = f"{''.join(self._back)}{''.join(self._front)}{legend}"
        name = hashlib.sha256((self.title + body).encode()).hexdigest()[:10]
        self.size = w, h
        fits = "" if style == "paper" else f"max-width:100%;min-width:{0.7 * w:.0f}px;height:auto"
        css = {"screen": sheet, "paper": paper}.get(style, str)()
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="lr" role="img" '
            f'viewBox="{x:.1f} {y:.1f} {w:.1f} {h:.1f}" width="{w:.0f}" height="{h:.0f}" '
            f'style="{fits}" '
            f'aria-labelledby="t{name} d{name}">'
            f'<title id="t{name}">{escape(clean(self.title))}</title>'
            f'<desc id="d{name}">{escape(clean(self.desc))}</desc>'
            f"{f'<style>{css}</style>' if css else ''}"
            f'<rect class="ground" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"/>'
            f"{body}</svg>"
        )

    def _repr_svg_(self) -> str:
        return self.svg()

    def _legend(self, left: float, top: float, right: float) -> tuple[str, float, float]:
        """What the marks mean, in the order of the model, and the note below it."""
        parts, x = [], left
        for kind in KINDS:
            if kind in self._kinds:
                text = kind_words(kind)
                if x > left and x + measure(text, SMALL) > max(right, left + 320):
                    x, top = left, top + 18
                parts.append(mark(kind, (x + 6, top)))
                parts.append(_text((x + 17, top + 4), text, "start", "soft"))
                x += measure(text, SMALL) + 36
                right = max(right, x)
        if self.note:
            top += 20
            parts.append(_text((left, top + 4), self.note, "start", "soft strong"))
            right = max(right, left + measure(self.note, SMALL))
        return "".join(parts), top + 4, right


def mark(kind: str, at: Point, size: float = _MARK) -> str:
    """The shape of a kind."""
    corners = KINDS[kind][2]
    if not corners:
        return f'<circle class="{kind}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{size:.1f}"/>'
    points = [(at[0] + size * x, at[1] + size * y) for x, y in corners]
    return f'<polygon class="{kind}" points="{_points(points)}"/>'


def _text(at: Point, text: str, anchor: str, look: str = "") -> str:
    chosen = f' class="{look}"' if look else ""
    turned = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}"{turned}{chosen}>{escape(clean(text))}</text>'


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _through(points: Sequence[Point]) -> str:
    """A path through points: straight for two, else vertical tangents between the layers."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    if len(points) == 2:
        return path + f"L{points[1][0]:.1f} {points[1][1]:.1f}"
    for (ax, ay), (bx, by) in pairwise(points):
        middle = (ay + by) / 2
        path += f"C{ax:.1f} {middle:.1f} {bx:.1f} {middle:.1f} {bx:.1f} {by:.1f}"
    return path
