"""`linkrisk neo4j-users` against a real server, and as far as one of the Community edition goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import AuthError, ClientError

from api.cli import main
from graph.stores.neo4j.texts import cypher
from graph.stores.neo4j.users import PRIVILEGES
from tests.deploy.composed import SECRETS
from tests.neo4j_server.server import Server

pytestmark = pytest.mark.slow

ENTERPRISE = sorted(
    {"create_role", "grant_role", *(name for names in PRIVILEGES.values() for name in names)}
)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(secured: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`run(*args, NAME=value)` runs the verb as the compose file does."""

    def call(*args: str, **changes: str) -> tuple[int, str, str]:
        given = {
            "LINKRISK_STORE": secured.uri,
            "NEO4J_USERNAME": "linkrisk",
            "NEO4J_PASSWORD": SECRETS["NEO4J_PASSWORD"],
            "NEO4J_ADMIN_PASSWORD": SECRETS["NEO4J_ADMIN_PASSWORD"],
            "NEO4J_READER_PASSWORD": "",
            **changes,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        code = main(["neo4j-users", *args])
        out, err = capfd.readouterr()
        return code, out, err

    return call


@pytest.fixture
def admin(secured: Server) -> Any:
    with GraphDatabase.driver(secured.uri, auth=secured.auth) as driver:
        yield driver


def users(admin: Driver) -> dict[str, bool]:
    rows, _, _ = admin.execute_query(
        "SHOW USERS YIELD user, passwordChangeRequired", database_="system"
    )
    return {row["user"]: row["passwordChangeRequired"] for row in rows}


def signs_in(server: Server, user: str, password: str) -> bool:
    try:
        with GraphDatabase.driver(server.uri, auth=(user, password)) as driver:
            return bool(driver.execute_query("RETURN 1 AS one").records)
    except AuthError:
        return False


def test_a_user_is_made_once_and_changed_where_it_differs(
    run: Run, secured: Server, admin: Driver
) -> None:
    assert run() == (0, "linkrisk: created\n", "")
    assert users(admin) == {"neo4j": False, "linkrisk": False}
    assert signs_in(secured, "linkrisk", SECRETS["NEO4J_PASSWORD"])

    assert run() == (0, "linkrisk: kept\n", "")
    code, out, _ = run("--json")
    done = [{"user": "linkrisk", "did": "kept", "role": None}]
    assert (code, json.loads(out)) == (0, {"edition": "community", "users": done})

    assert run(NEO4J_PASSWORD="another password") == (0, "linkrisk: changed\n", "")
    assert signs_in(secured, "linkrisk", "another password")
    assert not signs_in(secured, "linkrisk", SECRETS["NEO4J_PASSWORD"])


def test_a_password_that_was_to_be_changed_at_first_use_is_for_good(
    run: Run, secured: Server, admin: Driver
) -> None:
    admin.execute_query(
        "CREATE USER byhand SET PASSWORD 'made by hand' CHANGE REQUIRED", database_="system"
    )
    assert users(admin)["byhand"]
    code, out, _ = run(NEO4J_USERNAME="byhand", NEO4J_PASSWORD="made by hand")
    assert (code, out) == (0, "byhand: kept\n")
    assert signs_in(secured, "byhand", "made by hand")


def test_the_address_may_name_the_user(run: Run, secured: Server) -> None:
    url = secured.uri.replace("neo4j://", "bolt://inurl:p%40ss%2Fword%20:@")
    assert run(LINKRISK_STORE=url, NEO4J_USERNAME="", NEO4J_PASSWORD="")[:2] == (
        0,
        "inurl: created\n",
    )
    assert signs_in(secured, "inurl", "p@ss/word :")


def test_without_roles_no_reader_is_made(run: Run, admin: Driver) -> None:
    code, _, err = run(NEO4J_READER_PASSWORD="only to read")
    assert (code, err) == (0, "no linkrisk_reader: the community edition has no roles\n")
    assert "linkrisk_reader" not in users(admin)


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        (
            {"NEO4J_PASSWORD": "short"},
            1,
            "user linkrisk: the Neo4j server answered: A password mus",
        ),
        (
            {"NEO4J_USERNAME": "a b"},
            1,
            "user a b: the Neo4j server answered: Username 'a b' contai",
        ),
        ({"NEO4J_USERNAME": "neo4j"}, 3, "admin, service and reader are users of their own"),
        ({"NEO4J_PASSWORD": ""}, 3, "set NEO4J_USERNAME and NEO4J_PASSWORD"),
        ({"NEO4J_ADMIN_PASSWORD": ""}, 3, "set NEO4J_ADMIN_PASSWORD"),
        ({"NEO4J_ADMIN_PASSWORD": "not this one"}, 1, "refuses these credentials: NEO4J_ADMIN_USE"),
        ({"LINKRISK_STORE": "neo4j://127.0.0.1:1"}, 1, "does not answer"),
        ({"LINKRISK_STORE": "sqlite:///x.db"}, 3, "not a store's address"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    run: Run, admin: Driver, changes: dict[str, str], code: int, said: str
) -> None:
    before = users(admin)
    done, out, err = run(**changes)
    assert (done, out) == (code, "")
    assert err.startswith("linkrisk: ")
    assert said in err
    assert err.count("\n") == 1
    assert not any(secret in err for secret in SECRETS.values())
    assert users(admin) == before


@pytest.mark.parametrize("name", ENTERPRISE)
def test_the_statements_of_enterprise_are_understood(admin: Driver, name: str) -> None:
    """Community parses them and then says that it does not carry them out: no more can be tested
    on it. It calls a statement with a slip a syntax error."""
    parameters = {"user": "linkrisk", "role": "linkrisk_writer", "database": "neo4j"}
    with admin.session(database="system") as session, pytest.raises(ClientError) as refused:
        session.run(cypher(f"users/{name}"), parameters).consume()
    assert refused.value.code == "Neo.ClientError.Statement.UnsupportedAdministrationCommand"


def test_the_default_database_is_asked_for(admin: Driver) -> None:
    with admin.session(database="system") as session:
        assert session.run(cypher("users/default_database")).single(strict=True)[0] == "neo4j"
