"""Values as BODS writes them: partial dates, percentages, lists of objects."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from graph.errors import BadFact

OFFICERS: Final = frozenset({"boardMember", "boardChair", "seniorManagingOfficial"})
CONTROL: Final = frozenset({
    "otherInfluenceOrControl", "appointmentOfBoard", "controlViaCompanyRulesOrArticles",
    "controlByLegalFramework", "settlor", "trustee", "protector", "beneficiaryOfLegalArrangement",
})  # fmt: skip
RIGHTS: Final = frozenset({
    "rightsGrantedByContract", "rightsToSurplusAssetsOnDissolution", "rightsToProfitOrIncome",
    "enjoymentAndUseOfAssets", "rightToProfitOrIncomeFromAssets",
})  # fmt: skip
RANK: Final = {"new": 0, "updated": 1, "closed": 2}  # of a record's statements on one day
FORMS: Final = {
    "registeredEntity": "registered_entity",
    "legalEntity": "legal_entity",
    "arrangement": "arrangement",
    "anonymousEntity": "anonymous_entity",
    "unknownEntity": "unknown_entity",
    "state": "state",
    "stateBody": "state_organ",
}
ANNOTATED_BY: Final = "linkrisk"  # who annotates a statement with what BODS cannot hold
_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d{2}))?\Z")


def plain(value: Any) -> Any:
    """A JSON value without decimals: those become floats (they are attributes, never shares)."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def text_of(value: Any, column: str) -> str:
    """A text that must be there."""
    if isinstance(value, str) and value:
        return value
    raise BadFact("missing or not text", column)


def listed(details: dict[str, Any], column: str) -> list[dict[str, Any]]:
    """A list of objects; a missing one is empty."""
    found = details.get(column) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadFact("not a list of objects", column)
    return found


def partial(value: Any, column: str, *, end: bool = False) -> str | None:
    """A date or time in ISO; `1978-08` and `1978` stand for their first day.

    As the end of something they stand for the day after their last, since it may have lasted so
    long. None stays None.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadFact("not a date", column)
    match = _PARTIAL.match(value)
    if not match:
        return value
    year, month = int(match[1]), int(match[2] or 1)
    try:
        first = date(year, month, 1)
        if end:
            first = (
                (first + timedelta(days=31)).replace(day=1) if match[2] else date(year + 1, 1, 1)
            )
    except (ValueError, OverflowError):
        raise BadFact(f"not a date: {value!r}", column) from None
    return first.isoformat()


def fraction(value: Any, column: str) -> str:
    """A percentage as the exact text of its fraction: 76.5 becomes 0.765."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise BadFact("not a percentage", column)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadFact(f"not a percentage: {str(value)[:40]!r}", column) from None
    if not number.is_finite() or not -60 < number.adjusted() < 20 or len(str(value)) > 120:
        raise BadFact(f"not a percentage: {str(value)[:40]!r}", column)
    return _trimmed(pointed(number, -2))


def percent(share: str) -> str:
    """A fraction's exact text as a percentage: 0.765 becomes 76.5."""
    return _trimmed(pointed(Decimal(share), 2))


def pointed(number: Decimal, places: int) -> str:
    """The exact text of a number whose point moves to the right, with all its zeros."""
    sign, digits, exponent = number.as_tuple()
    return format(Decimal((sign, digits, int(exponent) + places)), "f")


def _trimmed(text: str) -> str:
    """A decimal's text without zeros that say nothing."""
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
