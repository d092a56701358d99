"""Where names can be: for each kind of fact of a dataset, between which ids its records lie.

A relation's id has an index for each type, and one id names one fact of its dataset whatever its
kind, so a name would have to be looked for under every type. The spans say where it cannot be:
sources that number their kinds apart (c1, t1) are looked for once, and new numbers nowhere.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any


class Spans:
    """Least and greatest id by dataset and kind, as the graph shows them."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows are (dataset, kinds, least ids, greatest ids)."""
        self._spans: dict[tuple[int, int], list[str]] = {
            (no, code): [least, most]
            for no, codes, lows, highs in rows
            for code, least, most in zip(codes, lows, highs, strict=True)
        }
        self._changed: set[int] = set()

    def codes(self) -> set[int]:
        """The kinds that any dataset has."""
        return {code for _, code in self._spans}

    def within(self, names: Sequence[str], codes: Iterable[int]) -> list[str]:
        """Those of some sorted names that may be ids of these kinds."""
        chosen = set(codes)
        runs = sorted(
            (bisect_left(names, least), bisect_right(names, most))
            for (_, code), (least, most) in self._spans.items()
            if code in chosen
        )
        found: list[str] = []
        done = 0
        for begin, end in runs:
            found.extend(names[max(begin, done) : end])
            done = max(done, end)
        return found

    def widen(self, dataset: int, code: int, idents: Iterable[str]) -> None:
        """Take in the ids of new records."""
        least, most = min(idents), max(idents)
        span = self._spans.setdefault((dataset, code), [least, most])
        if span == [least, most] or least < span[0] or most > span[1]:
            span[:] = [min(least, span[0]), max(most, span[1])]
            self._changed.add(dataset)

    def changed(self) -> list[list[Any]]:
        """Rows of the datasets whose spans were widened."""
        rows = []
        for no in sorted(self._changed):
            mine = [(code, span) for (dataset, code), span in self._spans.items() if dataset == no]
            rows.append(
                [no, [c for c, _ in mine], [s[0] for _, s in mine], [s[1] for _, s in mine]]
            )
        return rows
