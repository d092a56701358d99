"""What a notice says, before it is put into words of a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from api.notices.known import Known
from api.notices.particulars import Particulars
from graph.errors import Conflict, InputError, WrongUsage
from graph.keys import mask_within
from graph.proof.check import check
from graph.rulebook import load_rulebook
from graph.rulebook.load import load_editions
from graph.rulebook.rules import Document, Measure, Rule, Rulebook
from graph.rulebook.spans import age_on

ANSWER_DAYS: Final = 20  # an objection is answered in writing: 征信业管理条例 art. 25
LONGEST: Final = 300  # characters of a name
_ADULT: Final = 18
_SHARES: Final = ("share", "votes", "share_min", "share_max")


@dataclass(frozen=True, slots=True)
class Named:
    """A subject as it may be shown to this party: others who are natural persons by their first
    character alone."""

    id: str
    kind: str
    name: str
    keys: tuple[str, ...] = ()
    veiled: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: what, between whom, from when until before when, and where it is written."""

    kind: str
    a: Named
    b: Named | None
    begins: str | None
    ends: str | None
    dataset: str
    record: str
    cited: str | None  # where it stood in its source
    says: dict[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """All that a notice of one party says."""

    kind: str
    given: Particulars
    party: Named
    subject: Named
    claim: Mapping[str, Any]
    row: Mapping[str, Any]
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

    The row must extend, and its proof must hold by itself and say the same. Raises WrongUsage for
    a party that is not there or is not reached, InputError for a proof that does not hold, Conflict
    where the extension ended before the notice. Linear in the proof.
    """
    row = row_of(answer, party)
    if row.get("outcome") != "extend":
        raise WrongUsage(
            f"{party[:80]}: the outcome is {str(row.get('outcome'))[:20]}; notices are for extend"
        )
    proof = row.get("proof")
    if not isinstance(proof, dict):
        raise InputError(f"{party[:80]}: the row has no proof; ask extend with proofs")
    book = _book(proof)
    if wrong := check(proof, book) or _apart(row, proof):
        raise InputError(f"{party[:80]}: the proof does not hold: {wrong[0]}")
    claim, rule = proof["claim"], book.row(proof["rule"]["id"])
    if rule.basis is None:
        raise InputError(f"{party[:80]}: rule {rule.id} has no basis")
    until = claim["until"]
    if kind in ("prior", "decision") and until is not None and until[:10] <= given.on:
        raise Conflict(f"{party[:80]}: the extension ended on {until}, the notice is of {given.on}")
    records = {said["record"]: said for said in proof["records"]}
    kinds = {said["of"]: said["kind"] for said in records.values()}
    shown = {
        name: _named(name, of, names, plain=name in (claim["party"], claim["subject"]))
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
        row=row,
        measure=book.measure(claim["measure"]),
        rule=rule,
        document=book.document(rule.basis.document),
        documents=procedure(),
        facts=tuple(_fact(said, ends, names) for said in [*proof["listings"], *proof["facts"]]),
        veiled=any(each.veiled for each in ends.values()),
        adult=bool(births)
        and all(age_on(date.fromisoformat(b), claim["act"]) >= _ADULT for b in births),
        answer_by=(date.fromisoformat(given.on) + timedelta(days=ANSWER_DAYS)).isoformat(),
        version=book.version,
        digest=proof["digest"],
    )


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
    version = proof.get("rulebook")
    return load_rulebook(str(version).partition("+")[0] if version else None)


def _apart(row: Mapping[str, Any], proof: Mapping[str, Any]) -> list[str]:
    """Where a row says otherwise than its own proof."""
    claim = proof["claim"]
    pairs = [(n, row.get(n), claim[n]) for n in ("party", "outcome", "reason", "until")]
    pairs.append(("rule", row.get("rule"), (proof["rule"] or {}).get("id")))
    return [f"the row's {n} is not the proof's" for n, one, other in pairs if one != other]


def _named(name: str, kind: str, names: Known, *, plain: bool) -> Named:
    shown, label = _short(mask_within(name)), _short(mask_within(names.names.get(name, name)))
    if plain:
        return Named(shown, kind, label, names.keys.get(name, ()))
    if kind == "person" and label != shown:
        return Named(shown, kind, f"{label[:1]}**", veiled=True)
    return Named(shown, kind, label)


def _short(text: str) -> str:
    """No name of a register is longer; a made-up one keeps the page from being set in time."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)})"


def _fact(said: Mapping[str, Any], ends: Mapping[str, Named], names: Known) -> Fact:
    stored = names.facts.get(said["fact"], {})
    source = stored.get("source", {})
    dataset, _, record = said["fact"].partition(":")
    listed = "list" in said
    texts = {name: said.get(name) for name in ("list", "domain", "status", "role", "basis", "by")}
    if listed:
        texts |= {name: stored.get(name) for name in ("authority", "basis")}
    texts |= {name: percent(said.get(name)) for name in _SHARES}
    return Fact(
        kind="listing" if listed else said["kind"],
        a=ends[said["subject" if listed else "from"]],
        b=None if listed else ends[said["to"]],
        begins=said["valid_from"],
        ends=said["valid_to"],
        dataset=_short(mask_within(dataset)),
        record=_short(mask_within(record)),
        cited=_short(mask_within(str(source["record"])))
        if source.get("record") not in (None, record)
        else None,
        says={name: _short(mask_within(str(text or ""))) for name, text in texts.items()},
    )


def percent(text: Any) -> str:
    """A share as per cent, exact: 0.5000001 is 50.00001 %; nothing where it is not known."""
    if text is None:
        return ""
    try:
        value = format((Decimal(str(text)) * 100).normalize(), "f")
    except InvalidOperation:
        return str(text)
    return f"{value} %"
