"""Names and sources for a notice, as a store knew them when the answer was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api import evidence, look

if TYPE_CHECKING:
    from api.session import Session


@dataclass(frozen=True, slots=True)
class Known:
    """What a proof does not say: by canonical id names and masked keys, by fact id the source and
    for a listing its authority. Empty where no store is asked: then ids stand for names."""

    names: dict[str, str] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)


def known(session: Session, proof: dict[str, Any]) -> Known:
    """What the store knew of everybody and everything in a proof, at the proof's `known_at`.

    Identifiers are masked. In proportion to the proof. Raises UnknownSubject where the store is
    another one.
    """
    known_at = proof["claim"]["known_at"]
    found = Known()
    for name in dict.fromkeys(record["of"] for record in proof["records"]):
        shown = look.subject(session, name, known_at)
        found.names[name] = shown["label"]
        found.keys[name] = tuple(
            dict.fromkeys(v for record in shown["records"] for v in record.get("keys", {}).values())
        )
    ids = [said["fact"] for part in ("relations", "listings") for said in proof[part]]
    for first in range(0, len(ids), evidence.MOST):
        rows = evidence.facts(session, ids[first : first + evidence.MOST], known_at)["results"]
        found.facts.update((row["id"], row) for row in rows)
    return found
