"""How values are said: shares as per cent, money with digits grouped, words in Chinese, English or
both, by what is spoken (`speaking`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from graph.model import RELATIONS, ZH
from graph.rulebook.rules import RELATIONS as LIMBS

SHARES: Final = frozenset({"share", "votes", "share_min", "share_max", "direct", "integrated",
                           "at_least", "basis_share", "votes_min", "votes_max",
                           "integrated_min", "integrated_max"})  # fmt: skip
_LISTS: Final = {
    "black": ("黑名单", "black list"), "red": ("红名单", "red list"),
    "penalty": ("行政处罚", "penalty"), "abnormal": ("经营异常", "abnormal operation"),
}  # fmt: skip
LANGUAGES: Final = ("zh", "en", "both")
_SPOKEN: Final[ContextVar[str]] = ContextVar("spoken", default="both")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it words are Chinese (`zh`), English (`en`) or both; outside they are both."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def spoken() -> str:
    """What is spoken now: one of LANGUAGES."""
    return _SPOKEN.get()


def say(zh: str, en: str, joint: str = " ") -> str:
    """Words in what is spoken; in both, Chinese first. One that is missing is said by the other."""
    if not (zh and en):
        return zh or en
    spoken = _SPOKEN.get()
    return zh if spoken == "zh" else en if spoken == "en" else f"{zh}{joint}{en}"


def either(text: str) -> str:
    """Of an answer's words `zh / en`, or `en / zh`, what is spoken; others as they are."""
    return text if _SPOKEN.get() == "both" else say(*halves(text))


def halves(text: str) -> tuple[str, str]:
    """The Chinese and the English of an answer's words; the same twice where they are not two."""
    parts = text.split(" / ")
    if len(parts) != 2:
        return text, text
    zh, en = sorted(parts, key=lambda part: -_chinese(part))
    return (zh, en) if _chinese(zh) > _chinese(en) else (text, text)


def _chinese(text: str) -> float:
    """How much of a text is Chinese."""
    return sum("\u3400" <= letter <= "\u9fff" for letter in text) / max(1, len(text))


def kind_words(kind: str) -> str:
    """A kind in what is spoken."""
    return (
        say(ZH[kind], kind.replace("_", " ") if spoken() == "en" else kind) if kind in ZH else kind
    )


def percent(value: float) -> str:
    """A fraction as per cent, six digits at most: 1/3 is 33.3333 %."""
    return f"{100 * value:.6g} %"


def money(text: str) -> str:
    """Decimal text with its digits in groups of three."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}" if whole.isdecimal() else text


def short(canonical: str) -> str:
    """An id for a narrow place: a long hash is cut, a credit code is not."""
    head, _, tail = canonical.rpartition(":")
    return f"{head}:{tail[:8]}…" if len(tail) > 20 else canonical


def share_of(fact: Mapping[str, Any]) -> float | None:
    """The share of a holding, a fraction; None where it is not known."""
    value = fact.get("share")
    return None if value is None else float(value)


def moment(text: str | None) -> str:
    """A time to the minute; a date as it is."""
    return "" if text is None else text.replace("T", " ")[:16]


def span(fact: Mapping[str, Any]) -> str:
    """When a fact holds, or when it happened."""
    if "at" in fact:
        return str(fact["at"] or "")
    begins, ends = fact.get("valid_from"), fact.get("valid_to")
    return f"{begins or '…'} – {ends or '…'}" if begins or ends else "…"


def list_words(name: str) -> str:
    """What a list is called."""
    return say(*_LISTS.get(name, (name, name))) if name in _LISTS else name


def says(fact: Mapping[str, Any]) -> str:
    """What a fact says besides its ends and its time."""
    kind = str(fact["kind"])
    if kind == "listing":
        named = list_words(str(fact.get("list") or ""))
        parts = [named, *(str(fact[k]) for k in ("authority", "basis", "status") if fact.get(k))]
        return "; ".join(part for part in parts if part)
    parts = []
    for name in RELATIONS[kind].fields if kind in RELATIONS else ():
        value = fact.get(name)
        if value is None or name in ("at", "number"):
            continue
        if name in SHARES:
            parts.append(("" if name == "share" else f"{name} ") + percent(float(value)))
        elif name in ("amount", "tax"):
            parts.append(("" if name == "amount" else f"{name} ") + money(str(value)))
        else:
            parts.append(str(value))
    return "; ".join(parts)


_VALUES: Final = {
    "votes": ("表决权", "votes"), "agreement": ("协议或一致行动", "agreement"),
    "declared": ("登记或申报", "declared"), "certain": ("确定", "certain"),
    "possible": ("可能", "possible"), "senior_officer": ("高级管理人员", "senior officer"),
    "ownership": ("持股", "ownership"), "control": ("控制", "control"),
    "extend": ("延伸", "extend"), "review": ("需人工审查", "review"),
    "exclude": ("不延伸", "exclude"),
    "born": ("产生", "born"), "grew": ("扩大", "grew"), "shrank": ("缩小", "shrank"),
    "changed": ("成员变化", "changed"), "merged": ("合并", "merged"), "split": ("分裂", "split"),
    "dissolved": ("消散", "dissolved"), "present": ("已存在", "present"),
    "steady": ("未变", "steady"), "found": ("发现", "found"), "again": ("再次出现", "again"),
    "accepted": ("确认", "accepted"), "dismissed": ("排除", "dismissed"), "open": ("待办", "open"),
}  # fmt: skip


def value_words(value: str) -> str:
    """A word of an answer in what is spoken, as it is where it is none that is known."""
    if value in _VALUES:
        return say(*_VALUES[value])
    return say(LIMBS[value], value.replace("_", " ")) if value in LIMBS else kind_words(value)


def yes_no(value: bool) -> str:
    """A truth in what is spoken."""
    return say("是", "yes") if value else say("否", "no")


def on_line(fact: Mapping[str, Any]) -> str:
    """A fact in the few words beside a line: its kind, and the share or amount."""
    kind = str(fact["kind"])
    words = kind.replace("_", " ") if spoken() == "en" else ZH.get(kind, kind)
    if kind == "listing":
        words = " ".join(
            filter(None, (list_words(str(fact.get("list") or "")), fact.get("domain")))
        )
    if (held := share_of(fact)) is not None and kind == "shareholder":
        return f"{words} {percent(held)}"
    if fact.get("amount") is not None and kind in ("transfer", "invoice", "withdrawal"):
        return f"{words} {money(str(fact['amount']))}"
    return words
