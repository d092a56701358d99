"""How records of people and of companies are compared: features, their levels, blocking keys.

A feature is compared level by level; the first that holds is the pair's. `m` and `u` are what a
level has before training: how often it holds of two records of one subject, and of two of others.
Term frequencies weigh agreement on a name by how common it is (Winkler 2000): 王伟 says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from algorithms.identity.shape import Says

VERSION: Final = 3  # of these settings: a model of another version is trained anew


class Level(NamedTuple):
    """One level of agreement: the condition on `…_l` and `…_r`, and what it is called (zh / en)."""

    sql: str
    says: Says
    words: str
    m: float
    u: float
    term: str | None = None  # the column whose term frequency weighs it


class Comparison(NamedTuple):
    """One feature. `about` is what it is evidence of: a name, or more than that."""

    name: str
    levels: tuple[Level, ...]
    is_name: bool = False


class Settings(NamedTuple):
    """Features of one kind, its blocking keys, and what its model is trained on."""

    comparisons: tuple[Comparison, ...]
    keys: tuple[tuple[str, str], ...]  # name of the rule, key (SQL; of a list, each of it)
    loose: tuple[tuple[str, str], ...]  # the same, of which only small blocks are compared
    certain: tuple[tuple[str, ...], ...]  # pairs alike in all of these are hardly ever two subjects
    training: tuple[tuple[str, ...], ...]  # pairs alike in these teach what the others weigh
    terms: tuple[str, ...]  # columns with term frequencies


def _null(*columns: str) -> Level:
    said = " OR ".join(f"{c}_l IS NULL OR {c}_r IS NULL" for c in columns)
    return Level(said, "unknown", "未载明 / not said", 0.0, 0.0)


def _none(column: str) -> Level:
    said = f"coalesce(len({column}_l), 0) = 0 OR coalesce(len({column}_r), 0) = 0"
    return Level(said, "unknown", "未载明 / not said", 0.0, 0.0)


def _else(words: str, m: float, u: float) -> Level:
    return Level("ELSE", "differs", words, m, u)


def _equal(column: str) -> str:
    return f"{column}_l = {column}_r"


def _near(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


def _slip(column: str, most: int = 1) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {most}"


def _shared(column: str) -> str:
    return f"list_has_any({column}_l, {column}_r)"


_FULL_DATE: Final = "length(birth_l) = 10 AND length(birth_r) = 10"
_PREFIX: Final = "(starts_with(birth_l, birth_r) OR starts_with(birth_r, birth_l))"

_CHARACTERS: Final = 0x2E80  # Unicode's first Chinese character: what is below is letters

_FAMILY = Comparison(
    "family",
    (
        _null("family"),
        Level(_equal("family"), "agrees", "姓相同 / the same surname", 0.85, 0.01, "family"),
        Level(_equal("family_sound"), "partly", "姓同音 / surnames sound the same", 0.03, 0.005),
        Level(
            f"family_l = given_r OR ({_near('family', 0.88)} AND length(family_l) > 2)"
            f" OR {_shared('sounds')}",  # Wei Zhang, of whom the surname may be taken to be Wei
            "partly", "姓近似或姓名颠倒 / alike, or names swapped", 0.06, 0.003,
        ),
        _else("姓不同 / another surname", 0.04, 0.98),
    ),
    is_name=True,
)  # fmt: skip
_GIVEN = Comparison(
    "given",
    (
        _null("given"),
        Level(_equal("given"), "agrees", "名相同 / the same given name", 0.8, 0.005, "given"),
        Level(_equal("given_sound"), "partly", "名同音 / given names sound the same", 0.05, 0.003),
        Level(
            f"given_l = family_r OR (length(given_l) > 3 AND {_near('given', 0.9)})"
            f" OR {_shared('sounds')}",
            "partly", "名近似或姓名颠倒 / alike, or names swapped", 0.06, 0.004,
        ),
        Level(
            f"unicode(given_l) > {_CHARACTERS} AND length(given_l) <> length(given_r)"
            " AND levenshtein(given_l, given_r) = 1",
            "partly", "名多一字或少一字 / given names but for one character", 0.025, 0.01,
        ),
        Level(
            f"({_near('given', 0.75)} AND length(given_l) > 2)"
            f" OR (unicode(given_l) > {_CHARACTERS}"
            " AND least(length(given_l), length(given_r)) <= 2"
            " AND (contains(given_r, left(given_l, 1)) OR contains(given_r, right(given_l, 1))"
            " OR contains(given_l, left(given_r, 1)) OR contains(given_l, right(given_r, 1))))",
            "partly", "名部分相同 / given names partly alike", 0.03, 0.015,
        ),
        _else("名不同 / another given name", 0.02, 0.955),
    ),
    is_name=True,
)  # fmt: skip
_BIRTH = Comparison(
    "birth",
    (
        _null("birth"),
        Level(f"{_FULL_DATE} AND birth_l = birth_r", "agrees",
              "出生日期相同 / the same birth date", 0.85, 5e-5),
        Level(f"{_FULL_DATE} AND (birth_l = birth_turned_r OR birth_turned_l = birth_r"
              f" OR {_slip('birth')})", "partly",
              "出生日期相差一笔 / a slip in the birth date", 0.08, 0.0012),
        Level(f"NOT ({_FULL_DATE}) AND {_PREFIX}", "partly",
              "出生年月相符 / the same year or month of birth", 0.02, 0.01),
        Level("left(birth_l, 4) = left(birth_r, 4)", "partly",
              "出生年份相同 / the same year of birth", 0.02, 0.02),
        _else("出生日期不同 / another birth date", 0.03, 0.97),
    ),
)  # fmt: skip
_PHONES = Comparison(
    "phone",
    (
        _none("phones"),
        Level(_shared("phones"), "agrees", "电话相同 / the same phone", 0.6, 1e-5),
        _else("电话不同 / other phones", 0.4, 0.99999),
    ),
)
_EMAILS = Comparison(
    "email",
    (
        _none("emails"),
        Level(_shared("emails"), "agrees", "邮箱相同 / the same mailbox", 0.6, 1e-5),
        Level("split_part(emails_l[1], '@', 1) = split_part(emails_r[1], '@', 1)"
              " OR (jaro_winkler_similarity(emails_l[1], emails_r[1]) >= 0.93)",
              "partly", "邮箱近似 / mailboxes alike", 0.1, 5e-5),
        Level("jaro_winkler_similarity(split_part(emails_l[1], '@', 1),"
              " split_part(emails_r[1], '@', 1)) >= 0.88",
              "partly", "邮箱用户名近似 / mailbox names alike", 0.05, 2e-4),
        _else("邮箱不同 / other mailboxes", 0.25, 0.9997),
    ),
)  # fmt: skip
_ID = Comparison(
    "id_no",
    (
        _null("id_no"),
        Level(_equal("id_no"), "agrees", "证件号码相同 / the same official number", 0.9, 1e-6),
        Level(f"{_slip('id_no', 2)} AND length(id_no_l) > 6", "partly",
              "证件号码相差一两位 / official numbers one or two slips apart", 0.08, 1e-5),
        _else("证件号码不同 / another official number", 0.02, 0.99999),
    ),
)  # fmt: skip
_IDS = Comparison(
    "ids",
    (
        _none("ids")._replace(sql=f"{_none('ids').sql} OR NOT {_shared('id_sorts')}"),
        Level(_shared("ids"), "agrees", "登记号码相同 / the same register number", 0.9, 1e-6),
        _else("登记号码不同 / other register numbers", 0.1, 0.99999),
    ),
)
_NO_STREET: Final = "(street_l IS NULL OR street_r IS NULL)"
_NO_CITY: Final = "(city_l IS NULL OR city_r IS NULL)"
_CITY_MAY: Final = "coalesce(city_l, city_r, '') = coalesce(city_r, city_l, '')"
_PLACE = Comparison(
    "place",
    (
        Level(
            f"coalesce(len(doors_l), 0) = 0 AND {_NO_STREET} AND {_NO_CITY}"
            " OR coalesce(len(doors_r), 0) = 0 AND " + f"{_NO_STREET} AND {_NO_CITY}",
            "unknown", "未载明 / not said", 0.0, 0.0,
        ),
        Level(_shared("rooms"), "agrees", "同一房间 / the same room", 0.35, 1e-5),
        Level(f"street_l = street_r AND {_CITY_MAY} AND length(street_l) > 4", "agrees",
              "地址相同 / the same address", 0.1, 2e-5),
        Level(f"list_has_any(doors_l, doors_r) OR ({_near('street', 0.9)} AND {_CITY_MAY})",
              "partly", "门牌相同或地址近似 / the same house, or alike", 0.15, 2e-4),
        Level("district_l = district_r", "partly", "区县相同 / the same district", 0.12, 0.01),
        Level(_equal("city"), "partly", "城市相同 / the same city", 0.13, 0.05, "city"),
        _else("地址不同 / another place", 0.15, 0.94),
    ),
)  # fmt: skip

_FIRM = Comparison(
    "name",
    (
        _null("whole"),
        Level(_equal("whole"), "agrees", "名称相同 / the same name", 0.6, 1e-5, "whole"),
        Level("list_has_any(others_l, others_r) OR list_contains(others_l, whole_r)"
              " OR list_contains(others_r, whole_l)", "agrees",
              "曾用名相同 / the same former name", 0.1, 1e-5),
        Level(_equal("brand"), "agrees", "字号相同 / the same brand", 0.2, 0.001, "brand"),
        Level(f"{_equal('brand_sound')} OR list_has_any(brands_l, brands_r)", "partly",
              "字号同音或曾用 / brands sound the same, or former", 0.03, 0.0005),
        Level(f"{_near('whole', 0.92)} OR ({_near('brand', 0.9)} AND length(brand_l) > 3)"
              " OR (length(brand_l) = length(brand_r) AND length(brand_l) > 3"
              f" AND {_slip('brand')})", "partly",
              "名称近似 / names alike", 0.04, 0.001),
        _else("名称不同 / another name", 0.03, 0.9975),
    ),
    is_name=True,
)  # fmt: skip
_REGION = Comparison(
    "region",
    (
        _null("region"),
        Level(_equal("region"), "agrees",
              "名称所称地区相同 / the same place in the name", 0.9, 0.1),
        Level("starts_with(region_l, region_r) OR starts_with(region_r, region_l)", "partly",
              "名称所称省份相符 / the same province in the name", 0.05, 0.05),
        _else("名称所称地区不同 / another place in the name", 0.05, 0.85),
    ),
    is_name=True,
)  # fmt: skip
_TRADE = Comparison(
    "trade",
    (
        _null("trade"),
        Level(_equal("trade"), "agrees", "行业相同 / the same trade", 0.9, 0.1),
        _else("行业不同 / another trade", 0.1, 0.9),
    ),
    is_name=True,
)
_BRANCH = Comparison(
    "branch",
    (
        Level("branch_l IS NULL AND branch_r IS NULL", "unknown", "未载明 / not said", 0.0, 0.0),
        Level(_equal("branch"), "agrees", "分支机构相同 / the same branch", 0.9, 0.05),
        _else("分支机构不同 / a branch, or another one", 0.02, 0.95),
    ),
    is_name=True,
)
_FOUNDED = _BIRTH._replace(
    name="founded",
    levels=tuple(
        level._replace(
            words=level.words.replace("出生", "成立")
            .replace("year or month of birth", "year or month founded")
            .replace("year of birth", "year founded")
            .replace("birth date", "founding date")
        )
        for level in _BIRTH.levels
    ),
)
_PEOPLE = Comparison(
    "people",
    (
        _none("people"),
        Level(
            _shared("people"), "agrees", "有相同的法定代表人或高管 / the same officer", 0.7, 5e-4
        ),
        _else("法定代表人与高管不同 / other officers", 0.3, 0.9995),
    ),
)

_CONTACTS: Final = (
    ("phone", "phones"), ("email", "emails"), ("id_no", "id_no"), ("ids", "ids"),
    ("door", "doors"),
)  # fmt: skip
_PERSON: Final = Settings(
    (_FAMILY, _GIVEN, _BIRTH, _PHONES, _EMAILS, _ID, _IDS, _PLACE),
    (
        ("name", "CASE WHEN family < given THEN family || '|' || given"
                 " ELSE given || '|' || family END"),
        ("sound", "sounds"),
        ("birth, surname", "birth || '|' || family_sound"),
        ("birth, given name", "birth || '|' || given_sound"),
        ("birth, name swapped", "birth_turned || '|' || family_sound"),
        ("birth turned", "birth || '|' || family_sound || '|t'"),
        ("birth, city", "birth || '|' || city"),
        ("street, given name", "street || '|' || given"),
        ("street, surname", "street || '|' || family"),
        ("mailbox name", "split_part(emails[1], '@', 1)"),
        *_CONTACTS,
    ),
    (
        ("birth", "birth"),
        ("surname, city", "family || '|' || city"),
        ("given name, city", "given || '|' || city"),
        ("surname", "family"),
        ("given name", "given"),
        ("district, surname", "district || '|' || family_sound"),
    ),
    (("family", "given", "birth"), ("family", "phones[1]"), ("given", "emails[1]"), ("id_no",),
     ("family", "given", "street")),
    (("family", "given"), ("birth",), ("phones[1]",), ("emails[1]",), ("street",)),
    ("family", "given", "city"),
)  # fmt: skip
_COMPANY: Final = Settings(
    (_FIRM, _REGION, _TRADE, _BRANCH, _FOUNDED, _PHONES, _EMAILS, _ID, _IDS, _PEOPLE, _PLACE),
    (
        ("name", "whole"),
        ("former name", "list_append(others, whole)"),
        ("brand", "brands"),
        ("sound of the brand", "brand_sound || '|' || coalesce(left(region, 2), '')"),
        ("founded, brand", "birth || '|' || left(brand, 1)"),
        ("street, brand", "street || '|' || left(brand, 1)"),
        ("officer", "people"),
        *_CONTACTS,
    ),
    (
        ("beginning of the brand, city", "left(brand, 2) || '|' || city"),
        ("beginning of the brand", "left(brand, 2)"),
        ("founded", "birth"),
    ),
    (("whole", "street"), ("whole", "phones[1]"), ("id_no",), ("whole", "people[1]"),
     ("whole", "birth")),
    (("whole",), ("phones[1]",), ("street",), ("people[1]",), ("birth",)),
    ("whole", "brand", "city"),
)  # fmt: skip

_BY_KIND: Final = {"person": _PERSON, "company": _COMPANY}
TEXTS: Final = ("full", "family", "given", "family_sound", "given_sound", "sound", "brand",
                "brand_sound", "trade", "region", "form", "branch", "birth", "birth_turned",
                "province", "city", "district", "street", "id_no", "official")  # fmt: skip
LOOSE: Final = 4  # of blocks by loose keys, those of a quarter of the size are compared
LISTS: Final = ("others", "sounds", "brands", "phones", "emails", "ids", "id_sorts", "people",
                "doors", "rooms")  # fmt: skip


def settings_of(kind: str) -> Settings:
    """The settings of a kind, `person` or `company`."""
    return _BY_KIND[kind]


def splink_settings(kind: str) -> dict[str, Any]:
    """The same as Splink takes them, before training."""
    settings = settings_of(kind)
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "row",
        "probability_two_random_records_match": 1e-4,
        "comparisons": [_comparison(each) for each in settings.comparisons],
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
        "em_convergence": 0.001,
        "max_iterations": 20,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "output_column_name": comparison.name,
        "comparison_levels": [_level(at, each) for at, each in enumerate(comparison.levels)],
    }


def _level(at: int, level: Level) -> dict[str, Any]:
    found: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.words}
    if level.says == "unknown" and at == 0:
        return found | {"is_null_level": True}
    found |= {"m_probability": level.m, "u_probability": level.u}
    if level.term:
        found |= {
            "tf_adjustment_column": level.term,
            "tf_adjustment_weight": 1.0,
            "disable_tf_exact_match_detection": True,
        }
    return found


def level_at(comparison: Comparison, vector: int) -> Level:
    """The level that a comparison vector's value means: -1 the null level, 0 the last."""
    if vector < 0:
        return comparison.levels[0]
    return comparison.levels[len(comparison.levels) - 1 - vector]


def columns(kind: str) -> Sequence[str]:
    """The features' names, in order."""
    return [each.name for each in settings_of(kind).comparisons]
