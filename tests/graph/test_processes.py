"""Two processes on one store: each sees what the other acknowledged, whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from graph.live import open_live
from graph.snapshot import Snapshot, snapshot_of
from graph.store import open_store
from tests.graph.views import USCCS, picture, write

ROOT = Path(__file__).parent.parent.parent
# Answers "N subjects" after each line it is sent, and writes a batch of its own where told to.
OTHER = """
import sys
from graph.live import open_live
from graph.snapshot import snapshot_of
from graph.store import open_store
from tests.graph.views import write
store = open_store(sys.argv[1])
live = open_live(store)
for line in sys.stdin:
    if name := line.strip():
        write(store, [{"kind": "company", "id": name}], store.last_batch() + 1)
    print(len(snapshot_of(live).subjects()), flush=True)
"""
# Writes lives of facts, a batch as soon as the other is acknowledged.
WRITER = """
import random, sys
from graph.store import open_store
from tests.graph.views import life, write
store = open_store(sys.argv[1])
for number, facts in enumerate(life(random.Random(7), 40, 12), 2):
    write(store, facts, number * 1_000_000)
print("done")
"""


def child(code: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)  # fmt: skip


def test_each_sees_the_other_s_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'facts.db'}"
    store = open_store(url, create=True)
    write(store, [{"kind": "company", "id": "c0"}], 1)
    live = open_live(store)
    other = child(OTHER, url)
    assert other.stdin is not None
    assert other.stdout is not None
    with other, other.stdin, other.stdout:

        def ask(name: str = "") -> int:
            other.stdin.write(name + "\n")  # type: ignore[union-attr]
            other.stdin.flush()  # type: ignore[union-attr]
            return int(other.stdout.readline())  # type: ignore[union-attr]

        count = 1
        for turn in range(4):
            assert ask() == count
            write(store, [{"kind": "company", "id": f"mine{turn}"}], store.last_batch() + 1)
            count += 1
            assert ask() == count
            count += 1
            assert ask(f"its{turn}") == count
            view = snapshot_of(live)
            assert len(view.subjects()) == count
            assert view.resolve(f"its{turn}") == view.resolve(f"d:its{turn}")
    assert other.returncode == 0
    store.close()


def test_following_a_busy_writer(tmp_path: Path) -> None:
    """Every view on the way is the one that its batch has afterwards."""
    url = f"sqlite:///{tmp_path / 'facts.db'}"
    store = open_store(url, create=True)
    write(store, [{"kind": "company", "id": "k", "keys": {"uscc": USCCS[0]}}], 1)
    live = open_live(store)
    views: dict[int, Snapshot] = {}
    with child(WRITER, url) as other:
        while other.poll() is None:
            view = snapshot_of(live)
            views[view.batch] = view
    assert other.returncode == 0
    assert len(views) > 2
    fresh = open_live(store)
    for view in views.values():
        assert picture(snapshot_of(fresh, view.known_at)) == picture(view)
    assert picture(snapshot_of(live)) == picture(snapshot_of(fresh))
    store.close()


def test_processes_that_make_one_store_at_once(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom graph.store import open_store\n"
        "import graph.stores.sqlite.store\nprint('ready', flush=True)\n"
        "sys.stdin.readline()\n"  # all wait for one start
        "store = open_store(sys.argv[1], create=True)\nprint(store.id_key.hex())\nstore.close()\n"
    )
    for number in range(12):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        children = [
            subprocess.Popen(
                [sys.executable, "-c", code, url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parent.parent.parent,
            )
            for _ in range(4)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        said = [child.communicate() for child in children]
        assert [child.returncode for child in children] == [0] * 4, said
        assert len({key for key, _ in said}) == 1  # one of them made it, all have its key
