"""The records of people and companies in a snapshot as a table, one row each.

Columns, for both kinds (lists are empty where nothing is said, texts null):

- `record` (`dataset:id`), `node`, `dataset`; `cluster`: a number shared by the records that
  official keys and people's judgements make one subject; `official`: the canonical id that the
  cluster's valid official key gives, or null; `bears`: the one that the record's own key gives.
- `name`; `names`: other names it goes by. `birth_date`: ISO, or its year or month only.
- `phones`: canonical ids of the phones used and numbers that records state, each with marks of
  when: who had a number after another had given it up has no mark in common (`tenures`). `emails`,
  `addresses` (texts, newest first).
- `id_no`: the official number as written, whether or not it is valid; `ids`: other numbers of
  registers. `people`: names of a company's legal representatives and officers.

What identifies a person is in this table in the clear. It stays in memory and in the private
folder that DuckDB may spill to, and no answer shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from algorithms.identity.shape import BY
from algorithms.identity.tenures import tenures
from graph.columns import I64
from graph.deadline import check, current
from graph.identity import Edge, join
from graph.model import CODES
from graph.times import NEG, format_time

if TYPE_CHECKING:
    import pyarrow as pa

    from graph.snapshot import Snapshot
    from graph.store import StoredFact

_OFFICIAL: Final = ("uscc", "resident_id")
_CHUNK: Final = 20_000  # records read from the store at a time
_BORN: Final = ("birth_date", "birthday", "birthDate", "出生日期")
_NAMES: Final = ("alias", "aliases", "former_name", "former_names", "other_names", "name_en",
                 "weakAlias", "previousName", "曾用名", "别名")  # fmt: skip
_EMAILS: Final = ("email", "emails", "邮箱", "电子邮箱")
_PHONES: Final = ("phone", "phones", "mobile", "telephone", "电话", "手机号", "联系电话")
_ADDRESSES: Final = ("address", "addresses", "住所", "地址", "注册地址")
_IDS: Final = ("registration_no", "reg_no", "registration_number", "former_registration_no",
               "taxpayer_no", "organisation_code", "passport", "registrationNumber", "idNumber",
               "passportNumber", "taxNumber", "注册号", "组织机构代码", "纳税人识别号", "护照号",
               "soc_sec_id")  # fmt: skip
_SHARED: Final = 5  # a phone or mailbox of more clusters than this tells nobody from another


class Standing(NamedTuple):
    """The clusters that are decided before anything is compared, and the machine's judgements."""

    cluster: I64  # by record node: the smallest node of its cluster
    official: dict[int, str]  # by cluster
    apart: list[Edge]  # `not_same_as`, by record nodes
    machine: dict[Edge, str]  # the machine's `same_as` that stand: nodes (low, high), fact's id
    refused: list[Edge]  # people's judgements that official keys or others contradict


class Read(NamedTuple):
    """What is known of who is who, and the tables by kind, with `columns.comparison_columns`."""

    decided: Standing
    tables: dict[str, pa.Table]


def people_and_companies(snapshot: Snapshot, kinds: Sequence[str]) -> Read:
    """The records of these kinds in a snapshot, rows by the name of the record. Records that were
    erased, and those of people whose use is restricted, are not in it. Linear."""
    from algorithms.identity.columns import comparison_columns

    rows = {kind: _rows(snapshot, kind) for kind in kinds}
    own = {row["node"]: row["bears"] for each in rows.values() for row in each if row["bears"]}
    decided = standing(snapshot, own)
    tables = {}
    for kind in kinds:
        check()
        for row in rows[kind]:
            row["cluster"] = int(decided.cluster[row["node"]])
            row["official"] = decided.official.get(row["cluster"])
        _relations(snapshot, kind, rows[kind])
        tables[kind] = comparison_columns(_table(rows.pop(kind)), kind)
    return Read(decided, tables)


def standing(snapshot: Snapshot, official: dict[int, str]) -> Standing:
    """What keys and people's judgements decide; `official` are the canonical ids that records'
    own valid keys give, by node. Linear."""
    keyed: dict[str, list[int]] = defaultdict(list)
    for node, key in official.items():
        keyed[key].append(node)
    given, machine = _same(snapshot)
    apart = [(src, dst) for src, dst, _, _ in _judged(snapshot, "not_same_as")]
    equal = [sorted(nodes) for nodes in keyed.values() if len(nodes) > 1]
    groups, refused = join(equal, given, apart, official.get)
    cluster = np.arange(snapshot.n, dtype=np.int64)
    for members in groups:
        cluster[members] = members[0]
    of = {int(cluster[node]): key for node, key in official.items()}
    return Standing(cluster, of, apart, machine, refused)


