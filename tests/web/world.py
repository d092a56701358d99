"""A small world for the page: a group of companies, a phone that 250 people use, a money cycle."""

from __future__ import annotations

from typing import Any, Final

USCC: Final = "91350100M000100Y43"  # the worked example of GB 32100-2015
RESIDENT: Final = "11010519491231002X"  # the worked example of GB 11643-1999
PHONE: Final = "13800138000"
USERS: Final = 250

Fact = dict[str, Any]


def _transfer(k: int, source: str, target: str, amount: str, at: str) -> Fact:
    return {
        "kind": "transfer", "id": f"x{k}", "from": source, "to": target, "amount": amount,
        "currency": "CNY", "at": at,
    }  # fmt: skip


FACTS: Final[list[Fact]] = [
    {
        "kind": "company", "id": "c1", "name": "福州明诚科技有限公司", "keys": {"uscc": USCC},
        "attrs": {"form": "有限责任公司", "capital": "5000000.00"}, "valid_from": "2015-03-01",
    },
    {"kind": "company", "id": "c2", "name": "厦门和顺商贸有限公司", "valid_from": "2016-01-01"},
    {"kind": "company", "id": "c3", "name": "泉州远航物流有限公司", "valid_from": "2018-05-01"},
    {"kind": "person", "id": "p1", "name": "张伟", "keys": {"resident_id": RESIDENT}},
    {"kind": "person", "id": "p2", "name": "王丽"},
    {"kind": "person", "id": "p3", "name": "陳志強"},
    {"kind": "phone", "id": "t1", "keys": {"e164": PHONE}},
    {"kind": "address", "id": "d1", "text": "福州市鼓楼区五四路1号"},
    {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": "0.51",
     "valid_from": "2015-03-01"},
    {"kind": "shareholder", "id": "s2", "from": "p2", "to": "c1", "share": "0.49",
     "valid_from": "2015-03-01", "valid_to": "2021-06-30"},
    {"kind": "shareholder", "id": "s3", "from": "c1", "to": "c2", "share": "0.6",
     "valid_from": "2016-01-01"},
    {"kind": "shareholder", "id": "s4", "from": "c2", "to": "c3", "share": "0.8",
     "valid_from": "2018-05-01"},
    {"kind": "legal_representative", "id": "l1", "from": "p2", "to": "c1",
     "valid_from": "2015-03-01", "valid_to": "2020-01-01"},
    {"kind": "legal_representative", "id": "l2", "from": "p1", "to": "c1",
     "valid_from": "2020-01-01"},
    {"kind": "uses_phone", "id": "u1", "from": "p1", "to": "t1"},
    {"kind": "uses_phone", "id": "u3", "from": "p3", "to": "t1"},
    {"kind": "located_at", "id": "o1", "from": "c1", "to": "d1"},
    {"kind": "located_at", "id": "o3", "from": "c3", "to": "d1"},
    {
        "kind": "listing", "id": "b1", "subject": "c1", "list": "black", "domain": "tax",
        "authority": "福州市税务局", "decided_on": "2022-01-05", "until": "2028-01-05",
        "status": "active",
    },
    *({"kind": "account", "id": f"a{k}"} for k in range(1, 5)),
    *({"kind": "holds_account", "id": f"h{k}", "from": holder, "to": f"a{k}"}
      for k, holder in enumerate(("c1", "c2", "c3", "p3"), 1)),
    _transfer(1, "a1", "a2", "100000.00", "2021-03-01T09:00:00+08:00"),
    _transfer(2, "a2", "a3", "98000.00", "2021-03-02T10:00:00+08:00"),
    _transfer(3, "a3", "a4", "96500.00", "2021-03-03T11:00:00+08:00"),
    _transfer(4, "a4", "a1", "95000.00", "2021-03-04T12:00:00+08:00"),
]  # fmt: skip

# A phone of 250 people: a hub.
HUB: Final[list[Fact]] = [
    {"kind": "phone", "id": "t9", "keys": {"e164": "13900139000"}},
    *({"kind": "person", "id": f"q{k}", "name": f"用户{k}"} for k in range(USERS)),
    *({"kind": "uses_phone", "id": f"v{k}", "from": f"q{k}", "to": "t9"} for k in range(USERS)),
]

# What came to be known later: c3 has an officer.
LATER: Final[list[Fact]] = [
    {"kind": "officer", "id": "f1", "from": "p2", "to": "c3", "role": "监事",
     "valid_from": "2019-01-01"},
]  # fmt: skip

# What the monitor watches, from load to load: each is looked at as of its day, and everything is
# over by the end of 2023, so that it stands in nobody's way today.
WATCHED_UNTIL: Final = "2023-12-31"


def _firm(name: str, called: str, capital: str) -> Fact:
    return {"kind": "company", "id": name, "name": called, "attrs": {"capital": capital}}


def _penalty(name: str, since: str, until: str = WATCHED_UNTIL) -> Fact:
    return {"kind": "listing", "id": f"b{name}", "subject": name, "list": "penalty",
            "domain": "market", "valid_from": since, "valid_to": until,
            "status": "active"}  # fmt: skip


def _surety(name: str, source: str, target: str, since: str) -> Fact:
    return {"kind": "guarantee", "id": name, "from": source, "to": target, "valid_from": since,
            "valid_to": WATCHED_UNTIL}  # fmt: skip


WATCHED: Final[list[tuple[str, list[Fact]]]] = [
    ("2023-03-31", [
        _firm("k1", "三明甲辰竹业", "100"), _firm("k2", "三明乙巳竹业", "100"),
        _firm("k3", "南平丙午茶业", "500"), _firm("k4", "南平丁未茶业", "100"),
        _penalty("k1", "2023-01-05"), _penalty("k2", "2023-01-05"),
        _penalty("k3", "2023-02-01"), _penalty("k4", "2023-02-01"),
        _surety("g1", "k1", "k2", "2023-01-01"), _surety("g2", "k3", "k4", "2023-01-01"),
    ]),
    ("2023-06-30", [
        _surety("g3", "k2", "k3", "2023-05-01"),  # the two come together
        _firm("k5", "莆田戊申鞋业", "9000000"), _firm("k6", "莆田己酉鞋业", "100"),
        _penalty("k5", "2023-05-10"), _penalty("k6", "2023-05-11"),
        _surety("g4", "k5", "k6", "2023-05-01"),  # and a new one is born
        _firm("k7", "宁德庚戌渔业", "100"), _firm("k8", "宁德辛亥渔业", "100"),
        _penalty("k7", "2023-05-12", "2023-08-01"), _penalty("k8", "2023-05-12", "2023-08-01"),
        _surety("g5", "k7", "k8", "2023-05-01"),
    ]),
    ("2023-09-30", []),  # of k7 and k8 the lists are over
]  # fmt: skip
