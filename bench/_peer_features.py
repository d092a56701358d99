"""What IBM's Graph Feature Preprocessor (snapml, proprietary) computes, run by its own Python:

PYTHON bench/_peer_features.py EDGES.npy OUT.npy WINDOW BATCH

Edges are rows (id, source, target, time, amount). Imports nothing of this project; prints seconds.
"""

from __future__ import annotations

import sys
import time

import numpy as np

BINS = [2, 3, 4, 5, 6]


def main() -> None:
    """Transform the edges in order, some at a time, and write what is added to them."""
    from snapml import GraphFeaturePreprocessor  # type: ignore[import-not-found]

    source, out, window, batch = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    edges = np.load(source)
    peer = GraphFeaturePreprocessor()
    asked = {
        "num_threads": 2, "time_window": window, "vertex_stats": True, "vertex_stats_tw": window,
        "vertex_stats_cols": [4], "vertex_stats_feats": list(range(11)), "lc-cycle": False,
    }  # fmt: skip
    for name in ("fan", "degree", "scatter-gather", "temp-cycle"):
        asked |= {name: True, f"{name}_tw": window, f"{name}_bins": BINS}
    peer.set_params(asked)
    begun = time.perf_counter()
    pieces = (edges[at : at + batch] for at in range(0, len(edges), batch))
    parts = [peer.transform(piece)[:, 5:] for piece in pieces]
    print(time.perf_counter() - begun)
    np.save(out, np.concatenate(parts))


if __name__ == "__main__":
    main()
