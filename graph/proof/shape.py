"""The shape of a proof: JSON that carries its claim, its rule, and every fact that it stands on.

A proof is a map of `format`, `claim`, `rulebook` (the version), `rule` (the row, or null),
`records`, `relations`, `listings` and `digest`. `records` say of each record that is named what
subject it is `of`, its kind, validity, batch, official `key` as canonical id, and birth date where
one is known; `relations` are in the words of the native format.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
import orjson

from graph.rulebook.rules import Rule

FORMAT: Final = "linkrisk-proof/1"
# Of extension, the newest last: one more when the same question may be answered otherwise.
ENGINES: Final = ("1", "2", "3")
ENGINE: Final = ENGINES[-1]
PARTS: Final = ("format", "claim", "rulebook", "rule", "records", "relations", "listings")

GATES: Final = ("age", "unknown_age", "name_match", "ended")

Proof = dict[str, Any]


def canonical(value: Any) -> bytes:
    """The one way to write a value: compact, keys sorted."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def rule_said(rule: Rule) -> dict[str, Any]:
    """A row of the rulebook as a proof carries it."""
    said: dict[str, Any] = orjson.loads(msgspec.json.encode(rule))
    return said


def gated(claim: dict[str, Any]) -> bool:
    """Whether age, identity and kind of the party were looked at: of whoever is not reached by any
    rule, a proof does not state them."""
    return claim["outcome"] != "exclude" or claim["reason"] in GATES


def digest(proof: Proof) -> str:
    """SHA-256 of everything else in a proof."""
    body = {name: proof.get(name) for name in PARTS}
    return "sha256:" + hashlib.sha256(canonical(body)).hexdigest()


def sealed(proof: Proof) -> Proof:
    """The proof with its digest."""
    return {**proof, "digest": digest(proof)}


def by_engine(proof: Proof, engine: str) -> Proof:
    """The proof as another engine would write it that says the same."""
    return sealed({**proof, "claim": {**proof["claim"], "engine": engine}})
