"""Why a row was set aside, in Chinese before the English reason."""

from __future__ import annotations

import re
from typing import Final

_REASONS: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"not a date", "不是日期"),
        (r"a share outside", "持股比例不在 0 至 100% 之间"),
        (r"not a number", "不是数字"),
        (r"gives no (\w+)", "这一行得不出所需的关系，请看标志、金额等列是否为空"),
        (r"neither a key nor a name", "没有证件号码，也没有名称"),
        (r"\d+ cells where the header has \d+", "格数与表头不符（多为表尾说明）"),
        (r"the same id with other content", "同一编号在同一文件中内容不同"),
        (r"bytes in no known encoding", "文字编码无法识别"),
        (r"a quote is opened and never closed", "引号没有闭合"),
        (r"a spreadsheet has cut this number", "号码已被电子表格截断"),
        (r"unknown kind", "未知的种类"),
        (r"no such record|names no record|dangling", "所指的主体不存在"),
        (r"an end before its start|ends before", "结束早于开始"),
        (r"not JSON|not an object", "不是 JSON 对象"),
        (r"NUL character|absurdly long", "这一行不是文字"),
    )
)


def in_chinese(reason: str) -> str:
    """A reason with what it says in Chinese before it; one that has no words stays as it is."""
    found = next((words for pattern, words in _REASONS if pattern.search(reason)), None)
    return reason if found is None else f"{found} / {reason}"
