"""Open alerts are ordered by the models in use and the facts that are there now; what they were
raised with stays. Scores are those of `test_order`."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from algorithms.scoring import ordering
from api.caller import DOMAINS
from api.cli import main
from api.kept import state_folder
from api.models import making
from api.monitor import digest, showing, standing
from api.monitor.book import Book
from api.monitor.carrying import carried_over
from api.monitor.routes import ORDER
from api.monitor.settings import MonitorSettings
from api.monitor.standing import reorder
from graph.errors import Cancelled
from tests.algorithms.scoring.stumps import logistic
from tests.api.asked import service
from tests.api.monitor.conftest import World, company, tie
from tests.api.monitor.test_order import (
    HIGH,
    LOW,
    MIDDLE,
    altered,
    broken,
    firsts,
    order,
    pair_of,
    slow,
    use,
)

# By this model few capital is the worst: 5 is above 1, and 50 of more than 400 below.
UPSIDE_DOWN = {1.0: 7.0, 300.0: -6.0}


@pytest.fixture
def three(world: World) -> World:
    """Alerts of clusters p (capital 5: low), r (400: middle), q (5000: high), of one run by m1."""
    world.write(company("z"))
    world.run()
    use(world, "m1")
    world.write(*pair_of("p", 5, 5), *pair_of("r", 400, 400), *pair_of("q", 5000, 5000))
    assert len(world.run()[1]) == 3
    assert firsts(order(world)) == ["q", "r", "p"]
    return world


def again(world: World) -> standing.Standing:
    by = reorder(world.session, world.book, world.settings)
    assert by is not None
    return by


def scores(rows: list[showing.AlertShown]) -> list[float | None]:
    return [row.priority.score for row in rows]


def test_open_alerts_are_ordered_by_the_model_that_is_put_to_use(three: World) -> None:
    before = {row.id: row for row in order(three)}
    bodies = [(each.id, each.body, each.told) for each in three.book.alerts(DOMAINS)]
    called = use(three, "m2", steps=UPSIDE_DOWN)
    by = again(three)
    assert (by.used, by.as_of, by.pending) == ({"company": "m2"}, "2024-06-30", False)
    rows = order(three)
    assert firsts(rows)[0] == "p"
    assert scores(rows) == pytest.approx([logistic(5), logistic(-1), logistic(-1)])
    assert {row.priority.model for row in rows} == {called}
    first = rows[0].priority
    # It is what the score itself says, of that day and moment.
    asked = {"subject": "d:p0", "as_of": first.as_of, "known_at": first.known_at, "model": "m2"}
    (same,) = three.session.ask("risk_score", asked)["results"]
    assert (same.score, same.model) == (first.score, first.model)
    # What they were raised with stays in their record.
    assert [(each.id, each.body, each.told) for each in three.book.alerts(DOMAINS)] == bodies
    for row in rows:
        assert row.told == before[row.id].priority
        assert msgspec.structs.replace(row, priority=row.told) == before[row.id]
    page = showing.alerts(three.book, DOMAINS, order="risk")
    assert page.standing == by
    assert "(company m2) as of 2024-06-30" in page.notes[1]
    told = digest.digest(three.session, three.book, DOMAINS, 0)
    assert [row.id for row in told.alerts] == [row.id for row in rows]
    assert told.notes == page.notes
    assert f"{called}, 2024-06-30" in _text(digest.mail(told, ["a@b.cn"]))


def _text(mail: bytes) -> str:
    from email import message_from_bytes, policy

    (plain, _) = message_from_bytes(mail, policy=policy.default).iter_parts()  # type: ignore[attr-defined]
    text: str = plain.get_content()
    return text


def test_a_run_orders_them_by_the_facts_that_are_there_now(three: World) -> None:
    three.write(company("p1", attrs={"capital": "7000"}), tie("gz", "z", "q0"))
    made, alerts = three.run("2024-07-31")
    assert alerts == []
    rows = order(three)
    assert sorted(firsts(rows)[:2]) == ["p", "q"]
    assert scores(rows) == pytest.approx([HIGH, HIGH, MIDDLE])
    p = next(row for row in rows if row.row["members"][0] == "d:p0")
    assert (p.priority.subject, p.priority.as_of) == ("d:p1", "2024-07-31")
    assert p.priority.known_at == made.known_at
    assert (p.told.score, p.told.as_of) == (pytest.approx(LOW), "2024-06-30")


def test_where_nothing_changed_no_model_is_asked(
    three: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    whole = ordering.prioritised

    def counted(view: Any, groups: Any, *rest: Any) -> Any:
        asked.append(len(groups))
        return whole(view, groups, *rest)

    monkeypatch.setattr(ordering, "prioritised", counted)
    again(three)
    three.run()
    assert asked == []  # the run that raised them told them by these models, of this view
    three.write(*pair_of("s", 1, 1))
    three.run()
    assert asked == [1, 3]  # what is new, and the open ones that it had not told
    again(three)
    use(three, "m2", steps=UPSIDE_DOWN)
    again(three)
    assert asked == [1, 3, 4]  # all of them at once
    ident = order(three)[0].id
    for state in ("accepted", "open", "accepted"):  # at once, so that it has missed nothing
        showing.judge(three.book, DOMAINS, ident, showing.Verdict(state=state), "t")
    again(three)
    assert asked == [1, 3, 4]
    three.session.models.use("m1", "t")
    again(three)
    assert asked == [1, 3, 4, 3]  # what is settled stands where it stood
    kept = next(row for row in order(three) if row.id == ident)
    assert kept.priority.model == three.session.models.get("m2").called
    showing.judge(three.book, DOMAINS, ident, showing.Verdict(state="open"), "t")
    again(three)  # and comes back by what the others are ordered by
    assert {row.priority.model for row in order(three)} == {three.session.models.get("m1").called}


def test_without_a_model_in_use_they_have_no_score(three: World) -> None:
    three.session.models.use_none("company")
    again(three)
    rows = order(three)
    assert scores(rows) == [None] * 3
    assert all("no model is in use for company" in row.priority.why for row in rows)
    assert {row.told.score for row in rows} == {HIGH, MIDDLE, LOW}


@pytest.mark.parametrize(
    ("harm", "words"),
    [(altered, "altered"), (slow, "more than 1e-09 s"), (broken, "ZeroDivisionError")],
)
def test_a_model_that_cannot_be_asked_leaves_the_order_as_it_is(
    three: World, harm: Any, words: str
) -> None:
    before = order(three)
    get = three.session.models.get
    harm(three)
    three.write(*pair_of("s", 9, 9))
    _, alerts = three.run()
    assert len(alerts) == 1 and three.book.failures() == (0, None)
    page = showing.alerts(three.book, DOMAINS, order="risk")
    assert page.results[:3] == before
    assert page.standing is not None and page.standing.pending
    assert any(words in note for note in page.notes)
    assert any("not up to date" in note for note in page.notes)
    # Once it can be asked again, the next run does so, though nothing is new.
    three.session.models.get = get  # type: ignore[method-assign]
    three.settings = MonitorSettings(detectors=())
    use(three, "m2", steps=UPSIDE_DOWN)
    three.run()
    assert firsts(order(three))[0] in "ps"
    found = three.book.standing()
    assert found is not None and not found.pending


def test_an_order_that_fails_or_is_called_off_stops_no_run(
    three: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(error: Exception) -> Any:
        def failing(*_: Any, **__: Any) -> None:
            raise error

        return failing

    monkeypatch.setattr(standing, "_told", fail(ZeroDivisionError("13800138000")))
    three.write(*pair_of("s", 9, 9))
    made, alerts = three.run()
    assert (made.no, len(alerts)) == (3, 1)
    assert three.book.failures() == (1, "the order of open alerts: ZeroDivisionError")
    monkeypatch.setattr(standing, "_told", fail(Cancelled()))
    three.write(*pair_of("t", 9, 9))
    with pytest.raises(Cancelled):
        three.run()
    last = three.book.last()
    assert last is not None and last.no == 4  # it was whole before
    assert len(order(three)) == 5


def test_a_model_put_to_use_while_another_is_asked_has_the_last_word(
    three: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, called = ordering.prioritised, []

    def between(*given: Any) -> Any:
        if not called:
            called.append(use(three, "m3", steps=UPSIDE_DOWN))
        return whole(*given)

    use(three, "m2", steps={1.0: 1.0})
    monkeypatch.setattr(ordering, "prioritised", between)
    assert again(three).used == {"company": "m3"}
    assert {row.priority.model for row in order(three)} == {called[0]}


def test_of_too_many_the_newest_are_told_anew_and_it_is_said(
    three: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = three.book.alerts(DOMAINS)[0].id
    called = use(three, "m2", steps=UPSIDE_DOWN)
    for name, most in (("ALERTS", 1), ("MEMBERS", 3)):  # each has two members
        with monkeypatch.context() as bounds:
            bounds.setattr(standing, name, most)
            three.book.await_standing()
            by = again(three)
        assert any("only the newest 1 open alerts" in note for note in by.notes)
        assert [row.id for row in order(three) if row.priority.model == called] == [newest]


def test_who_is_not_granted_every_domain_is_told_nothing_of_it(three: World) -> None:
    use(three, "m2", steps=UPSIDE_DOWN)
    again(three)
    page = showing.alerts(three.book, ("registry", "tax"), order="risk")
    assert page.standing is None and {row.told.score for row in page.results} == {None}
    told = digest.digest(three.session, three.book, ("registry", "tax"), 0)
    assert b"m2" not in msgspec.json.encode([page, told])


def test_whose_score_it_is_now_is_restricted_erased_and_rekeyed(
    three: World, tmp_path: Any
) -> None:
    """p0 was raised with p0's score and stands by p1's."""
    three.write(company("p1", attrs={"capital": "7000"}))
    three.run()
    target = f"sqlite:///{tmp_path / 'new.db'}"
    assert carried_over(three.url, target, [("d:p1", "new:1")]) is not None
    with Book(state_folder(target)) as book:
        found = [each.standing.subject for each in book.alerts(DOMAINS) if each.standing]
        assert "new:1" in found and "d:p1" not in found
    three.book.unscored("d:p0")
    p = next(row for row in order(three) if row.row["members"][0] == "d:p0")
    assert (p.priority.subject, p.told.subject) == ("d:p1", None)
    three.book.unscored("d:p1")
    p = order(three)[-1]
    assert (p.row["members"][0], p.priority.score) == ("d:p0", None)
    assert again(three).pending is False  # and is told anew, of whom it may be told
    path = state_folder(three.url) / "monitor.db"
    assert b"d:p1" in path.read_bytes() + path.with_name("monitor.db-wal").read_bytes()
    three.book.forget(lambda body: b'"d:p1"' in body)
    assert b"d:p1" not in path.read_bytes()


def test_verb_and_route_order_them_at_once(
    three: World, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(three, "m2", steps=UPSIDE_DOWN)
    three.session.models.use("m1", "t")
    # These were trained on nothing: what is told of a model that is put to use is its entry alone.
    monkeypatch.setattr(making, "whole", lambda models, name: models.entry(name))
    capfd.readouterr()
    assert main(["model", "use", "m2", "--store", three.url, "--json"]) == 0
    said = capfd.readouterr()
    assert msgspec.json.decode(said.out)["name"] == "m2"
    assert "open alerts are ordered as of 2024-06-30" in said.err
    assert firsts(order(three))[0] == "p"
    args = ["monitor", "alerts", "--order", "risk", "--store", three.url]
    assert main(args) == 0
    said = capfd.readouterr()
    assert "m2@" in said.out and "2024-06-30" in said.out
    assert "(company m2) as of 2024-06-30" in said.err
    with service(three.url) as asked:
        assert asked.post("/v1/models/m1/use").status_code == 200
        body = asked.get("/v1/monitor/alerts?order=risk").json()
        assert body["standing"]["pending"] and body["standing"]["used"] == {"company": "m2"}
        assert any("not up to date" in note for note in body["notes"])
        (job,) = asked.get("/v1/jobs").json()["results"]
        assert (job["algorithm"], job["status"]) == (ORDER, "queued")
        asked.app.state.jobs.runner.kinds[ORDER]({})  # as the runner does, which is not there
        body = asked.get("/v1/monitor/alerts?order=risk").json()
    assert (body["standing"]["pending"], body["standing"]["used"]) == (False, {"company": "m1"})
    assert [row["priority"]["score"] for row in body["results"]] == pytest.approx(
        [HIGH, MIDDLE, LOW]
    )
    assert body["results"][0]["told"]["model"].startswith("m1@")


def test_who_is_not_to_be_told_of_while_models_are_asked_is_not_told_of(
    three: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(three, "m2", steps=UPSIDE_DOWN)
    real, subject = standing._told, order(three)[0].priority.subject
    assert subject is not None

    def told(*given: Any) -> Any:
        found = real(*given)
        three.book.unscored(subject)
        return found

    monkeypatch.setattr(standing, "_told", told)
    by = again(three)
    assert by.pending  # it changed each time: the next run does it
    assert subject not in {row.priority.subject for row in order(three)}
    monkeypatch.undo()
    assert not again(three).pending


def test_where_no_model_is_in_use_any_more_the_order_is_by_none(three: World) -> None:
    use(three, "m2", steps=UPSIDE_DOWN)
    again(three)
    for row in order(three):
        three.book.unscored(str(row.priority.subject))
    three.session.models.use_none("company")
    by = again(three)
    assert (by.used, by.pending) == ({}, False)
