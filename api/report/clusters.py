"""The report of risk clusters: which there are, who is in each and why, what came since a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.risk.clusters import LISTS, TIES
from api.report.asked import remarks
from api.report.document import Block, Document, Pairs, Said, Section, Text
from api.report.tables import Part
from api.report.web import web
from api.report.words import halves, list_words, value_words
from api.report.writing import Cell, Writer, grid, plain
from graph.deadline import current
from graph.errors import UnknownSubject
from graph.limbs import in_force
from graph.times import day_end, parse_time

if TYPE_CHECKING:
    from api.client import Asking

_LOOKED: Final = 1000  # clusters that the table of all is made from
_MOST: Final = 100_000  # that a named one is looked for among
_ROWS: Final = 100  # of the tables of all and of what is new
_NAMES: Final = 8  # in one cell
_UNIT: Final = "clusters / 群组"
KNITTING: Final = ("lists", "domains", "algorithms", "kinds", "min_share", "min_core")
_WARNING: Final = Said(
    "群组由名单主体及连接它们的关系组成，得分为排序用的约定，不是概率；成员不等于违法者，须由人核查。",
    "A cluster is listed subjects and the relations that join them; its score orders work and is no"
    " probability. A member is no offender: a person must check.",
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of: how many clusters, how many members of each, since when; the rest as
    `clusters` has it."""

    top: int = 20
    members: int = 40
    since: str | None = None
    known: str = "now"
    cluster: str | None = None
    knitting: Mapping[str, Any] = {}


def clusters(
    risk: Asking, wanted: Wanted, *, as_of: str | None = None, known_at: str | None = None,
    style: str = "screen",
) -> Document:  # fmt: skip
    """The report of the worst `top` clusters of a day, each with a picture, members and lineage.

    Bounded: `top` and `members` say how much is told, and what is left out is counted. Beyond what
    `clusters` and, with `since`, `cluster_history` take, in proportion to what is told. Raises
    WrongUsage.
    """
    writer = Writer(risk, as_of, known_at, style)
    made = _Made(writer, wanted)
    document = Document(Said("风险群组报告", "Risk cluster report"), intro=[_WARNING])
    document.about = [
        (Said("群组", "clusters"), [Part(f"{made.total:,}")]),
        (Said("其中详述", "told of below"), [Part(f"{len(made.told):,}")]),
        *([(Said("对比日期", "compared with"), [Part(wanted.since)])] if wanted.since else []),
    ]
    if wanted.cluster is not None:
        document.subtitle = made.told[0]["id"]
        document.sections = made.each()
    else:
        document.sections = [made.whole(), *made.new(), *made.each()]
    return writer.close(document)


