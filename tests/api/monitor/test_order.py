"""Alerts in the order of the risk score: whose it is, by which model, who is shown it, what stops
nothing. Scores are told by hand: companies of a registered capital above 100 have the log-odds -1,
above 1,000 0, all others -2."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import msgspec
import pytest

from algorithms.risk.risk_score import USE
from algorithms.scoring import ordering
from algorithms.scoring.priority import Priority
from api.caller import DOMAINS
from api.casework import showing as cases
from api.casework.findings import Findings, Wanted
from api.casework.keeping import mask
from api.casework.rewriting import forget
from api.kept import state_folder
from api.monitor import digest, showing
from api.monitor.book import Book
from api.monitor.carrying import carried_over
from api.monitor.settings import MonitorSettings
from api.privacy import asks, erasing
from api.privacy.forgetting import unscored
from api.webhooks.events import alerted
from graph.errors import WrongUsage
from tests.algorithms.scoring.stumps import logistic
from tests.api.asked import service
from tests.api.monitor.conftest import Fact, World, company, listing, put_to_use, tie

DAY = "2024-06-30"
LOW, MIDDLE, HIGH = 0.11920292202211755, 0.2689414213699951, 0.5


def test_the_numbers_are_those_of_the_logistic_curve() -> None:
    assert [logistic(each) for each in (-2, -1, 0)] == pytest.approx([LOW, MIDDLE, HIGH], abs=1e-15)


def use(world: World, name: str, *given: Any, **more: Any) -> str:
    """Keep a model and let it answer; what it is called."""
    return put_to_use(world.session, name, *given, **more)


def pair_of(name: str, *capitals: int | None, **more: Any) -> list[Fact]:
    """Listed companies that hang together, of these capitals, named a0, a1, ..."""
    names = [f"{name}{n}" for n in range(len(capitals))]
    firms = [
        company(each, **({} if capital is None else {"attrs": {"capital": str(capital)}}))
        for each, capital in zip(names, capitals, strict=True)
    ]
    ties = [tie(f"g{each}", names[0], each) for each in names[1:]]
    return [*firms, *(listing(f"l{each}", each, **more) for each in names), *ties]


def order(world: World, seen: Any = DOMAINS, **asked: Any) -> list[showing.AlertShown]:
    return showing.alerts(world.book, seen, order="risk", **asked).results


def firsts(rows: list[showing.AlertShown]) -> list[str]:
    """Of each alert its clusters' letter, as `pair_of` names them."""
    return [row.row["members"][0].partition(":")[2][0] for row in rows]


@pytest.fixture
def four(world: World) -> World:
    """A run that took stock; then, by a model, alerts of clusters p (low), q (high: one of three),
    r (middle) and s (no capital is known: low), in one run."""
    world.write(company("z"))
    world.run()
    use(world, "m1")
    world.write(*pair_of("p", 5, 5), *pair_of("q", 5, 5000, 5), *pair_of("r", 500, 400),
                *pair_of("s", None, None))  # fmt: skip
    assert len(world.run()[1]) == 4
    return world


def test_an_alert_with_a_member_of_a_higher_score_stands_first(four: World) -> None:
    rows = order(four)
    # p and s are equal by the model; q is larger and by its own score the worst of all
    assert [row.priority.score for row in rows] == pytest.approx([HIGH, MIDDLE, LOW, LOW])
    assert firsts(rows)[:2] == ["q", "r"]
    first = rows[0].priority
    assert (first.subject, first.scored, first.members, first.band) == ("d:q1", 3, 3, "high")
    used = four.session.models.get("m1")
    assert first.model == used.called == f"m1@{used.sha256[:12]}"
    assert rows[1].priority.subject == "d:r0"  # of equals the least id
    made = showing.runs(four.book, DOMAINS, None, 1).results[0]
    assert made.scores is not None and made.scores.notes == []
    assert [msgspec.to_builtins(each) for each in made.scores.models] == [
        {"kind": "company", "model": "m1", "sha256": used.sha256, "subjects": 9}
    ]
    assert (first.as_of, first.known_at) == (DAY, made.known_at)
    # What an alert says is what the score itself says, asked as of that day and moment.
    asked = {"subject": "d:q1", "as_of": DAY, "known_at": made.known_at, "model": "m1"}
    (same,) = four.session.ask("risk_score", asked)["results"]
    assert (same.score, same.model, same.band) == (first.score, first.model, first.band)
    assert first.use == same.use == USE


