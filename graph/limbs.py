"""How a party stands to a subject: the limbs that rules speak of, and the facts that say so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from graph.times import INF, parse_time

LEGAL, PRINCIPAL, RESPONSIBLE = "legal_representative", "principal", "directly_responsible"
OFFICER, CONTROLLER = "officer", "actual_controller"
SHAREHOLDER, CONTROLLING = "shareholder", "controlling_shareholder"
RELATIVE, GUARDIAN, NOMINEE = "relative", "guardian", "nominee"

# Whose relatives, guardians and nominees rules may speak of.
LEADING: Final = frozenset({LEGAL, PRINCIPAL, RESPONSIBLE, CONTROLLER})

# Kinds of relation between a party and the subject: towards it, and away from it.
TOWARDS: Final = {
    "legal_representative": LEGAL,
    "shareholder": SHAREHOLDER,
    "guarantee": "guarantor",
    "branch": "branch",
    "successor": "successor",
}
AWAY: Final = {"employs": "employee"}
# Between a party and whoever leads the subject.
BESIDE: Final = {"kin": RELATIVE, "guardian": GUARDIAN, "nominee": NOMINEE}

# What registers call whoever runs a unit, and whoever is answerable for what it failed to do.
_PRINCIPAL: Final = frozenset({"主要负责人", "负责人", "principal", "person in charge"})
_RESPONSIBLE: Final = frozenset(
    {
        "直接责任人员",
        "直接责任人",
        "影响债务履行的直接责任人员",
        "directly responsible person",
        "directly responsible",
        "directly_responsible",
    }
)
_APART: Final = re.compile(r"[(),;/、,;·|]| 兼 |兼")  # several offices in one text
# What somebody was or will be is no office; whoever is in charge of finance does not run the unit.
_PAST: Final = re.compile(r"离任|卸任|前任|曾任|拟任|\b(former|ex|past)\b")
_OF_A_PART: Final = re.compile(r"(^|[^要])(负责人|principal|person in charge) ?\(")
_SIMPLIFIED: Final = str.maketrans("負責員務響債", "负责员务响债")
_IN_FORCE: Final = frozenset({"", "active", "in force", "in_force", "有效", "生效", "执行中"})
_RAN_OUT: Final = frozenset({"expired", "已过期", "过期", "已到期", "到期", "期满", "已届满"})
_TAKEN_OFF: Final = frozenset({
    "repaired", "已修复", "修复", "信用修复", "removed", "lifted",
    "移出", "已移出", "解除", "已解除",
})  # fmt: skip
MACHINE: Final = "resolver"  # how `by` begins where a model judged
_BY_NAME: Final = ("name", "姓名", "名称", "名字", "名稱", "同名", "重名")


def limb_of_officer(role: str | None) -> str:
    """Which limb an `officer` fact is, by what its `role` says."""
    said = unicodedata.normalize("NFKC", role or "").lower().translate(_SIMPLIFIED)
    if _PAST.search(said) or _OF_A_PART.search(said):
        return OFFICER
    parts = {part.strip() for part in _APART.split(said)}
    if parts & _RESPONSIBLE:
        return RESPONSIBLE
    return PRINCIPAL if parts & _PRINCIPAL else OFFICER


def in_force(status: str | None) -> bool:
    """Whether a listing's status says that it stands; anything unknown does not."""
    return (status or "").strip().lower() in _IN_FORCE


def stood(said: Mapping[str, Any], ends: int) -> bool:
    """Whether a listing of these fields that holds until `ends` (µs) was in force up to then: its
    status says that it stands, or no more than that its term is over by now, or that it was taken
    off, where `ends` is the day of that and not the end that was planned. Of what was taken off on
    a day that is not said no day is known on which it was in force."""
    status = (said.get("status") or "").strip().lower()
    if in_force(status) or ends == INF:
        return in_force(status)
    planned = said.get("until")
    own = planned is None or parse_time(planned) != ends
    return status in _RAN_OUT or (status in _TAKEN_OFF and own)


def entered(status: str | None) -> bool:
    """Whether a listing's status says that it stands or once did: not annulled, nor to come."""
    return in_force(status) or (status or "").strip().lower() in _RAN_OUT | _TAKEN_OFF


def _plain(by: str | None) -> str:
    """A signature half-width, in small letters, without what is not seen."""
    text = unicodedata.normalize("NFKC", by or "").casefold()
    return "".join(char for char in text if unicodedata.category(char)[0] != "C").strip()


def by_machine(by: str | None) -> bool:
    """Whether an identity judgement was made by a model, and by nobody else since."""
    return _plain(by).startswith(MACHINE)


def unconfirmed(by: str | None, score: str | None = None) -> bool:
    """Whether an identity judgement rests on a name, is a model's, or has a score of less than 1
    (as it is written), whoever signed it: it carries no extension. A program signs by any name, and
    who is sure writes no chance."""
    said = _plain(by)
    if any(word in said for word in _BY_NAME) or said.startswith(MACHINE):
        return True
    return score is not None and Fraction(score) < 1
