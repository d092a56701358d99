"""Whole runs on small stores: what joins, what waits, what is refused, what a batch changes."""

from __future__ import annotations

import pytest

from algorithms.identity.resolving import resolve
from algorithms.identity.shape import BY, Model, Pair, Resolution, ResolveParams
from graph.errors import WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.identity.worlds import IDS, Fact, judged, loading, person

PARAMS = ResolveParams(kinds=["person"], review=0.1)


def joined(pairs: list[Pair]) -> set[tuple[str, str]]:
    return {(pair.a, pair.b) for pair in pairs}


def facts_of(answer: Resolution) -> list[Fact]:
    """What whoever records an answer writes."""
    return [
        judged("same_as", f"{pair.a}={pair.b}", pair.a, pair.b, f"{BY} {pair.model}")
        for pair in answer.added
    ]


def mailed(ident: str, name: str, born: str, mail: str, **more: str) -> Fact:
    return person(ident, name, birth_date=born, email=mail, **more)


WEI = [
    mailed("p1", "欧阳文静", "1988-03-09", "wenjing88@qq.com"),
    mailed("p2", "歐陽文靜", "1988-09-03", "wenjing88@qq.com"),
    person("p3", "司徒建国", birth_date="1970-01-02"),
    person("p4", "司徒建国", birth_date="1971-11-30"),
]


def test_agreement_joins_and_a_name_alone_does_not() -> None:
    with loading() as store:
        answer = resolve(store.write(WEI), PARAMS)
    assert joined(answer.judgements) == joined(answer.added) == {("d:p1", "d:p2")}
    found = {f.name: f for f in answer.added[0].features}
    assert found["email"].says == "agrees"
    assert found["email"].weight > 0
    assert found["birth"].says == "partly"
    assert "wenjing" not in str(answer)
    assert "1988" not in str(answer.added)
    assert ("d:p3", "d:p4") not in joined(answer.judgements)
    assert all(pair.name_only for pair in answer.review if {pair.a, pair.b} == {"d:p3", "d:p4"})
    assert set(answer.affected) == {"d:p1", "d:p2"}
    with loading() as store:  # the order of lines does not matter
        again = resolve(store.write(reversed(WEI)), PARAMS)
    assert again.judgements == answer.judgements


def test_a_name_alone_never_joins_even_where_accepted_at_little() -> None:
    with loading() as store:
        low = ResolveParams(kinds=["person"], accept=1e-4, review=1e-6)
        snapshot = store.write([person("p1", "司徒建国"), person("p2", "司徒建国")])
        answer = resolve(snapshot, low)
    assert not answer.judgements
    assert [(p.a, p.b, p.name_only) for p in answer.review] == [("d:p1", "d:p2", True)]
    assert answer.review[0].score < low.accept


HOME = {
    "birth_date": "1990-05-06", "email": "fam@x.cn", "phone": "13800138000",
    "address": "四川省成都市武侯区人民南路四段12号3栋1单元501",
}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张建国", "张建军"),  # brothers share a character
        ("欧阳文静", "欧阳文婷"),
        ("Zhang Wei", "Zhang Li"),
        ("Zhang Wei", "张丽华"),
        ("李文军", "John Smith"),
    ],
)
def test_a_household_is_not_one_person(one: str, other: str) -> None:
    with loading() as store:
        snapshot = store.write([person("p1", one, **HOME), person("p2", other, **HOME)])
        answer = resolve(snapshot, PARAMS)
    assert not answer.judgements
    assert [pair.kin for pair in answer.review] == [True]


@pytest.mark.parametrize(("one", "other"), [("张文静", "張文靜"), ("张文静", "张静")])
def test_a_slip_of_a_name_is_no_other_of_the_household(one: str, other: str) -> None:
    with loading() as store:
        snapshot = store.write([person("p1", one, **HOME), person("p2", other, **HOME)])
        assert joined(resolve(snapshot, PARAMS).judgements) == {("d:p1", "d:p2")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("成都甲科技有限公司", "成都乙科技有限公司"),
        ("成都蜀江科技有限公司", "成都蜀江贸易有限公司"),
    ],
)
def test_sister_companies_are_not_one(one: str, other: str) -> None:
    facts: list[Fact] = [
        {"kind": "company", "id": ident, "name": name, "valid_from": "2015-01-01",
         "attrs": {"phone": "13800138000", "address": HOME["address"]}}
        for ident, name in (("c1", one), ("c2", other))
    ]  # fmt: skip
    with loading() as store:
        answer = resolve(store.write(facts), ResolveParams(kinds=["company"]))
    assert not answer.judgements
    assert [pair.kin for pair in answer.review] == [True]


