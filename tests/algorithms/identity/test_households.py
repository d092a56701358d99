"""Twins, brothers, father and son share home, phone and surname: that makes them no one person."""

from __future__ import annotations

import pytest

from algorithms.identity.resolving import resolve
from algorithms.identity.shape import Resolution, ResolveParams
from tests.algorithms.identity.worlds import IDS, Fact, loading, person

HOME = "浙江省杭州市西湖区文三路138号2幢301室"
PHONE = [
    {"kind": "phone", "id": "f", "keys": {"e164": "13800138000"}},
    *({"kind": "uses_phone", "id": f"u{who}", "from": who, "to": "f"} for who in ("a", "b")),
]


def _resolved(one: Fact, other: Fact) -> Resolution:
    with loading() as world:
        snapshot = world.write([one, other, *PHONE])
        return resolve(snapshot, ResolveParams(kinds=["person"], review=0.01))


@pytest.mark.parametrize(
    ("one", "other", "born"),
    [
        ("柳志强", "柳淑珍", "1980-06-30"),  # twins
        ("张梓然", "张浩然", "1980-06-30"),  # twins, of one generation's character
        ("Anna Smith", "Maria Smith", "1980-06-30"),
        ("张梓然", "张浩然", "1984-10-27"),  # brothers, of one generation's character
        ("Xue Wenjie", "薛德生", "1955-04-06"),  # father and son
        ("John Smith", "John Smith Jr", "1950-02-11"),
        ("John Smith", "John Smith", "1950-02-11"),
        ("薛德生", "薛德生", "1950-06-30"),  # one digit, and a generation
    ],
)
def test_a_household_waits_for_a_person(one: str, other: str, born: str) -> None:
    answer = _resolved(
        person("a", one, birth_date="1980-06-30", address=HOME),
        person("b", other, birth_date=born, address=HOME),
    )
    assert not answer.judgements
    assert [(pair.a, pair.b, pair.kin) for pair in answer.review] == [("d:a", "d:b", True)]
    assert answer.review[0].score < 0.95


@pytest.mark.parametrize(
    ("one", "other"),
    [("柳志强", "柳誌強"), ("柳志强", "柳志墙"), ("柳志强", "Zhiqiang Liu"), ("柳志强", "柳志")],
)
def test_one_person_in_other_characters_is_joined(one: str, other: str) -> None:
    answer = _resolved(
        person("a", one, birth_date="1980-06-30", address=HOME),
        person("b", other, birth_date="1980-06-30", address="杭州文三路一百三十八号2栋301"),
    )
    assert [(pair.a, pair.b, pair.kin) for pair in answer.judgements] == [("d:a", "d:b", False)]


def test_one_number_with_a_slip_speaks_for_one_person() -> None:
    """Of another name altogether, but of a number that is one digit from the other's."""
    slipped = IDS[0][:9] + str((int(IDS[0][9]) + 1) % 10) + IDS[0][10:]
    answer = _resolved(
        person("a", "柳志强", address=HOME, resident_id=IDS[0]),
        person("b", "柳淑珍", address=HOME, resident_id=slipped, birth_date="1990-03-07"),
    )
    assert len(answer.judgements) == 1


def test_a_birth_date_alone_is_nothing_to_ask_about() -> None:
    with loading() as world:
        facts = [person("a", "欧阳建国", birth_date="1970-05-01"),
                 person("b", "李雪", birth_date="1970-05-01")]  # fmt: skip
        answer = resolve(world.write(facts), ResolveParams(kinds=["person"], review=1e-6))
    assert not answer.judgements and not answer.review


def test_another_name_with_the_same_home_and_phone_is_asked_about() -> None:
    answer = _resolved(
        person("a", "欧阳建国", birth_date="1980-06-30", address=HOME),
        person("b", "李雪", birth_date="1980-06-30", address=HOME),
    )
    assert not answer.judgements
    assert [pair.kin for pair in answer.review] == [True]
