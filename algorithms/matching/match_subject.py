"""Who in the store is meant by a description: names, official keys, birth date, phone, address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, Truncated, algorithm

if TYPE_CHECKING:
    from graph.keys import Key
    from graph.snapshot import Snapshot


class MatchParams(Params, frozen=True, kw_only=True):
    """The description, and what of the candidates is shown."""

    name: Annotated[
        str,
        Meta(
            description="its name, in any script; empty where only keys are known"
            " / 名称或姓名, 只知证件号时可为空",
            examples=["甲公司"],
            max_length=400,
        ),
    ]
    also: Annotated[
        list[str] | None,
        Meta(description="other names it goes by / 其他名称"),
    ] = None
    kind: Annotated[
        list[str] | None,
        Meta(
            description="kinds it may be, such as company; default any / 主体种类, 默认不限",
            examples=[["company"]],
        ),
    ] = None
    uscc: Annotated[
        str | None, Meta(description="its unified social credit code / 统一社会信用代码")
    ] = None
    resident_id: Annotated[
        str | None, Meta(description="the number of its resident identity card / 身份证号码")
    ] = None
    phone: Annotated[list[str] | None, Meta(description="phone numbers / 电话号码")] = None
    account: Annotated[list[str] | None, Meta(description="account numbers / 账号")] = None
    birth_date: Annotated[
        str | None,
        Meta(
            description="a birth date, or its year / 出生日期或年份",
        ),
    ] = None
    address: Annotated[str | None, Meta(description="where it is / 地址")] = None
    country: Annotated[str | None, Meta(description="a country's code, such as cn / 国家代码")] = (
        None
    )
    threshold: Annotated[
        float,
        Meta(description="the score from which on it is a match / 判为匹配的分值", ge=0, le=1),
    ] = 0.7
    cutoff: Annotated[
        float, Meta(description="candidates below are not shown / 低于此分值不列出", ge=0, le=1)
    ] = 0.5
    limit: Annotated[
        int, Meta(description="the most candidates shown / 最多列出", ge=1, le=500)
    ] = 5
    exclude: Annotated[
        list[str] | None,
        Meta(description="subjects that were looked at and are not meant / 已排除的主体"),
    ] = None
    changed_since: Annotated[
        str | None,
        Meta(
            description="only subjects of which a record or listing came or changed after this"
            " batch or moment / 只列出此批次或时间之后有变化的主体",
        ),
    ] = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature says: how far it agrees (0..1), what it weighs, and why, zh and en."""

    score: float
    weight: float
    detail: str
    query: str | None = None
    candidate: str | None = None


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate."""

    id: str
    kind: str
    caption: str
    score: float
    match: bool
    features: dict[str, float]
    explanations: dict[str, Explanation]
    facts: list[str]
    facts_total: int | UnsetType = UNSET


class Description(msgspec.Struct, frozen=True):
    """What was asked, checked: folded names, valid official keys."""

    names: list[str]
    kinds: tuple[str, ...]
    keys: list[Key]
    birth_date: str | None
    address: str | None
    country: str | None


class Matched(msgspec.Struct, frozen=True):
    """Candidates and their nodes, how many there were before the limit, whether all were seen."""

    rows: list[Match]
    nodes: list[int]
    total: int
    partial: list[str]
    notes: list[str]


@algorithm(
    "match_subject",
    MatchParams,
    Match,
    sources=(
        "doi:10.1080/01621459.1969.10501049",
        "doi:10.1080/01621459.1989.10478785",
        "企业名称登记管理规定 (国务院令第734号, 2020)",
    ),
    title="Matching a description / 主体匹配",
    family="matching",
    route="/v1/match/subject",
)
def match_subject(snapshot: Snapshot, params: MatchParams) -> Result[Match]:
    """The subjects that a description may mean, the likest first, each with why.

    Candidates come from the index of names (former ones too; traditional and simplified, pinyin),
    and from the official keys, phones and accounts described. `score`, 0..1, orders them; it is a
    documented scale, no probability:

    - An equal valid official key is 1. Another valid key of the same kind is 0, whatever the names.
    - A name weighs 0.92 for a company (former names 0.95 of that), 0.68 for a person, and 0.5 where
      it is a common one or several in the store bear it; times how alike the names are.
    - What agrees besides adds what it weighs of the rest: birth date 0.7, account 0.8, phone 0.6,
      address 0.3; half of that where a name was given and is another.
    - Another birth date: at most 0.3. Another country: half.

    `match` is score >= `threshold`, with two exceptions: a person who is alike by name only and
    has a common name is never a match; nor are several who are equally alike by name only.
    `features` holds what each feature says, 0..1, `explanations` why. Personal identifiers are
    masked; persons whose use is restricted are no candidates. `facts` are the relations that tie a
    candidate to a described phone, account or address on `as_of`.

    Rows go by score, then canonical id. `truncated` says when a name or phone had more bearers
    than are looked at. Time goes by the names like the one asked for: about 2 ms a million names.
    Raises WrongUsage where nothing is described or a parameter is malformed.
    """
    matched = match_one(snapshot, params)
    truncated = None
    if matched.partial:
        truncated = Truncated(reason="; ".join(matched.partial), explored=matched.total)
    return Result(results=matched.rows, truncated=truncated, notes=matched.notes)


def match_one(snapshot: Snapshot, params: MatchParams) -> Matched:
    """`match_subject` with how many candidates there were."""
    from algorithms.matching.judging import judge

    return judge(snapshot, params)


def shown(value: Any) -> str | None:
    """A text as explanations show it: personal identifiers masked, and not endless."""
    from graph.keys import mask_within

    return None if value is None else str(mask_within(str(value)))[:200]
