"""Tokens of people: what is let in, and every known way to be let in without being one."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI

from api.access.jwks import Jwks, keys_of
from api.access.people import People, Refused
from api.access.settings import Issuer
from api.app import Service, make_app
from api.auth import Access
from api.caller import Caller
from api.session import Session
from graph.errors import InputError
from tests.api.access.asking import ask

ISSUER, AUDIENCE = "https://id.example", "linkrisk"
RSA = rsa.generate_private_key(65537, 2048)
STRANGER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.RSAAlgorithm if hasattr(key, "decrypt") else jwt.algorithms.ECAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


JWKS = json.dumps(
    {"keys": [public(RSA, "r1"), public(CURVE, "e1"), public(RSA, "r256", alg="RS256")]}
)
PEM = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "li.si", "iat": now, "exp": now + 600,
            "roles": ["investigators"]}  # fmt: skip
    return {name: value for name, value in {**said, **more}.items() if value is not None}


def token(said: dict[str, Any] | None = None, *, key: Any = RSA, alg: str = "RS256",
          kid: Any = "r1", **headers: Any) -> str:  # fmt: skip
    return jwt.encode(said or claims(), key, alg, {"kid": kid, **headers})


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], said: dict[str, Any], secret: bytes | None) -> str:
    """A token of any header, signed with HMAC or not at all."""
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(said).encode())}"
    if secret is None:
        return f"{text}."
    return f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def signed(header: dict[str, Any], said: Any) -> str:
    """A token of any header and claims, signed by the issuer's own RSA key."""
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(said).encode())}"
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    return f"{text}.{b64(algorithm.sign(text.encode(), RSA))}"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    path = tmp_path_factory.mktemp("jwks") / "jwks.json"
    path.write_text(JWKS, "utf-8")
    return Issuer(
        issuer=ISSUER, audience=AUDIENCE, jwks=str(path), leeway=30,
        scopes={"investigators": ["search", "trace"], "chiefs": ["extend.approve"]},
        domains={"investigators": ["registry", "bank"]},
        purposes={"chiefs": ["反诈"]},
    )  # fmt: skip


@pytest.fixture(scope="module")
def people(issuer: Issuer) -> People:
    return People([issuer])


def who(people: People, text: str) -> Caller:
    return asyncio.run(people.caller(text))


def test_a_person_is_let_in_with_what_its_claims_are_mapped_to(people: People) -> None:
    assert who(people, signed({"alg": "RS256", "kid": "r1"}, claims())).name == "li.si"
    issued = int(time.time()) - 100
    said = claims(iat=issued)
    others = claims(iat=issued, aud=["other", AUDIENCE])
    for text in (token(said), token(said, key=CURVE, alg="ES256", kid="e1"),
                 token(said, alg="PS256"), token(others)):  # fmt: skip
        assert who(people, text) == Caller(
            "li.si", frozenset({"search", "trace"}), frozenset({"registry", "bank"}), kind="person",
            claimed=issued * 1_000_000,
        )  # fmt: skip
    ahead = who(people, token(claims(iat=int(time.time()) + 20)))  # clocks differ
    assert ahead.claimed is not None
    assert ahead.claimed <= time.time() * 1_000_000
    both = who(people, token(claims(scope="chiefs unknown", roles=["investigators", 7])))
    assert both.scopes == {"search", "trace", "extend.approve"}
    assert both.purposes == {"反诈"}
    # A claim that names a scope of ours is none: only what is mapped counts.
    assert who(people, token(claims(scope="admin", roles=None))).scopes == frozenset()
    late = claims(exp=int(time.time()) - 20, nbf=int(time.time()) + 20)
    assert who(people, token(late)).name == "li.si"  # clocks differ


def flipped(text: str, part: int) -> str:
    parts = text.split(".")
    at = len(parts[part]) // 2
    parts[part] = (
        parts[part][:at] + ("A" if parts[part][at] != "A" else "B") + parts[part][at + 1 :]
    )
    return ".".join(parts)


