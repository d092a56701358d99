"""`linkrisk neo4j-users`."""

from __future__ import annotations

import os

import click
import msgspec

from api.options import Common, Verb, pass_common
from api.output import write_json
from graph.errors import InputError


@click.command(cls=Verb, name="neo4j-users")
@pass_common
def neo4j_users(common: Common) -> None:
    """Make the users that work on a Neo4j store, as its admin. 建立 Neo4j 用户。

    The admin is NEO4J_ADMIN_USERNAME (default: neo4j) with NEO4J_ADMIN_PASSWORD. The service's
    user is the one of the store's address, or NEO4J_USERNAME with NEO4J_PASSWORD. On Enterprise it
    gets a role that reads and writes the store's database, and NEO4J_READER_USERNAME (default:
    linkrisk_reader), where NEO4J_READER_PASSWORD is given, one that only reads it. Run again, it
    changes what differs.
    """
    from graph.stores.neo4j.address import parse
    from graph.stores.neo4j.users import Login, ensure_users

    address = parse(common.url)
    admin = Login(
        os.environ.get("NEO4J_ADMIN_USERNAME") or "neo4j",
        os.environ.get("NEO4J_ADMIN_PASSWORD", ""),
    )
    if not admin.password:
        raise InputError("set NEO4J_ADMIN_PASSWORD to the admin's password")
    if not address.user or not address.password:
        raise InputError("set NEO4J_USERNAME and NEO4J_PASSWORD to what the service signs in with")
    secret = os.environ.get("NEO4J_READER_PASSWORD")
    name = os.environ.get("NEO4J_READER_USERNAME") or "linkrisk_reader"
    outcome = ensure_users(address, admin, Login(name, secret) if secret else None)
    if common.json:
        write_json(msgspec.json.encode(outcome))
        return
    for user in outcome.users:
        click.echo(f"{user.user}: {user.did}" + (f", {user.role}" if user.role else ""))
    if secret and len(outcome.users) == 1:
        click.echo(f"no {name}: the {outcome.edition} edition has no roles", err=True)
