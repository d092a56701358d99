"""What clients send again, and when; a transport that fails as it is told stands for a network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.client import AsyncClient, Client, Retrying
from api.client.sending import VERSION_HEADER
from graph import errors

QUICK = Retrying(times=3, base=0.0, most=0.0)
GOOD = {"results": [{"party": "p1"}], "truncated": None}
Step = httpx.Response | Exception


class Network:
    """Answers each request with the next of its steps, and keeps what was asked."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        # A new one each time: a response is read once.
        return httpx.Response(step.status_code, content=step.content, headers=step.headers)


def good() -> httpx.Response:
    return httpx.Response(200, json=GOOD)


def problem(status: int, title: str = "x", **headers: str) -> httpx.Response:
    body = {"title": title, "detail": "said so", "status": status}
    return httpx.Response(status, json=body, headers=headers)


def waiting(network: Network, ask: Callable[[Any], Any]) -> Any:
    with Client("http://x", "t", retrying=QUICK, transport=httpx.MockTransport(network)) as client:
        return ask(client)


def not_waiting(network: Network, ask: Callable[[Any], Any]) -> Any:
    async def run() -> Any:
        transport = httpx.MockTransport(network)
        async with AsyncClient("http://x", "t", retrying=QUICK, transport=transport) as client:
            return await ask(client)

    return asyncio.run(run())


EITHER = pytest.mark.parametrize("either", [waiting, not_waiting])


@EITHER
@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("late"),
     problem(503), problem(502), problem(504), problem(429, **{"Retry-After": "0"})],
)  # fmt: skip
@pytest.mark.parametrize(
    "ask",
    [lambda c: c.related_parties(subject="c1"), lambda c: c.catalog(),
     lambda c: c.decide("propose", subject="c1"), lambda c: c.facts(["a:b"])],
)  # fmt: skip
def test_what_is_safe_is_sent_again(either: Any, failure: Step, ask: Any) -> None:
    network = Network(failure, failure, good())
    assert either(network, ask) == GOOD
    first, *others = network.asked
    assert len(others) == 2
    for again in others:
        assert (again.method, again.url, again.content) == (first.method, first.url, first.content)


def test_a_write_is_one_write_however_often_it_is_sent() -> None:
    network = Network(httpx.ReadError("reset"), good(), good())
    with Client("http://x", "t", retrying=QUICK, transport=httpx.MockTransport(network)) as client:
        client.decide("approve", "D-1", by="李四")
        client.decide("approve", "D-1", by="李四")
    keys = [request.headers["Idempotency-Key"] for request in network.asked]
    assert keys[0] == keys[1] != keys[2]
    assert all(b"key" not in request.content for request in network.asked)


@EITHER
@pytest.mark.parametrize(
    ("status", "title", "kind"),
    [(404, "UnknownSubject", errors.UnknownSubject), (422, "WrongUsage", errors.WrongUsage),
     (403, "Forbidden", errors.LinkriskError), (500, "x", errors.LinkriskError)],
)  # fmt: skip
def test_an_answer_that_stands_is_not_asked_again(
    either: Any, status: int, title: str, kind: type[Exception]
) -> None:
    network = Network(problem(status, title))
    with pytest.raises(kind, match="said so"):
        either(network, lambda c: c.subject("c1"))
    assert len(network.asked) == 1


@EITHER
def test_it_gives_up(either: Any) -> None:
    network = Network(*[httpx.ConnectError("refused") for _ in range(9)])
    with pytest.raises(httpx.ConnectError):
        either(network, lambda c: c.catalog())
    assert len(network.asked) == 1 + QUICK.times


@EITHER
def test_a_service_that_is_away_for_long_is_not_waited_for(either: Any) -> None:
    network = Network(problem(503, **{"Retry-After": "3600"}))
    with pytest.raises(errors.LinkriskError):
        either(network, lambda c: c.catalog())


def test_pauses_grow_and_are_bounded() -> None:
    policy = Retrying(times=30, base=0.1, most=2.0)
    for tried in range(1, 31):
        pauses = [policy.pause(tried, safe=True) for _ in range(200)]
        assert all(p is not None and 0 <= p <= min(2.0, 0.1 * 2**tried) for p in pauses)
        assert max(p for p in pauses if p is not None) > min(2.0, 0.1 * 2**tried) / 2
    assert policy.pause(31, safe=True) is None
    assert policy.pause(1, safe=True, status=503, told="7") == 7.0
    assert policy.pause(1, safe=False) is None
    assert policy.pause(1, safe=False, status=503) is None
    assert policy.pause(1, safe=False, status=429, told="1") == 1.0


def test_another_version_is_warned_of_once() -> None:
    network = Network(*[httpx.Response(200, json={}, headers={VERSION_HEADER: "99.1"})] * 2)
    with Client("http://x", "t", transport=httpx.MockTransport(network)) as client:
        with pytest.warns(UserWarning, match="linkrisk 99.1"):
            client.catalog()
        client.catalog()  # a second warning would be an error here


def test_ids_stand_in_paths_whatever_is_in_them() -> None:
    network = Network(good())
    waiting(network, lambda c: c.subject("reg:甲/乙?#%"))
    assert network.asked[0].url.raw_path == b"/v1/subjects/reg%3A%E7%94%B2%2F%E4%B9%99%3F%23%25"
