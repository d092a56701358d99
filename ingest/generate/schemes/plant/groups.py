"""A declared group of companies, which several look-alikes are about."""

from __future__ import annotations

from ingest.generate.schemes.site import Site
from ingest.generate.schemes.town import (
    BEGIN,
    OTHER,
    WHOLESALE,
)


def group(
    site: Site, size: int, *, declared: bool = True, life: bool = True
) -> tuple[int, list[int]]:
    """A parent and its companies, whole or nearly wholly held, said so in the register."""
    head = site.firm(
        OTHER, life=life, staff=3, word="控股集团", founded=(BEGIN - 6_000, BEGIN - 3_500)
    )
    made = []
    for _ in range(size):
        child = site.firm(
            WHOLESALE, life=life, staff=2, register=False, founded=(BEGIN - 3_000, BEGIN - 600)
        )
        site.signs(site.town.person(card=False), child)
        site.holds(("c", head), child, 10_000 if site.dice.chance(0.6) else 8_000)
        if declared:
            site.book.state(
                "controller", ("c", head), ("c", child), site.spec(child).founded, text="持股"
            )
        made.append(child)
    return head, made
