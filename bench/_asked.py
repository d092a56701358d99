"""One question in a process of its own: what it took, as JSON on standard output.

python -m bench._asked STORE NAME PARAMS          once, after the kernels are compiled
python -m bench._asked STORE NAME PARAMS COUNT    of COUNT accounts drawn at random, each alone
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

import numpy as np

from graph import compiled
from graph.deadline import Deadline
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store


class Looks:
    """How long a question goes on without looking whether it was called off, in seconds of
    processors: what a cancelled one takes to end on a machine that is not busy otherwise."""

    def __init__(self) -> None:
        self.worst, self.where = 0.0, ""
        self._last, self._at = time.process_time(), "begin"
        self._check = Deadline.check

    def __enter__(self) -> Looks:
        looks = self

        def check(deadline: Deadline) -> None:
            looks._look()
            looks._check(deadline)

        Deadline.check = check
        return self

    def __exit__(self, *_: object) -> None:
        Deadline.check = self._check
        self._note(time.process_time(), "end")

    def _look(self) -> None:
        now = time.process_time()
        if now - self._last < 0.2:
            self._last = now
            return
        frame = sys._getframe(2)
        while frame.f_back is not None and frame.f_code.co_filename.endswith("deadline.py"):
            frame = frame.f_back
        name = frame.f_code.co_filename.rpartition("/")[2]
        self._note(now, f"{name}:{frame.f_lineno}")

    def _note(self, now: float, at: str) -> None:
        if now - self._last > self.worst:
            self.worst, self.where = now - self._last, f"before {at}"
        self._last = now


def _asked(snapshot: Snapshot, name: str, params: dict[str, Any]) -> tuple[float, float, Any]:
    """Seconds, seconds of processors, answer."""
    from algorithms import registry

    start, spent = time.perf_counter(), time.process_time()
    answer = registry.ask(snapshot, name, params)
    return time.perf_counter() - start, time.process_time() - spent, answer


def _accounts(snapshot: Snapshot, count: int) -> list[str]:
    nodes = snapshot.subjects("account").tolist()
    return [snapshot.record_name(n) for n in random.Random(20260601).sample(nodes, count)]


def _hub(snapshot: Snapshot) -> str:
    rows = snapshot.rows("transfer")
    ends = np.concatenate([snapshot.columns.src[rows], snapshot.columns.dst[rows]])
    return snapshot.record_name(int(np.bincount(snapshot.nodes.rep[ends]).argmax()))


def main() -> None:
    """Ask and print."""
    url, name, params = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    compiled.warm()
    snapshot = open_snapshot(open_store(url))
    if "@hub" in params.values():
        hub = _hub(snapshot)
        params = {name: hub if value == "@hub" else value for name, value in params.items()}
    if len(sys.argv) > 4:
        asked = [{**params, "from": each} for each in _accounts(snapshot, int(sys.argv[4]) + 50)]
        took = [_asked(snapshot, name, one) for one in asked][50:]  # the first compile
        cut = sum(answer["truncated"] is not None for *_, answer in took)
        told: dict[str, Any] = {"each": [seconds for seconds, *_ in took], "cut": cut}
        told["cpu"] = [spent for _, spent, _ in took]
        told["rows"] = sum(len(answer["results"]) for *_, answer in took)
    else:
        with Looks() as looks:
            seconds, spent, answer = _asked(snapshot, name, params)
        cut = answer["truncated"]
        told = {"seconds": seconds, "cpu": spent, "rows": len(answer["results"])}
        told |= {"deaf": looks.worst, "where": looks.where}
        told["cut"] = cut.reason.partition(" / ")[0] if cut else None
    print(json.dumps(told))


if __name__ == "__main__":
    main()
