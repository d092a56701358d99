"""The digest: what it says as JSON and as a mail that any mail program reads; nobody is named."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import msgspec
import pytest

from api.caller import DOMAINS
from api.monitor.digest import digest, mail
from graph.errors import WrongUsage
from tests.api.conftest import RESIDENT
from tests.api.monitor.conftest import World, company, listing, tie

WICKED = "甲<script>alert(1)</script>&公司"
PHONE = "13800138000"


@pytest.fixture
def told(world: World) -> World:
    world.write(
        company("a", name=WICKED), company("b"), company("c", name=f"丙公司{PHONE}"),
        {"kind": "person", "id": "p", "name": "张三丰", "keys": {"resident_id": RESIDENT}},
        {"kind": "phone", "id": "t", "keys": {"e164": PHONE}},
    )  # fmt: skip
    world.run()
    world.write(
        listing("la", "a"), listing("lb", "b"), listing("lc", "c"),
        tie("r1", "p", "a", "legal_representative"), tie("r2", "p", "b", "legal_representative"),
        tie("u1", "a", "t", "uses_phone"), tie("u2", "c", "t", "uses_phone"),
    )  # fmt: skip
    world.run()
    return world


def read(body: bytes) -> EmailMessage:
    found = message_from_bytes(body, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


class Text(HTMLParser):
    """The text of a page, and the tags that are in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()
        self.links: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]


def test_a_mail_says_what_the_json_says_in_both_languages(told: World) -> None:
    found = digest(told.session, told.book, DOMAINS, None)
    assert (found.since, found.run, found.total) == (1, 2, 1)
    (alert,) = found.alerts
    made = read(mail(found, ["a@example.org", "b@example.org"], "risk@example.org"))
    assert [str(each) for each in made["To"].addresses] == ["a@example.org", "b@example.org"]
    assert made["From"].addresses[0].addr_spec == "risk@example.org"
    assert "1 项预警 / 1 alerts" in made["Subject"]
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Date"].datetime.isoformat()[:19] == (found.at or "")[:19]
    plain, page = (part.get_content() for part in made.iter_parts())
    shown = Text(page)
    for text in (plain, shown.text):
        for said in (alert.id, alert.of, alert.row["why"], "新出现 / born", "b公司",
                     *(new["why"] for new in alert.new), *alert.row["members"]):  # fmt: skip
            assert said in text, said
        assert "线索, 不是结论" in text
    assert WICKED in plain
    assert WICKED in shown.text
    assert "script" not in shown.tags
    assert shown.links == []
    assert "http" not in page


def test_nobody_is_named_and_no_identifier_is_whole(told: World) -> None:
    found = digest(told.session, told.book, DOMAINS, None)
    members = found.alerts[0].row["members"]
    assert any(name.startswith("cn:person:") for name in members)
    assert all("person" not in name and "phone" not in name for name in found.names)
    made = read(mail(found, ["a@example.org"]))
    whole = msgspec.json.encode(found).decode() + "".join(
        part.get_content() for part in made.iter_parts()
    )
    for secret in ("张三丰", RESIDENT, PHONE, f"+86{PHONE}"):
        assert secret not in whole
    assert "丙公司138****8000" in whole


def test_the_same_digest_is_the_same_mail(told: World) -> None:
    found = digest(told.session, told.book, DOMAINS, 0)
    again = digest(told.session, told.book, DOMAINS, 0)
    first = mail(found, ["a@example.org"])
    assert first == mail(again, ["a@example.org"])
    other = read(mail(found, ["b@example.org"]))
    assert read(first)["Message-ID"] != other["Message-ID"]
    # RFC 5322: lines end with CRLF and are no longer than 998.
    assert b"\n" not in first.replace(b"\r\n", b"")
    assert max(map(len, first.split(b"\r\n"))) <= 998


def test_what_is_dismissed_is_left_out_and_much_is_counted(told: World) -> None:
    (alert,) = told.book.alerts(DOMAINS)
    told.book.judge(alert.id, DOMAINS, "dismissed", "clerk", None)
    assert digest(told.session, told.book, DOMAINS, None).alerts == []
    told.book.judge(alert.id, DOMAINS, "open", "clerk", None)
    told.write(company("x"), company("y"), listing("lx", "x"), listing("ly", "y"),
               tie("g", "x", "y"))  # fmt: skip
    told.run()
    found = digest(told.session, told.book, DOMAINS, 1, limit=1)
    assert (len(found.alerts), found.total) == (1, 2)
    assert found.alerts[0].row["score"] >= 0.75  # the worst first
    text = read(mail(found, ["a@example.org"])).get_body(("plain",))
    assert text is not None
    assert "2 new alerts, 1 shown" in text.get_content()
    assert digest(told.session, told.book, DOMAINS, None).total == 1  # of the last run alone
    assert digest(told.session, told.book, ("registry",), 0).total == 1  # but for what a phone says


@pytest.mark.parametrize(
    "wrong",
    ["nobody", "a@b\r\nBcc: x@y.cn", "a@b c", "", "a@@b", "a@b\x00", "名@例.cn", "<a@b.cn>", "@b"],
)
def test_addresses_that_are_none_are_refused(told: World, wrong: str) -> None:
    found = digest(told.session, told.book, DOMAINS, None)
    for to, sender in (([wrong], "a@b.cn"), (["a@b.cn"], wrong)):
        with pytest.raises(WrongUsage, match="an address like"):
            mail(found, to, sender)


def test_a_monitor_that_never_ran_says_so(world: World) -> None:
    found = digest(world.session, world.book, DOMAINS, None)
    assert (found.run, found.at, found.alerts) == (None, None, [])
    text = read(mail(found, ["a@example.org"])).get_body(("plain",))
    assert text is not None
    assert "has not run yet" in text.get_content()
