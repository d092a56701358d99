"""Who is who: accuracy on labelled corpora beside Splink's own tutorial, and a million records.

    python -m bench.identity [--entities N]

The large corpus is the project's own (`ingest.generate.identities`): N records of people and
companies in three registers, with their errors, loaded into a store and resolved by one process,
which trains its models too. N is that of the world, a million. Then a copy of the store is
resolved by the command, and again after batches of further records of people who are there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bench._linkage import Corpus, fake_1000, febrl4, measured, resolved, tutorial
from bench._measure import ROOT, WORK, Child, Row, at_least, at_most, finish, plain, python, run
from bench.world import MILLION

ACCEPT = 0.95  # as `ResolveParams` has it
SEED = 20260601
_BATCHES = (10, 1_000, 10_000)
_THRESHOLDS = (0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, ACCEPT)
_RESOLVE = """
import json, resource, sys, time
from pathlib import Path
from algorithms.identity.resolving import resolve
from algorithms.identity.shape import ResolveParams
from api.session import Session
from bench._corpus import measure, official, told
truth = json.loads(Path(sys.argv[2]).read_text())
with Session(sys.argv[1]) as session:
    snapshot = session.snapshot()
    begun, used = time.perf_counter(), time.process_time()
    answer = resolve(snapshot, ResolveParams())
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = measure(truth["clusters"], told(snapshot, answer), official(snapshot))
    print(json.dumps({
        "records": sum(answer.stats[f"{kind}.records"] for kind in ("person", "company")),
        "pairs": sum(answer.stats[f"{kind}.pairs"] for kind in ("person", "company")),
        "seconds": seconds, "cpu": cpu, "peak": peak,
        "precision": found.precision, "recall": found.recall, "f1": found.f1, "bad": found.bad,
        "joined": len(answer.judgements), "review": answer.stats["person.review"]
        + answer.stats["company.review"], "conflicts": len(answer.conflicts),
    }))
"""


def data() -> Path:
    """Where Splink's data is kept."""
    folder = os.environ.get("LINKRISK_TEST_DATA", ROOT.parent / "shared" / "data")
    return Path(folder) / "splink"


def labelled() -> list[Row]:
    """Accuracy on fake_1000, beside the tutorial's model at its best threshold, and on FEBRL 4."""
    corpus = fake_1000(data())
    ours = measured(resolved(corpus, ACCEPT), corpus)
    likely = measured(resolved(corpus, ACCEPT, likely=True), corpus)
    best, at = _best(corpus)
    febrl = febrl4()
    theirs = f"the tutorial's clusters at its best threshold, {at}, in the same run"
    rows = [
        at_least("fake_1000, F1 of clusters", ours.f1, best, "", theirs),
        plain("fake_1000, F1 if all that is likely enough were joined", likely.f1, ""),
    ]
    rows += [
        plain(f"fake_1000, {what}", value, "")
        for what, value in (("precision", ours.precision), ("recall", ours.recall))
    ]
    found = measured(resolved(febrl, ACCEPT), febrl)
    return [*rows, at_least("febrl 4, F1 of clusters", found.f1, 0.99, "")]


def _best(corpus: Corpus) -> tuple[float, float]:
    """The best F1 of the tutorial's model, pairs or clusters, and the threshold it is had at."""
    tried = [(measured(p, corpus).f1, t) for t in _THRESHOLDS for p in tutorial(corpus, t)]
    return max(tried)


def large(records: int) -> list[Row]:
    """A corpus of so many records: how long it takes, in how much memory, and how well it does."""
    folder = WORK / "identities" / f"{records}-{SEED}"
    store = folder / "store.db"
    if not store.exists():
        folder.mkdir(parents=True, exist_ok=True)
        make = (
            "import sys; from pathlib import Path;"
            " from ingest.generate.identities import identities;"
            " identities(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))"
        )
        python(make, folder, str(records * 2 // 5), str(SEED))  # 2.5 records a person and its share
        files = [folder / f"{name}.jsonl" for name in ("registry", "bank", "telecom")]
        _command("ingest", store, *files)
    child = python(_RESOLVE, f"sqlite:///{store}", folder / "truth.json")
    told = json.loads(child.out)
    what = f"{told['records']:,} records"
    return [
        at_most(f"{what}, models trained and all resolved", told["seconds"] / 60, 10, "min",
                f"{told['cpu'] / 60:.1f} min of CPU, {told['pairs']:,} pairs compared"),
        at_most(f"{what}, peak memory", told["peak"] / 2**30, 6, "GiB"),
        at_least(f"{what}, F1 of pairs", told["f1"], 0.97, "",
                 f"precision {told['precision']:.4f}, recall {told['recall']:.4f}"),
        at_most(f"{what}, clusters with two official ids", told["bad"], 0, ""),
        plain(f"{what}, joined", told["joined"], "pairs",
              f"{told['review']:,} wait for a person, {told['conflicts']:,} conflicts"),
    ]  # fmt: skip


def after_batches(records: int) -> list[Row]:
    """What the command costs when all is new, and after batches; each but the first is followed by
    a run that looks at what it touched. The corpus is that of `large`."""
    corpus = WORK / "identities" / f"{records}-{SEED}"
    with TemporaryDirectory(dir=WORK) as folder:
        store = Path(folder) / "store.db"
        for ending in ("", ".snapshot"):
            shutil.copy(f"{corpus / 'store.db'}{ending}", f"{store}{ending}")
        whole = _command("resolve", store)
        rows = [_cost(f"`linkrisk resolve`, {records:,} records, the first run", whole)]
        for size in _BATCHES:
            batch = Path(folder) / f"late{size}.jsonl"
            batch.write_text("".join(_more_of(corpus / "bank.jsonl", size)), encoding="utf-8")
            _command("ingest", store, batch)
            rows.append(_cost(f"... after a batch of {size:,}", _command("resolve", store), whole))
    return rows


def _command(verb: str, store: Path, *files: Path) -> Child:
    url = f"sqlite:///{store}"
    command: list[str | Path] = [sys.executable, "-m", "api.cli", verb, "--store", url]
    return run([*command, *files])


def _cost(what: str, told: Child, whole: Child | None = None) -> Row:
    part = "" if whole is None else f", {told.cpu / whole.cpu:.1%} of the first run's CPU"
    note = f"{told.cpu:.1f} s of CPU, {told.peak / 2**30:.2f} GiB{part}"
    return plain(what, told.seconds, "s", note)


def _more_of(register: Path, size: int) -> Iterator[str]:
    """Further records of people in a register, from all over it."""
    with register.open(encoding="utf-8") as lines:
        people = (line for line in lines if line.startswith('{"kind":"person"'))
        for line in islice(people, 0, size * 20, 20):
            said = json.loads(line)
            yield json.dumps(said | {"id": f"late{size}-{said['id']}"}) + "\n"


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    given = parser.parse_args()
    finish("identity", [*labelled(), *large(given.entities), *after_batches(given.entities)])


if __name__ == "__main__":
    main()
