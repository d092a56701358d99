"""Patterns of a mapping, held to those that are tried in bounded time.

Python's `re` goes back over what it tried: a repeat within a repeat takes time exponential in the
cell, and nothing else of the process runs meanwhile. So what a pattern can cost is counted before
it is used: the ways to match are multiplied along a pattern, as Rathnayake and Thielecke describe
it ('Static Analysis for Regular Expression Exponential Runtime', 2014), here bounded from above.
"""

from __future__ import annotations

import importlib
import re
from typing import Any, Final

LOOKED_AT: Final = 1_000  # characters of a cell that a pattern sees
_MOST: Final = 2_000_000  # steps in a cell: some hundredths of a second
# The parser's tree is what `re` itself compiles; it is reached by name, for it is not public.
_parser: Any = importlib.import_module("re._parser")


def compiled(text: str) -> re.Pattern[str]:
    """A pattern; raises ValueError with the reason where it is none, or may take too long."""
    try:
        tree = _parser.parse(text)
        made = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a pattern: {error}") from None
    if _ways(tree) * (1 if _anchored(tree) else LOOKED_AT) > _MOST:
        raise ValueError(
            "a pattern that may take too long: no repeat within a repeat, and of open ones (* +)"
            " one, or two behind ^; write {0,20} for others"
        )
    return made


def _anchored(tree: Any) -> bool:
    """Whether it is tried at the beginning alone."""
    if not len(tree) or tree.state.flags & re.MULTILINE:
        return False
    op, value = tree[0]
    return op is _parser.AT and value in {_parser.AT_BEGINNING, _parser.AT_BEGINNING_STRING}


def _ways(tree: Any) -> int:
    """In how many ways at most a part can match from one place on, cut off past the bound."""
    ways = 1
    for op, value in tree:
        ways = min(ways * _ways_of(op, value), _MOST + 1)
    return ways


def _ways_of(op: Any, value: Any) -> int:
    if op in {_parser.MAX_REPEAT, _parser.MIN_REPEAT, _parser.POSSESSIVE_REPEAT}:
        least, most, inner = int(value[0]), min(int(value[1]), LOOKED_AT), _ways(value[2])
        ways = max(1, most - least + 1)
        for _ in range(most if inner > 1 else 0):
            ways *= inner
            if ways > _MOST:
                break
        return ways
    if op is _parser.BRANCH:
        return sum(map(_ways, value[1]))
    if op is _parser.SUBPATTERN:
        return _ways(value[-1])
    if op in {_parser.ASSERT, _parser.ASSERT_NOT}:
        return _ways(value[1])
    if op is _parser.ATOMIC_GROUP:
        return _ways(value)
    if op in {_parser.GROUPREF, _parser.GROUPREF_EXISTS, _parser.GROUPREF_IGNORE}:
        return _MOST + 1
    return 1
