"""The facts that an answer stands on, as a graph: an edge a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.report.known import Known, cited
from api.report.words import kind_words, on_line, span

if TYPE_CHECKING:
    import networkx

    from api.client.clients import Asking


def evidence(risk: Asking, answer: Mapping[str, Any]) -> networkx.MultiDiGraph:
    """The facts that an answer cites, asked for by their ids and as known to the answer.

    A node is a subject by its canonical id, with `kind` and `label`; an edge is a fact by its id
    (the key), from its `from` to its `to`, with `kind`, `label` (in a few words), `when`, and all
    that the fact says (`share`, `amount`, `valid_from`, `source` …). The graph carries `as_of`,
    `known_at` and `snapshot`. Nodes are in the order in which the answer comes to them. A listing
    joins nobody: it is on its subject, `listings`. O(facts); a request for each 500 of them.
    """
    import networkx

    known = Known(risk, answer, cited(answer))
    named = {name: answer[name] for name in ("algorithm", "as_of", "known_at", "snapshot")}
    made = networkx.MultiDiGraph(**named)

    def put(subject: Mapping[str, str]) -> str:
        name = subject["id"]
        if name not in made:
            made.add_node(name, kind=subject["kind"], label=known.label(name))
        return name

    for ident, fact in known.facts.items():
        if "subject" in fact:
            made.nodes[put(fact["subject"])].setdefault("listings", []).append(dict(fact))
            continue
        said = {k: v for k, v in fact.items() if k not in {"id", "from", "to"}}
        made.add_edge(
            put(fact["from"]), put(fact["to"]), key=ident, **said,
            label=on_line(fact), when=span(fact), kinds=kind_words(str(fact["kind"])),
        )  # fmt: skip
    return made
