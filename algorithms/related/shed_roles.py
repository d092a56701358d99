"""Shed roles: who left a firm's roles or sold its shares around the day of an act."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, Truncated, algorithm, cut_short, evidence
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from algorithms.related.handover import Between, Handover
    from algorithms.related.leaving import Leaving, Roles, Taking
    from graph.snapshot import Snapshot

_Days = Annotated[int, Meta(ge=0, le=36_500)]
_WEIGHED: Final = 100  # takers looked at for one leaving, the nearest in time


class ShedParams(Params, frozen=True, kw_only=True):
    """Which firm, which act, how far around it."""

    subject: Annotated[str, Meta(description="the company / 企业", examples=["demo:c1"])]
    act: Annotated[
        str,
        Meta(
            description="the day of the act / 行为发生日",
            pattern=r"^\d{4}-\d{2}-\d{2}$",
            examples=["2021-06-30"],
        ),
    ]
    before: Annotated[_Days, Meta(description="days before the act / 行为前天数")] = 365
    after: Annotated[_Days, Meta(description="days after the act / 行为后天数")] = 365
    successor_days: Annotated[
        _Days,
        Meta(
            description="a successor took the role within so many days of the leaving"
            " / 离任前后多少天内接任者视为继任"
        ),
    ] = 30
    max_rows: Annotated[
        int, Meta(description="rows shown, the nearest to the act / 最多列出的行", ge=1, le=100_000)
    ] = 1000
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=600)] = 5.0


class ShedRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role left or shares given up, for a person to review: never a basis."""

    party: str
    role: str
    left_on: str
    days: int
    direction: Literal["before", "after"]
    share_before: float | None
    share_after: float | None
    successor: str | None
    patterns: list[str]
    remains: list[str]
    facts: list[str]
    title: str | UnsetType = UNSET
    nominee_by: list[str] | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


class _Heir(NamedTuple):
    """Who took a role that was left, and what lies between the two."""

    name: str
    taking: Taking
    found: Handover


