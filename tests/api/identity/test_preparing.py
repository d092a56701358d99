"""What was prepared of records is kept in the state folder: its owner's alone, thrown away where it
is not as it should be, and gone with whoever is erased. Losing it changes no answer."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from algorithms.identity import prepared
from algorithms.identity.prepared import Prepared
from api.identity import running
from api.identity.asking import run_of
from api.identity.book import Book
from api.identity.preparing import Meta, Preparations, forget, kept_records
from api.privacy import forgetting
from api.session import Session
from graph.facts import Normaliser
from graph.seal import KEY
from graph.store import open_store


class World:
    """A store with two records of one person, and its runs."""

    told: running.ResolveReceipt  # by the first of them

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/s.db"
        open_store(self.url, create=True).close()
        self.write(("p1", "欧阳文静"), ("p2", "歐陽文靜"))

    def write(self, *people: tuple[str, str]) -> None:
        facts = [
            {"kind": "person", "id": ident, "name": name,
             "attrs": {"birth_date": "1988-03-09", "email": "wenjing88@qq.com"}}
            for ident, name in people
        ]  # fmt: skip
        store = open_store(self.url)
        rows = [Normaliser("d", store.id_key).row(fact) for fact in facts]
        assert store.write(f"b{store.last_batch()}", rows).loaded
        store.close()

    def kept(self) -> tuple[Prepared | None, list[str]]:
        """What is kept of people, and what was said of it."""
        with Session(self.url) as session:
            session.snapshot()
            keeping = Preparations(session)
            return keeping.get("person"), keeping.notes

    def run(self, *, dry: bool = True) -> running.ResolveReceipt:
        with Session(self.url) as session, Book(self.url) as book:
            asked = run_of({"kinds": ["person"], "review": 0.1, "dry_run": dry})
            return running.run(session, book, asked, "runner")

    @property
    def places(self) -> list[Path]:
        return sorted((kept_records(self.url) / "person").glob("*"))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("ready"))
    world.told = world.run()
    assert world.told.joined == 1
    return world


@pytest.fixture
def world(ready: World, tmp_path: Path) -> World:
    """A copy of a store after a run that kept what it prepared."""
    old = Path(ready.url.removeprefix("sqlite:///"))
    for each in old.parent.iterdir():
        copy = shutil.copytree if each.is_dir() else shutil.copy2
        copy(each, tmp_path / each.name)
    found = World.__new__(World)
    found.url, found.told = f"sqlite:///{tmp_path}/s.db", ready.told
    return found


def test_it_is_kept_for_its_owner_alone_and_taken_again(world: World) -> None:
    (place,) = world.places
    assert all(each.stat().st_mode & 0o077 == 0 for each in (place, *place.iterdir()))
    found, notes = world.kept()
    assert found is not None
    assert found.rows["record"].to_pylist() == ["d:p1", "d:p2"]
    assert not notes


def _truncated(place: Path, _: pytest.MonkeyPatch) -> None:
    (place / "rows.arrow").write_bytes((place / "rows.arrow").read_bytes()[:-100])


def _altered(place: Path, _: pytest.MonkeyPatch) -> None:
    body = (place / "rows.arrow").read_bytes()
    (place / "rows.arrow").write_bytes(body.replace(b"d:p1", b"d:p9"))


def _garbled(place: Path, _: pytest.MonkeyPatch) -> None:
    (place / "meta.json").write_text("{")


def _lost(place: Path, _: pytest.MonkeyPatch) -> None:
    (place / "keys.arrow").unlink()


def _older(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "VERSION", prepared.VERSION + 1)


def _before_an_erasure(place: Path, _: pytest.MonkeyPatch) -> None:
    meta = msgspec.json.decode((place / "meta.json").read_bytes(), type=Meta)
    earlier = msgspec.structs.replace(meta, erased=meta.erased - 1)
    (place / "meta.json").write_bytes(msgspec.json.encode(earlier))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_truncated, "not as it was written"), (_altered, "not as it was written"),
        (_garbled, "cannot be read"), (_lost, "a file is missing"),
        (_older, "another version"), (_before_an_erasure, "erased since"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_thrown_away_and_said(
    world: World, spoil: Callable[[Path, pytest.MonkeyPatch], None], said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (place,) = world.places
    spoil(place, monkeypatch)
    found, notes = world.kept()
    assert found is None
    assert len(notes) == 1
    assert said in notes[0]
    assert not world.places


def test_a_run_says_so_and_answers_the_same(world: World) -> None:
    (place,) = world.places
    _altered(place, pytest.MonkeyPatch())
    again = world.run()
    assert "thrown away" in again.notes[0]
    assert msgspec.structs.replace(again, notes=[]) == world.told
    assert world.kept()[0] is not None  # and is made anew
    assert world.run() == world.told


def test_it_goes_with_whoever_is_erased(world: World) -> None:
    left: list[str] = []
    forgetting.forget(world.url, ["欧阳文静"], ["d:p1"], left)
    assert not left
    assert not world.places


def test_a_killed_run_leaves_nothing_that_is_taken(world: World) -> None:
    (place,) = world.places
    shutil.copytree(place, place.with_name("9.1.abcd.part"))
    (place.with_name("9.1.abcd.part") / "keys.arrow").unlink()
    found, notes = world.kept()
    assert found is not None
    assert not notes


def test_several_at_once_leave_one_whole(world: World) -> None:
    found, _ = world.kept()
    assert found is not None
    forget(world.url)

    def keep() -> None:
        with Session(world.url) as session:
            session.snapshot()
            for no in range(5):
                Preparations(session).put("person", found._replace(batch=no))
                assert found.rows["record"].to_pylist() == ["d:p1", "d:p2"]  # what is mapped stays

    threads = [threading.Thread(target=keep) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    again, notes = world.kept()
    assert again is not None
    assert not notes
    assert again.rows.equals(found.rows)


def test_none_is_kept_where_identifiers_are_sealed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = world.kept()
    assert found is not None
    forget(world.url)
    monkeypatch.setenv(KEY, "sixteen characters and more")
    with Session(world.url) as session:
        session.snapshot()
        Preparations(session).put("person", found)
    assert not world.places
