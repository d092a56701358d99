"""The report of a finding, of a case of findings, or of any answer that holds some: what was found,
why it is thought so, who is in it, what it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.findings.patterns import named
from api.report.asked import remarks
from api.report.clusters import Wanted, clusters
from api.report.document import Block, Document, Pairs, Said, Section, Text
from api.report.flow import flow
from api.report.ring import cycle
from api.report.tables import Part
from api.report.timeline import timeline
from api.report.web import tangle
from api.report.words import moment, money, spoken
from api.report.writing import Cell, Writer, grid, plain
from graph.errors import InputError, UnknownSubject, WrongUsage

if TYPE_CHECKING:
    from api.client import Asking

# Which algorithm finds a pattern.
FINDERS: Final = {
    "transfer_cycle": "transfer_cycles", "fan_in": "fan_patterns", "fan_out": "fan_patterns",
    "scatter_gather": "fan_patterns", "gather_scatter": "fan_patterns",
    "bipartite": "fan_patterns", "stack": "fan_patterns", "pass_through": "pass_through",
    "layered_flow": "layered_flow", "fund_pool": "fund_pools",
    "rented_account": "rented_accounts", "shared_identifiers": "shared_identifier_rings",
    "dense_block": "dense_blocks", "claim_gang": "event_gangs", "bid_rigging": "event_gangs",
    "exam_gang": "event_gangs", "call_den": "call_dens", "invoice_cycle": "invoice_cycles",
    "invoice_pass_through": "invoice_pass_through", "invoice_burst": "invoice_bursts",
    "goods_mismatch": "goods_mismatch", "affiliated_trade": "affiliated_trades",
    "rebate_chain": "rebate_chains", "payment_return": "payment_returns",
}  # fmt: skip
_TOLD: Final = 12  # findings with a section each
_MEMBERS: Final = 60
_SIGNS: Final = 20
_FOUND: Final = 100_000  # that a finding is looked for among
_WARNING: Final = Said(
    "线索是算法的判断，附其依据与可能的正当解释，供人核查；线索不等于违法，不能单独作为惩戒依据。",
    "A finding is what an algorithm thinks, with its grounds and the innocent explanations that it"
    " weighed, for a person to check; it is no offence, and no basis for a measure by itself.",
)


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is read of a finding's row; the rest of it is left alone."""

    id: str
    pattern: str
    members: list[str]
    facts: list[str]
    why: str
    score: float | None = None
    amount: str | None = None
    currency: str | None = None
    begins: str | None = None
    ends: str | None = None
    p: float | None = None
    q: float | None = None
    signs: dict[str, float] = {}
    patterns: list[str] = []
    findings: list[str] = []
    attrs: dict[str, Any] = {}
    members_total: int | None = None
    facts_total: int | None = None
    findings_total: int | None = None


class Given(msgspec.Struct, kw_only=True):
    """An answer as it was printed or kept."""

    algorithm: str
    as_of: str
    known_at: str
    results: list[Row]
    params: dict[str, Any] = {}
    snapshot: str = ""
    truncated: dict[str, Any] | None = None
    notes: list[str] = []


def case(
    risk: Asking, ident: str | None = None, answer: Mapping[str, Any] | None = None, *,
    as_of: str | None = None, known_at: str | None = None, style: str = "screen",
) -> Document:  # fmt: skip
    """The report of the findings in an answer, or of the one with an id: a finding, a case of
    findings, a risk cluster. Of an answer all stands on the view that it was given on.

    An id is found again by asking its detector, a case's by asking all. Raises InputError for what
    is no answer, UnknownSubject where nothing has that id, WrongUsage where neither is given.
    """
    if answer is not None:
        given = _given(answer)
        if (as_of or given.as_of, known_at or given.known_at) != (given.as_of, given.known_at):
            raise WrongUsage("as_of, known_at: an answer has its own / 结果自带时点")
        writer = Writer(risk, given.as_of, given.known_at, style)
        rows = [row for row in given.results if ident in (None, row.id)]
        if ident is not None and not rows:
            raise UnknownSubject(f"no finding {ident[:80]!r} in this answer")
        return _written(writer, given, rows)
    if ident is None:
        raise WrongUsage("case: an answer, or the id of a finding / 请给出结果或线索编号")
    if ident.startswith("cluster:"):
        return clusters(risk, Wanted(cluster=ident), as_of=as_of, known_at=known_at, style=style)
    writer = Writer(risk, as_of, known_at, style)
    given, rows = _found(writer, ident)
    return _written(writer, given, rows)


