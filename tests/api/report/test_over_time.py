"""Pictures over time: what came after what, whose line it is on, and what is said when."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from api.client import Local
from api.report import Picture, cycle, flow, timeline
from graph.store import Store

SVG = "{http://www.w3.org/2000/svg}"
Point = tuple[float, float]
FACTS: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "甲公司", "valid_from": "2020-02-01",
     "valid_to": "2021-12-01"},
    {"kind": "company", "id": "c2", "name": "乙公司"},
    {"kind": "company", "id": "c3", "name": "丙公司"},
    {"kind": "person", "id": "p1", "name": "王某"},
    {"kind": "legal_representative", "id": "r1", "from": "p1", "to": "c1",
     "valid_from": "2020-03-01", "valid_to": "2021-10-01"},
    {"kind": "invoice", "id": "v1", "from": "c1", "to": "c2", "amount": "100", "at": "2021-05-01"},
    {"kind": "invoice", "id": "v2", "from": "c2", "to": "c3", "amount": "90", "at": "2021-05-01"},
    {"kind": "invoice", "id": "v3", "from": "c3", "to": "c1", "amount": "80", "at": "2021-06-09"},
]  # fmt: skip
ROW = {
    "id": "x:1", "pattern": "invoice_cycle", "members": ["d:c2", "d:c1", "d:c3"], "amount": "270",
    "facts": ["d:v3", "d:v2", "d:v1", "d:r1"], "begins": "2021-05-01", "ends": "2021-06-09",
    "why": "circle", "score": 0.5,
}  # fmt: skip


@pytest.fixture
def risk(write: Callable[..., Store], store_url: str) -> Iterator[Local]:
    write(FACTS)
    with Local(store_url) as client:
        yield client


def answer(risk: Local, **more: Any) -> dict[str, Any]:
    known = risk.subject("d:c1")["known_at"]
    return {"as_of": "2021-07-01", "known_at": known, "params": {}, "results": [{**ROW, **more}]}


def texts(picture: Picture) -> dict[str, Point]:
    """What is written, and where."""
    root = ElementTree.fromstring(picture.svg())
    return {
        node.text or "": (float(node.attrib["x"]), float(node.attrib["y"]))
        for node in root.iter(f"{SVG}text")
    }


def arrows(picture: Picture) -> list[tuple[Point, Point]]:
    """Where each thick arrow begins, and where its head ends, by where it stands."""
    root = ElementTree.fromstring(picture.svg())
    found = []
    for group in root.iter(f"{SVG}g"):
        path, head = group.find(f"{SVG}path"), group.find(f"{SVG}polygon")
        if path is not None and head is not None and "main" in path.attrib["class"]:
            start = re.findall(r"-?[\d.]+", path.attrib["d"])[:2]
            tip = head.attrib["points"].split()[0].split(",")
            found.append(((float(start[0]), float(start[1])), (float(tip[0]), float(tip[1]))))
    return sorted(found)


def test_a_flow_runs_from_left_to_right_between_the_lines_of_its_ends(risk: Local) -> None:
    picture = flow(risk, answer(risk))
    at = texts(picture)
    lanes = {name: at[name][1] for name in ("甲公司", "乙公司", "丙公司")}
    assert lanes["乙公司"] < lanes["甲公司"] < lanes["丙公司"]  # as the row has its members
    drawn = arrows(picture)
    assert [a[0] for a, _ in drawn] == [b[0] for _, b in drawn]  # each at one moment
    near = [
        tuple(min(lanes, key=lambda name, y=y: abs(lanes[name] - y)) for y in (a[1], b[1]))
        for a, b in drawn
    ]
    assert near == [("甲公司", "乙公司"), ("乙公司", "丙公司"), ("丙公司", "甲公司")]
    assert at["100.00"][0] < at["90.00"][0] < at["80.00"][0]
    assert at["2021-05-01"][0] < at["2021-06-09"][0]
    assert "王某" not in at


def test_more_facts_than_are_cited_are_counted(risk: Local) -> None:
    for draw in (flow, timeline):
        assert "图中 4 项事实，共 31 项 / 4 of 31 facts" in texts(
            draw(risk, answer(risk, facts_total=31))
        )


def test_a_timeline_has_what_began_happened_and_ended_in_order(risk: Local) -> None:
    picture = timeline(risk, answer(risk))
    lines = [
        "甲公司: 企业 company 成立 founded", "王某 → 甲公司: 法定代表人 (起 from)",
        "甲公司 → 乙公司: 发票 100.00", "乙公司 → 丙公司: 发票 90.00",
        "丙公司 → 甲公司: 发票 80.00", "王某 → 甲公司: 法定代表人 (止 until)",
        "甲公司: 企业 company 注销 deregistered",
    ]  # fmt: skip
    at = texts(picture)
    heights = [at[line][1] for line in lines]
    assert heights == sorted(heights)
    assert len({at[line][0] for line in lines}) == 1
    for day in ("2020-02-01", "2020-03-01", "2021-06-09", "2021-10-01", "2021-12-01"):
        assert day in at


def test_a_row_without_events_draws_nothing_wrong(risk: Local) -> None:
    picture = flow(risk, answer(risk, facts=["d:r1"]))
    assert arrows(picture) == []
    assert "甲公司" not in texts(picture)


def test_a_ring_of_invoices_is_called_one(risk: Local) -> None:
    at = texts(cycle(risk, answer(risk, members=["d:c1", "d:c2", "d:c3"])))
    assert "金额 amount 270" in at
    assert "环开发票" in cycle(risk, answer(risk)).title
