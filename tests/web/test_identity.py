"""Two records side by side, judged as a person does it, by mouse or keyboard, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.web.conftest import TOKEN, Explorer

PAIR = {"a": "w:p2", "b": "w:p3"}
NAME = "王丽 = 陳志強"
TABS = {"open": "待复核", "accepted": "同一", "rejected": "非同一", "machine": "模型归并"}


def told(it: Explorer, path: str, said: dict[str, Any]) -> Any:
    """What a program says to the service; fails where it is refused."""
    base = urlsplit(it.address)
    answer = it.page.request.post(
        f"{base.scheme}://{base.netloc}/v1/identity/{path}",
        data={"by": "甲", "why": "测试", **said},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert answer.ok, answer.text()
    return answer.json()


@pytest.fixture
def waiting(explorer: Explorer) -> Iterator[tuple[Explorer, str]]:
    """A pair that waits: somebody joined it, and took that back."""
    it = explorer
    ident = str(told(it, "judgements", {**PAIR, "same": True})["id"])
    told(it, f"judgements/{ident}/undo", {})
    it.open()
    it.panel("identity")
    it.page.locator(".pairs-of[data-of=open]").wait_for(state="attached")
    yield it, ident
    base = urlsplit(it.address)
    it.page.request.post(  # the world is others', too: nothing stays joined
        f"{base.scheme}://{base.netloc}/v1/identity/judgements/{ident}/undo",
        data={"by": "甲", "why": "测试"}, headers={"Authorization": f"Bearer {TOKEN}"},
    )  # fmt: skip


def tab(it: Explorer, name: str) -> None:
    it.page.locator(".tabs").get_by_role("button", name=re.compile(f"^{TABS[name]}")).click()
    it.page.locator(f".pairs-of[data-of={name}]").wait_for(state="attached")


def test_a_pair_is_joined_and_taken_back(waiting: tuple[Explorer, str]) -> None:
    it, ident = waiting
    head = it.page.locator(f"[data-pair={ident}]")
    assert NAME in head.inner_text()
    assert "曾被撤销" in head.inner_text()
    head.click()
    body = it.page.locator(".pair-body")
    body.locator("table").wait_for()
    assert "王丽" in body.inner_text()
    assert "陳志強" in body.inner_text()
    it.picture("identity")
    same = body.get_by_role("button", name="同一主体", exact=True)
    same.click()
    it.status("请说明理由")  # nobody scored the two: all that speaks for it is what is said here
    body.get_by_label("理由").fill("证件照片相同")
    same.click()
    it.status("请填写办理人")  # the service's own token names nobody
    body.get_by_label("办理人").fill("李审核")
    same.click()
    it.status(f"已归并: {NAME}")
    tab(it, "accepted")
    it.page.locator(f"[data-pair={ident}]").click()
    it.page.locator(".pair-body").get_by_text(re.compile("同一 · 李审核")).wait_for()
    it.page.locator(".undo-bar").get_by_role("button", name="撤销判定").click()
    it.status(re.compile("已撤销"))
    tab(it, "open")
    it.page.locator(f"[data-pair={ident}]").wait_for()


def test_a_pair_is_kept_apart_by_keyboard_alone(waiting: tuple[Explorer, str]) -> None:
    it, ident = waiting
    it.page.locator(f"[data-pair={ident}]").focus()
    it.page.keyboard.press("j")
    it.page.locator(".pair-body textarea").wait_for()
    it.page.keyboard.press("n")  # why is not said: the focus goes to where it is
    it.page.wait_for_function("document.activeElement.id === 'why-pair'")
    it.page.keyboard.type("不是同一人")
    it.page.keyboard.press("Shift+Tab")
    it.page.keyboard.type("李审核")
    it.page.locator(f"[data-pair={ident}]").focus()
    it.page.keyboard.press("n")
    it.status(f"已判定非同一: {NAME}")
    tab(it, "rejected")
    it.page.locator(f"[data-pair={ident}]").wait_for()


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_the_panel_meets_wcag_aa(
    waiting: tuple[Explorer, str], explorer_of: Callable[..., Explorer], locale: str, scheme: str
) -> None:
    _, ident = waiting
    it = explorer_of(locale=locale, color_scheme=scheme).open()
    it.panel("identity")
    it.page.locator(f"[data-pair={ident}]").click()
    it.page.locator(".pair-body table").wait_for()
    assert it.axe() == []
    it.picture(f"panel-identity-{scheme}")
