"""API keys of machines: random secrets, shown once, kept as hashes in a file of the deployment.

A key is `lrk_ID_SECRET`; the secret has 256 random bits, so that one SHA-256 is hash enough: there
is nothing to guess. The file is JSON, replaced as a whole, read again when it changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from api.caller import DOMAINS, RESERVED, SCOPES, Caller, one_line
from api.kept import write_whole
from graph.beside import beside
from graph.errors import Conflict, InputError, WrongUsage
from graph.times import format_instant, now, parse_time

PREFIX: Final = "lrk"
_NAME: Final = 80
_NOBODYS: Final = hashlib.sha256(b"nobody's").hexdigest()


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key as the file keeps it; times are ISO."""

    id: str
    name: str
    hash: str
    scopes: list[str]
    domains: list[str]
    created: str
    expires: str
    purposes: list[str] = []
    depth: Annotated[int, Meta(ge=1)] | None = None
    revoked: str | None = None

    def status(self, moment: int) -> str:
        """`active`, `expired` or `revoked` at a moment (µs)."""
        if self.revoked is not None:
            return "revoked"
        return "active" if moment < parse_time(self.expires) else "expired"

    @property
    def caller(self) -> Caller:
        """Who asks with it."""
        return Caller(
            self.name, frozenset(self.scopes), frozenset(self.domains), kind="key",
            purposes=frozenset(self.purposes), depth=self.depth,
        )  # fmt: skip

    def shown(self, moment: int) -> dict[str, Any]:
        """What may be told of it."""
        said = {name: getattr(self, name) for name in self.__struct_fields__ if name != "hash"}
        return said | {"status": self.status(moment)}


class _File(msgspec.Struct, frozen=True, kw_only=True):
    keys: list[Key] = []


class Keyring:
    """The keys of one file; safe to use from several processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark: tuple[int, int, int] | None = None
        self._keys: dict[str, tuple[Key, Caller, int]] = {}

    # -- asking ------------------------------------------------------------------------------

    def caller(self, text: str) -> Caller | None:
        """Who sends this key, None where nobody may: unknown, expired, revoked."""
        parts = text.split("_", 2)
        if len(parts) != 3 or parts[0] != PREFIX or len(text) > 200:
            return None
        self._follow()
        found = self._keys.get(parts[1])
        # Whether there is such a key is not to be read from how long the answer takes.
        kept = found[0].hash if found else _NOBODYS
        same = hmac.compare_digest(_hash(parts[2]), kept)
        if found is None or not same or now() >= found[2]:
            return None
        return found[1]

    def all(self) -> list[Key]:
        """Every key of the file, oldest first; raises InputError where it cannot be read."""
        return self._read().keys

    def named(self, name: str) -> Caller | None:
        """Who asks with the active key of a name, None where there is none; raises as `all`."""
        moment = now()
        return next(
            (k.caller for k in self.all() if k.name == name and k.status(moment) == "active"), None
        )

    def usable(self) -> bool:
        """Whether some key lets somebody in now."""
        return any(key.status(now()) == "active" for key in self.all())

    def _follow(self) -> None:
        try:
            found = self.path.stat()
        except OSError:
            self._keys, self._mark = {}, None
            return
        mark = (found.st_mtime_ns, found.st_size, found.st_ino)
        if mark == self._mark:
            return
        try:
            keys = self._read().keys
        except InputError:  # nobody is let in by a file that is not what it should be
            keys = []
        self._keys = {
            key.id: (key, key.caller, parse_time(key.expires)) for key in keys if not key.revoked
        }
        self._mark = mark

    def _read(self) -> _File:
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                raw = file.read()
        except FileNotFoundError:
            return _File()
        except OSError as error:
            raise InputError(f"keys: {self.path}: {error.strerror}") from None
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise InputError(
                f"keys: {self.path} may be written by others than its owner; chmod 600"
                " / 密钥文件可被他人改写"
            )
        try:
            return msgspec.json.decode(raw, type=_File)
        except msgspec.DecodeError as error:
            raise InputError(f"keys: {self.path} is not a file of keys: {error}") from None

    # -- changing ----------------------------------------------------------------------------

    def create(
        self,
        name: str,
        scopes: list[str],
        domains: list[str],
        expires: int,
        *,
        purposes: list[str] | None = None,
        depth: int | None = None,
    ) -> tuple[Key, str]:
        """Make a key; the text to send is told now and never again. `expires` is a moment (µs).

        Raises WrongUsage for a name, scope or domain that is none; Conflict where an active key has
        the name.
        """
        name = _checked(name, scopes, domains)
        said = [one_line(each, _NAME) for each in purposes or ()]
        if None in said:
            raise WrongUsage(f"purpose: 1 to {_NAME} printable characters / 用途名称无效")
        moment = now()
        if expires <= moment:
            raise WrongUsage("expires: a time to come / 到期时间须在将来")
        ident, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        key = Key(
            id=ident, name=name, hash=_hash(secret), scopes=sorted(set(scopes), key=SCOPES.index),
            domains=sorted(set(domains), key=DOMAINS.index), created=format_instant(moment),
            expires=format_instant(expires), purposes=[each for each in said if each], depth=depth,
        )  # fmt: skip
        with self._writing() as keys:
            if any(k.name == name and k.status(moment) == "active" for k in keys):
                raise Conflict(f"an active key is named {name}; revoke it, or name another / 重名")
            keys.append(key)
        return key, f"{PREFIX}_{ident}_{secret}"

    def revoke(self, name: str) -> list[Key]:
        """Revoke the key of an id, or the active ones of a name; raises InputError for none."""
        moment = now()
        with self._writing() as keys:
            done = []
            for at, key in enumerate(keys):
                if name in (key.id, key.name) and key.revoked is None:
                    keys[at] = msgspec.structs.replace(key, revoked=format_instant(moment))
                    done.append(keys[at])
            if not done:
                raise InputError(f"no key {name[:80]!r} is there to revoke / 无此密钥")
        return done

    @contextmanager
    def _writing(self) -> Iterator[list[Key]]:
        """The keys, written back whole and durably unless an error comes; writers take turns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            keys = self._read().keys
            yield keys
            write_whole(self.path, msgspec.json.format(msgspec.json.encode(_File(keys=keys))))
        finally:
            os.close(lock)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checked(name: str, scopes: list[str], domains: list[str]) -> str:
    line = one_line(name, _NAME)
    if line is None:
        raise WrongUsage(f"name: 1 to {_NAME} printable characters / 名称无效")
    if line.casefold() in RESERVED:
        raise WrongUsage(f"name: {line} is the service's own / 保留名称")
    for what, given, known in (("scope", scopes, SCOPES), ("domain", domains, DOMAINS)):
        if not given:
            raise WrongUsage(f"{what}: at least one of {', '.join(known)}")
        if bad := [each for each in given if each not in known]:
            raise WrongUsage(f"{what}: {bad[0][:40]!r} is none of {', '.join(known)}")
    return line


def default_path(store_url: str) -> Path:
    """Where the keys of a store are, unless settings say: beside an embedded store's file, else
    in the user's configuration."""
    if (path := beside(store_url, ".keys")) is not None:
        return path
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "linkrisk" / "keys.json"
