"""Statistics against a count by hand: every listing and decision looked at for every row."""

from __future__ import annotations

import csv
import io
import itertools
import random
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

import chinese_calendar
import pytest

from api.decisions.clocks import known_years
from api.decisions.state import Decision, Objection
from api.decisions.timing import clocks
from api.monitor.regions import name_of, region_of
from api.monitor.statistics import COUNTS, DIMENSIONS, Asked, csv_of, statistics
from graph.rulebook import load_rulebook
from ingest.generate.numbers import credit_codes
from tests.api.monitor.conftest import World, company, listing

DAY = "2026-03-31"
REGIONS = ("110101", "330106", "440305", "650102", None)


def code(district: str, body: int) -> str:
    import numpy as np

    made = credit_codes(
        np.array([91]), np.array([int(district)]), np.array([True]), np.array([body])
    )
    return made[0]


def working_days_after(day: str, count: int) -> str:
    at = date.fromisoformat(day)
    while count:
        at += timedelta(1)
        known = at.year in known_years()
        count -= chinese_calendar.is_workday(at) if known else at.weekday() < 5
    return at.isoformat()


class Counted(NamedTuple):
    """One thing that is to be counted, found by hand."""

    what: str
    month: str | None
    domain: str | None
    region: str | None
    measure: str | None


class Drawn:
    """Random listings and decisions, and what is to be counted of them."""

    def __init__(self, world: World, seed: int) -> None:
        self.chance = random.Random(seed)
        self.expected: list[Counted] = []
        self.regions: dict[str, str | None] = {}
        self._facts: list[dict[str, Any]] = []
        for n, district in enumerate(REGIONS * 2):
            keys = {} if district is None else {"keys": {"uscc": code(district, 1000 + n)}}
            self._facts.append(company(f"c{n}", **keys))
            self.regions[f"c{n}"] = district
        for n in range(40):
            self._listing(n)
        world.write(*self._facts)
        view = world.session.snapshot()
        self.names = {name: view.canonical(view.resolve(f"d:{name}")) for name in self.regions}
        self.decisions = [self._decision(n) for n in range(30)]
        fake = type("Fake", (), {"follow": lambda _: None, "all": lambda _: self.decisions})()
        world.session.__dict__["decisions"] = fake

    def _day(self, begin: str = "2025-01-01", days: int = 400) -> str:
        at = date.fromisoformat(begin) + timedelta(self.chance.randrange(days))
        return at.isoformat()

    def _listing(self, n: int) -> None:
        who = self.chance.choice(list(self.regions))
        sort = self.chance.choice(["black", "red", "penalty", "abnormal"])
        field = self.chance.choice(["tax", "court", "market"])
        entered = self._day(days=430)
        of = (field, self.regions[who], sort)
        attrs: dict[str, Any] = {}
        until = self._day(entered, 300) if self.chance.random() < 0.5 else None
        status = self.chance.choice(["active", "active", "repaired", "lifted", "撤销"])
        self.expected.append(Counted("listed", entered[:7], *of))
        for name, days in (("published_on", 7), ("pushed_on", 2)):
            if name == "pushed_on" and sort != "black":
                continue
            due = working_days_after(entered, days)
            if self.chance.random() < 0.6:
                attrs[name] = self._day(entered, 15)
                what = "met" if attrs[name] <= due else "missed"
            else:
                what = "unknown" if due < DAY else "running"
            self.expected.append(Counted(what, due[:7], *of))
        if status == "repaired":
            when: str | None = until
            if self.chance.random() < 0.5:
                when = attrs["repaired_on"] = self._day(entered, 100)
            self.expected.append(Counted("repaired", when[:7] if when else "NOW", *of))
        fact = listing(
            f"l{n}", who, list=sort, domain=field, decided_on=entered, valid_from=entered,
            status=status, attrs=attrs,
        )  # fmt: skip
        self._facts.append(fact | ({} if until is None else {"valid_to": until}))

    def _decision(self, n: int) -> Decision:
        who = self.chance.choice(list(self.regions))
        measure = self.chance.choice(load_rulebook().measures)
        begins = self._day() if self.chance.random() < 0.8 else None
        objections = tuple(
            Objection(no=k, objector="x", reason="y", accepted=self._day(), suspends=False,
                      resolved=self._day() if self.chance.random() < 0.5 else None)
            for k in range(self.chance.randint(0, 2))
        )  # fmt: skip
        repaired = begins is not None and self.chance.random() < 0.3
        ended = self._day(begins or DAY) if repaired else None
        made = Decision(
            id=f"x{n}", subject=self.names[who], party="p", measure=measure.id, act="2025-01-01",
            outcome="extend", reason="", limb=None, rule=None, why="", rulebook="", edition="",
            engine="", snapshot="", known_at="", as_of="", answer="", proof="", most=None, names=(),
            finding=None, reviewer=None, proposer="a", status="repaired" if repaired else "in_force"
            if begins else "approved", decided=self._day("2024-12-01", 30), begins=begins,
            until="2027-01-01" if begins else None, ended=ended, objections=objections,
        )  # fmt: skip
        of = (measure.domain, self.regions[who], measure.id)
        if begins is not None and begins <= DAY:
            self.expected.append(Counted("extended", begins[:7], *of))
        for each in objections:
            self.expected.append(Counted("objected", each.accepted[:7], *of))
        if ended is not None:
            self.expected.append(Counted("repaired", ended[:7], *of))
        for clock in clocks(made, DAY):
            self.expected.append(Counted(clock.state, clock.due[:7], *of))
        return made

    def rows(self, asked: Asked, now: str) -> dict[tuple[Any, ...], dict[str, int]]:
        """Rows by their groups: for each group that anything is of, all are looked at."""
        digits = {"province": 2, "prefecture": 4, "county": 6}[asked.level]
        kept = [
            each._replace(month=now if each.month == "NOW" else each.month,
                          region=each.region and each.region[:digits])
            for each in self.expected
        ]  # fmt: skip
        kept = [
            each
            for each in kept
            if (asked.domain in (None, each.domain))
            and (asked.since or "") <= (each.month or "")
            and (each.month or "") <= (asked.until or "9999")
        ]
        found = {}
        for group in {tuple(getattr(each, name) for name in asked.by) for each in kept}:
            of = [
                each
                for each in kept
                if all(getattr(each, n) == v for n, v in zip(asked.by, group, strict=True))
            ]
            found[group] = {what: sum(e.what == what for e in of) for what in COUNTS}
        return found