def _given(answer: Mapping[str, Any]) -> Given:
    try:
        return msgspec.convert(dict(answer), Given)
    except msgspec.ValidationError as error:
        raise InputError(f"not an answer with findings: {error}") from None


def _found(writer: Writer, ident: str) -> tuple[Given, list[Row]]:
    """The finding with an id; of a case its row and those of its findings."""
    pattern = ident.partition(":")[0]
    if pattern == "case":
        given = _given(writer.ask("cases", max_rows=_FOUND))
        (row,) = _named(given, ident)
        told, wanted = [row], set(row.findings)
        for name in dict.fromkeys(FINDERS[p] for p in row.patterns if p in FINDERS):
            found = _given(writer.ask(name, max_rows=_FOUND))
            told += [each for each in found.results if each.id in wanted]
        return given, told
    if pattern not in FINDERS:
        raise UnknownSubject(
            f"no pattern is called {pattern[:40]!r}; ids are like transfer_cycle:…"
        )
    if gone := writer.withheld(FINDERS[pattern]):
        raise UnknownSubject(str(gone[0].said) if isinstance(gone[0], Text) else pattern)
    given = _given(writer.ask(FINDERS[pattern], max_rows=_FOUND))
    return given, _named(given, ident)


def _named(given: Given, ident: str) -> list[Row]:
    rows = [r for r in given.results if ident in (r.id, *_was(r))][:1]
    if not rows:
        said = "" if given.truncated is None else f" ({given.truncated['reason']})"
        raise UnknownSubject(f"no finding is named {ident[:80]!r} on {given.as_of}{said}")
    return rows


def _was(row: Row) -> list[str]:
    """The names that it had: an answer that was sent may say anything there."""
    was = row.attrs.get("was")
    return [str(name) for name in was] if isinstance(was, list) else []


def _written(writer: Writer, given: Given, rows: Sequence[Row]) -> Document:
    case_of = bool(rows) and rows[0].pattern == "case"
    title = Said("案件报告", "Case report") if case_of else Said("线索报告", "Report of findings")
    named = rows[0].id if len(rows) == 1 or case_of else ""
    document = Document(title, named, [_WARNING])
    document.about = [
        (Said("算法", "algorithm"), [Part(given.algorithm)]),
        (Said("线索", "findings"), [Part(f"{len(given.results):,}")]),
    ]
    if given.snapshot not in ("", writer.snapshot):
        document.intro.append(
            Said("注意：结果出自另一快照，事实以本库同一时点所知为准。",
                 "Mind: the answer is of another snapshot; facts are as this store knew them then.")
        )  # fmt: skip
    document.sections = list(_sections(writer, given, rows))
    return writer.close(document)


def _sections(writer: Writer, given: Given, rows: Sequence[Row]) -> Iterator[Section]:
    said = {"notes": given.notes, "truncated": given.truncated}
    blocks: list[Block] = [*remarks(said)]
    if len(rows) > _TOLD:
        left = len(rows) - _TOLD
        blocks.append(
            Text(Said(f"另有 {left:,} 条未逐一列出。", f"{left:,} more are not told of."), "cut")
        )
    if not rows:
        blocks.append(Text(Said("未发现线索。", "Nothing was found.")))
        yield Section("whole", Said("总览", "Overview"), blocks)
    elif len(rows) > 1 or blocks:
        heads = [("number", "序", "no."), ("pattern", "模式", "pattern"),
                 ("score", "得分", "score"), ("parties", "成员", "members"),
                 ("amount", "金额", "amount"),
                 ("begins", "开始", "begins"), ("ends", "结束", "ends")]  # fmt: skip
        cells: list[list[Cell]] = [
            [plain(f"{number}"), plain(str(_pattern(row))), plain(_score(row)),
             plain(f"{row.members_total or len(row.members):,}"),
             plain(money(row.amount) if row.amount else None),
             plain(moment(row.begins)), plain(moment(row.ends))]
            for number, row in enumerate(rows[:100], 1)
        ]  # fmt: skip
        table = grid(heads, cells, Said("线索", "findings"), max(0, len(rows) - 100))
        yield Section("whole", Said("总览", "Overview"), [*blocks, table])
    for number, row in enumerate(rows[:_TOLD], 1):
        yield _finding(writer, number, row)


