"""People: a token (JWT) of an OIDC issuer, checked by PyJWT, and what its claims let them do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.access.jwks import Jwks
from api.caller import RESERVED, Caller
from graph.times import now

if TYPE_CHECKING:
    import httpx

    from api.access.settings import Issuer

_LONGEST: Final = 16_384  # characters of a token
_NAME: Final = 200
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})


class Refused(Exception):
    """Why a token lets nobody in; for the log, and without anything of the token in it."""


class People:
    """The issuers whose tokens are taken. For one event loop."""

    def __init__(
        self, issuers: Iterable[Issuer], *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._issuers = {
            each.issuer: (each, Jwks(each.jwks, transport=transport)) for each in issuers
        }

    def __bool__(self) -> bool:
        return bool(self._issuers)

    async def caller(self, token: str) -> Caller:
        """Who sends a token. Raises Refused."""
        import jwt

        header, issuer, jwks = self._addressed(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in issuer.algorithms:
            raise Refused("algorithm not allowed")
        if not isinstance(kid, str) or not 0 < len(kid) <= _NAME:
            raise Refused("names no key")
        key = await jwks.key(kid)
        if key is None:
            raise Refused("unknown key")
        if key.algorithm not in (None, algorithm):
            raise Refused("algorithm is not the key's")
        try:
            # The bare public key: the algorithm is the token's among those allowed, and PyJWT
            # refuses one that is not for a key of this kind.
            claims = jwt.decode(
                token, key.key, algorithms=list(issuer.algorithms), audience=issuer.audience,
                issuer=issuer.issuer, leeway=issuer.leeway,
                options={"require": ["exp", "iat", "iss", "aud", issuer.name]},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Refused(type(error).__name__) from None
        if claims["exp"] - claims["iat"] > issuer.lifetime * 3600:
            raise Refused("good for too long")
        return _caller(issuer, claims)

    def _addressed(self, token: str) -> tuple[dict[str, Any], Issuer, Jwks]:
        """The header and the issuer that a token names, nothing of which is believed yet."""
        import jwt

        if len(token) > _LONGEST:
            raise Refused("too long")
        try:
            header = jwt.get_unverified_header(token)
            payload = token.split(".")[1]
            said = msgspec.json.decode(jwt.utils.base64url_decode(payload))
            named = said["iss"]
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, IndexError, RecursionError):
            raise Refused("not a token") from None
        found = self._issuers.get(named) if isinstance(named, str) else None
        if found is None:
            raise Refused("unknown issuer")
        if "crit" in header or str(header.get("typ", "JWT")).lower() not in _TYPES:
            raise Refused("a token of another kind")
        return header, *found


def _caller(issuer: Issuer, claims: Mapping[str, Any]) -> Caller:
    name = claims[issuer.name]
    if not isinstance(name, str) or not 0 < len(name.strip()) <= _NAME or not name.isprintable():
        raise Refused("names nobody")
    if name.strip().casefold() in RESERVED:
        raise Refused("names the service itself")
    said: set[str] = set()
    for claim in issuer.scopes_from:
        value = claims.get(claim)
        given = value.split() if isinstance(value, str) else value
        if isinstance(given, list):
            said.update(each for each in given if isinstance(each, str))

    def mapped(table: Mapping[str, list[str]]) -> frozenset[str]:
        return frozenset(each for value in said for each in table.get(value, ()))

    return Caller(
        " ".join(name.split()), mapped(issuer.scopes), mapped(issuer.domains), kind="person",
        purposes=mapped(issuer.purposes), claimed=min(int(claims["iat"] * 1_000_000), now()),
    )  # fmt: skip
