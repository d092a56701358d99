"""The users of a Neo4j server that work on the store, made by the server's admin.

Community knows users and no roles: whoever signs in may do everything. Enterprise knows roles:
there the service's user reads and writes the store's database and administers nothing, and a
second user, for Browser and Bloom, only reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from graph.errors import InputError, StoreError, StoreRefused
from graph.stores.neo4j.address import Address
from graph.stores.neo4j.connection import Server

WRITER: Final = "linkrisk_writer"
READER: Final = "linkrisk_reader"
_SYSTEM: Final = "system"  # administration is asked of this database only
_READS: Final = ("grant_access", "grant_match")
# What a role may do, each a statement; procedures everybody may call.
PRIVILEGES: Final = {
    READER: _READS,
    WRITER: (*_READS, "grant_write", "grant_names", "grant_indexes", "grant_constraints"),
}


@dataclass(frozen=True, slots=True)
class Login:
    """A user with its password, which is not printed."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one user."""

    user: str
    did: Literal["created", "changed", "kept"]
    role: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the server is and what became of its users."""

    edition: str
    users: tuple[Done, ...]


def ensure_users(address: Address, admin: Login, reader: Login | None = None) -> Outcome:
    """Make the service's user, the one of the address, and on Enterprise `reader` besides.

    Again, it changes a password that differs and grants what is missing, and nothing else. Raises
    InputError for users that are one and the same, StoreAway where no server answers, StoreRefused
    where it does not take the admin.
    """
    logins = {WRITER: Login(address.user, address.password)}
    if reader is not None:
        logins[READER] = reader
    names = [admin.user, *(login.user for login in logins.values())]
    if len(set(names)) < len(names):
        raise InputError(f"admin, service and reader are users of their own: {', '.join(names)}")
    server = Server(_system(address, admin))
    try:
        edition = _edition(server)
        if edition != "enterprise":
            login = logins[WRITER]
            return Outcome(edition, (Done(login.user, _user(server, login), None),))
        database = address.database or _default_database(server)
        done = []
        for role, login in logins.items():
            did = _user(server, login)
            _role(server, role, database)
            _run(server, "grant_role", role=role, user=login.user)
            done.append(Done(login.user, did, role))
        return Outcome(edition, tuple(done))
    finally:
        server.close()


def _system(address: Address, login: Login) -> Address:
    return replace(address, user=login.user, password=login.password, database=_SYSTEM)


def _edition(server: Server) -> str:
    try:
        rows = server.read(lambda tx: tx.rows("users/edition"))
    except StoreRefused as error:
        raise StoreRefused(f"{error}: NEO4J_ADMIN_USERNAME, NEO4J_ADMIN_PASSWORD") from None
    # Rows of other components may stand beside the kernel's, and `system` filters no rows.
    return str(dict(rows)["Neo4j Kernel"])


def _default_database(server: Server) -> str:
    return str(server.read(lambda tx: tx.one("users/default_database"))[0])


def _user(server: Server, login: Login) -> Literal["created", "changed", "kept"]:
    try:
        if not server.read(lambda tx: tx.rows("users/user", {"user": login.user})):
            _run(server, "create_user", user=login.user, password=login.password)
            return "created"
        _run(server, "keep_password", user=login.user)
        # The server refuses to set a password to what it is: so it is tried first.
        if _signs_in(server.address, login):
            return "kept"
        _run(server, "set_password", user=login.user, password=login.password)
    except StoreError as error:  # a password that is too short, a name of other letters
        raise type(error)(f"user {login.user}: {error}") from None
    return "changed"


def _signs_in(address: Address, login: Login) -> bool:
    """Whether the server takes the password; one that asks for none takes any."""
    server = Server(_system(address, login))
    try:
        server.read(lambda tx: tx.rows("users/current_user"))
    except StoreRefused:
        return False
    finally:
        server.close()
    return True


def _role(server: Server, role: str, database: str) -> None:
    _run(server, "create_role", role=role)
    for privilege in PRIVILEGES[role]:
        _run(server, privilege, role=role, database=database)


def _run(server: Server, name: str, **parameters: str) -> None:
    server.write(lambda tx: tx.rows(f"users/{name}", parameters))
