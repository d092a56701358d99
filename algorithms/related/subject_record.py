"""A key person's record: every role in every firm over time, and those firms' listings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, Truncated, algorithm, cut_short, evidence
from graph.model import SHARE_UNIT

if TYPE_CHECKING:
    from algorithms.related.tenures import Tenure
    from graph.snapshot import Snapshot

OWN: Final = "subject"  # the role of the row about the subject itself


class RecordParams(Params, frozen=True, kw_only=True):
    """Whose record, and how much of it."""

    subject: Annotated[
        str, Meta(description="the person or company / 自然人或企业", examples=["demo:p1"])
    ]
    max_rows: Annotated[
        int, Meta(description="roles shown, the earliest / 最多列出的任职", ge=1, le=100_000)
    ] = 1000
    max_listings: Annotated[
        int,
        Meta(description="listings shown in a group / 每组最多列出的名单记录", ge=1, le=10_000),
    ] = 100
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=600)] = 5.0


class Listed(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """An entry of a list, in force over `from`..`to` (half open)."""

    fact: str
    list: str
    from_: str | None
    to: str | None
    domain: str | UnsetType = UNSET
    authority: str | UnsetType = UNSET
    basis: str | UnsetType = UNSET
    status: str | UnsetType = UNSET


class RoleHeld(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A role in a firm, and the listings of that firm that fell into it or came after."""

    firm: str
    role: str
    from_: str | None
    to: str | None
    held_now: bool
    share: float | None
    listings_during: list[Listed]
    listings_after: list[Listed]
    facts: list[str]
    title: str | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "subject_record",
    RecordParams,
    RoleHeld,
    sources=(
        "doi:10.1145/182.358434",
        "公司法 (2023年修订) 第178条、第265条",
    ),
    title="A subject's record / 主体任职履历",
    family="related",
    quick=True,
)
def subject_record(snapshot: Snapshot, params: RecordParams) -> Result[RoleHeld]:
    """Every role of a person or company in every firm over time, as known at `known_at`.

    One row a fact that makes the subject legal representative, officer, controller or shareholder
    of a firm, or its employee (`employs`); `title` is what the register calls the role, `share` a
    shareholder's fraction, null when unknown. `from` and `to` (half open, null unbounded) are when
    the role counted: while it and both the subject and the firm were valid, so that a role ends
    with the firm that is struck off. All time is looked at up to the end of `as_of`: roles and
    listings that begin later are not shown, and `held_now` says whether the role held then.

    `listings_during` are the firm's listings in force at any moment of the role, `listings_after`
    those that began when it was over; a listing that had ended before the role began is in neither.
    The subject's own listings stand in a first row whose role is `subject`, during and after its
    own validity; there is none where it was never listed, or its use is restricted.

    Rows are ordered by begin, end, firm, role and fact; `facts` are the role's and those of the
    listings. `truncated` says when rows, listings of a group or time were cut. Time is in
    proportion to the subject's roles and the listings of their firms. Raises UnknownSubject.

    Intervals and their relations after Allen (1983); whom a firm's failings follow, 公司法 178.
    """
    from algorithms.related.tenures import ROLES, tenures
    from graph.deadline import within
    from graph.times import day_end, today

    deadline = within(params.time_limit)
    subject = snapshot.resolve(params.subject)
    at = day_end(params.as_of or today())
    held = tenures(snapshot, subject, ROLES, at, out=True)
    held += tenures(snapshot, subject, ("employs",), at, out=False)
    firms = snapshot.canonicals([t.other for t in held])
    ids = snapshot.fact_ids([t.row for t in held])
    titles = snapshot.said([t.row for t in held], "role")
    made = _Made(snapshot, at, params.max_listings)
    rows = made.own(subject)
    order = sorted(
        range(len(held)),
        key=lambda i: (held[i].begins, held[i].ends, firms[i], held[i].kind, ids[i]),
    )
    late = False
    for i in order[: params.max_rows]:
        if late := deadline.expired():
            break
        rows.append(made.row(held[i], firms[i], ids[i], titles.get(held[i].row)))
    return Result(results=rows, truncated=_truncated(params, len(held), made.clipped, late))


