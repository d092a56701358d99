"""What an investigator does in the explorer, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest

from tests.web.conftest import TOKEN, Explorer
from tests.web.world import PHONE, RESIDENT, USCC, USERS

CYCLE = "facts=w:x1+w:x2+w:x3+w:x4"


def search(it: Explorer, text: str) -> list[str]:
    it.page.fill("#search-box", text)
    it.page.locator(f".tally[data-of='{text}']").wait_for()
    return it.page.locator(".panel .row-name").all_text_contents()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("明诚科技", "福州明诚科技有限公司"),
        ("mingcheng", "福州明诚科技有限公司"),
        (USCC, "福州明诚科技有限公司"),
        ("陈志强", "陳志強"),
    ],
)
def test_a_search_finds_names_their_variants_pinyin_and_codes(
    explorer: Explorer, text: str, name: str
) -> None:
    assert name in search(explorer.open(), text)


def test_from_a_search_to_the_card_and_the_graph(explorer: Explorer) -> None:
    it = explorer.open()
    assert search(it, PHONE)  # a phone is found by its number
    search(it, "福州明诚")
    it.picture("search")
    it.page.locator(".panel .row").first.click()
    it.drawn(5)
    card = it.page.locator(".card")
    assert "福州明诚科技有限公司" in card.inner_text()
    for text in (USCC, "5,000,000.00", "黑名单 税务", "福州市税务局", "2022-01-05"):
        assert text in card.inner_text(), text
    card.get_by_text("时间线").click()
    card.locator(".timeline time").first.wait_for()
    assert "2015" in card.locator(".timeline h4").all_text_contents()
    it.picture("card")


def test_a_hub_shows_counts_first_and_comes_a_page_at_a_time(explorer: Explorer) -> None:
    it = explorer.open("subject=w:t9")
    assert it.count("nodes") == 1  # none of the 250 unasked
    row = it.page.locator(".expand tr").filter(has_text="使用电话")
    assert str(USERS) in row.inner_text()
    row.get_by_role("button").click()
    it.drawn(101)
    it.status(re.compile(rf"100 / {USERS}"))
    assert f"100 / {USERS}" in row.inner_text()
    it.picture("hub")
    row.get_by_role("button").click()
    it.drawn(201)
    row.get_by_role("button").click()
    it.drawn(251)
    assert it.count("edges") == USERS
    assert row.get_by_role("button").count() == 0
    it.page.keyboard.press("Control+z")
    it.page.keyboard.press("Control+z")
    assert it.count("nodes") == 101


def test_layouts_are_commands_that_are_undone(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c1&subject=w:c2&subject=w:c3")
    for key, name in (("2", "tree"), ("3", "ring"), ("4", "money"), ("1", "force")):
        it.page.keyboard.press(key)
        it.page.wait_for_timeout(200)
        it.picture(f"layout-{name}")
    undo = it.page.get_by_role("button", name="撤销")
    for _ in range(4):
        undo.click()
    assert undo.is_disabled()
    assert it.page.get_by_role("button", name="重做").is_enabled()


def choose(it: Explorer, *names: str) -> None:
    """Choose subjects in the list, as the keyboard or the mouse would."""
    it.panel("subjects")
    for k, name in enumerate(names):
        row = it.page.get_by_role("option").filter(has_text=name)
        row.click(modifiers=["Shift"] if k else [])


def test_paths_and_what_is_shared_between_two(explorer: Explorer) -> None:
    it = explorer.open("subject=w:p3&subject=w:c3")
    choose(it, "陳志強", "泉州远航物流有限公司")
    it.page.keyboard.press("b")
    it.status("已找到路径")
    it.picture("paths")
    assert it.page.locator(".chosen-count").is_visible()
    it.page.keyboard.press("Escape")
    choose(it, "福州明诚科技有限公司", "泉州远航物流有限公司")
    it.page.keyboard.press("c")
    it.status("共同关联")


def test_three_subjects_at_once(explorer: Explorer) -> None:
    it = explorer.open("subject=w:p3&subject=w:c3&subject=w:p2")
    choose(it, "陳志強", "泉州远航物流有限公司", "王丽")
    it.page.get_by_role("button", name="所选主体间的路径").click()
    it.status("已找到路径")
    links = unquote(it.page.url).count("paths=")
    assert links == 3  # each pair


def test_pin_hide_group_and_back(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c1")
    before = it.count("nodes")
    choose(it, "张伟", "厦门和顺商贸有限公司")
    it.page.keyboard.press("p")
    it.page.keyboard.press("g")
    it.status("合并")
    assert it.count("nodes") == before - 1
    it.picture("group")
    it.page.keyboard.press("g")
    assert it.count("nodes") == before
    choose(it, "张伟")
    it.page.keyboard.press("h")
    assert it.count("nodes") == before - 1
    it.page.keyboard.press("Shift+H")
    assert it.count("nodes") == before
    choose(it, "张伟")
    it.page.keyboard.press("Delete")
    assert it.count("nodes") == before - 1
    it.page.keyboard.press("Control+z")
    assert it.count("nodes") == before


def test_the_whole_graph_moves_in_time(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c1&as_of=2019-06-01")
    it.page.locator(".expand").get_by_text("法定代表人").wait_for()
    names = relations(it)
    assert any("王丽" in each and "法定代表人" in each for each in names)
    assert not any("张伟" in each and "法定代表人" in each for each in names)
    it.page.locator("input[type=date]").fill("2023-01-01")
    it.page.keyboard.press("Enter")
    it.status("2023-01-01")
    names = relations(it)
    assert any("张伟" in each and "法定代表人" in each for each in names)
    assert not any("王丽" in each for each in names)  # neither her office nor her share
    assert "as_of=2023-01-01" in it.page.url
    it.picture("as-of")
    it.page.locator(".slider input").press("Home")
    it.status(re.compile("截至 2015"))
    it.page.get_by_role("button", name="回到今日").click()
    assert "as_of" not in it.page.url


def relations(it: Explorer) -> list[str]:
    """The relations drawn now, as the list says them."""
    it.panel("subjects")
    details = it.page.locator(".panel details.section")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    return details.locator(".row").all_inner_texts()


def test_what_was_known_at_another_time(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c3")
    assert any("监事" in each for each in relations(it))
    it.page.locator("input[type=datetime-local]").fill("2020-01-01T00:00:00")
    it.page.keyboard.press("Enter")
    it.page.wait_for_function("() => document.querySelector('.canvas').dataset.edges === '0'")
    it.page.get_by_role("button", name="现在").click()
    it.page.wait_for_function("() => Number(document.querySelector('.canvas').dataset.edges) > 3")
    it.wrong.clear()  # the browser notes each 404: nothing was known then


def test_a_cycle_flows_in_the_order_of_time(explorer: Explorer) -> None:
    it = explorer.open(f"{CYCLE}&layout=ring")
    assert (it.count("nodes"), it.count("edges")) == (4, 4)
    it.page.keyboard.press("a")
    it.status(re.compile(r"第 1 / 4 步.*100,000\.00"))
    it.status(re.compile(r"第 2 / 4 步.*98,000\.00"))
    assert it.page.locator("canvas.flow").count() == 1
    it.picture("cycle")
    it.page.keyboard.press("Escape")
    assert it.page.locator("canvas.flow").count() == 0


def test_with_reduced_motion_a_cycle_is_told_and_nothing_moves(
    explorer_of: Callable[..., Explorer],
) -> None:
    it = explorer_of(reduced_motion="reduce").open(f"{CYCLE}&layout=ring")
    it.page.keyboard.press("a")
    it.status("第 1 / 4 步")
    moved = """() => new Promise((done) => {
      const seen = new Map();
      const look = () => {
        const step = document.querySelector('[role=status]').textContent;
        const picture = document.querySelector('canvas.flow').toDataURL();
        seen.set(step, (seen.get(step) ?? new Set()).add(picture));
        if (seen.size < 3) requestAnimationFrame(look);
        else done([...seen.values()].slice(1, -1).map((each) => each.size));
      };
      look();
    })"""
    assert it.page.evaluate(moved) == [1]  # one picture for a whole step


def test_every_relation_opens_its_facts_and_sources(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c1")
    relations(it)
    it.page.locator(".panel details .row").filter(has_text="51%").click()
    facts = it.page.locator(".facts")
    facts.get_by_text("w:s1").wait_for()
    text = facts.inner_text()
    assert "51%" in text
    assert "2015-03-01" in text
    assert re.search(r"来源\s+w", text)
    it.picture("edge")


def test_identifiers_are_masked_until_there_is_a_purpose_and_a_case(explorer: Explorer) -> None:
    it = explorer.open("subject=w:p1")
    card = it.page.locator(".card")
    assert RESIDENT not in it.page.content()
    assert re.search(r"\d+\*+\w*", card.inner_text())
    card.get_by_role("button", name="查看完整标识").click()
    card.get_by_role("button", name="查看", exact=True).click()
    assert RESIDENT not in it.page.content()  # both have to be said
    it.picture("unmask")
    card.get_by_label("用途").fill("反诈")
    card.get_by_label("案号").fill("2026-0017")
    card.get_by_role("button", name="查看", exact=True).click()
    card.get_by_text(RESIDENT).wait_for()
    it.status("留痕")
    card.get_by_role("button", name="恢复遮蔽").click()
    assert RESIDENT not in it.page.content()


def test_a_link_brings_the_scene_back(
    explorer: Explorer, explorer_of: Callable[..., Explorer]
) -> None:
    it = explorer.open("subject=w:c1&as_of=2019-06-01&layout=tree")
    seen, link = (it.count("nodes"), it.count("edges")), it.page.url
    assert "subject=cn" in unquote(link)
    other = explorer_of()
    other.open()
    other.page.goto("about:blank")
    other.page.goto(link)
    other.drawn(2)
    assert (other.count("nodes"), other.count("edges")) == seen
    assert other.page.locator("input[type=date]").input_value() == "2019-06-01"
    tree = other.page.get_by_role("button", name=re.compile("股权层级"))
    assert tree.get_attribute("aria-pressed") == "true"


def test_without_a_token_the_page_asks_for_one_and_shows_nothing(
    explorer_of: Callable[..., Explorer],
) -> None:
    it = explorer_of()
    base = it.address.partition("?")[0]
    it.page.goto(f"{base}#subject=w:c1")
    it.page.get_by_role("heading", name="linkrisk").wait_for()
    assert "福州" not in it.page.content()
    it.picture("sign-in")
    it.page.get_by_label("密钥或令牌").fill("wrong")
    it.page.get_by_role("button", name="登录").click()
    it.status("不接受")
    it.page.get_by_label("密钥或令牌").fill(TOKEN)
    it.page.get_by_role("button", name="登录").click()
    it.drawn(2)
    it.wrong.clear()  # the browser notes each 401


def test_a_failure_is_said_in_the_readers_words(explorer: Explorer) -> None:
    it = explorer.open()
    it.page.goto(it.page.url.partition("#")[0] + "#subject=w:nobody")
    it.status(re.compile("操作未成功.*w:nobody"))
    it.wrong.clear()  # the browser notes the 404


def test_without_webgl_the_tables_are_there(explorer_of: Callable[..., Explorer]) -> None:
    it = explorer_of()
    it.page.add_init_script(
        "delete window.WebGL2RenderingContext; delete window.WebGLRenderingContext;"
        "const had = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return String(kind).startsWith('webgl') ? null : had.call(this, kind, ...more); };"
    )
    it.page.goto(it.address)
    it.page.get_by_role("alert").filter(has_text="WebGL").wait_for()
    search(it, "福州明诚")
    it.page.locator(".panel .row").first.click()
    it.page.locator(".card h2").filter(has_text="福州明诚科技有限公司").wait_for()
    it.panel("subjects")
    it.page.get_by_role("option").filter(has_text="张伟").wait_for()
    assert it.page.locator(".panel details .row").filter(has_text="51%").count() == 1
    it.picture("no-webgl")
