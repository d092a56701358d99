"""BODS 0.4 statements as one JSON array, a statement a line.

Source: https://standard.openownership.org/en/0.4.0/. Companies, persons and who owns, controls or
runs whom; BODS has no place for accounts, money, phones, lists of the dishonest. One relation is
one relationship statement with one interest (a holding with votes has two). What BODS cannot hold
of a fact stands in an annotation of the statement, `transformation` to the native form, by which
the reader makes the same fact again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
import orjson

from graph.keys import check
from graph.model import LISTING
from graph.organs import is_organ
from graph.times import format_instant, format_time
from ingest.readers.bods_values import (
    ANNOTATED_BY,
    CONTROL,
    FORMS,
    OFFICERS,
    RANK,
    RIGHTS,
    fraction,
    pointed,
)
from ingest.writers.item import Around, Fact, Given, Tally, Writing

_NO_KIND: Final = "BODS has persons, entities and interests only / BODS 只有人、实体与权益"
_NO_SUBJECT: Final = "in BODS only an entity has interested parties / BODS 中只有实体有权益人"
_NO_LIST: Final = "BODS declares interests, not lists / BODS 不含名单"
_MARK: Final = "what BODS does not hold, in linkrisk's native form / BODS 不能容纳的内容"
_TYPES: Final = {form: sort for sort, form in FORMS.items()}
_VERSION: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T[0-9:.]+Z)?\|([012])\Z")
_STATUS: Final = tuple(RANK)
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
_BIRTH: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?\Z")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
_REASONS: Final = frozenset({
    "noBeneficialOwners", "subjectUnableToConfirmOrIdentifyBeneficialOwner",
    "interestedPartyHasNotProvidedInformation", "subjectExemptFromDisclosure",
    "interestedPartyExemptFromDisclosure", "unknown", "informationUnknownToPublisher",
})  # fmt: skip
_ENCODE: Final = msgspec.json.Encoder(decimal_format="number")


class _Writer:
    def __init__(self, around: Around, tally: Tally) -> None:
        self.around, self.tally = around, tally

    def statement(self, given: Given) -> Fact | None:
        """The statement of one fact; None, and counted, where BODS has no place for it."""
        kind, said = given.fact["kind"], frozenset(given.fact)
        if kind == "company":
            details = self._entity(given.fact)
        elif kind == "person":
            details = self._person(given.fact)
        elif kind == LISTING:
            found = self._declaration(given)
            if found is None:
                self.tally.drop(kind, "*", _NO_LIST)
                return None
            details = found
        elif kind in _INTERESTS:
            found = self._relationship(given)
            if found is None:
                self.tally.drop(kind, "*", _NO_SUBJECT)
                return None
            details = found
        else:
            self.tally.drop(kind, "*", _NO_KIND)
            return None
        return self._stated(given, details, said)

    # -- records ----------------------------------------------------------------------------

    def _entity(self, fact: Fact) -> Fact:
        attrs = fact.get("attrs") or {}
        form = attrs.get("form")
        sort = _TYPES.get(str(form)) or ("stateBody" if is_organ(form) else "registeredEntity")
        details: Fact = {"isComponent": False, "entityType": {"type": sort}}
        if isinstance(form, str) and form not in _TYPES:
            details["entityType"]["details"] = form
        if name := fact.pop("name", None):
            details["name"] = name
        names = attrs.get("alternate_names")
        if isinstance(names, list) and names and all(isinstance(n, str) for n in names):
            details["alternateNames"] = names
        if place := _place(attrs.get("jurisdiction")):
            details["jurisdiction"] = place
        if (code := (fact.get("keys") or {}).get("uscc")) and check("uscc", code).valid:
            scheme = {"scheme": "CN-SAMR", "schemeName": "统一社会信用代码"}
            details["identifiers"] = [{"id": code, **scheme}]
            del fact["keys"]
        self._life(fact, details, (("valid_from", "foundingDate"), ("valid_to", "dissolutionDate")))
        return details

    def _person(self, fact: Fact) -> Fact:
        attrs = fact.get("attrs") or {}
        sort = attrs.get("person_type")
        if sort not in {"anonymousPerson", "unknownPerson"}:
            sort = "knownPerson" if fact.get("name") else "unknownPerson"
        details: Fact = {"isComponent": False, "personType": sort}
        if name := fact.pop("name", None):
            details["names"] = [{"type": "legal", "fullName": name}]
        birth = attrs.get("birth_date")
        if isinstance(birth, str) and _BIRTH.match(birth):
            details["birthDate"] = birth
        places = attrs.get("nationalities")
        if isinstance(places, list) and (named := [p for each in places if (p := _place(each))]):
            details["nationalities"] = named
        number = (fact.get("keys") or {}).get("resident_id")
        if number and not self.around.masked:
            scheme = {"scheme": "CHN-IDCARD", "schemeName": "居民身份证"}
            details["identifiers"] = [{"id": number, **scheme}]
            del fact["keys"]
        self._life(fact, details, (("valid_to", "deathDate"),))
        return details

    def _life(self, fact: Fact, details: Fact, pairs: tuple[tuple[str, str], ...]) -> None:
        """Dates, which are days: a moment within one comes along beside."""
        for field, name in pairs:
            if (value := fact.get(field)) is not None:
                details[name] = value[:10]
                if _DATE.match(value):
                    del fact[field]

    def _relationship(self, given: Given) -> Fact | None:
        fact, kind = given.fact, given.fact["kind"]
        party, subject = given.a, given.b
        interest: Fact = {"type": _INTERESTS[kind], "directOrIndirect": "direct"}
        assert party is not None
        assert subject is not None
        if kind == "nominee" and self.around.kind(subject) != "company":
            party, subject, interest["type"] = subject, party, "nominator"
        if self.around.kind(subject) != "company":
            return None
        attrs = fact.get("attrs") or {}
        if kind == "controller":
            basis = fact.get("basis")
            interest["directOrIndirect"] = _direct(attrs.get("directness", "unknown"))
            if basis in CONTROL:
                interest["type"] = basis
                del fact["basis"]
            elif basis:
                interest["details"] = basis
        elif kind == "officer":
            self._office(fact, interest)
        elif kind == "legal_representative":
            interest["details"] = "法定代表人 legal representative"
        if isinstance(attrs.get("beneficial"), bool):
            interest["beneficialOwnershipOrControl"] = attrs["beneficial"]
        self._life(fact, interest, (("valid_from", "startDate"), ("valid_to", "endDate")))
        interests = [interest]
        if kind == "shareholder":
            interests = self._shares(fact, interest)
        for end in ("from", "to"):
            del fact[end]
        return {
            "isComponent": False, "subject": subject, "interestedParty": party,
            "interests": interests,
        }  # fmt: skip

    def _office(self, fact: Fact, interest: Fact) -> None:
        role = fact.get("role")
        if role in OFFICERS:
            interest["type"] = role
            del fact["role"]
        elif isinstance(role, str):
            interest["details"] = role
            if "董事长" in role:
                interest["type"] = "boardChair"
            elif "董事" in role or "监事" in role:
                interest["type"] = "boardMember"

    def _shares(self, fact: Fact, interest: Fact) -> list[Fact]:
        """A holding, and the votes where they are said apart."""
        attrs = fact.get("attrs") or {}
        share: Fact = {}
        _percentage(fact, "share", share, "exact")
        for field, closed, opened in (
            ("share_min", "minimum", "exclusiveMinimum"),
            ("share_max", "maximum", "exclusiveMaximum"),
        ):
            _percentage(fact, field, share, opened if attrs.get(f"{field}_exclusive") else closed)
        if share:
            interest["share"] = share
        if fact.get("votes") is None:
            return [interest]
        votes: Fact = {}
        _percentage(fact, "votes", votes, "exact")
        return [interest, {**interest, "type": "votingRights", "share": votes}]

    def _declaration(self, given: Given) -> Fact | None:
        """What the reader kept of an interest that is no relation: out again as it came."""
        fact = given.fact
        attrs = fact.get("attrs") or {}
        if fact.get("list") != "declaration" or "ftm" in attrs:
            return None
        interests = [i for i in attrs.get("interests") or () if i.get("type") in _ALL]
        details: Fact = {"isComponent": False, "subject": given.a, "interests": interests}
        if isinstance(party := attrs.get("interested_party"), str):
            details["interestedParty"] = f"{fact['source']['dataset']}:{party}"
            if isinstance(parts := attrs.get("component_records"), list):
                details["componentRecords"] = parts
        elif attrs.get("undisclosed") == "interestedParty" and attrs.get("reason") in _REASONS:
            details["interestedParty"] = {"reason": attrs["reason"]}
            if attrs.get("description"):
                details["interestedParty"]["description"] = attrs["description"]
        else:
            return None
        del fact["subject"]
        return details

    # -- statements -------------------------------------------------------------------------

    def _stated(self, given: Given, details: Fact, said: frozenset[str]) -> Fact:
        fact, kind = given.fact, given.fact["kind"]
        source = fact["source"]
        match = _VERSION.match(source.get("version") or "")
        recorded = str(format_time(given.recorded_at))[:10]
        sort = {"company": "entity", "person": "person"}.get(kind, "relationship")
        stated: Fact = {
            "statementId": hashlib.blake2b(
                f"{given.name}\x1f{given.recorded_at}".encode(), digest_size=16
            ).hexdigest(),
            "declarationSubject": details["subject"] if sort == "relationship" else given.name,
            "statementDate": match[1] if match else recorded,
            "publicationDetails": {
                "publicationDate": self.around.day, "bodsVersion": "0.4",
                "publisher": {"name": "linkrisk"},
            },
            "source": {
                "description": ", ".join(f"{n} {v}" for n, v in source.items()),
                "retrievedAt": format_instant(given.recorded_at),
            },
            "recordId": given.name,
            "recordType": sort,
            "recordStatus": _STATUS[int(match[2])] if match else "new",
            "recordDetails": details,
        }  # fmt: skip
        aside = self.tally.aside(fact, _HELD)
        if (word := _WORDS.get(kind)) and word not in said:
            aside[word] = None  # the interest's type is no word of the source
        if sort != "relationship":
            aside["canonical"] = self.around.canonical(given.name)
        self.tally.written[kind] += 1
        stated["annotations"] = [{
            "statementPointerTarget": "", "motivation": "transformation", "description": _MARK,
            "transformedContent": orjson.dumps(aside).decode(),
            "createdBy": {"name": ANNOTATED_BY},
        }]  # fmt: skip
        return stated


_INTERESTS: Final = {
    "shareholder": "shareholding", "officer": "seniorManagingOfficial",
    "legal_representative": "seniorManagingOfficial", "controller": "otherInfluenceOrControl",
    "nominee": "nominee",
}  # fmt: skip
_WORDS: Final = {"officer": "role", "controller": "basis", "nominee": "basis"}
# Attributes that BODS holds as well as the annotation.
_HELD: Final = frozenset({
    "form", "alternate_names", "birth_date", "beneficial", "interests", "reason",
    "interested_party", "description", "undisclosed", "jurisdiction", "nationalities",
})  # fmt: skip
_ALL: Final = CONTROL | OFFICERS | RIGHTS | {
    "shareholding", "votingRights", "nominee", "nominator", "unknownInterest",
    "unpublishedInterest", "conditionalRightsGrantedByContract",
}  # fmt: skip


def _place(code: Any) -> Fact | None:
    """A country or a part of one (ISO 3166); BODS wants a name as well, which is its code here."""
    return {"name": code, "code": code} if isinstance(code, str) and _COUNTRY.match(code) else None


def _direct(text: Any) -> str:
    return text if text in ("direct", "indirect") else "unknown"


def _percentage(fact: Fact, field: str, share: Fact, name: str) -> None:
    """Puts a fraction's text as an exact JSON number; it comes along where zeros would be lost."""
    if (text := fact.get(field)) is None:
        return
    share[name] = Decimal(pointed(Decimal(text), 2))
    if fraction(str(share[name]), field) == text:
        del fact[field]


def write(facts: Iterable[Given], around: Around, tally: Tally) -> Iterator[bytes]:
    """The statements of a store, as one array. O(facts); memory does not grow with them."""
    writer = _Writer(around, tally)
    before = b"[\n"
    for given in facts:
        if (statement := writer.statement(given)) is not None:
            yield before + _ENCODE.encode(statement)
            before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


WRITING = Writing("bods", "application/json", lines=write)
