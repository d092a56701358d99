"""Making a table of features: which groups and columns, whose rows, and each group in turn."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from algorithms.features.sheet import Group, Scope, Sheet
from algorithms.features.table import F32, KINDS, WINDOWS, Feature, Features
from graph.deadline import current
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Collection

    from graph.columns import I32
    from graph.snapshot import Snapshot

# Name to module; those that take long are computed only where they are asked for by name.
GROUPS: Final = (
    "entity", "degree", "ownership", "shared", "money", "calls", "invoices", "motifs",
    "propagated", "findings",
)  # fmt: skip
WHOLE: Final = frozenset({"propagated", "findings"})  # read all kinds of facts
SLOW: Final = frozenset({"findings"})
DEFAULT: Final = tuple(name for name in GROUPS if name not in SLOW)
_LONGEST: Final = 36_500  # days of a window
_MOST: Final = 12  # windows


def features(
    snapshot: Snapshot,
    kind: str,
    as_of: str,
    *,
    groups: Iterable[str] | None = None,
    windows: Sequence[int] = WINDOWS,
    only: I32 | None = None,
) -> Features:
    """Features of all subjects of a kind (`KINDS`) as of the end of a day (+08:00), or of some
    nodes `only`: the same rows as among all, unless the bound on cycles cut those short; what they
    do by events costs what is around them then (`near`).

    Nothing that happened or began after the day is in them, nor what was recorded after the
    snapshot's moment; later facts do not change a bit of them. Rows: every known subject that had
    begun by then. Columns: `dictionary(kind, groups, windows)`, less those that are computed from
    what this view of the graph withholds. Linear in the relations but for sorting them; cycles and
    scatter-gather are searched within seven days at a time. Raises WrongUsage where a kind, group,
    window or day is none, or all that is asked for is withheld.
    """
    chosen = shown(snapshot, kind, groups, windows)
    scope = Scope(snapshot, kind, as_of, windows, only)
    if only is None:
        return made(scope, chosen, lambda _: None)
    from algorithms.features.near import around

    return made(scope, chosen, lambda _: None, around(scope))


def shown(
    snapshot: Snapshot, kind: str, groups: Iterable[str] | None, windows: Sequence[int]
) -> tuple[Feature, ...]:
    """The columns that a table on this view of the graph has. Raises WrongUsage, also where all
    that is asked for is withheld."""
    chosen = dictionary(kind, groups, windows, withheld=snapshot.withheld)
    if kind in snapshot.withheld or not chosen:
        raise WrongUsage(f"withheld from this caller: features of {kind} / 未授权: {kind} 的特征")
    return chosen


def made(
    scope: Scope,
    chosen: Sequence[Feature],
    known: Callable[[str], F32 | None],
    near: Scope | None = None,
) -> Features:
    """The table of these columns. `known` gives the columns of a group where they are known
    already, else None."""
    snapshot = scope.snapshot
    matrix = np.full((len(scope.nodes), len(chosen)), np.nan, np.float32, order="F")
    asked = list(dict.fromkeys(each.group for each in chosen))
    for done, name in enumerate(asked):
        current().report(done, len(asked), "groups of features / 特征组")
        if (columns := known(name)) is None:
            fill(scope if near is None or name in WHOLE else near, name, chosen, matrix)
        else:
            matrix[:, [at for at, each in enumerate(chosen) if each.group == name]] = columns
    return Features(
        scope.kind, scope.as_of, snapshot.known_at, snapshot.name, scope.windows, tuple(chosen),
        scope.nodes, matrix, tuple(dict.fromkeys([*scope.cut, *(near.cut if near else ())])),
    )  # fmt: skip


def fill(scope: Scope, name: str, chosen: Sequence[Feature], matrix: F32) -> None:
    """Compute one group into its columns, which stand side by side."""
    at = [place for place, each in enumerate(chosen) if each.group == name]
    part = slice(at[0], at[-1] + 1)
    sheet = Sheet(scope, chosen[part], matrix[:, part])
    group(name).fill(scope, sheet)
    if sheet.left:
        raise AssertionError(f"not computed: {sorted(sheet.left)}")


def dictionary(
    kind: str,
    groups: Iterable[str] | None = None,
    windows: Sequence[int] = WINDOWS,
    *,
    withheld: Collection[str] = (),
) -> tuple[Feature, ...]:
    """What each column means, in their order. Raises WrongUsage."""
    if kind not in KINDS:
        raise WrongUsage(f"kind: one of {', '.join(KINDS)}, not {kind[:40]!r}")
    asked = DEFAULT if groups is None else tuple(groups)
    for name in asked:
        if name not in GROUPS:
            raise WrongUsage(f"groups: {', '.join(GROUPS)}, not {name[:40]!r}")
    _check(windows)
    every = [e for name in GROUPS if name in asked for e in group(name).meanings(kind, windows)]
    if not every:
        raise WrongUsage(f"groups: none of these says anything of a {kind} / 此类主体无所选特征")
    gone = set(withheld)
    return tuple(e for e in every if not gone or (e.group not in WHOLE and not set(e.reads) & gone))


def _check(windows: Sequence[int]) -> None:
    if len(windows) > _MOST or list(windows) != sorted({*windows}):
        raise WrongUsage(f"windows: at most {_MOST} different numbers of days, ascending")
    if not all(1 <= days <= _LONGEST for days in windows):
        raise WrongUsage(f"windows: each 1 to {_LONGEST} days")


def group(name: str) -> Group:
    """The module of a group."""
    return cast(Group, importlib.import_module(f"algorithms.features.{name}"))
