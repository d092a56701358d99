"""One valid resident id on records of two people, and what records state in full width."""

from __future__ import annotations

import pytest

from algorithms.identity.resolving import resolve
from algorithms.identity.shape import Resolution, ResolveParams
from tests.algorithms.identity.worlds import IDS, Fact, loading, person

PARAMS = ResolveParams(kinds=["person"])


def _resolved(*facts: Fact) -> Resolution:
    with loading() as world:
        return resolve(world.write(facts), PARAMS)


def test_two_names_of_one_resident_id_are_told() -> None:
    """The check character holds, so they are one subject: nobody is to be left to find out."""
    answer = _resolved(
        person("a", "欧阳建国", resident_id=IDS[0]), person("b", "司马文静", resident_id=IDS[0]),
        person("c", "歐陽建國", resident_id=IDS[0]),
    )  # fmt: skip
    (conflict,) = answer.conflicts
    assert (conflict.why, conflict.between) == ("one_key", ("d:a", "d:b"))
    assert answer.stats["person.conflicts"] == 1
    assert not answer.judgements


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("欧阳建国", "歐陽建國"), ("欧阳建国", "Jianguo Ouyang"), ("张伟", "张玮"),
        ("李建国", "李卫东"),  # another given name
        ("李晓红", "王晓红"),  # another surname
        ("买买提·阿布都拉", "买买提•阿布都拉"),
    ],
)  # fmt: skip
def test_one_who_goes_by_a_like_name_is_no_conflict(one: str, other: str) -> None:
    both = (person(i, n, resident_id=IDS[0]) for i, n in (("a", one), ("b", other)))
    assert not _resolved(*both).conflicts


def test_one_who_says_the_other_name_is_no_conflict() -> None:
    assert not _resolved(
        person("a", "欧阳建国", resident_id=IDS[0]),
        person("b", "司马文静", resident_id=IDS[0], 曾用名="欧阳建国"),
    ).conflicts


@pytest.mark.parametrize("number", ["１３８００１３８０４４", "+86 138-0013-8044", "138 0013 8044"])
def test_numbers_and_dates_however_they_are_written(number: str) -> None:
    answer = _resolved(
        person("a", "张伟", birth_date="１９８６－０５－０６", phone=number),
        person("b", "张伟", birth_date="1986-05-06", phone="13800138044"),
    )
    (pair,) = answer.judgements
    said = {each.name: each.says for each in pair.features}
    assert [said[name] for name in ("family", "given", "birth", "phone")] == ["agrees"] * 4
