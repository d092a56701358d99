"""The questions in Cypher, each in the forms that Neo4j offers, and how they are asked over Bolt.

As of a day and known now: a state holds on the day and both its ends are there, an event happened
by the end of it, and nothing is retracted. Subjects come back as the ids that answers use.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import neo4j
from neo4j.exceptions import Neo4jError

from bench._measure import AS_OF
from graph.model import RELATIONS
from graph.stores.neo4j.names import TYPES
from graph.traverse import EVERY_KIND

LIMIT: Final = 30.0  # seconds of one question
EVENTS: Final = [TYPES[kind] for kind in EVERY_KIND if RELATIONS[kind].event]
_EVERY: Final = "|".join(TYPES[kind] for kind in EVERY_KIND)
_BEGIN: Final = "MATCH (s:Subject {id: $id}) WHERE s.dataset = $dataset\n"
_NAME: Final = "coalesce(o.canonical, o.dataset + ':' + o.id)"
_WHO: Final = (
    "RETURN coalesce(s.canonical, s.dataset + ':' + s.id) AS id, s.kind AS kind, s.name AS name,"
    " collect(s.dataset + ':' + s.id) AS records"
)


def _holds(name: str) -> str:
    return (
        f"{name}.retractedAt IS NULL AND coalesce({name}.validFrom < $before, true)"
        f" AND coalesce({name}.validTo >= $before, true)"
    )


def _there(node: str) -> str:
    return f"EXISTS {{ ({node})<-[v:DESCRIBES]-(:Record&!Listing) WHERE {_holds('v')} }}"


def _end_there(end: str) -> str:
    described = "MATCH (n)<-[v:DESCRIBES]-(:Record&!Listing)"
    return f"EXISTS {{ WITH {end} AS n {described} WHERE {_holds('v')} }}"


def _levels(depth: int, step: str) -> str:
    """Level by level, each subject once: a step takes the `near` ones to `b`."""
    text = _BEGIN + "WITH [s] AS near, [s] AS seen\n"
    for _ in range(depth):
        text += (
            f"CALL (near, seen) {{\n  UNWIND near AS a\n{step}\n  RETURN collect(b) AS more\n}}\n"
            "WITH more AS near, seen + more AS seen\n"
        )
    return text + f"UNWIND seen[1..] AS o RETURN collect({_NAME}) AS found"


def around(depth: int) -> dict[str, str]:
    """Forms of: who is within `depth` relations of any kind, either way."""
    both = f"({_there('a')} AND {_there('b')})"
    step = f"WHERE {_holds('r')} AND (type(r) IN $events OR {both})"
    walk = f"(s) ((a)-[r:{_EVERY}]-(b) {step}){{1,{depth}}} (o:Subject)"
    ends = f"({_end_there('startNode(x)')} AND {_end_there('endNode(x)')})"
    every = f"all(x IN r WHERE {_holds('x')} AND (type(x) IN $events OR {ends}))"
    level = (
        f"  WITH a, seen, {_there('a')} AS there\n  MATCH (a)-[r:{_EVERY}]-(b:Subject)\n"
        f"  WHERE {_holds('r')} AND (there OR type(r) IN $events) AND NOT b IN seen\n"
        f"  WITH b, max(type(r) IN $events) AS event WHERE event OR {_there('b')}"
    )
    return {
        "level by level": _levels(depth, level),
        "variable length, distinct ends": f"{_BEGIN}MATCH (s)-[r:{_EVERY}*1..{depth}]-(o:Subject)"
        f" WHERE {every}\nWITH DISTINCT s, o WHERE o <> s RETURN collect({_NAME}) AS found",
        "quantified path, any shortest": f"{_BEGIN}MATCH ANY SHORTEST {walk} WHERE o <> s\n"
        f"RETURN collect({_NAME}) AS found",
        "quantified path, distinct ends": f"{_BEGIN}MATCH {walk} WHERE o <> s\n"
        f"RETURN collect(DISTINCT {_NAME}) AS found",
    }


def above(depth: int) -> dict[str, str]:
    """Forms of: who owns the company, directly or through others, within `depth` holdings."""
    begin = f"{_BEGIN} AND {_there('s')}\n"
    walk = (
        f"(s) ((b)<-[r:SHAREHOLDER_OF]-(a) WHERE {_holds('r')} AND {_there('a')}){{1,{depth}}}"
        " (o:Subject)"
    )
    level = (
        f"  MATCH (a)<-[r:SHAREHOLDER_OF]-(b:Subject) WHERE {_holds('r')} AND NOT b IN seen\n"
        f"  WITH DISTINCT b WHERE {_there('b')}"
    )
    every = f"all(x IN r WHERE {_holds('x')} AND {_end_there('startNode(x)')})"
    return {
        "level by level": _levels(depth, level).replace(_BEGIN, begin),
        "variable length, distinct ends": f"{begin}MATCH (s)<-[r:SHAREHOLDER_OF*1..{depth}]-"
        f"(o:Subject) WHERE {every}\nWITH DISTINCT s, o WHERE o <> s"
        f" RETURN collect({_NAME}) AS found",
        "quantified path, any shortest": f"{begin}MATCH ANY SHORTEST {walk} WHERE o <> s\n"
        f"RETURN collect({_NAME}) AS found",
        "quantified path, distinct ends": f"{begin}MATCH {walk} WHERE o <> s\n"
        f"RETURN collect(DISTINCT {_NAME}) AS found",
    }


BY_RECORD: Final = {"index on the id": _BEGIN + _WHO}
BY_KEY: Final = {
    "from the identifier": "MATCH (:Identifier {id: $key})<-[i:IDENTIFIED_BY]-(s:Subject)"
    f" WHERE i.retractedAt IS NULL\n{_WHO}"
}


def parameters(record: str, key: str) -> dict[str, Any]:
    """Of a question about the subject with this record and canonical id."""
    dataset, _, ident = record.partition(":")
    after = date.fromisoformat(AS_OF) + timedelta(days=1)
    before = datetime.fromisoformat(f"{after}T00:00:00+08:00")
    return {"id": ident, "dataset": dataset, "key": key, "before": before, "events": EVENTS}


class Bolt:
    """One session of the official driver."""

    def __init__(self, uri: str, auth: tuple[str, str] | None = None) -> None:
        self.driver = neo4j.GraphDatabase.driver(
            uri, auth=auth, notifications_min_severity="OFF", telemetry_disabled=True
        )
        self.session = self.driver.session(default_access_mode=neo4j.READ_ACCESS)
        self._made: dict[tuple[str, float], neo4j.Query] = {}

    def ask(
        self, text: str, given: Mapping[str, Any], seconds: float = LIMIT
    ) -> neo4j.Record | None:
        """The one record of the answer; None where the time ran out."""
        query = self._made.get((text, seconds))
        if query is None:
            query = self._made[text, seconds] = neo4j.Query(text, timeout=seconds)
        try:
            return self.session.run(query, given).single()
        except Neo4jError as error:
            if "TransactionTimedOut" in (error.code or ""):
                return None
            raise

    def close(self) -> None:
        """Hang up."""
        self.session.close()
        self.driver.close()
