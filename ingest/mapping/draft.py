"""Which shipped mapping fits a file, and a draft of a mapping from a file's header."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from graph.errors import BadFile
from ingest.mapping.header import LOOK, Header, columns_of, find_header, header_names
from ingest.mapping.load import parse_mapping, shipped, shipped_mapping
from ingest.mapping.model import Mapping, Table
from ingest.mapping.words import plain, words

_FEWEST: Final = 3  # columns by which a mapping may be chosen unasked
_VALUES: Final = ("join", "first", "sum")
_ENTITY_VALUES: Final = ("name", "text", "valid_from", "valid_to")
_RESERVED: Final = ("from", "to", "subject", "at", "amount", "valid_from", "decided_on")
_PARTS: Final = ("keys", "attrs")
_TOTALS: Final = (
    "合计", "总计", "小计", "价税合计", "本页合计", "本页小计", "累计", "total",
)  # fmt: skip


class Fit(NamedTuple):
    """How well a mapping's header is found in a file."""

    mapping: Mapping
    header: Header
    names: list[str]  # the headers as they stand


def _head(path: Path) -> list[list[Any]]:
    """The first rows of the file's first table that has any."""
    from ingest.readers.sheets import tables

    for _, found in tables(path, Table()):
        head = [row.cells for row in islice(found, LOOK) if row.reason is None]
        if head:
            return head
    raise BadFile(f"{path}: no rows")


def _fit(mapping: Mapping, head: Sequence[Sequence[Any]]) -> Fit | None:
    header = find_header(mapping, head)
    return None if header is None else Fit(mapping, header, header_names(head[header.row]))


def _best(head: Sequence[Sequence[Any]]) -> Fit | None:
    """The shipped mapping whose required columns are all there and that knows most columns."""
    fits = [fit for name in shipped() if (fit := _fit(shipped_mapping(name), head)) is not None]
    return max(fits, key=_known, default=None)


def _known(fit: Fit) -> tuple[int, int, str]:
    """Columns known, and of these the ones without which the mapping is not meant."""
    columns = fit.mapping.columns
    required = sum(columns[label].required for label in fit.header.columns)
    return len(fit.header.columns), required, fit.mapping.name


def choose(path: Path) -> Mapping:
    """The shipped mapping that fits a table's header best; raises BadFile where none does."""
    fit = _best(_head(path))
    if fit is None or len(fit.header.columns) < min(_FEWEST, len(fit.names)):
        raise BadFile(
            f"{path}: no shipped mapping knows its header; make one with `linkrisk draft-mapping`"
        )
    return fit.mapping


def draft(path: Path) -> str:
    """A mapping, as YAML text with comments, drafted from a table's header.

    Where a shipped mapping fits, the draft is what of it the file has columns for; else each row
    becomes one record with all its columns as attributes, for the clerk to go on from. Columns
    that the draft does not use are listed at its end. The draft always loads.
    """
    head = _head(path)
    fit = _best(head) or _partly(head)
    if fit is None:
        return _blank(path, head)
    raw = yaml.safe_load(shipped()[fit.mapping.name].read_text(encoding="utf-8"))
    used = {label: fit.names[at] for label, at in fit.header.columns.items()}
    made = _prune(raw, used)
    made["name"] = plain(path.stem).replace(":", "_") or "table"
    made["title"] = f"{path.name} ({raw['title']})"
    columns: dict[str, Any] = {}
    if (total := _total(fit)) is not None:
        columns |= {} if total in used else {total: None}
        others = [rule for rule in made.get("skip", ()) if rule["column"] != total]
        made["skip"] = [*others, {"column": total, "in": list(_TOTALS)}]
    for label, name in used.items():
        body = dict((raw.get("columns") or {}).get(label) or {})
        if plain(label) != plain(name):
            body["also"] = [name]
        columns[label] = body or None
    made["columns"] = columns
    unused = [
        n
        for i, n in enumerate(fit.names)
        if n and n != total and i not in fit.header.columns.values()
    ]
    text = (
        f"# 由 {path.name} 的表头起草，以 {fit.mapping.name} 为底；请核对后使用。\n"
        f"# Drafted from the header of {path.name} on the shipped mapping {fit.mapping.name}; check"
        " it before use.\n" + _dump(_ordered(made)) + _unused(unused)
    )
    parse_mapping(text, f"draft of {path}")
    return text


def _total(fit: Fit) -> str | None:
    """The label of the first column, in whose last row the word for a total stands; a running
    number that the draft does not use has its header for a label."""
    label = next((label for label, at in fit.header.columns.items() if at == 0), None)
    first = fit.names[0]
    return label or (first if first and first not in fit.mapping.columns else None)


def _partly(head: Sequence[Sequence[Any]]) -> Fit | None:
    """The shipped mapping that knows most columns though not all that it requires."""
    best: Fit | None = None
    for name in shipped():
        mapping = shipped_mapping(name)
        for row in head:
            names = header_names(row)
            header = columns_of(mapping, names)
            known = len(header.columns)
            if known < 2 or known <= (len(best.header.columns) if best else 0):
                continue
            fit = Fit(mapping, header, names)
            try:
                made = _prune(
                    yaml.safe_load(shipped()[name].read_text(encoding="utf-8")),
                    {label: names[at] for label, at in header.columns.items()},
                )
            except KeyError:
                continue
            if made.get("entities"):
                best = fit
    return best


