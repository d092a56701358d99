"""Words on lines, put where they cover neither a card nor other words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from api.report.canvas import SMALL, Picture, Point, measure

_PARTS: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73)  # of the line
Box = tuple[float, float, float, float]  # left, top, right, bottom


class Labels:
    """The places that are taken on one picture. O(labels * (cards + labels))."""

    def __init__(self, cards: Iterable[tuple[Point, Point]]) -> None:
        """`cards`: the middle of each and half its width and height."""
        self._taken: list[Box] = [(x - w, y - h, x + w, y + h) for (x, y), (w, h) in cards]

    def put(
        self, picture: Picture, start: Point, stop: Point, lines: Sequence[str], *, always: bool
    ) -> bool:
        """Write words along a line. Where no place is free they stand in the middle (`always`) or
        are left out: then False."""
        shown = [line for line in lines if line]
        wide = max((measure(line, SMALL) for line in shown), default=0.0) / 2 + 3
        high = 13 * len(shown) / 2 + 1
        for part in _PARTS:
            at = start[0] + (stop[0] - start[0]) * part, start[1] + (stop[1] - start[1]) * part
            box = at[0] - wide, at[1] - high, at[0] + wide, at[1] + high
            if not any(_over(box, other) for other in self._taken):
                self._taken.append(box)
                picture.words(at, shown)
                return True
        if always:
            picture.words(((start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2), shown)
        return always


def _over(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
