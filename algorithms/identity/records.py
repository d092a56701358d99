"""What records of people and companies say, and what relations say of them: a table, a row each.

Columns, for both kinds (lists are empty where nothing is said, texts null):

- `record` (`dataset:id`), `node`, `dataset`; `cluster`: a number shared by the records that
  official keys and people's judgements make one subject; `official`: the canonical id that the
  cluster's valid official key gives, or null; `bears`: the one that the record's own key gives.
- `name`; `names`: other names it goes by. `birth_date`: ISO, or its year or month only.
- `phones`: canonical ids of the phones used and numbers that records state, each with marks of
  when: who had a number after another had given it up has no mark in common (`tenures`). `emails`,
  `addresses` (texts, newest first). What more than five clusters have is left out of both.
- `held`: all phones (`p` before it) and mailboxes (`e`) that it has, without marks.
- `id_no`: the official number as written, whether or not it is valid; `ids`: other numbers of
  registers. `people`: names of a company's legal representatives and officers, and the canonical
  ids of those that have an official key.

What identifies a person is in this table in the clear. It stays in memory, in the private folder
that DuckDB may spill to, and in what whoever asked keeps of it (`prepared`); no answer shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from algorithms.identity.tenures import tenures
from graph import keys
from graph.columns import I64
from graph.deadline import current
from graph.model import CODES
from graph.times import NEG, format_time

if TYPE_CHECKING:
    import pyarrow as pa

    from algorithms.identity.standing import Standing
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

Mask = npt.NDArray[np.bool_]
Row = dict[str, Any]
_OFFICIAL: Final = ("uscc", "resident_id")
_CHUNK: Final = 20_000  # records read from the store at a time
_FIELDS: Final = {
    "birth_date": ("birth_date", "birthday", "birthDate", "出生日期"),
    "names": ("alias", "aliases", "former_name", "former_names", "other_names", "name_en",
              "weakAlias", "previousName", "曾用名", "别名"),
    "emails": ("email", "emails", "邮箱", "电子邮箱"),
    "phones": ("phone", "phones", "mobile", "telephone", "电话", "手机号", "联系电话"),
    "addresses": ("address", "addresses", "住所", "地址", "注册地址"),
    "ids": ("registration_no", "reg_no", "registration_number", "former_registration_no",
            "taxpayer_no", "organisation_code", "passport", "registrationNumber", "idNumber",
            "passportNumber", "taxNumber", "注册号", "组织机构代码", "纳税人识别号", "护照号",
            "soc_sec_id"),
}  # fmt: skip
_COLUMN: Final = {name: column for column, names in _FIELDS.items() for name in names}
_ORDER: Final = {name: at for at, name in enumerate(_COLUMN)}
SHARED: Final = 5  # a phone or mailbox of more clusters than this tells nobody from another


class Others(Protocol):
    """The records of a kind that a table is not made of, and that share with those that it is."""

    present: Mask  # by node

    def holding(self, things: Sequence[str]) -> tuple[I64, I64]:
        """Who has these phones and mailboxes (as in `held`): places among them, nodes."""


def own(snapshot: Snapshot, nodes: Sequence[int]) -> list[Row]:
    """What known records say themselves, without those that were erased. Linear."""
    rows: list[Row] = []
    deadline = current()
    for begin in range(0, len(nodes), _CHUNK):
        deadline.report(begin, len(nodes), "records read / 读取记录")
        for node, fact in snapshot.said_by(nodes[begin : begin + _CHUNK]).items():
            if not fact.payload.get("erased"):
                rows.append(_row(node, fact))
    return rows


def things_said(fact: StoredFact) -> list[str]:
    """The phones and mailboxes that a version of a record states, as `held` has them."""
    return _things(_row(0, fact))


def _things(row: Row) -> list[str]:
    return [*(f"p{each}" for each in row["phones"]), *(f"e{each}" for each in row["emails"])]


def things_used(snapshot: Snapshot, nodes: Sequence[int]) -> list[str]:
    """The phones that relations give these records, as `held` has them. Linear in relations."""
    mask = np.zeros(snapshot.n, np.bool_)
    mask[nodes] = True
    _, phones, _ = _ends(snapshot, "uses_phone", mask)
    reps = np.unique(snapshot.nodes.rep[phones]).tolist()
    return [f"p{name}" for name in snapshot.canonicals(reps)]


def things(snapshot: Snapshot, rows: Sequence[Row]) -> list[str]:
    """The phones and mailboxes of records, of their own saying or by relations, each once."""
    used = things_used(snapshot, [row["node"] for row in rows])
    return list(dict.fromkeys(chain(used, *map(_things, rows))))


def tabled(
    snapshot: Snapshot, kind: str, rows: list[Row], decided: Standing, others: Others
) -> pa.Table:
    """The table of records that were read (`own`), by the name of the record; with what relations
    say of them, and what they share with others. Linear in them and in all relations."""
    rows.sort(key=lambda row: str(row["record"]))
    _decide(snapshot, rows, decided)
    by_node = {row["node"]: row for row in rows}
    mask = np.zeros(snapshot.n, np.bool_)
    mask[list(by_node)] = True
    for node, text in _places(snapshot, mask):
        by_node[node]["addresses"].append(text)
    if kind == "company":
        for node, text in _people(snapshot, mask):
            by_node[node]["people"].append(text)
    stated, used = _stated(snapshot, rows, others), _used(snapshot, rows, mask, others)
    for row in rows:
        row["held"] = [f"e{each}" for each in row["emails"]]
        row["phones"] = []
    for uses in (stated, used):
        uses.tell(rows, decided.cluster)
    _mailboxes(rows, decided.cluster, others)
    for row in rows:
        for column in ("phones", "addresses", "people", "held"):
            row[column] = list(dict.fromkeys(row[column]))
    return table_of(rows)


def _decide(snapshot: Snapshot, rows: list[Row], decided: Standing) -> None:
    nodes = [row["node"] for row in rows]
    clusters = decided.cluster[nodes].tolist()
    bearers = decided.bearer[clusters]
    keyed = np.flatnonzero(bearers >= 0)
    official = dict(zip(keyed.tolist(), snapshot.own_keys(bearers[keyed].tolist()), strict=True))
    bears = snapshot.own_keys(nodes)
    for at, (row, cluster, key) in enumerate(zip(rows, clusters, bears, strict=True)):
        row["cluster"], row["bears"], row["official"] = cluster, key or None, official.get(at)


class _Uses:
    """Uses of phones: by whom (the place of a row, -1 where it is another's), and when."""

    def __init__(self, names: list[str], thing: I64, at: I64, node: I64, spans: tuple[I64, I64]):
        self.names, self.thing, self.at, self.node, self.spans = names, thing, at, node, spans

    def tell(self, rows: list[Row], cluster: I64) -> None:
        """Write into rows what each has, and the marks of when where it says who is who."""
        for at, thing in zip(self.at.tolist(), self.thing.tolist(), strict=True):
            if at >= 0:
                rows[at]["held"].append(f"p{self.names[thing]}")
        few = np.flatnonzero(~_many(self.thing, cluster[self.node], len(self.names))[self.thing])
        use, thing, mark = tenures(self.thing[few], *(bound[few] for bound in self.spans))
        for at, number, since in zip(
            self.at[few][use].tolist(), thing.tolist(), mark.tolist(), strict=True
        ):
            if at >= 0:
                rows[at]["phones"].append(f"{self.names[number]}#{since}")


def _many(thing: I64, cluster: I64, count: int) -> Mask:
    """Which of so many things more clusters have than tell who is who: a switchboard's, an
    agent's."""
    pairs = np.unique(np.stack([thing, cluster]), axis=1)
    return np.asarray(np.bincount(pairs[0], minlength=count) > SHARED, np.bool_)


def _stated(snapshot: Snapshot, rows: list[Row], others: Others) -> _Uses:
    """Phones that records state, for as long as the record holds."""
    said = [(at, text) for at, row in enumerate(rows) for text in row["phones"]]
    names = list(dict.fromkeys(text for _, text in said))
    number = {text: at for at, text in enumerate(names)}
    which, nodes = others.holding([f"p{text}" for text in names])
    at = np.array([at for at, _ in said], np.int64)
    own_nodes = np.array([rows[place]["node"] for place in at.tolist()], np.int64)
    thing = np.array([number[text] for _, text in said], np.int64)
    every = np.append(own_nodes, nodes)
    spans = snapshot.spans(every.astype(np.int32))
    return _Uses(
        names, np.append(thing, which), np.append(at, np.full(len(nodes), -1)), every, spans
    )


def _used(snapshot: Snapshot, rows: list[Row], mask: Mask, others: Others) -> _Uses:
    """Phones that relations give to records, for as long as the relation holds."""
    cols, rep = snapshot.columns, snapshot.nodes.rep
    _, phones, _ = _ends(snapshot, "uses_phone", mask)
    wanted = np.zeros(snapshot.n, np.bool_)
    wanted[rep[phones]] = True
    nodes, phones, where = _ends(snapshot, "uses_phone", mask | others.present)
    kept = wanted[rep[phones]]
    nodes, where = nodes[kept], where[kept]
    distinct, thing = np.unique(rep[phones[kept]], return_inverse=True)
    place = np.full(snapshot.n, -1, np.int64)
    place[[row["node"] for row in rows]] = np.arange(len(rows))
    names = snapshot.canonicals(distinct.tolist())
    return _Uses(
        names, thing.astype(np.int64), place[nodes], nodes, (cols.vf[where], cols.vt[where])
    )


def _mailboxes(rows: list[Row], cluster: I64, others: Others) -> None:
    """Leave out mailboxes that many share."""
    said = [(row["node"], text) for row in rows for text in row["emails"]]
    names = list(dict.fromkeys(text for _, text in said))
    number = {text: at for at, text in enumerate(names)}
    which, nodes = others.holding([f"e{text}" for text in names])
    thing = np.append(np.array([number[text] for _, text in said], np.int64), which)
    node = np.append(np.array([node for node, _ in said], np.int64), nodes)
    many = _many(thing, cluster[node], len(names))
    if many.any():
        for row in rows:
            row["emails"] = [each for each in row["emails"] if not many[number[each]]]


def schema() -> pa.Schema:
    """The columns of a table."""
    import pyarrow as pa

    texts, many = pa.string(), pa.list_(pa.string())
    return pa.schema([
        ("record", texts), ("node", pa.int32()), ("dataset", texts), ("cluster", pa.int32()),
        ("official", texts), ("bears", texts), ("name", texts), ("names", many),
        ("birth_date", texts), ("phones", many), ("emails", many), ("addresses", many),
        ("id_no", texts), ("ids", many), ("people", many), ("held", many),
    ])  # fmt: skip


def table_of(rows: list[Row]) -> pa.Table:
    """Rows as a table."""
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=schema())


