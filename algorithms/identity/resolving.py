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
    from algorithms.identity.engine import Found
    from algorithms.identity.judging import Answer
    from algorithms.identity.prepared import Keeping, Records
    from algorithms.identity.standing import Standing
    from graph.snapshot import Snapshot


def resolve(
    snapshot: Snapshot,
    params: ResolveParams,
    models: Sequence[Model] = (),
    keeping: Keeping | None = None,
) -> Resolution:
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
    models: same answer. Linear in records; in pairs, at most `max_block` a record and key. What was
    prepared of records is taken from `keeping` and given to it (`prepared`): then, with `since`,
    what is not a pass over an array is linear in what is touched. Raises WrongUsage.
    """
    kinds = _checked(params)
    since = snapshot.batch_of(params.since) if params.since is not None else None
    kept = {model.kind: model for model in models}
    from algorithms.identity.standing import standing

    decided = standing(snapshot)
    answers = [
        _of_kind(snapshot, params, kind, decided, since, kept.get(kind), keeping) for kind in kinds
    ]
    return _together(snapshot, params, decided, answers)


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
    decided: Standing,
    since: int | None,
    model: Model | None,
    keeping: Keeping | None,
) -> Answer:
    from algorithms.identity.blocking import told
    from algorithms.identity.database import database
    from algorithms.identity.engine import follow, link, usable
    from algorithms.identity.prepared import Records

    with database() as con:
        before = keeping.get(kind) if keeping is not None else None
        records = Records(con, snapshot, kind, decided, before)
        if since is not None and model is not None and usable(model, kind):
            found = follow(
                con, records, records.fresh(since), most=params.max_block, least=params.review,
                accept=params.accept, model=model,
            )  # fmt: skip
            if keeping is not None:
                records.keep(keeping)
        else:
            table = records.whole()

            def keyed() -> None:
                if keeping is not None:
                    records.keep(keeping, lambda: told(con, table))

            found = link(
                con, kind, table, most=params.max_block, least=params.review, seed=params.seed,
                trained_on=snapshot.name, model=model, keyed=keyed,
            )  # fmt: skip
    return _judged(snapshot, params, records, decided, found)


def _judged(
    snapshot: Snapshot, params: ResolveParams, records: Records, decided: Standing, found: Found
) -> Answer:
    """What pairs come to, of a table of all rows or of those alone that they are about."""
    import numpy as np

    from algorithms.identity.judging import Judging
    from algorithms.identity.standing import names_of

    about = np.ones(snapshot.n, np.bool_)
    if found.rows is not None:
        edges, rows = found.edges, np.zeros(records.n, np.bool_)
        rows[sorted(found.rows)] = rows[edges.left] = rows[edges.right] = True
        about = np.zeros(snapshot.n, np.bool_)
        about[records.nodes[sorted(found.rows)]] = True
        rows = records.mates(rows)
    else:
        rows = np.ones(records.n, np.bool_)
    shown = np.flatnonzero(rows)
    place = np.cumsum(rows) - 1  # of each row in the table
    row_of = dict(zip(records.nodes[shown].tolist(), range(len(shown)), strict=True))
    machine = {
        (row_of[a], row_of[b]): name
        for a, b, name in names_of(snapshot, decided, about)
        if a in row_of and b in row_of
    }
    table = records.whole() if found.rows is None else records.take(shown)
    own = found._replace(
        edges=found.edges._replace(left=place[found.edges.left], right=place[found.edges.right]),
        rows=None if found.rows is None else {int(place[row]) for row in found.rows},
    )
    answer = Judging(params, records.kind, table, decided, row_of, own).answer(machine)
    told = {"records": records.n, "keyed": records.keyed()}
    if found.rows is None:
        told["looked_at"] = records.n
    return answer._replace(
        stats=answer.stats | {f"{records.kind}.{name}": count for name, count in told.items()}
    )


def _together(
    snapshot: Snapshot, params: ResolveParams, decided: Standing, answers: list[Answer]
) -> Resolution:
    """The answers of all kinds as one."""
    reps = {int(snapshot.nodes.rep[node]) for each in answers for node in each.touched}
    cut = [reason for each in answers for reason in each.cut]
    notes = list(snapshot.notes)
    if decided.refused:
        notes.append(
            f"{decided.refused} judgements contradict official keys or other judgements"
            f" / {decided.refused} 条判断与证件号码或其他判断矛盾"
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
