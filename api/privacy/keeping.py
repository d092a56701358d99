"""What the law keeps from being erased: decisions that are not over, listings that still run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.errors import Conflict
from graph.model import LISTING_CODE
from graph.times import day_end, today

if TYPE_CHECKING:
    from api.privacy.subject import Held
    from api.session import Session


class Kept(Conflict):
    """It must be kept for as long as the law says; its use may be restricted."""


def kept(session: Session, found: Held) -> list[str]:
    """Why a person's data may not be erased yet (PIPL art. 47: a period of retention that laws
    provide has not ended); empty where nothing is in the way."""
    session.decisions.follow()
    names = {found.canonical, *found.persons, *(fact.name for fact in found.entities)}
    decisions = {
        each.id: each
        for name in names
        for each in (
            *session.decisions.by_party(name), *session.decisions.by_subject(name)
        )
    }  # fmt: skip
    reasons = [
        f"decision {each.id} is {each.status}: its record is kept until it is over / 决定尚未终结"
        for each in decisions.values()
        if not each.over
    ]
    end = day_end(today())
    reasons += [
        f"listing {fact.name} runs until its end / 名单未到期"
        for fact in found.others
        if fact.code == LISTING_CODE and fact.retracted_at is None and fact.vt > end
        and fact.payload.get("status", "active") == "active"
    ]  # fmt: skip
    return reasons
