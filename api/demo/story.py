"""What the demo asks: every algorithm of the registry at least once, and both axes of time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from algorithms.registry import ALGORITHMS
from api.report import chains, cycle, flow, ownership, surroundings, timeline
from api.report.asked import Draw, Question
from api.report.words import says

if TYPE_CHECKING:
    from api.client import Asking
    from api.demo.cast import Cast
    from api.demo.world import World

_WINDOW: Final = 30
_MEASURE: Final = "consumption_restriction"
# How the first row of a question without a story is drawn.
_DRAWN: Final[dict[str, Draw]] = {
    "affiliated_trades": timeline, "invoice_cycles": cycle, "invoice_schemes": flow,
    "payment_returns": flow, "rebate_chains": flow,
}  # fmt: skip
# What else such a question is asked with: for its answer to have rows in so small a world, and no
# more than anybody reads, for each row is taken apart.
_BESIDES: Final[dict[str, dict[str, Any]]] = {
    **{name: {"min_core": 1} for name in ("clusters", "cluster_history")},
    "risk_propagation": {"top": 20},
}


def questions(risk: Asking, cast: Cast, world: World) -> Iterator[Question]:
    """The questions in the order in which they are told."""
    asked: set[str] = set()
    for question in _told(risk, cast, world):
        asked.add(question.name)
        yield question
    for name in ALGORITHMS:
        if name not in asked:
            yield _plain(risk, name, cast, world)


def _told(risk: Asking, cast: Cast, world: World) -> Iterator[Question]:
    day = {"as_of": world.as_of}
    yield _related(risk, cast, day)
    yield from _ownership(risk, cast, day)
    yield from _rings(risk, cast, world, day)
    yield Question(
        "路径：持有人与该企业", "Paths: from the ring's holder to that company",
        f"环中账户的持有人{_label(risk, cast.holder)}与{_label(risk, cast.listed)}之间有何联系？"
        "每一步都列出依据。",
        "How do a holder of the ring's money and that company hang together? Every step names the"
        " facts it stands on.",
        "paths", {"from_": cast.holder, "to": cast.listed, "k": 3, **day}, chains,
    )  # fmt: skip
    yield from _valid_time(risk, cast)
    yield from _known_time(risk, world, day)


def _label(risk: Asking, name: str) -> str:
    return str(risk.subject(name)["label"])


def _related(risk: Asking, cast: Cast, day: dict[str, Any]) -> Question:
    name = _label(risk, cast.listed)
    entry = cast.listing
    listed = f"（{says({'kind': 'listing', **entry})}，{entry['decided_on']} 起）" if entry else ""
    return Question(
        "关联方：失信企业" if entry else "关联方", "Related parties of a black-listed company"
        if entry else "Related parties of a company",
        f"{name}{listed}的惩戒可能延及哪些人和企业？",
        "Whom could a measure against this company reach? Each party with its role and the facts.",
        "related_parties", {"subject": cast.listed, "depth": 2, **day}, surroundings,
    )  # fmt: skip


def _ownership(risk: Asking, cast: Cast, day: dict[str, Any]) -> Iterator[Question]:
    yield Question(
        "综合持股：最长的链条", "Integrated ownership: the deepest chain",
        f"{_label(risk, cast.bottom)}之上有 {cast.levels} 层股东。"
        "各方直接与间接合计持有多少？循环持股按全部轮次计入。",
        f"{cast.levels} levels of holders stand above this company. What does each own, directly"
        " and through all chains, loops with all their rounds?",
        "integrated_ownership", {"target": cast.bottom, **day}, ownership,
    )  # fmt: skip
    yield Question(
        "控制：集团的顶端", "Control: the head of a group",
        f"{_label(risk, cast.head)}凭表决权（连同其控制的企业，过半数）控制哪些企业？"
        "六成的六成只是 36% 的权益，却是控制。",
        "Which companies does the head of this group command by votes, with the companies that it"
        " controls? 60 % of 60 % is 36 % of the capital, and control.",
        "control", {"controller": cast.head, **day}, partial(ownership, most=13),
    )  # fmt: skip


def _rings(risk: Asking, cast: Cast, world: World, day: dict[str, Any]) -> Iterator[Question]:
    planted = [r for r in world.truth["rings"] if r["pattern"] == "transfer_cycle"]
    longest = max(len(ring["members"]) for ring in planted)
    yield Question(
        "资金闭环：全部", "Transfer cycles: everywhere",
        f"{_WINDOW} 天内回到原点的资金。数据中预埋了 {len(planted)} 个环。",
        f"Money that is back where it left within {_WINDOW} days. {len(planted)} rings were"
        " planted in this world.",
        "transfer_cycles", {"max_length": longest, "window": _WINDOW, **day},
    )  # fmt: skip
    yield Question(
        "资金闭环：经过一个账户", "Transfer cycles: through one account",
        f"金额最大的预埋环，成员 {len(cast.ring['members'])} 个，按时间先后。",
        "The largest planted ring, its hops in order of time.",
        "transfer_cycles",
        {"through": cast.account, "max_length": longest, "window": _WINDOW, **day}, cycle,
    )  # fmt: skip
    yield Question(
        "关联方：环中账户的持有人", "Related parties of a holder of the ring's money",
        f"{_label(risk, cast.holder)}在哪些企业任职或持股，与谁共事？",
        "Where does a holder of one of these accounts hold shares or office, and with whom?",
        "related_parties", {"subject": cast.holder, "depth": 2, **day}, surroundings,
    )  # fmt: skip
    yield from _shared(risk, cast, day)


def _shared(risk: Asking, cast: Cast, day: dict[str, Any]) -> Iterator[Question]:
    one, other = (f"demo:{member}" for member in cast.shared["members"][:2])
    yield Question(
        "共用电话", "One phone",
        f"与{_label(risk, one)}共用电话的企业：线索，不能作为惩戒延伸的依据。",
        "Companies reached at the same phone: a lead for investigators, never a basis for a"
        " measure.",
        "related_parties", {"subject": one, "depth": 2, "kinds": ["uses_phone"], **day},
        surroundings,
    )  # fmt: skip
    yield Question(
        "共用电话与地址", "One phone and one address",
        f"{_label(risk, one)}与{_label(risk, other)}各自经由电话和地址相连。",
        "What these two companies share: each path stands by itself.",
        "paths",
        {"from_": one, "to": other, "kinds": ["uses_phone", "located_at"], "k": 2, **day}, chains,
    )  # fmt: skip


def _valid_time(risk: Asking, cast: Cast) -> Iterator[Question]:
    name = _label(risk, cast.left)
    asked = {"subject": cast.left, "kinds": ["legal_representative"], "direction": "in"}
    yield Question(
        "时间：卸任前一天", "Time: the day before a role ended",
        f"{name}的法定代表人，截至 {cast.left_before}。",
        "Who signed for this company on the day before its legal representative changed.",
        "related_parties", {**asked, "as_of": cast.left_before},
    )  # fmt: skip
    yield Question(
        "时间：卸任当天", "Time: the day it ended",
        f"区间左闭右开：{cast.left_on} 当天前任已不在任。",
        "Intervals are half open: on the day a role ends it is no longer there.",
        "related_parties", {**asked, "as_of": cast.left_on},
    )  # fmt: skip


def _known_time(risk: Asking, world: World, day: dict[str, Any]) -> Iterator[Question]:
    name = _label(risk, world.corrected)
    asked = {"target": world.corrected, **day}
    yield Question(
        "更正之前所知", "As it was known before a correction",
        f"登记机关曾把{name}两名股东的持股比例填反。更正前看到的控制方：",
        "The register had the shares of this company's two holders the wrong way round. Who"
        " controlled it by what was known then:",
        "control", {**asked, "known_at": world.before}, ownership,
    )  # fmt: skip
    yield Question(
        "更正之后所知", "As it is known now",
        "更正不覆盖旧记录：两种说法都能查到，据此作出的决定可以重新核对。",
        "A correction overwrites nothing: both views stay, and what was decided on the old one can"
        " be looked at again.",
        "control", asked, ownership,
    )  # fmt: skip


def _plain(risk: Asking, name: str, cast: Cast, world: World) -> Question:
    """A question without a story: required parameters are filled with subjects that fit."""
    record = ALGORITHMS[name]
    fitting = {
        "subject": cast.listed, "target": cast.bottom, "owner": cast.head, "company": cast.listed,
        "controller": cast.head, "from": cast.account, "to": cast.listed, "account": cast.account,
        "through": cast.account, "subjects": [cast.listed, cast.holder], "measure": _MEASURE,
        "act": world.as_of, "name": _label(risk, cast.listed),
    }  # fmt: skip
    params = {
        field: fitting[field]
        for field, info in record.fields.items()
        if info.required and field in fitting
    }
    en, _, zh = record.title.partition(" / ")
    about = record.doc.partition("\n\n")[0].replace("\n", " ")
    draw = _DRAWN.get(name)
    params |= _BESIDES.get(name, {})
    return Question(zh, en, zh, about, name, {**params, "as_of": world.as_of}, draw)
