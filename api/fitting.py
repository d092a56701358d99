"""How wide a table's columns are, so that it fits a terminal and no id in it is broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

GAP: Final = 2  # between two columns
_WORD: Final = 12  # of a column of words: narrower, it would be a ladder of letters
_TOKEN: Final = re.compile(r"[!-'*+\--:<-~]+")  # ASCII up to a space, comma, semicolon, bracket
_LONGEST: Final = 40  # a longer one is folded, unless it is an id


def needed(cells: Sequence[str]) -> int:
    """The narrowest that a column may be: its longest id stays whole, so that it can be copied, as
    do other words of letters; what is longer, or Chinese, is folded where it has to be."""
    tokens = (found for text in cells for found in _TOKEN.findall(text))
    whole = (len(found) for found in tokens if len(found) <= _LONGEST or ":" in found)
    return max([min(wanted(cells), _WORD), *whole])


def wanted(cells: Sequence[str]) -> int:
    """How wide a column is where nothing is folded. A Chinese character is two letters wide."""
    return max((cell_len(line) for text in cells for line in text.splitlines()), default=0)


def least(columns: Sequence[Sequence[str]]) -> int:
    """The narrowest that a table of all these columns may be."""
    return sum(map(needed, columns)) + GAP * (len(columns) - 1)


def widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """The width of each column, 0 where there is no room for it.

    Columns go, the last one first, until the narrowest that the others may be fits; what is left
    over is shared among those that are folded, the nearest to being whole first. The first column
    stays, folded where it is wider than the room. Linear in the text, and in columns squared.
    """
    least, whole = [needed(cells) for cells in columns], [wanted(cells) for cells in columns]
    kept = len(columns)
    while kept > 1 and sum(least[:kept]) + GAP * (kept - 1) > room:
        kept -= 1
    given = [min(least[0], room), *least[1:kept]] if kept else []
    left = room - sum(given) - GAP * (kept - 1)
    hungry = sorted((at for at in range(kept)), key=lambda at: whole[at] - given[at])
    for behind, at in enumerate(hungry):
        share = min(max(whole[at] - given[at], 0), max(left, 0) // (len(hungry) - behind))
        given[at] += share
        left -= share
    return given + [0] * (len(columns) - kept)
