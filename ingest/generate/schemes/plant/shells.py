"""What companies on paper have in common."""

from __future__ import annotations

from ingest.generate.schemes.site import Site
from ingest.generate.schemes.town import (
    WHOLESALE,
)


def shell(site: Site, founded: tuple[int, int], *, cover: bool = False, line: int = 0) -> int:
    """A company on paper; under cover it has one on its payroll and an ordinary trade."""
    return site.firm(
        WHOLESALE, life=cover, staff=1, trade=cover, founded=founded, line=line, size=1
    )


def past(site: Site, start: int) -> tuple[int, int]:
    """When a company was founded that is young, or not so young, on a day."""
    return (start - 200, start - 40) if not site.level.hard else (start - 1_200, start - 100)
