"""A company on a list, who leads and holds it, and another listed one that stands surety for it."""

from __future__ import annotations

from typing import Any

RESIDENT = "11010519491231002X"
MOBILE = "13800138000"
DAY = "2025-10-01"

FACTS: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "示例机械有限公司", "valid_from": "2010-03-01"},
    {"kind": "company", "id": "c2", "name": "示例控股有限公司", "valid_from": "2008-05-01"},
    {"kind": "company", "id": "c3", "name": "示例贸易有限公司", "valid_from": "2012-05-01"},
    {"kind": "person", "id": "p1", "name": "张示例", "valid_from": "1949-12-31",
     "keys": {"resident_id": RESIDENT}},
    {"kind": "person", "id": "p2", "name": "王示例", "attrs": {"birth_date": "1965-09-30"}},
    {"kind": "person", "id": "p3", "name": "陈示例"},
    {"kind": "person", "id": "p4", "name": "赵示例", "attrs": {"birth_date": "1990-01-01"}},
    {"kind": "legal_representative", "id": "r1", "from": "p1", "to": "c1",
     "valid_from": "2018-01-01", "source": {"dataset": "reg", "file": "a.csv", "record": "7"}},
    {"kind": "officer", "id": "r2", "from": "p3", "to": "c1", "valid_from": "2020-01-01",
     "role": "影响债务履行的直接责任人员"},
    {"kind": "shareholder", "id": "s1", "from": "c2", "to": "c1", "share": "0.7",
     "valid_from": "2010-03-01"},
    {"kind": "shareholder", "id": "s2", "from": "p2", "to": "c2", "share": "0.6",
     "valid_from": "2010-03-01"},
    {"kind": "shareholder", "id": "s3", "from": "p4", "to": "c1", "share": "0.05",
     "valid_from": "2015-03-01"},
    {"kind": "acts_in_concert", "id": "a1", "from": "p2", "to": "p4", "valid_from": "2016-01-01",
     "basis": f"tel. {MOBILE}"},
    {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", "domain": "judgment",
     "authority": "示例人民法院", "basis": "(2025)示01执17号", "decided_on": "2025-09-10",
     "until": "2099-12-31", "status": "active"},
    {"kind": "listing", "id": "l3", "subject": "c3", "list": "penalty", "domain": "tax",
     "authority": "示例市税务局", "valid_from": "2024-02-01", "status": "active"},
    {"kind": "guarantee", "id": "g1", "from": "c3", "to": "c1", "valid_from": "2024-06-01"},
    {"kind": "invoice", "id": "i1", "from": "c1", "to": "c3", "amount": "113000.00",
     "tax": "13000.00", "at": "2025-03-01", "status": "issued"},
]  # fmt: skip
EXTENSION = {
    "subject": "c1", "measure": "consumption_restriction", "act": "2025-03-03", "as_of": DAY,
}  # fmt: skip
ASKED: dict[str, dict[str, Any]] = {
    "subject": {"subject": "c1", "as_of": DAY},
    "extension": EXTENSION,
    "clusters": {"as_of": DAY, "since": "2024-01-01"},
    "case": {"id": "cluster", "as_of": DAY},
}
