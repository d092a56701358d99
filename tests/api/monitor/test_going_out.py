"""Alerts as events to who subscribed, and what is left of the book when somebody is erased."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

import httpx
import pytest

from api.caller import DOMAINS
from api.kept import state_folder
from api.monitor.settings import MonitorSettings
from api.webhooks.book import Book as Hooks
from api.webhooks.book import Subscribed
from api.webhooks.pump import Pump
from api.webhooks.settings import WebhookSettings
from graph import times
from tests.api.conftest import RESIDENT
from tests.api.monitor.conftest import World, company, listing, tie
from tests.api.serving import served, until
from tests.api.webhooks.receiving import receiving

QUICK = MonitorSettings(detectors=())


def subscribe(hooks: Hooks, *domains: str, subjects: list[str] | None = None) -> str:
    hook, _ = hooks.subscribe(
        Subscribed(owner="owner", url="http://127.0.0.1:1/", events=["monitor.alert"],
                   subjects=subjects, domains=sorted(domains), note=None, batch=0, entry=0)
    )  # fmt: skip
    return hook.id


def test_an_alert_is_put_down_once_for_whoever_may_see_it(pair: World) -> None:
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    pair.run()  # before anybody subscribed
    with closing(Hooks(state_folder(pair.url), WebhookSettings())) as hooks:
        every = subscribe(hooks, *DOMAINS)
        registry = subscribe(hooks, "registry")
        of_a = subscribe(hooks, *DOMAINS, subjects=["d:a"])
        pump = Pump(pair.session, hooks)
        pump.run()
        assert hooks.counts(every)["waiting"] == 0
        pair.write(
            listing("la2", "a"), company("p"), company("q"), {"kind": "phone", "id": "t"},
            tie("u1", "p", "t", "uses_phone"), tie("u2", "q", "t", "uses_phone"),
            listing("lp", "p"), listing("lq", "q"),
        )  # fmt: skip
        alerts = {alert.id: alert for alert in pair.run()[1]}
        assert len(alerts) == 2
        for _ in range(3):
            while pump.run():
                pass
        told = {name: hooks.events(name, None, None, 10) for name in (every, registry, of_a)}
        assert [len(told[name]) for name in (every, registry, of_a)] == [2, 1, 1]
        (event,) = told[of_a]
        assert event.type == "monitor.alert"
        import msgspec

        body = msgspec.json.decode(event.body)
        alert = alerts[body["data"]["alert"]]
        assert body["type"] == "monitor.alert"
        assert body["timestamp"] == times.format_instant(alert.at)
        assert body["data"]["of"] == alert.of == event.subject
        assert [new["what"] for new in body["data"]["new"]] == ["listed"]
        assert "d:a" in body["data"]["members"]


def test_an_alert_reaches_a_receiver(pair: World) -> None:
    settings = (QUICK, WebhookSettings(first=0.02, longest=0.1, timeout=1.0))

    async def all_() -> None:
        with receiving() as receiver:
            async with served(pair.url, *settings) as client:
                asked = {"url": receiver.url, "events": ["monitor.alert"]}
                made = await client.post("/v1/webhooks", json=asked)
                assert made.status_code == 201, made.text
                receiver.secret = made.json()["secret"]
                pair.write(listing("lc", "c"), tie("g2", "b", "c"))
                asked = {"as_of": "2024-06-30"}
                wait = {"Prefer": "wait=30"}
                ran = await client.post("/v1/monitor/runs", json=asked, headers=wait)
                (ident,) = ran.json()["alerts"]

                async def came() -> Any:
                    return receiver.taken

                await until(came)
                ((_, body),) = receiver.taken
                assert body["data"]["alert"] == ident

    asyncio.run(all_())


def test_who_may_not_trace_may_not_subscribe(pair: World, tmp_path: Any) -> None:
    from api.caller import Caller
    from api.webhooks.subscribing import Asked
    from api.webhooks.subscribing import subscribe as ask

    asked = Asked(url="http://127.0.0.1:1/", events=["monitor.alert"])
    feed = Caller("feed", frozenset({"export"}), frozenset(DOMAINS))
    settings = WebhookSettings(loopback=True)
    with closing(Hooks(state_folder(pair.url), settings)) as hooks:
        with pytest.raises(Exception, match="scope trace"):
            ask(pair.session, hooks, feed, asked)
        tracing = Caller("feed", frozenset({"export", "trace"}), frozenset(DOMAINS))
        ask(pair.session, hooks, tracing, asked)


def test_who_is_erased_is_gone_from_the_book(world: World) -> None:
    world.settings = MonitorSettings(detectors=("transfer_cycles",), min_score=0.0)
    world.write(
        company("a"), company("b"), company("x"), company("y"),
        {"kind": "person", "id": "p", "name": "张三", "keys": {"resident_id": RESIDENT}},
    )  # fmt: skip
    world.run()
    world.write(
        listing("la", "a", valid_to="2024-03-01"), listing("lb", "b", valid_to="2024-03-01"),
        tie("r1", "p", "a", "legal_representative"), tie("r2", "p", "b", "legal_representative"),
        listing("lx", "x"), listing("ly", "y"), tie("g", "x", "y"),
    )  # fmt: skip
    person = world.session.snapshot().canonical(world.session.snapshot().resolve("d:p"))
    world.settings = QUICK
    assert len(world.news("2024-06-30")) == 1
    world.write(
        listing("la", "a", valid_to="2024-07-20"), listing("lb", "b", valid_to="2024-07-20")
    )
    world.run("2024-07-10")
    world.run("2024-07-30")  # the cluster of the person is over, and so are the listings
    texts = [str(row) for row in (*world.book.alerts(DOMAINS), *world.book.steps(DOMAINS),
                                  *(line.body for line in world.book.lines()))]  # fmt: skip
    assert any(person in text for text in texts)

    async def erase() -> httpx.Response:
        async with served(world.url) as client:
            return await client.post(
                "/v1/privacy/erasures",
                json={"subject": "d:p", "request": "R-1", "reason": "asked", "by": "x"},
            )

    erased = asyncio.run(erase())
    assert erased.status_code == 200, erased.text
    assert erased.json()["forgotten"]["alerts"] >= 2
    texts = [str(row) for row in (*world.book.alerts(DOMAINS), *world.book.steps(DOMAINS),
                                  *(line.body for line in world.book.lines()))]  # fmt: skip
    assert texts
    assert not any(person in text for text in texts)
    world.session.forget()
    assert world.run("2024-07-31")[1] == []  # and it goes on