def test_one_without_a_key_joins_one_of_two_with_keys_and_the_other_is_a_conflict() -> None:
    mail = "wenjing88@qq.com"
    facts = [
        mailed("k1", "欧阳文静", "1990-03-07", mail, resident_id=IDS[0]),
        mailed("k2", "欧阳文静", "1990-03-07", mail, resident_id=IDS[1]),
        mailed("p1", "欧阳文静", "1990-03-07", mail),
    ]
    with loading() as store:
        answer = resolve(store.write(facts), PARAMS)
    assert joined(answer.judgements) == {("d:k1", "d:p1")}  # ties go by the record's name
    (conflict,) = answer.conflicts
    assert (conflict.why, conflict.between) == ("official_keys", ("d:k1", "d:k2"))
    assert (conflict.pair.a, conflict.pair.b) == ("d:k2", "d:p1")
    assert sorted(map(sorted, conflict.clusters)) == [["d:k1", "d:p1"], ["d:k2"]]


def test_what_a_person_judged_apart_is_not_joined_and_what_they_joined_is_kept() -> None:
    with loading() as store:
        snapshot = store.write([
            *WEI,
            judged("not_same_as", "j1", "p1", "p2"),
            judged("same_as", "j2", "p3", "p4"),
        ])  # fmt: skip
        answer = resolve(snapshot, PARAMS)
    assert not answer.judgements
    assert not answer.review
    (conflict,) = answer.conflicts
    assert (conflict.why, conflict.between) == ("judged_apart", ("d:p1", "d:p2"))


def test_recorded_judgements_stand_until_they_are_upheld_no_longer() -> None:
    with loading() as store:
        first = resolve(store.write(WEI), PARAMS)
        snapshot = store.write(facts_of(first), "resolve")
        second = resolve(snapshot, PARAMS, first.models)
        assert joined(second.judgements) == joined(first.judgements)
        assert (second.added, second.withdrawn, second.affected) == ([], [], [])
        snapshot = store.write([mailed("p2", "赵六", "1966-05-05", "zl@sina.com")])
        since = ResolveParams(kinds=["person"], review=0.1, since=str(second.upto))
        third = resolve(snapshot, since, first.models)
    assert third.withdrawn == ["resolve:d:p1=d:p2"]
    assert len(third.affected) == 1
    assert not third.added


def _many(begin: int, end: int) -> list[Fact]:
    """People, each of two records or three, one of them mistyped."""
    family, given = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "建国文静晓明志强秀英海燕国栋"
    facts: list[Fact] = []
    for no in range(begin, end):
        name = family[no % 16] + given[no % 7 * 2] + given[(no * 5 + 3) % 14]
        born = f"19{50 + no % 40}-{1 + no % 12:02}-{1 + no * 7 % 28:02}"
        mail = f"u{no * 7919 % 1000}@mail.cn"
        facts.append(mailed(f"a{no}", name, born, mail))
        if no % 3 == 0:
            facts.append(mailed(f"b{no}", name, born[:8] + "28", mail))
        if no % 5 == 0:
            facts.append(person(f"c{no}", name, birth_date=born))
    return facts


def _incremental(
    first: list[Fact], then: list[Fact]
) -> tuple[Resolution, Resolution, Resolution, Snapshot]:
    with loading() as store:
        before = resolve(store.write(first), PARAMS)
        store.write(facts_of(before), "resolve")  # what a run records is no reason to look again
        snapshot = store.write(then)
        since = ResolveParams(kinds=["person"], review=0.1, since=str(before.upto))
        part = resolve(snapshot, since, before.models)
        whole = resolve(snapshot, PARAMS, before.models)
    return before, part, whole, snapshot


