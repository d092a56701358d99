"""The page and its files, who may fetch them, and what the cookie of a browser may do."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from api.app import Service, make_app
from api.auth import COOKIE, Access
from api.explorer.files import STATIC, files
from api.session import Session
from tests.api.access.asking import Answer, ask

TOKEN = "t" * 32
COOKIES = {"cookie": f"{COOKIE}={Access(TOKEN).cookie}"}
HERE = {"host": "localhost:8000", "origin": "http://localhost:8000"}


@pytest.fixture
def app(filled: str) -> Iterator[FastAPI]:
    with Session(filled) as session:
        yield make_app(session, Service(Access(TOKEN)))


def test_the_page_and_all_that_it_loads_are_there_for_anybody(app: FastAPI) -> None:
    page = ask(app, "GET", "/")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert len(loaded) >= 3
    for path in loaded:
        assert path.startswith("/static/"), "the page asks another place"
        answer = ask(app, "GET", path)
        assert answer.status == 200
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_is_inline_and_the_policy_lets_nothing_in(app: FastAPI) -> None:
    page = ask(app, "GET", "/")
    policy = dict(
        part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["worker-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]
    text = page.body.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)


def test_files_with_a_digest_in_their_name_are_kept_for_ever(app: FastAPI) -> None:
    kept = {name: ask(app, "GET", f"/static/{name}").headers["cache-control"] for name in files()}
    hashed = {name for name in kept if re.search(r"-[\w-]{8}\.(js|css)$", name)}
    assert len(hashed) >= 3
    for name, said in kept.items():
        assert ("immutable" in said) is (name in hashed), name


def test_files_are_packed_for_who_takes_that(app: FastAPI) -> None:
    name = next(name for name in files() if name.endswith(".css"))
    plain = ask(app, "GET", f"/static/{name}")
    packed = ask(app, "GET", f"/static/{name}", headers={"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body == (STATIC / name).read_bytes()
    assert "Accept-Encoding" in plain.headers["vary"]


@pytest.mark.parametrize(
    "name", ["nothing.js", "../routes.py", "..%2froutes.py", "", "/etc/passwd", "index.html/"]
)
def test_no_other_file_is_served(app: FastAPI, name: str) -> None:
    answer = ask(app, "GET", f"/static/{name}")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_all_files_together_are_small() -> None:
    packed = sum(len(gzip.compress(each.body, 9)) for each in files().values())
    assert packed <= 600_000


def test_who_asks_is_told_what_it_may(app: FastAPI) -> None:
    assert ask(app, "GET", "/me").status == 401
    said = ask(app, "GET", "/me", headers=COOKIES).said
    assert said["kind"] == "owner"
    assert "search" in said["scopes"]
    assert said["domains"] == ["bank", "registry", "tax", "telecom"]
    assert said["purposes"] is None


def test_the_listing_of_questions_has_an_address_of_its_own(app: FastAPI) -> None:
    assert ask(app, "GET", "/questions").status == 401
    page = ask(app, "GET", "/questions", headers=COOKIES)
    assert "综合持股" in page.body.decode()
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_token_in_the_address_becomes_a_cookie(app: FastAPI) -> None:
    answer = ask(app, "GET", "/", query=f"token={TOKEN}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    wrong = ask(app, "GET", "/", query="token=wrong")
    assert wrong.status == 200
    assert "set-cookie" not in wrong.headers


def post(app: FastAPI, headers: dict[str, str], scheme: str = "http") -> Answer:
    body = b'{"ids":["reg:s1"]}'
    return ask(app, "POST", "/v1/facts", body=body, headers={**COOKIES, **headers}, scheme=scheme)


def test_by_its_cookie_the_page_of_this_very_origin_may_ask_by_post(app: FastAPI) -> None:
    assert post(app, HERE).status == 200
    assert post(app, {**HERE, "sec-fetch-site": "same-origin"}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:8000"},  # no browser sends a POST without Origin
        {**HERE, "origin": "http://localhost:9000"},  # another port: the same site, not this origin
        {**HERE, "origin": "https://localhost:8000"},
        {**HERE, "origin": "http://evil.example"},
        {**HERE, "origin": "null"},
        {**HERE, "origin": "http://localhost:8000.evil.example"},
        {**HERE, "sec-fetch-site": "same-site"},
        {**HERE, "sec-fetch-site": "cross-site"},
    ],
)
def test_by_the_cookie_no_other_page_may_write(app: FastAPI, headers: dict[str, str]) -> None:
    assert post(app, headers).status == 401


def test_over_tls_the_origin_is_https(app: FastAPI) -> None:
    secure = {"host": "localhost", "origin": "https://localhost"}
    assert post(app, secure, "https").status == 200
    assert post(app, {**secure, "origin": "http://localhost"}, "https").status == 401


def test_a_wrong_header_is_not_helped_by_a_cookie(app: FastAPI) -> None:
    assert post(app, {**HERE, "authorization": "Bearer wrong"}).status == 401
