"""`linkrisk evaluate`: how well the detectors find what is known to be there."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from api.options import Common, Reading, pass_common
from api.output import say_timing, write_json
from graph.errors import BadFile, UnknownSubject, WrongUsage

if TYPE_CHECKING:
    from algorithms.evaluation.calibration import Curve
    from algorithms.evaluation.matching import Claim, Judged, Scheme
    from api.session import Session
    from graph.snapshot import Snapshot

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
RULE: Final = (
    "a scheme is found by a finding of its pattern that holds half of its core and of whose members"
    " half are of the scheme, one of its core; further findings of it, parts of one and findings"
    " about a scheme of another pattern count neither way; all others are false"
)


@click.command(cls=Reading)
@click.option("--truth", type=_FILE, help="What was planted: <out>.truth.json of `generate`.")
@click.option(
    "--world",
    "worlds",
    type=_FOLDER,
    multiple=True,
    help="A folder with store.db and *.truth.json; repeat for several.",
)
@click.option(
    "--held-out",
    "held",
    type=_FOLDER,
    multiple=True,
    help="With --calibrate: a world like --world, to try the curves on.",
)
@click.option(
    "--answers",
    type=_FILE,
    multiple=True,
    help="Answers (--json) to take findings from, in place of asking.",
)
@click.option("--patterns", multiple=True, metavar="NAME", help="Only these patterns.")
@click.option(
    "--algorithms",
    multiple=True,
    metavar="NAME",
    help="Ask these; default every one that yields findings.",
)
@click.option(
    "--params",
    multiple=True,
    metavar="ALGORITHM.NAME=VALUE",
    help="A parameter of an algorithm; the others stay at their default.",
)
@click.option(
    "--as-of",
    metavar="DATE",
    help="The day that every question is asked as of; default today.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Findings of a lower score accuse nobody.",
)
@click.option("--dataset", metavar="NAME", help="The dataset of the truth's ids in the store.")
@click.option(
    "--calibrate",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT",
    help="Fit a logistic curve of truth on evidence for each pattern, and write them.",
)
@pass_common
def evaluate(
    common: Common, /, truth: Path | None, worlds: tuple[Path, ...], held: tuple[Path, ...],
    calibrate: Path | None, threshold: float, **given: Any,
) -> None:  # fmt: skip
    """Measure detectors on a world of which the truth is known. 评估检测效果。

    A finding counts as a scheme found when, of one pattern, its members and circle hold at least
    half of the scheme's core and at least half of its members are of the scheme. The first is a
    hit; more of the same, parts of a scheme, and findings about a scheme of another pattern count
    neither way and are told apart. The rest are false, innocent look-alikes among them.
    """
    ask = _Ask(**given)
    if bool(truth) == bool(worlds):
        raise WrongUsage("evaluate: give --truth FILE (with --store), or --world FOLDER")
    if held and calibrate is None:
        raise WrongUsage("evaluate: --held-out goes with --calibrate")
    if truth is not None:
        places = [(common.url, truth)]
    else:
        places = [_world(folder) for folder in worlds]
    ask.check()
    if ask.answers and len(places) > 1:
        raise WrongUsage("evaluate: --answers are of one world")
    judged, schemes, seconds = _all(places, ask)
    if common.timing:
        say_timing(**seconds)
    if calibrate is not None:
        report = _calibrate(calibrate, judged, [_world(folder) for folder in held], ask)
        if common.json:
            write_json(msgspec.json.encode(report))
        else:
            _show("held out / 留出", report["reliability"])
        return
    rows = _measures(judged, schemes, threshold)
    if common.json:
        answer = {"as_of": ask.as_of, "threshold": threshold, "rule": RULE, "results": rows}
        write_json(msgspec.json.encode(answer))
        return
    if not ask.wanted():  # in a terminal only what was looked for
        seen = {one.claim.pattern for one in judged}
        silent = [row["pattern"] for row in rows[:-1] if row["pattern"] not in seen]
        rows = [row for row in rows if row["pattern"] not in silent]
        click.echo(f"no findings of / 无线索: {', '.join(silent) or '-'}")
    _show(f"threshold {threshold}; {RULE}", rows)


class _Ask(msgspec.Struct, kw_only=True):
    """What is asked, and how."""

    answers: tuple[Path, ...] = ()
    patterns: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    dataset: str | None = None
    as_of: str | None = None

    def __post_init__(self) -> None:
        """One day for all questions, also past midnight. Raises WrongUsage for what is no day, and
        for one beside answers, which have theirs."""
        from algorithms.registry import as_day

        if not self.answers:
            self.as_of = as_day(self.as_of)
        elif self.as_of is not None:
            raise WrongUsage("evaluate: --as-of is of no algorithm that is asked")

    def wanted(self) -> set[str]:
        """The patterns asked for; empty: all."""
        return {name for text in self.patterns for name in text.split(",") if name}

    def names(self) -> list[str]:
        """The algorithms to ask. Raises WrongUsage for one that yields no findings."""
        from algorithms.cases.asking import detectors
        from algorithms.findings.finding import Finding
        from algorithms.registry import ALGORITHMS

        if self.algorithms:
            given = [name for text in self.algorithms for name in text.split(",") if name]
            return [record.name for record in detectors(given)]
        every = [name for name in ALGORITHMS if issubclass(ALGORITHMS[name].row, Finding)]
        return [name for name in every if name != "rings"]  # it says what others say

    def of(self, algorithm: str) -> dict[str, str]:
        """The parameters given for an algorithm, and the day."""
        day = {} if self.as_of is None else {"as_of": self.as_of}
        return day | {field: value for name, field, value in self._given() if name == algorithm}

    def check(self) -> None:
        """Raises WrongUsage for a parameter of what is not asked: it would change nothing."""
        names = set() if self.answers else set(self.names())
        for name, field, _ in self._given():
            if name not in names:
                raise WrongUsage(f"params: {name}.{field} is of no algorithm that is asked")

    def _given(self) -> Iterator[tuple[str, str, str]]:
        for text in self.params:
            name, equals, value = text.partition("=")
            asked, dot, field = name.partition(".")
            if not equals or not dot:
                raise WrongUsage(f"params: ALGORITHM.NAME=VALUE, not {text}")
            yield asked.replace("-", "_"), field, value


def _world(folder: Path) -> tuple[str, Path]:
    """The store and the truth in a folder."""
    store, truths = folder / "store.db", sorted(folder.glob("*.truth.json"))
    if not store.exists() or len(truths) != 1:
        raise BadFile(f"{folder}: not a folder with store.db and one *.truth.json")
    return f"sqlite:///{store.resolve()}", truths[0]


def _all(
    places: Sequence[tuple[str, Path]], ask: _Ask
) -> tuple[list[Judged], list[Scheme], dict[str, float]]:
    """Findings of all worlds with their verdicts, their schemes, and what took how long."""
    from algorithms.evaluation.matching import judge
    from api.opened import session_of

    judged: list[Judged] = []
    schemes: list[Scheme] = []
    seconds: dict[str, float] = defaultdict(float)
    wanted = ask.wanted()
    for number, (url, truth) in enumerate(places):
        with session_of(url) as session:
            here = read_truth(truth, session.snapshot(), ask.dataset, f"{number}:")
            if wanted:
                unknown = wanted - {scheme.pattern for scheme in here}
                if unknown:
                    raise WrongUsage(f"patterns: not in {truth}: {', '.join(sorted(unknown))}")
            claims = _claims(session, ask, seconds)
            judged += [
                one
                for one in judge(claims, here)
                if not wanted or one.claim.pattern in wanted
            ]  # fmt: skip
            schemes += [s for s in here if not wanted or s.pattern in wanted]
    return judged, schemes, seconds


def read_truth(path: Path, snapshot: Snapshot, dataset: str | None, mark: str = "") -> list[Scheme]:
    """The schemes of a truth file by canonical ids; raises BadFile where it is not one."""
    from algorithms.evaluation.matching import Scheme

    def named(ids: Iterable[str]) -> frozenset[str]:
        texts = ids if dataset is None else (f"{dataset}:{one}" for one in ids)
        return frozenset(snapshot.canonical(snapshot.resolve(text)) for text in texts)

    try:
        rows = msgspec.json.decode(path.read_bytes())["schemes"]
        if bare := [str(row["id"]) for row in rows if not row["members"]]:
            raise BadFile(f"{path}: a scheme without members: {bare[0][:80]}")
        return [
            Scheme(
                mark + row["id"], row["pattern"], named(row["members"]), named(row["circle"]),
                row["look_alike"] if row["innocent"] else None,
                frozenset(row["facts"]),
                named(row.get("tools", ())),
            )
            for row in rows
        ]  # fmt: skip
    except UnknownSubject as error:
        raise BadFile(f"{path}: not of this store: {error}") from None
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise BadFile(f"{path}: not a truth with schemes: {error}") from None


def _claims(session: Session, ask: _Ask, seconds: dict[str, float]) -> list[Claim]:
    """Findings of the answers given, or of the algorithms asked."""
    if ask.answers:
        return [claim for path in ask.answers for claim in _answered(path)]
    from api.progress import followed

    found = []
    for name in ask.names():
        begin = time.perf_counter()
        with followed(name):
            envelope = session.ask(name, ask.of(name))
        seconds[name] += time.perf_counter() - begin
        rows = msgspec.to_builtins(envelope["results"])
        if cut := envelope["truncated"]:  # what was not looked at reads as not found
            click.echo(f"linkrisk: {name}: {cut.reason}", err=True)
        found += [_claim(row) for row in rows]
    return found


def _answered(path: Path) -> list[Claim]:
    try:
        answer = msgspec.json.decode(path.read_bytes())
        return [_claim(row) for row in (answer["results"] if isinstance(answer, dict) else answer)]
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadFile(f"{path}: not an answer with findings: {error}") from None


def _claim(row: dict[str, Any]) -> Claim:
    from algorithms.evaluation.matching import Claim

    circle = (row.get("attrs") or {}).get("circle", ())
    return Claim(
        row["pattern"], float(row["score"]), frozenset(row["members"]), frozenset(circle),
        row.get("evidence"), frozenset(fact.partition(":")[2] or fact for fact in row["facts"]),
    )  # fmt: skip


def _measures(
    judged: Sequence[Judged], schemes: Sequence[Scheme], threshold: float
) -> list[dict[str, Any]]:
    """A row a pattern and one of all; patterns that no truth knows are left out."""
    from algorithms.evaluation.measures import measure

    known = sorted({scheme.pattern for scheme in schemes})
    rows = [
        measure(
            pattern,
            [one for one in judged if one.claim.pattern == pattern],
            [s for s in schemes if s.pattern == pattern],
            threshold,
        )
        for pattern in known
    ]
    of_known = [one for one in judged if one.claim.pattern in known]
    rows.append(measure("all", of_known, schemes, threshold))
    found: list[dict[str, Any]] = msgspec.to_builtins(rows)
    return found


def _calibrate(
    out: Path, judged: Sequence[Judged], held: Sequence[tuple[str, Path]], ask: _Ask
) -> dict[str, Any]:
    """Fit, write, and try on what was held out."""
    from algorithms.evaluation.calibration import fit, logistic, reliability

    examples = _examples(judged)
    curves: dict[str, Curve] = {
        pattern: fit([x for x, _ in pairs], [t for _, t in pairs])
        for pattern, pairs in sorted(examples.items())
    }
    text = msgspec.json.format(msgspec.json.encode({"curves": curves}), indent=2)
    out.write_bytes(text + b"\n")
    rows = []
    if held:
        tried, _, _ = _all(held, ask)
        for pattern, pairs in sorted(_examples(tried).items()):
            if pattern in curves:
                curve = curves[pattern]
                said = [logistic(curve.a + curve.b * x) for x, _ in pairs]
                rows.append(reliability(pattern, said, [t for _, t in pairs]))
    return {
        "curves": msgspec.to_builtins(curves), "reliability": msgspec.to_builtins(rows),
    }  # fmt: skip


def _examples(judged: Iterable[Judged]) -> dict[str, list[tuple[float, bool]]]:
    """Evidence and truth of the findings that were right or wrong, by pattern."""
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for one in judged:
        if one.claim.evidence is not None and one.verdict not in ("part", "other"):
            true = one.verdict in ("hit", "again")
            found[one.claim.pattern].append((one.claim.evidence, true))
    return found


def _show(title: str, rows: Sequence[dict[str, Any]]) -> None:
    from rich.text import Text

    from api.table import console, table

    out = console()
    out.print(Text(title, style="bold"))
    out.print(table([_shown(row) for row in rows]))


_SHORT: Final = {
    "precision_at_k": "p_at_k", "average_precision": "avg_precision", "look_alikes": "alikes",
    "accused_by_name": "who", "expected_calibration_error": "ece",
}  # fmt: skip


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row for the terminal: three decimals, of the look-alikes only those that were accused."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        shown = value
        if isinstance(value, float):
            shown = round(value, 3)
        elif isinstance(value, dict):
            shown = ", ".join(f"{k} {v}" for k, v in value.items() if not v.startswith("0/"))
        out[_SHORT.get(name, name)] = shown
    return out
