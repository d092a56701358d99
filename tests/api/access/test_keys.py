"""Keys of machines: made, shown once, kept as hashes, ended; and by the command line."""

from __future__ import annotations

import json
import multiprocessing
import stat
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.access.keys import Keyring
from api.app import Service, make_app
from api.auth import Access
from api.caller import Caller
from api.cli import main
from api.session import Session
from graph.errors import Conflict, InputError, WrongUsage
from graph.times import now
from tests.api.access.asking import ask
from tests.api.access.conftest import HOUR

GIVEN = (["search"], ["registry"])


def make(ring: Keyring, name: str = "machine", ends: int = HOUR) -> str:
    return ring.create(name, *GIVEN, now() + ends)[1]


def test_a_key_says_who_asks(keys_file: Path) -> None:
    ring = Keyring(keys_file)
    _, text = ring.create(
        "  惩戒  系统 ",
        ["trace", "search", "search"],
        ["bank"],
        now() + HOUR,
        purposes=["反诈"],
        depth=3,
    )
    assert ring.caller(text) == Caller(
        "惩戒 系统", frozenset({"search", "trace"}), frozenset({"bank"}), kind="key",
        purposes=frozenset({"反诈"}), depth=3,
    )  # fmt: skip
    assert Keyring(keys_file).caller(text) == ring.caller(text)


def test_the_file_has_no_secret_and_is_the_owners(keys_file: Path) -> None:
    ring = Keyring(keys_file)
    texts = [make(ring, f"m{n}") for n in range(5)]
    kept = keys_file.read_text("utf-8")
    for text in texts:
        assert text.count("_") >= 2
        secret = text.split("_", 2)[2]
        assert len(secret) == 43  # 256 bits
        assert secret not in kept
    assert len({*texts}) == 5
    assert stat.S_IMODE(keys_file.stat().st_mode) == 0o600


def test_other_texts_let_nobody_in(keys_file: Path) -> None:
    ring = Keyring(keys_file)
    text, other = make(ring, "a"), make(ring, "b")
    prefix, ident, secret = text.split("_", 2)
    for wrong in ("", "_", "__", text[:-1], text + "x", text.upper(), f"{prefix}_{ident}_",
                  f"{prefix}_{ident}_{other.split('_', 2)[2]}", f"x_{ident}_{secret}",
                  f"{prefix}_{'0' * 12}_{secret}", f"{prefix}__{secret}", " " + text, "\x00",
                  "é" * 50, text * 10):  # fmt: skip
        assert ring.caller(wrong) is None, wrong
    kept = json.loads(keys_file.read_text("utf-8"))["keys"][0]["hash"]
    assert ring.caller(f"{prefix}_{ident}_{kept}") is None  # the hash is no key


