"""An answer's rows and its evidence as tables: for the terminal and for the page alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from algorithms.findings.finding import BESIDE
from api.report.known import Known
from api.report.words import (
    SHARES,
    either,
    kind_words,
    moment,
    money,
    percent,
    says,
    span,
    value_words,
    yes_no,
)

_FACTS: Final = 4
HEADS: Final[dict[str, tuple[str, str]]] = {
    "party": ("关联方", "party"), "roles": ("关系", "roles"), "titles": ("职务", "titles"),
    "depth": ("层级", "depth"), "share": ("直接持股", "share"), "facts": ("证据", "facts"),
    "owner": ("持股方", "owner"), "owned": ("被持股企业", "owned"), "direct": ("直接", "direct"),
    "integrated": ("综合", "integrated"), "controller": ("控制方", "controller"),
    "controlled": ("被控制企业", "controlled"), "votes": ("表决权", "votes"),
    "members": ("成员", "members"), "amount": ("金额", "amount"), "begins": ("开始", "begins"),
    "ends": ("结束", "ends"), "score": ("得分", "score"), "why": ("理由", "why"),
    "length": ("步数", "length"), "reason": ("原因", "reason"), "steps": ("步骤", "steps"),
    "at_least": ("至少", "at least"), "left_out": ("未计入", "left out"), "id": ("编号", "id"),
    "pattern": ("模式", "pattern"), "patterns": ("模式", "patterns"),
    "facts_total": ("证据总数", "facts in all"),
    "account": ("账户", "account"), "rests": ("留存", "rests"), "arrives": ("到账", "arrives"),
    "currency": ("币种", "currency"), "hub": ("枢纽", "hub"),
    "in": ("转入", "in"), "out": ("转出", "out"), "ratio": ("转出比转入", "out / in"),
    "dwell_days": ("停留天数", "days it stays"),
    "company": ("企业", "company"), "limb": ("控制依据", "limb"),
    "certainty": ("确定性", "certainty"), "chain": ("控制链", "chain"),
    "votes_min": ("表决权下限", "votes at least"), "votes_max": ("表决权上限", "votes at most"),
    "state_organ": ("国家机关", "state organ"), "control": ("控制", "control"),
    "integrated_min": ("综合下限", "integrated at least"),
    "integrated_max": ("综合上限", "integrated at most"),
    "unknown": ("持股未明", "of unknown share"),
    "control_facts": ("控制证据", "control by"), "basis": ("依据", "basis"),
    "role": ("角色", "role"), "band": ("等级", "band"),
    "subject": ("主体", "subject"), "rank": ("名次", "rank"),
    "value": ("数值", "value"), "kind": ("种类", "kind"),
}  # fmt: skip
# Said by other columns or by the picture; all of it is in the answer's JSON.
_HIDDEN: Final = {
    "related_parties": {"path", "direction", "facts_total"},
    "trace_flow": {"path", "facts_total", "accounts"},
    "paths": {"steps", "facts_total"},
    "pass_through": {"members", "pattern"},
    "transfer_cycles": {"id", "pattern", "currency", "why", "facts_total"},
    "integrated_ownership": {"facts_total"},
    "control": {"facts_total"},
    "actual_controller": {"facts_total"},
    "ownership_bounds": {"facts_total"},
    "extend": {"proof", "basis", "control", "share_min", "share_max", "reason", "facts_total"},
    "extend_batch": {"basis", "control", "share_min", "share_max", "reason", "facts_total"},
    "beneficial_owners": {"facts_total"},
    "match_subject": {"explanations", "facts_total"},
    "common_links": {"facts_total"},
    "communities": {"id", "pattern", "facts_total", "members_total"},
    "clusters": {
        "id",
        "pattern",
        "why",
        "reasons",
        "attrs",
        "facts_total",
        "members_total",
        "core_total",
    },
    "cluster_history": {
        "known_at",
        "why",
        "joined_total",
        "left_total",
        "facts_total",
        "parents",
        "children",
    },
    "risk_propagation": {
        "own",
        "seeds",
        "seeds_rest",
        "paths",
        "paths_rest",
        "seeds_total",
        "facts_total",
    },
    "adjacent": {"next"},
    "risk_score": {"reasons", "use"},
    "cases": {
        "pattern",
        "findings",
        "currency",
        "attrs",
        "facts_total",
        "members_total",
        "findings_total",
    },
}
_ASKED: Final = {
    "target": ("owned", "controlled", "company"), "owner": ("owner",),
    "controller": ("controller",),
}  # fmt: skip
_LISTED: Final = 12  # of a list in one cell; the answer itself has all
CITED: Final = ("facts", "control_facts")
_WORDS: Final = frozenset({"roles", "role", "limb", "basis", "certainty", "outcome", "event"})
_TOLD: Final = frozenset({"why", "lacking", "reason"})  # in words
_TIMES: Final = frozenset({"begins", "ends", "arrives"})
_NUMBERS: Final = SHARES | {"depth", "length", "score", "amount", "rests", "facts_total"} | {
    "in", "out", "ratio", "dwell_days", "count", "parties", "recorded", "number", "rank", "value",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A piece of a cell: a text, and the id of the subject or fact that it stands for."""

    text: str
    subject: str = ""
    fact: str = ""
    listed: bool = False  # one of several in no order
    link: str = ""  # a file beside the page


