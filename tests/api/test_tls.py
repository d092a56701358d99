"""https as it is: real handshakes with a service that listens on every address."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.cli import main
from tests.api.conftest import FACTS

TOKEN = "t" * 32
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
DAY = datetime.timedelta(days=1)
LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Pair(NamedTuple):
    """Files of a certificate chain and its key."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates, and is in `path` for those who trust it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signed = self._builder(self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        made = signed.sign(self._key, hashes.SHA256())
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name).issuer_name(self._name).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY).not_valid_after(now + DAY)
        )  # fmt: skip

    def pair(self, name: str) -> Pair:
        """A certificate for localhost and 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(LOOPBACK)])
        made = self._builder(subject, key.public_key()).add_extension(hosts, critical=False)
        cert, path = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        signed = made.sign(self._key, hashes.SHA256())
        cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )  # fmt: skip
        return Pair(cert, path)

    def trusted(self) -> ssl.SSLContext:
        """What a client has that trusts this authority and no other."""
        return ssl.create_default_context(cafile=self.path)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "authority")


@pytest.fixture(scope="module", params=[1, 2], ids=["alone", "workers"])
def port(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[int]:
    """The port of a service with a certificate of the authority's, on every address."""
    from graph.facts import Normaliser
    from graph.store import open_store

    url = f"sqlite:///{tmp_path_factory.mktemp('served') / 'facts.db'}"
    store = open_store(url, create=True)
    store.write("b1", [Normaliser("reg", store.id_key).row(fact) for fact in FACTS])
    store.close()
    pair = authority.pair(f"service{request.param}")
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--store", url, "--host", "0.0.0.0",
         "--port", "0", "--no-warm", "--workers", str(request.param),
         "--tls-cert", str(pair.cert), "--tls-key", str(pair.key)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "LINKRISK_TOKEN": TOKEN},
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        printed = httpx.URL(process.stdout.readline().strip())
        try:
            assert (printed.scheme, printed.host) == ("https", "0.0.0.0")
            assert printed.port is not None
            # The address is printed before the workers are there: the first request waits for them.
            address = f"https://localhost:{printed.port}/healthz"
            assert httpx.get(address, verify=authority.trusted(), timeout=60).status_code == 200
            yield printed.port
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_who_trusts_the_authority_asks(port: int, authority: Authority, host: str) -> None:
    with httpx.Client(timeout=60, verify=authority.trusted(), headers=HEADERS) as http:
        answer = http.post(
            f"https://{host}:{port}/v1/related-parties",
            json={"subject": "c1", "as_of": "2024-01-01"},
        )
        assert answer.status_code == 200, answer.text
        assert {row["party"] for row in answer.json()["results"]} >= {"reg:c2"}
        assert http.get(f"https://{host}:{port}/v1/catalog").status_code == 200
        assert http.get(f"https://{host}:{port}/openapi.json").status_code == 404  # exposed
    with httpx.Client(timeout=60, verify=authority.trusted()) as http:
        assert http.get(f"https://{host}:{port}/v1/catalog").status_code == 401


def test_the_client_asks_by_it(
    port: int, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An authority of one's own is named as for any program that stands on OpenSSL."""
    from api.client import Client

    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with Client(f"https://localhost:{port}", TOKEN) as risk:
        assert risk.subject("c1")["id"]


def test_who_trusts_another_does_not(port: int, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    with (
        httpx.Client(timeout=60, verify=stranger.trusted(), headers=HEADERS) as http,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        http.get(f"https://localhost:{port}/healthz")


def test_plain_http_is_refused(port: int) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{port}/healthz", headers=HEADERS, timeout=60)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("least", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(port: int, authority: Authority, least: ssl.TLSVersion) -> None:
    """By the service: this client offers nothing else, and would take it."""
    context = authority.trusted()
    context.minimum_version = context.maximum_version = least
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as raw,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
    ):
        context.wrap_socket(raw, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:  # it is there still
        authority.trusted().wrap_socket(raw, server_hostname="localhost").close()


def test_that_client_could_do_it(authority: Authority) -> None:
    """The control of the one above: where a server takes an old version, it is spoken."""
    context = authority.trusted()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(*authority.pair("old"))
    for each in (context, old):
        each.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            each.minimum_version = each.maximum_version = ssl.TLSVersion.TLSv1
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with old.wrap_socket(connection, server_side=True) as spoken:
                spoken.sendall(b"x")

        thread = threading.Thread(target=serve)
        thread.start()
        with (
            socket.create_connection(server.getsockname(), timeout=60) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as spoken,
        ):
            assert spoken.version() == "TLSv1"
            spoken.recv(1)
        thread.join()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_current_versions_are_spoken(
    port: int, authority: Authority, version: ssl.TLSVersion
) -> None:
    context = authority.trusted()
    context.minimum_version = context.maximum_version = version
    assert (
        httpx.get(f"https://localhost:{port}/healthz", verify=context, timeout=60).status_code
        == 200
    )


def test_who_says_nothing_holds_nobody_up(port: int, authority: Authority) -> None:
    """Connections that never begin their handshake, and some that break it off."""
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    for raw in silent[::2]:
        raw.sendall(b"\x16\x03\x01")
    for raw in silent[::4]:
        raw.close()
    with httpx.Client(timeout=60, verify=authority.trusted()) as http:
        for _ in range(4):
            assert http.get(f"https://localhost:{port}/healthz").status_code == 200
    for raw in silent:
        raw.close()


@pytest.mark.parametrize("wrong", ["another's", "none", "encrypted", "swapped"])
def test_a_wrong_key_is_told_before_the_store_is_looked_at(
    authority: Authority, tmp_path: Path, store_url: str, wrong: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    pair = authority.pair("mine")
    cert, key = pair
    if wrong == "another's":
        key = authority.pair("other").key
    elif wrong == "none":
        key = tmp_path / "key.pem"
        key.write_text("no key", "ascii")
    elif wrong == "swapped":
        cert, key = key, cert
    else:
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        key = tmp_path / "locked.pem"
        key.write_bytes(
            loaded.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"secret"),
            )
        )  # fmt: skip
    asked = ["serve", "--store", store_url, "--port", "0", "--tls-cert", str(cert),
             "--tls-key", str(key)]  # fmt: skip
    assert main(asked) == 2
    said = capfd.readouterr().err
    assert len(said.splitlines()) == 1
    assert "tls_cert, tls_key: not a certificate and its key" in said