def _finding(writer: Writer, number: int, row: Row) -> Section:
    blocks: list[Block] = [
        Text(Said.of(row.why)), *_pictures(writer, row), Pairs(_about(writer, row)),
        _members(writer, row),
    ]  # fmt: skip
    pattern = _pattern(row)
    title = Said(f"{number} {pattern.zh}", pattern.en if spoken() == "both" else
                 f"{number} {pattern.en}")  # fmt: skip
    return Section(f"f{number}", title, blocks)


def _pictures(writer: Writer, row: Row) -> list[Block]:
    """The picture that fits: a ring, money from left to right, who shares what; then its time."""
    shown = msgspec.to_builtins(row)
    shown = {"amount": row.amount, "begins": row.begins, "ends": row.ends, **shown}
    if row.facts_total is None:
        shown["facts_total"] = len(row.facts)
    answer = {"as_of": writer.as_of, "known_at": writer.known_at, "params": {}, "results": [shown]}
    facts = writer.known(row.facts).facts.values()
    events = [fact for fact in facts if "at" in fact and "to" in fact]
    risk, made = writer.risk, []
    if row.pattern.endswith("_cycle") and len(row.members) > 1 and len(row.members) <= 20:
        made.append(writer.draw(cycle(risk, answer)))
    if events:
        made.append(writer.draw(flow(risk, answer)))
    elif row.facts:
        made.append(writer.draw(tangle(risk, answer)))
    if row.facts and len(events) < len(row.facts):
        made.append(writer.draw(timeline(risk, answer)))
    return list(made)


def _about(writer: Writer, row: Row) -> list[tuple[Said, Cell]]:
    signs = sorted(row.signs.items(), key=lambda each: -abs(each[1]))[:_SIGNS]
    was = [name[:80] for name in _was(row)][:3]
    pairs: list[tuple[Said, Cell]] = [
        (Said("编号", "id"), [Part(row.id)]),
        (Said("曾用编号", "earlier names"), plain("、".join(was))),
        (Said("得分", "score"), plain(_score(row))),
        (Said("偶然概率 p、错误发现率 q", "chance p, false discovery rate q"),
         plain(f"{row.p:.3g}, {row.q:.3g}" if row.p is not None and row.q is not None else None)),
        (Said("金额", "amount"),
         plain(f"{money(row.amount)} {row.currency or ''}".strip() if row.amount else None)),
        (Said("起止", "time"), plain(f"{moment(row.begins) or '…'} – {moment(row.ends) or '…'}")),
        (Said("迹象（正为支持，负为正当解释）", "signs (for it; negative: innocent)"),
         plain("；".join(f"{name} {value:+.2f}" for name, value in signs))),
        (Said("线索", "findings"), plain("、".join(row.findings[:10]))),
        (Said("事实", "facts"), _facts(writer, row)),
    ]  # fmt: skip
    return [(label, cell) for label, cell in pairs if cell]


def _facts(writer: Writer, row: Row) -> Cell:
    """All facts that the row cites, and how many there are."""
    parts: list[Part] = []
    for at in range(0, len(row.facts), 8):
        parts += writer.cite(row.facts[at : at + 8])
    total = row.facts_total or len(row.facts)
    return [*parts, Part(str(Said(f"共 {total:,} 项", f"of {total:,}")))] if parts else []


def _members(writer: Writer, row: Row) -> Block:
    heads = [("party", "成员", "member"), ("kind", "种类", "kind"), ("id", "编号", "canonical id")]
    cells: list[list[Cell]] = [
        [[writer.name(name)], plain(writer.kind(name)), plain(name)]
        for name in row.members[:_MEMBERS]
    ]
    total = row.members_total or len(row.members)
    caption = Said(f"成员 {total:,} 个", f"{total:,} members")
    return grid(heads, cells, caption, total - len(cells))


def _pattern(row: Row) -> Said:
    words = row.pattern.replace("_", " ")
    return Said("案件" if row.pattern == "case" else named(row.pattern), words)


def _score(row: Row) -> str | None:
    return None if row.score is None else f"{row.score:.4g}"


__all__ = ["FINDERS", "case"]
