"""Money: decimal text outside, integer minor units (ISO 4217) inside."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation
from typing import Final

from graph.errors import BadFact

# ISO 4217 exponents that differ from 2.
_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
_LIMIT: Final = 2**62
_LONGEST: Final = 64  # characters
_WIDEST: Final = 20  # digits before the point
# Wide enough that nothing of a text that is not absurdly long is rounded away.
_WIDE: Final = Context(prec=300, Emax=10**9, Emin=-(10**9))


def exponent(currency: str) -> int:
    """Number of decimals of a currency."""
    return _EXPONENTS.get(currency, 2)


def minor_units(amount: object, currency: str = "CNY") -> int:
    """Integer minor units of a decimal amount; raises BadFact where it has finer decimals."""
    digits = exponent(currency)
    if type(amount) is str and digits == 2 and amount[-3:-2] == "." and len(amount) < 19:
        whole = amount[:-3] + amount[-2:]
        if whole.isascii() and whole.isdigit():
            return int(whole)
    if isinstance(amount, bool) or not isinstance(amount, (str, int, float)):
        raise BadFact("not an amount")
    text = str(amount)
    try:
        if "_" in text or len(text) > _LONGEST:  # Decimal would read 1_000
            raise InvalidOperation
        number = Decimal(text)
    except InvalidOperation:
        raise BadFact(f"not an amount: {text[:40]!r}") from None
    if not number.is_finite() or number.adjusted() > _WIDEST:
        raise BadFact(f"amount is out of range: {text[:40]!r}")
    scaled = number.scaleb(digits, _WIDE)
    if abs(scaled) >= _LIMIT:
        raise BadFact(f"amount is out of range: {text[:40]!r}")
    if scaled != scaled.to_integral_value():
        raise BadFact(f"finer than {currency}'s minor unit: {text[:40]!r}")
    return int(scaled)


def decimal_text(minor: int, currency: str = "CNY") -> str:
    """Decimal text of integer minor units."""
    return format(Decimal(int(minor)).scaleb(-exponent(currency)), "f")
