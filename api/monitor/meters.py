"""What the monitor counts, for Prometheus: asked of its book when the page is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.kept import state_folder
from api.monitor.book import Book
from graph import times
from graph.errors import StoreError

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class Monitored:
    """Meters of the monitor of a store; those of a run are absent before the first."""

    def __init__(self, url: str) -> None:
        self._url = url

    def collect(self) -> Iterator[Metric]:
        """One metric after the other. A book that cannot be read says nothing."""
        try:
            with Book(state_folder(self._url)) as book:
                yield from _meters(book)
        except StoreError:
            return


def _meters(book: Book) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    alerts = GaugeMetricFamily(
        "linkrisk_monitor_alerts_open", "Alerts that wait for a verdict.", labels=["kind"]
    )
    for kind, count in book.open_by_kind().items():
        alerts.add_metric([kind], count)
    yield alerts
    lines = GaugeMetricFamily(
        "linkrisk_monitor_clusters",
        "Lines of risk clusters by what was seen of them last.",
        labels=["state"],
    )
    for state, count in book.lines_by_state().items():
        lines.add_metric([state], count)
    yield lines
    yield CounterMetricFamily(
        "linkrisk_monitor_failures", "Runs of the monitor that failed.", book.failures()[0]
    )
    if (last := book.last()) is None:
        return
    yield CounterMetricFamily("linkrisk_monitor_runs", "Runs of the monitor.", last.no)
    for name, said, value in (
        ("age_seconds", "Seconds since the last run ended.", times.now() - last.finished),
        ("duration_seconds", "Seconds that the last run took.", last.finished - last.started),
        ("timestamp_seconds", "When the last run ended.", last.finished),
    ):
        yield GaugeMetricFamily(f"linkrisk_monitor_last_run_{name}", said, value / 1e6)
    yield GaugeMetricFamily(
        "linkrisk_monitor_last_run_batch", "The batch up to which the last run saw.", last.batch
    )
    yield GaugeMetricFamily(
        "linkrisk_monitor_last_run_cases", "Cases that the last run saw.", last.told["cases"]
    )
