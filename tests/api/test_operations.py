"""What runs the service sees of it: meters, ids of requests, traces; nothing of any subject."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api import telemetry
from api.app import Service, make_app
from api.auth import Access
from api.observing import request_id
from api.session import Session
from graph.errors import InputError
from tests.api.conftest import RESIDENT
from tests.api.test_workers import running, until

TOKEN = "t" * 32
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
NAMED = ("13800138000", RESIDENT, "reg:p1", "张三")
Sample = tuple[str, tuple[tuple[str, str], ...]]


def asked(
    url: str,
    *paths: str,
    base: str = "http://localhost",
    headers: Mapping[str, str] = HEADERS,
    **service: Any,
) -> list[httpx.Response]:
    """The answers to GETs, one after the other, of one app."""

    async def get() -> list[httpx.Response]:
        with Session(url) as session:
            app = make_app(session, Service(Access(TOKEN, None), **service))
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url=base) as http:
                return [await http.get(path, headers=headers) for path in paths]

    return asyncio.run(get())


def samples(text: str) -> dict[Sample, float]:
    """What Prometheus reads in a page."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_meters_count_routes_answers_and_bounds(filled: str) -> None:
    related = "/v1/related-parties?as_of=2022-01-05&subject=reg:p1"
    *_, page = asked(
        filled, related, f"{related}&depth=99", "/v1/subjects/nobody", "/v1/nothing", "/metrics"
    )
    assert page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(page.text)

    def value(name: str, **labels: str) -> float:
        return found[name, tuple(sorted(labels.items()))]

    route = "/v1/related-parties"
    assert value("linkrisk_requests_total", route=route, method="GET", status="200") == 2
    assert value("linkrisk_request_seconds_count", route=route) == 2
    subject = "/v1/subjects/{id:path}"
    assert value("linkrisk_requests_total", route=subject, method="GET", status="404") == 1
    assert value("linkrisk_requests_total", route="(none)", method="GET", status="404") == 1
    assert value("linkrisk_answers_total", algorithm="related_parties", inline="no") == 2
    assert value("linkrisk_answers_truncated_total", algorithm="related_parties") == 1
    assert value("linkrisk_questions_running") == value("linkrisk_questions_waiting") == 0
    assert value("linkrisk_workers") == 1
    assert value("linkrisk_snapshot_records") == 4
    assert value("linkrisk_snapshot_behind_batches") == 0
    assert value("linkrisk_memory_bytes") > 1e6


def test_no_label_names_a_subject(filled: str) -> None:
    paths = [f"/v1/related-parties?subject={each}" for each in NAMED]
    paths += [f"/v1/subjects/{each}" for each in NAMED] + [f"/{each}" for each in NAMED]
    *_, page = asked(filled, *paths, "/metrics")
    assert not any(each in page.text for each in NAMED)


def test_meters_need_a_caller(filled: str) -> None:
    (page,) = asked(filled, "/metrics", headers={})
    assert page.status_code == 401


def test_their_own_address_answers_them_and_nothing_else(filled: str) -> None:
    page, other, health = asked(
        filled, "/metrics", "/v1/algorithms", "/healthz",
        base="http://localhost:9100", headers={}, metrics_port=9100,
    )  # fmt: skip
    assert samples(page.text)
    assert [other.status_code, health.status_code] == [404, 404]
    answers = asked(filled, "/metrics", "/healthz", base="http://localhost:8000", headers={},
                    metrics_port=9100)  # fmt: skip
    assert [answer.status_code for answer in answers] == [401, 200]


def test_workers_count_into_one_page(filled: str, tmp_path: Path) -> None:
    with running(filled, tmp_path / "two", 2) as service, service.client() as http:
        until(lambda: http.get("/readyz").status_code == 200)
        for _ in range(20):
            with service.client() as fresh:
                assert fresh.get("/v1/algorithms").status_code == 200
        found = samples(http.get("/metrics").text)
    count = "linkrisk_requests_total"
    labels = (("method", "GET"), ("route", "/v1/algorithms"), ("status", "200"))
    assert found[count, labels] == 20
    assert found["linkrisk_workers", ()] == 2


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (b"4bf92f3577b34da6a3ce929d0e0e4736", True),
        (b"0190a1b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b", True),
        (b"punish-2026.11:42", True),
        (b"short", False),
        (b"x" * 65, False),
        (b"two words here", False),
        (b'break"the-log', False),
        (b"line\nbreak-in-it", False),
        ("名字名字名字".encode(), False),
        (b"13800138000", False),
        (b"case-13800138000-a", False),
        (RESIDENT.encode(), False),
        (None, False),
    ],
)
def test_an_id_is_taken_where_it_is_sane_and_personal_to_nobody(
    given: bytes | None, taken: bool
) -> None:
    found = request_id(given)
    assert (given is not None and found == given.decode()) == taken
    assert request_id(found.encode()) == found


def test_every_answer_has_its_requests_id(filled: str) -> None:
    paths = ("/healthz", "/v1/algorithms", "/nothing")
    given = asked(filled, *paths, headers={**HEADERS, "X-Request-ID": "asked-by-a-test"})
    assert {answer.headers["x-request-id"] for answer in given} == {"asked-by-a-test"}
    made = asked(filled, *paths, headers={})
    assert len({answer.headers["x-request-id"] for answer in made}) == 3


# -- traces -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("around", "exporter"),
    [
        ({}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, None),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, None),
    ],
)
def test_the_standard_variables_turn_traces_on(
    around: dict[str, str], exporter: str | None
) -> None:
    assert telemetry.wanted(around) == exporter


def test_an_unknown_exporter_is_refused() -> None:
    with pytest.raises(InputError, match="otlp, console or none, not 'zipkin'"):
        telemetry.wanted({"OTEL_TRACES_EXPORTER": "zipkin"})


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Where spans are sent, and what came."""
    came: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", came
        server.shutdown()
        thread.join()


def test_spans_name_routes_and_nobody(
    filled: str, tmp_path: Path, collector: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTraceServiceRequest,
    )

    address, came = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    parent = "4bf92f3577b34da6a3ce929d0e0e4736"
    with running(filled, tmp_path / "one") as service:
        with service.client() as http:
            traced = {"traceparent": f"00-{parent}-00f067aa0ba902b7-01"}
            asked_for = {"subject": "13800138000"}
            assert http.post("/v1/related-parties", json=asked_for, headers=traced).is_success
            assert http.get("/broken/13800138000").status_code == 500
        service.process.terminate()
        assert service.process.wait(30) == 0
    assert not any(b"13800138000" in body for body in came)
    spans = [
        span
        for body in came
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    named = {span.name: span for span in spans}
    assert set(named) == {
        "POST /v1/related-parties", "answer related_parties", "GET /broken/{what}",
    }  # fmt: skip
    outer, inner = named["POST /v1/related-parties"], named["answer related_parties"]
    assert outer.trace_id == inner.trace_id == bytes.fromhex(parent)
    assert inner.parent_span_id == outer.span_id
    failed = {each.key: each.value.int_value for each in named["GET /broken/{what}"].attributes}
    assert failed["http.response.status_code"] == 500
    assert named["GET /broken/{what}"].status.code == 2  # ERROR