@dataclass(frozen=True)
class Table:
    """Headings as (column, Chinese, English), cells of parts, and how many rows are not shown."""

    heads: list[tuple[str, str, str]]
    rows: list[list[list[Part]]]
    left_out: int

    def right(self, column: int) -> bool:
        """Whether a column holds numbers."""
        return self.heads[column][0] in _NUMBERS

    def look(self, column: int) -> str:
        """The class of a column on the page: `n` for numbers, `when` for times."""
        return "n" if self.right(column) else "when" if self.heads[column][0] in _TIMES else ""


def results(known: Known, answer: Mapping[str, Any], most: int, refs: int = _FACTS) -> Table:
    """The first rows of an answer; a column for every field that one of them has a value for.

    A column that only repeats what was asked about is left out; shares in one company are shown
    with the largest first. A cell names `refs` facts at most.
    """
    rows = chosen(answer, most)
    asked = answer["params"]
    hidden = _HIDDEN.get(answer["algorithm"], set()) | {
        column for name, columns in _ASKED.items() if asked.get(name) for column in columns
    }
    if rows and "signs" in rows[0]:
        hidden |= BESIDE
    names = dict.fromkeys(
        name for row in rows for name, value in row.items()
        if name not in hidden and value not in (None, [])
    )  # fmt: skip
    columns = [name for name in names if name != "facts"] + [n for n in names if n == "facts"]
    heads = [(name, *HEADS.get(name, ("", name.replace("_", " ")))) for name in columns]
    cells = [[_parts(known, name, row.get(name), refs) for name in columns] for row in rows]
    return Table(heads, cells, len(answer["results"]) - len(rows))


def chosen(answer: Mapping[str, Any], most: int) -> list[Mapping[str, Any]]:
    """The rows that are shown."""
    rows = list(answer["results"])
    if answer["params"].get("target"):
        rows.sort(key=lambda row: -(row.get("integrated") or 0))
    return rows[:most]


def _parts(known: Known, column: str, value: Any, refs: int = _FACTS) -> list[Part]:
    """One value as it is shown."""
    if value is None:
        return [Part("–")]
    if isinstance(value, list):
        if column in CITED:
            shown = [Part(str(fact), fact=str(fact)) for fact in value[:refs]]
            rest = len(value) - refs
            return shown + ([Part(f"+{rest}")] if rest > 0 else [])
        parts = [part for item in value[:_LISTED] for part in _parts(known, column, item)]
        rest = len(value) - _LISTED
        return parts + ([Part(f"+{rest}")] if rest > 0 else [])
    if isinstance(value, bool):
        return [Part(yes_no(value))]
    if isinstance(value, float):
        return [Part(percent(value) if column in SHARES else f"{value:.6g}")]
    if isinstance(value, str):
        if column in _TOLD:
            return [Part(either(value))]
        if known.knows(value):
            return [Part(known.label(value), subject=value)]
        if column in _WORDS:
            return [Part(value_words(value))]
        if column in _TIMES:
            return [Part(moment(value))]
        return [Part(money(value) if column in ("amount", "rests") else value)]
    if isinstance(value, dict):
        return [Part(f"{key} {item}") for key, item in value.items()]
    return [Part(str(value))]


@dataclass(frozen=True)
class Evidence:
    """One fact in words."""

    id: str
    kind: str
    ends: list[Part]
    says: str
    when: str
    source: str


def evidence(known: Known) -> list[Evidence]:
    """Every fact that is known, in the order of the answer."""
    rows = []
    for name, fact in known.facts.items():
        ends = [
            Part(known.label(fact[end]["id"]), subject=fact[end]["id"])
            for end in ("from", "to", "subject")
            if end in fact
        ]
        source = fact.get("source", {})
        where = ":".join(str(source[k]) for k in ("file", "record") if source.get(k))
        said = " · ".join(part for part in (str(source.get("dataset", "")), where) if part)
        rows.append(Evidence(name, kind_words(fact["kind"]), ends, says(fact), span(fact), said))
    return rows
