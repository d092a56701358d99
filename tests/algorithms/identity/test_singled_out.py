"""How much agreement says who is meant: the same in a store of two records as in one of many.

Each case is a pair of records and what it must give: `join`, `review`, or nothing. The reason is
how many others of the whole country agree in as much: one of these may be the one that is meant.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest

from algorithms.identity import population, shares
from algorithms.identity.resolving import resolve
from algorithms.identity.settings import settings_of
from algorithms.identity.shape import Resolution, ResolveParams
from algorithms.matching import words
from tests.algorithms.identity.worlds import Fact, loading, person

HOME = "四川省成都市武侯区人民南路四段12号3栋1单元501"
OTHER = "四川省绵阳市涪城区临园路东段72号2栋303"


class Case(NamedTuple):
    """Two records of one kind, what comes of them, and why."""

    gives: str | None
    one: tuple[str, dict[str, Any]]
    other: tuple[str, dict[str, Any]]
    why: str


def _alike(gives: str | None, one: str, other: str, why: str, **said: Any) -> Case:
    return Case(gives, (one, said), (other, said), why)


# Each case has a birth date of its own, so that no two cases meet.
PEOPLE: Final = {
    "name": _alike(None, "王伟", "王伟", "290,000 are called so"),
    "rare name": _alike("review", "欧阳夜白", "欧阳夜白", "rare, and a name alone"),
    "name, birth": _alike("review", "张伟", "张伟", "30 in a day", birth_date="1981-02-03"),
    "name, birth, city": _alike(
        "review", "李伟", "李伟", "one more in a city", birth_date="1982-03-04", address="成都市"
    ),
    "name, birth, home": _alike(
        "join", "李静", "李静", "nobody else", birth_date="1983-04-05", address=HOME
    ),
    "rare name, birth": _alike(
        "join", "司徒夜白", "司徒夜白", "nobody else", birth_date="1984-05-06"
    ),
    "name, phone": _alike("join", "王芳", "王芳", "ten had the phone", phone="13800138001"),
    "name, room": _alike("join", "刘伟", "刘伟", "fourteen live there", address=OTHER),
    "name, birth, phone": _alike(
        "join", "张敏", "张敏", "nobody else", birth_date="1985-06-07", phone="13800138002"
    ),
    "traditional": _alike(
        "join", "諸葛長風", "诸葛长风", "one name, two scripts", birth_date="1986-07-08"
    ),
    "traditional, common": _alike(
        "review", "張麗", "张丽", "two scripts do not make it rarer", birth_date="1987-08-09"
    ),
    "pinyin": _alike(
        "review", "Wang Jing", "王静", "of all that sound so", birth_date="1988-09-10"
    ),
    "pinyin, phone": _alike(
        "join", "Liu Yang", "刘洋", "ten had the phone", birth_date="1989-10-11",
        phone="13800138003",
    ),
    "twins": _alike(
        "review", "柳志强", "柳淑珍", "of one household", birth_date="1990-11-12",
        address="浙江省杭州市西湖区文三路138号2幢301室",
    ),
    "father and son": Case(
        "review",
        ("薛德生", {"birth_date": "1955-04-06", "phone": "13800138004"}),
        ("薛德生", {"birth_date": "1991-12-13", "phone": "13800138004"}),
        "another birth date is another person",
    ),
    "another tradition": _alike(
        "review", "扎西", "扎西", "no surname, and common", birth_date="1992-01-14"
    ),
    "four characters": _alike(
        "review", "阿依古丽", "阿依古丽", "not of a surname", birth_date="1993-02-15"
    ),
    "of other parts": _alike(
        "review", "扎西·次仁", "扎西次仁", "parts that many bear", birth_date="1996-05-18"
    ),
    "one part": _alike(
        "review", "艾山", "艾山", "no surname and given name", birth_date="1997-06-19"
    ),
    "letters": _alike(
        "join", "Ingrid Solberg", "Ingrid Solberg", "rare among residents from abroad",
        birth_date="1994-03-16",
    ),
    "a surname and a day": _alike(
        None, "周建军", "周晓梅", "10,000 and more", birth_date="1995-04-17"
    ),
}  # fmt: skip


def _firm(gives: str | None, one: str, other: str, why: str, **said: Any) -> Case:
    return _alike(gives, one, other, why, **said)


FIRMS: Final = {
    "name": _firm("review", "成都宏达贸易有限公司", "成都宏达贸易有限公司", "a name alone"),
    "name, founded": _firm(
        "join", "成都蓝天贸易有限公司", "成都蓝天贸易有限公司", "one name a registry",
        valid_from="2015-02-01",
    ),
    "name without a place": _firm(
        None, "蜀江贸易有限公司", "蜀江贸易有限公司", "thousands, anywhere"
    ),
    "without a place, founded": _firm(
        "review", "华信贸易有限公司", "华信贸易有限公司", "one of thousands a day",
        valid_from="2016-03-02",
    ),
    "without a place, phone": _firm(
        "join", "白鹭贸易有限公司", "白鹭贸易有限公司", "ten had the phone", phone="13900139001"
    ),
    "two cities": Case(
        None,
        ("鼎盛建材有限公司", {"address": "四川省成都市武侯区"}),
        ("鼎盛建材有限公司", {"address": "上海市浦东新区"}),
        "each registered there",
    ),
    "branch": _firm(
        "review", "成都青羽科技有限公司", "成都青羽科技有限公司绵阳分公司", "a part of the other",
        phone="13900139002",
    ),
    "renamed": Case(
        "join",
        ("成都新锐科技有限公司", {"phone": "13900139003"}),
        ("成都远景科技有限公司", {"phone": "13900139003", "former_name": "成都新锐科技有限公司"}),
        "it says so",
    ),
    "sisters": _firm(
        "review", "成都金鑫一号投资有限公司", "成都金鑫二号投资有限公司", "of one group",
        valid_from="2017-04-03", phone="13900139004",
    ),
}  # fmt: skip


def _facts(kind: str, cases: dict[str, Case]) -> list[Fact]:
    facts: list[Fact] = []
    for at, case in enumerate(cases.values()):
        for end, (name, said) in zip("ab", (case.one, case.other), strict=True):
            ident, attrs = f"{kind[0]}{at}{end}", dict(said)
            day = {"valid_from": attrs.pop("valid_from")} if "valid_from" in attrs else {}
            facts.append(person(ident, name, **attrs) | {"kind": kind} | day)
    return facts


def _gave(answer: Resolution) -> dict[frozenset[str], str]:
    found = {frozenset((pair.a, pair.b)): "review" for pair in answer.review}
    return found | {frozenset((pair.a, pair.b)): "join" for pair in answer.judgements}


@pytest.fixture(scope="module")
def together() -> dict[frozenset[str], str]:
    with loading() as world:
        facts = [*_facts("person", PEOPLE), *_facts("company", FIRMS)]
        return _gave(resolve(world.write(facts), ResolveParams(review=0.3)))


@pytest.mark.parametrize(
    ("kind", "name"), [*(("person", n) for n in PEOPLE), *(("company", n) for n in FIRMS)]
)
def test_what_agreement_gives(together: dict[frozenset[str], str], kind: str, name: str) -> None:
    cases = PEOPLE if kind == "person" else FIRMS
    at = list(cases).index(name)
    pair = frozenset((f"d:{kind[0]}{at}a", f"d:{kind[0]}{at}b"))
    assert together.get(pair) == cases[name].gives, cases[name].why


def test_no_two_cases_are_mixed_up(together: dict[frozenset[str], str]) -> None:
    assert all(len({record[:-1] for record in pair}) == 1 for pair in together)


def test_two_records_are_judged_as_many_are() -> None:
    """In a store of two all agree that there is: that is no reason to take them for one."""
    born = {"birth_date": "1981-02-03"}
    with loading() as world:
        snapshot = world.write([person("a", "王伟", **born), person("b", "王伟", **born)])
        answer = resolve(snapshot, ResolveParams(kinds=["person"], accept=0.3, review=0.01))
        assert not answer.judgements  # whatever is accepted
        (pair,) = answer.review
    assert pair.common and not pair.name_only
    # 281,568 bear the name (公安部 2007), born within some 10,000 days of one generation.
    assert 281_568 / 10_000 * 0.9 < pair.others < 281_568 / 10_000 * 1.2
    assert pair.score < 0.3


# Of the list (公安部 2007, told again 2014): the first ranks' counts, and the forty-eighth's for
# names that stand before it.
LISTED: Final = {
    "张伟": 290_607, "王伟": 281_568, "王秀英": 246_737, "王杰": 154_113, "李桂英": 154_113,
    "王玉兰": 154_113, "李霞": 154_113,
}  # fmt: skip


def test_no_name_of_the_ministrys_list_is_taken_for_rarer() -> None:
    """The forty-eighth name of its list of fifty is borne by 154,113."""
    listed = sorted(words.words_of_names().common)
    assert len(listed) > 50
    people = 1.41e9
    rare = {
        name: bearers
        for name in listed
        if (bearers := _bearers(name[0], name[1:]) * people) < 110_000
    }
    assert not rare
    for name, published in LISTED.items():
        assert _bearers(name[0], name[1:]) * people >= published, name
    for name, published in {"欧阳": 1_112_000, "上官": 88_000, "诸葛": 48_000}.items():
        assert shares.surname_share(name) * people >= published * 0.99
    assert _bearers("欧阳", "夜白") * people < 10


def _bearers(family: str, given: str) -> float:
    full = shares.full_share(family + given)
    return full or shares.surname_share(family) * shares.given_share(given)


def test_a_name_in_pinyin_is_of_all_that_sound_so() -> None:
    assert shares.given_share("wei", "wei") > sum(map(shares.given_share, ("伟", "薇", "威", "玮")))
    assert shares.surname_share("zhang", "zhang") >= (
        shares.surname_share("张") + shares.surname_share("章")
    )


@pytest.mark.parametrize("kind", ["person", "company"])
def test_every_level_beyond_names_has_a_share(kind: str) -> None:
    said = population.LEVELS[kind]
    for each in settings_of(kind).comparisons:
        if each.name in said:
            own = said[each.name]
            assert len(own) == len(each.levels) - 1
            assert list(own) == sorted(own)  # what agrees more is met by fewer
            assert own[-1] == 1  # what differs bounds nothing
        else:
            assert each.is_name
