"""A small world with facts of every domain, and identifiers to look for."""

from __future__ import annotations

from typing import Any

RESIDENT = "11010519491231002X"
PHONE = "13800138000"
CARD = "6222021234567890128"
ACCOUNT = "110912345678901"
USCC = "91350100M000100Y43"
SECRETS = (RESIDENT, PHONE, CARD, ACCOUNT)

FACTS: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "甲公司", "keys": {"uscc": USCC}},
    {"kind": "company", "id": "c2", "name": "乙公司"},
    {"kind": "person", "id": "p1", "name": "张三", "keys": {"resident_id": RESIDENT},
     "attrs": {"note": f"身份证 {RESIDENT}, 手机 {PHONE}"}},
    {"kind": "phone", "id": "t1", "keys": {"e164": PHONE}},
    {"kind": "phone", "id": "t2"},
    {"kind": "account", "id": "a1", "keys": {"account": ACCOUNT}},
    {"kind": "account", "id": "a2", "keys": {"account": CARD}, "attrs": {"type": "card"}},
    {"kind": "address", "id": "d1", "text": "北京市朝阳区某路1号"},
    {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": "0.51"},
    {"kind": "shareholder", "id": "s2", "from": "c1", "to": "c2", "share": "0.6"},
    {"kind": "legal_representative", "id": "l1", "from": "p1", "to": "c2"},
    {"kind": "located_at", "id": "at1", "from": "c1", "to": "d1"},
    {"kind": "located_at", "id": "at2", "from": "a1", "to": "d1"},
    {"kind": "uses_phone", "id": "u1", "from": "p1", "to": "t1"},
    {"kind": "uses_phone", "id": "u2", "from": "a1", "to": "t1"},
    {"kind": "call", "id": "k1", "from": "t1", "to": "t2", "at": "2021-01-01T10:00:00"},
    {"kind": "holds_account", "id": "h1", "from": "c1", "to": "a1"},
    {"kind": "transfer", "id": "m1", "from": "a1", "to": "a2", "amount": "5", "at": "2021-03-04"},
    {"kind": "transfer", "id": "m2", "from": "a2", "to": "a1", "amount": "5", "at": "2021-03-05"},
    {"kind": "invoice", "id": "i1", "from": "c1", "to": "c2", "amount": "113000.00",
     "goods": "1070101", "at": "2021-05-01", "status": "issued"},
    {"kind": "listing", "id": "b1", "subject": "c1", "list": "black", "domain": "tax",
     "decided_on": "2022-01-05", "until": "2035-01-05", "status": "active"},
    {"kind": "listing", "id": "b2", "subject": "c1", "list": "black", "domain": "judgment",
     "decided_on": "2022-01-06", "until": "2035-01-06", "status": "active"},
]  # fmt: skip