def _judged(snapshot: Snapshot, kind: str) -> list[tuple[int, int, int, str]]:
    """Judgements of one kind in the order in which they count: ends, row, the fact's id."""
    cols = snapshot.columns
    rows = snapshot.between_known(snapshot.rows(kind)).tolist()
    names = zip(rows, snapshot.fact_ids(rows), strict=True)
    ordered = sorted((int(cols.rec[row]), name, row) for row, name in names)
    return [(int(cols.src[row]), int(cols.dst[row]), row, name) for _, name, row in ordered]


def _same(snapshot: Snapshot) -> tuple[list[Edge], dict[Edge, str]]:
    """People's judgements that records are one subject, and the machine's."""
    judged = _judged(snapshot, "same_as")
    said = snapshot.said([row for _, _, row, _ in judged], "by")
    given: list[Edge] = []
    machine: dict[Edge, str] = {}
    for src, dst, row, name in judged:
        if said.get(row, "").startswith(BY):
            machine[min(src, dst), max(src, dst)] = name
        else:
            given.append((src, dst))
    return given, machine


def _rows(snapshot: Snapshot, kind: str) -> list[dict[str, Any]]:
    subjects = snapshot.subjects(kind).tolist()
    if snapshot.any_restricted:
        subjects = [node for node in subjects if not snapshot.restricted(node)]
    rows: list[dict[str, Any]] = []
    deadline = current()
    for begin in range(0, len(subjects), _CHUNK):
        deadline.report(begin, len(subjects), "records read / 读取记录")
        for node, fact in snapshot.stated(subjects[begin : begin + _CHUNK]).items():
            if not fact.payload.get("erased"):
                rows.append(_row(node, fact))
    rows.sort(key=lambda row: row["record"])
    _held(rows)
    return rows


def _held(rows: list[dict[str, Any]]) -> None:
    """Phones that records state, marked by when the record held: a number of a record that had
    ended before another began is a recycled one (see `tenures`)."""
    spans = [row.pop("held") for row in rows]
    said = [(at, text) for at, row in enumerate(rows) for text in row["phones"]]
    number = {text: n for n, text in enumerate(dict.fromkeys(text for _, text in said))}
    use, _, mark = tenures(
        np.array([number[text] for _, text in said], np.int64),
        np.array([spans[at][0] for at, _ in said], np.int64),
        np.array([spans[at][1] for at, _ in said], np.int64),
    )
    for row in rows:
        row["phones"] = []
    for each, since in zip(use.tolist(), mark.tolist(), strict=True):
        at, text = said[each]
        rows[at]["phones"].append(f"{text}#{since}")


def schema() -> pa.Schema:
    """The columns of a table."""
    import pyarrow as pa

    texts, many = pa.string(), pa.list_(pa.string())
    return pa.schema([
        ("record", texts), ("node", pa.int32()), ("dataset", texts), ("cluster", pa.int32()),
        ("official", texts), ("bears", texts), ("name", texts), ("names", many),
        ("birth_date", texts), ("phones", many), ("emails", many), ("addresses", many),
        ("id_no", texts), ("ids", many), ("people", many),
    ])  # fmt: skip


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=schema())


def _row(node: int, fact: StoredFact) -> dict[str, Any]:
    payload = fact.payload
    attrs = payload.get("attrs") or {}
    bears = [canonical for kind, _, _, canonical in fact.keys if canonical and kind in _OFFICIAL]
    numbers = [value for kind, value, _, _ in fact.keys if kind in _OFFICIAL]
    born = next(iter(_said(attrs, _BORN)), None)
    valid = [v for kind, v, reason, _ in fact.keys if kind == "resident_id" and reason is None]
    if born is None and fact.code == CODES["company"] and fact.vf != NEG:
        born = format_time(fact.vf)  # a company's first day
    if valid:  # GB 11643: digits 7 to 14
        born = f"{valid[0][6:10]}-{valid[0][10:12]}-{valid[0][12:14]}"
    return {
        "record": fact.name,
        "node": node,
        "dataset": fact.dataset,
        "bears": bears[0] if bears else None,
        "name": payload.get("name") or None,
        "names": _said(attrs, _NAMES),
        "birth_date": born and born[:10],
        "phones": _said(attrs, _PHONES),
        "held": (fact.vf, fact.vt),
        "emails": _said(attrs, _EMAILS),
        "addresses": _said(attrs, _ADDRESSES),
        "id_no": numbers[0] if numbers else None,
        "ids": _said(attrs, _IDS),
        "people": [],
    }


