"""Findings judged, case files kept and shared, the extension of a measure, and what is taken out:
each as a person does it in the explorer."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import pytest

from tests.web.conftest import Explorer

CYCLE = "facts=w:x1+w:x2+w:x3+w:x4"
PANELS = ("线索", "案卷", "措施扩展", "导出")
ENGLISH = ("Findings", "Case files", "Extend", "Take out")


def panel(it: Explorer, name: str) -> None:
    it.page.locator(".rail").get_by_role("button", name=name).click()
    it.page.locator("section.panel").get_by_role("heading", name=name, level=2).wait_for()


TABS = {"open": "待处理", "accepted": "已采纳", "dismissed": "已排除"}


def tab(it: Explorer, state: str) -> int:
    """Look at the findings in a state; how many there are."""
    it.page.locator(".tabs").get_by_role("button", name=TABS[state]).click()
    it.page.locator(f".findings[data-of={state}]").wait_for(state="attached")
    return it.page.locator(".finding").count()


def found(it: Explorer) -> None:
    """The cycle is on the work list, open."""
    panel(it, "线索")
    it.page.get_by_role("heading", name="运行检测").click()
    box = it.page.get_by_label("检测算法")
    box.locator("option[value=transfer_cycles]").wait_for(state="attached")
    box.select_option("transfer_cycles")
    it.page.locator(".run").get_by_role("button").click()
    it.status(re.compile("新增 [01] 条, 有新情况 0 条, 已知 [01] 条"))
    for word in ("accepted", "dismissed"):
        if tab(it, word):
            it.page.locator(".finding-head").first.click()
            it.page.get_by_role("button", name="重新打开").click()
            it.status(re.compile("待处理: 资金闭环"))
    assert tab(it, "open") == 1


def test_a_finding_is_looked_at_and_dismissed_with_a_reason(explorer: Explorer) -> None:
    it = explorer.open()
    found(it)
    it.page.locator(".finding-head").first.click()
    body = it.page.locator(".finding-body")
    body.locator(".weights li").first.wait_for()
    said = body.inner_text()
    for words in ("资金经 4 个账户", "支持", "可能的正当解释", "偶然概率"):
        assert words in said, words
    it.picture("finding")
    body.get_by_role("button", name="在图中查看").click()
    it.drawn(4)
    assert (it.count("nodes"), it.count("edges")) == (4, 4)
    assert it.page.get_by_role("button", name=re.compile("^环形|闭环")).first.is_visible()
    it.picture("finding-on-graph")
    body.get_by_role("button", name="排除").click()
    it.status("请说明排除理由")
    body.get_by_label("备注").fill("四个账户同属一家企业")
    body.get_by_role("button", name="排除").click()
    it.status("已排除: 资金闭环")
    it.page.get_by_text("该状态下没有线索").wait_for()
    assert tab(it, "dismissed") == 1
    it.page.locator(".finding-head").first.click()
    it.page.locator(".steps p").filter(has_text="四个账户同属一家企业").first.wait_for()
    # The same facts again bring nothing back.
    it.page.locator(".run").get_by_role("button").click()
    it.status(re.compile("新增 0 条, 有新情况 0 条, 已知 1 条"))
    it.page.locator(".tabs").filter(has_text=re.compile(r"待处理\s*0")).wait_for()


def test_a_finding_is_accepted_by_keyboard_alone(explorer: Explorer) -> None:
    it = explorer.open()
    found(it)
    it.page.locator(".finding-head").first.focus()
    it.page.keyboard.press("Enter")
    it.page.locator(".judge textarea").wait_for()
    for _ in range(40):
        it.page.keyboard.press("Tab")
        if it.page.evaluate("document.activeElement.textContent") == "采纳":
            break
    it.page.keyboard.press("Enter")
    it.status("已采纳: 资金闭环")


def kept(it: Explorer, title: str, shared: str = "read") -> str:
    """Keep what is on the canvas; the address of the case file."""
    panel(it, "案卷")
    it.page.get_by_label("标题").fill(title)
    it.page.get_by_label("共享范围").select_option(shared)
    it.page.get_by_role("button", name="保存为新案卷").click()
    it.status(f"已保存: {title}")
    (case,) = re.findall(r"case=(c[0-9a-f]{24})", it.page.url)
    return str(case)


def places(it: Explorer, case: str) -> dict[str, tuple[float, float]]:
    said: dict[str, Any] = it.page.evaluate(
        "async (id) => (await fetch(`/v1/case-files/${id}`)).json()", case
    )
    return {each["id"]: (each["x"], each["y"]) for each in said["scene"]["positions"]}


def test_a_case_is_kept_shared_by_its_link_and_commented(
    explorer: Explorer, explorer_of: Callable[..., Explorer]
) -> None:
    it = explorer.open(CYCLE)
    it.page.keyboard.press("3")  # a ring
    it.drawn(4)
    it.page.wait_for_timeout(600)
    it.panel("subjects")
    it.page.locator(".row").first.click()
    it.page.keyboard.press("h")
    it.page.wait_for_function("document.querySelector('.canvas').dataset.nodes === '3'")
    case = kept(it, "资金闭环一号案")
    where = places(it, case)
    assert len(where) >= 3
    it.page.get_by_label("填写评论").fill("已调取 a1 流水")
    it.page.get_by_role("button", name="发表评论").click()
    it.page.locator(".comments li").filter(has_text="已调取 a1 流水").wait_for()
    it.picture("case")
    other = explorer_of().open(f"case={case}")
    other.drawn(3)
    assert (other.count("nodes"), other.count("edges")) == (3, 2)
    assert "case=" in other.page.url
    panel(other, "案卷")
    other.page.locator(".comments li").filter(has_text="已调取 a1 流水").wait_for()
    other.page.get_by_role("button", name=re.compile("显示.*1")).first.click()
    other.drawn(4)  # who was hidden is there, too


def test_nobody_overwrites_anothers_change(
    explorer: Explorer, explorer_of: Callable[..., Explorer]
) -> None:
    one = explorer.open(CYCLE)
    case = kept(one, "二号案", "write")
    two = explorer_of().open(f"case={case}")
    two.drawn(4)
    panel(two, "案卷")
    two.page.get_by_label("标题").fill("二号案 (改)")
    two.page.get_by_role("button", name="保存更改").click()
    two.status("已保存: 二号案 (改)")
    one.page.get_by_label("标题").fill("我的二号案")
    one.page.get_by_role("button", name="保存更改").click()
    one.page.get_by_role("alert").filter(has_text="未覆盖任何内容").wait_for()
    one.picture("case-conflict")
    refused = [said for said in one.wrong if "412" in said]
    assert refused == one.wrong  # the browser says of every refusal that it was one
    one.wrong.clear()
    one.page.get_by_role("button", name="载入其版本").click()
    one.status("已打开: 二号案 (改)")
    one.page.get_by_role("button", name="删除").click()
    one.page.locator(".sure").get_by_role("button", name="删除").click()
    one.status("已删除: 二号案 (改)")


def taken(it: Explorer, form: str) -> bytes:
    with it.page.expect_download() as download:
        it.page.locator(f"[data-form={form}]").click()
    it.page.locator(f"[data-form={form}]:enabled").wait_for()
    assert download.value.suggested_filename.endswith(f".{form}")
    return Path(download.value.path()).read_bytes()


def test_the_graph_goes_out_in_every_form(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c1&subject=w:c2")
    panel(it, "导出")
    it.picture("export")
    from PIL import Image

    picture = Image.open(io.BytesIO(taken(it, "png"))).convert("RGB")
    assert picture.width > 400
    assert len(picture.getcolors(1 << 20) or ()) > 20  # marks, lines and words, not a blank
    ids = json.loads(taken(it, "json"))["scene"]["ids"]
    assert len(ids) == it.count("nodes")
    graph = networkx.read_graphml(io.BytesIO(taken(it, "graphml")))
    assert {*graph} == {*ids}
    root = ET.fromstring(taken(it, "svg"))
    words = "".join(root.itertext())
    assert "福州明诚科技" in words.replace("\n", "")
    assert "60 %" in words
    assert taken(it, "pdf").startswith(b"%PDF-")


def test_the_extension_says_who_is_reached_why_and_that_proofs_hold(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c1")
    panel(it, "措施扩展")
    it.page.get_by_label("被采取措施的主体").fill("w:c1")
    it.page.locator(".extension select").select_option("consumption_restriction")
    it.page.get_by_label("行为日期").fill("2021-05-01")
    it.page.get_by_role("button", name="查询").click()
    parties = it.page.locator(".party")
    parties.first.wait_for()
    said = it.page.locator(".answered").inner_text()
    for words in ("张伟", "法定代表人", "法释〔2010〕8号", "候选"):
        assert words in said, words
    it.page.get_by_role("button", name="校验证明").click()
    it.status(re.compile(r"\d+ 份证明经独立程序校验, 全部成立"))
    assert it.page.locator(".party .tag.good").count() == parties.count()
    it.picture("extension")
    parties.filter(has_text="张伟").get_by_role("button", name=re.compile("在图中查看")).click()
    it.status("张伟 的依据")
    assert it.count("edges") >= 1


@pytest.mark.parametrize(
    ("locale", "names", "scheme"), [("zh-CN", PANELS, "light"), ("en-GB", ENGLISH, "dark")]
)
def test_the_panels_meet_wcag_aa(
    explorer_of: Callable[..., Explorer], locale: str, names: tuple[str, ...], scheme: str
) -> None:
    it = explorer_of(locale=locale, color_scheme=scheme).open()
    for name in names:
        panel(it, name)
        it.page.wait_for_load_state("networkidle")
        if it.page.locator(".finding-head").count():
            it.page.locator(".finding-head").first.click()
        assert it.axe() == [], name
        it.picture(f"panel-{name}-{scheme}")
