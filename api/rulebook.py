"""The rulebook as both transports show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from graph.rulebook import load_rulebook
from graph.rulebook.rules import Measure, as_json, check_day


def shown(edition: str | None, measure: str | None, day: str | None) -> dict[str, Any]:
    """An edition (the newest in force today unless named): its version, catalogue, rows, gates.

    `measure` keeps one measure and its rows, `day` the rows in force on that day of an act.
    Raises WrongUsage for an edition or measure that is unknown, or a day that is none; BadRulebook.
    """
    book = load_rulebook(edition)
    measures = [book.measure(measure)] if measure is not None else list(book.measures)
    kept = {m.id for m in measures}
    if day is not None:
        check_day(day)
    rows = [r for r in book.rows if r.measure in kept and (day is None or r.holds(day))]
    whole: dict[str, Any] = as_json(book)
    whole |= {"day": day, "measures": [_catalogued(m) for m in measures]}
    whole["rows"] = as_json(rows)
    return {"edition": book.edition, "version": book.version, **whole}


def _catalogued(measure: Measure) -> dict[str, Any]:
    """A measure as its file says it: `no_basis` in words where there is none."""
    said: dict[str, Any] = as_json(measure)
    return said | {"basis": said.get("basis", "no_basis")}


def shown_bytes(edition: str | None, measure: str | None, day: str | None) -> bytes:
    """`shown` as both transports answer it."""
    return msgspec.json.encode(shown(edition, measure, day))


def tables(found: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What `shown` gave as titled tables for a terminal; a section that is empty is left out."""
    documents = {d["id"]: d for d in found["documents"]}
    count = Counter(row["measure"] for row in found["rows"])

    def written(thing: dict[str, Any]) -> dict[str, Any]:
        """The status and the basis: 文号 or title, and the article."""
        bases = thing.get("basis", [])
        said = bases
        if not isinstance(bases, str):
            cited = [bases] if isinstance(bases, dict) else bases
            said = ", ".join(_cited(documents[b["document"]], b.get("article")) for b in cited)
        return {"status": thing.get("status"), "basis": said or None}

    def told(thing: dict[str, Any]) -> dict[str, Any]:
        return {"zh": thing["zh"], "en": thing["en"]}

    def days(thing: dict[str, Any]) -> dict[str, Any]:
        return {"from": thing.get("from"), "to": thing.get("to")}

    yield "measures / 措施", [
        {"measure": m["id"], **told(m), "longest": m.get("longest"), "rows": count[m["id"]],
         "basis": written(m)["basis"]}
        for m in found["measures"]
    ]  # fmt: skip
    for name in sorted(count):
        yield (
            f"rows / 条目: {name}",
            [
                {
                    "relation": r["relation"],
                    "outcome": r["outcome"],
                    **days(r),
                    **written(r),
                    **told(r),
                }
                for r in found["rows"]
                if r["measure"] == name
            ],
        )
    if found["publication"]:
        yield "publication / 公示期限", [
            {"class": c["id"], "at least": c["span"].get("at_least"), "at most":
             c["span"]["at_most"], **written(c), **told(c)}
            for c in found["publication"]
        ]  # fmt: skip
    yield (
        "gates / 通用限制",
        [
            {"gate": g["id"], "outcome": g["outcome"], **written(g), **told(g)}
            for g in found["gates"]
        ],
    )
    yield (
        "documents / 文件",
        [
            {
                "document": d["id"],
                "number": d.get("number"),
                "status": d["status"],
                **days(d),
                **told(d),
            }
            for d in found["documents"]
        ],
    )


def _cited(document: dict[str, Any], article: str | None) -> str:
    return f"{document.get('number') or document['zh']} {article or ''}".strip()
