"""What each step takes. From one declaration come the Python call, the command and the route."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

_PARTY: Final = "a related party of the subject / 关联方"


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every step takes."""

    day: Annotated[
        str | None,
        Meta(description="the day of the step; default today in Asia/Shanghai / 日期, 默认今天"),
    ] = None


class Personal(Ask, frozen=True, kw_only=True):
    """A step that a person takes."""

    by: Annotated[
        str, Meta(description="who takes the step, by name / 经办人姓名", examples=["张三"])
    ]
    key: Annotated[
        str | None,
        Meta(
            description="names the request: sent again under it, it changes nothing / 幂等键",
        ),
    ] = None


class Propose(Personal, frozen=True, kw_only=True):
    """Propose that a measure on a subject reach a party: the graph is asked, and its row kept."""

    subject: Annotated[
        str, Meta(description="on whom the measure was imposed / 被采取措施的主体", examples=["c1"])
    ]
    party: Annotated[str, Meta(description=_PARTY, examples=["p1"])]
    measure: Annotated[
        str,
        Meta(
            description="a measure of the rulebook / 规则库中的措施",
            examples=["consumption_restriction"],
        ),
    ]
    act: Annotated[str, Meta(description="the day of the act / 行为日期", examples=["2021-05-01"])]
    edition: Annotated[
        str | None,
        Meta(description="edition of the rulebook; default the one of today / 规则库版本"),
    ] = None
    finding: Annotated[
        str | None,
        Meta(description="what a person found, where the graph answers review / 人工认定意见"),
    ] = None
    reviewer: Annotated[str | None, Meta(description="who found it, by name / 认定人姓名")] = None


class Approve(Personal, frozen=True, kw_only=True):
    """A second person agrees; the proof is verified on the newest facts."""

    note: Annotated[str | None, Meta(description="in words / 说明")] = None


class Notify(Personal, frozen=True, kw_only=True):
    """Record that the notice with reason, basis and remedy was delivered."""

    how: Annotated[str, Meta(description="how it was delivered / 送达方式", examples=["EMS 1234"])]
    delivered: Annotated[
        str | None, Meta(description="the day of delivery; default the day / 送达日期")
    ] = None
    heard: Annotated[str | None, Meta(description="what the party said to it / 陈述申辩意见")] = (
        None
    )


class Enforce(Personal, frozen=True, kw_only=True):
    """Put in force, with an end: the row's, a given day, the end of the measure on the subject,
    whichever comes first."""

    begins: Annotated[str | None, Meta(description="from this day; default the day / 生效日期")] = (
        None
    )
    until: Annotated[
        str | None, Meta(description="before this day, at the latest / 截止日期 (不含)")
    ] = None


class Publish(Personal, frozen=True, kw_only=True):
    """Record that it was published."""

    where: Annotated[str, Meta(description="where / 公示平台", examples=["信用中国"])]


class Object(Personal, frozen=True, kw_only=True):
    """Accept an objection, at any time; it marks the record at once."""

    objector: Annotated[str, Meta(description="who objects / 异议人", examples=["李四"])]
    reason: Annotated[str, Meta(description="in words / 异议理由", examples=["已卸任"])]


class Resolve(Personal, frozen=True, kw_only=True):
    """Answer an objection: upheld, and the decision is revoked, or rejected, and it stays."""

    outcome: Annotated[Literal["upheld", "rejected"], Meta(description="the answer / 处理结果")]
    reason: Annotated[str, Meta(description="in words / 理由", examples=["经核查属实"])]
    objection: Annotated[
        int | None, Meta(description="its number; default the oldest that is open / 异议编号")
    ] = None


class Repair(Personal, frozen=True, kw_only=True):
    """End it by credit repair."""

    reason: Annotated[str, Meta(description="in words / 理由", examples=["已履行完毕"])]
    basis: Annotated[str | None, Meta(description="document and article / 依据")] = None


class Revoke(Repair, frozen=True, kw_only=True):
    """Take it back, wherever it stands."""


class PushTo(Personal, frozen=True, kw_only=True):
    """Tell departments: to impose the measure; to suspend it, while an objection does; to lift it,
    once it has ended. By default those who must be told again."""

    departments: Annotated[
        list[str] | None, Meta(description="which / 部门", examples=[["市场监管局"]])
    ] = None


class Acknowledge(Personal, frozen=True, kw_only=True):
    """A department has got what was last pushed to it."""

    department: Annotated[str, Meta(description="which / 部门", examples=["市场监管局"])]


class Report(Acknowledge, frozen=True, kw_only=True):
    """What a department did about what was last pushed to it, and when; or that it did not, and
    why: then it may report again."""

    did: Annotated[
        str,
        Meta(
            description="in words; where it was not executed, why / 执行情况或未执行原因",
            examples=["已限制"],
        ),
    ]
    done: Annotated[str | None, Meta(description="on which day; default the day / 执行日期")] = None
    outcome: Annotated[
        Literal["executed", "not_executed"] | None,
        Meta(description="whether it was executed; default that it was / 是否执行"),
    ] = None


class Expire(Ask, frozen=True, kw_only=True):
    """Record of every decision whose time has passed that it expired; for a timer to call."""


# Steps of one decision, by the word of command and route.
STEPS: Final[dict[str, type[Personal]]] = {
    "approve": Approve,
    "notify": Notify,
    "enforce": Enforce,
    "publish": Publish,
    "object": Object,
    "resolve": Resolve,
    "repair": Repair,
    "revoke": Revoke,
    "push": PushTo,
    "ack": Acknowledge,
    "report": Report,
}

# Those that judge what somebody else did: over HTTP they are granted apart (`extend.approve`).
SECOND: Final = ("approve", "resolve")

# Those that are about no decision that is there already.
ALONE: Final[dict[str, type[Ask]]] = {"propose": Propose, "expire": Expire}
