"""Official keys against published examples, the standards' own arithmetic, and phonenumbers."""

from __future__ import annotations

import random
from datetime import date

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.keys import (
    Key,
    canonical,
    check,
    clean,
    is_registration,
    keyed_hash,
    mask,
    mask_within,
    of_a_person,
    organisation_of,
)

KEY = bytes(32)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015, table of characters
WEIGHTS = [pow(3, i, 31) for i in range(17)]  # its weights are 3**(i - 1) mod 31


def uscc_check(body: str) -> str:
    """GB 32100-2015: 31 minus the weighted sum mod 31."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def id_check(body: str) -> str:
    """GB 11643-1999 (ISO 7064 MOD 11-2)."""
    total = sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(body))
    return "0123456789X"[(12 - total) % 11]


# -- companies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L"])
def test_published_codes(code: str) -> None:
    """The examples of the standard and of python-stdnum."""
    assert check("uscc", code) == Key("uscc", code)
    assert canonical(check("uscc", code), KEY) == f"cn:uscc:{code}"
    for written in (code.lower(), f" {code} ", f"{code[:2]}-{code[2:]}", wide(code)):
        assert check("uscc", written) == Key("uscc", code)


def wide(text: str) -> str:
    """Full-width letters and digits."""
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


bodies = st.builds(
    lambda department, kind, district, rest: department + kind + district + rest,
    st.sampled_from("123456789ANY"),
    st.sampled_from("1239"),
    st.from_regex(r"[1-9][0-9]{5}", fullmatch=True),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@settings(max_examples=150, deadline=None)
@given(bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_codes_by_the_standard_s_arithmetic(body: str, place: int, other: str) -> None:
    code = body + uscc_check(body)
    assert check("uscc", code).valid
    changed = code[:place] + other + code[place + 1 :]
    if changed != code:  # one wrong character is always found
        assert not check("uscc", changed).valid


@pytest.mark.parametrize("code", [
    "", "0" * 18, "1" * 18, "9135010000000000Y4", "91350100M000100Y430", "91350100M000100Y44",
    "I1350100M000100Y43", "91350100M00010OY43", "9135O100M000100Y43", "350100100001234", "无",
    "B" + "1350100M000100Y4" + "3",
])  # fmt: skip
def test_what_is_no_code(code: str) -> None:
    key = check("uscc", code)
    assert not key.valid
    assert canonical(key, KEY) is None
    assert key.reason


# -- people -------------------------------------------------------------------------------------


def test_the_example_of_gb_11643() -> None:
    assert check("resident_id", "11010519491231002X") == Key("resident_id", "11010519491231002X")
    assert check("resident_id", "440524188001010014").valid  # its other one
    assert check("resident_id", "11010519491231002x").value.endswith("X")


@pytest.mark.parametrize("district", ["110103", "110104", "310103", "513521", "999999", "000000"])
def test_districts_come_and_go(district: str) -> None:
    """崇文, 宣武 and 卢湾 are no more, and their people keep their numbers."""
    body = f"{district}19800229000"
    assert check("resident_id", body + id_check(body)).valid


dates = st.dates(min_value=date(1850, 1, 1))


@settings(max_examples=150, deadline=None)
@given(dates, st.integers(0, 999), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_ids_by_the_standard_s_arithmetic(birth: date, n: int, place: int, other: str) -> None:
    body = f"110105{birth:%Y%m%d}{n:03}"
    if len(body) != 17:  # strftime does not fill years below 1000
        return
    code = body + id_check(body)
    assert check("resident_id", code).valid
    changed = code[:place] + other + code[place + 1 :]
    if changed != code:
        assert not check("resident_id", changed).valid


@pytest.mark.parametrize("body", ["11010519490230000", "11010520011301000", "11010500000000000"])
def test_impossible_birth_dates(body: str) -> None:
    key = check("resident_id", body + id_check(body))
    assert key.reason == "not a resident id: impossible birth date"


@pytest.mark.parametrize("code", ["", "110105491331002", "990105491231002", "110105491231998",
                                  "11010519491231002", "1" * 18, "x" * 18,
                                  "110105194912310021", "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X"])  # fmt: skip
def test_what_is_no_resident_id(code: str) -> None:
    assert not check("resident_id", code).valid


def test_an_id_of_15_digits_is_the_one_of_18_of_the_same_person() -> None:
    """The example of GB 11643 as its bearer had it before 1999."""
    assert check("resident_id", "110105491231002") == Key("resident_id", "11010519491231002X")
    old, new = (canonical(check("resident_id", t), KEY) for t in ("110105491231002",
                                                                 "11010519491231002X"))  # fmt: skip
    assert old == new is not None
    assert mask_within("身份证110105491231002, 金额110105491231002.5") == (
        "身份证110***********002X, 金额110105491231002.5"
    )


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 995))
def test_old_ids_by_the_standard_s_arithmetic(birth: date, n: int) -> None:
    old, body = f"310104{birth:%y%m%d}{n:03}", f"310104{birth:%Y%m%d}{n:03}"
    assert check("resident_id", old) == Key("resident_id", body + id_check(body))


def test_numbers_that_companies_had_before() -> None:
    """Published registration numbers of Baidu and Tencent; Tencent's organisation code, alone, in
    its taxpayer's number and in its USCC; the example of GB 11714."""
    for number in ("110108002734659", "440301103448669"):
        assert is_registration(number)
        assert not any(is_registration(number[:-1] + d) for d in "0123456789" if d != number[-1])
    for text in ("708461136", "70846113-6", "440300708461136", "91440300708461136T"):
        assert organisation_of(text) == "708461136"
    assert organisation_of("D2143569-X") == "D2143569X"
    for text in ("708461137", "", "无", "000000000", "91440300", "7084611361"):
        assert organisation_of(text) is None


