"""The door: what every answer says, limits, the proxy, and refusing to be an open port."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.access.exposure import access_of
from api.access.keys import Keyring
from api.access.limits import Meter
from api.access.settings import AccessSettings, Issuer, Limits
from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.session import Session
from api.settings import WrongSetting, read
from graph.errors import WrongUsage
from graph.times import now
from tests.api.access.asking import ask, send
from tests.api.access.conftest import HOUR, TOKEN


def test_every_answer_has_the_headers(app: FastAPI) -> None:
    for path, token, status in (
        ("/questions", TOKEN, 200),
        ("/v1/algorithms", TOKEN, 200),
        ("/healthz", None, 200),
        ("/v1/nothing", TOKEN, 404),
        ("/v1/algorithms", None, 401),
    ):
        answer = ask(app, "GET", path, token=token)
        assert answer.status == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_no_other_site_is_let_read(app: FastAPI) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = ask(app, "OPTIONS", "/v1/search", headers=asked, token=TOKEN)
    assert answer.status in (404, 405)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_requests_past_the_rate_wait() -> None:
    clock = [100.0]
    meter, limits = Meter(lambda: clock[0]), Limits(rate=2, burst=3, together=100)
    assert [meter.begin("a", limits) for _ in range(3)] == [None] * 3
    assert meter.begin("a", limits) == pytest.approx(0.5)
    assert meter.begin("b", limits) is None  # another caller's are its own
    clock[0] += 0.5
    assert meter.begin("a", limits) is None
    assert meter.begin("a", limits) is not None
    clock[0] += 1000  # what was not used up does not pile up past the burst
    assert [meter.begin("a", limits) for _ in range(4)].count(None) == 3


def test_requests_under_way_are_bounded() -> None:
    meter, limits = Meter(lambda: 0.0), Limits(rate=1, burst=100, together=2)
    assert meter.begin("a", limits) is meter.begin("a", limits) is None
    assert meter.begin("a", limits) == 1.0
    meter.end("a")
    assert meter.begin("a", limits) is None


def test_one_too_many_is_told_when_to_come_again(session: Session, keys_file: Path) -> None:
    ring = Keyring(keys_file)
    texts = [ring.create(n, ["search"], ["registry"], now() + HOUR)[1] for n in ("a", "b")]
    limits = Limits(rate=0.1, burst=2, together=9)
    app = make_app(session, Service(Access(TOKEN, keyring=ring, limits=limits)))
    told = [ask(app, "GET", "/v1/algorithms", token=texts[0]) for _ in range(4)]
    assert [answer.status for answer in told] == [200, 200, 429, 429]
    assert 1 <= int(told[2].headers["retry-after"]) <= 10
    assert told[2].headers["x-content-type-options"] == "nosniff"
    assert ask(app, "GET", "/v1/algorithms", token=texts[1]).status == 200
    assert {ask(app, "GET", "/v1/algorithms", token=TOKEN).status for _ in range(9)} == {200}
    assert ask(app, "GET", "/healthz").status == 200


def test_an_answer_that_fails_is_no_longer_under_way(session: Session, keys_file: Path) -> None:
    ring = Keyring(keys_file)
    text = ring.create("a", ["search"], ["registry"], now() + HOUR)[1]
    limits = Limits(rate=1e6, burst=10**6, together=2)
    app = make_app(session, Service(Access(TOKEN, keyring=ring, limits=limits)))

    async def all_() -> list[int]:
        found = [(await send(app, "GET", "/v1/subjects/none", token=text)).status for _ in range(5)]
        asked = [send(app, "GET", "/v1/search", query="q=c1", token=text) for _ in range(9)]
        return found + [answer.status for answer in await asyncio.gather(*asked)]

    told = asyncio.run(all_())
    assert told[:5] == [404] * 5
    assert sorted(told[5:]) == [200] * 2 + [429] * 7


def test_a_purpose_that_is_said_is_kept_with_the_caller(app: FastAPI) -> None:
    from api.access.guard import _about
    from api.caller import OWNER

    said = {b"linkrisk-purpose": b"%E5%8F%8D%E8%AF%88", b"linkrisk-case": b"2026-17"}
    caller = _about(OWNER, said)
    assert (caller.purpose, caller.case) == ("反诈", "2026-17")
    for bad in (b"", b" ", b"x" * 201, b"a%0Ab%00"):
        assert _about(OWNER, {b"linkrisk-purpose": bad}).purpose in (None, "a b")
    assert app is not None


# -- the proxy -------------------------------------------------------------------------------


@pytest.fixture
def behind(session: Session) -> FastAPI:
    return make_app(
        session, Service(Access(TOKEN, None, secure=True, peers=("10.1.0.0/16", "fd00::7")))
    )


@pytest.mark.parametrize("client", ["10.2.0.1", "192.0.2.7", "fd00::8", "10.1.0.0.evil", ""])
def test_who_comes_past_the_proxy_is_refused(behind: FastAPI, client: str) -> None:
    forged = {"x-forwarded-for": "10.1.2.3", "x-forwarded-proto": "https"}
    for path in ("/v1/algorithms", "/healthz"):
        answer = ask(behind, "GET", path, token=TOKEN, client=client, headers=forged)
        assert answer.status == 403
        assert "proxy only" in answer.detail


@pytest.mark.parametrize("client", ["10.1.2.3", "fd00::7", "127.0.0.1", "::1"])
def test_the_proxy_is_answered(behind: FastAPI, client: str) -> None:
    told = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
    if client not in ("127.0.0.1", "::1"):
        answer = ask(behind, "GET", "/v1/algorithms", token=TOKEN, client=client, headers=told)
        assert answer.status == 200
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        open_ = {**told, "x-forwarded-proto": "http"}
        answer = ask(behind, "GET", "/v1/algorithms", token=TOKEN, client=client, headers=open_)
        assert answer.status == 403
        assert "https only" in answer.detail
    assert ask(behind, "GET", "/v1/algorithms", token=TOKEN, client=client).status == 200
    assert ask(behind, "GET", "/healthz", client=client).status == 200


def test_the_cookie_is_for_https_where_answers_are(behind: FastAPI, app: FastAPI) -> None:
    for each, secure in ((behind, True), (app, False)):
        answer = ask(each, "GET", "/", query=f"token={TOKEN}")
        assert answer.status == 303
        assert ("Secure" in answer.headers["set-cookie"]) is secure


# -- no open port ----------------------------------------------------------------------------

URL = "sqlite:////nowhere/x.db"
ISSUER = Issuer(issuer="https://id", audience="linkrisk", jwks="https://id/jwks")
PROXY = ("10.0.0.1",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_off_loopback_it_refuses_without_both(
    host: str, keys_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settings(**more: object) -> AccessSettings:
        return AccessSettings(keys=str(keys_file), **more)  # type: ignore[arg-type]

    with pytest.raises(WrongUsage, match="without authentication"):
        access_of(settings(behind_proxy=PROXY), URL, host)
    monkeypatch.setenv("LINKRISK_TOKEN", "short")
    with pytest.raises(WrongUsage, match="32 characters"):
        access_of(settings(behind_proxy=PROXY), URL, host)
    monkeypatch.delenv("LINKRISK_TOKEN")
    with pytest.raises(WrongUsage, match="in the open"):
        access_of(settings(issuers=(ISSUER,)), URL, host)
    by_issuer = access_of(settings(issuers=(ISSUER,), behind_proxy=PROXY), URL, host)
    assert by_issuer.token is None  # nobody holds a token that was never chosen
    assert by_issuer.peers == PROXY
    assert by_issuer.secure
    assert not by_issuer.docs
    ring = Keyring(keys_file)
    ring.create("m", ["search"], ["registry"], now() + HOUR)
    assert access_of(settings(behind_proxy=PROXY), URL, host).keyring is not None
    ring.revoke("m")
    with pytest.raises(WrongUsage, match="without authentication"):
        access_of(settings(behind_proxy=PROXY), URL, host)
    monkeypatch.setenv("LINKRISK_TOKEN", "c" * 32)
    chosen = access_of(settings(behind_proxy=PROXY, docs=True), URL, host)
    assert chosen.token == "c" * 32
    assert chosen.docs


def test_on_loopback_a_token_is_made(keys_file: Path) -> None:
    access = access_of(AccessSettings(keys=str(keys_file)), URL, "127.0.0.1")
    assert access.token is not None
    assert len(access.token) == 32
    assert access.docs
    assert not access.secure


def test_the_command_line_refuses_in_one_line(
    store_url: str, write: object, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Before the store is looked at."""
    for args in (["--host", "0.0.0.0"], ["--host", "0.0.0.0", "--behind-proxy", "10.0.0.1"],
                 ["--tls-cert", str(tmp_path / "no.pem"), "--tls-key", "x"]):  # fmt: skip
        assert main(["serve", "--store", store_url, "--port", "0", *args]) == 2
        assert len(capfd.readouterr().err.splitlines()) == 1
    for args in (["--tls-cert", "x"], ["--behind-proxy", "0.0.0.0/0"], ["--behind-proxy", "proxy"]):
        assert main(["serve", "--store", store_url, "--port", "0", *args]) in (2, 3)
        assert len(capfd.readouterr().err.splitlines()) == 1