def test_a_batch_changes_the_clusters_it_touches_and_no_other() -> None:
    facts = _many(0, 60)
    later = [f for f in facts if f["id"][0] == "c" or int(f["id"][1:]) >= 50]
    first = [f for f in facts if f not in later]
    before, part, whole, _ = _incremental(first, later)
    assert before.judgements
    assert part.stats["person.looked_at"] < whole.stats["person.looked_at"] == len(facts)
    assert (part.added, part.withdrawn) == (whole.added, whole.withdrawn)
    assert part.added
    ends = {name for pair in part.judgements for name in (pair.a, pair.b)}
    touched = [p for p in whole.judgements if p.a in ends or p.b in ends]
    assert part.judgements == touched
    untouched = joined(whole.judgements) - joined(touched)
    assert untouched
    assert untouched <= joined(before.judgements)  # as they were
    new = {f"d:{f['id']}" for f in later}
    assert all(set(_cluster(pair.a, whole)) & new for pair in part.added)


def _cluster(record: str, answer: Resolution) -> set[str]:
    found = {record}
    while (
        more := {name for p in answer.judgements for name in (p.a, p.b) if {p.a, p.b} & found}
        - found
    ):
        found |= more
    return found


def test_a_model_is_its_content() -> None:
    with loading() as store:
        snapshot = store.write(WEI)
        one, other = resolve(snapshot, PARAMS).models, resolve(snapshot, PARAMS).models
    assert [m.id for m in one] == [m.id for m in other]
    import msgspec

    assert msgspec.json.decode(msgspec.json.encode(one[0]), type=Model) == one[0]
    floors = {name: floor / 2 for name, floor in one[0].floors.items()}
    assert msgspec.structs.replace(one[0], floors=floors).id != one[0].id


@pytest.mark.parametrize(
    ("params", "said"),
    [
        (ResolveParams(kinds=["phone"]), "kinds"),
        (ResolveParams(accept=0.5, review=0.6), "review"),
    ],
)
def test_wrong_usage_is_told(params: ResolveParams, said: str) -> None:
    with loading() as store, pytest.raises(WrongUsage, match=said):
        resolve(store.write(WEI), params)


def test_an_empty_store_has_nobody() -> None:
    with loading() as store:
        answer = resolve(store.write([]), ResolveParams())
    assert not (answer.judgements or answer.review or answer.conflicts or answer.truncated)


def test_a_block_too_large_is_said() -> None:
    same = [person(f"p{no}", "王伟", birth_date=f"19{60 + no}-01-0{1 + no % 9}") for no in range(9)]
    with loading() as store:
        answer = resolve(store.write(same), ResolveParams(kinds=["person"], max_block=5))
    assert answer.truncated is not None
    assert "name" in answer.truncated.reason


def _phone(ident: str, who: str, begins: str, ends: str | None) -> Fact:
    return {"kind": "uses_phone", "id": ident, "from": who, "to": "t", "valid_from": begins,
            "valid_to": ends}  # fmt: skip


@pytest.mark.parametrize(("until", "same"), [("2022-01-01", True), ("2015-01-01", False)])
def test_a_phone_counts_where_both_had_it_at_once(until: str, same: bool) -> None:
    facts: list[Fact] = [
        person("p1", "司徒建国", birth_date="1970-01-02"),
        person("p2", "司徒建国", birth_date="1970-02-01"),
        {"kind": "phone", "id": "t", "keys": {"e164": "+8613800000001"}},
        _phone("u1", "p1", "2010-01-01", until),
        _phone("u2", "p2", "2020-01-01", None),
    ]
    with loading() as store:
        answer = resolve(store.write(facts), PARAMS)
    (pair,) = [*answer.judgements, *answer.review]
    said = {feature.name: feature.says for feature in pair.features}
    assert said["phone"] == ("agrees" if same else "differs")
    assert bool(answer.judgements) == same


@pytest.mark.full
def test_namesakes_are_not_learned_to_be_one_person() -> None:
    """Nobody has two records: training has nothing to learn, whatever EM makes of it."""
    facts = [
        person(f"p{no}", "赵钱孙李周吴郑王"[no % 8] + "伟芳娜敏静丽强磊"[no // 8 % 8],
               birth_date=f"{1940 + no % 60}-{1 + no % 12:02}-{1 + no * 11 % 28:02}")
        for no in range(640)
    ]  # fmt: skip
    with loading() as store:
        snapshot = store.write(facts)
        answer = resolve(snapshot, ResolveParams(kinds=["person"]))
        again = resolve(snapshot, ResolveParams(kinds=["person"]))
    assert answer.models[0].trained_on == snapshot.name
    assert not answer.judgements
    assert again == answer  # and training twice gives one model