def test_of_equals_the_higher_score_of_their_own_then_the_newest(four: World) -> None:
    four.write(*pair_of("t", 1, list="penalty"), *pair_of("u", 1, 1, list="penalty"))
    four.write(tie("gt", "t0", "u0"))  # three on a list that counts less
    four.run()
    four.write(*pair_of("v", 1, 1))
    four.run()
    rows = order(four)
    assert [row.priority.score for row in rows[2:]] == pytest.approx([LOW] * 4)
    own = [row.row["score"] for row in rows[2:]]
    assert own == sorted(own, reverse=True) and own[0] == own[2] == 0.75 > own[3]
    # 1 - 0.5 ** 2 is the score of two on a black list; 1 - 0.7 ** 3 = 0.657 that of the three
    assert firsts(rows[2:])[0] == "v" and firsts(rows[2:])[3] in "tu"


def test_pages_lead_through_the_order_whatever_comes_between(four: World) -> None:
    people = [{"kind": "person", "id": each, "name": "张三"} for each in ("w0", "w1")]
    four.write(*people, listing("lw0", "w0"), listing("lw1", "w1"), tie("gw", "w0", "w1"))
    four.run()  # for persons no model is in use
    whole = order(four)
    assert [row.priority.score is None for row in whole] == [False] * 4 + [True]
    found, after = [], None
    for _ in whole:
        page = showing.alerts(four.book, DOMAINS, order="risk", after=after, limit=1)
        found += page.results
        after = page.next
    assert after is None and found == whole
    first = showing.alerts(four.book, DOMAINS, order="risk", limit=2)
    use(four, "m2")
    four.write(*pair_of("y", 7000, 7000))  # before what was shown, and told to who asks anew
    four.run()
    rest = showing.alerts(four.book, DOMAINS, order="risk", after=first.next)
    assert [row.id for row in first.results + rest.results] == [row.id for row in whole]
    assert firsts(order(four))[1] == "y"
    newest = [row.id for row in showing.alerts(four.book, DOMAINS).results]
    by_number = sorted(four.book.alerts(DOMAINS), key=lambda each: -each.no)
    assert newest == [each.id for each in by_number]
    for state, kind, count in (("open", "cluster", 6), ("open", "case", 0), ("over", None, 0)):
        assert len(order(four, state=state, kind=kind)) == count
    for wrong in ("x", "3", "0.5:3", "0.5:0.5:x", "1e9:0.5:3"):
        with pytest.raises(WrongUsage, match="after"):
            showing.alerts(four.book, DOMAINS, order="risk", after=wrong)
    with pytest.raises(WrongUsage, match="order"):
        showing.alerts(four.book, DOMAINS, order="odd")


def test_without_a_model_they_stand_by_their_own_score_and_say_so(world: World) -> None:
    world.write(company("z"))
    world.run()
    world.write(*pair_of("p", 1, 1), *pair_of("q", 1, 1, 1))
    made, _ = world.run()
    rows = order(world)
    assert firsts(rows) == ["q", "p"]  # 1 - 0.5 ** 3 before 1 - 0.5 ** 2
    for row in rows:
        assert row.priority.score is None
        assert "no model is in use for company" in row.priority.why
    assert made.told["scores"]["notes"] == [rows[0].priority.why]
    assert made.told["scores"]["models"] == []
    notes = showing.alerts(world.book, DOMAINS, order="risk").notes
    assert notes[0] == USE and "by their own score" in notes[1]
    assert showing.alerts(world.book, DOMAINS).notes == []


