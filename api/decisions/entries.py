"""What each entry of the ledger says of a decision. Fields that are not known are passed over.

An entry's `about` is the decision's id, its `actor` whoever took the step. Days are ISO dates.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

PREFIX: Final = "decision."


class _Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    day: str


class Question(msgspec.Struct, frozen=True, gc=False):
    """What was asked of the graph, apart from its parameters, which are kept beside these."""

    as_of: str
    known_at: str
    snapshot: str


class _Named(msgspec.Struct, frozen=True, gc=False):
    fact: str


class _Record(msgspec.Struct, frozen=True, gc=False):
    record: str


class _Claim(msgspec.Struct, frozen=True, gc=False):
    limb: str | None


class Proof(msgspec.Struct, frozen=True, gc=False):
    digest: str
    claim: _Claim
    records: list[_Record]
    relations: list[_Named]
    listings: list[_Named]


class Row(msgspec.Struct, frozen=True, gc=False):
    """Of an extension's row what a decision goes by; the entry has all of it."""

    outcome: str
    reason: str
    rule: str | None
    until: str | None
    why: str
    proof: Proof


class Proposed(_Said, frozen=True, kw_only=True):
    """The row that was answered, with its proof. `answer` is the SHA-256 of the answer's bytes,
    `parent` the end of the measure on the subject where one is known, `finding` what `reviewer`
    found where the row left it open."""

    subject: str
    party: str
    measure: str
    act: str
    question: Question
    answer: str
    rulebook: str
    edition: str
    engine: str
    row: Row
    parent: str | None = None
    finding: str | None = None
    reviewer: str | None = None


class Rested(_Said, frozen=True, kw_only=True):
    """What it rested on fell, and it stands by another row and proof from here on."""

    row: Row


class Approved(_Said, frozen=True, kw_only=True):
    """A second person agrees."""

    note: str | None = None


class Notified(_Said, frozen=True, kw_only=True):
    """A notice with reason, basis and remedy was delivered on that day."""

    delivered: str
    how: str
    heard: str | None = None  # what the party said before the decision took force


class Enforced(_Said, frozen=True, kw_only=True):
    """In force from `begins` and before `until`; `parent` is the end of the measure on the subject
    as it was known then."""

    begins: str
    until: str
    parent: str | None = None


class Published(_Said, frozen=True, kw_only=True):
    """Published on that day; `withdraw` is when publication stops by itself at the latest."""

    where: str
    withdraw: str | None = None


class Objected(_Said, frozen=True, kw_only=True):
    """An objection was accepted; `suspends` by the product's policy of that day, no rule of law."""

    objector: str
    reason: str
    suspends: bool


class Resolved(_Said, frozen=True, kw_only=True):
    """The answer to objection number `objection`."""

    objection: int
    outcome: Literal["upheld", "rejected"]
    reason: str


class Ended(_Said, frozen=True, kw_only=True):
    """Repaired or revoked."""

    reason: str
    basis: str | None = None


class Expired(_Said, frozen=True, kw_only=True):
    """Its time has passed."""


class Pushed(_Said, frozen=True, kw_only=True):
    """A department was told to impose the measure, to suspend it, or to lift it."""

    department: str
    what: Literal["impose", "suspend", "lift"]


class Acknowledged(_Said, frozen=True, kw_only=True):
    """The department has got what was last pushed to it."""

    department: str


class Reported(_Said, frozen=True, kw_only=True):
    """What a department did about what was last pushed to it, and when; or why it did not."""

    department: str
    did: str
    done: str
    outcome: Literal["executed", "not_executed"] = "executed"
