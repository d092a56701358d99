"""Worlds to send out and take in again, and a comparison that knows nothing of the exports."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from api.export import Asked, folder, lines, stream
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from ingest.load import load
from ingest.writers import Tally
from tests.algorithms.small_world import entities, relations

Fact = dict[str, Any]
RESIDENT = "11010519491231002X"
MOBILE = "13800138000"
CARD = "6222020200112230006"
USCC = "91110000MA0000001L"


def awkward() -> list[Fact]:
    """Facts with what formats stumble over: fine times and shares, odd ids, keys, lists, markup."""
    source = {"dataset": "税务 局", "file": "名单 <1>.xlsx", "record": "表!7", "version": "3"}
    return [
        {"kind": "company", "id": "统 1/甲&乙", "name": "甲 \"乙\" <丙> & 'x'", "source": source,
         "keys": {"uscc": USCC}, "valid_from": "2015-03-01", "valid_to": "2022-06-30",
         "attrs": {"form": "机关法人", "jurisdiction": "CN", "alternate_names": ["Jia", "甲"],
                   "deep": {"a": [1, 2.5, None, True]}}},
        {"kind": "company", "id": "k2", "name": "  two  spaces ", "keys": {"uscc": "123"},
         "valid_from": "2015-03-01T10:20:30.123456+08:00"},
        {"kind": "company", "id": "k3", "attrs": {"form": "state_organ", "status": "存续"}},
        {"kind": "person", "id": "q1", "name": "张三", "keys": {"resident_id": RESIDENT},
         "attrs": {"birth_date": "1949-12", "gender": "male", "nationalities": ["CN", "USA!"]},
         "valid_to": "2020-02-29"},
        {"kind": "person", "id": "q2", "name": "张三"},
        {"kind": "account", "id": "b1", "keys": {"account": CARD}, "valid_from": "2001-01-01",
         "attrs": {"type": "card", "bank": "工商银行"}},
        {"kind": "account", "id": "b2"},
        {"kind": "phone", "id": "f1", "keys": {"e164": MOBILE}},
        {"kind": "address", "id": "o1", "text": "北京市\n海淀区, 1 号"},
        {"kind": "shareholder", "id": "h1", "from": "q1", "to": "k2", "share": "0.5100",
         "votes": "0.333333333333333333333333333333", "valid_to": "2021-06-30T00:00:01+08:00",
         "amount": "100.00", "currency": "USD", "attrs": {"beneficial": True}},
        {"kind": "shareholder", "id": "h2", "from": "q2", "to": "k2", "share_min": "0.25",
         "share_max": "0.5", "attrs": {"share_max_exclusive": True}},
        {"kind": "shareholder", "id": "h3", "from": "k3", "to": "k2", "share": "1",
         "valid_from": "2015-03-01", "valid_to": "2021-06-30", "source": source},
        {"kind": "officer", "id": "o7", "from": "q1", "to": "k2"},
        {"kind": "officer", "id": "o8", "from": "q1", "to": "k2", "role": "boardMember"},
        {"kind": "controller", "id": "x1", "from": "q1", "to": "k2", "basis": "trustee"},
        {"kind": "controller", "id": "x2", "from": "q1", "to": "k2", "role": "幕后"},
        {"kind": "nominee", "id": "m1", "from": "k3", "to": "q1", "basis": "代持协议"},
        {"kind": "nominee", "id": "m2", "from": "q2", "to": "k3"},
        {"kind": "holds_account", "id": "ha1", "from": "b1", "to": "b2"},
        {"kind": "holds_account", "id": "ha2", "from": "q1", "to": "b1"},
        {"kind": "transfer", "id": "tr1", "from": "b1", "to": "b2", "amount": "1234",
         "currency": "JPY", "at": "2021-03-04T23:59:59.999999+08:00", "channel": "柜台"},
        {"kind": "same_as", "id": "sa", "from": "q2", "to": "q1", "score": "0.95", "by": "李四"},
        {"kind": "guardian", "id": "gu", "from": "q1", "to": "q2", "role": "父亲"},
        {"kind": "not_same_as", "id": "ns", "from": "k2", "to": "k3"},
        {"kind": "located_at", "id": "la", "from": "k2", "to": "o1"},
        {"kind": "listing", "id": "li1", "subject": "k2", "list": "black", "domain": "tax",
         "authority": "税务局", "basis": "第七条", "decided_on": "2022-01-05",
         "until": "2025-01-05", "status": "active", "attrs": {"number": "[2022] 1"}},
        {"kind": "listing", "id": "li2", "subject": "q1", "list": "red", "basis": "表彰",
         "decided_on": "2022-01-05"},
        {"kind": "listing", "id": "li3", "subject": "k2", "list": "abnormal", "status": "lifted",
         "valid_from": "2020-01-01", "valid_to": "2020-02-01", "decided_on": "2019-12-31"},
    ]  # fmt: skip


def world() -> list[Fact]:
    """An example of every kind, with the awkward ones."""
    return entities() + relations() + awkward()


def fill(url: str, facts: Iterable[Fact], dataset: str = "d") -> str:
    """A store of facts."""
    store = open_store(url, create=True)
    normaliser = Normaliser(dataset, store.id_key, "world.jsonl")
    written = store.write("b1", [normaliser.row(fact, n) for n, fact in enumerate(facts, 1)])
    assert not written.rejected, written.rejected
    store.close()
    return url


def native_of(url: str) -> list[Fact]:
    """Everything current in a store, in the native shape."""
    with Session(url) as session:
        return [orjson.loads(line) for line in lines(session, masked=False)]


def export(url: str, form: str, out: Path, **asked: Any) -> Fact:
    """An export into a file or folder, and its report."""
    wanted = Asked(**{"masked": False, **asked})
    with Session(url) as session:
        if form == "parquet":
            return folder(session, form, wanted, out)
        tally, held = Tally(), io.BytesIO()
        for part in stream(session, form, wanted, tally):
            held.write(part)
        out.write_bytes(held.getvalue())
        return tally.report(form)


def take_in(url: str, path: Path, form: str, dataset: str | None = None) -> Fact:
    """What a new store holds after a file was loaded, as its receipt; nothing was refused."""
    store = open_store(url, create=True)
    try:
        receipt = load(store, [path], format=form, dataset=dataset)
        refused = Path(receipt.quarantine).read_text("utf-8") if receipt.quarantine else ""
        assert receipt.quarantined == 0, refused
        return {"read": receipt.read, "loaded": receipt.loaded}
    finally:
        store.close()


def differences(before: list[Fact], after: list[Fact]) -> Counter[tuple[str, str]]:
    """Per kind: what is missing (`*`), what was not there (`+`), and each field that differs."""

    def by_name(facts: list[Fact]) -> dict[tuple[str, str, str], Fact]:
        return {(f["kind"], f["source"]["dataset"], f["id"]): f for f in facts}

    first, second = by_name(before), by_name(after)
    assert (len(first), len(second)) == (len(before), len(after))
    found: Counter[tuple[str, str]] = Counter()
    for name, fact in first.items():
        other = second.get(name)
        if other is None:
            found[name[0], "*"] += 1
            continue
        for field in fact.keys() | other.keys():
            if fact.get(field) != other.get(field):
                found[name[0], field] += 1
    for name in second.keys() - first.keys():
        found[name[0], "+"] += 1
    return found
