"""Whom to look at first: scores with their reasons and facts, ways of risk on the canvas, and the
sentence that it orders work and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.conftest import Explorer
from tests.web.test_casework import found

USE = "仅用于排定调查与监测的先后, 不得作为延伸惩戒的依据"


def asked(it: Explorer, tab: str, kind: str) -> None:
    """The first subjects of a kind by a tab's order are listed."""
    it.panel("risk")
    it.page.locator(".tabs").get_by_role("button", name=tab).click()
    it.page.get_by_label("种类").select_option(kind)
    it.page.get_by_role("button", name="查询").click()
    it.page.locator("[data-item]").first.wait_for()


def test_accounts_by_score_with_reasons_in_words_and_their_facts(explorer: Explorer) -> None:
    it = explorer.open()
    asked(it, "按评分", "account")
    assert USE in it.page.locator(".use").inner_text()
    it.page.locator("[data-item]").first.click()
    body = it.page.locator(".finding-body")
    said = body.inner_text()
    assert "未启用模型" in said  # what scores is said, too
    assert re.search(r"资金经 4 个账户|转入 \d+", said), said
    assert not re.search("[a-z]{6} ", said), said  # one language
    body.get_by_role("button", name=re.compile("在图中查看 2 条事实")).first.click()
    it.drawn(3)
    assert it.count("edges") == 2
    it.picture("risk-score")


def test_the_way_on_which_risk_came_is_drawn_and_the_card_tells_it(explorer: Explorer) -> None:
    it = explorer.open()
    asked(it, "按传导", "company")
    rows = it.page.locator("[data-item]")
    assert rows.first.get_attribute("data-item") == "w:c2"  # the listed one's own subsidiary
    assert "福州明诚科技有限公司" in rows.first.inner_text()
    rows.first.click()
    it.page.get_by_role("button", name="在图中画出路径").first.click()
    it.drawn(2)
    assert (it.count("nodes"), it.count("edges")) == (2, 1)
    it.page.get_by_role("button", name="加入关系图").click()
    card = it.page.locator(".card", has=it.page.get_by_role("heading", name="厦门和顺商贸有限公司"))
    card.get_by_role("heading", name="风险评分").click()
    card.get_by_text("受他人名单波及").wait_for()
    assert "不得作为延伸惩戒措施的依据" in card.locator(".use").inner_text()
    it.picture("risk-card")


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_the_panel_meets_wcag_aa(
    explorer_of: Callable[..., Explorer], locale: str, scheme: str
) -> None:
    it = explorer_of(locale=locale, color_scheme=scheme).open()
    it.panel("risk")
    it.page.locator(".tabs button").nth(1).click()
    it.page.locator(".filters select").select_option("company")
    it.page.locator(".filters .main").click()
    it.page.locator("[data-item]").first.click()
    it.page.locator(".reasons li").first.wait_for()
    assert it.axe() == []
    it.picture(f"panel-risk-{scheme}")


def test_the_work_list_in_the_order_of_its_members_scores(explorer: Explorer) -> None:
    it = explorer.open()
    found(it)

    def scored(route: Any) -> None:
        """As where a model is in use: what the monitor puts in has the score of a member."""
        said = route.fetch().json()
        for each in said["results"]:
            member = each["row"]["members"][0]
            each["priority"] |= {"score": 0.83, "band": "high", "subject": member, "why": "w1"}
        route.fulfill(json=said)

    it.page.route("**/v1/findings?*", scored)
    with it.page.expect_request(re.compile("order=risk")):
        it.page.get_by_label("排序").select_option("risk")
    it.page.locator(".work > .use").filter(has_text=USE).wait_for()
    head = it.page.locator(".finding-head").first
    assert "风险高" in head.inner_text()
    head.click()
    body = it.page.locator(".finding-body")
    assert body.get_by_role("img", name="得分 0.830").is_visible()
    assert USE in body.locator(".use").inner_text()
    it.picture("findings-by-risk")
