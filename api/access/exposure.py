"""From the settings of access to who is let in; refuses to be an open port.

On loopback a token made at the start is enough, as Jupyter does it. Off loopback there must be
keys, an OIDC issuer or a token that was chosen (the generated one stands in a terminal), and TLS,
here or at a declared proxy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from api.access.keys import Keyring, default_path
from api.access.people import People
from api.access.settings import LOOPBACK, AccessSettings
from api.auth import Access, make_token
from graph.errors import WrongUsage

_LEAST: Final = 32  # characters of a token that was chosen


def access_of(
    settings: AccessSettings, store_url: str, host: str, names: Iterable[str] = ()
) -> Access:
    """Who is let in by a service that listens on `host` and is known by `names`.

    Raises WrongUsage where it would be open to others without authentication or TLS, InputError for
    files of keys or certificates that cannot be read.
    """
    local, known = host in LOOPBACK, frozenset(names)
    keyring = Keyring(Path(settings.keys) if settings.keys else default_path(store_url))
    people = People(settings.issuers)
    usable = keyring.usable()
    chosen = os.environ.get("LINKRISK_TOKEN") or None
    tls = None
    if settings.tls_cert is not None:
        tls = settings.tls_cert, str(settings.tls_key)
        _check_pair(*tls)
    secure = tls is not None or bool(settings.behind_proxy)
    if not local:
        _refuse(host, secure, bool(people) or usable, chosen)
    return Access(
        make_token() if local or chosen else None,
        LOOPBACK | known if local or known else None,
        keyring,
        people or None,
        settings.limits,
        settings.owner_limits,
        docs=local if settings.docs is None else settings.docs,
        secure=tls is not None or (secure and not local),
        peers=tuple(settings.behind_proxy) if tls is None else (),
        tls=tls,
        local=local and not known and not settings.behind_proxy,
    )


def _refuse(host: str, secure: bool, known: bool, chosen: str | None) -> None:
    if not known and (chosen is None or len(chosen) < _LEAST):
        why = "a LINKRISK_TOKEN of 32 characters or more" if chosen else "LINKRISK_TOKEN"
        raise WrongUsage(
            f"not listening on {host}: others could ask without authentication. Make a key"
            f" (linkrisk keys create), name an OIDC issuer in [access], or set {why}"
            " / 监听外部地址须先配置身份验证"
        )
    if not secure:
        raise WrongUsage(
            f"not listening on {host}: tokens would travel in the open. Give --tls-cert and"
            " --tls-key, or --behind-proxy ADDRESS of the proxy that does TLS"
            " / 监听外部地址须启用 TLS 或声明可信代理"
        )


def _check_pair(cert: str, key: str) -> None:
    """Raise WrongUsage where they are no certificate and its key."""
    import ssl

    for name, path in (("tls_cert", cert), ("tls_key", key)):
        try:
            with Path(path).open("rb"):
                pass
        except OSError as error:
            raise WrongUsage(f"{name}: {path}: {error.strerror}") from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except (ssl.SSLError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise WrongUsage(f"tls_cert, tls_key: not a certificate and its key: {why}") from None
