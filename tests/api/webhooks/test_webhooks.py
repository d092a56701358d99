"""Subscriptions: what is asked for, what events say, what becomes of those that fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from api.access.exposure import access_of
from api.access.settings import AccessSettings
from api.app import Service, make_app
from api.caller import DOMAINS
from api.cli import main as cli
from api.once import HEADER
from api.session import Session
from api.webhooks.book import Book, Draft, Hook, Subscribed, UnknownWebhook
from api.webhooks.guard import may_go
from api.webhooks.pump import Pump
from api.webhooks.sender import Sender, Sent, signed
from api.webhooks.settings import WebhookSettings
from api.webhooks.worker import pause
from graph.facts import Normaliser
from graph.store import Store, open_store
from graph.times import today
from tests.api.access.asking import ask
from tests.api.decisions.conftest import ACT, FACTS, MEASURE
from tests.api.serving import TOKEN, served, until
from tests.api.webhooks.receiving import receiving

QUICK = WebhookSettings(first=0.02, longest=0.1, timeout=1.0)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


@pytest.fixture
def world(store: Store, store_url: str) -> str:
    far = f"{int(today()[:4]) + 2}-01-01"
    normaliser = Normaliser("d", store.id_key)
    store.write("b1", [normaliser.row(f) for f in [*FACTS[:-1], FACTS[-1] | {"until": far}]])
    return store_url


async def subscribed(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    made = await client.post("/v1/webhooks", json=asked)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/v1/webhooks/{made.json()['id']}"
    found: dict[str, Any] = made.json()
    return found


def record(url: str, batch: str, facts: list[dict[str, Any]]) -> None:
    with closing(open_store(url)) as store:
        store.write(batch, [Normaliser("d", store.id_key).row(f) for f in facts])


@pytest.mark.neo4j
def test_what_events_say(world: str) -> None:
    """Of a watched subject its changes, of a batch its numbers, of a decision its steps; signed as
    the standard's own library verifies, and no more than was asked for."""

    async def main() -> None:
        with receiving() as receiver:
            async with served(world, QUICK) as client:
                made = await subscribed(
                    client, url=receiver.url, subjects=["c1"],
                    events=["subject.changed", "batch.recorded", "decision.*"],
                )  # fmt: skip
                receiver.secret = made["secret"]
                asked = {"subject": "c1", "measure": MEASURE, "act": ACT, "by": "张三"}
                about = (await client.post("/v1/decisions", json=asked | {"party": "p1"})).json()
                step = f"/v1/decisions/{about['id']}"
                assert (await client.post(f"{step}/approve", json={"by": "李四"})).is_success
                facts = [{"kind": "company", "id": "c1", "name": "新名"},
                         {"kind": "retract", "id": "s4"},
                         {"kind": "company", "id": "c9", "name": "不相干"}]  # fmt: skip
                await asyncio.to_thread(record, world, "b2", facts)
                found = await asyncio.to_thread(receiver.wait_for, 4)
        by_type = {each["type"]: each for each in found}
        assert set(by_type) == {
            "decision.proposed", "decision.approved", "subject.changed", "batch.recorded",
        }  # fmt: skip
        data = by_type["subject.changed"]["data"]
        assert (data["subject"], data["records"]) == ("d:c1", ["d:c1"])
        assert data["recorded"] == {"company": 1}
        assert data["retracted"] == {"company": 1, "shareholder": 1}
        assert data["facts"] == ["d:s4", "d:c1"]
        assert by_type["batch.recorded"]["data"]["batch"] == 2
        data = by_type["decision.approved"]["data"]
        assert (data["decision"], data["step"], data["party"]) == (about["id"], "approved", "d:p1")
        assert "李四" not in str(found) and "张三" not in str(found)
        assert all(h["content-type"] == "application/json" for h in receiver.headers)

    run(main())


