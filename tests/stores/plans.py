"""How the server goes about a query: the operators of its plan, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.neo4j_server.served import Served


def operators(server: Served, text: str, parameters: dict[str, Any]) -> set[str]:
    """The names of a plan's operators."""
    summary = server.driver.execute_query(f"EXPLAIN {text}", parameters).summary
    assert summary.plan is not None
    return {each.partition("@")[0] for each in _names(summary.plan)}


def _names(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["operatorType"]
    for child in plan.get("children", ()):
        yield from _names(child)


def scans(found: set[str]) -> set[str]:
    """Operators that read all of something: nodes, a label, a type, or an index from end to end."""
    return {each for each in found if "Scan" in each}


def hits(server: Served, text: str, parameters: dict[str, Any]) -> int:
    """What running it costs, in accesses of the store; parts within expressions count too."""
    summary = server.driver.execute_query(f"PROFILE {text}", parameters).summary
    assert summary.profile is not None
    return sum(_hits(summary.profile))


def _hits(plan: dict[str, Any]) -> Iterator[int]:
    yield plan.get("dbHits", 0)
    for child in plan.get("children", ()):
        yield from _hits(child)
