"""Money against exact fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadFact
from graph.money import decimal_text, exponent, minor_units

CURRENCIES = {"CNY": 2, "USD": 2, "HKD": 2, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "XYZ": 2}


@pytest.mark.parametrize(("currency", "digits"), CURRENCIES.items())
def test_exponents_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize(("text", "minor"), [
    ("5000.00", 500_000), ("5000", 500_000), ("0.01", 1), (".50", 50), ("-113000.00", -11_300_000),
    ("1e3", 100_000), ("0", 0), ("-0.00", 0), ("00012.30", 1230), ("5.10000", 510), (" 5.00 ", 500),
    (5, 500), (5.1, 510), (-0.25, -25), ("９９.５", 9950), ("46116860184273879.03", 2**62 - 1),
])  # fmt: skip
def test_worked_values(text: object, minor: int) -> None:
    assert minor_units(text) == minor


def test_other_currencies() -> None:
    assert minor_units("5000", "JPY") == 5000
    assert minor_units("1.234", "KWD") == 1234
    with pytest.raises(BadFact, match="finer than JPY"):
        minor_units("0.5", "JPY")


@pytest.mark.parametrize("amount", [
    "", "abc", "1,000.00", "1_000", "NaN", "sNaN", "Infinity", "-inf", "1e999999", "1e-999999",
    "0.001", "46116860184273879.04", "1" * 30, "1" * 3000, "1.0000000000000000000000000000001",
    True, None, [], {}, 0.1 + 0.2, float("nan"), float("inf"), 1e300, "12元", "--5", "5.0.0",
])  # fmt: skip
def test_what_is_no_amount(amount: object) -> None:
    with pytest.raises(BadFact):
        minor_units(amount)


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**62) + 1, 2**62 - 1), st.sampled_from(list(CURRENCIES)))
def test_there_and_back(minor: int, currency: str) -> None:
    text = decimal_text(minor, currency)
    assert Fraction(text) == Fraction(minor, 10 ** CURRENCIES[currency])
    assert minor_units(text, currency) == minor
    assert "E" not in text


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=30), st.floats(), st.decimals().map(str), st.integers()))
def test_anything_is_exact_or_refused(amount: object) -> None:
    try:
        minor = minor_units(amount)
    except BadFact:
        return
    assert Fraction(minor, 100) == Fraction(Decimal(str(amount)))