class _Made:
    """Makes the sections."""

    def __init__(self, writer: Writer, wanted: Wanted) -> None:
        self.writer, self.wanted = writer, wanted
        looked = _MOST if wanted.cluster is not None else max(_LOOKED, wanted.top)
        self.answer = writer.ask("clusters", max_rows=looked, **wanted.knitting)
        self.rows: list[Mapping[str, Any]] = list(self.answer["results"])
        cut = self.answer["truncated"]
        more = cut is not None and cut["reason"].startswith("max_rows: ")
        self.total = int(cut["reason"].split(" ")[1]) if more else len(self.rows)
        self.told = self.rows[: wanted.top]
        if wanted.cluster is not None:
            self.told = [r for r in self.rows if wanted.cluster in _names(r)][:1]
            if not self.told:
                raise UnknownSubject(
                    f"no cluster is named {wanted.cluster[:80]!r} on {writer.as_of}"
                )
        self.history: list[Mapping[str, Any]] = []
        self.past: Mapping[str, Any] | None = None
        if wanted.since is not None:
            self.past = writer.ask(
                "cluster_history", days=[wanted.since], known=wanted.known, max_rows=10_000,
                **wanted.knitting,
            )  # fmt: skip
            self.history = [r for r in self.past["results"] if r["day"] == writer.as_of]
        self.became = {row["id"]: row for row in self.history}

    def whole(self) -> Section:
        """All clusters in a table, worst first."""
        said = Said(
            f"截至 {self.writer.as_of} 共 {self.total:,} 个群组，按得分列出前"
            f" {min(_ROWS, len(self.rows))} 个，其中前 {len(self.told)} 个详述。",
            f"{self.total:,} clusters on {self.writer.as_of}; the worst"
            f" {min(_ROWS, len(self.rows))} are listed, the first {len(self.told)} told of.",
        )
        heads = [("number", "序", "no."), ("id", "群组", "cluster"), ("score", "得分", "score"),
                 ("count", "核心", "core"), ("parties", "成员", "members"),
                 ("born", "形成", "since"), ("event", "变化", "change"),
                 ("why", "原因", "reasons of the core")]  # fmt: skip
        rows = [
            [plain(f"{number}"), self._named(row, number), plain(f"{row['score']:.3f}"),
             plain(f"{_count(row, 'core'):,}"), plain(f"{_count(row, 'members'):,}"),
             plain(row["born"]), plain(self._change(row)), plain(_reasons(row))]
            for number, row in enumerate(self.rows[:_ROWS], 1)
        ]  # fmt: skip
        blocks: list[Block] = [Text(said), *remarks(self.answer)]
        if rows:
            caption = Said("按得分排列", "by score")
            blocks.append(grid(heads, rows, caption, self.total - len(rows)))
        return Section("whole", Said("群组总览", "All clusters"), blocks)

    def new(self) -> list[Section]:
        """What became of clusters since the day that is compared with."""
        if self.past is None:
            return []
        counts = Counter(str(row["event"]) for row in self.history)
        zh = "，".join(f"{_word(e)[0]} {n}" for e, n in counts.most_common()) or "无变化"
        en = ", ".join(f"{_word(e)[1]} {n}" for e, n in counts.most_common()) or "no change"
        blocks: list[Block] = [
            Text(Said(f"自 {self.wanted.since} 以来：{zh}。", f"Since {self.wanted.since}: {en}.")),
            *remarks(self.past),
        ]
        heads = [("event", "变化", "change"), ("id", "群组", "cluster"),
                 ("count", "核心", "core"), ("parties", "成员", "members"),
                 ("joined", "加入", "joined"), ("left", "离开", "left"),
                 ("parents", "来自", "from"), ("facts", "证据", "facts")]  # fmt: skip
        told = sorted(self.history, key=_news)
        rows = [
            [plain(value_words(row["event"])), plain(row["id"]), plain(f"{row['core']:,}"),
             plain(f"{row['members']:,}"), self._names(row, "joined"), self._names(row, "left"),
             plain("、".join(name for name in row["parents"][:_NAMES] if name != row["id"])),
             self.writer.cite(row["facts"])]
            for row in told[:_ROWS]
        ]  # fmt: skip
        if rows:
            caption = Said("变化", "changes")
            blocks.append(grid(heads, rows, caption, len(told) - len(rows)))
        return [Section("new", Said("新情况", "What is new"), blocks)]

    def each(self) -> list[Section]:
        """The clusters that are told of."""
        told = list(enumerate(self.told, 1))
        return [self._cluster(number, row) for number, row in current().through(told, _UNIT)]

    def _cluster(self, number: int, row: Mapping[str, Any]) -> Section:
        zh, en = halves(row["why"])
        shown: list[str] = row["members"][: self.wanted.members]
        told = {name: self._listed(name) for name in dict.fromkeys([*shown, *row["core"]])}
        notes = {
            name: [self._note(told[name])] if name in told else () for name in row["core"]
        }  # fmt: skip
        kinds = self.wanted.knitting.get("kinds") or TIES
        about = {"as_of": self.writer.as_of, "known_at": self.writer.known_at}
        total = _count(row, "members")
        picture = web(
            self.writer.risk, about, row["members"], notes, total=total, kinds=kinds,
            title=f"{Said('风险群组', 'Risk cluster')}: {row['id']}",
        )  # fmt: skip
        blocks: list[Block] = [
            Text(Said(zh, en)), self.writer.draw(picture), Pairs(self._about(row)),
            self._members(row, shown, told, total),
        ]  # fmt: skip
        title = Said(f"群组 {number}", f"Cluster {number}")
        return Section(f"c{number}", title, blocks)

    def _about(self, row: Mapping[str, Any]) -> list[tuple[Said, Cell]]:
        attrs = row.get("attrs", {})
        became = self.became.get(row["id"])
        pairs: list[tuple[Said, Cell]] = [
            (Said("编号", "id"), [Part(row["id"])]),
            (Said("曾用编号", "earlier names"), plain("、".join(attrs.get("was", ())[:3]))),
            (Said("得分", "score"), plain(f"{row['score']:.4f}")),
            (Said("形成", "a cluster since"), plain(row["born"])),
            (Said("事实起止", "its facts began"),
             plain(f"{row['begins'] or '…'} – {row['ends'] or '…'}")),
            (Said("核心的原因", "why the core is core"), plain(_reasons(row))),
            (Said("相连关系", "joined by"), plain(_joined(row))),
            (Said("外围", "circle"), plain(self._circle(attrs))),
            (Said("未起连接作用的枢纽", "hubs beside, which join nothing"),
             [self.writer.name(hub, listed=True) for hub in attrs.get("hubs", ())[:_NAMES]]),
            (Said("事实", "facts"),
             [*self.writer.cite(row["facts"]), *self._more(row)]),
        ]  # fmt: skip
        if became is not None:
            pairs.append((Said("变化", "change"), plain(self._change(row))))
            if became["event"] != "born":
                pairs.append((Said("加入", "joined"), self._names(became, "joined")))
            pairs.append((Said("离开", "left"), self._names(became, "left")))
            pairs.append((Said("来自", "came from"), plain("、".join(became["parents"][:_NAMES]))))
        return [(label, cell) for label, cell in pairs if cell]

    def _members(
        self, row: Mapping[str, Any], shown: Sequence[str],
        told: Mapping[str, list[Mapping[str, Any]]], total: int,
    ) -> Block:  # fmt: skip
        """Who is in it: core first, with the listings that make them core."""
        core, joined = set(row["core"]), set(self.became.get(row["id"], {}).get("joined", ()))
        heads = [("party", "成员", "member"), ("kind", "种类", "kind"), ("core", "核心", "core"),
                 ("why", "名单", "listings"), ("from", "自", "from"), ("new", "新加入", "new"),
                 ("facts", "证据", "facts")]  # fmt: skip
        yes = str(Said("是", "yes"))
        rows = [
            [[self.writer.name(name)], plain(self.writer.kind(name)),
             plain(yes if name in core else None),
             plain("；".join(_told(one) for one in told[name])),
             plain("；".join(str(one["valid_from"] or "") for one in told[name])),
             plain(yes if name in joined else None),
             self.writer.cite(one["fact"] for one in told[name])]
            for name in shown
        ]  # fmt: skip
        caption = Said(f"成员 {total:,} 个", f"{total:,} members")
        return grid(heads, rows, caption, total - len(rows))

    def _listed(self, name: str) -> list[Mapping[str, Any]]:
        """The listings that are in force on the day, of the lists that make a core."""
        lists = self.wanted.knitting.get("lists") or LISTS
        domains = self.wanted.knitting.get("domains")
        found = self.writer.risk.subject(name, known_at=self.writer.known_at)
        day = day_end(self.writer.as_of)
        return [
            each for each in found["listings"]
            if each.get("list") in lists and in_force(each.get("status"))
            and (domains is None or each.get("domain") in domains)
            and (each["valid_from"] is None or parse_time(each["valid_from"]) <= day)
            and (each["valid_to"] is None or day < parse_time(each["valid_to"]))
        ]  # fmt: skip

    def _note(self, told: Sequence[Mapping[str, Any]]) -> str:
        """What stands below a member of the core."""
        return _told(told[0])[:28] if told else str(Said("线索成员", "of a finding"))

    def _named(self, row: Mapping[str, Any], number: int) -> Cell:
        link = f"#qc{number}" if number <= len(self.told) else ""
        return [Part(row["id"], link=link)]

    def _change(self, row: Mapping[str, Any]) -> str:
        became = self.became.get(row["id"])
        return "" if became is None else value_words(became["event"])

    def _names(self, row: Mapping[str, Any], column: str) -> Cell:
        """The first few who joined or left, and how many more."""
        names = row[column]
        total = row.get(f"{column}_total", len(names))
        parts = [self.writer.name(name, listed=True) for name in names[:_NAMES]]
        return [*parts, Part(f"+{total - _NAMES:,}")] if total > _NAMES else parts

    def _more(self, row: Mapping[str, Any]) -> Cell:
        total = row.get("facts_total", len(row["facts"]))
        return plain(str(Said(f"共 {total:,} 项", f"of {total:,}"))) if total > 8 else []

    def _circle(self, attrs: Mapping[str, Any]) -> str:
        count = attrs.get("circle_total", len(attrs.get("circle", ())))
        return str(Said(f"另有 {count:,} 个", f"{count:,} others")) if count else ""


