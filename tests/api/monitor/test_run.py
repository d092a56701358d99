"""Runs of the monitor: what is alerted and what is not, one at a time, whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.caller import DOMAINS
from api.casework.findings import Findings, Wanted
from api.casework.keeping import mask
from api.monitor.book import Book
from api.monitor.entries import UnknownAlert
from api.monitor.settings import MonitorSettings
from api.monitor.worklist import WorkList
from graph.errors import Cancelled, Conflict, WrongUsage
from tests.api.monitor.conftest import World, company, listing, tie

ROOT = Path(__file__).parent.parent.parent.parent


def test_the_first_run_takes_stock(pair: World) -> None:
    last = pair.book.last()
    assert last is not None
    assert last.told["first"]
    assert (last.told["clusters"], last.told["events"]) == (1, {"present": 1})
    assert pair.book.alerts(DOMAINS) == []


def test_the_same_again_is_no_news(pair: World) -> None:
    assert pair.news() == []
    pair.write(company("z"))
    assert pair.news() == []
    assert pair.run()[0].told["events"] == {"steady": 1}


def test_new_listings_and_companies_are_news_once(pair: World) -> None:
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    assert pair.news() == [["listed", "grew", "risen"]]
    assert pair.news() == []
    pair.write(listing("la2", "a", list="penalty"))  # another listing of a member
    assert [new for (new, *_) in pair.news()] == ["listed"]


def test_what_lowers_risk_is_none_and_what_comes_back_is_none_either(pair: World) -> None:
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    assert len(pair.run()[1]) == 1
    pair.write(listing("lc", "c", status="lifted"))
    made, alerts = pair.run()
    assert (made.told["events"], alerts) == ({"shrank": 1}, [])
    pair.write(listing("lc", "c"))  # the same listing stands again: it was told
    made, alerts = pair.run()
    assert (made.told["events"], alerts) == ({"grew": 1}, [])
    pair.write(tie("g1", "a", "b", valid_to="2024-05-01"), tie("g2", "b", "c"))
    made, alerts = pair.run()
    assert (made.told["events"], alerts) == ({"shrank": 1}, [])


def test_what_dissolved_and_comes_back_as_it_was_is_told_once(pair: World) -> None:
    (line,) = [each.id for each in pair.book.lines()]
    pair.write(tie("g1", "a", "b", valid_to="2024-05-01"))
    made, alerts = pair.run()
    assert (made.told["events"], alerts) == ({"dissolved": 1}, [])
    assert pair.book.lines_by_state() == {"dissolved": 1}
    pair.write(tie("g9", "a", "b"))
    made, alerts = pair.run()
    assert (made.told["events"], alerts) == ({"born": 1}, [])
    assert [each.id for each in pair.book.lines()] == [line]
    pair.write(listing("lx", "a"))
    assert pair.news()[0][0] == "listed"


@pytest.mark.neo4j
def test_clusters_that_merge_are_news_and_the_others_line_is_absorbed(pair: World) -> None:
    pair.write(
        company("e"), company("f"), listing("le", "e", valid_from="2024-02-01"),
        listing("lf", "f", valid_from="2024-02-01"), tie("g3", "e", "f"),
    )  # fmt: skip
    assert pair.news() == [["born"]]
    other = next(each.id for each in pair.book.lines() if each.born == 2)
    pair.write(tie("g4", "b", "e"))
    (alert,) = pair.run()[1]
    assert alert.body["new"][0]["what"] == "merged"
    assert alert.body["parents"] == sorted([alert.of, other])
    assert alert.of != other
    step = pair.book.steps(DOMAINS, line=other)[0]
    assert (step.event, step.body["into"]) == ("absorbed", [alert.of])
    assert pair.book.alerts(DOMAINS, of=other)[0].state == "over"
    pair.write(tie("g4", "b", "e", valid_to="2024-05-01"))
    assert pair.run()[0].told["events"] == {"split": 2}
    pair.write(tie("g5", "b", "e"))  # together again, as it was told
    assert pair.news() == []


def test_growth_adds_up_until_it_is_told(world: World) -> None:
    """One company after the other comes between, none of them listed: news once it is more than a
    quarter of what was told."""
    names = [f"m{n}" for n in range(8)]
    world.write(
        *(company(name) for name in names),
        *(listing(f"l{name}", name) for name in names),
        *(tie(f"g{n}", a, b) for n, (a, b) in enumerate(pairwise(names))),
    )
    world.run()
    told = []
    for n in range(6):
        world.write(company(f"x{n}"), tie(f"xa{n}", names[n], f"x{n}"),
                    tie(f"xb{n}", names[n + 1], f"x{n}"))  # fmt: skip
        told.append(world.news())
    # 9, 10, 11 of 8, then 12, 13, 14 of 11
    assert told == [[], [], [["grew"]], [], [], [["grew"]]]


def test_a_dismissed_alert_stays_dismissed_until_there_is_more(pair: World) -> None:
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    (alert,) = pair.run()[1]
    judged = pair.book.judge(alert.id, DOMAINS, "dismissed", "clerk", "known")
    assert (judged.state, judged.by, judged.note) == ("dismissed", "clerk", "known")
    pair.write(listing("lc", "c", basis="another text"))  # corrected, nothing new
    assert pair.news() == []
    assert pair.book.open_by_kind() == {"cluster": 0, "case": 0}
    pair.write(listing("lc2", "c"))
    (new,) = pair.run()[1]
    assert new.id != alert.id
    assert new.body["new"][0]["facts"] == ["d:lc2"]
    with pytest.raises(UnknownAlert):
        pair.book.judge("mno", DOMAINS, "accepted", "clerk", None)


def test_time_alone_ends_a_listing(pair: World) -> None:
    pair.write(listing("lb", "b", valid_to="2024-07-10"))
    assert pair.run()[0].told["events"] == {"steady": 1}
    assert pair.run("2024-07-10")[0].told["events"] == {"dissolved": 1}
    with pytest.raises(WrongUsage, match="before 2024-07-10"):
        pair.run("2024-07-09")


def round_trip(name: str, *accounts: str, day: int) -> list[dict[str, Any]]:
    hops = zip(accounts, [*accounts[1:], accounts[0]], strict=True)
    return [
        {"kind": "transfer", "id": f"{name}{n}", "from": a, "to": b, "amount": f"{5000 - n}.00",
         "currency": "CNY", "at": f"2024-03-{day:02}T{10 + n}:00:00+08:00"}
        for n, (a, b) in enumerate(hops)
    ]  # fmt: skip


def test_cases_are_taken_stock_of_and_then_told(world: World) -> None:
    world.settings = MonitorSettings(detectors=("transfer_cycles",), min_score=0.0)
    accounts = [{"kind": "account", "id": f"x{n}"} for n in range(8)]
    world.write(*accounts, *round_trip("t", "x0", "x1", "x2", day=2))
    made, alerts = world.run()
    assert (made.told["cases"], alerts) == (1, [])
    world.write(*round_trip("u", "x3", "x4", "x5", day=4))
    made, (alert,) = world.run()
    assert (made.told["cases"], alert.kind) == (2, "case")
    assert [new["what"] for new in alert.body["new"]] == ["found"]
    assert alert.domains == {"bank"}
    world.book.judge(alert.id, DOMAINS, "dismissed", "clerk", None)
    assert world.run()[1] == []
    world.write(*round_trip("v", "x3", "x4", "x5", "x6", day=9))
    # That of the first loads may be alerted, too: beside more of its kind its score has risen.
    (more,) = [each for each in world.run()[1] if each.of == alert.of]
    assert {"members", "facts"} <= {new["what"] for new in more.body["new"]}
    world.settings = MonitorSettings(detectors=("transfer_cycles", "pass_through"), min_score=0.0)
    assert world.run()[1] == []  # what a detector finds that was not asked before is no news


def test_what_a_detector_did_not_reach_before_is_no_news(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that time cut short finds more the next time, of facts that were there: no news; a
    case that has a new fact is."""
    world.settings = MonitorSettings(detectors=("transfer_cycles",), min_score=0.0)
    world.write(*({"kind": "account", "id": f"x{n}"} for n in range(8)))
    world.run()
    world.write(*round_trip("t", "x0", "x1", "x2", day=2))
    with monkeypatch.context() as patch:
        patch.setattr(
            "algorithms.cases.suspects.suspects", lambda *_: ([], ["transfer_cycles: time_limit"])
        )
        assert world.run()[0].told["cut"] == ["transfer_cycles: time_limit"]
    world.write(*round_trip("u", "x3", "x4", "x5", day=4))
    made, (alert,) = world.run()
    assert made.told["cases"] == 2
    assert set(alert.body["members"]) == {"d:x3", "d:x4", "d:x5"}
    assert made.told["cut"] == []
    world.write(*round_trip("v", "x5", "x6", "x7", day=6))
    assert {alert.body["id"] for alert in world.run()[1]}


