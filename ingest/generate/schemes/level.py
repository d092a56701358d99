"""How well the planted things hide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Difficulty = Literal["easy", "normal", "hard"]


@dataclass(frozen=True)
class Level:
    """What changes between easy, normal and hard."""

    name: str
    fee: tuple[float, float]  # share kept by each who passes money on
    hours: tuple[float, float]  # between one hop and the next
    stretch: float  # of windows of days
    jitter: float  # of amounts that would be equal
    cover: float  # share of members that have an ordinary life
    missing: float  # share of the spokes that are left out
    split: float  # share of the payments that come in two parts
    noise: float  # further ordinary relations of members, for each
    round: bool  # whether amounts are round

    @property
    def hard(self) -> bool:
        """Whether this is the hardest."""
        return self.name == "hard"

    @property
    def easy(self) -> bool:
        """Whether this is the easiest."""
        return self.name == "easy"


LEVELS: Final[dict[str, Level]] = {
    "easy": Level("easy", (0.0, 0.005), (0.2, 3.0), 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, True),
    "normal": Level("normal", (0.003, 0.02), (1.0, 20.0), 2.0, 0.05, 0.5, 0.0, 0.1, 0.5, False),
    "hard": Level("hard", (0.005, 0.05), (4.0, 48.0), 3.5, 0.2, 0.9, 0.12, 0.3, 1.5, False),
}
