"""The time that a search may take."""

from __future__ import annotations

from time import monotonic

from algorithms.findings.making import Cut


class Deadline:
    """A moment after which a search ends with what it has.

    It has passed once `over` has said so: a search that was never told to stop is not cut short,
    however long its last step took.
    """

    def __init__(self, seconds: float) -> None:
        self._until = monotonic() + seconds
        self.passed = False

    def over(self) -> bool:
        """Whether to stop; once true, always. Who asks leaves something out where it is."""
        self.passed = self.passed or monotonic() > self._until
        return self.passed

    def cuts(self, explored: int) -> list[Cut]:
        """What to say of it: nothing where it has not passed."""
        if not self.passed:
            return []
        return [Cut("time_limit: not all was looked at / 超时, 未全部查看", explored)]