def test_members_of_kinds_without_a_model_do_not_count(world: World) -> None:
    """Phones have a model, companies have none."""
    world.write(company("z"))
    world.run()
    called = use(world, "phones", "phone", "entity_records", {0.0: 3.0})
    world.write(*pair_of("p", 9, 9), *pair_of("q", 9, 9), {"kind": "phone", "id": "t"},
                tie("u1", "p0", "t", "uses_phone"), tie("u2", "p1", "t", "uses_phone"))  # fmt: skip
    made, _ = world.run()
    first, second = (row.priority for row in order(world))
    assert (first.score, first.subject, first.model) == (pytest.approx(logistic(1)), "d:t", called)
    assert (first.scored, first.members) == (1, 3)
    assert (second.score, second.members) == (None, 2)
    assert [each["kind"] for each in made.told["scores"]["models"]] == ["phone"]


def altered(world: World) -> None:
    path = state_folder(world.url) / "models" / "m1.skops"
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))
    world.session.models._open.clear()  # as in a process that has not read it yet


def missing(world: World) -> None:
    (state_folder(world.url) / "models" / "m1.skops").unlink()
    world.session.models._open.clear()


def slow(world: World) -> None:
    world.settings = MonitorSettings(detectors=(), score_limit=1e-9)


def other(world: World) -> None:
    use(world, "old", version=0)


def broken(world: World) -> None:
    def fail(name: str) -> Any:
        raise ZeroDivisionError("13800138000")

    world.session.models.get = fail  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("harm", "words"),
    [(altered, "altered"), (missing, "cannot be read"), (slow, "more than 1e-09 s"),
     (other, "train it anew"), (broken, "ZeroDivisionError")],
)  # fmt: skip
def test_a_model_that_cannot_be_asked_stops_no_alert(
    world: World, harm: Callable[[World], None], words: str
) -> None:
    world.write(company("z"))
    world.run()
    use(world, "m1")
    harm(world)
    world.write(*pair_of("p", 9, 9))
    made, alerts = world.run()
    assert [each.body["new"][0]["what"] for each in alerts] == ["born"]
    assert world.book.failures() == (0, None)
    (note,) = made.told["scores"]["notes"]
    assert words in note and "13800138000" not in note and note.startswith("the model in use")
    (row,) = order(world)
    assert (row.priority.score, row.priority.why) == (None, note)


def test_nothing_that_comes_later_is_in_a_score(world: World) -> None:
    world.write(company("z"))
    world.run()
    use(world, "m1", feature="entity_listings_total", steps={1.0: 3.0}, learnt="2024-07-01")
    world.write(*pair_of("p", 9, 9), listing("lz", "p1", list="other", valid_from="2024-07-01"))
    made, _ = world.run(DAY)
    (row,) = order(world)
    assert row.priority.score == pytest.approx(LOW)
    (note,) = made.told["scores"]["notes"]  # that the model itself knew more is said
    assert "learnt from labels until 2024-07-01, after 2024-06-30" in note


def test_who_is_not_granted_every_domain_is_shown_no_score(four: World) -> None:
    for seen in (("registry",), ("registry", "tax", "bank")):
        page = showing.alerts(four.book, seen, order="risk", limit=3)
        assert {row.priority.score for row in page.results} == {None}
        assert {row.priority.model for row in page.results} == {None}
        assert firsts(page.results)[0] == "q"  # the worst by its own score: 0.875
        numbers = {each.id: each.no for each in four.book.alerts(DOMAINS)}
        equal = [numbers[row.id] for row in page.results[1:]]
        assert equal == sorted(equal, reverse=True)  # and not r before p and s
        assert page.next is not None and page.next.startswith("-:")
        assert "not granted" in page.notes[1]
        rest = showing.alerts(four.book, seen, order="risk", after=page.next)
        assert len({row.id for row in page.results + rest.results}) == 4
        # A place that names a risk score tells nothing of who has which.
        for guess in ("0.4:0.9:1000", "0.9:0.0:0", "0.0:0.0:0"):
            assert len(order(four, seen, after=guess)) == 4
        (alert, *_) = four.book.alerts(seen)
        assert showing.alert(alert, seen).priority.score is None
        run = four.book.last()
        assert run is not None and showing.run(run, seen=seen).scores is None
        told = digest.digest(four.session, four.book, seen, None)
        assert {row.priority.score for row in told.alerts} == {None}
        assert b"m1@" not in msgspec.json.encode([told, page])
    assert "priority" not in alerted(four.book.alerts(DOMAINS)[0])