def test_a_number_that_may_be_a_company_s_is_no_person_s() -> None:
    assert of_a_person("11010519491231002X") and of_a_person("110105491231003")
    bodies = (f"11010549123{n:04}" for n in range(1000, 1999))
    body = next(body for body in bodies if is_registration(body))
    assert check("resident_id", body).valid and not of_a_person(body)


# -- accounts -----------------------------------------------------------------------------------


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


@settings(max_examples=150, deadline=None)
@given(st.from_regex(r"[1-9][0-9]{11,18}", fullmatch=True))
def test_cards_satisfy_luhn(digits: str) -> None:
    if len(set(digits)) > 1:
        assert check("account", digits, card=True).valid is luhn(digits)
        assert check("account", digits).valid  # not a card: nothing is asked of it


def test_published_card_numbers() -> None:
    assert check("account", "4111 1111 1111 1111", card=True) == Key("account", "4111111111111111")
    assert check("account", "79927398713", card=True).valid
    assert check("account", "79927398710", card=True).reason == "card number fails Luhn"


@pytest.mark.parametrize("number", ["", "123", "x" * 65, "0000000000", "9999", "UNKNOWN",
                                    "现金账户", "支付宝1234567", "a@b.cn"])  # fmt: skip
def test_placeholders_join_nobody(number: str) -> None:
    assert not check("account", number).valid


# -- phones -------------------------------------------------------------------------------------


def by_library(text: str) -> tuple[str, bool] | None:
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164, phonenumbers.is_valid_number(number)


def same_as_library(text: str) -> None:
    key, expected = check("e164", text), by_library(clean(text))
    if expected is None:
        assert not key.valid
    else:
        assert (key.value, key.valid) == expected


def test_every_mobile_range_is_as_the_library_says() -> None:
    """The quick way for mainland mobiles is only taken where it agrees."""
    rng = random.Random(1)
    for head in range(1300, 2000):
        text = f"{head}{rng.randrange(10**7):07}"
        for written in (text, f"86{text}", f"+86{text}", f"+86 {text[:3]}-{text[3:]}"):
            same_as_library(written)


@settings(max_examples=150, deadline=None)
@given(st.from_regex(r"\+?[0-9][0-9 -]{3,16}", fullmatch=True))
def test_any_number_is_as_the_library_says(text: str) -> None:
    same_as_library(text)


@pytest.mark.parametrize(("text", "e164"), [
    ("13800138000", "+8613800138000"), ("(010) 6655-1234", "+861066551234"),
    ("+852 2123 4567", "+85221234567"), ("１３８００１３８０００", "+8613800138000"),
    ("400-820-8820", "+864008208820"),
])  # fmt: skip
def test_phones(text: str, e164: str) -> None:
    assert check("e164", text) == Key("e164", e164)


@pytest.mark.parametrize("text", ["", "95588", "11111111111", "+", "n/a", "138001380001", "无"])
def test_what_is_no_phone(text: str) -> None:
    assert not check("e164", text).valid


# -- canonical ids, masks -----------------------------------------------------------------------


def test_people_accounts_and_phones_are_hashed_with_the_store_s_key() -> None:
    secrets = {"resident_id": "11010519491231002X", "account": "6222020200112233",
               "e164": "13800138000"}  # fmt: skip
    found = set()
    for kind, value in secrets.items():
        one, two = (canonical(check(kind, value), key) for key in (KEY, b"\1" * 32))
        assert one is not None
        assert two is not None
        assert one != two
        assert value not in one
        found |= {one, two}
    assert len(found) == 6
    assert all(prefix in " ".join(sorted(found)) for prefix in ("account:", "cn:person:", "phone:"))


def test_the_same_digits_of_another_kind_are_somebody_else() -> None:
    digits = "13800138000"
    ids = [canonical(Key(kind, digits), KEY) for kind in ("account", "e164", "resident_id")]
    assert len({i.partition(":")[2] for i in ids if i}) == 3


def test_the_hash_is_keyed_blake2b() -> None:
    import hashlib

    expected = hashlib.blake2b(b"x", key=KEY, digest_size=16).hexdigest()
    assert keyed_hash("x", KEY) == expected


@pytest.mark.parametrize(("kind", "value", "shown"), [
    ("e164", "+8613800130001", "138****0001"),
    ("uscc", "91350100M000100Y43", "91350100M000100Y43"),
    ("resident_id", "11010519491231002X", "110***********002X"),
    ("account", "1234", "****"), ("account", "123456", "****56"),
])  # fmt: skip
def test_masks(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["uscc", "resident_id", "e164", "account", "else"]), st.text(max_size=40))
def test_any_text_is_checked_without_complaint(kind: str, text: str) -> None:
    key = check(kind, text)
    assert key.kind == kind
    assert (canonical(key, KEY) is None) is (not key.valid)
    if key.valid:
        assert check(kind, key.value) == key  # the normal form is a fixed point
        assert kind == "uscc" or key.value not in mask(kind, key.value)