def test_what_names_a_person_is_recorded_before_it_is_sent(world: str) -> None:
    """Whose events, to which subscription; of a company alone, nothing."""

    async def main() -> None:
        with receiving() as receiver:
            async with served(world, QUICK) as client:
                made = await subscribed(client, url=receiver.url, subjects=["c1", "p1"],
                                        events=["subject.changed"])  # fmt: skip
                facts = [{"kind": "company", "id": "c1", "name": "新名"},
                         {"kind": "person", "id": "p1", "name": "新姓名"}]  # fmt: skip
                await asyncio.to_thread(record, world, "b2", facts)
                await asyncio.to_thread(receiver.wait_for, 2)
                reads = (await client.get("/v1/audit/reads?limit=1000")).json()["results"]
        found = [each for each in reads if f"webhook {made['id']}" in str(each)]
        assert len(found) == 1
        assert "d:p1" in str(found) and "d:c1" not in str(found)

    run(main())


def test_a_signature_is_the_standards(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worked example of the specification's reference libraries: id, moment and payload."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    moment = datetime.fromtimestamp(1614265330, UTC)
    body = b'{"test": 2432232314}'
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", body, [secret], moment)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    now = signed("msg_1", body, ["whsec_b3RoZXI=", secret])
    assert Webhook(secret).verify(body, now) == {"test": 2432232314}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", now)


def test_new_subscriptions_hear_what_comes_after_them(world: str) -> None:
    async def main() -> None:
        with receiving() as one, receiving() as two:
            async with served(world, QUICK) as client:
                await subscribed(client, url=one.url, events=["batch.recorded"])
                await asyncio.to_thread(record, world, "b2",
                                        [{"kind": "company", "id": "x", "name": "x"}])  # fmt: skip
                await asyncio.to_thread(one.wait_for, 1)
                await subscribed(client, url=two.url, events=["batch.recorded"])
                await asyncio.to_thread(record, world, "b3",
                                        [{"kind": "company", "id": "y", "name": "y"}])  # fmt: skip
                await asyncio.to_thread(one.wait_for, 2)
                (event,) = await asyncio.to_thread(two.wait_for, 1)
                assert event["data"]["batch"] == 3

    run(main())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "url"),
        ({"url": "https://example.org/"}, "events"),
        ({"url": "https://example.org/", "events": []}, "events"),
        ({"url": "https://example.org/", "events": ["subject.chnged"]}, "subject.chnged"),
        ({"url": "https://example.org/", "events": ["subject.changed"]}, "subjects"),
        ({"url": "http://127.0.0.1/", "events": ["decision.*"], "subject": []}, "subject"),
        ({"url": "http://127.0.0.1/", "events": ["decision.*"], "subjects": ["nobody"]}, "nobody"),
        *(
            ({"url": url, "events": ["decision.*"]}, "url")
            for url in (
                "ftp://example.org/", "example.org", "https://", "https://user:pw@127.0.0.1/",
                "https://127.0.0.1/#x", "https://127.0.0.1:99999/", "http://93.184.215.14/",
                "https://10.0.0.1/", "https://192.168.1.1/x", "https://172.16.0.1/",
                "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/",
                "https://[fe80::1]/", "https://0.0.0.0/", "https://[::]/",
                "https://100.64.0.1/", "https://[::ffff:10.0.0.1]/", "https://0x0a000001/",
                "https://167772161/", "https://[64:ff9b::a00:1]/", "https://224.0.0.1/",
                "https://127.0.0.1/ x", "file:///etc/passwd", "https://255.255.255.255/",
            )
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_subscribed(world: str, asked: dict[str, Any], said: str) -> None:
    async def main() -> None:
        async with served(world, QUICK) as client:
            answer = await client.post("/v1/webhooks", json=asked)
            assert answer.status_code in (404, 422), answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert said in answer.json()["detail"]
            assert (await client.get("/v1/webhooks")).json() == {"results": []}

    run(main())


@pytest.mark.parametrize(
    ("address", "plain", "allowing"),
    [
        ("93.184.215.14", True, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, True),
        ("127.0.0.1", True, True),
        ("::1", True, True),
        ("10.1.2.3", False, True),
        ("10.2.0.1", False, False),
        ("::ffff:10.1.2.3", False, True),
        ("169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
    ],
)
def test_where_events_may_go(address: str, plain: bool, allowing: bool) -> None:
    assert may_go(address, WebhookSettings(loopback=True)) is plain
    allow = WebhookSettings(loopback=True, allow=("10.1.0.0/16",))
    assert may_go(address, allow) is allowing
    if address in ("127.0.0.1", "::1"):
        assert not may_go(address, WebhookSettings(loopback=False))
        assert not may_go(address, WebhookSettings())
    with pytest.raises(ValueError, match="ten"):
        WebhookSettings(allow=("ten",))


def test_a_name_that_turns_inside_is_refused_when_it_is_sent_to(
    world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check is on the address that is connected to, whatever the name led to before."""
    from api.webhooks import guard

    places = {"example.org": ["93.184.215.14"]}
    look = guard._lookup
    monkeypatch.setattr(guard, "_lookup", lambda h, p: places.get(h) or look(h, p))

    async def main() -> None:
        async with served(world, QUICK) as client:
            made = await subscribed(client, url="https://example.org/", events=["batch.recorded"])
            places["example.org"] = ["10.0.0.1"]
            tried = (await client.post(f"/v1/webhooks/{made['id']}/test")).json()
            assert (tried["delivered"], tried["code"]) == (False, None)
            assert "may not be sent to" in tried["error"]

    run(main())


def test_try_pause_and_remove(world: str) -> None:
    async def main() -> None:
        with receiving() as receiver:
            async with served(world, QUICK) as client:
                made = await subscribed(client, url=receiver.url, events=["batch.recorded"])
                where, receiver.secret = f"/v1/webhooks/{made['id']}", made["secret"]
                tried = (await client.post(f"{where}/test")).json()
                assert (tried["delivered"], tried["code"]) == (True, 204)
                assert receiver.events()[0]["type"] == "webhook.test"
                shown = (await client.get(where)).json()
                assert "secret" not in str(shown) and made["secret"] not in str(shown)
                await client.patch(where, json={"state": "paused"})
                facts = [{"kind": "company", "id": "x", "name": "x"}]
                await asyncio.to_thread(record, world, "b2", facts)

                async def waiting() -> Any:
                    return (await client.get(where)).json()["counts"]["waiting"]

                assert await until(waiting) == 1
                await client.patch(where, json={"state": "active"})
                await asyncio.to_thread(receiver.wait_for, 2)
                turned = (await client.post(f"{where}/secret")).json()["secret"]
                for secret in (made["secret"], turned):  # both sign, for a day
                    receiver.secret = secret
                    tried = (await client.post(f"{where}/test")).json()
                    assert tried["delivered"]
                (event,) = (await client.get(f"{where}/deliveries")).json()["results"]
                assert (event["status"], event["tries"], event["code"]) == ("delivered", 1, 204)
                assert (await client.delete(where)).status_code == 204
                assert (await client.get(where)).status_code == 404
                assert (await client.get(f"{where}/deliveries")).status_code == 404

    run(main())


def test_the_dead_are_shown_and_sent_again(world: str) -> None:
    """What no receiver took in time is dead, is no longer in the way, and can be replayed."""
    works = [False]

    async def main() -> None:
        quick = WebhookSettings(first=0.02, longest=0.05, give_up=0.2, timeout=1.0)
        with receiving(lambda _: 204 if works[0] else 500) as receiver:
            async with served(world, quick) as client:
                made = await subscribed(client, url=receiver.url, events=["batch.recorded"])
                where = f"/v1/webhooks/{made['id']}"
                facts = [{"kind": "company", "id": "x", "name": "x"}]
                await asyncio.to_thread(record, world, "b2", facts)

                async def dead() -> Any:
                    return (await client.get(f"{where}/deliveries?status=dead")).json()["results"]

                (event,) = await until(dead)
                assert (event["error"], event["code"]) == ("HTTP 500", 500)
                assert event["tries"] > 1 and event["body"]["data"]["batch"] == 2
                works[0] = True
                assert (await client.post(f"{where}/replay", json={})).json() == {"replayed": 1}
                assert len(await asyncio.to_thread(receiver.wait_for, 1)) == 1
                since = {"since": "2000-01-01"}

                async def delivered() -> Any:
                    return (await client.get(where)).json()["counts"]["delivered"]

                await until(delivered)
                assert (await client.post(f"{where}/replay", json=since)).json() == {"replayed": 1}
                bad = await client.post(f"{where}/replay", json={"since": "soon"})
                assert bad.status_code in (400, 422)

    run(main())


def test_a_receiver_that_is_gone_is_sent_nothing_more(world: str) -> None:
    async def main() -> None:
        with receiving(lambda _: 410) as receiver:
            async with served(world, QUICK) as client:
                made = await subscribed(client, url=receiver.url, events=["batch.recorded"])
                where = f"/v1/webhooks/{made['id']}"
                facts = [{"kind": "company", "id": "x", "name": "x"}]
                await asyncio.to_thread(record, world, "b2", facts)

                async def gone() -> Any:
                    found = (await client.get(where)).json()
                    return found["state"] == "gone" and found

                found = await until(gone)
                assert found["counts"]["waiting"] == 1
                assert receiver.attempts == 1

    run(main())


@pytest.mark.parametrize(
    ("host", "names", "proxy", "local"),
    [
        ("127.0.0.1", [], (), True), ("localhost", [], (), True),
        ("0.0.0.0", [], ("10.0.0.9",), False),
        ("127.0.0.1", ["risk.example.org"], (), False), ("127.0.0.1", [], ("10.0.0.9",), False),
    ],
)  # fmt: skip
def test_what_listens_here_is_reached_by_who_is_here_only(
    world: str, monkeypatch: pytest.MonkeyPatch, host: str, names: list[str],
    proxy: tuple[str, ...], local: bool
) -> None:  # fmt: skip
    """A service that others ask is no way to this machine's own ports, unless settings say so."""
    monkeypatch.setenv("LINKRISK_TOKEN", TOKEN)
    access = access_of(AccessSettings(behind_proxy=proxy), world, host, names)
    for given, expected in ((None, local), (True, True), (False, False)):
        with Session(world) as session:
            parts = (WebhookSettings(loopback=given),)
            app = make_app(session, Service(access, parts=parts))
            body = b'{"url": "http://127.0.0.1:9/", "events": ["batch.recorded"]}'
            answer = ask(app, "POST", "/v1/webhooks", token=TOKEN, body=body, scheme="https")
        assert answer.status == (201 if expected else 422), answer.body
        if not expected:
            assert "may not be sent to" in answer.detail


def test_subscribing_twice_under_one_key(world: str) -> None:
    async def main() -> None:
        async with served(world, QUICK) as client:
            asked = {"url": "http://127.0.0.1:9/", "events": ["batch.recorded"]}
            first, again = [
                await client.post("/v1/webhooks", json=asked, headers={HEADER: "k"}) for _ in "ab"
            ]
            assert first.content == again.content
            assert again.status_code == 201
            assert len((await client.get("/v1/webhooks")).json()["results"]) == 1

    run(main())


def test_by_the_command(world: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The same subscriptions as the service's; what is sent again waits for it."""

    def told(*args: str, code: int = 0) -> Any:
        assert cli(["webhooks", *args, "--store", world, "--json"]) == code
        return json.loads(capfd.readouterr().out)

    with receiving() as receiver:
        made = told("add", receiver.url, "--events", "batch.recorded,decision.*")
        ident, receiver.secret = made["id"], made["secret"]
        assert told("test", ident)["delivered"]
        assert [hook["id"] for hook in told("list")["results"]] == [ident]
        assert told("show", ident)["counts"] == {"waiting": 0, "delivered": 0, "dead": 0}
        assert told("pause", ident)["state"] == "paused"
        assert told("resume", ident)["state"] == "active"
        assert told("replay", ident) == {"replayed": 0}

        async def main() -> None:
            async with served(world, QUICK) as client:
                shown = (await client.get("/v1/webhooks")).json()
                assert shown == told("list")
                facts = [{"kind": "company", "id": "x", "name": "x"}]
                await asyncio.to_thread(record, world, "b2", facts)
                await asyncio.to_thread(receiver.wait_for, 2)
                where = f"/v1/webhooks/{ident}/deliveries?limit=1"

                async def delivered() -> Any:
                    (row,) = (await client.get(where)).json()["results"]
                    return row["status"] == "delivered"

                await until(delivered)
                assert told("deliveries", ident, "--limit", "1") == (await client.get(where)).json()

        run(main())
    assert told("test", ident, code=1)["delivered"] is False
    assert cli(["webhooks", "remove", ident, "--store", world]) == 0
    for args, code in (
        (["show", ident], 3),
        (["add", "https://10.0.0.1/", "--events", "batch.recorded"], 2),
        (["add", "https://127.0.0.1/"], 2),
        (["deliveries", ident, "--before", "x"], 2),
    ):
        capfd.readouterr()
        assert cli(["webhooks", *args, "--store", world]) == code
        assert len(capfd.readouterr().err.splitlines()) == 1


# -- the book ----------------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path, QUICK)


def hook(book: Book, owner: str = "a") -> Hook:
    return book.subscribe(Subscribed(owner=owner, url="https://x/", events=["batch.recorded"],
                                     subjects=None, domains=[], note=None, batch=0,
                                     entry=0))[0]  # fmt: skip


def put(book: Book, one: Hook, *subjects: str) -> None:
    at = book.cursor("changes")
    drafts = [Draft(hook=one.id, id=f"{at}-{n}", type="t", subject=subject, body=b"{}")
              for n, subject in enumerate(subjects)]  # fmt: skip
    assert book.put(drafts, "changes", at, (at or 0) + 1)


def test_a_feed_is_taken_in_once(book: Book) -> None:
    """Whoever read from a place that is no longer the newest puts nothing down."""
    one = hook(book)
    draft = Draft(hook=one.id, id="m1", type="t", subject="s", body=b"{}")
    assert book.put([draft], "changes", None, 5)
    assert not book.put([draft], "changes", None, 5)
    assert not book.put([draft], "changes", 4, 6)
    assert book.put([draft], "changes", 5, 6)
    assert (book.cursor("changes"), book.counts(one.id)["waiting"]) == (6, 1)


def test_of_a_domain_that_is_not_granted_nothing_is_told(world: str, tmp_path: Path) -> None:
    """An invoice is the tax office's: who is granted the register alone hears of the share only."""
    book = Book(tmp_path / "state", QUICK)
    facts = [{"kind": "invoice", "id": "i1", "from": "c1", "to": "c2", "amount": "9.00",
              "tax": "1.00", "at": "2021-01-01"},
             {"kind": "shareholder", "id": "s9", "from": "p1", "to": "c1", "share": "0.2"},
             {"kind": "listing", "id": "b9", "subject": "c1", "list": "black", "domain": "tax"},
             {"kind": "company", "id": "c2", "name": "乙"}]  # fmt: skip
    told = {}
    with Session(world) as session:
        for name, domains in (("all", [*DOMAINS]), ("some", ["registry"]), ("none", [])):
            told[name] = book.subscribe(Subscribed(
                owner="a", url="https://x/", events=["subject.changed"], subjects=["c1"],
                domains=domains, note=None, batch=1, entry=0))[0].id  # fmt: skip
        record(world, "b2", facts)
        Pump(session, book).run()
    seen = {}
    for name, ident in told.items():
        rows = [json.loads(event.body)["data"] for event in book.events(ident, None, None, 10)]
        seen[name] = [row["recorded"] for row in rows]
    assert seen == {
        "all": [{"invoice": 1, "shareholder": 1, "listing": 1}], "some": [{"shareholder": 1}],
        "none": [],
    }  # fmt: skip


def test_of_each_subject_the_oldest_is_due(book: Book) -> None:
    one = hook(book)
    put(book, one, "s", "s", "t", "u")
    due = book.due(10)
    assert [e.subject for e in due] == ["s", "t", "u"]
    assert [e.subject for e in book.due(10, {(one.id, "t")})] == ["s", "u"]
    book.sent(due[0], Sent(ok=False, code=500, error="x"), wait=60)
    assert [e.subject for e in book.due(10)] == ["t", "u"]  # what follows in "s" waits for it
    book.sent(due[1], Sent(ok=True, code=200), wait=0)
    assert [e.subject for e in book.due(10)] == ["u"]


def test_a_receiver_in_trouble_is_given_rest(book: Book, later: Callable[[float], None]) -> None:
    one, other = hook(book), hook(book)
    put(book, one, *(f"s{n}" for n in range(9)))
    put(book, other, "s")
    for event in book.due(3):
        book.sent(event, Sent(ok=False, code=500, error="x"), wait=0)
    assert {event.hook for event in book.due(99)} == {other.id}
    later(QUICK.longest)
    event = book.due(1)[0]
    book.sent(event, Sent(ok=True, code=200), wait=0)
    assert (book.get(one.id).failures, len(book.due(99))) == (0, 9)


def test_one_process_at_a_time(tmp_path: Path, later: Callable[[float], None]) -> None:
    one, two = (Book(tmp_path, WebhookSettings(lease=10)) for _ in range(2))
    assert one.hold("1") and one.hold("1") and not two.hold("2")
    later(9)
    assert not two.hold("2")
    later(2)
    assert two.hold("2") and not one.hold("1")
    two.let_go("2")
    assert one.hold("1")


def test_subscriptions_are_their_owners(book: Book) -> None:
    mine, theirs = hook(book), hook(book, "b")
    assert [h.id for h in book.hooks("a")] == [mine.id]
    calls: list[Callable[[], object]] = [
        lambda: book.get(theirs.id, "a"), lambda: book.remove(theirs.id, "a"),
        lambda: book.rotate(theirs.id, "a"), lambda: book.replay(theirs.id, None, "a"),
        lambda: book.set_state(theirs.id, "paused", "a"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(UnknownWebhook):
            call()


def test_pauses_grow_to_a_bound() -> None:
    settings = WebhookSettings(first=1, longest=100)
    for tries, most in ((1, 1), (2, 2), (5, 16), (8, 100), (10_000, 100)):
        found = [pause(settings, tries, None) for _ in range(200)]
        assert most / 2 <= min(found) < max(found) <= most
    assert pause(settings, 1, 50) == 50
    assert pause(settings, 1, 1e9) <= 100


@pytest.mark.parametrize(
    "asked",
    [
        f"Fri, 31 Dec {'9' * 30} 23:59:59 GMT", f"Fri, 31 Dec 2027 23:59:59 +{'9' * 30}",
        "Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 31 Dec 0000 23:59:59 GMT", "soon", "9" * 40,
    ],
)  # fmt: skip
def test_an_absurd_moment_to_come_back_at_is_a_failure_as_any(asked: str) -> None:
    """Whatever a receiver writes into Retry-After."""

    async def main() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 503 Busy\r\nRetry-After: {asked}\r\n"
                         "Content-Length: 0\r\n\r\n".encode())  # fmt: skip
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            sender = Sender(WebhookSettings(loopback=True))
            secret = "whsec_b3RoZXI="
            sent = await sender.send(f"http://127.0.0.1:{port}/", "m", b"{}", [secret])
            await sender.close()
        assert (sent.ok, sent.code, sent.error) == (False, 503, "HTTP 503")

    run(main())


def test_an_attempt_that_breaks_off_is_noted_and_waits(
    world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw counts as a failure: the next attempt comes after a pause."""
    broken = 0

    async def attempt(*_: object) -> Sent:
        nonlocal broken
        broken += 1
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(Sender, "send", attempt)

    async def main() -> None:
        async with served(world, WebhookSettings(first=3600.0, longest=3600.0)) as client:
            made = await subscribed(client, url="http://127.0.0.1:9/", events=["batch.recorded"])
            facts = [{"kind": "company", "id": "x", "name": "x"}]
            await asyncio.to_thread(record, world, "b2", facts)

            async def noted() -> Any:
                where = f"/v1/webhooks/{made['id']}/deliveries"
                rows = (await client.get(where)).json()["results"]
                return rows and rows[0]["tries"] and rows[0]

            row = await until(noted)
            assert (row["status"], row["tries"]) == ("waiting", 1)
            assert row["error"] == "RuntimeError: not foreseen"
            assert broken == 1

    run(main())