def test_the_descriptions_are_off_where_it_is_exposed(session: Session) -> None:
    hidden = make_app(session, Service(Access(TOKEN, docs=False)))
    assert ask(hidden, "GET", "/openapi.json", token=TOKEN).status == 404
    for path in ("/docs", "/redoc"):
        assert ask(hidden, "GET", path, token=TOKEN).status == 404


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[access]\ntls_cert='x'\n", "go together"),
        ("[access]\nbehind_proxy=['::/0']\n", "believe everybody"),
        ("[access]\nlimits={rate=0}\n", "rate"),
        (
            "[access]\n[[access.issuers]]\nissuer='x'\naudience='y'\njwks='z'\nalgorithms=['none']\n",
            "none",
        ),
        ("[access]\nopen=true\n", "no such setting"),
    ],
)
def test_settings_that_do_not_fit_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "linkrisk.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(WrongSetting, match=said):
        read(str(path), environment={})


def test_settings_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "linkrisk.toml"
    path.write_text(
        """
[access]
keys = "/etc/linkrisk/keys.json"
behind_proxy = ["10.0.0.0/8"]
limits = {rate = 5, burst = 10, together = 2}
[[access.issuers]]
issuer = "https://id.example"
audience = "linkrisk"
jwks = "https://id.example/jwks"
scopes = {investigators = ["search", "trace"]}
domains = {investigators = ["registry"]}
""",
        "utf-8",
    )
    found = read(str(path), environment={}).section(AccessSettings)
    assert found.limits == Limits(rate=5, burst=10, together=2)
    assert found.issuers[0].scopes == {"investigators": ["search", "trace"]}
