"""What a FollowTheMoney entity becomes.

| schema | becomes |
|---|---|
| Company, Organization, PublicBody, LegalEntity | `company` |
| LegalEntity with a resident id and no credit code | `person` |
| Person; BankAccount, CryptoWallet; Address; Event | `person`; `account`; `address`; `event` |
| UserAccount with a phone | `phone` |
| Ownership | `shareholder`; of an account `holds_account` |
| Directorship, Control, Employment, Family, Succession | `officer`, `controller`, … |
| Payment | `transfer`; parties without an account get one of unknown number |
| Sanction, Risk, Note | `listing`: black, abnormal, note |
| Representation, UnknownLink, Associate, Membership, Debt, Similar | `listing` `declaration` |

Similar is what somebody's matching presumes, which joins nobody before one of ours judged it.
`phone` and `addressEntity` of a party become relations. A name is never a reason to join.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from graph.errors import BadFact
from graph.keys import check, of_a_person
from graph.model import ENTITIES, RELATIONS
from graph.model import LISTING as LISTING_KIND
from graph.times import format_instant, format_time, to_micros
from ingest.readers.bods_values import fraction, partial, percent
from ingest.readers.ftm_model import (
    DECLARED,
    ENTITY,
    EVENT,
    LINK,
    LISTING,
    MARK,
    NOTE,
    SPAN,
    UNKNOWN,
    Link,
    Prop,
)
from ingest.repeats import Scratch

if TYPE_CHECKING:
    from followthemoney.model import Model
    from followthemoney.proxy import EntityProxy

Fact = dict[str, Any]
# What our own export says besides, for others to read.
_DERIVED: Final = frozenset({
    "publisher", "proof", "recordId", "retrievedAt", "payer", "beneficiary", "service",
})  # fmt: skip
_BY_SCHEMA: Final = {
    "Ownership": "shareholder", "Directorship": "officer", "Control": "controller",
    "Employment": "employs", "Family": "kin", "Succession": "successor", "Payment": "transfer",
}  # fmt: skip
_LISTED: Final = {"Sanction": "black", "Risk": "abnormal", "Note": "note"}
_PERCENT: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%?\s*\Z")
_RANGE: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%?\s*[-–—]\s*(\d+(?:\.\d+)?)\s*%?\s*\Z")
_LEGAL_REP: Final = re.compile(r"法定代表人|legal[ _]representative", re.I)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d(?::\d\d(?::\d\d)?)?")


class Entities:
    """Turns the entities of one file into facts; knows which ids are accounts."""

    def __init__(self, model: Model, dataset: str, file: str, seen: Scratch) -> None:
        self.model, self.dataset, self.file, self.seen = model, dataset, file, seen

    def facts(self, found: Fact, line: int) -> list[Fact]:
        """The facts of one entity; raises BadFact where it has no place here."""
        from followthemoney.exc import FollowTheMoneyException

        schema = self.model.get(str(found.get("schema")))
        if schema is None:
            raise BadFact(f"unknown schema {str(found.get('schema'))[:40]!r}", "schema")
        given = found["properties"]
        values = {
            n: [v["id"] if isinstance(v, dict) and v.get("id") else v for v in vs]
            for n, vs in given.items()
        }
        if any(not isinstance(v, str) for vs in values.values() for v in vs):
            raise BadFact("not a list of texts", "properties")
        try:
            proxy = self.model.get_proxy({**found, "properties": values}, cleaned=False)
        except FollowTheMoneyException as error:
            raise BadFact(str(error)[:120], "properties") from None
        mark = found.get(MARK)
        own = mark if isinstance(mark, dict) else {}
        entity = _Entity(proxy, values, own, self)
        return entity.facts(line)

    def is_account(self, ident: str | None) -> bool:
        """Whether an id is an account's in this file."""
        return ident is not None and self.seen.get(f"account {ident}") is not None


