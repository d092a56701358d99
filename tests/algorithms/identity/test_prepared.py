"""What was prepared by an earlier run changes no answer: random batches, each looked at with what
was kept and without."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from algorithms.identity.database import database
from algorithms.identity.prepared import COLUMNS, Prepared, Records
from algorithms.identity.resolving import resolve
from algorithms.identity.shape import BY, KINDS, Model, ResolveParams
from algorithms.identity.standing import standing
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from tests.algorithms.identity.worlds import IDS, Fact, Loading, judged, loading

USCC = ("91350100M000100Y43", "91110000MA0000001L")


MADE = (
    "person", "person", "person", "company", "phone", "address", "uses_phone", "uses_phone",
    "uses_phone", "located_at", "located_at", "officer", "officer", "same_as", "not_same_as",
)  # fmt: skip


class Random:
    """Batches of records that come, are corrected and retracted, with what relations say of them.
    There are few of everything, so that all is shared, by five or more of them now and then."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)
        self.there: dict[str, Fact] = {}
        self.no = 0

    def batch(self, size: int) -> list[Fact]:
        if not self.there:
            self.there["p0"] = self._record("person", "p0")
            return [self.there["p0"], *self._batch(size, first=True)]
        return self._batch(size)

    def _batch(self, size: int, *, first: bool = False) -> list[Fact]:
        facts = {fact["id"]: fact for fact in (self._fact(first) for _ in range(size))}
        return list(facts.values())

    def _fact(self, first: bool) -> Fact:
        chance = 1.0 if first else self.pick.random()
        old = self._one(self.pick.choice(sorted({fact["kind"] for fact in self.there.values()})))
        if chance < 0.12 and old and len(self.there) > 9:
            del self.there[old]
            return {"kind": "retract", "id": old}
        if chance < 0.6 and old:
            kind, ident = self.there[old]["kind"], old
        else:
            kind = self.pick.choice(MADE)
            self.no += 1
            ident = f"{kind[:2]}{self.no}"
        fact = self._made(kind, ident) or self._made("person", f"pe{self.no}")
        assert fact is not None
        self.there[fact["id"]] = fact
        return fact

    def _one(self, *kinds: str) -> str | None:
        found = [ident for ident, fact in sorted(self.there.items()) if fact["kind"] in kinds]
        return self.pick.choice(found) if found else None

    def _made(self, kind: str, ident: str) -> Fact | None:
        pick = self.pick
        if kind in ("person", "company"):
            return self._record(kind, ident)
        if kind == "phone":
            number = f"+86138000000{pick.randrange(12):02}"
            return {
                "kind": kind,
                "id": ident,
                "keys": {"e164": number} if pick.random() < 0.8 else {},
            }
        if kind == "address":
            return {"kind": kind, "id": ident, "text": f"成都市武侯区人民南路{pick.randrange(4)}号"}
        ends = {
            "uses_phone": (("person", "company"), ("phone",)),
            "located_at": (("person", "company"), ("address",)),
            "officer": (("person",), ("company",)),
        }.get(kind, (("person", "phone"), ("person", "phone")))
        one, other = (self._one(*end) for end in ends)
        if one is None or other is None or one == other:
            return None
        if kind in ("same_as", "not_same_as"):
            return judged(kind, ident, one, other, pick.choice(["王警官", f"{BY} m"]))
        begins, until = sorted(pick.sample(range(2000, 2020), 2))
        return {
            "kind": kind, "id": ident, "from": one, "to": other, "valid_from": f"{begins}-01-01",
            "valid_to": f"{until}-01-01" if pick.random() < 0.5 else None,
        }  # fmt: skip

    def _record(self, kind: str, ident: str) -> Fact:
        pick = self.pick
        attrs: dict[str, Any] = {"birth_date": f"19{pick.randrange(70, 74)}-01-02"}
        if pick.random() < 0.5:
            attrs["phone"] = [f"1390000000{n}" for n in pick.sample(range(6), 2)]
        if pick.random() < 0.5:
            attrs["email"] = f"u{pick.randrange(6)}@x.cn"
        if pick.random() < 0.3:
            attrs["address"] = f"四川省成都市武侯区人民南路{pick.randrange(4)}号3栋"
        names = ("欧阳文静", "歐陽文靜", "欧阳静", "司徒建国", "王伟")
        firms = ("成都蜀江科技有限公司", "成都蜀江贸易有限公司", "蜀江科技有限公司")
        keys = (
            {"resident_id": pick.choice(IDS)} if kind == "person" else {"uscc": pick.choice(USCC)}
        )
        return {
            "kind": kind, "id": ident, "name": pick.choice(names if kind == "person" else firms),
            "attrs": attrs, "keys": keys if pick.random() < 0.3 else {},
            "valid_from": f"20{pick.randrange(10, 20)}-01-01" if pick.random() < 0.5 else None,
        }  # fmt: skip


