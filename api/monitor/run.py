"""One run of the monitor: what is there, what became of what was, what of it is new risk."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from algorithms.findings.material import Version, matched, material
from algorithms.registry import as_day
from algorithms.risk.novelty import Told, novel, remembered, together
from api.monitor import saying
from api.monitor.book import words_of
from api.monitor.entries import Draft, Line, Outcome, Run, Step, ends_of
from api.monitor.worklist import WorkList, held
from graph import times
from graph.deadline import stage
from graph.domains import DOMAINS
from graph.errors import Cancelled, LinkriskError, WrongUsage

if TYPE_CHECKING:
    from algorithms.cases.suspects import Suspect
    from algorithms.risk.watch import Seen, Watched
    from api.monitor.book import Book
    from api.monitor.entries import Alert
    from api.monitor.settings import MonitorSettings
    from api.session import Session
    from graph.snapshot import Snapshot

_UNIT: Final = "watching / 监测"


def run(
    session: Session, book: Book, settings: MonitorSettings, as_of: str | None = None
) -> tuple[Run, list[Alert]]:
    """Look at the newest facts as of a day (default today), against the last run; what is new is
    alerted, once. The first run takes stock: nothing that is there already is alerted. Alerts that
    are open since before are then ordered anew (`api.monitor.standing`).

    Raises WrongUsage for a day before that of the last run, Conflict where one is under way;
    whatever ends it before it is whole leaves the book as it was.
    """
    day = as_day(as_of)
    with book.alone():
        try:
            return _ordered(session, book, settings, day)
        except (WrongUsage, Cancelled):
            raise
        except Exception as error:
            book.failed(words_of(error))
            raise


def _ordered(
    session: Session, book: Book, settings: MonitorSettings, day: str
) -> tuple[Run, list[Alert]]:
    from api.monitor.standing import reorder

    used = session.models.in_use()
    made, alerts = _run(session.snapshot(), book, settings, day, WorkList(session.url))
    # What is new was told by them just now, of this view.
    told = session.models.in_use() == used and session.snapshot().name == made.snapshot
    try:
        reorder(session, book, settings, made.no if told else None)
        if made.told["scores"].get("failed"):
            book.await_standing()
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 whatever it is: the run stands
        book.failed(f"the order of open alerts: {words_of(error)}")
    return made, alerts


def _run(
    view: Snapshot, book: Book, settings: MonitorSettings, day: str, work: WorkList
) -> tuple[Run, list[Alert]]:
    started, last = times.now(), book.last()
    if last is not None and day < last.as_of:
        raise WrongUsage(f"as_of: {day} is before {last.as_of}, the day of the last run"
                         " / 早于上次运行的日期")  # fmt: skip
    outcome = Outcome(lines=[], over={}, steps=[], judged={}, alerts=[])
    with stage(0, 3, _UNIT):
        watched = _clusters(view, book, settings, day, last, outcome)
    with stage(1, 3, _UNIT):
        found, cuts = _suspects(view, settings, day)
        _cases(book, settings, last, found, outcome, work.dismissed() if found else [])
    with stage(2, 3, _UNIT):
        scores = _scored(view, settings, day, outcome)
    told = {
        "first": last is None,
        "clusters": len(watched.there),
        "events": dict(sorted(Counter(s.event for s in (*watched.there, *watched.gone)).items())),
        "cases": len(found),
        "detectors": sorted(settings.detectors),
        "cut": [*watched.cuts, *cuts],
        "scores": scores,
    }
    made = Run(
        no=0, as_of=day, known_at=view.known_at, batch=view.batch, snapshot=view.name,
        started=started, finished=times.now(), told=told,
    )  # fmt: skip
    written = book.put(made, outcome, settings.kept_runs)
    if found:  # whatever ends it before: the next run puts them in
        try:
            work.put(found, view, day, outcome.priorities)
        except LinkriskError as error:
            book.failed(f"the work list: {error}")
    return written


# -- clusters -------------------------------------------------------------------------------------


def _clusters(
    view: Snapshot, book: Book, settings: MonitorSettings, day: str, last: Run | None,
    outcome: Outcome,
) -> Watched:  # fmt: skip
    from algorithms.risk.history_rows import Moment
    from algorithms.risk.lines import lines_of
    from algorithms.risk.watch import watch

    before = None if last is None else Moment(last.as_of, times.parse_time(last.known_at))
    watched = watch(view, settings.knitting(day), day, before, settings.overlap)
    known = {each.id: each for each in book.lines()}
    ends = ends_of(known.values())
    for seen, line in zip(watched.there, lines_of(watched.there, ends), strict=True):
        parents = [ends.get(each.name, each.name) for each in seen.parents]
        every = list(dict.fromkeys([line, *parents]))
        told = [known[name].told for name in every if name in known]
        _cluster(outcome, settings, seen, (line, parents), told)
    for seen in watched.gone:
        line = ends.get(seen.parents[0].name, seen.parents[0].name)
        outcome.over[line] = seen.event
        outcome.steps.append(_step(seen, line, [line]))
    there = {each.id for each in outcome.lines}
    for line in (each.id for each in known.values() if each.alive and each.id not in there):
        if line not in outcome.over:  # it went into another, or a correction undid it
            outcome.over[line] = "absorbed"
            outcome.steps.append(_absorbed(watched, outcome, ends, line))
    for line in there:
        outcome.over.pop(line, None)
    return watched


def _cluster(
    outcome: Outcome, settings: MonitorSettings, seen: Seen, of: tuple[str, list[str]],
    told: list[Told],
) -> None:  # fmt: skip
    line, parents = of
    risks, size, score = seen.risks, seen.size, seen.row.score
    # What is there already when it is first looked at is taken stock of, and is no news.
    stock = seen.event == "present" or (not told and seen.event != "born")
    new = [] if stock else novel(risks, size, score, told, settings.growth)
    if new:
        marks = [f"{each.what} {' '.join(each.facts)} {each.now or ''}" for each in new]
        body = {
            **saying.body_of(seen), "line": line, "parents": sorted(parents),
            "new": saying.of_cluster(new), "joined": seen.joined[: saying.SHOWN],
        }  # fmt: skip
        ident = saying.name_of("cluster", line, marks)
        outcome.alerts.append(
            Draft(
                id=ident, kind="cluster", of=line, domains=seen.domains, body=body, nodes=seen.nodes
            )
        )
    kept = remembered(risks, size, score, told) if new or stock else together(told)
    outcome.lines.append(
        Line(id=line, cluster=seen.row.id, alive=True, born=0, changed=0, domains=seen.domains,
             told=kept, event=seen.event, body=saying.body_of(seen))
    )  # fmt: skip
    if seen.event != "steady":
        outcome.steps.append(_step(seen, line, parents))


def _step(seen: Seen, line: str, parents: list[str]) -> Step:
    body = saying.step_of(seen, parents)
    return Step(line=line, event=seen.event, domains=seen.domains, body=body)


def _absorbed(watched: Watched, outcome: Outcome, ends: dict[str, str], line: str) -> Step:
    """The end of a line whose members are in others now."""
    into = {
        made.id: seen
        for made, seen in zip(outcome.lines, watched.there, strict=True)
        if line in (ends.get(each.name, each.name) for each in seen.parents)
    }
    seen = next(iter(into.values()), None)
    body = {
        "cluster": line if seen is None else seen.row.id, "parents": [line], "into": sorted(into),
        "members": 0, "score": 0.0 if seen is None else seen.row.score, "joined": [], "left": [],
    }  # fmt: skip
    domains = frozenset(DOMAINS) if seen is None else seen.domains
    return Step(line=line, event="absorbed", domains=domains, body=body)


# -- cases ----------------------------------------------------------------------------------------


def _suspects(
    view: Snapshot, settings: MonitorSettings, day: str
) -> tuple[list[Suspect], list[str]]:
    """The cases that there are, and what cut the search for them short."""
    from algorithms.cases.suspects import suspects

    params = settings.cases(day)
    return ([], []) if params is None else suspects(view, params, day)


def _cases(
    book: Book, settings: MonitorSettings, last: Run | None, found: list[Suspect],
    outcome: Outcome, dismissed: list[Version],
) -> None:  # fmt: skip
    judged = book.judged()
    keys = list(judged)
    # What a detector finds that was not asked before may have been there for long: no news.
    stock = last is None or not set(settings.detectors) <= {*last.told["detectors"]}
    versions = [each.version for each in found]
    places, kept = matched(list(judged.values()), versions), held(dismissed, versions)
    # What was there when detectors were cut short the last time may only not have been reached.
    missed = last.batch if last is not None and last.told["cut"] else 0
    for each, place, quiet in zip(found, places, kept, strict=True):
        key = each.version.id if place is None else keys[place]
        if place is not None:
            outcome.met.add(key)
        if place is None and each.newest <= missed:
            outcome.judged[key] = each.version
            outcome.cases[each.row.id] = each.nodes
        elif stock or not quiet:
            _case(outcome, each, key, None if place is None else judged[key], stock=stock)


def _case(
    outcome: Outcome, found: Suspect, key: str, before: Version | None, *, stock: bool
) -> None:
    news = None if before is None else material(before, found.version)
    if news == []:
        return
    outcome.judged[key] = found.version
    outcome.cases[found.row.id] = found.nodes
    if stock:
        return
    import msgspec

    row: dict[str, Any] = msgspec.to_builtins(found.row)
    (row.get("attrs") or {}).pop("circle", None)
    said = saying.of_case(news)
    marks = [f"{each['what']} {each['why']} {' '.join(each.get('items', ()))}" for each in said]
    outcome.alerts.append(
        Draft(id=saying.name_of("case", key, marks), kind="case", of=key, domains=found.domains,
              body={**row, "new": said}, nodes=found.nodes)
    )  # fmt: skip


# -- in which order -------------------------------------------------------------------------------


def _scored(
    view: Snapshot, settings: MonitorSettings, day: str, outcome: Outcome
) -> dict[str, Any]:  # fmt: skip
    """Give alerts, and cases that are new or say something new, their priority; what is to be said
    of how that came about. Scores order what there is: none is more or less for it."""
    groups = [*(each.nodes for each in outcome.alerts), *outcome.cases.values()]
    if not groups or not settings.score_limit:
        return {}
    import msgspec

    from algorithms.scoring.ordering import prioritised

    found, scores = prioritised(view, groups, day, settings.score_limit)
    count = len(outcome.alerts)
    outcome.alerts = [
        msgspec.structs.replace(each, priority=priority)
        for each, priority in zip(outcome.alerts, found[:count], strict=True)
    ]
    outcome.priorities = dict(zip(outcome.cases, found[count:], strict=True))
    told: dict[str, Any] = msgspec.to_builtins(scores)
    return told