def test_a_digest_tells_the_highest_first_and_what_the_score_is_for(four: World) -> None:
    told = digest.digest(four.session, four.book, DOMAINS, None)
    assert [row.id for row in told.alerts][:2] == [row.id for row in order(four)][:2]
    assert told.notes[0] == USE
    from email import message_from_bytes, policy

    mail = message_from_bytes(digest.mail(told, ["a@b.cn"]), policy=policy.default)
    for part in mail.iter_parts():  # type: ignore[attr-defined]
        text = part.get_content()
        assert f"0.500: d:q1, {order(four)[0].priority.model}" in text
        assert "never a basis for extending a measure" in text


def test_route_verb_and_client_have_the_same_order(
    four: World, capfd: pytest.CaptureFixture[str]
) -> None:
    from api.cli import main

    with service(four.url) as asked:
        body = asked.get("/v1/monitor/alerts?order=risk&limit=2")
        assert body.status_code == 200
        tag = {"If-None-Match": body.headers["etag"]}
        path = "/v1/monitor/alerts?order=risk&limit=2"
        assert asked.get(path, headers=tag).status_code == 304
        routes = [each for each in asked.app.routes if hasattr(each, "openapi_extra")]
        for path in ("", "?order=odd", "?order=risk&after=3"):
            status = asked.get(f"/v1/monitor/alerts{path}").status_code
            assert status == (422 if path else 200)
    rows = body.json()["results"]
    assert [row["priority"]["score"] for row in rows] == pytest.approx([HIGH, MIDDLE])
    assert all("never a basis for extending" in row["priority"]["use"] for row in rows)
    of = ("/v1/monitor/alerts", "/v1/monitor/digest", "/v1/risk-score", "/v1/findings")
    shown = [each for each in routes if each.path.startswith(of)]
    assert {each.openapi_extra["x-scope"] for each in shown} == {"trace"} and len(shown) > 8
    args = ["monitor", "alerts", "--order", "risk", "--limit", "2", "--store", four.url]
    capfd.readouterr()
    assert main([*args, "--json"]) == 0
    assert msgspec.json.decode(capfd.readouterr().out) == body.json()
    assert main(args) == 0
    assert "never a basis for extending" in capfd.readouterr().err


def ring(name: str, **more: Any) -> list[Fact]:
    """Money that goes in a circle of three accounts, the first of which is such as `more` says."""
    ids = [f"{name}{n}" for n in range(3)]
    accounts: list[Fact] = [{"kind": "account", "id": each} for each in ids]
    accounts[0] |= more
    return [*accounts, *(
        {"kind": "transfer", "id": f"t{a}", "from": a, "to": b, "amount": "500000.00",
         "currency": "CNY", "at": f"2024-06-{day}T10:00:00+08:00"}
        for day, (a, b) in enumerate(zip(ids, [*ids[1:], ids[0]], strict=True), 20)
    )]  # fmt: skip


def listed(world: World, granted: Any = DOMAINS, **asked: Any) -> cases.FindingList:
    with Findings(world.url) as book:
        wanted = Wanted(granted=mask(granted))
        return cases.listing(book, world.session.snapshot(), wanted, asked.pop("limit", 9), **asked)


@pytest.fixture
def circles(world: World) -> World:
    """Circles p, q, r in the work list from a run that took stock; of q one account is a card."""
    world.settings = MonitorSettings(detectors=("transfer_cycles",), min_score=0)
    use(world, "m1", "account", "entity_type_card", {0.5: 2.0})
    world.write(*ring("p"), *ring("q", attrs={"type": "card"}), *ring("r"))
    made, alerts = world.run()
    assert (made.told["cases"], alerts) == (3, [])
    return world


