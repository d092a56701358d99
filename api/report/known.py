"""What a picture is drawn from: an answer's facts, fetched once, and the subjects they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Card, wrap
from api.report.words import kind_words, say, short, spoken
from graph.errors import UnknownSubject
from graph.model import ZH

if TYPE_CHECKING:
    from api.client import Asking

_AT_ONCE: Final = 500
_WIDE: Final = 118.0
Fact = Mapping[str, Any]


def cited(answer: Mapping[str, Any]) -> list[str]:
    """The ids of all facts that an answer cites, for a row or for one of its reasons, each once, in
    order."""
    rows = answer["results"]
    reasons = (each for row in rows for each in row.get("reasons", ()) if isinstance(each, Mapping))
    return list(dict.fromkeys(fact for each in (*rows, *reasons) for fact in each.get("facts", ())))


class Known:
    """Facts and subjects as of one answer."""

    def __init__(self, risk: Asking, answer: Mapping[str, Any], ids: Iterable[str]) -> None:
        self._risk = risk
        self.known_at = str(answer["known_at"])
        self.as_of = str(answer["as_of"])
        self.facts: dict[str, Fact] = {}
        self.subjects: dict[str, Mapping[str, str]] = {}
        wanted = list(dict.fromkeys(ids))
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            found = risk.facts(part, known_at=self.known_at)["results"]
            self.facts |= zip(part, found, strict=True)
        for fact in self.facts.values():
            for end in ("from", "to", "subject"):
                if end in fact:
                    self.subjects[fact[end]["id"]] = fact[end]

    def subject(self, name: str) -> Mapping[str, str]:
        """`{"id","kind","label"}` of a subject, asked for where no fact named it."""
        if name not in self.subjects:
            found = self._risk.subject(name, known_at=self.known_at)
            self.subjects[name] = {key: found[key] for key in ("id", "kind", "label")}
        return self.subjects[name]

    def knows(self, text: str) -> bool:
        """Whether a text of an answer is the id of a subject."""
        if text in self.subjects:
            return True
        if ":" not in text or any(letter.isspace() for letter in text):
            return False
        try:
            return bool(self.subject(text))
        except UnknownSubject:
            return False

    def label(self, name: str) -> str:
        """A subject's name; where it has none, its kind and the beginning of its id."""
        found = self.subject(name)
        if found["label"] != found["id"]:
            return found["label"]
        kind = found["kind"] if spoken() == "en" else ZH[found["kind"]]
        return f"{kind} {short(found['id']).rpartition(':')[2]}"

    def card(self, name: str, notes: Sequence[str] = (), look: str = "") -> Card:
        """A subject as it is drawn."""
        found = self.subject(name)
        tip = f"{found['label']} · {kind_words(found['kind'])} · {found['id']}"
        return Card(found["kind"], tuple(wrap(self.label(name), _WIDE)), tuple(notes), tip, look)


def more(count: int, notes: Sequence[str] = ()) -> Card:
    """What stands for subjects that are not drawn."""
    zh, en = f"另有 {count:,} 个", f"and {count:,} more"
    lines = (zh, en) if spoken() == "both" else (say(zh, en),)
    return Card("", lines, tuple(notes), look="more")
