"""Accidents, tenders and exams of ordinary people and firms."""

from __future__ import annotations

from ingest.generate.schemes.site import Site
from ingest.generate.schemes.town import SERVICE


def occasions(site: Site, count: int) -> None:
    """So many events, most of them claims, of people who rarely meet again."""
    garages = site.ordinaries(max(3, count // 40), SERVICE)
    builders = site.ordinaries(max(20, count // 2), SERVICE)
    part = site.book.state
    for _ in range(count):
        day, sort = site.day(5), site.dice.unit()
        if sort < 0.5:
            event = site.town.event("claim", day)
            roles = ("claimant", "driver", "witness")[: site.dice.between(1, 3)]
            cents = site.sum(1_000, 60_000)
            for role, person in zip(roles, site.crowd(len(roles)), strict=True):
                part("participated", ("p", person), ("ev", event), day, text=role,
                     value=cents if role == "claimant" else 0)  # fmt: skip
            part("participated", ("c", site.dice.pick(garages)), ("ev", event), day,
                 text="garage", value=cents)  # fmt: skip
        elif sort < 0.75:
            event = site.town.event("tender", day)
            bidders = site.dice.some(builders, site.dice.between(3, 6))
            cents = site.sum(200_000, 9_000_000)
            for k, bidder in enumerate(bidders):
                part("participated", ("c", bidder), ("ev", event), day,
                     text="bidder" if k else "winner",
                     value=int(cents * site.dice.real(1.01, 1.2)) if k else cents)  # fmt: skip
        else:
            event = site.town.event("exam" if sort < 0.92 else "ticket", day)
            for person in site.crowd(site.dice.between(3, 12)):
                part("participated", ("p", person), ("ev", event), day, text="candidate")
