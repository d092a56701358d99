"""What callers say of identities, over HTTP and on the command line."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from api.converting import convert
from graph.errors import WrongUsage

NOTE: Final = 2000  # characters
_By = Annotated[
    Annotated[str, Meta(max_length=200)] | None,
    Meta(description="in whose name, for the service's owner / 办理人", examples=["李审核"]),
]

_Seen = Annotated[
    Annotated[str, Meta(max_length=40)] | None,
    Meta(
        description="`at` of the judgement that stood when the pair was looked at, empty where none"
        " did: another since is a conflict, told and not overruled / 查看时有效判定的 at, 无则为空;"
        " 此后另有判定则拒绝"
    ),
]

_Probability = Annotated[float, Meta(gt=0, lt=1)]


class ResolveAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run of the resolver. After a first one, only what touches records that came or changed
    since is looked at, unless `whole` asks for all, or other kinds or thresholds are given."""

    kinds: Annotated[
        list[str] | None,
        Meta(description="person, company; default both / 主体种类", examples=[["person"]]),
    ] = None
    accept: Annotated[
        _Probability | None,
        Meta(description="joined from this probability on; default that of the last run, else 0.95"
             " / 达到此概率即判为同一主体"),
    ] = None  # fmt: skip
    review: Annotated[
        _Probability | None,
        Meta(description="to be reviewed from this probability on; default that of the last run,"
             " else 0.5 / 达到此概率即待人工复核"),
    ] = None  # fmt: skip
    whole: Annotated[bool, Meta(description="look at all records again / 全量重算")] = False
    since: Annotated[
        str | None,
        Meta(description="only what touches records that came or changed after this batch or"
             " moment / 只处理此批次或时间之后有变化的记录"),
    ] = None  # fmt: skip
    dry_run: Annotated[bool, Meta(description="say what would be done / 只试算不写入")] = False
    by: _By = None


class AcceptAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a pair is one subject. Why has to be said where nothing but names speaks for it,
    where they may be two of one household, or where others of the country agree in as much."""

    why: Annotated[
        Annotated[str, Meta(max_length=NOTE)] | None,
        Meta(description="what else shows it / 依据", examples=["身份证复印件一致"]),
    ] = None
    seen: _Seen = None
    by: _By = None


class RejectAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a pair is two subjects, or that a judgement is taken back, and why."""

    why: Annotated[
        str,
        Meta(description="why / 理由", min_length=1, max_length=NOTE, examples=["同名, 生日不同"]),
    ]  # fmt: skip
    seen: _Seen = None
    by: _By = None


class JudgeAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A judgement of two records or subjects that a person names, whether or not a run did."""

    a: Annotated[str, Meta(description="one, by any name / 主体甲", examples=["registry:p1"])]
    b: Annotated[str, Meta(description="the other / 主体乙", examples=["tax:t9"])]
    same: Annotated[bool, Meta(description="one subject, or two / 是否同一主体")]
    why: Annotated[
        str,
        Meta(description="why / 理由", min_length=1, max_length=NOTE, examples=["身份证一致"]),
    ]  # fmt: skip
    by: _By = None


def _plain(by: str) -> None:
    """Raise WrongUsage for a name in which an identifier stands: the ledger keeps it for ever."""
    from api.problems import unnamed

    if unnamed(by) != by:
        raise WrongUsage("by: holds an identifier, and is kept / 含证件号码或电话")


def run_of(given: Any) -> ResolveAsked:
    """What a run is asked; raises WrongUsage."""
    asked = convert(ResolveAsked, given)
    if asked.by is not None:
        _plain(asked.by)
    if unknown := [each for each in asked.kinds or () if each not in ("person", "company")]:
        raise WrongUsage(f"kinds: person or company, not {unknown[0][:40]!r}")
    if asked.accept is not None and asked.review is not None and asked.review > asked.accept:
        raise WrongUsage("review: at most what accept is / review 不得大于 accept")
    if asked.whole and asked.since is not None:
        raise WrongUsage("since: not with whole / 不能与 whole 同用")
    return asked


def words_of(text: str | None) -> str | None:
    """Why, in one line; None where nothing is said."""
    return " ".join((text or "").split()) or None


def name_of(text: str | None) -> str:
    """Whoever decides; raises WrongUsage where nobody is named: a judgement that a person answers
    for may carry an extension."""
    from api.caller import RESERVED, one_line
    from graph.limbs import unconfirmed

    name = one_line(text or "")
    if name is None or name.lower() in RESERVED:
        raise WrongUsage("by: the name of the person who decides / 请写明办理人姓名")
    _plain(name)
    if unconfirmed(name):  # it would be read as a judgement that nobody answers for
        raise WrongUsage(
            "by: reads as a judgement by a name or by the resolver; use another name"
            " / 署名易被误认为按名称或系统判定, 请更换"
        )
    return name
