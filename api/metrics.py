"""What the service counts, in Prometheus's text; nothing in it says whom a question was about.

Several workers count into files of one folder (`share`), which whoever of them is asked adds up.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from api.session import Session

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_supervisor: int | None = None  # the process that forked this one as a worker
_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Gauge(Protocol):
    """A number that goes up and down."""

    def inc(self) -> None:
        """One more."""

    def dec(self) -> None:
        """One less."""


class Meters:
    """The meters of one process."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram
        from prometheus_client import Gauge as Numbers

        self.registry = made = CollectorRegistry()
        self._requests = Counter(
            "linkrisk_requests", "Requests answered.", ("route", "method", "status"), registry=made
        )
        self._seconds = Histogram(
            "linkrisk_request_seconds",
            "Seconds from a request's head to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=made,
        )
        live: Any = {"registry": made, "multiprocess_mode": "livesum"}
        self.waiting: Gauge = Numbers(
            "linkrisk_questions_waiting", "Questions that wait for a thread.", **live
        )
        self.running: Gauge = Numbers(
            "linkrisk_questions_running", "Questions that threads are at.", **live
        )
        Numbers("linkrisk_workers", "Processes that answer.", **live).set(1)
        self._answers = Counter(
            "linkrisk_answers",
            "Answers of algorithms; inline: on the event loop, without a thread.",
            ("algorithm", "inline"),
            registry=made,
        )
        self._truncated = Counter(
            "linkrisk_answers_truncated",
            "Answers that a bound cut short.",
            ("algorithm",),
            registry=made,
        )
        self._cancelled = Counter(
            "linkrisk_questions_cancelled",
            "Questions given up: the client went away, or the time had passed.",
            ("reason",),
            registry=made,
        )
        self._views = Counter(
            "linkrisk_snapshot_views",
            "Snapshots that questions used: open already, or opened for them.",
            ("cached",),
            registry=made,
        )
        self._children: dict[tuple[object, ...], Any] = {}

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered. `route` is a template, never a path."""
        key = route, method, status
        if (child := self._children.get(key)) is None:
            child = self._requests.labels(*key), self._seconds.labels(route)
            self._children[key] = child
        child[0].inc()
        child[1].observe(seconds)

    def answer(self, algorithm: str, *, inline: bool, truncated: bool) -> None:
        """Count an answer of an algorithm."""
        self._child(self._answers, algorithm, "yes" if inline else "no").inc()
        if truncated:
            self._child(self._truncated, algorithm).inc()

    def cancelled(self, reason: str) -> None:
        """Count a question that was given up."""
        self._child(self._cancelled, reason).inc()

    def view(self, *, cached: bool) -> None:
        """Count the use of a snapshot."""
        self._child(self._views, "yes" if cached else "no").inc()

    def _child(self, metric: Any, *labels: str) -> Any:
        key = id(metric), *labels
        if (child := self._children.get(key)) is None:
            self._children[key] = child = metric.labels(*labels)
        return child


class _Nothing:
    """Meters of an engine that nobody watches."""

    def __getattr__(self, name: str) -> Any:
        return self if name in {"waiting", "running"} else self._count

    def inc(self) -> None:
        """Nothing."""

    def dec(self) -> None:
        """Nothing."""

    def _count(self, *_: object, **__: object) -> None:
        """Nothing."""


NO_METERS: Final[Any] = _Nothing()


def share() -> tempfile.TemporaryDirectory[str]:
    """Make the folder that the processes count into which this one forks from now on; whoever asks
    keeps it. To be called before the first meter: the library decides at its import.
    """
    global _supervisor  # noqa: PLW0603  # of the process
    _supervisor = os.getpid()
    folder = tempfile.TemporaryDirectory(prefix="linkrisk-metrics-")
    os.environ[_FOLDER] = folder.name
    return folder


def forget(pid: int) -> None:
    """Take what a process had under way out of the sums: it ended."""
    if os.environ.get(_FOLDER):
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library's


def page(meters: Meters, session: Session) -> bytes:
    """All meters of all workers, and the state of the snapshot, as text."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    from api.monitor.meters import Monitored

    registry = meters.registry
    if folder := os.environ.get(_FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]  # as above
    state = CollectorRegistry()
    state.register(_State(session))
    state.register(Monitored(session.url))
    return generate_latest(registry) + generate_latest(state)


class _State:
    """What is asked when the page is: the snapshot, and memory."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self) -> Iterator[Metric]:
        """One metric after the other."""
        from prometheus_client.metrics_core import GaugeMetricFamily as Gauges

        about = self._session.state()
        for name, said in (
            ("batch", "Number of the newest batch in this process's snapshot."),
            ("behind_batches", "Batches that the store has and the snapshot has not yet."),
            ("recorded_timestamp_seconds", "When the snapshot's newest batch was recorded."),
            ("relations", "Relations in the snapshot, all versions."),
            ("records", "Records in the snapshot."),
            ("tail_facts", "Facts that came since the snapshot's base was made."),
        ):
            if name in about:
                yield Gauges(f"linkrisk_snapshot_{name}", said, about[name])
        yield Gauges(
            "linkrisk_memory_bytes",
            "Memory of all processes of the service, what they share counted once.",
            memory(),
        )


def memory() -> int:
    """Bytes of memory (PSS) of this process and, where it is one of several workers, of all that
    its supervisor started."""
    return sum(map(resident, tree(_supervisor or os.getpid())))


def tree(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return found


def resident(pid: int) -> int:
    """Resident bytes of a process in proportion to sharing (PSS), files mapped included."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
