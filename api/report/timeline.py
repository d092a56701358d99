"""The picture of a timeline: everything that a row stands on, in the order in which it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from api.report.canvas import Picture
from api.report.known import Known
from api.report.words import kind_words, moment, on_line, say

if TYPE_CHECKING:
    from api.client import Asking

_LINE: Final = 25.0
_MEMBERS: Final = 12  # whose beginning and end are shown
_GAP: Final = 14.0


class _Moment(NamedTuple):
    """Something that happened: when, of what kind of subject, in words, by which fact."""

    when: str
    kind: str
    said: str
    tip: str
    apart: bool


def timeline(risk: Asking, answer: Mapping[str, Any], row: int = 0) -> Picture:
    """The facts of one row of an answer from first to last, one line each.

    A role or holding stands where it began, and where it ended; the row's first members (at most
    12) also where they were founded and deregistered. A new month leaves a gap. What has no day is
    not drawn; a row cites at most 20 facts: the note says where it has more.
    """
    found = answer["results"][row]
    known = Known(risk, answer, found["facts"])
    moments = [each for fact in known.facts.values() for each in _fact(known, fact)]
    for name in found.get("members", ())[:_MEMBERS]:
        moments += _life(risk, known, name)
    moments = sorted(dict.fromkeys(moments), key=lambda each: (each.when, each.tip, each.said))
    total = found.get("facts_total", len(found["facts"]))
    picture = Picture(
        f"{say('时间线', 'Timeline')}: {found['id']}",
        f"{len(moments)} moments. " + " ".join(f"{m.when} {m.said}." for m in moments),
        say(
            f"图中 {len(found['facts'])} 项事实，共 {total} 项",
            f"{len(found['facts'])} of {total} facts",
            " / ",
        )
        if total > len(found["facts"])
        else "",
    )
    y, month = 0.0, ""
    top = y
    for each in moments:
        if month and each.when[:7] != month:
            y += _GAP
        month = each.when[:7]
        picture.words(
            (-16.0, y), [moment(each.when)], "end", "label strong" if each.apart else "label"
        )
        picture.dot((0.0, y), each.kind, each.tip)
        picture.words((16.0, y), [each.said], "start", "label")
        y += _LINE
    if moments:
        picture.arrow([(0.0, top - 14.0), (0.0, y)], head=True)
    return picture


def _fact(known: Known, fact: Mapping[str, Any]) -> list[_Moment]:
    """When a fact happened, or began and ended."""
    ends = [known.label(fact[end]["id"]) for end in ("from", "to", "subject") if end in fact]
    if not ends:  # a record of a subject: of a state or event nothing is said
        return []
    kind = str(fact["from" if "from" in fact else "subject"]["kind"])
    said, name = f"{' → '.join(ends)}: {on_line(fact)}", str(fact["id"])
    if fact.get("at"):
        return [_Moment(str(fact["at"]), kind, said, name, False)]
    made = []
    for column, word in (("valid_from", say("起", "from")), ("valid_to", say("止", "until"))):
        if fact.get(column):
            made.append(_Moment(str(fact[column]), kind, f"{said} ({word})", name, True))
    return made


def _life(risk: Asking, known: Known, name: str) -> list[_Moment]:
    """When a subject began and ended, by each of its records."""
    found = risk.subject(name, known_at=known.known_at)
    made = []
    for record in found["records"]:
        for column, word in (
            ("valid_from", say("成立", "founded")),
            ("valid_to", say("注销", "deregistered")),
        ):
            if record.get(column):
                said = f"{known.label(name)}: {kind_words(found['kind'])} {word}"
                made.append(_Moment(str(record[column]), found["kind"], said, name, True))
    return made


__all__ = ["timeline"]