def _row(node: int, fact: StoredFact) -> Row:
    payload = fact.payload
    said = _said(payload.get("attrs") or {})
    said["phones"] = list(dict.fromkeys(map(_number, said["phones"])))
    numbers = [value for kind, value, _, _ in fact.keys if kind in _OFFICIAL]
    born = next(iter(said.pop("birth_date")), None)
    valid = [v for kind, v, reason, _ in fact.keys if kind == "resident_id" and reason is None]
    if born is None and fact.code == CODES["company"] and fact.vf != NEG:
        born = format_time(fact.vf)  # a company's first day
    if valid:  # GB 11643: digits 7 to 14
        born = f"{valid[0][6:10]}-{valid[0][10:12]}-{valid[0][12:14]}"
    return {
        "record": fact.name,
        "node": node,
        "dataset": fact.dataset,
        "name": payload.get("name") or None,
        "birth_date": born and born[:10],
        "id_no": numbers[0] if numbers else None,
        "people": [],
        **said,
    }


def _number(text: str) -> str:
    """A phone number as E.164 has it, where it is one: +86 138-0013-8000 is 13800138000."""
    found = keys.check("e164", text)
    return found.value if found.valid else text


def _said(attrs: Mapping[str, Any]) -> dict[str, list[str]]:
    """The texts that attributes hold under any of the names of a column, each once."""
    found: dict[str, list[str]] = {column: [] for column in _FIELDS}
    named = [name for name in attrs if name in _COLUMN]
    for name in sorted(named, key=_ORDER.__getitem__) if len(named) > 1 else named:
        value = attrs[name]
        several = value if isinstance(value, list) else (value,)
        said = (str(each) for each in several if isinstance(each, str | int))
        texts = (normalize("NFKC", each).strip() for each in said)  # full-width digits, too
        column = _COLUMN[name]
        found[column] = list(dict.fromkeys([*found[column], *filter(None, texts)]))
    return found