def _same(snapshot: Snapshot, kind: str, kept: Prepared | None) -> Prepared:
    """What is prepared with what was kept, which is what is prepared without."""
    decided = standing(snapshot)
    with database() as con:
        with_it = Records(con, snapshot, kind, decided, kept)
        without = Records(con, snapshot, kind, decided)
        rows = without.whole()
        assert with_it.n == len(rows)
        for name in COLUMNS:  # one by one, to see which
            assert with_it.whole()[name].to_pylist() == rows[name].to_pylist(), name
        some = np.arange(with_it.n)[::-3].copy()
        assert with_it.take(some).to_pylist() == rows.take(some).to_pylist()
        found, wanted = with_it.prepared(), without.prepared()
    assert np.array_equal(found.keys, wanted.keys)
    assert sorted(zip(found.keys.tolist(), found.at.tolist(), strict=True)) == sorted(
        zip(wanted.keys.tolist(), wanted.at.tolist(), strict=True)
    )
    assert found.sizes.tolist() == wanted.sizes.tolist()
    return found


def _compared(seed: int, steps: int) -> None:
    world, kept = Random(seed), dict[str, Prepared]()
    with loading() as store:
        _write(store, world.batch(90))
        for step in range(steps):
            snapshot = _write(store, world.batch(12))
            for kind in KINDS:
                found = _same(snapshot, kind, kept.get(kind))
                if step % 3 == 0:  # else several batches came since
                    kept[kind] = found


def test_what_was_kept_and_what_came_since_is_what_is_there() -> None:
    _compared(seed=5, steps=3)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20))
def test_so_it_is_whatever_came(seed: int) -> None:
    _compared(seed, steps=12)


class Kept(dict[str, Prepared]):
    """Keeps what was prepared, in memory."""

    def put(self, kind: str, prepared: Prepared) -> None:
        self[kind] = prepared


def test_it_is_no_use_to_another_store() -> None:
    with loading() as one, loading() as other:
        kept = _same(_write(one, Random(1).batch(9)), "person", None)
        _same(_write(other, Random(2).batch(9)), "person", kept)


def _looked_at(seed: int, steps: int, kinds: list[str]) -> None:
    """Runs after each batch, with what the first prepared: what they left to say is nothing, and
    what they judged has the scores that a whole run gives it."""
    world, kept, params = Random(seed), Kept(), ResolveParams(kinds=kinds, review=0.1, accept=0.9)
    models: list[Model] = []
    joined = 0
    with loading() as store:
        before = _write(store, world.batch(90))
        since = None
        for _ in range(steps):
            part = resolve(before, structs.replace(params, since=since), models, kept)
            models, since = part.models, str(part.upto)
            whole = resolve(before, params, models)
            of_part = [pair for pair in whole.judgements if pair in part.judgements]
            assert of_part == part.judgements
            assert (part.added, part.withdrawn) == (whole.added, whole.withdrawn)
            assert all(pair in whole.review for pair in part.review)
            said = [judged("same_as", f"{p.a}={p.b}", p.a, p.b, f"{BY} m") for p in part.added]
            joined += len(said)
            store.store.write(f"m{store.store.last_batch()}", [
                *(Normaliser("resolve", store.store.id_key).row(fact) for fact in said),
                *(Normaliser("resolve", store.store.id_key).row(
                    {"kind": "retract", "id": name.partition(":")[2]}) for name in part.withdrawn),
            ])  # fmt: skip
            before = _write(store, world.batch(8))
    assert joined


def test_a_run_with_what_was_kept_is_a_whole_run_of_what_it_looked_at() -> None:
    _looked_at(seed=1, steps=2, kinds=["person"])


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20))
def test_so_is_any_run(seed: int) -> None:
    _looked_at(seed, steps=6, kinds=[*KINDS])


def _write(store: Loading, facts: list[Fact]) -> Snapshot:
    """Record a batch; what the store refuses of it (an end that was never there) does not come."""
    normaliser = Normaliser("d", store.store.id_key)
    rows = [normaliser.row(fact) for fact in facts]
    written = store.store.write(f"r{store.store.last_batch()}", rows)
    assert written.loaded
    return open_snapshot(store.store)
