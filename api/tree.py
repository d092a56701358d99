"""The neighbourhood of a subject as a tree for a terminal: kinds with their counts, the parties of
each, theirs in turn; hubs stay closed, and what is not drawn is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text
from rich.tree import Tree

from api.output import printable
from api.report.words import kind_words, money, percent
from graph.errors import UnknownSubject
from graph.model import RELATIONS

if TYPE_CHECKING:
    from algorithms.related.adjacent import Adjacent, AdjacentGroup
    from api.session import Session
    from graph.snapshot import Snapshot

MOST: Final = 300  # parties drawn in all
_ARROWS: Final = {"in": "←", "out": "→"}


@dataclass(slots=True)
class Drawn:
    """How a tree is drawn: so many steps from its root, `rows` relations of a kind and direction;
    a party with more than `hub` relations ever recorded stays closed."""

    session: Session
    snapshot: Snapshot
    depth: int
    rows: int
    hub: int
    as_of: str | None
    notes: list[str] = field(default_factory=list)
    _above: set[str] = field(default_factory=set)
    _left: int = MOST

    def tree(self, subject: str) -> Tree:
        """The tree whose root is a subject. Raises UnknownSubject, BadFact for a wrong day.

        Asks `adjacent` once a party that is opened: what it takes is bounded by depth, rows and
        `MOST`, and at the root alone by how many relations there are.
        """
        found = self._asked(subject, {})
        if (cut := found["truncated"]) is not None:
            self.notes.append(cut.reason)
        self.notes += found.get("notes", ())
        root = self.snapshot.canonical(self.snapshot.resolve(subject))
        made = Tree(self._name(root), guide_style="dim")
        self._above.add(root)
        self._open(made, root, found["results"], frozenset(), 1)
        if not found["results"]:
            made.add(Text("no relations / 没有关系"))
        if self._left <= 0:
            self.notes.append(f"{MOST} parties drawn, the most / 最多画 {MOST} 个主体")
        return made

    def _asked(self, subject: str, more: dict[str, Any]) -> dict[str, Any]:
        asked = {"subject": subject, "limit": self.rows, "known_at": self.snapshot.known_at}
        if self.as_of is not None:
            asked["as_of"] = self.as_of
        return self.session.ask("adjacent", asked | more)

    def _open(
        self,
        branch: Tree,
        subject: str,
        groups: Sequence[AdjacentGroup],
        way: frozenset[str],
        depth: int,
    ) -> None:
        """What stands at a subject that `way`, the facts of a relation, led to."""
        for group in groups:
            back = [row for row in group.relations if way.issuperset(row.facts)]
            if group.count is not None and group.count <= len(back):
                continue  # none, or none but the one that led here
            twig = branch.add(self._heading(group))
            for row in group.relations:
                if self._left <= 0:
                    break
                self._left -= 1
                self._party(twig, group, row, depth)
            if (more := (group.count or 0) - len(group.relations)) > 0:
                twig.add(Text(f"… {more:,} more / 另有 {more:,} 条: {_ask(subject, group)}", "dim"))

    def _party(self, twig: Tree, group: AdjacentGroup, row: Adjacent, depth: int) -> None:
        line = self._name(row.party)
        line.append(_says(group.kind, row))
        if row.party in self._above:
            line.append("  ↑ above / 见上", "dim")
            twig.add(line)
            return
        below = twig.add(line)
        self._above.add(row.party)
        if depth >= self.depth:
            return
        found = self._asked(row.party, {"max_counted": max(self.hub, 1)})["results"]
        if (recorded := sum(each.recorded for each in found)) > self.hub:
            line.append(f"  hub: {recorded:,} relations, closed / 枢纽, 未展开", "italic")
        else:
            self._open(below, row.party, found, frozenset(row.facts), depth + 1)

    def _name(self, party: str) -> Text:
        try:
            label = self.snapshot.label(self.snapshot.resolve(party))
        except UnknownSubject:
            label = party
        shown = Text().append(printable(label), "bold")
        return shown if label == party else shown.append(f"  {party}")

    @staticmethod
    def _heading(group: AdjacentGroup) -> Text:
        head = Text().append(f"{_ARROWS[group.direction]} {kind_words(group.kind)}  ", "cyan")
        if group.count is None:
            return head.append(f"{group.recorded:,} recorded, not counted / 有记录, 未逐一计数")
        among = f" ({group.parties:,} parties / 个对方)" if group.parties != group.count else ""
        return head.append(f"{group.count:,}{among}")


def _says(kind: str, row: Adjacent) -> str:
    """A relation's share or amount, and when it holds or happened."""
    said = [percent(row.share)] if isinstance(row.share, float) else []
    said += [money(row.amount)] if isinstance(row.amount, str) else []
    begins, ends = (text and text[:10] for text in (row.begins, row.ends))
    if RELATIONS[kind].event:
        said.append(begins or "…")
    elif begins or ends:
        said.append(f"{begins or '…'} – {ends or '…'}")
    return "".join(f"  {part}" for part in said)


def _ask(subject: str, group: AdjacentGroup) -> str:
    """The command line that shows the rest."""
    return (
        f"linkrisk adjacent --subject {subject} --kinds {group.kind} --direction {group.direction}"
    )
