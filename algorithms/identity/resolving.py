"""Who is who in a snapshot: keys first, then pairs, then clusters that contradict no fact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from algorithms.identity.shape import (
    KINDS,
    Model,
    Pair,
    Resolution,
    ResolveParams,
)
from algorithms.registry import Truncated, as_day
from graph.errors import WrongUsage

if TYPE_CHECKING:
    import pyarrow as pa

    from algorithms.identity.judging import Answer
    from algorithms.identity.records import Standing
    from graph.snapshot import Snapshot


def resolve(snapshot: Snapshot, params: ResolveParams, models: Sequence[Model] = ()) -> Resolution:
    """Which records of people and companies are one subject, and how sure that is.

    Records that share a valid official key are one subject; nothing is asked of two that have
    different ones. The others are compared by Splink (Fellegi and Sunter 1969; term frequencies
    after Winkler 2000) and joined greedily, likeliest first, unless that would join two valid
    official keys or what a person judged apart: such pairs are `conflicts`. A pair for which only
    names speak is never joined, nor one that may be two of a household (twins, father and son),
    nor one that others of the country would agree in by chance (王伟 with one birth date).
    `models` are kept ones by kind; a kind without is trained.

    With `since` and models, only what records that came or changed after it touch is looked at:
    every connected part of pairs to be accepted is looked at as a whole or not at all, so with one
    model the answer on the parts looked at is that of a whole run. Same snapshot, parameters and
    models: same answer. Linear in records; in pairs, at most `max_block` a record and key.
    Raises WrongUsage.
    """
    kinds = _checked(params)
    since = snapshot.batch_of(params.since) if params.since is not None else None
    kept = {model.kind: model for model in models}
    from algorithms.identity.records import people_and_companies

    read = people_and_companies(snapshot, kinds)
    answers = [
        _of_kind(snapshot, params, kind, read.tables[kind], read.decided, since, kept.get(kind))
        for kind in kinds
    ]
    return _together(snapshot, params, read.decided, answers)


def _checked(params: ResolveParams) -> list[str]:
    kinds = list(dict.fromkeys(params.kinds or KINDS))
    for kind in kinds:
        if kind not in KINDS:
            raise WrongUsage(f"kinds: person or company, not {kind[:40]!r}")
    if params.review > params.accept:
        raise WrongUsage("review: at most accept, so that a pair waits before it is joined")
    return kinds


def _of_kind(
    snapshot: Snapshot,
    params: ResolveParams,
    kind: str,
    table: pa.Table,
    decided: Standing,
    since: int | None,
    model: Model | None,
) -> Answer:
    from algorithms.identity.changes import fresh_rows
    from algorithms.identity.database import database
    from algorithms.identity.engine import link
    from algorithms.identity.judging import Judging

    nodes: list[int] = table["node"].to_pylist()
    row_of = {node: row for row, node in enumerate(nodes)}
    machine = {
        (row_of[a], row_of[b]): name
        for (a, b), name in decided.machine.items()
        if a in row_of and b in row_of
    }
    fresh = None if since is None else fresh_rows(snapshot, since, table, row_of)
    with database() as con:
        found = link(
            con, kind, table, most=params.max_block, least=params.review, accept=params.accept,
            seed=params.seed, trained_on=snapshot.name, model=model, fresh=fresh, ties=machine,
        )  # fmt: skip
    return Judging(params, kind, table, decided, row_of, found).answer(machine)


def _together(
    snapshot: Snapshot, params: ResolveParams, decided: Standing, answers: list[Answer]
) -> Resolution:
    """The answers of all kinds as one."""
    reps = {int(snapshot.nodes.rep[node]) for each in answers for node in each.touched}
    cut = [reason for each in answers for reason in each.cut]
    notes = list(snapshot.notes)
    if decided.refused:
        notes.append(
            f"{len(decided.refused)} judgements contradict official keys or other judgements"
            f" / {len(decided.refused)} 条判断与证件号码或其他判断矛盾"
        )

    def by_weight(pairs: Iterable[Pair]) -> list[Pair]:
        return sorted(pairs, key=lambda pair: (-pair.weight, pair.a, pair.b))

    return Resolution(
        as_of=as_day(params.as_of),
        known_at=snapshot.known_at,
        snapshot=snapshot.name,
        upto=snapshot.batch,
        judgements=by_weight(pair for each in answers for pair in each.judgements),
        added=by_weight(pair for each in answers for pair in each.added),
        withdrawn=sorted(name for each in answers for name in each.withdrawn),
        review=by_weight(pair for each in answers for pair in each.review),
        conflicts=sorted(
            (conflict for each in answers for conflict in each.conflicts),
            key=lambda found: (-found.pair.weight, found.pair.a, found.pair.b),
        ),
        affected=sorted(snapshot.canonicals(sorted(reps))),
        models=[each.model for each in answers],
        stats={name: number for each in answers for name, number in each.stats.items()},
        truncated=Truncated(
            reason="; ".join(cut),
            explored=sum(each.compared for each in answers),
            limit=params.max_block,
        )
        if cut
        else None,
        notes=notes,
    )
