"""A small world for the queries of the cookbook, written through the store: a registry, the tax
office, a bank and a wallet service that know the same companies, accounts and phones, a correction
that came later, and others around them who have nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import pytest
from stdnum.cn import uscc

from graph.facts import Normaliser
from graph.store import Store, open_store
from graph.times import parse_time

if TYPE_CHECKING:
    from tests.neo4j_server.served import Served

Fact = dict[str, Any]
CROWD: Final = 400  # companies of the others, each held by the one before
CALLERS: Final = 30  # of them, on one phone


def code(number: int) -> str:
    """A well-formed credit code."""
    body = f"91350100MA{number:07}"
    return body + str(uscc.calc_check_digit(body))


U1: Final = "91350100M000100Y43"
U2, U3 = code(2), code(3)
C1, C2, C3 = (f"cn:uscc:{each}" for each in (U1, U2, U3))


class Batch(NamedTuple):
    """What is written at once."""

    dataset: str
    file: str
    moment: str
    facts: list[Fact]


def _one(kind: str, ident: str, name: str, **more: Any) -> Fact:
    return {"kind": kind, "id": ident, "name": name, **more}


def _tie(kind: str, ident: str, a: str, b: str, **more: Any) -> Fact:
    return {"kind": kind, "id": ident, "from": a, "to": b, **more}


def _paid(ident: str, a: str, b: str, amount: str, at: str) -> Fact:
    return _tie("transfer", ident, a, b, amount=amount, at=f"{at}:00+08:00")


def _billed(ident: str, a: str, b: str, amount: str, at: str, status: str = "issued") -> Fact:
    return _tie("invoice", ident, a, b, amount=amount, at=at, goods="1070101", status=status)


def crowd(prefix: str) -> list[Fact]:
    """Others, who have nothing to do with the rest but for one phone that everybody calls."""
    found = [_one("company", f"{prefix}{i}", f"他人{prefix}{i}") for i in range(CROWD)]
    found += [
        _tie("shareholder", f"{prefix}s{i}", f"{prefix}{i}", f"{prefix}{i + 1}", share="0.5")
        for i in range(CROWD - 1)
    ]
    found.append({"kind": "phone", "id": f"{prefix}t", "keys": {"e164": "02112345678"}})
    found += [_tie("uses_phone", f"{prefix}u{i}", f"{prefix}{i}", f"{prefix}t")
              for i in range(CALLERS)]  # fmt: skip
    return found


REGISTRY: Final = [
    _one("company", "c1", "甲贸易有限公司", keys={"uscc": U1}, valid_from="2015-03-01"),
    _one("company", "c2", "乙实业有限公司", keys={"uscc": U2}),
    _one("company", "c3", "丙投资有限公司", keys={"uscc": U3}),
    _one("company", "c4", "丁商贸有限公司", valid_from="2017-01-01", valid_to="2023-01-01"),
    _one("person", "p1", "张三"),
    _one("person", "p2", "李四"),
    _one("person", "p3", "王五"),
    _tie("shareholder", "s1", "p1", "c1", share="0.6", valid_from="2015-03-01"),
    _tie("shareholder", "s2", "c2", "c1", share="0.4", valid_from="2016-01-01"),
    _tie("shareholder", "s3", "p2", "c2", share="0.5"),
    _tie("shareholder", "s4", "c3", "c2", share="0.3"),
    _tie("shareholder", "s5", "p3", "c3", share="0.8"),
    _tie("shareholder", "s6", "p1", "c4", share="1"),
    _tie("shareholder", "s7", "c1", "c3", share="0.1"),
    _tie("legal_representative", "l1", "p1", "c1", valid_from="2015-03-01", valid_to="2020-01-01"),
    _tie("legal_representative", "l2", "p2", "c1", valid_from="2020-01-01"),
    _tie("officer", "o1", "p3", "c1", role="监事", valid_from="2019-01-01"),
]
TAX: Final = [
    _one("company", "t1", "甲贸易公司", keys={"uscc": U1}, valid_from="2015-03-02"),
    _one("company", "t2", "乙实业有限公司", keys={"uscc": U2}),
    _one("company", "t5", "戊科技有限公司"),
    _one("person", "u1", "赵六"),
    _tie("shareholder", "h1", "u1", "t2", share="0.2"),
    _billed("i1", "t1", "t2", "100000.00", "2024-01-05"),
    _billed("i2", "t2", "t5", "99000.00", "2024-01-08"),
    _billed("i3", "t5", "t1", "98000.00", "2024-01-12"),
    _billed("i4", "t5", "t1", "50000.00", "2024-01-04"),  # before the rest
    _billed("i5", "t5", "t1", "98000.00", "2024-01-20", "void"),
    _billed("i6", "t2", "t5", "-99000.00", "2024-01-25", "red"),
]
BANK: Final = [
    *(_one("account", f"a{i}", f"账户{i}", keys={"account": f"6222000{i}"}) for i in range(1, 5)),
    _one("person", "q1", "张三"),
    _one("person", "q2", "孙七"),
    {"kind": "phone", "id": "f1", "keys": {"e164": "13800000001"}},
    _one("device", "v1", "手机"),
    _tie("uses_phone", "b1", "q1", "f1"),
    _tie("uses_phone", "b2", "q2", "f1"),
    _tie("uses_phone", "b3", "q1", "others:nt"),
    _tie("uses_device", "b4", "q2", "v1"),
    _tie("holds_account", "b5", "q1", "a1"),
    _paid("x1", "a1", "a2", "5000.00", "2024-02-01T10:00"),
    _paid("x2", "a2", "a3", "4900.00", "2024-02-02T10:00"),
    _paid("x3", "a3", "a1", "4800.00", "2024-02-03T10:00"),
    _paid("x4", "a2", "a3", "50.00", "2024-02-02T11:00"),
    _paid("x5", "a3", "a4", "100.00", "2024-02-04T10:00"),
    _paid("x6", "a2", "a1", "10.00", "2024-01-15T10:00"),
    _paid("x7", "a3", "a1", "70.00", "2024-07-01T10:00"),
]
WALLET: Final = [
    _one("account", "w2", "钱包2", keys={"account": "62220002"}),  # the bank's a2
    _one("account", "w3", "钱包3"),
    _one("person", "r1", "周八"),
    {"kind": "phone", "id": "g1", "keys": {"e164": "+86 138-0000-0001"}},  # the bank's f1
    _tie("uses_phone", "k1", "r1", "g1"),
    _tie("uses_device", "k2", "r1", "bank:v1"),
    _paid("y1", "w2", "w3", "4950.00", "2024-02-02T12:00"),
    _paid("y2", "w3", "bank:a1", "4900.00", "2024-02-05T10:00"),
]
FIXES: Final = [
    _tie("shareholder", "s2", "c2", "c1", share="0.35", valid_from="2016-01-01"),
    {"kind": "retract", "id": "o1"},
    _tie("same_as", "j1", "p1", "bank:q1", score="0.97", by="desk"),
    _tie("same_as", "j2", "p3", "bank:q2", score="0.6", by="program"),
    _tie("not_same_as", "j3", "p3", "bank:q2", by="desk"),
    _tie("same_as", "j4", "c1", "c3", score="0.6", by="program"),  # two credit codes: refused
]
LISTS: Final = [
    {"kind": "listing", "id": "b1", "subject": "reg:c1", "list": "black", "domain": "tax",
     "authority": "税务局", "decided_on": "2022-01-05", "until": "2025-01-05",
     "status": "active"},
    {"kind": "listing", "id": "b2", "subject": "reg:c2", "list": "black",
     "decided_on": "2020-01-01", "until": "2023-01-01", "status": "lifted"},
    {"kind": "listing", "id": "b3", "subject": "reg:c3", "list": "red",
     "decided_on": "2020-01-01"},
]  # fmt: skip
BATCHES: Final = [
    Batch("others", "others.jsonl", "2023-12-01T09:00:00+08:00", crowd("n")),
    Batch("reg", "registry.jsonl", "2024-01-10T09:00:00+08:00", REGISTRY),
    Batch("tax", "tax.jsonl", "2024-02-10T09:00:00+08:00", TAX),
    Batch("bank", "bank.jsonl", "2024-03-10T09:00:00+08:00", BANK),
    Batch("pay", "wallet.jsonl", "2024-03-20T09:00:00+08:00", WALLET),
    Batch("reg", "corrections.jsonl", "2024-05-10T09:00:00+08:00", FIXES),
    Batch("lists", "lists.jsonl", "2024-05-20T09:00:00+08:00", LISTS),
]


def write(store: Store, batch: Batch) -> None:
    """Record a batch; nothing of it may be refused."""
    normaliser = Normaliser(batch.dataset, store.id_key)
    rows = [normaliser.row(fact, line) for line, fact in enumerate(batch.facts, 1)]
    written = store.write(
        f"{batch.file}/0", rows, file=(batch.file, "00ff"), recorded_at=parse_time(batch.moment)
    )
    assert not written.rejected, written.rejected


def address(server: Served) -> str:
    """The server as a store's address."""
    if server.auth is None:
        return server.uri
    user, password = (quote(part, safe="") for part in server.auth)
    return server.uri.replace("://", f"://{user}:{password}@")


def sampled(server: Served) -> None:
    """Have the server know what it holds, as after a while it does by itself: it plans by that."""
    with server.driver.session() as session:
        session.run("CALL db.prepareForReplanning(60)").consume()


@contextmanager
def new_store(server: Served, keys: Path) -> Iterator[Store]:
    """An empty store on the server, whose key lies in a folder."""
    server.clean(keep_schema=True)
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.setenv("LINKRISK_KEYS", str(keys))
        surroundings.delenv("LINKRISK_ID_KEY", raising=False)
        store = open_store(address(server), create=True)
    try:
        yield store
    finally:
        store.close()