class _Made:
    """Makes the rows; the listings of a firm are read once."""

    def __init__(self, snapshot: Snapshot, at: int, most: int) -> None:
        self.snapshot = snapshot
        self.at = at
        self.most = most
        self.clipped = 0  # groups of listings that were cut
        self._read: dict[int, list[tuple[int, int, Listed]]] = {}

    def own(self, subject: int) -> list[RoleHeld]:
        """The row about the subject itself, where it has listings."""
        nodes = self.snapshot.nodes
        begins, ends = int(nodes.vf[subject]), int(nodes.vt[subject])
        listed = [] if self.snapshot.restricted(subject) else self._listings(subject)
        during = [one for low, _, one in listed if low < ends]
        after = [one for low, _, one in listed if low >= ends]
        if not listed:
            return []
        name = self.snapshot.canonical(subject)
        return [self._row(name, OWN, (begins, ends), None, [], (during, after), None)]

    def row(self, tenure: Tenure, firm: str, fact: str, title: str | None) -> RoleHeld:
        """The row of a role."""
        listed = self._listings(tenure.other)
        begins, ends = tenure.begins, tenure.ends
        during = [one for low, high, one in listed if low < ends and high > begins]
        after = [one for low, _, one in listed if low >= ends]
        known = tenure.kind == "shareholder" and tenure.share >= 0
        share = tenure.share / SHARE_UNIT if known else None
        lists = during, after
        return self._row(firm, tenure.kind, (begins, ends), share, [fact], lists, title)

    def _row(
        self,
        firm: str,
        role: str,
        span: tuple[int, int],
        share: float | None,
        facts: list[str],
        lists: tuple[list[Listed], list[Listed]],
        title: str | None,
    ) -> RoleHeld:
        from graph.times import format_time

        during, after = lists
        self.clipped += (len(during) > self.most) + (len(after) > self.most)
        shown, total = evidence([*facts, *(one.fact for one in (*during, *after))])
        return RoleHeld(
            firm=firm,
            role=role,
            title=title or UNSET,
            from_=format_time(span[0]),
            to=format_time(span[1]),
            held_now=span[0] <= self.at < span[1],
            share=share,
            listings_during=during[: self.most],
            listings_after=after[: self.most],
            facts=shown,
            facts_total=total,
        )

    def _listings(self, firm: int) -> list[tuple[int, int, Listed]]:
        """Begin, end and entry of each listing of a firm that began by the day asked about."""
        if (found := self._read.get(firm)) is None:
            listed = map(_listed, self.snapshot.listings(firm))
            found = sorted(
                (entry for entry in listed if entry[0] <= self.at),
                key=lambda entry: (entry[0], entry[2].fact),
            )
            self._read[firm] = found
        return found


def _listed(entry: dict[str, Any]) -> tuple[int, int, Listed]:
    """A listing as the snapshot gives it, with its interval."""
    from graph.times import INF, NEG, parse_time

    begin, end = entry["valid_from"], entry["valid_to"]
    texts = {k: entry[k] for k in ("domain", "authority", "basis", "status") if entry.get(k)}
    made = Listed(fact=entry["fact"], list=entry["list"], from_=begin, to=end, **texts)
    low = NEG if begin is None else parse_time(begin)
    return low, INF if end is None else parse_time(end), made


def _truncated(params: RecordParams, roles: int, clipped: int, late: bool) -> Truncated | None:
    """Which bounds cut the record short."""
    cuts: list[tuple[str, int | None]] = []
    if roles > params.max_rows:
        text = f"max_rows: the first {params.max_rows} of {roles} roles / 只列出最早的任职"
        cuts.append((text, params.max_rows))
    if clipped:
        text = f"max_listings: {clipped} groups of listings cut / {clipped} 组名单记录未全部列出"
        cuts.append((text, params.max_listings))
    if late:
        cuts.append(("time_limit: not all roles are shown / 超时, 未列出全部任职", None))
    return cut_short(cuts, roles)
