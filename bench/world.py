"""The world that is measured on, made once and kept under work/, and its store.

    python -m bench.world [--entities N] [--fresh]

A world is made again when the generator's sources change; the store is loaded again when the bytes
of the world did, or when this program no longer reads the store.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from pathlib import Path

from bench._measure import ROOT, WORK, Child, finish, plain, run
from graph.errors import LinkriskError
from graph.store import open_store
from ingest.generate import generate

MILLION = 1_000_000


def _name(entities: int) -> str:
    return f"{entities // MILLION}m" if entities % MILLION == 0 else str(entities)


def dataset(entities: int) -> str:
    """The dataset that a world's file is loaded as: its name."""
    return f"world-{_name(entities)}"


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "ingest" / "generate").iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def world(entities: int = MILLION, *, fresh: bool = False) -> Path:
    """The file of a world of this many entities and three times as many relations."""
    WORK.mkdir(exist_ok=True)
    path = WORK / f"world-{_name(entities)}.jsonl"
    made = path.with_suffix(".digest")
    if fresh or not path.exists() or not made.exists() or made.read_text() != _digest():
        generate(path, entities)
        stamp(path)
    return path


def stamp(path: Path) -> None:
    """Note what a world was made by, and what came of it."""
    with path.open("rb") as file:
        content(path).write_text(hashlib.file_digest(file, "sha256").hexdigest())
    path.with_suffix(".digest").write_text(_digest())


def content(path: Path) -> Path:
    """Where the digest of a world's bytes is kept."""
    return path.with_suffix(".sha256")


def drop(database: Path) -> None:
    """Remove a store and what lies beside it."""
    for path in database.parent.glob(f"{database.name}*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def load(source: Path, database: Path) -> Child:
    """Load a world into a new store with the program's own command, as a user does."""
    drop(database)
    child = run([ROOT / ".venv/bin/linkrisk", "--store", url(database), "ingest", source, "--json"])
    database.with_suffix(".of").write_text(content(source).read_text())
    return child


def url(database: Path) -> str:
    """The address of a store's file."""
    return f"sqlite:///{database}"


def store(entities: int = MILLION, *, fresh: bool = False) -> Path:
    """The file of a store that holds this world."""
    source = world(entities, fresh=fresh)
    database = source.with_suffix(".db")
    loaded = database.with_suffix(".of")
    current = loaded.exists() and loaded.read_text() == content(source).read_text()
    if fresh or not current or not _opens(database):
        load(source, database)
    return database


def _opens(database: Path) -> bool:
    try:
        opened = open_store(url(database))
        opened.last_batch()
        opened.close()
    except LinkriskError:
        return False
    return True


def main() -> None:
    """Make the world, timing the generator in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    parser.add_argument("--fresh", action="store_true")
    given = parser.parse_args()
    path = WORK / f"world-{_name(given.entities)}.jsonl"
    rows = []
    if given.fresh or not path.exists():
        WORK.mkdir(exist_ok=True)
        child = run(
            [
                ROOT / ".venv/bin/linkrisk",
                "generate",
                "--entities",
                str(given.entities),
                "--out",
                path,
                "--json",
            ]
        )
        facts = given.entities * 4.0025
        rows = [
            plain("generate", facts / child.seconds, "facts/s"),
            plain("generate, peak memory", child.peak / 2**20, "MiB"),
        ]
        stamp(path)
    finish("world", rows)
    store(given.entities)


if __name__ == "__main__":
    main()