# -- what of a shipped mapping a file has columns for --------------------------------------------


def _value(found: Any, used: dict[str, str]) -> Any:
    """An expression without the columns that are absent; None where nothing is left."""
    if isinstance(found, str):
        return found if found in used else None
    if not isinstance(found, dict):
        return None
    for op in ("column", "map"):
        if op in found:
            return found if found[op] in used else None
    if "test" in found:
        tests = found["test"] if isinstance(found["test"], list) else [found["test"]]
        return found if all(test["column"] in used for test in tests) else None
    for op in _VALUES:
        if op in found:
            left = [v for inner in found[op] if (v := _value(inner, used)) is not None]
            if not left:
                return None
            return left[0] if len(left) == 1 and op != "join" else {**found, op: left}
    return found


def _values(found: dict[str, Any], used: dict[str, str]) -> dict[str, Any]:
    return {k: v for k, inner in found.items() if (v := _value(inner, used)) is not None}


def _entity(body: dict[str, Any], used: dict[str, str]) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    for key, value in body.items():
        if key in _PARTS:
            if left := _values(value, used):
                made[key] = left
        elif key in _ENTITY_VALUES:
            if (one := _value(value, used)) is not None:
                made[key] = one
        elif key != "type" or value in used:
            made[key] = value
    return made if made.keys() & {"keys", "name", "text"} else None


def _prune(raw: dict[str, Any], used: dict[str, str]) -> dict[str, Any]:
    entities = {
        label: made
        for label, body in raw["entities"].items()
        if (made := _entity(body, used)) is not None
    }
    made = {k: v for k, v in raw.items() if k not in {"entities", "relations", "listings"}}
    made["entities"] = entities
    for part in ("relations", "listings"):
        left = []
        for body in raw.get(part, ()):
            ends = [body[e] for e in ("from", "to", "subject") if e in body]
            tests = body.get("when", ())
            told = {"present": False}
            if not all(end in entities for end in ends) or any(
                t["column"] not in used and t.get("present") is not told["present"] for t in tests
            ):
                continue
            kept = {"kind", "from", "to", "subject", "id", "repeats", "negative", "when"}
            rule = {k: v for k, v in body.items() if k in kept}
            rule |= _values({k: v for k, v in body.items() if k not in {*kept, "attrs"}}, used)
            if isinstance(rule.get("id"), list):
                known = {*used, *entities, *_RESERVED}
                rule["id"] = [part for part in rule["id"] if part in known]
            if "attrs" in body and (attrs := _values(body["attrs"], used)):
                rule["attrs"] = attrs
            left.append(rule)
        if left:
            made[part] = left
    made["skip"] = [s for s in raw.get("skip", ()) if s["column"] in used]
    kinds = {r["kind"] for r in made.get("relations", ())}
    made["expect"] = [kind for kind in raw.get("expect", ()) if kind in kinds]
    return {k: v for k, v in made.items() if v not in ([], {})}


_ORDER: Final = (
    "version", "name", "title", "dataset", "table", "columns", "skip", "entities", "relations",
    "listings", "expect",
)  # fmt: skip


def _ordered(made: dict[str, Any]) -> dict[str, Any]:
    return {key: made[key] for key in _ORDER if key in made}


def _dump(made: dict[str, Any]) -> str:
    return yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=96)


def _unused(names: list[str]) -> str:
    if not names:
        return ""
    shown = "".join(f"#   {name}\n" for name in names)
    return f"# 没有用到的列（可加入 attrs）/ columns not used (may go into attrs):\n{shown}"


def _blank(path: Path, head: list[list[Any]]) -> str:
    """A draft for a header nobody knows: each row one record, its columns attributes."""
    row = max(head, key=lambda cells: sum(bool(name) for name in header_names(cells)))
    names = list(dict.fromkeys(name for name in header_names(row) if name))
    if not names:
        raise BadFile(f"{path}: no header in its first {LOOK} rows")
    made = {
        "version": 1,
        "name": plain(path.stem).replace(":", "_") or "table",
        "dataset": plain(path.stem).replace(":", "_") or "table",
        "table": {"header": head.index(row) + 1},
        "columns": {names[0]: {"required": True}, **dict.fromkeys(names[1:])},
        "entities": {
            "记录": {"kind": "event", "id": [names[0]], "attrs": {n: n for n in names}},
        },
    }
    known = ", ".join(list(words().headers)[:8])
    text = (
        f"# 由 {path.name} 的表头起草：没有认得的列（如 {known} …），每行先作为一条记录。\n"
        f"# Drafted from the header of {path.name}: no column is known, so each row is one record;"
        " say what it is.\n" + _dump(made)
    )
    parse_mapping(text, f"draft of {path}")
    return text