def test_a_key_ends(keys_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring(keys_file)
    text = make(ring)
    moment = now()
    monkeypatch.setattr("api.access.keys.now", lambda: moment + HOUR - 10**6)
    assert ring.caller(text) is not None
    monkeypatch.setattr("api.access.keys.now", lambda: moment + HOUR + 10**6)
    assert ring.caller(text) is None
    assert not ring.usable()
    assert [key.status(moment + HOUR + 10**6) for key in ring.all()] == ["expired"]
    make(ring, ends=3 * HOUR)  # its name is free again


def test_a_revoked_key_is_refused_by_a_service_that_runs(keys_file: Path, session: Session) -> None:
    ring = Keyring(keys_file)
    app: FastAPI = make_app(session, Service(Access(None, keyring=Keyring(keys_file))))
    assert ask(app, "GET", "/v1/algorithms", token="lrk_x_y").status == 401
    text = make(ring)  # after the service began
    assert ask(app, "GET", "/v1/algorithms", token=text).status == 200
    other = make(ring, "other")
    ring.revoke("machine")
    assert ask(app, "GET", "/v1/algorithms", token=text).status == 401
    assert ask(app, "GET", "/v1/algorithms", token=other).status == 200
    with pytest.raises(InputError, match="no key"):
        ring.revoke("machine")
    keys_file.write_text("{", "utf-8")  # a file that is broken lets nobody in
    assert ask(app, "GET", "/v1/algorithms", token=other).status == 401
    keys_file.unlink()
    assert ask(app, "GET", "/v1/algorithms", token=other).status == 401


def test_a_file_that_others_may_write_is_refused(keys_file: Path) -> None:
    ring = Keyring(keys_file)
    text = make(ring)
    keys_file.chmod(0o662)
    with pytest.raises(InputError, match="chmod 600"):
        ring.all()
    assert Keyring(keys_file).caller(text) is None


@pytest.mark.parametrize(
    ("name", "scopes", "domains", "said"),
    [
        ("", *GIVEN, "name:"),
        ("a\nb\x00", *GIVEN, "name:"),
        ("x" * 81, *GIVEN, "name:"),
        ("Owner", *GIVEN, "service's own"),
        ("m", ["root"], ["bank"], "'root' is none of"),
        ("m", ["search"], ["army"], "'army' is none of"),
        ("m", [], ["bank"], "scope: at least one"),
        ("m", ["search"], [], "domain: at least one"),
    ],
)
def test_what_makes_no_key(
    keys_file: Path, name: str, scopes: list[str], domains: list[str], said: str
) -> None:
    with pytest.raises(WrongUsage, match=said):
        Keyring(keys_file).create(name, scopes, domains, now() + HOUR)
    assert not keys_file.exists()


def test_names_of_active_keys_differ(keys_file: Path) -> None:
    ring = Keyring(keys_file)
    make(ring)
    with pytest.raises(Conflict, match="named machine"):
        make(ring)
    with pytest.raises(WrongUsage, match="expires"):
        ring.create("old", *GIVEN, now())


def _many(path: Path, who: int) -> None:
    for n in range(5):
        make(Keyring(path), f"{who}-{n}")


def test_writers_take_turns(keys_file: Path) -> None:
    context = multiprocessing.get_context("fork")
    started = [context.Process(target=_many, args=(keys_file, who)) for who in range(3)]
    for each in started:
        each.start()
    for each in started:
        each.join()
        assert each.exitcode == 0
    assert len(Keyring(keys_file).all()) == 15


def test_the_command_line(
    keys_file: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKRISK_ACCESS_KEYS", str(keys_file))
    made = ["keys", "create", "惩戒系统", "--scope", "search,related", "--scope", "extend.propose",
            "--domain", "registry,tax", "--expires", "30d", "--purpose", "反诈"]  # fmt: skip
    assert main(made) == 0
    out, err = capfd.readouterr()
    text = out.strip()
    assert "not shown again" in err
    caller = Keyring(keys_file).caller(text)
    assert caller is not None
    assert caller.scopes == {"search", "related", "extend.propose"}
    assert main(["keys", "list", "--json"]) == 0
    (row,) = json.loads(capfd.readouterr().out)["results"]
    assert (row["name"], row["status"]) == ("惩戒系统", "active")
    assert "hash" not in row
    assert main(["keys", "list"]) == 0
    assert "惩戒系统" in capfd.readouterr().out
    assert main([*made, "--json"]) == 1  # its name is taken
    assert "revoke it" in capfd.readouterr().err
    assert main(["keys", "revoke", row["id"]]) == 0
    assert "revoked" in capfd.readouterr().out
    assert Keyring(keys_file).caller(text) is None
    for wrong, code in ((["keys", "create"], 2), (["keys", "list", "x"], 2),
                        (["keys", "revoke", "nobody"], 3), (["keys", "list", "--scope", "x"], 2),
                        (["keys", "create", "x", "--scope", "search", "--domain", "tax",
                          "--expires", "soon"], 2)):  # fmt: skip
        assert main(wrong) == code
        assert len(capfd.readouterr().err.splitlines()) == 1
