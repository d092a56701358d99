"""What is gathered only when it is shown: few of many findings are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import overload


class Later(Sequence[int]):
    """Numbers that are made when they are first asked for."""

    def __init__(self, make: Callable[[], list[int]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> list[int]:
        return self._make()

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        return self._made[at]

    def __len__(self) -> int:
        return len(self._made)