class _Entity:
    def __init__(
        self, proxy: EntityProxy, given: dict[str, list[str]], own: Fact, around: Entities
    ) -> None:
        self.proxy, self.own, self.around = proxy, own, around
        self.schema = proxy.schema.name
        self.left = {name: list(values) for name, values in given.items() if values}
        self.ident = str(proxy.id)

    def facts(self, line: int) -> list[Fact]:
        kind = self._kind()
        if kind is None:
            raise BadFact(f"a {self.schema} has no place here", "schema")
        fact: Fact = {"kind": kind, "id": self.ident}
        more: list[Fact] = []
        if kind in ENTITIES:
            self._entity(fact, kind, more)
        elif kind == LISTING_KIND:
            self._listing(fact)
        else:
            self._relation(fact, kind, more)
        fact["source"] = self._source(line)
        self._rest(fact)
        for each in more:
            each.setdefault("source", fact["source"])
        return [fact, *more]

    # -- what it is -------------------------------------------------------------------------

    def _kind(self) -> str | None:
        if isinstance(kind := self.own.get("kind"), str):
            return kind
        is_a, name = self.proxy.schema.is_a, self.schema
        if name == "Asset":
            return None
        if is_a("Person"):
            return "person"
        if is_a("LegalEntity"):
            return "person" if name == "LegalEntity" and self._resident() else "company"
        for schema, kind in (("BankAccount", "account"), ("CryptoWallet", "account"),
                             ("Address", "address"), ("Event", "event")):  # fmt: skip
            if is_a(schema):
                return kind
        if name == "UserAccount":
            return "phone" if self.proxy.has("phone") else None
        if name in _LISTED:
            return LISTING_KIND
        return self._link_kind()

    def _link_kind(self) -> str | None:
        name = self.schema
        if name == "Ownership" and self.around.is_account(self.proxy.first("asset")):
            return "holds_account"
        if name in {"UnknownLink", "Representation"}:
            roles = self.proxy.get("role")
            if name == "UnknownLink" and roles and roles[0] in RELATIONS:
                return roles[0]
            if name == "Representation" and any(_LEGAL_REP.search(role) for role in roles):
                return "legal_representative"
        return _BY_SCHEMA.get(name) or (LISTING_KIND if name in DECLARED else None)

    def _resident(self) -> bool:
        numbers = self.proxy.get("idNumber")
        return not self.proxy.has("uscCode") and any(map(of_a_person, numbers))

    # -- what it says -----------------------------------------------------------------------

    def _take(self, prop: str, every: bool = False) -> list[str]:
        """The values of a property as they stand: the first, or all; they are no longer left."""
        values = self.left.get(prop, [])
        taken = values if every else values[:1]
        self.left[prop] = values[len(taken) :]
        return taken

    def _fill(self, fact: Fact, props: tuple[Prop, ...]) -> None:
        for each in props:
            value = self._value(each)
            if value is None:
                continue
            outer, _, inner = each.field.partition(".")
            if inner:
                fact.setdefault(outer, {})[inner] = value
            else:
                fact[outer] = value

    def _value(self, each: Prop) -> Any:
        if each.sort == "list":
            return self._take(each.prop, every=True) or None
        if each.sort == "percent":
            return self._percent(each.prop)
        if each.sort == "date":
            return self._date(each)
        first = self.left.get(each.prop, [])[:1]
        if first and each.field == "currency" and len(first[0]) != 3:
            return None
        taken = self._take(each.prop)
        if not taken:
            return None
        return taken[0].upper() if each.sort == "country" else taken[0]

    def _date(self, each: Prop) -> str | None:
        """A date as it is, a moment of UTC at +08:00; partial ones as BODS' are read."""
        first = self.left.get(each.prop, [])[:1]
        if not first:
            return None
        text, end = first[0], each.field == "valid_to"
        if _MOMENT.fullmatch(text):
            padded = text + "T00:00:00"[len(text) - 10 :]
            moment = to_micros(datetime.fromisoformat(padded).replace(tzinfo=UTC))
            self._take(each.prop)
            return format_time(moment) if len(text) == 19 else format_instant(moment)
        if len(text) in (4, 7, 10):
            made = partial(text, each.prop, end=end)
            if made == text:  # else the text, which says how exact it was, stays
                self._take(each.prop)
            return made
        return None

    def _percent(self, prop: str) -> str | None:
        first = self.left.get(prop, [])[:1]
        if first and (match := _PERCENT.match(first[0])) and float(match[1]) <= 100:
            share = fraction(match[1], prop)
            if percent(share) == first[0]:  # else how it was written stays as well
                self._take(prop)
            return share
        return None

    def _entity(self, fact: Fact, kind: str, more: list[Fact]) -> None:
        self._fill(fact, ENTITY[kind][1])
        if self.own:
            return
        self._foreign_keys(fact)
        if kind == "account":
            fact.setdefault("attrs", {}).setdefault("type", self._account_type())
        if kind in {"company", "person"}:
            for nth, number in enumerate(self.proxy.get("phone"), 1):
                end = {"kind": "phone", "keys": {"e164": number}}
                more += [end, self._also("uses_phone", f"{self.ident}#phone-{nth}", end)]
            for address in self.proxy.get("addressEntity"):
                more.append(self._also("located_at", f"{self.ident}#at-{address}", address))

    def _foreign_keys(self, fact: Fact) -> None:
        """A number that is none of ours (an identity card of elsewhere) stays what it was."""
        for key, prop in (("uscc", "uscCode"), ("resident_id", "idNumber")):
            value = (fact.get("keys") or {}).get(key)
            if value is not None and not check(key, value).valid:
                del fact["keys"]
                self.left[prop] = [value, *self.left.get(prop, [])]

    def _account_type(self) -> str:
        return "wallet" if self.schema == "CryptoWallet" else "account"

    def _also(self, kind: str, ident: str, end: Any) -> Fact:
        return {"kind": kind, "id": ident, "from": self.ident, "to": end}

    def _listing(self, fact: Fact) -> None:
        name = self.schema
        party = "entity" if name in _LISTED else DECLARED.get(name)
        if party is None:
            raise BadFact(f"a {name} does not hold a listing", "schema")
        ends = self._take(party)
        if not ends and "subject" not in self.own:
            raise BadFact("missing", f"properties.{party}")
        fact["subject"] = self._reference(ends[0]) if ends else self.own["subject"]
        if name in DECLARED:
            fact |= {"list": "declaration", "domain": "link", "basis": name, "status": "active"}
            self._fill(fact, SPAN)
            return
        self._fill(fact, NOTE if name == "Note" else LISTING)
        if not self.own:
            self._own_list(fact)

    def _own_list(self, fact: Fact) -> None:
        fact["list"] = _LISTED[self.schema]
        fact.setdefault("domain", "sanctions" if self.schema == "Sanction" else "risk")
        if fact.get("valid_to"):
            fact["until"] = fact["valid_to"]
        if "status" not in fact:
            fact["status"] = "ended" if fact.get("valid_to") else "active"
        if "decided_on" not in fact and fact.get("valid_from"):
            fact["decided_on"] = fact["valid_from"]

    def _relation(self, fact: Fact, kind: str, more: list[Fact]) -> None:
        link = LINK.get(kind)
        if link is None or self.schema == UNKNOWN.schema:
            link = UNKNOWN
        if link.schema != self.schema:
            raise BadFact(f"a {self.schema} does not hold a {kind}", "schema")
        for field, prop in (("from", link.source), ("to", link.target)):
            fact[field] = self._end_of(field, prop, link, more)
        if link is UNKNOWN:
            self._take("role")  # the kind
            if "role" in RELATIONS[kind].fields and (role := self._take("role")):
                fact["role"] = role[0]
        props = link.props if link is not UNKNOWN else EVENT if RELATIONS[kind].event else SPAN
        self._fill(fact, props)
        if kind == "shareholder" and "share" not in fact:
            self._range(fact)
        if RELATIONS[kind].event and "at" not in fact:
            fact["at"] = self._fill_at() or self.own.get("at")

    def _fill_at(self) -> Any:
        return self._value(Prop("at", "startDate", "date"))

    def _range(self, fact: Fact) -> None:
        first = self.left.get("percentage", [])[:1]
        if first and (match := _RANGE.match(first[0])) and float(match[2]) <= 100:
            low, high = fraction(match[1], "percentage"), fraction(match[2], "percentage")
            if f"{percent(low)}-{percent(high)}" == first[0]:
                self._take("percentage")
            fact |= {"share_min": low, "share_max": high}

    def _end_of(self, field: str, prop: str, link: Link, more: list[Fact]) -> str:
        if isinstance(self.own.get(field), str):
            self._take(prop)
            return str(self.own[field])
        if ends := self._take(prop):
            if len(self.left[prop]) > 0:
                raise BadFact("more than one: which of them is not said", f"properties.{prop}")
            return self._reference(ends[0])
        party = {"payerAccount": "payer", "beneficiaryAccount": "beneficiary"}.get(prop)
        if link.schema == "Payment" and party and (held := self.proxy.first(party)):
            return self._account_of(held, more)
        raise BadFact("missing", f"properties.{prop}")

    def _account_of(self, party: str, more: list[Fact]) -> str:
        """The account of unknown number that a party pays from and is paid to."""
        ident = f"{party}#account"
        if self.around.seen.get(f"made {ident}") is None:
            self.around.seen.put(f"made {ident}", True)
            more += [
                {"kind": "account", "id": ident, "attrs": {"type": "unknown"}},
                {"kind": "holds_account", "id": f"{ident}#held", "from": party, "to": ident},
            ]
        return ident

    def _reference(self, ident: str) -> str:
        """An id of the file as a reference: our own say `dataset.id`."""
        if not self.own or self.own.get("origin"):
            return ident
        dataset, dot, rest = ident.partition(".")
        if not dot:
            return ident
        source = self.own.get("source")
        own = source.get("dataset") if isinstance(source, dict) else None
        return rest if dataset == own else f"{dataset}:{rest}"

    def _source(self, line: int) -> Fact:
        if isinstance(source := self.own.get("source"), dict):
            return source
        return {"dataset": self.around.dataset, "file": self.around.file, "record": str(line)}

    # -- what is left -----------------------------------------------------------------------

    def _rest(self, fact: Fact) -> None:
        """What no field holds: for the way out again, and whatever came along from our export."""
        foreign = not self.own or bool(self.own.get("origin"))
        if not foreign:
            for name in _DERIVED:
                self.left.pop(name, None)
        left = {name: values for name, values in self.left.items() if values}
        for name, value in self.own.items():
            if name in {"canonical", "origin"}:
                continue
            if name in {"attrs", "keys"} and isinstance(value, dict):
                fact[name] = {**fact.get(name, {}), **value}
            else:
                fact[name] = value
        context = {n: v for n, v in self.proxy.context.items() if n != MARK}
        if foreign:
            kept = {"id": self.ident, "schema": self.schema, "properties": left}
            if context:
                kept["context"] = context
            fact["attrs"] = {**fact.get("attrs", {}), "ftm": kept}
        elif left:
            kept = {"schema": self.schema, "properties": left}
            fact["attrs"] = {**fact.get("attrs", {}), "ftm": kept}