def _ends(
    snapshot: Snapshot, kinds: str | Sequence[str], wanted: Mask, *, into: bool = False
) -> tuple[I64, I64, I64]:
    """Relations at these records (by node) at any time: records, the other ends, rows; the latest
    begun first, of those the first recorded."""
    cols = snapshot.columns
    rows = snapshot.between_known(snapshot.rows(kinds))
    mine, other = (cols.dst, cols.src) if into else (cols.src, cols.dst)
    rows = rows[wanted[mine[rows]]]
    rows = rows[np.lexsort((snapshot.row_numbers(rows), -cols.vf[rows]))]
    return mine[rows].astype(np.int64), other[rows].astype(np.int64), rows


def _places(snapshot: Snapshot, wanted: Mask) -> Iterable[tuple[int, str]]:
    nodes, places, _ = _ends(snapshot, "located_at", wanted)
    told = zip(nodes.tolist(), snapshot.own_labels(places.tolist()), strict=True)
    return ((node, text) for node, text in told if text)


def _people(snapshot: Snapshot, wanted: Mask) -> Iterable[tuple[int, str]]:
    nodes, people, _ = _ends(snapshot, ("legal_representative", "officer"), wanted, into=True)
    if limited := snapshot.restricted_records():
        free = ~np.isin(people, limited)
        nodes, people = nodes[free], people[free]
    for texts in (snapshot.own_labels(people.tolist()), snapshot.own_keys(people.tolist())):
        yield from ((n, text) for n, text in zip(nodes.tolist(), texts, strict=True) if text)
