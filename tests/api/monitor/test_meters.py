"""The meters of the monitor, and a dashboard that asks for nothing that is not there."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api import metrics
from api.caller import DOMAINS
from api.metrics import Meters
from api.monitor.settings import MonitorSettings
from tests.api.monitor.conftest import World, company, listing, tie
from tests.api.serving import served

DASHBOARD = Path(__file__).parent.parent.parent.parent / "deploy" / "grafana" / "linkrisk.json"
WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def samples(page: bytes) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """What Prometheus reads in a page: samples by name, then by labels."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(page.decode()):
        for each in family.samples:
            found.setdefault(each.name, {})[tuple(sorted(each.labels.items()))] = each.value
    return found


def page(world: World) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    return samples(metrics.page(Meters(), world.session))


def test_before_the_first_run_there_is_little_to_say(world: World) -> None:
    found = page(world)
    assert found["linkrisk_monitor_failures_total"] == {(): 0}
    assert set(found["linkrisk_monitor_alerts_open"].values()) == {0}
    assert not [name for name in found if "last_run" in name]
    assert not world.book.is_there


def test_alerts_clusters_runs_and_failures(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.write(listing("lc", "c"), tie("g2", "b", "c"))
    pair.run()
    pair.write(company("x"), company("y"), listing("lx", "x"), listing("ly", "y"),
               tie("gx", "x", "y"))  # fmt: skip
    last, _ = pair.run()
    found = page(pair)
    alerts = found["linkrisk_monitor_alerts_open"]
    assert alerts == {(("kind", "cluster"),): 2, (("kind", "case"),): 0}
    assert found["linkrisk_monitor_clusters"] == {
        (("state", "born"),): 1, (("state", "steady"),): 1,
    }  # fmt: skip
    assert found["linkrisk_monitor_runs_total"] == {(): 3}
    assert found["linkrisk_monitor_last_run_batch"] == {(): last.batch}
    assert found["linkrisk_monitor_last_run_cases"] == {(): 0}
    (age,) = found["linkrisk_monitor_last_run_age_seconds"].values()
    (ended,) = found["linkrisk_monitor_last_run_timestamp_seconds"].values()
    assert abs(time.time() - ended - age) < 30
    (took,) = found["linkrisk_monitor_last_run_duration_seconds"].values()
    assert took == pytest.approx((last.finished - last.started) / 1e6)
    (alert, _) = pair.book.alerts(DOMAINS)
    pair.book.judge(alert.id, DOMAINS, "accepted", "clerk", None)

    def fail(*_: Any, **__: Any) -> Any:
        raise ValueError

    monkeypatch.setattr("api.monitor.run._clusters", fail)
    with pytest.raises(ValueError):
        pair.run()
    found = page(pair)
    assert found["linkrisk_monitor_alerts_open"][("kind", "cluster"),] == 1
    assert found["linkrisk_monitor_failures_total"] == {(): 1}
    assert found["linkrisk_monitor_runs_total"] == {(): 3}


def expressions(value: Any) -> list[str]:
    """Every expression of a dashboard, of panels and of variables."""
    if isinstance(value, dict):
        own = [value["expr"]] if "expr" in value else []
        query = value.get("query")
        if isinstance(query, dict) and "query" in query:
            own.append(query["query"])
        return own + [each for part in value.values() for each in expressions(part)]
    if isinstance(value, list):
        return [each for part in value for each in expressions(part)]
    return []


def asked(expression: str) -> tuple[set[str], set[str]]:
    """The metrics that an expression names, and the labels that it tells them apart by: what is no
    function, no label and no word of PromQL's."""
    labels = set()
    for inner in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", expression):
        labels |= set(WORD.findall(inner))
    plain = re.sub(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)", " ", expression)
    if found := re.fullmatch(r"label_values\((\w+),\s*(\w+)\)", plain):
        return {found[1]}, {found[2]}
    for inner in re.findall(r"\{([^}]*)\}", plain):
        labels |= {each.split("=")[0].strip("!~ ") for each in inner.split(",")}
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", plain)
    functions = set(re.findall(r"([a-zA-Z_]\w*)\s*\(", plain))
    return set(WORD.findall(plain)) - functions, labels


def test_what_an_expression_names() -> None:
    assert asked('histogram_quantile(0.5, sum by (le) (rate(a_bucket{x="1",y=~"z"}[5m])))') == (
        {"a_bucket"}, {"le", "x", "y"},
    )  # fmt: skip
    assert asked("time() - max(b_total) / c") == ({"b_total", "c"}, set())
    assert asked("label_values(d, e)") == ({"d"}, {"e"})


def test_the_dashboard_asks_for_what_is_there(pair: World) -> None:
    """Every metric is on the page of a service that answered something, and so is every label that
    it is told apart by; `instance` is what Prometheus adds."""

    async def meters() -> bytes:
        async with served(pair.url, MonitorSettings(detectors=())) as client:
            for path in ("/v1/clusters", "/v1/clusters?max_rows=1", "/v1/subjects/none"):
                await client.get(path)
            return (await client.get("/metrics")).content

    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    found = samples(asyncio.run(meters()))
    # What counts nothing yet has a name all the same, in its `# TYPE`.
    families = {f.name: f for f in text_string_to_metric_families(asyncio.run(meters()).decode())}
    counted = {f"{name}_total" for name, family in families.items() if family.type == "counter"}
    wanted = expressions(dashboard)
    assert len(wanted) > 20
    for expression in wanted:
        named, labels = asked(expression)
        assert named, expression
        for name in named:
            assert name in found or name in counted, (name, expression)
            there = {label for sample in found.get(name, {}) for label, _ in sample}
            if there:
                assert labels <= there | {"instance"}, (name, expression)
    # And nothing that there is of the monitor is left out.
    shown = {name for expression in wanted for name in asked(expression)[0]}
    of_monitor = {name for name in found if name.startswith("linkrisk_monitor_")}
    assert of_monitor - shown == {
        "linkrisk_monitor_runs_total", "linkrisk_monitor_last_run_timestamp_seconds",
    }  # fmt: skip


def test_the_dashboard_stands_by_itself() -> None:
    text = DASHBOARD.read_text("utf-8")
    dashboard = json.loads(text)
    assert "http" not in text.replace("httpMethod", "")
    panels = [each for each in dashboard["panels"] if each["type"] != "row"]
    idents = [each["id"] for each in dashboard["panels"]]
    assert len(set(idents)) == len(idents)
    for panel in panels:
        assert " / " in panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert re.search("[一-鿿]", panel["description"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    places = [
        (x, y)
        for panel in panels
        for at in (panel["gridPos"],)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(places)) == len(places)  # none lies on another
