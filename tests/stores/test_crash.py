"""Kill -9 and full disks in the middle of a load, through the command line in a process of its own.

Chunks are made small there, so that a load of a second has dozens of batches to be cut between;
the `full` run does it with the real ones too, parsed by worker processes.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from graph.store import open_store
from tests.stores.faults import (
    KEY,
    SEED,
    Reference,
    delays,
    finish,
    held_at,
    kill_somewhere,
    reference,
    start,
)

SMALL = 32 << 10


@pytest.fixture(autouse=True)
def _id_key(monkeypatch: pytest.MonkeyPatch, _own_surroundings: None) -> None:
    """One key for all stores of these tests, so that their digests can be compared."""
    monkeypatch.setenv("LINKRISK_ID_KEY", KEY)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Some 6,000 facts in dozens of batches."""
    return reference(tmp_path_factory.mktemp("small"), 1200, SMALL)


@pytest.mark.parametrize("point", range(8))
def test_a_killed_load(tmp_path: Path, small: Reference, point: int) -> None:
    # One kill in each eighth of the load.
    share = (point + random.Random(SEED + point).random()) / 8
    kill_somewhere(url_in(tmp_path), small, SMALL, share * small.seconds)


@pytest.mark.full
@pytest.mark.parametrize("point", range(42))
def test_a_killed_load_at_many_more_points(tmp_path: Path, small: Reference, point: int) -> None:
    kill_somewhere(url_in(tmp_path), small, SMALL, delays(small, 42, SEED)[point])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A file above the size from which worker processes parse, with chunks as they are."""
    return reference(tmp_path_factory.mktemp("large"), 130_000, 0)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("point", range(4))
def test_a_killed_load_of_large_files(tmp_path: Path, large: Reference, point: int) -> None:
    assert max(file.stat().st_size for file in large.files) > 32 << 20
    kill_somewhere(url_in(tmp_path), large, 0, (point + 0.5) / 4 * large.seconds)


def url_in(folder: Path) -> str:
    """The address of a store in a folder."""
    return f"sqlite:///{folder / 'facts.db'}"


def size(whole: Reference) -> int:
    """Of the embedded store that was loaded without a break."""
    return (whole.files[0].parent / "whole.db").stat().st_size


def fill_somewhere(folder: Path, whole: Reference, chunk: int, limit: int) -> bool:
    """Load with a limit on the size of every file; whether it was met."""
    path = folder / "facts.db"
    url = url_in(folder)
    done = finish(start(url, whole.files, chunk, limit))
    if done.code != 0:
        assert done.code == 1
        assert done.receipt is None
        assert done.errors.count("\n") == 1
        assert done.errors.startswith("linkrisk: ")
        assert "Traceback" not in done.errors
        assert "room" in done.errors or "nothing was half-written" in done.errors
    if path.exists():
        store = open_store(url)
        assert store.check() == []
        listed = store.batches()
        store.close()
        assert held_at(url).versions == sum(b.facts for b in listed)
    again = finish(start(url, whole.files, chunk))
    assert (again.code, again.errors) == (0, "")
    assert held_at(url) == whole.held
    return done.code != 0


@pytest.mark.parametrize("share", [0.0, 0.02, 0.2, 0.6])
def test_a_full_disk(tmp_path: Path, small: Reference, share: float) -> None:
    limit = int(share * size(small))
    assert fill_somewhere(tmp_path, small, SMALL, max(4096, limit))


@pytest.mark.full
@pytest.mark.parametrize("point", range(20))
def test_a_full_disk_at_many_more_points(tmp_path: Path, small: Reference, point: int) -> None:
    limit = random.Random(SEED + point).randrange(512, int(size(small) * 1.2))
    fill_somewhere(tmp_path, small, SMALL, limit)
