"""Who cannot see colours, use a mouse or read Chinese works with the explorer all the same."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.web.conftest import Explorer

SCENES = (
    "",
    "subject=w:c1",
    "subject=w:c1&panel=subjects",
    "facts=w:x1+w:x2+w:x3+w:x4&layout=ring",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scene", SCENES)
def test_axe_finds_nothing_serious(
    explorer_of: Callable[..., Explorer], scene: str, scheme: str
) -> None:
    it = explorer_of(color_scheme=scheme).open(scene)
    if "subject" in scene:
        it.page.locator(".card .expand tr").first.wait_for()
    assert it.axe() == []
    if scheme == "dark" and scene == "subject=w:c1":
        it.picture("dark")


def test_the_dialog_and_the_way_in_have_nothing_serious(
    explorer_of: Callable[..., Explorer],
) -> None:
    it = explorer_of().open()
    it.page.keyboard.press("?")
    it.page.get_by_role("dialog").wait_for()
    assert it.axe() == []
    it.picture("keys")
    it.page.keyboard.press("Escape")
    assert it.page.get_by_role("dialog").count() == 0
    stranger = explorer_of()
    stranger.page.goto(stranger.address.partition("?")[0])
    stranger.page.get_by_label("密钥或令牌").wait_for()
    assert stranger.axe() == []
    stranger.wrong.clear()  # the browser notes the 401


def test_everything_by_the_keyboard(explorer: Explorer) -> None:
    it = explorer.open()
    press = it.page.keyboard.press
    press("/")
    it.page.keyboard.type("福州明诚")
    it.page.locator(".panel .row").first.wait_for()
    press("Escape")  # out of the box
    it.page.locator(".panel .row").first.focus()
    press("Enter")
    it.drawn(4)
    before = it.count("nodes")
    press("j")
    first = it.page.locator("[role=option][aria-selected=true]").inner_text()
    press("j")
    second = it.page.locator("[role=option][aria-selected=true]").inner_text()
    assert first != second
    press("k")
    assert it.page.locator("[role=option][aria-selected=true]").inner_text() == first
    it.page.locator("[role=option][tabindex='0']").focus()  # one stop for the whole list
    assert it.page.locator("[role=option][tabindex='0']").count() == 1
    press("ArrowDown")
    assert it.page.evaluate("() => document.activeElement.getAttribute('role')") == "option"
    press("Enter")  # its relations come
    it.status("已展开")
    assert it.count("nodes") >= before
    press("h")
    it.status("已隐藏")
    press("Control+z")
    it.status("已撤销")
    press("[")
    it.status("截至")


def test_the_focus_is_seen(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c1")
    for _ in range(12):
        it.page.keyboard.press("Tab")
        ring = it.page.evaluate(
            "() => { const it = document.activeElement, s = getComputedStyle(it),"
            " box = getComputedStyle(it.closest('.search') ?? it);"
            " return it === document.body || s.outlineStyle !== 'none'"
            " || box.boxShadow !== 'none'; }"
        )
        assert ring


def test_in_english_no_chinese_of_the_page_is_left(explorer_of: Callable[..., Explorer]) -> None:
    it = explorer_of(locale="en-GB").open()
    texts = it.page.locator("body").inner_text().replace("中文", "")
    labels = it.page.evaluate(
        "() => [...document.querySelectorAll('[aria-label],[title],[placeholder]')]"
        ".flatMap((e) => ['aria-label', 'title', 'placeholder']"
        ".map((name) => e.getAttribute(name) ?? ''))"
    )
    for text in [texts, *labels]:
        assert not re.search("[\u3400-\u9fff]", text), text
    it.page.get_by_role("button", name="中文").click()
    assert it.page.evaluate("() => document.documentElement.lang") == "zh-Hans"
    it.page.reload()
    it.page.get_by_role("button", name="English").wait_for()  # it is remembered


def test_kinds_differ_by_shape_and_by_word(explorer: Explorer) -> None:
    it = explorer.open("subject=w:c1")
    shapes = it.page.locator(".legend svg path").evaluate_all(
        "all => all.map(p => p.getAttribute('d'))"
    )
    assert len(shapes) == len({*shapes}) >= 3
    assert "企业" in it.page.locator(".legend").inner_text()


@pytest.mark.parametrize(("width", "height"), [(1024, 700), (390, 844)])
def test_a_narrow_window_still_shows_all_parts(
    explorer_of: Callable[..., Explorer], width: int, height: int
) -> None:
    it = explorer_of(viewport={"width": width, "height": height}).open("subject=w:c1")
    for part in (".head", ".rail", ".panel", ".canvas", ".details", ".timebar"):
        assert it.page.locator(part).is_visible()
    over = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not it.page.evaluate(over)
    it.picture(f"narrow-{width}")
    assert it.axe() == []
    it.page.locator(".details").get_by_role("button", name="关闭").click()
    it.page.locator(".details").wait_for(state="detached")
