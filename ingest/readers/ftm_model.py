"""What FollowTheMoney's model and ours call the same things: read and written by these tables.

Source: https://followthemoney.tech/explorer/. A date is a civil date; a moment is in UTC, as
FollowTheMoney has it. A day on which something ended is no longer in it, on both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graph.errors import MissingExtra

if TYPE_CHECKING:
    from followthemoney.model import Model


class Prop(NamedTuple):
    """A field of a native fact (`keys.uscc`, `attrs.form`) and the property that holds it.

    `sort` is text, date, percent, list (of texts) or country.
    """

    field: str
    prop: str
    sort: str = "text"


class Link(NamedTuple):
    """A relation as an entity with two ends: the schema, the properties of `from` and `to`."""

    schema: str
    source: str
    target: str
    props: tuple[Prop, ...] = ()


MARK: Final = "linkrisk"  # the key of what comes along for the way back
PERSONAL: Final = frozenset({"keys.resident_id", "keys.account", "keys.e164"})

_LIFE: Final = (
    Prop("valid_from", "incorporationDate", "date"), Prop("valid_to", "dissolutionDate", "date"),
)  # fmt: skip
_LEGAL: Final = (
    Prop("name", "name"), Prop("attrs.alternate_names", "alias", "list"),
    Prop("attrs.status", "status"), Prop("attrs.jurisdiction", "jurisdiction", "country"),
)  # fmt: skip
ENTITY: Final[dict[str, tuple[str, tuple[Prop, ...]]]] = {
    "company": ("Company", (
        *_LEGAL, *_LIFE, Prop("keys.uscc", "uscCode"), Prop("attrs.form", "legalForm"),
        Prop("attrs.industry", "sector"), Prop("attrs.registration_number", "registrationNumber"),
        Prop("attrs.registered_capital", "capital"),
    )),
    "person": ("Person", (
        *_LEGAL, Prop("keys.resident_id", "idNumber"), Prop("attrs.birth_date", "birthDate"),
        Prop("valid_to", "deathDate", "date"), Prop("attrs.gender", "gender"),
        Prop("attrs.nationalities", "nationality", "list"),
    )),
    "account": ("BankAccount", (
        Prop("name", "name"), Prop("keys.account", "accountNumber"),
        Prop("attrs.type", "accountType"), Prop("attrs.bank", "bankName"),
        Prop("valid_from", "openingDate", "date"), Prop("valid_to", "closingDate", "date"),
    )),
    "phone": ("UserAccount", (Prop("name", "name"), Prop("keys.e164", "phone"))),
    "address": ("Address", (Prop("name", "name"), Prop("text", "full"))),
    "device": ("Asset", (Prop("name", "name"),)),
    "loan": ("Asset", (Prop("name", "name"),)),
    "event": ("Event", (
        Prop("name", "name"), Prop("valid_from", "startDate", "date"),
        Prop("valid_to", "endDate", "date"),
    )),
}  # fmt: skip
SPAN: Final = (Prop("valid_from", "startDate", "date"), Prop("valid_to", "endDate", "date"))
_ROLE: Final = (*SPAN, Prop("role", "role"))
_MONEY: Final = (Prop("amount", "amount"), Prop("currency", "currency"))
UNKNOWN: Final = Link("UnknownLink", "subject", "object", SPAN)
LINK: Final[dict[str, Link]] = {
    "shareholder": Link("Ownership", "owner", "asset", (
        *SPAN, Prop("share", "percentage", "percent"), Prop("amount", "sharesValue"),
        Prop("currency", "sharesCurrency"),
    )),
    "holds_account": Link("Ownership", "owner", "asset", SPAN),
    "legal_representative": Link("Representation", "agent", "client", _ROLE),
    "officer": Link("Directorship", "director", "organization", _ROLE),
    "controller": Link("Control", "controller", "controlled",
                       (*_ROLE, Prop("basis", "controlType"))),
    "employs": Link("Employment", "employer", "employee", _ROLE),
    "kin": Link("Family", "person", "relative", (*SPAN, Prop("role", "relationship"))),
    "successor": Link("Succession", "successor", "predecessor", SPAN),
    "transfer": Link("Payment", "payerAccount", "beneficiaryAccount",
                     (*_MONEY, Prop("at", "date", "date"))),
    "same_as": Link("Similar", "candidate", "match",
                    (Prop("score", "confidenceScore"), Prop("by", "matcher"))),
}  # fmt: skip
EVENT: Final = (Prop("at", "date", "date"),)  # of events without a schema of their own
NOT_HELD: Final = {
    "not_same_as": "FollowTheMoney has no judgement that two are not the same / 没有“非同一主体”",
}
# A red list is an honour: as a sanction it would say the contrary.
LISTED: Final = {"black": "Sanction", "penalty": "Sanction", "abnormal": "Risk"}
DECLARED: Final = {  # links that make no relation of ours, and the end they are kept at
    "UnknownLink": "subject", "Representation": "client", "Associate": "person",
    "Membership": "organization", "Debt": "debtor", "Similar": "candidate",
}  # fmt: skip
LISTING: Final = (
    *SPAN, Prop("authority", "authority"), Prop("basis", "reason"), Prop("domain", "program"),
    Prop("decided_on", "listingDate", "date"), Prop("status", "status"),
)  # fmt: skip
NOTE: Final = (Prop("list", "name"), Prop("basis", "description"))


def library() -> Model:
    """The model of the library; raises MissingExtra where it is not installed."""
    try:
        from followthemoney import model
    except ImportError as error:
        raise MissingExtra(
            "FollowTheMoney needs an extra: pip install 'linkrisk[ftm]' (it builds PyICU: on Debian"
            f" apt install libicu-dev pkg-config g++) / 需要安装可选组件 ftm ({error.name})"
        ) from None
    return model


def said(fact: dict[str, Any], field: str) -> Any:
    """The value at `field` or `keys.field`; None where there is none."""
    outer, _, inner = field.partition(".")
    value = fact.get(outer)
    return value.get(inner) if inner and isinstance(value, dict) else None if inner else value