def test_cases_come_into_the_work_list_and_what_is_dismissed_there_stays_so(world: World) -> None:
    world.settings = MonitorSettings(detectors=("transfer_cycles",), min_score=0.0)
    every = mask(DOMAINS)
    world.write(*({"kind": "account", "id": f"x{n}"} for n in range(8)))
    world.run()
    world.write(*round_trip("t", "x0", "x1", "x2", day=2))
    (alert,) = world.run()[1]
    with Findings(world.url) as work:
        ((entry,), _) = work.page(Wanted(granted=every), 10)
        assert (entry.pattern, entry.row["id"], entry.state) == ("case", alert.body["id"], "open")
        assert entry.domains == mask(["bank"])
        # Another step comes, and is dismissed before the monitor runs again: it is no news then.
        world.write(*round_trip("u", "x0", "x1", "x2", day=5))
        found, _ = _suspects(world)
        WorkList(world.url).put(found, world.session.snapshot(), "2024-06-30", {})
        work.judge(entry.id, "dismissed", "clerk", "a group's own money", granted=every)
        assert world.run()[1] == []
        assert world.run()[1] == []
        world.write(*round_trip("v", "x0", "x1", "x3", day=9))
        (more,) = world.run()[1]
        assert more.of == alert.of
        ((entry,), _) = work.page(Wanted(granted=every), 10)
        assert (entry.state, bool(entry.news)) == ("open", True)


