"""Compile every kernel before it is needed, by asking everything of a tiny world.

A service answers from its first second, interpreted. Beside it a child process compiles into the
cache on disk (half a minute, once on a machine and version); then the service loads that code and
goes over to it. No question waits for the compiler.
"""

from __future__ import annotations

import gc
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from algorithms.registry import ALGORITHMS, Algorithm
from graph import compiled
from graph.children import start_module
from graph.errors import LinkriskError

if TYPE_CHECKING:
    from api.session import Session

_NAMES: Final = ("c1", "p1", "a1")
_GIVEN: Final = {"measure": "consumption_restriction", "act": "2021-01-01"}
_CALLED: Final = ("张三", "zhang", "zs", "c1")  # looked for by characters, pinyin, first letters
_FACTS: Final[list[dict[str, Any]]] = [
    *({"kind": "company", "id": f"c{n}"} for n in (1, 2, 3)),
    *({"kind": "person", "id": f"p{n}", "name": "c1 p1 张三"} for n in (1, 2)),
    *({"kind": "account", "id": f"a{n}"} for n in range(1, 6)),
    {"kind": "phone", "id": "t1"},
    {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": "0.6"},
    {"kind": "shareholder", "id": "s2", "from": "c1", "to": "c2", "share": "0.6"},
    {"kind": "shareholder", "id": "s3", "from": "c2", "to": "c1", "share": "0.1"},
    {"kind": "legal_representative", "id": "l1", "from": "p2", "to": "c2"},
    {"kind": "listing", "id": "k1", "subject": "c1", "list": "black", "domain": "tax"},
    {"kind": "uses_phone", "id": "u1", "from": "p1", "to": "t1"},
    {"kind": "uses_phone", "id": "u2", "from": "p2", "to": "t1"},
    {"kind": "holds_account", "id": "h1", "from": "p1", "to": "a1"},
    {"kind": "holds_account", "id": "h2", "from": "c1", "to": "a1"},
    {"kind": "transfer", "id": "m1", "from": "a1", "to": "a2", "amount": "9", "at": "2021-01-01"},
    {"kind": "transfer", "id": "m2", "from": "a2", "to": "a1", "amount": "9", "at": "2021-01-02"},
    {"kind": "transfer", "id": "m3", "from": "a1", "to": "a2", "amount": "9", "at": "2021-06-01"},
    {"kind": "transfer", "id": "m4", "from": "a2", "to": "a3", "amount": "9", "at": "2021-06-02"},
    {"kind": "transfer", "id": "m5", "from": "a3", "to": "a4", "amount": "9", "at": "2021-06-03"},
    *(  # scattered and gathered
        {"kind": "transfer", "id": f"m{k}", "from": a, "to": b, "amount": "9", "at": "2021-01-02"}
        for k, (a, b) in enumerate(
            [("a1", "a3"), ("a1", "a4"), ("a2", "a5"), ("a3", "a5"), ("a4", "a5")], 6
        )
    ),
    {"kind": "holds_account", "id": "h3", "from": "c2", "to": "a2"},
    *(
        {"kind": "invoice", "id": f"i{n}", "from": a, "to": b, "amount": "9", "goods": "1070101",
         "at": f"2021-01-0{n}", "attrs": {"export": n == 4}}
        for n, (a, b) in enumerate((("c3", "c1"), ("c1", "c2"), ("c2", "c1"), ("c1", "c2")), 1)
    ),
    {"kind": "invoice", "id": "i9", "from": "c1", "to": "c2", "amount": "-9", "goods": "1070101",
     "at": "2021-02-01", "status": "red"},
]  # fmt: skip


def rehearse() -> None:
    """Ask every question of a tiny world, compiled: code is loaded, or made and kept on disk."""
    from api.session import Session
    from graph.facts import Normaliser
    from graph.store import open_store

    compiled.warm()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tiny.db"
        store = open_store(url, create=True)
        normaliser = Normaliser("tiny", store.id_key)
        store.write("b1", [normaliser.row(fact) for fact in _FACTS])
        store.close()
        with Session(url) as session:
            for record in ALGORITHMS.values():
                for question in _questions(record):
                    _ask(session, record, question)
            for name in _CALLED:
                session.snapshot().search(name)


def _questions(record: Algorithm) -> Iterator[dict[str, Any]]:
    required = [name for name, field in record.fields.items() if field.required]
    if not required:
        yield {}
        if "target" in record.fields:  # about one company it may read by other kernels
            yield {"target": "c1"}
        if {"method", "seeds"} <= record.fields.keys():  # its other method has other kernels
            yield {"method": "pagerank", "seeds": ["c1"]}
        return
    for start in range(len(_NAMES)):
        subjects = {
            name: list(_NAMES[:2]) if name in record.lists else _NAMES[(start + step) % len(_NAMES)]
            for step, name in enumerate(required)
        }
        yield subjects | {name: _GIVEN[name] for name in required if name in _GIVEN}


def _ask(session: Session, record: Algorithm, question: dict[str, Any]) -> None:
    try:
        session.ask(record.name, question)
    except LinkriskError:
        return  # a subject of a kind that this algorithm does not take


class Rehearsal:
    """The compiling of one service, in the background."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self.done = threading.Event()
        self._said = said
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()

    def start(self) -> None:
        """Compile in a child process, then load in a thread of this one."""
        threading.Thread(target=self._run, name="rehearsal", daemon=True).start()

    def _run(self) -> None:
        with self._lock:  # or a child could be started after `stop`
            if self._stopped.is_set():
                return
            if not compiled.is_complete():
                self._child = start_module("api.rehearsal")
        failed = self._child is not None and self._child.wait() != 0
        if self._stopped.is_set():
            return
        if failed:
            self._said("could not compile; questions stay interpreted / 未能编译, 以解释方式运行")
            return
        rehearse()
        gc.collect()
        gc.freeze()  # the compiler's many objects stay; looking through them again costs 0.1 s
        self.done.set()
        self._said("compiled / 已编译")

    def stop(self) -> None:
        """End the child where it still runs."""
        with self._lock:
            self._stopped.set()
            if self._child is not None and self._child.poll() is None:
                self._child.terminate()


def main() -> None:
    """The child: behind everything else that the machine has to do."""
    if compiled.is_complete():
        return
    if hasattr(os, "nice"):
        os.nice(10)
    rehearse()
    compiled.complete()


if __name__ == "__main__":
    main()
