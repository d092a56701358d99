"""What the monitor does again, what it does not tell again, and what it tells to whom."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from api.caller import DOMAINS
from api.cli import main
from api.monitor import keeper, showing
from api.monitor.digest import digest, mail
from api.monitor.entries import Outcome
from api.monitor.settings import MonitorSettings
from api.monitor.statistics import Asked, statistics
from graph.errors import StoreError, WrongUsage
from tests.api.conftest import RESIDENT
from tests.api.monitor.conftest import World
from tests.api.monitor.test_digest import read
from tests.api.monitor.test_run import round_trip
from tests.api.serving import served

MINUTE = 60_000_000


def test_what_failed_is_tried_again_with_the_schedule(
    pair: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, tries = [10**18], []

    def fails(*_: Any) -> Any:
        tries.append(clock[0])
        raise StoreError("the disk is full")

    settings = msgspec.structs.replace(pair.settings, after_ingest=True, every=60.0)
    engine: Any = SimpleNamespace(session=pair.session, number=0)
    kept = keeper.Keeper(engine, pair.book, settings)
    monkeypatch.setattr(keeper, "times", SimpleNamespace(now=lambda: clock[0]))
    monkeypatch.setattr(keeper, "run", fails)
    assert not kept.look()
    clock[0] += MINUTE - 1
    assert not kept.look()
    assert len(tries) == 1, "before its time, and nothing was written"
    clock[0] += 1
    kept.look()
    assert len(tries) == 2
    monkeypatch.undo()
    monkeypatch.setattr(keeper, "times", SimpleNamespace(now=lambda: clock[0] + MINUTE))
    assert kept.look()


def test_who_is_not_granted_every_domain_is_told_no_number_of_all(pair: World) -> None:
    made, _ = pair.run()
    for told in (showing.status(pair.book, ["registry"]).last,
                 showing.runs(pair.book, ["registry"], None, 1).results[0]):  # fmt: skip
        assert told is not None
        assert (told.run, told.clusters, told.cases, told.events) == (made.no, None, None, None)
    whole = showing.runs(pair.book, DOMAINS, None, 1).results[0]
    assert (whole.clusters, whole.events) == (1, {"steady": 1})


@pytest.mark.parametrize("verb", ["status", "runs", "lines", "alerts"])
def test_no_store_is_not_a_quiet_one(
    verb: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["monitor", verb, "--json", "--store", f"sqlite:///{tmp_path / 'none.db'}"]) == 3
    out, err = capfd.readouterr()
    assert (out, err.count("\n"), "there is no store" in err) == ("", 1, True)


def test_a_day_that_is_none_is_called_by_its_name(pair: World) -> None:
    with pytest.raises(WrongUsage, match=r"^day: not a date"):
        statistics(pair.session, Asked(day="2024-02-30"))


def test_a_digest_says_what_cut_its_runs_short(pair: World) -> None:
    made, _ = pair.run()
    cut = msgspec.structs.replace(
        made, told={**made.told, "cut": ["time_limit: <b>late</b> / 超时"]}
    )
    none = Outcome(lines=[], over={}, steps=[], judged={}, alerts=[])
    pair.book.put(cut, none, 1000)
    pair.book.put(made, none, 1000)
    assert digest(pair.session, pair.book, DOMAINS, None).cut == []
    told = digest(pair.session, pair.book, DOMAINS, made.no)
    assert told.cut == ["time_limit: <b>late</b> / 超时"]
    made = read(mail(told, ["clerk@example.org"]))
    parts = [each.get_content() for each in made.iter_parts()]
    assert "未查全 / cut short: time_limit: <b>late</b> / 超时" in parts[0]
    assert "time_limit: &lt;b&gt;late&lt;/b&gt; / 超时" in parts[1]


def test_a_case_is_not_told_again_when_somebody_in_it_is_erased(world: World) -> None:
    world.settings = MonitorSettings(detectors=("transfer_cycles",), min_score=0.0)
    world.write(
        *({"kind": "account", "id": f"x{n}"} for n in range(4)),
        {"kind": "person", "id": "p", "name": "张三", "keys": {"resident_id": RESIDENT}},
        {"kind": "holds_account", "id": "h", "from": "p", "to": "x0"},
    )  # fmt: skip
    world.run()
    world.write(*round_trip("t", "x0", "x1", "x2", "x3", day=2))
    assert world.news() == [["found"]]
    assert world.book.forget(lambda text: b'"d:x0"' in text or text == b"d:x0") == 2
    (version,) = world.book.judged().values()
    assert (sorted(version.core), version.core_total) == (["d:x1", "d:x2", "d:x3"], 4)
    assert world.book.alerts(DOMAINS) == []
    assert world.news() == [], "nothing of it is new"


def test_a_run_with_a_key_is_made_once(pair: World) -> None:
    async def ask() -> None:
        async with served(pair.url, pair.settings) as client:
            headers = {"Prefer": "wait=30", "Idempotency-Key": "k1"}
            body = {"as_of": "2024-06-30"}
            one, two = [
                (await client.post("/v1/monitor/runs", json=body, headers=headers)).json()
                for _ in range(2)
            ]
            assert (one["run"], two) == (2, one)

    asyncio.run(ask())
    last = pair.book.last()
    assert last is not None and last.no == 2
