"""Peers to compare with: the same relations in plain SQLite, read from the world's own file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import orjson

from bench._measure import AS_OF
from bench.world import content, drop
from graph.model import ROLE_KINDS

_UPWARD = """
WITH RECURSIVE above(id, depth) AS (
  SELECT ?1, 0
  UNION
  SELECT edge.a, depth + 1 FROM above CROSS JOIN edge INDEXED BY upward ON edge.b = above.id
  WHERE depth < ?2 AND edge.vf <= ?3 AND edge.vt > ?3)
SELECT DISTINCT id FROM above WHERE id <> ?1
"""


Holding = tuple[str, str, float | None, float | None]  # owner, owned, share, votes


class Peer:
    """Roles and holdings in one indexed table, each valid while it and both its ends are."""

    def __init__(self, source: Path) -> None:
        database = source.with_suffix(".peer.db")
        stamp = source.with_suffix(".peer.of")
        digest = content(source).read_text()
        if not database.exists() or not stamp.exists() or stamp.read_text() != digest:
            drop(database)
            _fill(source, database)
            stamp.write_text(digest)
        self.db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        self.db.execute("PRAGMA mmap_size=1000000000")

    def upward(self, subject: str, depth: int) -> set[str]:
        """Ids of all that stand above a subject: one recursive query."""
        return {row[0] for row in self.db.execute(_UPWARD, (subject, depth, AS_OF))}

    def networkx(self, subjects: list[str], depth: int) -> Callable[[str], set[str]]:
        """A breadth-first search in networkx over the relations above these subjects."""
        import networkx as nx

        wanted = {each for subject in subjects for each in [subject, *self.upward(subject, depth)]}
        graph = nx.DiGraph()
        graph.add_nodes_from(wanted)
        for below in sorted(wanted):
            graph.add_edges_from(
                (below, row[0])
                for row in self.db.execute(
                    "SELECT a FROM edge WHERE b = ? AND vf <= ? AND vt > ?", (below, AS_OF, AS_OF)
                )
            )

        def upward(subject: str) -> set[str]:
            met = nx.single_source_shortest_path_length(graph, subject, cutoff=depth)
            return set(met) - {subject}

        return upward

    def holdings(self) -> list[Holding]:
        """Every holding true on the day; None for what is unknown."""
        return self.db.execute(
            "SELECT a, b, share, votes FROM edge WHERE kind = 'shareholder' AND vf <= ? AND vt > ?",
            (AS_OF, AS_OF),
        ).fetchall()

    def deepest(self, count: int) -> list[str]:
        """Companies under the longest chains of companies, loops counted once; deepest first."""
        import networkx as nx

        graph = nx.DiGraph((a, b) for a, b, *_ in self.holdings() if a[0] == "c")
        plain = nx.condensation(graph)
        depth: dict[int, int] = {}
        for node in nx.topological_sort(plain):
            depth[node] = 1 + max((depth[p] for p in plain.predecessors(node)), default=-1)
        found = [(-d, min(plain.nodes[node]["members"])) for node, d in depth.items()]
        return [name for _, name in sorted(found)[:count]]

    def hubs(self, count: int) -> list[str]:
        """The subjects with the most roles and holdings, half of them met from below."""
        found: list[str] = []
        for side in ("a", "b"):
            found += [
                row[0]
                for row in self.db.execute(
                    f"SELECT {side} FROM edge GROUP BY {side} ORDER BY COUNT(*) DESC, {side}"
                    " LIMIT ?",
                    (count // 2,),
                )
            ]
        return found


def _fill(source: Path, database: Path) -> None:
    db = sqlite3.connect(database)
    db.execute("CREATE TABLE edge(a TEXT, b TEXT, kind TEXT, vf TEXT, vt TEXT, share, votes)")
    lives: dict[str, tuple[str, str]] = {}
    rows = []
    with source.open("rb") as file:
        for line in file:
            fact = orjson.loads(line)
            kind, start, end = fact["kind"], fact.get("valid_from", ""), fact.get("valid_to", "~")
            if kind == "company":
                lives[fact["id"]] = (start, end)
            elif kind in ROLE_KINDS:
                ends = [lives.get(fact[side], ("", "~")) for side in ("from", "to")]
                share = fact.get("share")
                rows.append(
                    (
                        fact["from"],
                        fact["to"],
                        kind,
                        max(start, *(e[0] for e in ends)),
                        min(end, *(e[1] for e in ends)),
                        share,
                        fact.get("votes", share),
                    )
                )
    db.executemany("INSERT INTO edge VALUES(?,?,?,?,?,?,?)", rows)
    db.execute("CREATE INDEX upward ON edge(b, vf, vt, a)")
    db.execute("CREATE INDEX downward ON edge(a)")
    db.commit()
    db.close()
