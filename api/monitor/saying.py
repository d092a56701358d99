"""What an alert says is new, English / Chinese, and what it is known by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.findings.material import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from algorithms.findings.material import News
    from algorithms.risk.novelty import New
    from algorithms.risk.watch import Seen

SHOWN: Final = 100  # of who joined or left, and of facts
EVENTS: Final = {
    "present": "期初已有", "born": "新出现", "grew": "扩大", "shrank": "缩小",
    "changed": "成员更替", "steady": "未变", "merged": "合并", "split": "分裂", "dissolved": "消散",
    "absorbed": "并入",
}  # fmt: skip


def of_cluster(new: Sequence[New]) -> list[dict[str, Any]]:
    """What is new of a cluster, as an alert has it: `what`, `why`, `facts` and how many."""
    rows = []
    for each in new:
        zh, en = _words(each)
        row: dict[str, Any] = {"what": each.what, "why": f"{zh} / {en}"}
        if each.facts:
            row["facts"] = list(each.facts[:SHOWN])
        if len(each.facts) > SHOWN:
            row["facts_total"] = len(each.facts)
        rows.append(row)
    return rows


def _words(new: New) -> tuple[str, str]:
    count = len(new.facts)
    if new.what == "born":
        return f"新形成的风险群组, 名单记录 {count} 项", f"a new cluster, on {count} listings"
    if new.what == "merged":
        return "多个风险群组合为一个", "clusters that were apart hang together now"
    if new.what == "listed":
        return f"新增名单记录 {count} 项", f"{count} listings that were not told of before"
    was, now = new.was or 0, new.now or 0
    if new.what == "grew":
        return f"成员由 {was:g} 增至 {now:g}", f"grew from {was:g} to {now:g} members"
    bounds = (0.0, *DEFAULT.bands)
    return (
        f"得分升至 {bounds[int(now)]:g} 以上的档位",
        f"the score came into the band from {bounds[int(now)]:g} on",
    )


def of_case(news: Sequence[News] | None) -> list[dict[str, Any]]:
    """What is new of a case; None: it is one that was not known."""
    if news is None:
        return [{"what": "found", "why": "新发现的案件 / a case that was not known before"}]
    rows = []
    for each in news:
        row: dict[str, Any] = {"what": each.kind, "why": each.why}
        if each.items:
            row["items"] = each.items[:SHOWN]
        rows.append(row)
    return rows


def name_of(kind: str, of: str, marks: Iterable[str]) -> str:
    """The id of an alert: the same where the same is new of the same."""
    text = "\n".join((kind, of, *marks))
    return "m" + hashlib.sha256(text.encode()).hexdigest()[:24]


def body_of(seen: Seen) -> dict[str, Any]:
    """A cluster as the book keeps it."""
    row: dict[str, Any] = msgspec.to_builtins(seen.row)
    return {**row, "size": seen.size}


def step_of(seen: Seen, parents: list[str]) -> dict[str, Any]:
    """What happened to a cluster, as the book keeps it."""
    row = seen.row
    said: dict[str, Any] = {
        "cluster": row.id, "parents": sorted(parents), "members": seen.size, "score": row.score,
        "joined": seen.joined[:SHOWN], "left": seen.left[:SHOWN],
    }  # fmt: skip
    if seen.event == "dissolved":
        said["members"] = 0
    for name in ("joined", "left"):
        if len(every := getattr(seen, name)) > SHOWN:
            said[f"{name}_total"] = len(every)
    return said
