"""What candidates' records say that is not in the graph: birth dates and countries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

_BORN: Final = ("birth_date", "birthday", "birthDate", "出生日期")
_COUNTRY: Final = ("country", "jurisdiction", "nationality", "nationalities", "countries")


class Stated(NamedTuple):
    """Birth dates (or years) and countries that a subject's records give."""

    born: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()


def stated(snapshot: Snapshot, nodes: Sequence[int]) -> dict[int, Stated]:
    """What the records of subjects say; one question to the store."""
    found: dict[int, Stated] = {}
    for record, fact in snapshot.stated(nodes).items():
        node = int(snapshot.nodes.rep[record])
        known = found.get(node, Stated())
        found[node] = Stated(known.born | _born(fact), known.countries | _countries(fact))
    return found


def _born(fact: StoredFact) -> frozenset[str]:
    attrs = fact.payload.get("attrs", {})
    said = {str(attrs[name])[:10] for name in _BORN if attrs.get(name)}
    for kind, value, reason, _ in fact.keys:
        if kind == "resident_id" and reason is None:  # GB 11643: digits 7 to 14
            said.add(f"{value[6:10]}-{value[10:12]}-{value[12:14]}")
    return frozenset(said)


def _countries(fact: StoredFact) -> frozenset[str]:
    attrs = fact.payload.get("attrs", {})
    return frozenset(code for name in _COUNTRY for code in _codes(attrs.get(name)))


def _codes(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value.casefold()]
    if isinstance(value, dict):
        return _codes(value.get("code"))
    return [code for each in value for code in _codes(each)] if isinstance(value, list) else []


def birth_agrees(asked: str, born: frozenset[str]) -> tuple[float, str]:
    """How far a birth date agrees with those that are known: 1 the same day, 0.5 where one gives
    but the year or month and that is the same, 0 another; and in words, without the date."""
    best = 0.0
    for known in born:
        size = min(len(asked), len(known))
        if asked[:size] == known[:size]:
            best = max(best, 1.0 if size == 10 else 0.5)
    if best == 1:
        return 1.0, "the same birth date / 出生日期相同"
    if best:
        return best, "the same year or month of birth / 出生年月相同"
    return 0.0, "another birth date / 出生日期不同"
