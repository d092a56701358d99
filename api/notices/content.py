"""What a notice says, before it is put into words of a language."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from api.notices.facts import Fact, Named, fact, named
from api.notices.known import Known
from api.notices.particulars import Particulars
from graph.errors import Conflict, InputError, WrongUsage
from graph.proof.check import check
from graph.proof.shape import ENGINE, digest
from graph.rulebook import load_rulebook
from graph.rulebook.durations import age_on
from graph.rulebook.load import load_editions
from graph.rulebook.rules import Document, Measure, Rule, Rulebook

ANSWER_DAYS: Final = 20  # an objection is answered in writing: 征信业管理条例 art. 25
_ADULT: Final = 18
_AFTER: Final = ("objection_received", "lifted")  # of what was decided before


@dataclass(frozen=True, slots=True)
class Content:
    """All that a notice of one party says."""

    kind: str
    given: Particulars
    party: Named
    subject: Named
    claim: Mapping[str, Any]
    control: tuple[str, ...]  # how it controls
    measure: Measure
    rule: Rule
    document: Document
    documents: Mapping[str, Document]  # of procedure, by id
    facts: tuple[Fact, ...]
    veiled: bool  # whether anybody is shown by the first character alone
    adult: bool
    answer_by: str
    version: str
    digest: str


def content(answer: Mapping[str, Any], party: str, kind: str, given: Particulars,
            names: Known) -> Content:  # fmt: skip
    """The content of a notice about one row of an `extend` answer.

    The row must extend, and its proof must hold by itself and say the same; of what was decided
    under an earlier rulebook or engine an objection or lifting tells as it was decided then. Raises
    WrongUsage for a party that is not there or is not reached, InputError for a proof that does not
    hold, Conflict where the extension ended before the notice. Linear in the proof.
    """
    row, proof, book = proven(answer, party, kind)
    try:
        return _content(row, kind, given, names, proof, book)
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError) as error:
        raise InputError(f"{party[:80]}: the proof cannot be read: {error}") from None


def _content(row: Mapping[str, Any], kind: str, given: Particulars, names: Known,
             proof: Mapping[str, Any], book: Rulebook) -> Content:  # fmt: skip
    claim, rule = proof["claim"], msgspec.convert(proof["rule"], Rule)
    until = claim["until"]
    if kind in ("prior", "decision") and until is not None and until[:10] <= given.on:
        raise Conflict(
            f"{claim['party']}: the extension ended on {until}, the notice is of {given.on}"
        )
    records = {said["record"]: said for said in proof["records"]}
    kinds = {said["of"]: said["kind"] for said in records.values()}
    shown = {
        name: named(name, of, names, plain=name in (claim["party"], claim["subject"]))
        for name, of in kinds.items()
    }
    ends = {record: shown[said["of"]] for record, said in records.items()}
    births = {
        b for s in records.values() if s["of"] == claim["party"] for b in s.get("born", ())
    }  # fmt: skip
    return Content(
        kind=kind,
        given=given,
        party=shown[claim["party"]],
        subject=shown[claim["subject"]],
        claim=claim,
        control=msgspec.convert(row["control"], tuple[str, ...]),
        measure=book.measure(claim["measure"]),
        rule=rule,
        document=_document(book, rule, row),
        documents=procedure(),
        facts=tuple(fact(said, ends, names) for said in [*proof["listings"], *proof["relations"]]),
        veiled=any(each.veiled for each in ends.values()),
        adult=bool(births)
        and all(age_on(date.fromisoformat(b), claim["act"]) >= _ADULT for b in births),
        answer_by=(date.fromisoformat(given.on) + timedelta(days=ANSWER_DAYS)).isoformat(),
        version=proof["rulebook"],
        digest=proof["digest"],
    )


def proven(
    answer: Mapping[str, Any], party: str, kind: str
) -> tuple[Mapping[str, Any], dict[str, Any], Rulebook]:
    """The row of a party that is reached, its proof, and the rulebook; raises as `content`."""
    row = row_of(answer, party)
    if row.get("outcome") != "extend":
        raise WrongUsage(
            f"{party[:80]}: the outcome is {str(row.get('outcome'))[:20]}; notices are for extend"
        )
    proof = row.get("proof")
    if not isinstance(proof, dict):
        raise InputError(f"{party[:80]}: the row has no proof; ask extend with proofs")
    book = _book(proof)
    if wrong := _wrong(kind, row, proof, book):
        raise InputError(f"{party[:80]}: the proof does not hold: {wrong[0]}")
    return row, proof, book


def row_of(answer: Mapping[str, Any], party: str) -> Mapping[str, Any]:
    """The row of a party in an `extend` answer; raises InputError, WrongUsage."""
    rows = answer.get("results") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or answer.get("algorithm") != "extend":
        raise InputError("not an answer of extend: run linkrisk extend … --json")
    found = [row for row in rows if isinstance(row, dict) and party in _called(row)]
    if not found:
        raise WrongUsage(f"no party {party[:80]!r} in this answer")
    if len(found) > 1:
        raise WrongUsage(f"{party[:80]!r} names {len(found)} parties; give the canonical id")
    return found[0]


def _called(row: Mapping[str, Any]) -> set[str]:
    """What a party may be called: its canonical id, official key, record, or record's own id."""
    name = str(row.get("party"))
    called = {name, name.rpartition(":")[2]} if name.startswith("cn:") else {name}
    proof = row.get("proof")
    for said in proof.get("records", ()) if isinstance(proof, dict) else ():
        if isinstance(said, dict) and said.get("of") == name:
            record = str(said.get("record"))
            called |= {record, record.partition(":")[2]}
    return called


def procedure() -> dict[str, Document]:
    """The documents that rule how notices are given, of the newest shipped edition."""
    newest = list(load_editions([]).values())[-1]
    return {document.id: document for document in newest.documents}


def _book(proof: Mapping[str, Any]) -> Rulebook:
    """The rulebook's edition that the proof names; where it is gone, the newest."""
    with suppress(WrongUsage):
        return load_rulebook(str(proof.get("rulebook")).partition("+")[0])
    return load_rulebook()


def _wrong(kind: str, row: Mapping[str, Any], proof: dict[str, Any], book: Rulebook) -> list[str]:
    """Why nothing is printed on this proof; empty where it may be."""
    claim = proof.get("claim")
    if not isinstance(claim, dict):
        return ["it has no claim"]
    now = (proof.get("rulebook"), claim.get("engine")) == (book.version, ENGINE)
    if now or kind not in _AFTER:
        return check(proof, book) or _apart(row, proof)
    if proof.get("digest") != digest(proof):
        return ["the digest is not that of its content"]
    return _apart(row, proof)


def _document(book: Rulebook, rule: Rule, row: Mapping[str, Any]) -> Document:
    """The document of a rule; one that the rulebook has no longer is as the row names it."""
    if rule.basis is None:
        raise InputError(f"rule {rule.id} has no basis")
    with suppress(WrongUsage):
        return book.document(rule.basis.document)
    told = row["basis"]
    return Document(id=rule.basis.document, zh=told["document"], en=told["document"],
                    number=told["number"], status=rule.status)  # fmt: skip


def _apart(row: Mapping[str, Any], proof: Mapping[str, Any]) -> list[str]:
    """Where a row says otherwise than its own proof."""
    claim = proof["claim"]
    pairs = [(n, row.get(n), claim.get(n)) for n in ("party", "outcome", "reason", "until")]
    pairs.append(("rule", row.get("rule"), (proof.get("rule") or {}).get("id")))
    return [f"the row's {n} is not the proof's" for n, one, other in pairs if one != other]
