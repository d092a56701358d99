"""The monitor's alerts: looked at on the graph in the order of time or of risk, and settled: as
a person does it in the explorer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web.conftest import Explorer

THEN = "panel=alerts&as_of=2023-06-30"
USE = "仅用于排定调查与监测的先后, 不得作为延伸惩戒的依据"


def look(it: Explorer) -> Explorer:
    """At the open alerts, as of the day on which they were raised."""
    it.page.goto(f"{it.address}#{THEN}")
    it.page.locator("[data-item]").first.wait_for()
    return it


def heads(it: Explorer, of: str, count: int) -> list[str]:
    """What the alerts of a list (`state order`) say, once it has come."""
    it.page.locator(f".findings[data-of='{of}'] .finding-head").nth(count - 1).wait_for()
    names = it.page.locator(".finding-head .names")
    names.filter(has_text=re.compile("鞋业|茶业|渔业")).first.wait_for()
    said = it.page.locator(".finding-head").all_inner_texts()
    assert len(said) == count
    return said


def test_open_alerts_by_time_and_by_risk_with_whose_score_it_is(explorer: Explorer) -> None:
    it = look(explorer)
    newest, merged = heads(it, "open time", 2)
    assert "新出现" in newest and "莆田戊申鞋业" in newest
    assert "合并" in merged and "扩大" in merged and "三明甲辰竹业" in merged
    assert "第 3 次运行, 截至 2023-09-30" in it.page.locator(".work").inner_text()
    with it.page.expect_request(re.compile("order=risk")):
        it.page.get_by_label("排序").select_option("risk")
    first, second = heads(it, "open risk", 2)
    assert "风险高" in first and "合并" in first  # 0.731 by the model in use; 0.269 the other
    assert "风险较高" in second
    notes = it.page.locator(".work > .use")
    assert USE in notes.nth(0).inner_text()
    assert "company capital-2" in notes.nth(1).inner_text()
    it.page.locator(".finding-head").first.click()
    body = it.page.locator(".finding-body")
    body.get_by_role("img", name="得分 0.731").wait_for()
    said = body.inner_text()
    for words in ("南平丙午茶业", "0.731, 模型 capital-2, 截至 2023-09-30",
                  "产生时: 0.269, 模型 capital, 截至 2023-06-30", USE):  # fmt: skip
        assert words in said, (words, said)
    assert not re.search("[a-z]{6} ", said.replace("capital", "")), said  # one language
    body.get_by_role("heading", name="理由", exact=True).click()
    body.locator(".reasons li").first.wait_for()
    assert "注册资本" in body.locator(".reasons").inner_text()
    it.picture("alerts-risk")


def test_an_alert_is_put_on_the_graph_with_what_became_of_it(explorer: Explorer) -> None:
    it = look(explorer)
    heads(it, "open time", 2)
    it.page.locator(".finding-head").filter(has_text="合并").click()
    it.drawn(4)
    assert (it.count("nodes"), it.count("edges")) == (4, 3)
    it.status("风险群组")
    body = it.page.locator(".finding-body")
    body.locator(".steps li").nth(1).wait_for()
    steps = body.locator(".steps").inner_text()
    assert re.search(r"第 2 次运行: 合并, 4 个成员[\s\S]*第 1 次运行: 期初已有, 2 个成员", steps), (
        steps
    )
    assert "多个风险群组合为一个" in body.locator(".news").inner_text()
    body.get_by_role("button", name="南平丙午茶业").click()
    it.page.locator(".card").get_by_role("heading", name="南平丙午茶业").wait_for()
    it.picture("alert-on-graph")
    it.page.locator(".tabs").get_by_role("button", name="已消散").click()
    (over,) = heads(it, "over time", 1)
    assert "宁德庚戌渔业" in over
    it.page.locator(".finding-head").click()
    body.get_by_text("该群组已不存在").wait_for()
    assert body.get_by_role("button", name="重新打开").count() == 0


def test_an_alert_is_dismissed_with_a_reason_and_opened_again_by_keyboard(
    explorer: Explorer,
) -> None:
    it = look(explorer)
    heads(it, "open time", 2)
    it.page.locator(".finding-head").first.focus()
    it.page.keyboard.press("j")
    it.page.keyboard.press("j")  # the second is open, and in the focus
    it.page.locator("[data-item][aria-expanded=true]").filter(has_text="合并").wait_for()
    it.page.keyboard.press("k")
    it.page.locator("[data-item][aria-expanded=true]").filter(has_text="鞋业").wait_for()
    body = it.page.locator(".finding-body")
    body.get_by_role("button", name="排除").click()
    it.status("请说明排除理由")
    body.get_by_label("备注").fill("同一集团内部担保")
    body.get_by_role("button", name="排除").focus()
    it.page.keyboard.press("Enter")
    it.status("已排除: 风险群组")
    heads(it, "open time", 1)
    it.page.locator(".tabs").get_by_role("button", name="已排除").click()
    heads(it, "dismissed time", 1)
    it.page.locator(".finding-head").focus()
    it.page.keyboard.press("Enter")
    body.locator("q").filter(has_text="同一集团内部担保").wait_for()
    body.get_by_role("button", name="重新打开").click()
    it.status("待处理: 风险群组")
    it.page.locator(".tabs").get_by_role("button", name="待处理").click()
    heads(it, "open time", 2)


def test_what_a_caller_may_not_do_is_not_offered(explorer: Explorer) -> None:
    it = explorer

    def narrow(scopes: list[str]) -> Callable[[Any], None]:
        def answered(route: Any) -> None:
            route.fulfill(json=route.fetch().json() | {"scopes": scopes, "kind": "key"})

        return answered

    it.page.route("**/me", narrow(["trace"]))
    look(it)
    heads(it, "open time", 2)
    assert it.page.get_by_role("heading", name="运行监测").count() == 0
    it.page.unroute("**/me")
    it.page.route("**/me", narrow(["extend"]))
    it.page.reload()
    it.page.locator(".rail [data-panel=subjects]").wait_for()
    assert it.page.locator(".rail [data-panel=alerts]").count() == 0


def many(it: Explorer, total: int) -> Iterator[None]:
    """As where `total` alerts are open: copies of the first, by pages."""

    def paged(route: Any) -> None:
        said = route.fetch().json()
        query = route.request.url
        begin = int((re.search(r"after=(\d+)", query) or [0, "0"])[1])
        size = int((re.search(r"limit=(\d+)", query) or [0, "50"])[1])
        one = said["results"][0]
        end = min(total, begin + size)
        rows = [one | {"id": f"m{n}"} for n in range(begin, end)]
        route.fulfill(json=said | {"results": rows, "next": str(end) if end < total else None})

    it.page.route("**/v1/monitor/alerts?*", paged)
    yield


def test_more_alerts_come_by_pages(explorer: Explorer) -> None:
    for _ in many(explorer, 70):
        it = look(explorer)
        heads(it, "open time", 50)
        it.page.get_by_role("button", name="更多").click()
        it.page.locator("[data-item=m69]").wait_for()
        assert it.page.get_by_role("button", name="更多").count() == 0


@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("zh-CN", "light", 390), ("en-GB", "dark", 1280)]
)
def test_the_panel_meets_wcag_aa(
    explorer_of: Callable[..., Explorer], locale: str, scheme: str, width: int
) -> None:
    it = explorer_of(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844})
    look(it)
    it.page.locator(".filters select").nth(1).select_option("risk")
    heads(it, "open risk", 2)
    it.page.locator(".finding-head").first.click()
    it.page.locator(".finding-body .steps li").first.wait_for()
    it.drawn(4)
    news = it.page.locator(".finding-body .news").bounding_box()
    bar = it.page.locator(".timebar").bounding_box()
    assert news and bar and news["y"] < bar["y"]  # what was opened is in sight
    over = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not it.page.evaluate(over)
    it.picture(f"alerts-{locale}-{width}")
    assert it.axe() == []