def _suspects(world: World) -> Any:
    from algorithms.cases.suspects import suspects

    params = world.settings.cases("2024-06-30")
    assert params is not None
    return suspects(world.session.snapshot(), params, "2024-06-30")


def test_one_run_at_a_time(pair: World) -> None:
    with pair.book.alone(), pytest.raises(Conflict, match="running already"):
        pair.run()
    pair.run()


def test_a_killed_process_leaves_the_next_one_the_lock_and_the_work(pair: World) -> None:
    """SIGKILL while it holds the lock and has read, computed, and is about to write."""
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    code = (
        "import sys, time\n"
        "from api.kept import state_folder\nfrom api.monitor.book import Book\n"
        "from api.monitor.run import run\nfrom api.monitor.settings import MonitorSettings\n"
        "from api.session import Session\n"
        "class Slow(Book):\n"
        "    def put(self, *args):\n"
        "        print('now', flush=True)\n        time.sleep(60)\n"
        "url = sys.argv[1]\n"
        "run(Session(url), Slow(state_folder(url)), MonitorSettings(detectors=()), '2024-06-30')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, pair.url], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        with pytest.raises(Conflict):
            pair.run()
        process.send_signal(signal.SIGKILL)
    last = pair.book.last()
    assert last is not None
    assert last.no == 1
    assert pair.news() == [["listed", "grew", "risen"]]


def test_a_run_that_breaks_off_while_it_writes_leaves_nothing(
    pair: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    before = dump(pair.book)

    def torn(*_: Any) -> Any:
        raise RuntimeError("the power is gone")

    made, outcome = _outcome(pair)
    assert len(outcome.alerts) == 1
    with monkeypatch.context() as patch:
        patch.setattr("api.monitor.book._count", torn)  # the last statement of the transaction
        with pytest.raises(RuntimeError, match="power"):
            pair.book.put(made, outcome, 10)
    assert dump(pair.book) == before
    assert pair.news() == [["listed", "grew", "risen"]]


def _outcome(world: World) -> tuple[Any, Any]:
    """What a run would write."""
    caught: list[Any] = []

    class Caught(Book):
        def put(self, *args: Any) -> Any:
            caught.append(args)
            return args[0], []

    from api.monitor.run import run

    with Caught(world.book.folder) as book:
        run(world.session, book, world.settings, "2024-06-30")
    return caught[0][0], caught[0][1]


def dump(book: Book) -> list[Any]:
    tables = ("run", "line", "step", "judged", "alert", "count")
    return [book._kept.rows(f"SELECT * FROM {table}") for table in tables]


def test_a_run_that_is_called_off_or_fails_is_told(
    pair: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.settings = MonitorSettings(detectors=("transfer_cycles",))
    pair.write(*({"kind": "account", "id": f"x{n}"} for n in range(3)))

    def stop(*_: Any, **__: Any) -> Any:
        raise Cancelled("called off")

    monkeypatch.setattr("algorithms.cases.suspects.suspects", stop)
    with pytest.raises(Cancelled):
        pair.run()
    assert pair.book.failures() == (0, None)

    def fail(*_: Any, **__: Any) -> Any:
        raise ValueError("no good")

    monkeypatch.setattr("algorithms.cases.suspects.suspects", fail)
    with pytest.raises(ValueError, match="no good"):
        pair.run()
    assert pair.book.failures() == (1, "ValueError")
    last = pair.book.last()
    assert last is not None
    assert last.no == 1


def test_old_runs_are_forgotten_and_lines_stay(pair: World) -> None:
    pair.settings = msgspec.structs.replace(pair.settings, kept_runs=2)
    for n in range(4):
        pair.write(listing(f"n{n}", "a"))
        pair.run()
    assert [each.no for each in pair.book.runs(None, 10)] == [5, 4]
    assert len(pair.book.lines()) == 1
    assert {step.run for step in pair.book.steps(DOMAINS)} <= {4, 5}
    assert len(pair.book.alerts(DOMAINS)) == 4


def test_what_was_over_before_the_runs_that_are_kept_is_forgotten(world: World) -> None:
    world.settings = MonitorSettings(detectors=("transfer_cycles",), min_score=0.0, kept_runs=2)
    world.write(*({"kind": "account", "id": f"x{n}"} for n in range(8)), company("a"), company("b"))
    world.run()
    world.write(*round_trip("t", "x0", "x1", "x2", "x3", day=2),
                *round_trip("u", "x4", "x5", "x6", "x7", day=2),
                listing("la", "a"), listing("lb", "b"), tie("g1", "a", "b"))  # fmt: skip
    first = world.run()[1]
    assert sorted(each.kind for each in first) == ["case", "case", "cluster"]
    one, other = (each for each in first if each.kind == "case")
    world.book.judge(one.id, DOMAINS, "dismissed", "clerk", "known")
    gone = "tu"["d:x0" in str(other.body["members"])]  # not that of the alert that is open
    world.write(*({"kind": "retract", "id": f"{gone}{n}"} for n in range(4)),
                tie("g1", "a", "b", valid_to="2024-05-01"))  # fmt: skip
    assert world.run()[0].told["events"] == {"dissolved": 1}
    left = {each.id for each in world.book.alerts(DOMAINS)}
    assert left == {each.id for each in first}, "settled since the first run that is kept"
    assert (len(world.book.lines()), len(world.book.judged())) == (1, 2)
    for _ in range(2):
        world.write(company(f"n{world.run()[0].no}"))
    assert [each.id for each in world.book.alerts(DOMAINS)] == [other.id], "it waits for a verdict"
    assert world.book.lines() == []
    assert [*world.book.judged()] == [other.of], "it is there still, and is not told again"
    assert world.run()[1] == []


def test_a_schedule_ends_cleanly_at_sigterm(pair: World) -> None:
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    every = ["monitor", "--every", "1d"]
    with subprocess.Popen(
        [sys.executable, "-m", "api.cli", "--store", pair.url, "--json", *every],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"LINKRISK_MONITOR_DETECTORS": "none"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        said = msgspec.json.decode(process.stdout.readline())
        assert (said["run"], len(said["alerts"])) == (2, 1)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert time.monotonic() - begun < 30
        assert process.stderr is not None
        assert "stopped" in process.stderr.read()
