"""OpenTelemetry traces: off, unless the standard variables OTEL_* say where they go.

A span a request, named by its route; no path, query, parameter or subject is in it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from graph.errors import InputError

if TYPE_CHECKING:
    from starlette.types import Scope

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def wanted(environment: Mapping[str, str] | None = None) -> str | None:
    """The exporter that the variables name, `otlp` or `console`; None: no traces.

    Raises InputError for one that is not known here.
    """
    around = os.environ if environment is None else environment
    if around.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    named = around.get("OTEL_TRACES_EXPORTER", "")
    if named in {"otlp", "console"}:
        return named
    if named and named != "none":
        raise InputError(f"OTEL_TRACES_EXPORTER is otlp, console or none, not {named[:40]!r}")
    return "otlp" if not named and any(around.get(name) for name in _ENDPOINTS) else None


class Tracing:
    """What makes the spans of one process; closed at its end, which sends those that wait."""

    def __init__(self, exporter: str) -> None:
        """Raises InputError where the packages are not there."""
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
        except ImportError:
            raise InputError("traces need the extra `otel`: pip install 'linkrisk[otel]'") from None
        named = os.environ.get("OTEL_SERVICE_NAME")
        self._provider = TracerProvider(
            resource=Resource.create({} if named else {"service.name": "linkrisk"})
        )
        sink: Any
        if exporter == "console":
            sink = ConsoleSpanExporter(out=sys.stdout)
        else:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            sink = OTLPSpanExporter()
        self._provider.add_span_processor(BatchSpanProcessor(sink))
        self._tracer = self._provider.get_tracer("linkrisk")

    @contextmanager
    def request(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Iterator[Any]:
        """A request's span, under that of its caller where `traceparent` names one."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carried = {
            name: headers[name.encode()].decode("latin-1")
            for name in ("traceparent", "tracestate")
            if name.encode() in headers
        }
        with self._tracer.start_as_current_span(
            str(scope["method"]),
            context=TraceContextTextMapPropagator().extract(carried),
            kind=SpanKind.SERVER,
            record_exception=False,  # its message may hold what was asked for
            set_status_on_exception=False,
        ) as span:
            yield span

    def end(self, span: Any, method: str, route: str, status: int) -> None:
        """Say what came of it."""
        from opentelemetry.trace import Status, StatusCode

        span.update_name(f"{method} {route}")
        span.set_attribute("http.request.method", method)
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))

    @contextmanager
    def work(self, name: str) -> Iterator[None]:
        """A span of what happens within a request."""
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ):
            yield

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()