@algorithm(
    "shed_roles",
    ShedParams,
    ShedRole,
    sources=(
        "最高人民法院 法发〔2019〕35号 (2019-12-16)",
        "FATF, Guidance on Beneficial Ownership of Legal Persons (2023)",
    ),
    title="Shed roles / 离任与减持",
    family="related",
    quick=True,
)
def shed_roles(snapshot: Snapshot, params: ShedParams) -> Result[ShedRole]:
    """Who left a role in a company, or sold shares of it, within days of an act. For review only.

    Roles are `legal_representative`, `controller`, `officer` (each title by itself: who steps down
    from manager to director has left a role, and `remains` says what roles are still held from then
    on) and `shareholder`. A role was left on the day on which it, or the party, was no longer
    valid, unless the party has the same role again from that very moment; roles that ended with the
    company itself were not left. `left_on` is that day, `days` its distance from the act; on the
    day of the act itself the role was no longer held, so it counts as `before` (0 days). What is to
    end after `as_of` has not been left yet.

    Holdings of one party add. A row where their sum fell: `share_before` just before, `share_after`
    from then on, fractions, 0 where nothing is held any more, null where a share is unknown; null
    both for other roles. Shares replaced by equal ones were not sold.

    `successor` took the role (the same title, or shares) within `successor_days` of the leaving:
    of several the one with a nominee pattern, then the nearest in time, then the least id.
    `patterns`:

    - `handed_to_nominee`: `nominee_by` says why: the successor is a `relative` (kin, guardian), an
      `employee` of another firm in which the leaver has a role, a person who took roles in 3 or
      more firms within 90 days (`many_firms`), or a `declared` nominee of one another;
    - `successor`: somebody took the role; `relative`: a relative of the leaver did;
    - `same_address_or_phone`: leaver and successor share one. A lead only;
    - `ceased`: the party itself ended on that day (death, deregistration);
    - `share_unknown`: an absent share leaves open whether the sum fell.

    Ties count that held at any moment within `successor_days` of the leaving and had begun by
    `as_of`. Rows are ordered by distance from the act, before first, then party, role and title.
    `facts`: what ended, what the successor's began with, then the ties. `truncated` says when rows
    or time were cut, or that of more than 100 takers the nearest were weighed. Time is in
    proportion to the company's roles and those of the parties shown. Raises UnknownSubject,
    WrongUsage.
    """
    from algorithms.related.handover import Between
    from algorithms.related.leaving import Roles
    from algorithms.related.tenures import ROLES, tenures
    from graph.deadline import within
    from graph.times import DAY, day_end, parse_time, today

    deadline = within(params.time_limit)
    firm = snapshot.resolve(params.subject)
    act = parse_time(_day(params.act))
    at = day_end(params.as_of or today())
    held = tenures(snapshot, firm, ROLES, at, out=False)
    titles = snapshot.said([t.row for t in held if t.kind == "officer"], "role")
    roles = Roles(held, titles)
    low = act - params.before * DAY
    high = min(act + (params.after + 1) * DAY, at + 1, int(snapshot.nodes.vt[firm]))
    left = list(roles.leavings(low, high))
    names = dict(
        zip(parties := [one.party for one in left], snapshot.canonicals(parties), strict=True)
    )
    left.sort(key=lambda o: (abs(d := (o.moment - act) // DAY), d, names[o.party], o.key, o.moment))
    made = _Made(snapshot, roles, Between(snapshot, firm, at, params.successor_days), params)
    rows = []
    late = False
    for one in left[: params.max_rows]:
        if late := deadline.expired():
            break
        rows.append(made.row(one, names[one.party], (one.moment - act) // DAY))
    return Result(
        results=rows, truncated=_truncated(params, len(held), len(left), made.crowded, late)
    )


class _Made:
    """Makes the rows."""

    def __init__(
        self, snapshot: Snapshot, roles: Roles, between: Between, params: ShedParams
    ) -> None:
        self.snapshot = snapshot
        self.roles = roles
        self.between = between
        self.days = params.successor_days
        self.crowded = 0  # leavings with more takers than are weighed
        self._takers: dict[tuple[tuple[str, str], int], list[tuple[int, str, Taking]]] = {}

    def row(self, one: Leaving, party: str, day: int) -> ShedRole:
        """The row of a leaving, `day` days after the act."""
        from graph.times import format_instant

        heir = self._heir(one)
        ended = sorted(self.snapshot.fact_ids(one.facts))
        begun = sorted(self.snapshot.fact_ids(heir.taking.facts)) if heir else []
        ties = sorted(self.snapshot.fact_ids(sorted(heir.found.facts))) if heir else []
        shown, total = evidence(list(dict.fromkeys([*ended, *begun, *ties])))
        return ShedRole(
            party=party,
            role=one.key[0],
            title=one.key[1] or UNSET,
            left_on=format_instant(one.moment)[:10],
            days=abs(day),
            direction="before" if day <= 0 else "after",
            share_before=one.before,
            share_after=one.after,
            successor=heir.name if heir else None,
            patterns=self._patterns(one, heir),
            remains=self.roles.remains(one.party, one.moment),
            nominee_by=heir.found.nominee if heir and heir.found.nominee else UNSET,
            facts=shown,
            facts_total=total,
        )

    def _patterns(self, one: Leaving, heir: _Heir | None) -> list[str]:
        found = []
        if heir:
            nominee = heir.found.nominee
            found += ["handed_to_nominee"] if nominee else []
            found += ["successor"]
            found += ["relative"] if "relative" in nominee else []
            found += ["same_address_or_phone"] if heir.found.shared else []
        found += ["ceased"] if int(self.snapshot.nodes.vt[one.party]) == one.moment else []
        found += ["share_unknown"] if one.unsure else []
        return found

    def _heir(self, one: Leaving) -> _Heir | None:
        """Who took what was left."""
        takers = [taker for taker in self._near(one) if taker[2].party != one.party]
        self.crowded += len(takers) > _WEIGHED
        first: _Heir | None = None
        for _, name, taking in takers[:_WEIGHED]:
            found = _Heir(name, taking, self.between.handover(one, taking))
            if found.found.nominee:
                return found
            first = first or found
        return first

    def _near(self, one: Leaving) -> list[tuple[int, str, Taking]]:
        """Takings of a role around the moment it was left: the nearest first, then by id."""
        from graph.times import DAY

        if (found := self._takers.get((one.key, one.moment))) is None:
            around = self.days * DAY
            taken = self.roles.takings(one.key, one.moment - around, one.moment + around)
            names = self.snapshot.canonicals([taking.party for taking in taken])
            found = [
                (abs(taking.moment - one.moment), name, taking)
                for name, taking in zip(names, taken, strict=True)
            ]
            self._takers[one.key, one.moment] = found
            found.sort(key=lambda taker: (taker[0], taker[1], taker[2].moment))
        return found


def _day(text: str) -> str:
    """A day as it is written; raises WrongUsage where there is none such."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise WrongUsage(f"act {text[:40]}: {error}") from None


def _truncated(
    params: ShedParams, explored: int, rows: int, crowded: int, late: bool
) -> Truncated | None:
    """Which bounds cut the answer short."""
    cuts: list[tuple[str, int | None]] = []
    if rows > params.max_rows:
        text = f"max_rows: the nearest {params.max_rows} of {rows} / 只列出离行为日最近的"
        cuts.append((text, params.max_rows))
    if crowded:
        text = f"takers: of more than {_WEIGHED} the nearest were weighed / 只比较最近的接任者"
        cuts.append((text, _WEIGHED))
    if late:
        cuts.append(("time_limit: not all are shown / 超时, 未全部列出", None))
    return cut_short(cuts, explored)
