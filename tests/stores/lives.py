"""A store that has seen everything: corrections, retractions, ends, undone loads, many datasets,
identifiers wherever they can stand. And what is compared of two stores.
"""

from __future__ import annotations

from typing import Any, Final, cast

from graph.facts import Normaliser
from graph.snapshot import open_snapshot
from graph.store import Store, Written
from graph.stores.copying import Copying
from graph.times import format_instant
from tests.neo4j_server.served import Served
from tests.stores.contract import Fact, company, listing, person, share

USCC: Final = "91350100M000100Y43"
RESIDENT: Final = "11010519491231002X"
MOBILE: Final = "13800138000"
ACCOUNT: Final = "6222020200112233"
PASSWORD: Final = "correct-horse-battery"
HOUR: Final = 3_600_000_000
START: Final = 1_700_000_000_000_000


def use_phone(ident: str, **more: Any) -> Fact:
    """Somebody's phone, with words about it."""
    return {"kind": "uses_phone", "id": ident, "from": "p1", "to": "t1", **more}


FIRST: Final = [
    company("c1", keys={"uscc": USCC}),
    company("c2", keys={"uscc": "not a code"}, valid_from="2012-01-01"),
    person("p1", keys={"resident_id": RESIDENT}, attrs={"phone": MOBILE}),
    person("p2", keys={"resident_id": "110105194912310021"}),  # its check digit is wrong
    {"kind": "phone", "id": "t1", "keys": {"e164": MOBILE}},
    {"kind": "account", "id": "a1", "keys": {"account": ACCOUNT}},
    share("s1", "p1", "c1", "0.333333333333333333", votes="0.4"),
    share("s2", "c1", "c2"),
    listing("l1", "c1", decided_on="2021-01-01"),
    use_phone("u1", attrs={"note": f"call {MOBILE}"}),
]
SECOND: Final = [
    company("c1", name="另一个名字", keys={"uscc": USCC}),
    {"kind": "phone", "id": MOBILE, "keys": {"e164": MOBILE}},
    person(RESIDENT, name="李四", keys={"resident_id": RESIDENT}),
    {"kind": "uses_phone", "id": f"u-{RESIDENT}", "from": RESIDENT, "to": MOBILE},
    {"kind": "officer", "id": f"o-{MOBILE}", "from": RESIDENT, "to": "c1", "role": "董事"},
    listing(f"l-{RESIDENT}", RESIDENT, basis=f"身份证 {RESIDENT}"),
]


class Life:
    """Writes to a store, an hour apart."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.moment = START

    def write(self, facts: list[Fact], batch: str, dataset: str = "d", **more: Any) -> Written:
        """Record a batch."""
        normaliser = Normaliser(dataset, self.store.id_key)
        rows = [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]
        self.moment += HOUR
        return self.store.write(batch, rows, recorded_at=self.moment, **more)

    def begin(self) -> None:
        """Six batches, and a dataset nothing of which was accepted."""
        write, versioned = self.write, {"dataset": "d"}
        write(FIRST, "first", file=("reg.jsonl", "00ff"))
        write(SECOND, "second", "另一 dataset", file=("reg.jsonl", "11ee"), settled=False)
        assert write([share("s9", "nobody", "c1")], "refused", "rejected").batch is None
        write([share("s1", "p1", "c1", "0.6"), share("s9", "nobody", "c1")], "corrected")
        write([{"kind": "retract", "id": "l1"},
               {"kind": "close", "id": "s2", "valid_to": "2024-01-01"}], "ended")  # fmt: skip
        write([company("c3", name="二", source={**versioned, "version": "2"}),
               company("c3", name="三", source={**versioned, "version": "3"})],
              "versions", "third")  # fmt: skip
        write([company("c4"), share("s4", "c4", "c4"),
               {"kind": "same_as", "id": "j1", "from": "c4", "to": "c2"}], "judged")  # fmt: skip
        self.store.settle(["corrected"])

    def undo(self) -> None:
        """Undo a batch, undo that, undo another one and send its id again."""
        self.store.undo("ended")
        self.store.undo(f"undo:{self.number('ended#undone')}")
        self.store.undo("judged")
        self.write([company("c5"), share("s5", "c5", "c1")], "judged", "fifth")

    def number(self, beginning: str) -> int:
        """The number of the batch whose id begins so."""
        (found,) = [b.no for b in self.store.batches() if b.id.startswith(beginning)]
        return found


def names(store: Store) -> list[str]:
    """The snapshot's name after every batch, and now."""
    moments = [format_instant(info.recorded_at) for info in store.batches()]
    return [open_snapshot(store, at).name for at in moments] + [open_snapshot(store).name]


def whole(store: Store) -> dict[str, Any]:
    """All that a copy has in common with what it was made from."""
    return {
        "facts": list(store.facts()),
        "batches": store.batches(),
        "heads": cast(Copying, store).heads(),
        "key": store.id_key,
        "names": names(store),
        "bearers": store.bearers(f"cn:uscc:{USCC}"),
    }


def with_password(served: Served, url: str) -> str:
    """The server's address with a password in it, its own where it asks for one."""
    user, password = served.auth or ("neo4j", PASSWORD)
    return url.replace("://", f"://{user}:{password}@")