def _said(attrs: Mapping[str, Any], fields: Iterable[str]) -> list[str]:
    """The texts that attributes hold under any of these names, each once."""
    found: dict[str, None] = {}
    for field in fields:
        value = attrs.get(field)
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, str | int) and str(each).strip():
                found[str(each).strip()] = None
    return list(found)


def _relations(snapshot: Snapshot, kind: str, rows: list[dict[str, Any]]) -> None:
    """What relations say of the records: phones, places, who runs a company."""
    by_node = {row["node"]: row for row in rows}
    for node, text in _places(snapshot, by_node):
        by_node[node]["addresses"].append(text)
    for node, text in _phones(snapshot, by_node):
        by_node[node]["phones"].append(text)
    if kind == "company":
        for node, text in _people(snapshot, by_node):
            by_node[node]["people"].append(text)
    for column in ("phones", "emails"):
        _unshare(rows, column)
    for row in rows:
        for column in ("phones", "addresses", "people"):
            row[column] = list(dict.fromkeys(row[column]))


def _ends(
    snapshot: Snapshot, kinds: str | Sequence[str], wanted: Mapping[int, Any], *, into: bool = False
) -> list[tuple[int, int, int]]:
    """Relations at these records at any time: record, the other end, row; latest begun first."""
    cols = snapshot.columns
    rows = snapshot.between_known(snapshot.rows(kinds))
    own, other = (cols.dst, cols.src) if into else (cols.src, cols.dst)
    mask = np.zeros(snapshot.n, np.bool_)
    mask[list(wanted)] = True
    rows = rows[mask[own[rows]]]
    rows = rows[np.lexsort((rows, -cols.vf[rows]))]
    return list(zip(own[rows].tolist(), other[rows].tolist(), rows.tolist(), strict=True))


def _places(snapshot: Snapshot, wanted: Mapping[int, Any]) -> Iterable[tuple[int, str]]:
    return ((n, snapshot.label(place)) for n, place, _ in _ends(snapshot, "located_at", wanted))


def _people(snapshot: Snapshot, wanted: Mapping[int, Any]) -> Iterable[tuple[int, str]]:
    found = _ends(snapshot, ("legal_representative", "officer"), wanted, into=True)
    return ((company, snapshot.label(person)) for company, person, _ in found)


def _phones(snapshot: Snapshot, wanted: Mapping[int, Any]) -> Iterable[tuple[int, str]]:
    """Each record's phones with the marks of when it used them, see `tenures`."""
    cols = snapshot.columns
    found = _ends(snapshot, "uses_phone", wanted)
    nodes = np.array([node for node, _, _ in found], np.int64)
    phones = snapshot.nodes.rep[np.array([phone for _, phone, _ in found], np.int64)]
    rows = np.array([row for _, _, row in found], np.int64)
    use, phone, mark = tenures(phones, cols.vf[rows], cols.vt[rows])
    distinct = np.unique(phone).tolist()
    names = dict(zip(distinct, snapshot.canonicals(distinct), strict=True))
    said = zip(nodes[use].tolist(), phone.tolist(), mark.tolist(), strict=True)
    return ((node, f"{names[number]}#{since}") for node, number, since in said)


def _unshare(rows: list[dict[str, Any]], column: str) -> None:
    """Leave out what so many clusters share that it is a switchboard or an agent's."""
    holders: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        for each in row[column]:
            held = holders[each.rpartition("#")[0] or each]
            if len(held) <= _SHARED:
                held.add(row["cluster"])
    many = {each for each, held in holders.items() if len(held) > _SHARED}
    if many:
        for row in rows:
            row[column] = [e for e in row[column] if (e.rpartition("#")[0] or e) not in many]
