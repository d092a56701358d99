"""The chain of reads: every answer that names a person is recorded before it is sent, or not sent.

What is expected is worked out from the small world by hand, hashes from the ledger's definition.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.reads.chain import SHOWN, Chain, Read, ReadsAway, path_of
from api.reads.writer import Turn, Writer
from api.session import Session
from graph.keys import Key, canonical
from graph.ledger import GENESIS, Head, verify
from graph.store import Store
from tests.api.conftest import FACTS, RESIDENT
from tests.tampering import seal

TOKEN = "t" * 32


@pytest.fixture
def session(filled: str) -> Iterator[Session]:
    with Session(filled) as opened:
        opened.snapshot()
        yield opened


@pytest.fixture
def app(session: Session) -> Iterator[Any]:
    made = make_app(session, Service(Access(TOKEN, None)))
    yield made
    asyncio.run(made.state.audit.close())


def ask(app: Any, *paths: str) -> list[httpx.Response]:
    async def asked() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as http:
            return list(await asyncio.gather(*(http.get(path) for path in paths)))

    return asyncio.run(asked())


def entries(store: Store) -> list[dict[str, Any]]:
    """What is recorded, the entry that names the store left out."""
    if not path_of(store).is_file():
        return []
    with closing(Chain.of(store)) as chain:
        return [{"route": e.about, "actor": e.actor, **e.content} for e in chain.ledger(1)]


@pytest.fixture
def ids(store: Store) -> dict[str, str]:
    """The canonical ids of the person and the phone, from the definition of keyed ids."""
    return {
        "p1": str(canonical(Key("resident_id", RESIDENT), store.id_key)),
        "t1": str(canonical(Key("e164", "+8613800138000"), store.id_key)),
    }


DAY = "as_of=2022-01-05"


@pytest.mark.parametrize(
    ("path", "route", "who", "fields"),
    [
        (f"/v1/related-parties?subject=c1&{DAY}", "/v1/related-parties", ["p1"],
         {"party", "roles", "share", "facts"}),
        ("/v1/subjects/reg:p1", "/v1/subjects/{id:path}", ["p1"],
         {"label", "records.name", "records.keys.resident_id"}),
        ("/v1/search?q=张三", "/v1/search", ["p1"], {"label", "id", "kind"}),
        (f"/v1/related-parties?subject=p1&kinds=uses_phone&{DAY}", "/v1/related-parties",
         ["p1", "t1"], {"party"}),
        (f"/v1/control?controller=p1&target=c1&{DAY}", "/v1/control", ["p1"], {"controller"}),
        # Nothing is found, which is something said about the person that was asked about.
        (f"/v1/beneficial-owners?target=c1&{DAY}", "/v1/beneficial-owners", ["p1"], {"owner"}),
        (f"/v1/close-links?subject={RESIDENT}&{DAY}", "/v1/close-links", ["p1"], set()),
        (f"/v1/related-parties?subject={RESIDENT}&kinds=kin&{DAY}", "/v1/related-parties",
         ["p1"], set()),
        (f"/v1/related-parties?subject=c1&kinds=invoice&{DAY}", None, [], set()),  # companies only
        ("/v1/search?q=甲公司", None, [], set()),
        ("/v1/algorithms", None, [], set()),
        ("/v1/subjects/nobody", None, [], set()),
        ("/v1/audit/head", None, [], set()),
    ],
)  # fmt: skip
def test_what_is_recorded(
    app: Any, store: Store, ids: dict[str, str], path: str, route: str | None, who: list[str],
    fields: set[str],
) -> None:  # fmt: skip
    (response,) = ask(app, path)
    found = entries(store)
    if route is None:
        assert found == []
        return
    assert response.status_code == 200, response.text
    (entry,) = found
    assert (entry["route"], entry["actor"]) == (route, "owner")
    assert entry["subjects"] == sorted(ids[name] for name in who)
    assert fields <= {*entry["fields"]}
    whole = path_of(store).read_bytes() + Path(f"{path_of(store)}-wal").read_bytes()
    for secret in (RESIDENT, "13800138000", "张三"):
        assert secret.encode() not in whole


def test_answers_are_the_same_bytes_and_a_failed_record_shows_nothing(
    app: Any, session: Session, store: Store
) -> None:
    path = f"/v1/related-parties?subject=c1&{DAY}"
    audit, app.state.audit = app.state.audit, None
    (plain,) = ask(app, path)
    app.state.audit = audit
    (audited,) = ask(app, path)
    assert audited.content == plain.content
    with closing(apsw.Connection(str(path_of(store)))) as db:  # a guard that refuses everything
        db.execute("CREATE TRIGGER no BEFORE INSERT ON ledger"
                   " BEGIN SELECT RAISE(ABORT, 'disk'); END")  # fmt: skip
    refused, company = ask(app, path, "/v1/search?q=甲公司")
    assert refused.status_code == 503
    assert refused.json()["title"] == "ReadsAway"
    assert b"cn:person" not in refused.content
    assert company.status_code == 200  # it names nobody
    assert len(entries(store)) == 1


def test_a_file_that_cannot_be_opened(app: Any, store: Store) -> None:
    path_of(store).parent.mkdir()
    path_of(store).write_bytes(b"something else entirely" * 100)
    (refused,) = ask(app, f"/v1/related-parties?subject=c1&{DAY}")
    assert (refused.status_code, refused.json()["title"]) == (503, "ReadsAway")


def test_purpose_and_case_are_of_the_caller(app: Any, store: Store) -> None:
    from dataclasses import replace

    from api.caller import OWNER

    caller = replace(OWNER, name="王某", purpose="执行", case="（2026）京01执1号")
    asyncio.run(app.state.audit.read(caller, ["x"], ["label"], "/v1/x", unmasked=True))
    (entry,) = entries(store)
    assert entry == {
        "route": "/v1/x", "actor": "王某", "subjects": ["x"], "fields": ["label"],
        "purpose": "执行", "case": "（2026）京01执1号", "unmasked": True,
    }  # fmt: skip


def test_many_at_once_share_transactions(app: Any, store: Store) -> None:
    path = f"/v1/related-parties?subject=c1&{DAY}"
    assert {r.status_code for r in ask(app, *[path] * 100)} == {200}
    with closing(Chain.of(store)) as chain:
        found = list(chain.ledger())
    assert len(found) == 101
    assert len({entry.key for entry in found}) < 101  # several were recorded by one append
    assert verify(found).sound
    for entry in found:
        assert seal(entry) == entry.hash


def test_a_long_list_keeps_count_and_digest(store: Store) -> None:
    names = tuple(f"cn:person:{n:032x}" for n in range(SHOWN + 200))
    with closing(Chain.of(store)) as chain:
        chain.record([Read("a", "/v1/x", names, ("party",)), Read("a", "/v1/y", names[:2], ())])
        entry, _ = chain.ledger(1)
        assert entry.content["subjects"] == list(names[:SHOWN])
        assert entry.content["more"] == 200
        rest = "\n".join(sorted(names[SHOWN:]))
        assert entry.content["digest"] == hashlib.sha256(rest.encode()).hexdigest()
        assert [e.no for e in chain.about(names[0])] == [2, 3]
        assert [e.no for e in chain.about(names[0], since=2)] == [3]
        assert [e.no for e in chain.about(names[-1])] == [2]  # one of those that are not listed
        chain.record([Read("a", "/v1/z", names[1:2], ())])  # and the index follows
        assert [e.no for e in chain.about(names[1])] == [2, 3, 4]


def _append(url: str, name: str, count: int) -> None:
    from graph.store import open_store

    with closing(open_store(url)) as store:
        writer = Writer.of(store)

        async def run() -> None:
            reads = (Read(name, "/v1/x", (f"s{n}",), ()) for n in range(count))
            await asyncio.gather(*(writer.record(read) for read in reads))
            await writer.drain()

        asyncio.run(run())
        writer.close()


def test_several_processes_append_to_one_chain(store: Store, store_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_append, args=(store_url, f"w{n}", 200)) for n in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    with closing(Chain.of(store)) as chain:
        found = list(chain.ledger())
    begun = [entry for entry in found if entry.kind == "reads.begun"]
    assert begun
    assert len(found) - len(begun) == 400
    assert verify(found).sound


def test_who_waits_for_the_turn_is_before_who_had_it(tmp_path: Path) -> None:
    path = tmp_path / "reads.db"
    had, waits = Turn(path), Turn(path)
    with closing(had), closing(waits), (tmp_path / "reads.db.next").open() as place:
        for _ in range(20):
            assert had.is_mine()
            assert not waits.is_mine()
            thread = threading.Thread(target=waits.wait)
            thread.start()
            with pytest.raises(BlockingIOError):  # once it has the place of the next one
                while True:
                    fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    fcntl.flock(place, fcntl.LOCK_UN)
            had.leave()
            assert not had.is_mine()
            thread.join()
            waits.leave()


def test_what_waits_is_recorded_at_closing_and_nothing_after(store: Store) -> None:
    writer = Writer.of(store)

    async def run() -> None:
        waiting = asyncio.ensure_future(writer.record(Read("a", "/v1/x", ("s",), ())))
        await asyncio.sleep(0)
        await writer.drain()
        assert waiting.done()
        writer.close()
        with pytest.raises(ReadsAway):
            await writer.record(Read("a", "/v1/x", ("s",), ()))

    asyncio.run(run())
    assert len(entries(store)) == 1


def test_another_store_in_the_same_place_begins_anew(write: Callable[..., Store]) -> None:
    store = write(FACTS)
    with closing(Chain.of(store)) as chain:
        chain.record([Read("a", "/v1/x", ("s",), ())])

    class Other:
        url = store.url
        id_key = b"x" * 32

    with closing(Chain.of(Other())) as chain:  # type: ignore[arg-type]
        assert [entry.kind for entry in chain.ledger()] == ["reads.begun", "read", "reads.begun"]


# -- the verb and the routes --------------------------------------------------------------------


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], filled: str) -> Any:
    def ran(*args: str) -> tuple[int, str, str]:
        code = main(["--store", filled, "audit", "reads", *args])
        return code, *capfd.readouterr()

    return ran


def test_the_verb_prints_what_the_routes_answer(run: Any, app: Any, ids: dict[str, str]) -> None:
    path = f"/v1/related-parties?subject=c1&{DAY}"
    ask(app, path, "/v1/subjects/reg:p1")
    code, out, _ = run("show", "--subject", "reg:p1", "--json")
    assert code == 0
    assert {row["about"] for row in json.loads(out)["results"]} == {
        "/v1/related-parties", "/v1/subjects/{id:path}",
    }  # fmt: skip
    assert run("show", "--subject", RESIDENT, "--json")[1] == out  # by the official key
    (head,) = ask(app, "/v1/audit/reads/head")
    assert run("head", "--json")[1] == head.text + "\n"
    assert head.json()["no"] == 3
    anchor = head.json()["head"]
    (whole,) = ask(app, f"/v1/audit/reads/verify?anchor={anchor}")
    assert run("verify", "--anchor", anchor, "--json") == (0, whole.text + "\n", "")
    assert whole.json()["ok"]
    listed = run("show", "--limit", "2", "--json")[1]
    (route,) = ask(app, "/v1/audit/reads?limit=2")  # who looks at reads of persons is recorded too
    assert route.text + "\n" == listed
    assert route.json()["more"]
    code, out, _ = run("show", "--actor", "nobody", "--json")
    assert json.loads(out) == {"results": [], "more": False}
    assert run("show", "--case", "1")[1] == "no entries / 无条目\n"
    assert run("head")[1].startswith("4:")
    assert json.loads(run("show", "--actor", "owner", "--since", "3", "--json")[1])["results"][0][
        "about"
    ] == "/v1/audit/reads"  # fmt: skip


def test_each_break_of_the_chain_is_named(run: Any, app: Any, store: Store) -> None:
    for _ in range(3):
        ask(app, f"/v1/related-parties?subject=c1&{DAY}")
    anchor = run("head")[1].strip()
    assert len(json.loads(run("show", "--subject", "reg:p1", "--json")[1])["results"]) == 3
    for statement, said in (
        ("DELETE FROM shown WHERE no = 3", "unindexed: entry 3"),
        ("DROP TRIGGER ledger_update; UPDATE ledger SET actor = 'x' WHERE no = 2",
         "edited: entry 2"),
        ("DROP TRIGGER ledger_delete; DELETE FROM ledger WHERE no = 4", "truncated: "),
    ):  # fmt: skip
        with closing(apsw.Connection(str(path_of(store)))) as db:
            db.execute(statement)
        code, out, _ = run("verify", "--anchor", anchor)
        assert code == 1
        assert said in out
        assert "broken / 已损坏" in out


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["verify", "--subject", "x"], 2, "audit reads verify takes no --subject"),
        (["show", "--anchor", "x"], 2, "audit reads show takes no --anchor"),
        (["show", "--since", "x"], 2, "since: the number of an entry"),
        (["show", "--limit", "0"], 2, "limit: a number from 1 to 1000"),
        (["head"], 3, "no reads of this store are recorded"),
        (["verify", "--anchor", "1"], 2, "anchor: not NO:HASH"),
    ],
)
def test_what_cannot_be_asked(run: Any, args: list[str], code: int, said: str) -> None:
    done, out, err = run(*args)
    assert (done, out) == (code, "")
    assert said in err


def test_an_anchor_of_the_chain_is_none_of_another(run: Any, app: Any) -> None:
    ask(app, f"/v1/related-parties?subject=c1&{DAY}")
    no = run("head")[1].partition(":")[0]
    other = str(Head(int(no), hashlib.sha256(b"other").digest()))
    code, out, _ = run("verify", "--anchor", other, "--anchor", str(GENESIS))
    assert code == 1
    assert "rewritten" in out
