"""Official numbers with their check characters, a column at a time.

Unified social credit code: GB 32100-2015 (check over 31 characters), around an organisation code
after GB 11714-1997; resident id: GB 11643-1999 (ISO 7064 MOD 11-2); card: ISO/IEC 7812-1 (Luhn);
mobile: E.164 under +86. Every number is unique: bodies come from a shuffle, not from a draw.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.generate.draws import Flags, Ints, weighted

Matrix = npt.NDArray[np.uint8]

_ALPHABET: Final = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_CHARS: Final = np.frombuffer(_ALPHABET, dtype=np.uint8)
_USCC: Final = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORGANISATION: Final = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_RESIDENT: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_RESIDENT_CHECK: Final = np.frombuffer(b"10X98765432", dtype=np.uint8)
_ORGANISATION_CHECK: Final = np.frombuffer(b"0X987654321", dtype=np.uint8)
_INDEX: Final = np.zeros(128, dtype=np.int64)  # value of a character in GB 32100
_INDEX[_CHARS] = np.arange(31)
_VALUE36: Final = np.zeros(128, dtype=np.int64)  # value of a character in GB 11714
_VALUE36[np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)] = np.arange(36)

NEW_BODIES: Final = 31**6  # after the reform of 2015 an organisation code is MA and six characters
OLD_BODIES: Final = 10**8
CARD_BODIES: Final = 10**11
MOBILE_BODIES: Final = 10**8

# Issuer prefix of the card, the bank's name, and its weight.
BANKS: Final = (
    ("622202", "中国工商银行", 20),
    ("621700", "中国建设银行", 18),
    ("622848", "中国农业银行", 18),
    ("621661", "中国银行", 12),
    ("621799", "中国邮政储蓄银行", 10),
    ("622588", "招商银行", 7),
    ("622262", "交通银行", 6),
    ("622622", "中国民生银行", 3),
    ("622908", "兴业银行", 3),
    ("622521", "上海浦东发展银行", 3),
)
BANK: Final = weighted([weight for _, _, weight in BANKS])
_BINS: Final = np.array([int(prefix) for prefix, _, _ in BANKS], dtype=np.int64)
_MOBILES: Final = np.array(
    [
        *range(130, 140),
        147,
        *range(150, 154),
        *range(155, 160),
        166,
        173,
        *range(175, 179),
        *range(180, 190),
        191,
        195,
        198,
        199,
    ],
    dtype=np.int64,
)
MOBILE_PREFIXES: Final = len(_MOBILES)


def digits(values: Ints, width: int) -> Matrix:
    """ASCII digits of numbers, zero padded, one row each."""
    out = np.empty((len(values), width), dtype=np.uint8)
    rest = values
    for column in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        out[:, column] = digit + 48
    return out


def texts(rows: Matrix) -> list[str]:
    """One text for each row of characters."""
    width = rows.shape[1]
    whole = rows.tobytes().decode("ascii")
    return [whole[k : k + width] for k in range(0, len(whole), width)]


def _base31(values: Ints) -> Matrix:
    out = np.empty((len(values), 6), dtype=np.uint8)
    rest = values
    for column in range(5, -1, -1):
        rest, digit = np.divmod(rest, 31)
        out[:, column] = _CHARS[digit]
    return out


def credit_codes(registrar: Ints, district: Ints, reformed: Flags, body: Ints) -> list[str]:
    """USCCs of two digits of registrar and category, six of district, and the organisation code.

    `body` is below OLD_BODIES; where `reformed`, the organisation code has the form MA......
    """
    rows = np.empty((len(body), 18), dtype=np.uint8)
    rows[:, :2] = digits(registrar, 2)
    rows[:, 2:8] = digits(district, 6)
    rows[:, 8:16] = digits(body, 8)
    new = np.flatnonzero(reformed)
    rows[new, 8:10] = np.frombuffer(b"MA", dtype=np.uint8)
    rows[new, 10:16] = _base31(body[new])
    check = (_VALUE36[rows[:, 8:16]] @ _ORGANISATION) % 11
    rows[:, 16] = _ORGANISATION_CHECK[check]
    rows[:, 17] = _CHARS[(31 - (_INDEX[rows[:, :17]] @ _USCC) % 31) % 31]
    return texts(rows)


def resident_ids(district: Ints, birthday: Ints, sequence: Ints) -> list[str]:
    """Resident ids of a district, a birthday written yyyymmdd and a sequence number 0..999."""
    rows = np.empty((len(district), 18), dtype=np.uint8)
    rows[:, :6] = digits(district, 6)
    rows[:, 6:14] = digits(birthday, 8)
    rows[:, 14:17] = digits(sequence, 3)
    weighted_sum = (rows[:, :17].astype(np.int64) - 48) @ _RESIDENT
    rows[:, 17] = _RESIDENT_CHECK[weighted_sum % 11]
    return texts(rows)


def card_numbers(bank: Ints, body: Ints) -> list[str]:
    """19-digit card numbers: issuer prefix, one digit of kind, 11 digits of body, Luhn digit."""
    rows = np.empty((len(body), 19), dtype=np.uint8)
    rows[:, :6] = digits(_BINS[bank], 6)
    rows[:, 6] = 48
    rows[:, 7:18] = digits(body, 11)
    values = rows[:, :18].astype(np.int64) - 48
    doubled = values[:, 1::2] * 2  # counted from the right, the digit before the check is doubled
    total = values[:, ::2].sum(1) + (doubled - 9 * (doubled > 9)).sum(1)
    rows[:, 18] = 48 + (10 - total % 10) % 10
    return texts(rows)


def corporate_accounts(bank: Ints, body: Ints) -> list[str]:
    """19-digit corporate account numbers: no check digit is defined for them."""
    rows = np.empty((len(body), 19), dtype=np.uint8)
    rows[:, :8] = digits(12_020_000 + bank * 1_013, 8)
    rows[:, 8:] = digits(body, 11)
    return texts(rows)


def wallets(body: Ints) -> list[str]:
    """16-digit numbers of payment accounts."""
    rows = np.empty((len(body), 16), dtype=np.uint8)
    rows[:, :4] = digits(np.full(len(body), 2088), 4)
    rows[:, 4:] = digits(body, 12)
    return texts(rows)


def mobiles(prefix: Ints, body: Ints) -> list[str]:
    """Mainland mobile numbers in E.164, without the leading +."""
    rows = np.empty((len(body), 13), dtype=np.uint8)
    rows[:, :2] = np.frombuffer(b"86", dtype=np.uint8)
    rows[:, 2:5] = digits(_MOBILES[prefix], 3)
    rows[:, 5:] = digits(body, 8)
    return texts(rows)