def _attacks() -> dict[str, Callable[[], str]]:
    now = int(time.time())
    other = public(STRANGER, "evil")
    rs = {"alg": "RS256", "typ": "JWT", "kid": "r1"}
    found: dict[str, Callable[[], str]] = {
        **{
            f"alg {alg!r}": lambda alg=alg: by_hand({**rs, "alg": alg}, claims(), None)
            for alg in ("none", "None", "NONE", "nOnE", "", None, "RS256", 256, ["RS256"], "EdDSA")
        },
        "none with a signature": lambda: by_hand({**rs, "alg": "none"}, claims(), b"x"),
        "no alg": lambda: by_hand({"typ": "JWT", "kid": "r1"}, claims(), None),
        **{
            f"HS256 keyed with the public key, {name}": lambda s=secret: by_hand(
                {**rs, "alg": "HS256"}, claims(), s
            )
            for name, secret in {
                "PEM": PEM, "PEM without its end": PEM.strip(), "empty": b"", "kid": b"r1",
                "JWK": json.dumps(public(RSA, "r1")).encode(),
                "modulus": base64.urlsafe_b64decode(public(RSA, "r1")["n"] + "=="),
            }.items()
        },
        "HS signature under RS256": lambda: by_hand(rs, claims(), PEM),
        "HS512": lambda: by_hand({**rs, "alg": "HS512"}, claims(), PEM),
        "another's key": lambda: token(key=STRANGER),
        "RSA key, curve algorithm": lambda: token(key=CURVE, alg="ES256", kid="r1"),
        "curve key, RSA algorithm": lambda: token(kid="e1"),
        "a key for RS256 alone": lambda: token(alg="PS256", kid="r256"),
        "algorithm not allowed": lambda: token(alg="RS512"),
        "expired": lambda: token(claims(exp=now - 31)),
        "expired long ago": lambda: token(claims(exp=1, iat=0)),
        "no exp": lambda: token(claims(exp=None)),
        "exp as text": lambda: token(claims(exp="never")),
        "no iat": lambda: token(claims(iat=None)),
        "issued tomorrow": lambda: token(claims(iat=now + 86_400, exp=now + 86_401)),
        "good for a year": lambda: token(claims(exp=now + 365 * 86_400)),
        "not yet": lambda: token(claims(nbf=now + 86_400)),
        "wrong audience": lambda: token(claims(aud="another")),
        "audience that begins alike": lambda: token(claims(aud=AUDIENCE + "x")),
        "no audience": lambda: token(claims(aud=None)),
        "empty audience": lambda: token(claims(aud=[])),
        "wrong issuer": lambda: token(claims(iss="https://evil.example")),
        "issuer with a slash": lambda: token(claims(iss=ISSUER + "/")),
        "issuer as a list": lambda: signed(rs, claims(iss=[ISSUER])),
        "no issuer": lambda: token(claims(iss=None)),
        "unknown kid": lambda: token(kid="r9"),
        "no kid": lambda: jwt.encode(claims(), RSA, "RS256"),
        **{
            f"kid {str(kid)[:40]!r}": lambda kid=kid: signed({**rs, "kid": kid}, claims())
            for kid in ("../../../dev/null", "/dev/null", "r1' OR '1'='1", "r1\x00",
                        "file:///dev/null", "https://evil.example/jwks", "", " r1", 0, None, ["r1"],
                        {"kid": "r1"}, "r" * 9000)
        },
        "embedded jwk": lambda: token(key=STRANGER, jwk=other),
        "embedded jwk under its own kid": lambda: token(key=STRANGER, kid="evil", jwk=other),
        "jku": lambda: token(key=STRANGER, kid="evil", jku="https://evil.example/jwks.json"),
        "x5u": lambda: token(key=STRANGER, x5u="https://evil.example/cert.pem"),
        "x5c": lambda: token(key=STRANGER, x5c=["MIIB"]),
        "crit": lambda: token(crit=["exp"]),
        "another kind of token": lambda: token(typ="logout+jwt"),
        "tampered header": lambda: flipped(token(), 0),
        "tampered claims": lambda: flipped(token(), 1),
        "tampered signature": lambda: flipped(token(), 2),
        "another's claims": lambda: ".".join(
            [(a := token().split("."))[0], b64(json.dumps(claims(sub="admin")).encode()), a[2]]
        ),
        "no signature": lambda: token().rpartition(".")[0] + ".",
        "no subject": lambda: token(claims(sub=None)),
        "empty subject": lambda: token(claims(sub=" ")),
        "the service's own name": lambda: token(claims(sub="Owner")),
        "a subject that is no text": lambda: signed(rs, claims(sub=["x"])),
        "a subject of two lines": lambda: token(claims(sub="a\nb")),
        "not a token": lambda: "a.b.c",
        "empty parts": lambda: "..",
        "five parts": lambda: "a.b.c.d.e",
        "claims that are a list": lambda: signed(rs, ["x"]),
        "exp infinite": lambda: signed(rs, claims(exp=1e400)),
        "alg none, signed by the issuer": lambda: signed({**rs, "alg": "none"}, claims()),
        "alg HS256, signed by the issuer": lambda: signed({**rs, "alg": "HS256"}, claims()),
        "deep claims": lambda: ".".join([b64(json.dumps(rs).encode()), b64(b"[" * 9000), "x"]),
        "too long": lambda: token(claims(pad="x" * 20_000)),
        "psychic signature": lambda: ".".join(
            [*token(key=CURVE, alg="ES256", kid="e1").split(".")[:2], b64(bytes(64))]
        ),
    }  # fmt: skip
    return found


