"""The report of one subject: who it is, what is on record, whom it is related to, who stands behind
it, when things came, what it paid and was paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from api.report.asked import remarks
from api.report.document import Block, Document, Said, Section, Text
from api.report.flow import flow
from api.report.network import surroundings
from api.report.pyramid import ownership
from api.report.tables import Part
from api.report.timeline import timeline
from api.report.words import kind_words, list_words, percent
from api.report.writing import Cell, Writer, grid, plain

if TYPE_CHECKING:
    from api.client import Asking

ROWS: Final = 30  # of one table
_MOMENTS: Final = 36  # facts of the picture of its time
_EVENTS: Final = 16  # of the picture of money
_KINDS: Final = ("transfer", "withdrawal", "invoice", "deposit", "repay")
_HIDDEN: Final = ("kind", "id", "source", "recorded_at", "valid_from", "valid_to", "name", "keys",
                  "attrs", "invalid_keys", "canonical")  # fmt: skip
_WARNING: Final = Said(
    "本报告列出数据中的事实与由其推出的关联，供人核查；关联不等于违法，不能单独作为惩戒依据。",
    "This report lists facts on record and the links that follow from them, for a person to check;"
    " a link is no offence, and no basis for a measure by itself.",
)


def subject(
    risk: Asking, name: str, *, as_of: str | None = None, known_at: str | None = None,
    style: str = "screen",
) -> Document:  # fmt: skip
    """The report of a subject by any of its names. Every table and picture is bounded and says so:
    a hub costs no more than another. Raises UnknownSubject, WrongUsage."""
    writer = Writer(risk, as_of, known_at, style)
    found = risk.subject(name, known_at=writer.known_at)
    writer.learn({found["id"]: {key: found[key] for key in ("id", "kind", "label")}})
    document = Document(Said("主体报告", "Subject report"), found["label"], [_WARNING])
    document.about = [
        (Said("种类", "kind"), [Part(kind_words(found["kind"]))]),
        (Said("编号", "canonical id"), [Part(found["id"])]),
    ]
    document.sections = list(_sections(writer, found))
    return writer.close(document)


def _sections(writer: Writer, found: Mapping[str, Any]) -> Iterator[Section]:
    yield Section("records", Said("登记信息", "What is on record of it"), _records(found))
    yield Section("listings", Said("名单记录", "Listings"), _listings(writer, found["listings"]))
    around = _around(writer, found["id"])
    yield Section("around", Said("与其相连的关系", "What it is connected by"), _counts(around))
    yield from _related(writer, found, around)
    if found["kind"] == "company":
        yield from _owners(writer, found)
    if found["kind"] in ("person", "company"):
        yield from _roles(writer, found)
    yield from _time(writer, found, around)
    yield from _money(writer, found, around)


def _records(found: Mapping[str, Any]) -> list[Block]:
    """Each record with where it comes from; then what they state differently."""
    heads = [("record", "记录", "record"), ("name", "名称", "name"), ("keys", "证件号码", "keys"),
             ("says", "内容", "says"), ("from", "自", "from"), ("to", "至", "until"),
             ("source", "来源", "source"), ("when", "录入", "recorded")]  # fmt: skip
    rows = []
    for record in found["records"][:ROWS]:
        keys = record.get("keys", {})
        said = {k: v for k, v in record.items() if k not in _HIDDEN} | record.get("attrs", {})
        source = record["source"]
        where = ":".join(str(source[k]) for k in ("file", "record") if source.get(k))
        rows.append([
            plain(f"{source['dataset']}:{record['id']}"), plain(record.get("name")),
            plain("; ".join(f"{name} {value}" for name, value in keys.items())),
            plain("; ".join(f"{name} {_flat(value)}" for name, value in said.items())),
            plain(record.get("valid_from")), plain(record.get("valid_to")),
            plain(" · ".join(part for part in (source["dataset"], where) if part)),
            plain(record["recorded_at"][:16].replace("T", " ")),
        ])  # fmt: skip
    blocks: list[Block] = [
        grid(heads, rows, Said("记录，证件号码已遮蔽", "records, identifiers masked"),
             len(found["records"]) - len(rows)),
    ]  # fmt: skip
    if told := found["contradictions"]:
        cells = [
            [plain(each["property"]), plain(_flat(said["value"])),
             plain(", ".join(said["records"][:ROWS]))]
            for each in told[:ROWS] for said in each["values"][:ROWS]
        ]  # fmt: skip
        heads = [("property", "项目", "property"), ("value", "说法", "said"),
                 ("by", "记录", "by records")]  # fmt: skip
        blocks.append(grid(heads, cells, Said("各记录说法不一", "records contradict one another"),
                           max(0, len(told) - ROWS)))  # fmt: skip
    return blocks


def _flat(value: Any) -> str:
    return str(value)[:300]


def _listings(writer: Writer, listed: list[dict[str, Any]]) -> list[Block]:
    """The entries of lists, with who made them, on what basis and until when."""
    if not listed:
        return [Text(Said("未见名单记录。", "It is on no list that is known."))]
    heads = [("list", "名单", "list"), ("domain", "领域", "field"),
             ("authority", "认定机关", "authority"), ("basis", "依据", "basis"),
             ("decided", "决定日期", "decided on"), ("from", "自", "from"), ("to", "至", "until"),
             ("status", "状态", "status"), ("facts", "证据", "facts")]  # fmt: skip
    rows: list[list[Cell]] = [
        [plain(list_words(each.get("list", ""))),
         *(plain(each.get(name)) for name in ("domain", "authority", "basis", "decided_on",
                                              "valid_from", "valid_to", "status")),
         writer.cite([each["fact"]])]
        for each in listed[:ROWS]
    ]  # fmt: skip
    return [grid(heads, rows, Said(f"名单记录 {len(listed)} 条", f"{len(listed)} listings"),
                 len(listed) - len(rows))]  # fmt: skip


def _around(writer: Writer, ident: str) -> Mapping[str, Any]:
    return writer.ask("adjacent", subject=ident, limit=20)


def _counts(around: Mapping[str, Any]) -> list[Block]:
    """How many relations of each kind, and to how many: of a hub, too."""
    heads = [("kind", "种类", "kind"), ("way", "方向", "direction"), ("count", "关系", "relations"),
             ("parties", "对方", "parties"), ("recorded", "曾录入", "ever recorded")]  # fmt: skip
    ways = {"in": Said("指向它", "to it"), "out": Said("由它指出", "from it")}
    rows = [
        [plain(kind_words(row["kind"])), plain(str(ways[row["direction"]])),
         *(plain(f"{row[n]:,}" if row[n] is not None else None)
           for n in ("count", "parties", "recorded"))]
        for row in around["results"]
    ]  # fmt: skip
    if not rows:
        return [Text(Said("未见关系。", "Nothing connects it.")), *remarks(around)]
    return [grid(heads, rows, Said("按种类计数", "counted by kind")), *remarks(around)]


def _related(
    writer: Writer, found: Mapping[str, Any], around: Mapping[str, Any]
) -> Iterator[Section]:
    """Its related parties to the second degree: by roles and holdings, of what is no person or
    company by whatever leads to it."""
    asked: dict[str, Any] = {"depth": 2, "max_rows": 1000}
    if found["kind"] not in ("person", "company"):
        kinds = dict.fromkeys(row["kind"] for row in around["results"])
        asked = {"depth": 1, "kinds": [k for k in kinds if k not in (*_KINDS, "call")]}
        if not asked["kinds"]:
            return
    answer = writer.ask("related_parties", subject=found["id"], **asked)
    blocks: list[Block] = []
    if answer["results"]:
        most = 28 if len(answer["results"]) > 28 else 36
        blocks.append(writer.draw(surroundings(writer.risk, answer, most=most)))
    title = Said("关联方", "Related parties")
    yield Section("related", title, blocks + writer.rows(answer, ROWS))


def _owners(writer: Writer, found: Mapping[str, Any]) -> Iterator[Section]:
    """Who owns it, through all chains, and who controls it and by what."""
    if gone := writer.withheld("integrated_ownership"):
        yield Section("owners", Said("股权与控制", "Ownership and control"), gone)
        return
    owned = writer.ask("integrated_ownership", target=found["id"], max_rows=1000)
    blocks: list[Block] = []
    if owned["results"]:
        blocks.append(writer.draw(ownership(writer.risk, owned, most=24)))
    blocks += writer.rows(owned, ROWS)
    yield Section("owners", Said("股权结构", "Who owns it"), blocks)
    controllers = writer.ask("actual_controller", target=found["id"], max_rows=100)
    yield Section("controllers", Said("实际控制人", "Who actually controls it"),
                  writer.rows(controllers, ROWS))  # fmt: skip
    beneficial = writer.ask("beneficial_owners", target=found["id"], max_rows=100)
    yield Section("beneficial", Said("受益所有人", "Beneficial owners"),
                  writer.rows(beneficial, ROWS))  # fmt: skip


def _roles(writer: Writer, found: Mapping[str, Any]) -> Iterator[Section]:
    """Every role held and shed, and whether the firm was listed meanwhile or later."""
    answer = writer.ask("subject_record", subject=found["id"], max_rows=1000, max_listings=20)
    told = [row for row in answer["results"] if row["role"] != "subject"]
    if not told:
        return
    heads = [("firm", "企业", "firm"), ("role", "关系", "role"), ("title", "职务", "title"),
             ("share", "持股", "share"), ("from", "自", "from"), ("to", "至", "until"),
             ("during", "在任期间名单", "listed meanwhile"), ("after", "其后名单", "listed later"),
             ("facts", "证据", "facts")]  # fmt: skip
    rows = [
        [[writer.name(row["firm"])], plain(kind_words(row["role"])), plain(row.get("title")),
         plain(percent(row["share"]) if row["share"] is not None else None),
         plain(row["from"]), plain(row["to"]),
         *(plain("、".join(f"{list_words(one['list'])} {one['from'] or ''}" for one in row[name]))
           for name in ("listings_during", "listings_after")),
         writer.cite(row["facts"])]
        for row in told[:ROWS]
    ]  # fmt: skip
    caption = Said(f"任职与持股 {len(told)} 项", f"{len(told)} roles and holdings")
    blocks = [grid(heads, rows, caption, len(told) - len(rows)), *remarks(answer)]
    yield Section("roles", Said("任职与持股履历", "Roles and holdings over time"), blocks)


def _time(writer: Writer, found: Mapping[str, Any], around: Mapping[str, Any]) -> Iterator[Section]:
    """What came and went: listings, then roles and other states."""
    facts = [each["fact"] for each in found["listings"]]
    for row in around["results"]:
        if row["kind"] not in (*_KINDS, "call"):
            facts += [name for one in row["relations"] for name in one["facts"]]
    total = len(found["listings"]) + sum(
        row["count"] or 0 for row in around["results"] if row["kind"] not in (*_KINDS, "call")
    )
    shown = list(dict.fromkeys(facts))[:_MOMENTS]
    row = {"id": found["label"], "facts": shown, "members": [found["id"]],
           "facts_total": max(total, len(shown))}  # fmt: skip
    picture = timeline(writer.risk, _answer(writer, row))
    cited = [*writer.cite(shown[:8])]
    said = Text(Said("图中事实见附录。", "The facts drawn are in the appendix."), "note")
    for at in range(8, len(shown), 8):
        writer.cite(shown[at : at + 8])
    yield Section(
        "time", Said("时间线", "Timeline"), [writer.draw(picture), *([said] if cited else [])]
    )


def _money(
    writer: Writer, found: Mapping[str, Any], around: Mapping[str, Any]
) -> Iterator[Section]:
    """The newest transfers and invoices, from left to right."""
    events = [
        (one["begins"] or "", name)
        for row in around["results"] if row["kind"] in _KINDS
        for one in row["relations"] for name in one["facts"]
    ]  # fmt: skip
    total = sum(row["count"] or 0 for row in around["results"] if row["kind"] in _KINDS)
    if not events:
        return
    shown = [name for _, name in sorted(events, reverse=True)[:_EVENTS]]
    row = {"id": found["label"], "facts": shown, "members": [found["id"]],
           "facts_total": max(total, len(shown))}  # fmt: skip
    for at in range(0, len(shown), 8):
        writer.cite(shown[at : at + 8])
    said = Said(
        f"最近 {len(shown)} 笔，共 {total:,} 笔。", f"The newest {len(shown)} of {total:,}."
    )
    yield Section("money", Said("资金与发票", "Money and invoices"),
                  [Text(said), writer.draw(flow(writer.risk, _answer(writer, row)))])  # fmt: skip


def _answer(writer: Writer, row: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as an answer's row, for the pictures of rows."""
    return {"as_of": writer.as_of, "known_at": writer.known_at, "params": {}, "results": [row]}


__all__ = ["subject"]