def _names(row: Mapping[str, Any]) -> set[str]:
    """Every name of a cluster."""
    return {row["id"], *row.get("attrs", {}).get("was", ())}


def _count(row: Mapping[str, Any], column: str) -> int:
    return int(row.get(f"{column}_total", len(row[column])))


def _word(event: str) -> tuple[str, str]:
    from api.report.words import speaking

    with speaking("zh"):
        zh = value_words(event)
    return zh, event


def _news(row: Mapping[str, Any]) -> tuple[int, float]:
    """New and grown before what only went on; of each, the worst first."""
    order = ("born", "merged", "grew", "split", "changed", "shrank", "dissolved")
    place = order.index(row["event"]) if row["event"] in order else len(order)
    return place, -row["score"]


def _told(listing: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (list_words(listing.get("list", "")), listing.get("domain"))))


def _reasons(row: Mapping[str, Any]) -> str:
    """How many of the core for which reason."""
    told = []
    for word, count in row["reasons"].items():
        of, mark, field = word.partition("/")
        told.append(
            f"{list_words(of) if mark else value_words(of)}{f' {field}' if field else ''} {count}"
        )
    return "；".join(told)


def _joined(row: Mapping[str, Any]) -> str:
    return "；".join(f"{value_words(kind)} {count:,}" for kind, count in row["relations"].items())


__all__ = ["Wanted", "clusters"]
