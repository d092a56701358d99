"""Who is who among Chinese names: the corpus of `generate --identities`, of an unseen seed.

    python -m bench.identity_zh [--people N] [--seed S] [--harder X]

Pairs of records are measured against the truth: all of them, and those alone that no official key
decides. `--harder` multiplies every rate of an error. Which errors are lost is told, too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from algorithms.identity.resolving import resolve
from algorithms.identity.shape import Pair, ResolveParams
from bench import _corpus
from bench._measure import Row, at_least, at_most, finish, plain
from ingest.generate.identities import Corpus, identities
from ingest.generate.identities.rates import STANDARD, Rates

PEOPLE, SEED, UNSEEN = 20_000, 20_260_914, 0.97
SCORED, ASKED = 0.01, 0.5  # pairs from here on are told of, and would wait for a person
_ERRORS = (
    "traditional", "homophone", "missing_character", "added_character", "pinyin", "swapped_date",
    "date_slip", "year_only", "moved", "phone_changed", "house_slip", "id_slip", "renamed",
)  # fmt: skip


def harder(times: float) -> Rates:
    """The rates with every error so many times as often."""
    said: dict[str, Any] = {f.name: getattr(STANDARD, f.name) for f in fields(STANDARD)}
    return Rates(**said | {name: min(said[name] * times, 0.5) for name in _ERRORS})


def loaded(folder: Path, corpus: Corpus) -> str:
    """The address of a store with the corpus in it."""
    from graph.store import open_store
    from ingest.load import load

    url = f"sqlite:///{folder / 'corpus.db'}"
    store = open_store(url, create=True)
    try:
        load(store, corpus.files)
    finally:
        store.close()
    return url


def measured(folder: Path, people: int, seed: int, rates: Rates = STANDARD) -> list[Row]:
    """Generate, load, resolve, compare."""
    from api.session import Session

    corpus = identities(folder / "corpus", people, seed, rates=rates)
    with Session(loaded(folder, corpus)) as session:
        snapshot = session.snapshot()
        begun = time.process_time()
        answer = resolve(snapshot, ResolveParams(review=SCORED, limit=1_000_000))
        seconds = time.process_time() - begun
        found, keys = _corpus.told(snapshot, answer), _corpus.official(snapshot)
        kinds = {snapshot.record_name(n): snapshot.kind_name(n) for n in range(snapshot.n)}
    rows = [plain("records", corpus.records, ""), plain("processor time to resolve", seconds, "s")]
    clusters = corpus.truth["clusters"]
    for kind in ("person", "company"):
        own = _corpus.of_kind(clusters, kinds, kind)
        rows += _told(kind, _corpus.measure(own, found, keys))
        rows += _told(f"{kind}, without keys", _corpus.without_keys(own, found, keys))
    whole = _corpus.measure(clusters, found, keys)
    rows += [
        at_least("F1 of pairs", whole.f1, UNSEEN, ""),
        at_least("F1 of pairs that no key decides",
                 _corpus.without_keys(clusters, found, keys).f1, UNSEEN, ""),
        at_most("clusters with two valid official ids", whole.bad, 0, ""),
        plain("pairs for review", sum(p.score >= ASKED for p in answer.review), ""),
        plain("conflicts", len(answer.conflicts), ""),
    ]  # fmt: skip
    for error, pairs, lost in _corpus.lost(corpus.truth, found):
        rows.append(plain(f"lost with {error}", 100 * lost / pairs, "%", f"of {pairs:,} pairs"))
    for kind in ("person", "company"):
        rows += _calibration(kind, [*answer.judgements, *answer.review], clusters)
    return rows


def _calibration(kind: str, pairs: Sequence[Pair], clusters: Sequence[Sequence[str]]) -> list[Row]:
    """Whether pairs are true as often as their scores say."""
    own = [pair for pair in pairs if pair.kind == kind]
    rows = [plain(f"{kind}, Brier score", _corpus.brier(own, clusters), "", f"{len(own):,} pairs")]
    for each in _corpus.reliability(own, clusters):
        note = f"of {each.pairs:,} pairs, said {each.score:.4f}"
        rows.append(plain(f"{kind}, score {each.what}: true", each.true, "", note))
    return rows


def _told(what: str, found: _corpus.Measured) -> list[Row]:
    note = f"precision {found.precision:.4f}, recall {found.recall:.4f}, {found.true:,} pairs"
    return [Row(f"F1, {what}", f"{found.f1:.4f}", note=note)]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, help="of the world: not used")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--harder", type=float, default=1.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(Path(folder), asked.people, asked.seed, harder(asked.harder))
    finish("identity_zh", rows)


if __name__ == "__main__":
    main()
