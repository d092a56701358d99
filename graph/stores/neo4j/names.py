"""What the model's kinds are called in Neo4j: labels in CamelCase, relationship types in capitals
that read from start to end, properties in camelCase (the Cypher style guide)."""

from __future__ import annotations

from typing import Final

from graph.model import CODES, ENTITIES, RELATIONS

LABELS: Final = {
    "company": "Company",
    "person": "Person",
    "account": "Account",
    "phone": "Phone",
    "address": "Address",
    "device": "Device",
    "loan": "Loan",
    "event": "Event",
}
TYPES: Final = {
    "legal_representative": "LEGAL_REPRESENTATIVE_OF",
    "officer": "OFFICER_OF",
    "controller": "CONTROLS",
    "shareholder": "SHAREHOLDER_OF",
    "nominee": "NOMINEE_OF",
    "acts_in_concert": "ACTS_IN_CONCERT_WITH",
    "branch": "BRANCH_OF",
    "successor": "SUCCESSOR_OF",
    "employs": "EMPLOYS",
    "kin": "KIN_OF",
    "guardian": "GUARDIAN_OF",
    "guarantee": "GUARANTEES",
    "holds_account": "HOLDS_ACCOUNT",
    "uses_phone": "USES_PHONE",
    "uses_device": "USES_DEVICE",
    "located_at": "LOCATED_AT",
    "transfer": "TRANSFERRED_TO",
    "withdrawal": "WITHDREW_TO",
    "borrows": "BORROWS",
    "deposit": "DEPOSITED_INTO",
    "repay": "REPAYS",
    "call": "CALLED",
    "invoice": "INVOICED",
    "participated": "PARTICIPATED_IN",
    "same_as": "SAME_AS",
    "not_same_as": "NOT_SAME_AS",
}
LABEL_OF: Final = {ENTITIES[name].code: label for name, label in LABELS.items()}
TYPE_OF: Final = {RELATIONS[name].code: kind for name, kind in TYPES.items()}
CODE_OF_TYPE: Final = {kind: code for code, kind in TYPE_OF.items()}
CODE_OF_KIND: Final = dict(CODES)


def camel(name: str) -> str:
    """A field of the model as a property: share_min -> shareMin."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
