"""Settings of access, the section `[access]` of the settings file."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from api.caller import DOMAINS, SCOPES
from api.settings import Section

# Signatures that are made with a key nobody else has; HS* would make of a public key a password.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                     "ES256", "ES384", "ES512", "EdDSA")  # fmt: skip
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})  # names of this machine


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An OIDC issuer whose tokens (JWT) people send."""

    issuer: Annotated[str, Meta(description="`iss` of its tokens, exactly / 签发者")]
    audience: Annotated[str, Meta(description="`aud` that its tokens are for / 受众")]
    jwks: Annotated[
        str, Meta(description="its public keys: a file, or an https address / 公钥文件或地址")
    ]
    algorithms: Annotated[
        tuple[str, ...], Meta(description="signatures that are accepted / 允许的签名算法")
    ] = ("RS256", "PS256", "ES256")
    leeway: Annotated[
        float, Meta(ge=0, le=300, description="seconds clocks may differ / 时钟容差")
    ] = 30
    lifetime: Annotated[
        float,
        Meta(gt=0, description="the longest that a token may be good for, hours / 最长有效期"),
    ] = 24
    name: Annotated[str, Meta(description="the claim that names the person / 姓名声明")] = "sub"
    scopes_from: Annotated[
        tuple[str, ...], Meta(description="claims that say what it may do / 权限声明")
    ] = ("scope", "roles", "groups")
    scopes: Annotated[
        dict[str, list[str]],
        Meta(description="scopes by value of those claims / 声明值对应的权限"),
    ] = {}
    domains: Annotated[
        dict[str, list[str]],
        Meta(description="data domains by value of those claims / 声明值对应的数据域"),
    ] = {}
    purposes: Annotated[
        dict[str, list[str]],
        Meta(description="purposes of unmasking by value of those claims / 声明值对应的用途"),
    ] = {}

    def __post_init__(self) -> None:
        """Raises ValueError where the settings let in more than they say."""
        if not self.issuer or not self.audience:
            raise ValueError("issuer and audience say something")
        if bad := [each for each in self.algorithms if each not in ALGORITHMS]:
            raise ValueError(f"algorithms: {bad[0]} is none of {', '.join(ALGORITHMS)}")
        if not self.algorithms:
            raise ValueError("algorithms: at least one")
        for field, known in (("scopes", SCOPES), ("domains", DOMAINS)):
            for value, given in getattr(self, field).items():
                if bad := [each for each in given if each not in known]:
                    raise ValueError(f"{field}.{value}: {bad[0]} is none of {', '.join(known)}")
        address = urlsplit(self.jwks)
        if address.scheme == "http" and address.hostname not in LOOPBACK:
            raise ValueError("jwks: keys over http could be anybody's; https, or a file")


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one key or person may ask at once; every worker process counts for itself."""

    rate: Annotated[float, Meta(gt=0, description="requests a second, on average / 每秒请求数")] = (
        100
    )
    burst: Annotated[
        int, Meta(ge=1, description="requests at once, after a pause / 突发请求数")
    ] = 200
    together: Annotated[
        int, Meta(ge=1, description="requests that may be under way / 并发请求数")
    ] = 16


class AccessSettings(Section):
    """`[access]`"""

    keys: Annotated[
        str | None,
        Meta(description="the file of API keys; default: beside an embedded store / 密钥文件"),
    ] = None
    issuers: Annotated[tuple[Issuer, ...], Meta(description="OIDC issuers / 身份提供方")] = ()
    limits: Annotated[Limits, Meta(description="limits of each key and person / 限额")] = Limits()
    owner_limits: Annotated[
        Limits | None, Meta(description="limits of the token's owner; none by default / 令牌限额")
    ] = None
    tls_cert: Annotated[str | None, Meta(description="certificate chain, PEM / 证书")] = None
    tls_key: Annotated[str | None, Meta(description="its private key, PEM / 私钥")] = None
    behind_proxy: Annotated[
        tuple[str, ...],
        Meta(description="addresses (CIDR) of the proxy that does TLS / 可信代理地址"),
    ] = ()
    docs: Annotated[
        bool | None,
        Meta(description="/openapi.json; default: on loopback only / 是否提供接口文档"),
    ] = None

    def __post_init__(self) -> None:
        """Raises ValueError where settings contradict one another."""
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        for each in self.behind_proxy:
            try:
                network = ip_network(each, strict=False)
            except ValueError:
                raise ValueError(f"behind_proxy: {each!r} is no address or CIDR") from None
            if network.prefixlen == 0:
                raise ValueError(f"behind_proxy: {each} would believe everybody")
        if len({each.issuer for each in self.issuers}) < len(self.issuers):
            raise ValueError("issuers: one is there twice")
