"""The words of notices that are picked by a value, in each language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from graph.rulebook.rules import RELATIONS


@dataclass(frozen=True)
class Language:
    """One language: its template, and what it calls things."""

    tag: str
    file: str
    titles: Mapping[str, str]
    statuses: Mapping[str, str]
    limbs: Mapping[str, str]
    controls: Mapping[str, str]
    lists: Mapping[str, str]
    domains: Mapping[str, str]
    states: Mapping[str, str]
    grounds: Mapping[str, str]
    day: Callable[[str], str]
    when: Callable[[str | None, str | None], str]
    until: Callable[[str | None], str]


def _day_zh(text: str) -> str:
    year, month, day = text[:10].split("-")
    clock = f" {text[11:16]}" if len(text) > 10 else ""
    return f"{int(year)}年{int(month)}月{int(day)}日{clock}"


def _when_zh(begins: str | None, ends: str | None) -> str:
    start = f"自{_day_zh(begins)}起" if begins else "起始时间未载明"
    return f"{start}，" + (f"至{_day_zh(ends)}止（不含当日）" if ends else "未见终止")


def _until_zh(ends: str | None) -> str:
    return f"至{_day_zh(ends)}止（不含当日）" if ends else "至主体上的措施终止时止"


def _day_en(text: str) -> str:
    return f"{text[:10]} {text[11:16]}".strip()


def _when_en(begins: str | None, ends: str | None) -> str:
    start = f"from {_day_en(begins)}" if begins else "since a day not stated"
    return start + (f" until {_day_en(ends)} (that day not included)" if ends else ", no end known")


def _until_en(ends: str | None) -> str:
    if ends is None:
        return "for as long as the measure on its subject lasts"
    return f"until {_day_en(ends)} (that day not included)"


ZH: Final = Language(
    tag="zh-CN",
    file="zh.html",
    titles={
        "prior": "失信惩戒措施扩展事先告知书",
        "decision": "失信惩戒措施扩展决定书",
        "objection_received": "异议受理通知书",
        "lifted": "失信惩戒措施扩展解除通知书",
    },
    statuses={"P": "已核对原文", "S": "来自二手资料，待核对", "U": "未核实"},
    limbs=RELATIONS,
    controls={"votes": "表决权", "declared": "登记或申报", "agreement": "协议或一致行动"},
    lists={
        "black": "严重失信主体名单", "red": "红名单", "penalty": "行政处罚记录",
        "abnormal": "经营异常名录",
    },
    domains={
        "judgment": "司法执行", "tax": "税收", "telecom": "电信网络", "insurance": "保险",
        "environment": "生态环境", "wages": "工资支付", "bidding": "招标投标",
        "food_drug": "食品药品", "exams": "考试", "securities": "证券期货",
        "procurement": "政府采购", "quality": "产品质量", "work_safety": "安全生产",
    },
    states={"active": "有效"},
    grounds={
        "repaired": "主体上的措施已修复，或者你方信用已修复",
        "revoked": "决定已撤销",
        "expired": "期限届满",
        "objection": "异议成立",
        "fact": "所依据的事实已更正或撤回",
    },
    day=_day_zh,
    when=_when_zh,
    until=_until_zh,
)  # fmt: skip
EN: Final = Language(
    tag="en",
    file="en.html",
    titles={
        "prior": "Prior notice of the extension of a measure",
        "decision": "Decision to extend a measure",
        "objection_received": "Notice that an objection was accepted",
        "lifted": "Notice that the extension of a measure is lifted",
    },
    statuses={
        "P": "read in the text itself",
        "S": "from secondary sources, to be confirmed",
        "U": "not verified",
    },
    limbs={
        **{limb: limb.replace("_", " ") for limb in RELATIONS},
        "directly_responsible": "person directly responsible for the debt not being performed",
    },
    controls={"votes": "by votes", "declared": "as declared", "agreement": "by agreement"},
    lists={
        "black": "list of seriously dishonest subjects", "red": "red list",
        "penalty": "record of administrative penalties", "abnormal": "list of abnormal operation",
    },
    domains={},
    states={},
    grounds={
        "repaired": "the measure on its subject was repaired, or you were",
        "revoked": "the decision was revoked",
        "expired": "its term has ended",
        "objection": "an objection was found right",
        "fact": "a fact that it stood on was corrected or retracted",
    },
    day=_day_en,
    when=_when_en,
    until=_until_en,
)  # fmt: skip
LANGUAGES: Final = {"zh": (ZH,), "en": (EN,), "both": (ZH, EN)}
