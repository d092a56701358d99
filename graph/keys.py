"""Official keys: what is well formed, and the canonical id that follows from a valid one.

USCC after GB 32100-2015, resident id after GB 11643-1999 (checksum and date; district codes come
and go, so they are not checked), phones after E.164, cards after ISO/IEC 7812 (Luhn). A company's
canonical id is public; a person's, account's or phone's is a keyed hash and discloses nobody.

A resident id of 15 digits (GB 11643-1989, issued until 1999) is the one of 18 that its bearer was
given instead: the century and the check character are added. Numbers that companies had before
2015 are checked here too, but they are no keys: a USCC does not follow from them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

import phonenumbers
from stdnum import luhn
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_10

# The ranges of mainland mobiles that phonenumbers calls valid; every other number is asked of it.
_MOBILE: Final = re.compile(
    r"(?:\+?86)?(1(?:[38][0-9]|4[57]|[59][0-35-9]|6[25-7]|7[0-35-8])[0-9]{8})\Z"
)
# What may be a resident id or a mobile in a text of its own, not a part of a longer number.
_WITHIN: Final = re.compile(
    r"(?<![0-9A-Za-z.])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|(?:\+?86[- ]?)?1[3-9][0-9]{9})"
    r"(?![0-9A-Za-z]|\.[0-9])"
)
# GB 32100: registering department, kind of body, district, and who it is there. Departments have
# letters too: A the military, N rural collectives, Y others. None is 0: zeros satisfy the check.
_LETTERS: Final = "0-9A-HJ-NP-RTUWXY"
_USCC: Final = re.compile(f"[1-9ANY][{_LETTERS}][0-9]{{6}}[{_LETTERS}]{{10}}\\Z")
# Provinces of GB/T 2260; the digits of a resident id of 15 have no check of their own.
_OLD_ID: Final = re.compile(
    r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{13}\Z", re.ASCII
)
_CENTENARIANS: Final = frozenset({"996", "997", "998", "999"})  # born before 1900, not after
_ORGANISATION: Final = re.compile(r"[0-9A-Z]{8}[0-9X]\Z", re.ASCII)
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_DROP: Final = re.compile(r"[\s\-‐-―]+")
_PREFIX: Final = {
    "uscc": "cn:uscc:",
    "resident_id": "cn:person:",
    "account": "account:",
    "e164": "phone:",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One official key: its normal form, and the reason where it identifies nobody."""

    kind: str
    value: str
    reason: str | None = None

    @property
    def valid(self) -> bool:
        """Whether the key may identify its bearer."""
        return self.reason is None


def clean(value: str) -> str:
    """Half-width, without spaces and dashes, in capitals."""
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    return value.upper() if value.isalnum() else _DROP.sub("", value).upper()


def _uscc(value: str) -> str | None:
    if not _USCC.match(value):
        return "not a unified social credit code: not the 18 characters of one"
    if uscc.calc_check_digit(value) != value[17]:
        return "not a unified social credit code: wrong check digit"
    return None


def _resident_id(value: str) -> str | None:
    try:
        if len(value) != 18 or not (value.isascii() and value[:17].isdigit()):
            return "not a resident id: not 17 digits and a check character"
        if ric.calc_check_digit(value) != value[17]:
            return "not a resident id: wrong check digit"
        ric.get_birth_date(value)
    except (ValidationError, ValueError):
        return "not a resident id: impossible birth date"
    return None


def _as_new_id(value: str) -> str:
    """A resident id of 15 digits as the one of 18 that replaced it; anything else as it is."""
    if not _OLD_ID.match(value) or value[12:] in _CENTENARIANS:
        return value
    body = f"{value[:6]}19{value[6:]}"
    return body + str(ric.calc_check_digit(body + "0"))  # the last one is not read


def organisation_of(value: str) -> str | None:
    """The organisation code (GB 11714) within an official number of a company: an organisation
    code, a taxpayer's number of 15 characters, a USCC; None where there is none that is valid."""
    text = clean(value)
    found = {9: text, 15: text[6:], 18: text[8:17]}.get(len(text), "")
    if not _ORGANISATION.match(found) or len(set(found[:8])) == 1:
        return None
    total = sum(
        int(char, 36) * weight
        for char, weight in zip(found[:8], _ORGANISATION_WEIGHTS, strict=True)
    )
    return found if "0X987654321"[total % 11] == found[8] else None