@pytest.mark.parametrize("seed", range(2))
def test_every_way_to_group_counts_what_a_hand_counts(world: World, seed: int) -> None:
    drawn = Drawn(world, seed)
    now = world.session.snapshot().known_at[:7]
    ways = [by for n in range(5) for by in itertools.combinations(DIMENSIONS, n)]
    for by, level in itertools.product(ways, ("province", "county")):
        for more in ({}, {"since": "2025-06", "until": "2025-11"}, {"domain": "tax"}):
            asked = Asked(by=by, level=cast(Any, level), day=DAY, **cast(Any, more))
            answer = statistics(world.session, asked)
            found = {
                tuple(getattr(row, name) for name in by): {n: getattr(row, n) for n in COUNTS}
                for row in answer.results
            }
            expected = drawn.rows(asked, now)
            assert found == expected, (by, level, more)
            assert len(found) == len(answer.results)
            total = {name: sum(row[name] for row in expected.values()) for name in COUNTS}
            assert {name: getattr(answer.total, name) for name in COUNTS} == total
    assert sum(total.values()) > 20


def test_regions_are_those_of_the_code() -> None:
    assert region_of("cn:uscc:91330106MA27XL0Q3X", "province") == "33"
    assert region_of("cn:uscc:91330106MA27XL0Q3X", "county") == "330106"
    for other in ("cn:person:" + "0" * 32, "d:c1", "cn:uscc:short"):
        assert region_of(other, "county") is None
    # GB/T 2260: 浙江省杭州市西湖区; 万州区 was 万县区 until 1998; 市辖区 is no name.
    assert name_of("33") == "浙江省"
    assert name_of("3301") == "浙江省杭州市"
    assert name_of("330106") == "浙江省杭州市西湖区"
    assert name_of("500101") == "重庆市万州区"
    assert name_of("110101") == "北京市东城区"
    assert (name_of("999999"), name_of("99")) == (None, None)


def test_cells_that_a_spreadsheet_would_run_are_shown(world: World) -> None:
    formula = '=HYPERLINK("http://x","y")'
    world.write(
        company("a"),
        {"kind": "listing", "id": "l1", "subject": "a", "list": "@SUM(1)", "domain": formula,
         "decided_on": "2025-01-06", "status": "active"},
    )  # fmt: skip
    body = csv_of(statistics(world.session, Asked(day=DAY)))
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert {(row["domain"], row["measure"]) for row in rows} == {(f"'{formula}", "'@SUM(1)")}
    assert list(rows[0]) == ["month", "domain", "region", "region_name", "measure", *COUNTS]


def test_an_empty_store_counts_nothing(world: World) -> None:
    answer = statistics(world.session, Asked(day=DAY))
    assert answer.results == []
    assert all(getattr(answer.total, name) == 0 for name in COUNTS)