def test_the_work_list_has_the_same_order(circles: World) -> None:
    rows = listed(circles, order="risk").results
    assert [row.priority.score for row in rows] == pytest.approx([logistic(0), LOW, LOW])
    first = rows[0].priority
    assert (first.subject, first.scored, first.members, first.as_of) == ("d:q0", 3, 3, DAY)
    assert first.model == circles.session.models.get("m1").called
    by_score = listed(circles)
    assert (by_score.order, by_score.notes) == ("score", [])
    assert [row.score for row in by_score.results] == sorted((r.score for r in rows), reverse=True)
    found, after = [], None
    for _ in rows:
        page = listed(circles, order="risk", limit=1, after=after)
        assert page.notes[0] == USE
        found += page.results
        after = page.next
    assert after is None and found == rows
    for wrong in ({"order": "time"}, {"order": "risk", "after": "0.5:3"}, {"after": "0.5:0.5:3"}):
        with pytest.raises(WrongUsage, match=next(iter(reversed(wrong)))):
            listed(circles, **wrong)
    circles.session.models.use_none("account")
    assert circles.run()[0].told["scores"] == {}  # nothing is new: no model is asked
    assert listed(circles, order="risk").results == [
        msgspec.structs.replace(row, met=same.met)
        for row, same in zip(rows, listed(circles, order="risk").results, strict=True)
    ]
    narrow = listed(circles, ("bank",), order="risk")
    assert [row.priority.score for row in narrow.results] == [None] * 3
    assert "not granted" in narrow.notes[1] and b"m1@" not in msgspec.json.encode(narrow)
    with service(circles.url) as asked:
        body = asked.get("/v1/findings?order=risk").json()
        assert [row["id"] for row in body["results"]] == [row.id for row in rows]
        assert asked.get("/v1/findings?order=odd").status_code == 422


def test_a_work_list_of_before_opens_and_forgets_whose_score_it_was(circles: World) -> None:
    forget(circles.url, lambda body: b"d:q0" in body)
    assert all(row.priority.score != logistic(0) for row in listed(circles).results)
    before = [(row.id, row.row) for row in listed(circles).results]
    with closing(sqlite3.connect(state_folder(circles.url) / "casework.db")) as db:
        db.executescript(
            "DROP INDEX finding_rank; ALTER TABLE finding DROP COLUMN rank;"
            " ALTER TABLE finding DROP COLUMN priority; PRAGMA user_version = 1"
        )
    rows = listed(circles, order="risk").results
    assert [(row.id, row.row) for row in rows] == before
    assert {row.priority.score for row in rows} == {None}