def is_registration(value: str) -> bool:
    """Whether this is a registration number that a company had before 2015: 15 digits, the last a
    check of ISO/IEC 7064 MOD 11,10 (工商行政管理市场主体注册号编制规则, 2007)."""
    text = clean(value)
    if not (len(text) == 15 and text.isascii() and text.isdigit() and len(set(text)) > 1):
        return False
    return bool(mod_11_10.is_valid(text))


def of_a_person(value: str) -> bool:
    """Whether a number of unknown kind is a resident id. One of 15 digits that may be a company's
    registration number is not taken for one."""
    return check("resident_id", value).valid and not is_registration(value)


def _account(value: str, card: bool) -> str | None:
    if not (value.isascii() and value.isalnum() and 4 <= len(value) <= 64):
        return "not an account number"
    if len(set(value)) == 1 or value.isalpha():  # 0000, UNKNOWN: these would join strangers
        return "a placeholder, not an account number"
    return "card number fails Luhn" if card and not luhn.is_valid(value) else None


def _e164(value: str) -> tuple[str, str | None]:
    # A mainland mobile is recognised by its shape; the library gives the same answer, slower.
    if match := _MOBILE.match(value):
        return "+86" + match[1], None
    try:
        number = phonenumbers.parse(value, "CN")
    except phonenumbers.NumberParseException:
        return value, "not a phone number"
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text, None if phonenumbers.is_valid_number(number) else "not a valid phone number"


def check(kind: str, value: str, *, card: bool = False) -> Key:
    """Normalise and check one key; `card` asks Luhn of an account number. Never raises."""
    text = clean(value)
    if kind == "uscc":
        return Key(kind, text, _uscc(text))
    if kind == "resident_id":
        text = _as_new_id(text)
        return Key(kind, text, _resident_id(text))
    if kind == "account":
        return Key(kind, text, _account(text, card))
    if kind == "e164":
        return Key(kind, *_e164(text))
    return Key(kind, text, "unknown kind of key")


def keyed_hash(value: str, id_key: bytes) -> str:
    """The store's keyed digest of an identifier (BLAKE2b, 128 bits, hexadecimal)."""
    return hashlib.blake2b(value.encode(), key=id_key, digest_size=16).hexdigest()


def canonical(key: Key, id_key: bytes) -> str | None:
    """The canonical id that a valid key gives; None for an invalid one."""
    if not key.valid:
        return None
    if key.kind == "uscc":
        return _PREFIX["uscc"] + key.value
    return _PREFIX[key.kind] + keyed_hash(f"{key.kind}:{key.value}", id_key)


def mask(kind: str, value: str) -> str:
    """An identifier as it may be shown outside: a company's in full, a person's by its ends."""
    if kind == "uscc" or len(value) < 5:
        return value if kind == "uscc" else "*" * len(value)
    if kind == "e164" and value.startswith("+86") and len(value) == 14:
        return f"{value[3:6]}****{value[-4:]}"
    return (
        f"{value[:3]}{'*' * (len(value) - 7)}{value[-4:]}"
        if len(value) > 8
        else ("*" * (len(value) - 2) + value[-2:])
    )


def may_identify(text: str) -> bool:
    """Whether a text may hold a resident id or a mobile: quick, and never wrongly no."""
    return len(text) > 10 and _WITHIN.search(text) is not None  # a mobile has 11 digits


def mask_within(value: Any) -> Any:
    """JSON with the resident ids and mobiles that stand anywhere in its texts masked."""
    if isinstance(value, str):
        return _WITHIN.sub(_masked_match, value)
    if isinstance(value, list):
        return [mask_within(each) for each in value]
    if isinstance(value, dict):
        return {name: mask_within(each) for name, each in value.items()}
    return value


def _masked_match(found: re.Match[str]) -> str:
    text = found[0]
    for kind in ("resident_id", "e164"):
        if (key := check(kind, text)).valid:
            return mask(kind, key.value)
    return text
