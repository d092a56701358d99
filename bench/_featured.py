"""One table of features in a process of its own: what it took, as JSON on standard output.

python -m bench._featured STORE KIND DAY
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from graph import compiled
from graph.snapshot import open_snapshot
from graph.store import open_store


def main() -> None:
    """Compute all groups that are there by default, each timed."""
    from algorithms.features import making
    from algorithms.features.table import WINDOWS

    url, kind, day = sys.argv[1:]
    compiled.warm()
    snapshot = open_snapshot(open_store(url))
    snapshot.rows("transfer")  # the columns are open
    took: dict[str, list[float]] = {}
    fill = making.fill

    def timed(scope: Any, name: str, *rest: Any) -> None:
        begun, spent = time.perf_counter(), time.process_time()
        fill(scope, name, *rest)
        took[name] = [time.perf_counter() - begun, time.process_time() - spent]

    making.fill = timed
    begun, spent = time.perf_counter(), time.process_time()
    made = making.features(snapshot, kind, day, windows=WINDOWS)
    told = {
        "seconds": time.perf_counter() - begun, "cpu": time.process_time() - spent,
        "rows": made.matrix.shape[0], "columns": made.matrix.shape[1], "groups": took,
        "cut": list(made.cut), "bytes": made.matrix.nbytes,
    }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main()
