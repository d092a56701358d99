"""What webhooks keep of an erased person goes with the rest; what they keep at all has its time."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.kept import state_folder
from api.webhooks.book import Book, Draft, Hook, Subscribed
from api.webhooks.sender import Sent
from api.webhooks.settings import WebhookSettings
from graph.facts import Normaliser
from graph.store import open_store
from graph.times import now
from tests.api.access.world import FACTS, PHONE, RESIDENT
from tests.api.serving import served

DAY = 86_400_000_000
SAID = {"request": "2026-1", "reason": "PIPL art. 47", "by": "李办"}
OTHER = {"kind": "person", "id": "p10", "name": "王五"}


def record(url: str, batch: str, *facts: dict[str, Any]) -> None:
    with closing(open_store(url, create=True)) as store:
        written = store.write(batch, [Normaliser("reg", store.id_key).row(f) for f in facts])
        assert not written.rejected


@pytest.mark.neo4j
def test_events_and_subscriptions_that_name_an_erased_person(store_url: str) -> None:
    """Whatever became of the events; those of others stay, also of one whose id begins alike, and
    so do events of companies. The one that watched nobody else pauses and says so."""
    url = store_url
    record(url, "b1", *FACTS, OTHER)

    async def conversation() -> None:
        async with served(url) as client:

            async def made(*subjects: str, **more: Any) -> str:
                asked = {"url": "http://127.0.0.1:9/", "events": ["subject.changed"],
                         "subjects": subjects, **more}  # fmt: skip
                answer = await client.post("/v1/webhooks", json=asked)
                assert answer.status_code == 201, answer.text
                ident: str = answer.json()["id"]
                await client.patch(f"/v1/webhooks/{ident}", json={"state": "paused"})
                return ident

            both = await made("reg:p1", "reg:p10", "c1", note="张三与王五")
            alone = await made(RESIDENT)
            other = await made("p10", "c1")
            record(url, "b2", {**FACTS[2], "attrs": {"note": "改"}},
                   {"kind": "person", "id": "p10", "name": "王伍"},
                   {**FACTS[0], "name": "新公司"})  # fmt: skip
            pump = client._transport.app.state.webhooks._pump  # type: ignore[attr-defined]
            while await asyncio.to_thread(pump.run):
                pass

            async def told(ident: str) -> list[str]:
                rows = (await client.get(f"/v1/webhooks/{ident}/deliveries")).json()["results"]
                return sorted(row["body"]["data"]["records"][0] for row in rows)

            assert await told(both) == ["reg:c1", "reg:p1", "reg:p10"]
            assert await told(alone) == ["reg:p1"]
            await client.patch(f"/v1/webhooks/{alone}", json={"state": "active"})
            body = {"subject": "reg:p1", **SAID}
            erased = (await client.post("/v1/privacy/erasures", json=body)).json()
            assert erased["forgotten"] == {
                "results": 0, "answers": 0, "casework": 0, "alerts": 0, "events": 2,
                "subscriptions": 2, "identities": 0, "features": 0, "models": 0,
            }  # fmt: skip
            assert await told(both) == await told(other) == ["reg:c1", "reg:p10"]
            assert await told(alone) == []
            shown = (await client.get(f"/v1/webhooks/{both}")).json()
            assert (shown["subjects"], shown["note"]) == (["reg:p10", "c1"], None)
            shown = (await client.get(f"/v1/webhooks/{alone}")).json()
            assert (shown["subjects"], shown["state"]) == ([], "paused")
            assert "was erased" in shown["error"]

    asyncio.run(conversation())
    kept = b"".join(path.read_bytes() for path in state_folder(url).glob("webhooks.db*"))
    for text in ("张三", '"reg:p1"', RESIDENT):
        assert text.encode() not in kept
    assert b"reg:p10" in kept


def test_identifiers_are_not_kept_in_subscriptions(store_url: str) -> None:
    """Asked by a resident id or phone, they watch the canonical id; a company's code is public."""
    url = store_url
    record(url, "b1", *FACTS)

    async def conversation() -> None:
        async with served(url) as client:
            uscc = FACTS[0]["keys"]["uscc"]
            asked = {"url": "http://127.0.0.1:9/", "events": ["subject.changed"],
                     "subjects": [RESIDENT, f"+86 {PHONE}", "reg:p1", uscc]}  # fmt: skip
            made = (await client.post("/v1/webhooks", json=asked)).json()
            person, phone, *rest = made["subjects"]
            assert (person[:10], phone[:6], rest) == ("cn:person:", "phone:", ["reg:p1", uscc])

    asyncio.run(conversation())


@pytest.fixture
def book(tmp_path: Path) -> Any:
    with Book(tmp_path, WebhookSettings(kept_seconds=7 * 86_400, give_up=1e-9)) as opened:
        yield opened


def subscription(book: Book) -> Hook:
    return book.subscribe(
        Subscribed(owner="owner", url="http://127.0.0.1:9/", events=["batch.recorded"],
                   subjects=None, domains=[], note=None, batch=0, entry=0)
    )[0]  # fmt: skip


def test_each_class_of_events_has_its_time(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivered ones a week; dead ones, and those that wait where nobody takes them, a month;
    those that wait for a receiver that is tried: for as long as that takes."""
    tried, paused = subscription(book), subscription(book)
    for number, hook in enumerate((tried, paused)):
        drafts = [Draft(hook=hook.id, id=f"{hook.id}{each}", type="batch.recorded", subject=each,
                        body=b"{}") for each in ("came", "died", "waits")]  # fmt: skip
        book.put(drafts, f"feed {number}", None, 1)
    for event in book.due(10):
        if event.subject == "came":
            book.sent(event, Sent(ok=True, code=200), 0.0)
        if event.subject == "died":
            book.sent(event, Sent(ok=False, code=500), 0.0)
    book.set_state(paused.id, "paused")
    begun = now()

    def after(days: int) -> tuple[int, int, list[dict[str, int]]]:
        monkeypatch.setattr("graph.times.now", lambda: begun + days * DAY)
        return book.old(), book.sweep(), [book.counts(hook.id) for hook in (tried, paused)]

    whole = {"delivered": 1, "dead": 1, "waiting": 1}
    assert after(6) == (0, 0, [whole, whole])
    assert after(8) == (2, 2, [whole | {"delivered": 0}] * 2)
    assert book.get(paused.id).error is None
    left = {"delivered": 0, "dead": 0, "waiting": 1}
    assert after(31) == (3, 3, [left, left | {"waiting": 0}])
    assert "1 events waited too long" in (book.get(paused.id).error or "")
    assert after(400)[2] == [left, left | {"waiting": 0}]


@pytest.mark.parametrize("sent", [Sent(ok=False, code=500, error="HTTP 500"), Sent(ok=True)])
def test_an_attempt_under_way_does_not_hide_why_it_paused(book: Book, sent: Sent) -> None:
    hook = subscription(book)
    draft = Draft(hook=hook.id, id="e", type="batch.recorded", subject="", body=b"{}")
    book.put([draft], "feed", None, 1)
    (event,) = book.due(1)
    book.stop(hook.id, "the key is gone")
    book.sent(event, sent, 0.0)
    assert (book.get(hook.id).state, book.get(hook.id).error) == ("paused", "the key is gone")


def test_without_a_book_there_is_nothing_to_forget(tmp_path: Path) -> None:
    with Book(tmp_path / "none", WebhookSettings()) as none:
        assert (none.old(), none.sweep(), none.forget(lambda _: True)) == (0, 0, (0, 0))
        assert not none._kept.path.exists()
