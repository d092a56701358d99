"""The checker: whether a proof holds, against the facts inside it alone or against a store.

It imports none of the algorithms, reads the rule itself, and judges anew. What rests on absence
(`exclude`, `review`) can only be told against a store.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from graph.errors import LinkriskError
from graph.proof.around import Around
from graph.proof.base import BadProof, Base, base_of
from graph.proof.judge import Verdict, judge
from graph.proof.known import fact, listing
from graph.proof.shape import ENGINES, FORMAT, PARTS, Proof, canonical, digest, gated, rule_said
from graph.rulebook.rules import SUBJECTS
from graph.times import parse_time

if TYPE_CHECKING:
    from graph.rulebook.rules import Rulebook
    from graph.snapshot import Snapshot

_CLAIM: Final = frozenset(
    {"subject", "party", "measure", "act", "as_of", "known_at", "snapshot", "outcome", "reason",
     "limb", "until", "engine"}
)  # fmt: skip
_RECORD: Final = {"record", "of", "kind", "valid_from", "valid_to", "batch", "key"}
_FACT: Final = {"fact", "kind", "from", "to", "valid_from", "valid_to"}
_LISTING: Final = {"fact", "list", "domain", "status", "valid_from", "valid_to", "subject"}
_SHARES: Final = ("share", "votes", "share_min", "share_max")


def check(proof: Any, book: Rulebook, snapshot: Snapshot | None = None) -> list[str]:
    """Why a proof is refused, in words; empty where it holds.

    Without a snapshot the facts inside are taken as they stand, and only `extend` can be shown.
    With one (opened at the proof's `known_at`), each must be what the view has, and the claim must
    follow from all that the view knows. A proof of an earlier engine is judged by what it says,
    as any other is. Never raises for what a proof says.
    """
    try:
        _shape(proof)
        if proof["digest"] != digest(proof):
            return ["the digest is not that of its content"]
        _rule(proof, book)
        inside = base_of(proof)
        if snapshot is None:
            return _alone(proof, book, inside)
        return _against(proof, book, inside, snapshot)
    except BadProof as error:
        return [str(error)]
    except (LinkriskError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        return [f"it cannot be read: {type(error).__name__}: {str(error)[:120]}"]


def _shape(proof: Any) -> None:
    """Every part there, of its type, and nothing else."""
    if not isinstance(proof, dict) or set(proof) != {*PARTS, "digest"}:
        raise BadProof("not a proof: its parts are not those of a proof")
    if proof["format"] != FORMAT:
        raise BadProof(f"format {str(proof['format'])[:40]!r} is unknown; {FORMAT} is known")
    claim = proof["claim"]
    if not isinstance(claim, dict) or set(claim) != _CLAIM:
        raise BadProof("the claim does not say what a claim says")
    if claim["engine"] not in ENGINES:  # which of them made it is nothing to judge by
        known = ", ".join(ENGINES)
        raise BadProof(f"engine {str(claim['engine'])[:20]!r} is unknown; known: {known}")
    if any(not isinstance(said, str | None) for said in claim.values()):
        raise BadProof("the claim does not say what a claim says")
    if parse_time(claim["act"]) > parse_time(claim["as_of"]):
        raise BadProof(f"act: {claim['act']} is after as_of {claim['as_of']}")
    for part, need, more in (
        ("records", _RECORD, {"born", "organ"}),
        ("relations", _FACT, {*_SHARES, "role", "basis", "by", "score"}),
        ("listings", _LISTING, set()),
    ):
        for said in proof[part]:
            if not need <= set(said) <= need | more:
                raise BadProof(f"an entry of {part} does not say what it must")
    if any(
        type(said["batch"]) is not int or said["kind"] not in SUBJECTS for said in proof["records"]
    ):
        raise BadProof("an entry of records does not say what it must")


def _rule(proof: Proof, book: Rulebook) -> None:
    """The rule inside is that of this rulebook, word for word."""
    if proof["rulebook"] != book.version:
        raise BadProof("it was made by another rulebook or edition")
    rule = proof["rule"]
    if rule is not None and canonical(rule) != canonical(rule_said(book.row(rule["id"]))):
        raise BadProof("its rule is not the rulebook's")


def _says(proof: Proof, verdict: Verdict) -> list[str]:
    """Where a verdict differs from the claim."""
    claim, rule = proof["claim"], proof["rule"]
    told = (claim["outcome"], claim["reason"], claim["limb"], rule and rule["id"], claim["until"])
    found = (verdict.outcome, verdict.reason, verdict.limb, verdict.rule, verdict.until)
    names = ("outcome", "reason", "limb", "rule", "until")
    return [
        f"{name}: it claims {said}, and {follows} follows"
        for name, said, follows in zip(names, told, found, strict=True)
        if said != follows
    ]


def _alone(proof: Proof, book: Rulebook, inside: Base) -> list[str]:
    if proof["claim"]["outcome"] != "extend":
        return ["it rests on what is absent: only a store can tell"]
    return _says(proof, judge(inside, book, proof["claim"]))


def _against(proof: Proof, book: Rulebook, inside: Base, snapshot: Snapshot) -> list[str]:
    claim = proof["claim"]
    if (claim["snapshot"], claim["known_at"]) != (snapshot.name, snapshot.known_at):
        return ["it was made on another view of the facts"]
    root, party = snapshot.resolve(claim["subject"]), snapshot.resolve(claim["party"])
    if (snapshot.canonical(root), snapshot.canonical(party)) != (claim["subject"], claim["party"]):
        return ["its subjects are called otherwise"]
    around = Around(snapshot, root, [party])
    around.person(party)
    if problems := _same(proof, around, (root, party)):
        return problems
    if claim["outcome"] == "extend" and (problems := _alone(proof, book, inside)):
        return problems
    return _says(proof, judge(around.base, book, claim))


def _same(proof: Proof, around: Around, pair: tuple[int, int]) -> list[str]:
    """What the proof states otherwise than the view does."""
    snapshot, (root, party) = around.snapshot, pair
    for said in proof["relations"]:
        row = around.rows.get(said["fact"])
        if said["kind"] == "same_as":
            if said not in around.joins(int(snapshot.nodes.rep[snapshot.node_of(said["from"])])):
                return [f"{said['fact']} is not what is known"]
        elif row is None or _exact(said) != _exact(fact(snapshot, row)):
            return [f"{said['fact']} is not what is known"]
    for said in proof["records"]:
        node = int(snapshot.nodes.rep[snapshot.node_of(said["record"])])
        full = node == party and gated(proof["claim"])
        if said not in around.records(node, full=full):
            return [f"{said['record']} is not what is known"]
    stated = [listing(snapshot, root, each) for each in snapshot.listings(root)]
    if any(said not in stated for said in proof["listings"]):
        return ["a listing is not what is known"]
    return []


def _exact(said: dict[str, Any]) -> dict[str, Any]:
    """A fact with its shares as numbers: 0.6 is 0.60."""
    return said | {n: Fraction(str(said[n])) for n in _SHARES if said.get(n) is not None}
