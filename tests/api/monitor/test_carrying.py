"""What the monitor knows, under the ids of another key."""

from __future__ import annotations

import secrets
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from api.caller import DOMAINS
from api.cli import main
from api.kept import state_folder
from api.monitor.book import Book
from api.monitor.run import run
from api.session import Session
from tests.api.conftest import RESIDENT
from tests.api.monitor.conftest import World, company, listing, tie


def test_what_was_told_is_told_of_the_same_under_the_new_ids(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    world.write(company("a"), company("b"), company("c"))
    world.run()
    world.write(
        {"kind": "person", "id": "p", "name": "张三", "keys": {"resident_id": RESIDENT}},
        listing("la", "a"), listing("lb", "b"),
        tie("r1", "p", "a", "legal_representative"), tie("r2", "p", "b", "legal_representative"),
    )  # fmt: skip
    (alert,) = world.run()[1]
    view = world.session.snapshot()
    old = view.canonical(view.resolve("d:p"))
    assert old in alert.body["members"]
    key = secrets.token_hex(32)
    monkeypatch.setenv("LINKRISK_NEW_ID_KEY", key)
    target = f"sqlite:///{tmp_path / 'new.db'}"
    args = ["rekey", world.url, target, "--mapping", str(tmp_path / "ids"), "--json"]
    capfd.readouterr()
    assert main(args) == 0, capfd.readouterr().err
    told = msgspec.json.decode(capfd.readouterr().out)
    assert told["monitor"] == str(state_folder(target) / "monitor.db")
    monkeypatch.setenv("LINKRISK_ID_KEY", key)
    with closing(Session(target)) as session, Book(state_folder(target)) as book:
        view = session.snapshot()
        new = view.canonical(view.resolve("d:p"))
        assert new != old
        (same,) = book.alerts(DOMAINS)
        assert (same.id, same.of) == (alert.id, alert.of)
        members = alert.body["members"]
        assert same.body["members"] == [new if name == old else name for name in members]
        made, alerts = run(session, book, world.settings, "2024-06-30")
        assert (made.no, made.told["events"], alerts) == (3, {"steady": 1}, [])
    assert main(args) == 1  # it is there already
