"""Two records side by side, judged as a person does it, by mouse or keyboard, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web.conftest import TOKEN, Explorer

PAIR = {"a": "w:p2", "b": "w:p3"}
NAME = "王丽 – 陳志強"
TABS = {"open": "待复核", "accepted": "同一", "rejected": "非同一", "conflicts": "冲突"}


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
    tab(it, "conflicts")
    it.page.get_by_text("此处没有记录对").wait_for()
    tab(it, "open")
    head = it.page.locator(f"[data-item={ident}]")
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
    it.page.locator(f"[data-item={ident}]").click()
    it.page.locator(".pair-body").get_by_text(re.compile("同一 · 李审核")).wait_for()
    it.page.locator(".undo-bar").get_by_role("button", name="撤销判定").click()
    it.status(re.compile("已撤销"))
    tab(it, "open")
    it.page.locator(f"[data-item={ident}]").wait_for()


def test_a_pair_is_kept_apart_by_keyboard_alone(waiting: tuple[Explorer, str]) -> None:
    it, ident = waiting
    it.page.locator(f"[data-item={ident}]").focus()
    it.page.keyboard.press("j")
    it.page.locator(".pair-body textarea").wait_for()
    it.page.keyboard.press("n")  # why is not said: the focus goes to where it is said
    it.page.wait_for_function("document.activeElement.id === 'why-pair'")
    it.page.keyboard.type("不是同一人")
    it.page.keyboard.press("Shift+Tab")
    it.page.keyboard.type("李审核")
    it.page.locator(f"[data-item={ident}]").focus()
    it.page.keyboard.press("n")
    it.status(f"已判定非同一: {NAME}")
    tab(it, "rejected")
    it.page.locator(f"[data-item={ident}]").focus()
    it.page.keyboard.press("u")  # of the pair that is open, and none is: the last judgement
    it.status(f"已撤销: {NAME}")


def test_what_another_judged_meanwhile_is_told_and_a_lost_connection_loses_nothing(
    waiting: tuple[Explorer, str],
) -> None:
    it, ident = waiting
    it.page.locator(f"[data-item={ident}]").click()
    why = it.page.get_by_label("理由")
    why.fill("证件照片相同")
    it.page.get_by_label("办理人").fill("李审核")
    told(it, f"reviews/{ident}/reject", {})
    same = it.page.get_by_role("button", name="同一主体", exact=True)
    it.page.route("**/v1/identity/**", lambda route: route.abort())
    same.click()
    it.status("无法连接服务")
    assert why.input_value() == "证件照片相同"
    it.page.unroute("**/v1/identity/**")
    same.click()
    it.status("查看之后已由 甲 判定为非同一")  # and it stands: the pair is in that list
    tab(it, "rejected")
    it.page.locator(f"[data-item={ident}]").wait_for()
    assert len(it.wrong) == 2  # the browser notes both
    it.wrong.clear()


def test_who_may_look_only_is_told_so_and_keys_judge_nothing(
    waiting: tuple[Explorer, str],
) -> None:
    it, ident = waiting
    me = {"name": "查询员", "kind": "key", "scopes": ["related", "trace"], "purposes": None,
          "domains": ["registry", "tax", "bank", "telecom"]}  # fmt: skip
    it.page.route("**/me", lambda route: route.fulfill(json=me))
    it.page.reload()
    it.panel("identity")
    it.page.locator(f"[data-item={ident}]").click()
    it.page.locator(".pair-body").get_by_text("不能判定").wait_for()
    assert it.page.locator(".judge").count() == 0
    sent = []
    it.page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    for key in ("y", "n", "u"):
        it.page.keyboard.press(key)
    it.page.locator(".pair-body").get_by_role("button", name="在图中对比双方").click()
    it.drawn(3)  # both, and the phone that they use
    assert not [each for each in sent if re.match("POST .*/v1/identity/", each)]
    assert it.page.locator(f"[data-item={ident}]").count() == 1
    it.picture("identity-beside")
    me["domains"] = ["registry"]  # an identity is judged on all that is known, or not at all
    it.page.reload()
    it.page.locator(".rail [data-panel=findings]").wait_for()
    it.page.locator(".rail [data-panel=identity]").wait_for(state="detached")


def test_a_thousand_pairs_come_a_page_at_a_time(waiting: tuple[Explorer, str]) -> None:
    it, ident = waiting
    base = urlsplit(it.address)
    one = it.page.request.get(
        f"{base.scheme}://{base.netloc}/v1/identity/reviews/{ident}",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ).json()
    asked: list[tuple[int, int]] = []

    def page(route: Any) -> None:
        given = parse_qs(urlsplit(route.request.url).query)
        begin, limit = int(given.get("after", ["0"])[0]), int(given["limit"][0])
        asked.append((begin, limit))
        rows = [{**one, "id": f"i{k}"} for k in range(begin, min(1000, begin + limit))]
        more = str(begin + limit) if begin + limit < 1000 else None
        counts = {"open": 1000, "accepted": 0, "rejected": 0}
        route.fulfill(json={"results": rows, "next": more, "counts": counts})

    it.page.route("**/v1/identity/reviews?*", page)
    it.page.route("**/v1/identity/reviews/i*", lambda route: route.fulfill(
        json={**one, "id": route.request.url.rpartition("/")[2]}))  # fmt: skip
    it.page.locator(".filters select").select_option("person")
    rows = it.page.locator("[data-item]")
    it.page.locator("[data-item=i49]").click()
    it.page.locator(".pair-body table").wait_for()
    it.page.keyboard.press("j")  # past the last that came: more are asked for
    it.page.locator("[data-item=i50]").wait_for(state="attached")
    assert rows.count() == 100
    for many in range(150, 1001, 50):
        it.page.get_by_role("button", name="更多").click()
        it.page.locator(f"[data-item=i{many - 1}]").wait_for(state="attached")
    assert asked == [(begin, 50) for begin in range(0, 1000, 50)]  # each page once
    assert it.page.get_by_role("button", name="更多").count() == 0
    assert rows.count() == 1000


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_the_panel_meets_wcag_aa(
    waiting: tuple[Explorer, str], explorer_of: Callable[..., Explorer], locale: str, scheme: str
) -> None:
    _, ident = waiting
    it = explorer_of(locale=locale, color_scheme=scheme).open()
    it.panel("identity")
    it.page.locator(f"[data-item={ident}]").click()
    it.page.locator(".pair-body table").wait_for()
    assert it.axe() == []
    it.picture(f"panel-identity-{scheme}")
