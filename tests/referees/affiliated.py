"""Affiliated trades by networkx: every pair that trades, every antecedent, every shortest trail."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from typing import Any, NamedTuple

import networkx as nx

Fact = dict[str, Any]
DOWN = ("legal_representative", "officer", "controller", "shareholder")
MUTUAL = ("kin", "nominee", "acts_in_concert")


class Pair(NamedTuple):
    """What a row should say of one seller and buyer."""

    steps: int
    antecedents: frozenset[str]
    facts: frozenset[str]
    net: Fraction
    chance: Fraction


def upward(facts: list[Fact], min_share: str) -> nx.MultiDiGraph:
    """Steps up, each edge a relation."""
    graph = nx.MultiDiGraph()
    for fact in facts:
        a, b, kind = fact.get("from"), fact.get("to"), fact["kind"]
        if a == b:
            continue
        if kind in DOWN and Fraction(fact.get("share", 1)) >= Fraction(min_share):
            graph.add_edge(b, a, fact=fact["id"])
        if kind in MUTUAL:
            graph.add_edge(a, b, fact=fact["id"])
            graph.add_edge(b, a, fact=fact["id"])
    return graph


def standing(facts: list[Fact]) -> dict[tuple[str, str], dict[str, Fraction]]:
    """The invoices of each pair that stand: given in order of time, a red letter of the amount of
    one before it takes back the latest of these."""
    found: dict[tuple[str, str], dict[str, Fraction]] = {}
    for fact in facts:
        pair, amount = (fact.get("from", ""), fact.get("to", "")), Fraction(fact.get("amount", 0))
        if fact["kind"] != "invoice" or fact.get("status") == "void" or pair[0] == pair[1]:
            continue
        stand = found.setdefault(pair, {})
        if amount > 0:
            stand[fact["id"]] = amount
        elif taken := [name for name, had in stand.items() if had == -amount]:
            del stand[taken[-1]]
    return {pair: stand for pair, stand in found.items() if stand}


def affiliated(
    facts: list[Fact], organs: set[str], depth: int, min_share: str = "0.05"
) -> dict[tuple[str, str], Pair]:
    """Every affiliated pair of seller and buyer, two or more steps apart."""
    invoices = standing(facts)
    net = {pair: sum(amounts.values(), Fraction(0)) for pair, amounts in invoices.items()}
    companies = {end for pair in net for end in pair}
    graph = upward(facts, min_share)
    graph.add_nodes_from(companies)
    graph.remove_edges_from([(a, b, k) for a, b, k in graph.edges(keys=True) if a in organs])
    above = {c: nx.single_source_shortest_path_length(graph, c, cutoff=depth) for c in companies}
    found = {}
    for (seller, buyer), amount in net.items():
        via = _between(above[seller], above[buyer], organs)
        steps = min(via.values(), default=0)
        if steps < 2:
            continue
        best = frozenset(w for w, k in via.items() if k == steps)
        trail = set()
        for end, goal in product((seller, buyer), best):
            trail |= _facts(graph, end, goal)
        buyers = {c: [b for _, b in net].count(c) for c in companies}
        sellers = {c: [a for a, _ in net].count(c) for c in companies}
        chance = max(
            _chance(seller, steps, buyers, above, organs),
            _chance(buyer, steps, sellers, above, organs),
        )
        pair = seller, buyer
        found[pair] = Pair(steps, best, frozenset(trail | invoices[pair].keys()), amount, chance)
    return found


def _between(a: dict[str, int], b: dict[str, int], organs: set[str]) -> dict[str, int]:
    return {w: k + b[w] for w, k in a.items() if w in b and w not in organs}


def _facts(graph: nx.MultiDiGraph, start: str, goal: str) -> set[str]:
    if start == goal:
        return set()
    return {
        data["fact"]
        for path in nx.all_shortest_paths(graph, start, goal)
        for a, b in pairwise(path)
        for data in graph[a][b].values()
    }


def _chance(
    company: str,
    steps: int,
    weight: dict[str, int],
    above: dict[str, dict[str, int]],
    organs: set[str],
) -> Fraction:
    """Partners, drawn by weight, within `steps` over each antecedent, added up."""
    rest = sum(weight.values()) - weight[company]
    if not rest:
        return Fraction(0)
    met = 0
    for who, k in above[company].items():
        if who in organs or k > steps:
            continue
        for other, drawn in weight.items():
            if other != company and above[other].get(who, steps + 1) + k <= steps:
                met += drawn
    return min(Fraction(met, rest), Fraction(1))