def old(path: Any) -> None:
    """Make a book what it was before alerts had an order but that of time."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "DROP INDEX alert_rank; ALTER TABLE alert DROP COLUMN score;"
            " ALTER TABLE alert DROP COLUMN rank; ALTER TABLE alert DROP COLUMN standing;"
            " PRAGMA user_version = 1"
        )


def test_a_book_of_before_opens_and_goes_on(world: World, tmp_path: Any) -> None:
    world.write(company("z"))
    world.run()
    world.settings = MonitorSettings(detectors=(), score_limit=0)
    world.write(*pair_of("p", 1, 1), *pair_of("q", 1, 1, 1))
    world.run()
    before = [(each.id, each.body) for each in world.book.alerts(DOMAINS)]
    world.book.close()
    path = state_folder(world.url) / "monitor.db"
    old(path)
    target = f"sqlite:///{tmp_path / 'copy.db'}"
    assert carried_over(world.url, target, []) is not None
    old_again = Book(state_folder(target))
    with old_again:
        assert [(each.id, each.body) for each in old_again.alerts(DOMAINS)] == before
    assert [(each.id, each.body) for each in world.book.alerts(DOMAINS)] == before
    rows = order(world)
    assert firsts(rows) == ["q", "p"]
    assert [row.priority.why for row in rows] == ["no score is kept of it / 没有留存的评分"] * 2
    world.settings = MonitorSettings(detectors=())
    use(world, "m1")
    world.write(*pair_of("r", 1, 1))
    world.run()
    rows = order(world)  # those of before, too, are ordered by the model in use
    assert firsts(rows) == ["q", "r", "p"]
    assert [row.priority.score for row in rows] == pytest.approx([LOW] * 3)


def test_whose_score_it_is_goes_with_who_is_erased_and_changes_with_the_key(
    four: World, tmp_path: Any
) -> None:
    target = f"sqlite:///{tmp_path / 'new.db'}"
    assert carried_over(four.url, target, [("d:q1", "new:1")]) is not None
    with Book(state_folder(target)) as book:
        first = book.ranked(DOMAINS, limit=1)[0]
        assert first.priority is not None
        assert (first.priority.subject, first.rank) == ("new:1", HIGH)
    four.book.forget(lambda body: b'"d:q1"' in body)
    assert firsts(order(four))[0] == "r"


def test_of_whose_use_is_restricted_no_score_is_told(
    four: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = four.session.snapshot()
    nodes = {name: view.resolve(f"d:{name}") for name in ("q0", "q1", "q2", "r0")}
    monkeypatch.setattr(type(view), "restricted", lambda _, node: node == nodes["q1"])
    groups = [[nodes["q0"], nodes["q1"]], [nodes["q1"]], [nodes["r0"]]]
    (one, two, three), _ = ordering.prioritised(view, groups, DAY, 60)
    assert (one.score, one.scored, one.subject) == (pytest.approx(LOW), 1, "d:q0")
    assert (two.score, two.subject) == (None, None)
    assert three.score == pytest.approx(MIDDLE)
    assert isinstance(one, Priority)


def test_a_score_that_was_told_goes_with_a_restriction(world: World, circles: World) -> None:
    ties = [tie(f"r{each}", "h", each, "legal_representative") for each in ("s0", "s1")]
    world.write({"kind": "person", "id": "h", "name": "张三"}, *ties, *pair_of("s", 9, 9),
                listing("lh", "h", until="2095-01-05"))  # fmt: skip
    called = use(world, "m9", "person", "entity_records", {0.0: 9.0})
    world.run()
    (before,) = order(world, kind="cluster")
    assert (before.priority.subject, before.priority.model) == ("d:h", called)
    said = {"subject": "d:h", "request": "2026-1", "reason": "PIPL art. 44", "by": "李办",
            "restrict": True}  # fmt: skip
    done = erasing.erase(world.session, asks.convert(said, asks.Erase))
    assert (done["status"], done["left"]) == ("restricted", [])
    (after,) = order(world, kind="cluster")
    assert (after.priority.score, after.priority.subject) == (None, None)
    assert (after.told.score, after.told.subject) == (None, None)
    assert msgspec.structs.replace(after, priority=before.priority, told=before.told) == before
    left: list[str] = []
    unscored(circles.url, "d:q0", left)
    rows = listed(circles, order="risk").results
    assert left == [] and sorted(row.priority.score is None for row in rows) == [False, False, True]


def test_what_extends_answers_the_same_whatever_is_ordered_by_a_score(world: World) -> None:
    people = {"kind": "person", "id": "h", "name": "张三"}
    ties = [tie(f"r{each}", "h", each, "legal_representative") for each in ("p0", "p1")]
    world.write(*pair_of("p", 5000, 5000), people, *ties)
    world.run()
    world.write(listing("lx", "p1", list="penalty"))
    question = {"subject": "d:p0", "measure": "consumption_restriction", "act": "2024-02-01",
                "as_of": DAY}  # fmt: skip
    before = world.session.ask("extend", question)["results"]
    assert before
    use(world, "m1")
    use(world, "m9", "person", "entity_records", {0.0: 9.0})
    (alert,) = world.run()[1]
    assert alert.rank > 0.9
    assert world.session.ask("extend", question)["results"] == before
