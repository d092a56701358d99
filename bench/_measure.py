"""What every benchmark shares: percentiles, memory of a tree of processes, rows of the report."""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api.metrics import resident, tree

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "work"
AS_OF = "2026-06-01"  # inside the world's period, so that answers do not depend on the clock


@dataclass(frozen=True)
class Row:
    """One line of the report: what was measured, the figure, its target, and whether it is met."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None
    note: str = ""


def at_most(what: str, value: float, bound: float, unit: str, note: str = "") -> Row:
    """A figure that must not be above its bound."""
    return Row(what, f"{show(value)} {unit}", f"≤ {show(bound)} {unit}", value <= bound, note)


def at_least(what: str, value: float, bound: float, unit: str, note: str = "") -> Row:
    """A figure that must not be below its bound."""
    return Row(what, f"{show(value)} {unit}", f"≥ {show(bound)} {unit}", value >= bound, note)


def plain(what: str, value: float, unit: str, note: str = "") -> Row:
    """A figure without a target."""
    return Row(what, f"{show(value)} {unit}", note=note)


def show(value: float) -> str:
    """Three significant digits, or a whole number with thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def percentile(values: Sequence[float], q: float) -> float:
    """The smallest value that at least q of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(q * 1_000_000) * len(ordered) // 1_000_000) - 1)]


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds that a call took, and what it gave."""
    start = time.perf_counter_ns()
    result = function()
    return (time.perf_counter_ns() - start) / 1e6, result


def settle() -> None:
    """Leave what the benchmark itself holds out of later garbage collections."""
    gc.collect()
    gc.freeze()


def latencies(what: str, values: Sequence[float], bounds: dict[float, float]) -> list[Row]:
    """Rows of a latency distribution in milliseconds; `bounds` are targets by quantile."""
    rows = []
    for q in sorted({0.5, 0.99, *bounds}):
        name = f"{what}, p{q * 100:g}"
        value = percentile(values, q)
        rows.append(
            at_most(name, value, bounds[q], "ms") if q in bounds else plain(name, value, "ms")
        )
    rows.append(plain(f"{what}, worst of {len(values)}", max(values), "ms"))
    return rows


# -- processes ----------------------------------------------------------------------------------


class Memory:
    """The peak memory of a process and all that it started, looked at four times a second."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(0.25):
            self.peak = max(self.peak, sum(resident(pid) for pid in tree(self._pid)))

    def stop(self) -> int:
        """The peak, in bytes."""
        self._done.set()
        self._thread.join()
        return self.peak


@dataclass(frozen=True)
class Child:
    """A process that ended: seconds, seconds of CPU, peak bytes, standard output."""

    seconds: float
    cpu: float
    peak: int
    out: str


def run(command: Sequence[str | Path]) -> Child:
    """Run a process of its own and measure it; raises RuntimeError where it fails."""
    start, before = time.perf_counter(), _cpu()
    with subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, env=environment(), stdout=subprocess.PIPE
    ) as process:
        memory = Memory(process.pid)
        out = process.communicate()[0]
        peak = memory.stop()
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}")
    return Child(time.perf_counter() - start, _cpu() - before, peak, out.decode())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def environment() -> dict[str, str]:
    """The environment of a measured process: ours, with the project importable."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def python(code: str, *args: str | Path) -> Child:
    """Run Python source in a fresh process."""
    return run([sys.executable, "-c", code, *args])


# -- report -------------------------------------------------------------------------------------


def table(rows: Iterable[Row]) -> str:
    """The report as a Markdown table."""
    lines = ["| what | measured | target | | note |", "|---|---:|---:|---|---|"]
    marks = {True: "met", False: "**missed**", None: ""}
    lines += [f"| {r.what} | {r.figure} | {r.target} | {marks[r.met]} | {r.note} |" for r in rows]
    return "\n".join(lines)


def finish(name: str, rows: list[Row]) -> None:
    """Print a benchmark's rows and keep them for the whole report."""
    folder = WORK / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    kept = {
        "at": time.strftime("%Y-%m-%d %H:%M"),
        "load": round(os.getloadavg()[0], 1),
        "rows": [asdict(row) for row in rows],
    }
    (folder / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1))
    print(table(rows), flush=True)