ATTACKS = _attacks()


@pytest.mark.parametrize("attack", ATTACKS)
def test_nobody_is_let_in_by(people: People, app: FastAPI, attack: str) -> None:
    text = ATTACKS[attack]()
    with pytest.raises(Refused) as refused:
        who(people, text)
    assert not (set(str(refused.value).split()) & set(text.split(".")) - {"a", ""})
    if "\x00" not in text and text.isascii():
        assert ask(app, "GET", "/v1/search", query="q=x", token=text).status == 401


@pytest.fixture(scope="module")
def app(session: Session, people: People) -> FastAPI:
    return make_app(session, Service(Access("t" * 32, people=people)))


def test_a_person_asks_over_http(app: FastAPI) -> None:
    answer = ask(app, "GET", "/v1/search", query="q=c1", token=token())
    assert answer.status == 200
    assert answer.headers["linkrisk-withheld"] == "tax, telecom"
    assert ask(app, "GET", "/v1/audit/head", token=token()).status == 403
    assert ask(app, "GET", "/v1/search", query="q=c1", token=token() + "x").status == 401
    doubled = [(b"authorization", f"Bearer {token()}".encode())]
    assert ask(app, "GET", "/v1/search", query="q=c1", token="x", raw=doubled).status == 401


class Place:
    """Where an issuer publishes its keys."""

    def __init__(self) -> None:
        self.body: bytes | Exception = JWKS.encode()
        self.asked = 0
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if isinstance(self.body, Exception):
            raise self.body
        return httpx.Response(
            self.status, content=self.body, headers={"location": "https://evil.example"}
        )


def test_keys_are_fetched_once_and_again_when_they_change() -> None:
    place, clock = Place(), [0.0]
    transport = httpx.MockTransport(place)
    jwks = Jwks("https://id.example/jwks", transport=transport, clock=lambda: clock[0])

    async def steps() -> None:
        assert await jwks.key("r1") is not None
        assert await jwks.key("e1") is not None
        assert place.asked == 1
        for n in range(100):  # a flood of unknown names fetches nothing
            assert await jwks.key(f"unknown {n}") is None
        assert place.asked == 1
        clock[0] = 31
        place.body = json.dumps({"keys": [public(STRANGER, "new")]}).encode()
        assert await jwks.key("new") is not None  # the issuer changed its keys
        assert await jwks.key("r1") is None  # and the old one is good no more
        assert place.asked == 2
        for broken in (b"", b"[]", b'{"keys":[]}', b"x" * (1 << 21), httpx.ConnectError("away")):
            clock[0] += 31
            place.body = broken
            assert await jwks.key("other") is None
            assert await jwks.key("new") is not None  # what was known is used on
        assert place.asked == 7
        clock[0] += 31
        place.body, place.status = JWKS.encode(), 302  # nor is a redirect followed
        assert await jwks.key("r1") is None
        clock[0] += 601
        place.status = 200
        assert await jwks.key("new") is None  # looked at again after a while
        assert await jwks.key("r1") is not None

    asyncio.run(steps())


def test_a_set_of_keys_has_public_keys_alone() -> None:
    private = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA))
    other = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s"},
        {**private, "kid": "private"},
        {**public(RSA, "enc"), "use": "enc"},
        {k: v for k, v in public(RSA, "x").items() if k != "kid"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "EC", "kid": "odd", "crv": "P-999", "x": "x", "y": "y"},
        "no object",
    ]
    assert {*keys_of(json.dumps({"keys": [*other, public(RSA, "r1")]}).encode())} == {"r1"}
    with pytest.raises(InputError, match="no public key"):
        keys_of(json.dumps({"keys": other}).encode())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"algorithms": ("HS256",)}, "HS256 is none of"),
        ({"algorithms": ("none",)}, "none is none of"),
        ({"algorithms": ()}, "at least one"),
        ({"scopes": {"x": ["root"]}}, "root is none of"),
        ({"domains": {"x": ["army"]}}, "army is none of"),
        ({"jwks": "http://id.example/jwks"}, "keys over http"),
        ({"audience": ""}, "say something"),
    ],
)
def test_an_issuer_that_lets_in_too_much_is_refused(changed: dict[str, Any], said: str) -> None:
    good = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": "https://id.example/jwks"}
    Issuer(**good)
    with pytest.raises(ValueError, match=said):
        Issuer(**{**good, **changed})


def test_a_file_of_keys_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        Jwks(str(tmp_path / "none.json"))
