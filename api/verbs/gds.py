"""`linkrisk gds`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from api.options import Common, Verb, pass_common
from api.output import say_timing, write_json
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from graph.snapshot import Snapshot
    from graph.stores.neo4j.address import Address
    from graph.stores.neo4j.gds import Network, Projected

_ONLY_JSON: Final = ("sizeInBytes", "creationTime")


@click.command(cls=Verb)
@click.argument("action", type=click.Choice(["project", "list", "drop"]))
@click.argument("name", required=False)
@click.option("--kinds", multiple=True, metavar="TEXT", help="Kinds of relation, repeated or"
              " separated by commas; default all but identity judgements.")  # fmt: skip
@click.option("--as-of", metavar="DATE", help="The day that it is true on; default today.")
@click.option("--known-at", metavar="TEXT", help="As it was known at this ISO time with zone.")
@click.option("--undirected", is_flag=True, help="Relations without direction.")
@click.option("--simple", is_flag=True, help="One relation between two subjects that have any, none"
              " of a subject with itself.")  # fmt: skip
@click.option("--replace", is_flag=True, help="In place of a graph of this name.")
@pass_common
def gds(common: Common, /, action: str, name: str | None, **given: Any) -> None:
    """Put a day's graph into Neo4j's Graph Data Science, list what is there, drop it. 投影到 GDS。

    For a store in a Neo4j server that has this library. `project NAME` makes the graph that
    `components` and `centrality` look at: the subjects of the day, those that are alone too, and
    every relation between them. It stays in the server's memory until `drop NAME`.
    """
    address = _address(common.url)
    if action == "project":
        _print(common, action, [_project(common, address, _name(action, name), given)])
        return
    if extra := next((option for option, value in given.items() if value), None):
        raise WrongUsage(f"gds {action} takes no --{extra.replace('_', '-')}")
    if action == "list" and name is not None:
        raise WrongUsage("gds list takes no NAME")
    wanted = _name(action, name) if action == "drop" else ""
    from graph.stores.neo4j.gds import Catalogue

    with closing(Catalogue(address)) as catalogue:
        _print(common, action, [catalogue.drop(wanted)] if wanted else catalogue.graphs())


def _address(url: str) -> Address:
    from graph.stores.neo4j.address import SCHEMES, parse

    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise WrongUsage(f"gds: the store is not in a Neo4j server: {scheme[:40]}://")
    return parse(url)


def _name(action: str, name: str | None) -> str:
    if name is None:
        raise WrongUsage(f"gds {action}: which NAME?")
    from graph.stores.neo4j.gds import check_name

    return check_name(name)


def _project(common: Common, address: Address, name: str, given: Mapping[str, Any]) -> Projected:
    from algorithms.registry import ALGORITHMS, prepare, split
    from api.opened import opened as session_on
    from graph.stores.neo4j.gds import Catalogue, Origin, simple

    asked = {name: given[name] for name in ("as_of", "known_at")}
    asked["kinds"] = split(given["kinds"]) or None
    # The graph is that of `components`, so what it is asked by is checked as there.
    params = msgspec.structs.asdict(prepare(ALGORITHMS["components"], asked))
    started = time.perf_counter()
    with closing(Catalogue(address)) as catalogue, session_on(common.url, "gds") as session:
        snapshot = session.snapshot(params["known_at"])
        opened = time.perf_counter()
        network = network_of(snapshot, params["kinds"], params["as_of"])
        if given["simple"]:
            network = simple(network, undirected=given["undirected"])
        made = catalogue.project(
            name, network, Origin(params["as_of"], snapshot.known_at, snapshot.name),
            undirected=given["undirected"], replace=given["replace"],
        )  # fmt: skip
        done = time.perf_counter()
    if common.timing:
        say_timing(open=opened - started, project=done - opened)
    return made


def network_of(snapshot: Snapshot, kinds: Sequence[str] | None, as_of: str) -> Network:
    """The graph of a day as the library takes it; raises WrongUsage for a kind that is none."""
    from algorithms.rings.whole import edges
    from graph.stores.neo4j.gds import Network
    from graph.times import day_end

    nodes, src, dst, rows = edges(snapshot, kinds, day_end(as_of))
    kind = snapshot.nodes.kind[nodes]
    return Network(snapshot.firsts(nodes), kind, src, dst, snapshot.codes(rows))


def _print(common: Common, action: str, graphs: Sequence[Projected]) -> None:
    if common.json:
        write_json(msgspec.json.encode({"results": graphs} if action == "list" else graphs[0]))
        return
    from api.table import console, table

    if action == "drop":
        click.echo(f"dropped / 已移除: {graphs[0]['graphName']}")
        return
    rows = [{name: graph[name] for name in graph if name not in _ONLY_JSON} for graph in graphs]
    console().print(table(rows) if rows else "no graphs / 无图")
