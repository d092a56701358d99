"""What whoever a measure reaches may do: be heard, object, ask for review, be repaired; with the
documents that say so and how well each was verified."""

from __future__ import annotations

from api.notices.content import ANSWER_DAYS, procedure
from api.notices.words import EN, ZH
from api.report.document import Said


def ways() -> list[Said]:
    """Each way in a passage of its own.

    Sources: 行政处罚法 arts. 44-45, 73; 征信业管理条例 art. 25; 信用修复管理办法; 个人信息保护法
    arts. 24, 45-46.
    """
    penalty = "administrative-penalty-law"
    return [
        _way(
            "告知与陈述申辩：决定作出前须事先告知，听取陈述、申辩，不得因此加重。",
            "Notice and hearing: prior notice before any decision; nobody is treated worse for"
            " being heard.",
            _cited(penalty, "第四十四条、第四十五条", "arts. 44–45"),
        ),
        _way(
            f"异议：决定有效期内可随时提出，受理即标注，自受理之日起 {ANSWER_DAYS} 日内书面答复。"
            "异议期间暂停扩展是本产品的默认政策，并非法定要求。",
            "Objection: at any time while the decision lasts; marked when accepted, answered in"
            f" writing within {ANSWER_DAYS} days. That the extension rests meanwhile is this"
            " product's default policy, not the law's.",
            _cited("credit-reporting-regulation", "第二十五条", "art. 25"),
        ),
        _way(
            "复议与诉讼：可依法申请，期限自送达之日起依有关法律计算，原则上不停止执行。",
            "Review and suit: as the law has them, from the day of delivery; as a rule they do not"
            " suspend.",
            _cited(penalty, "第七十三条", "art. 73"),
        ),
        _way(
            "信用修复：关系不再、义务已履行或事实有误的可申请。修复即停止公示、共享和使用并解除措施；"
            "主体上的措施修复、解除或期满的，扩展同时终止，不得长于主体上的措施。",
            "Repair: where the relation has ended, the duty is done or a fact is wrong. It ends"
            " publication, sharing and use, and lifts the measure; no extension outlives the"
            " measure on its subject.",
            _cited("credit-repair-2026"),
        ),
        _way(
            "由人决定：不得仅由机器作出决定；可要求说明，查阅、更正自己的信息。",
            "People decide: no decision by automation alone; explanation, access and correction may"
            " be asked for.",
            _cited("pipl", "第二十四条、第四十五条、第四十六条", "arts. 24, 45–46"),
        ),
    ]


def _way(zh: str, en: str, cited: Said) -> Said:
    return Said(f"{zh}{cited.zh}", f"{en} {cited.en}")


def _cited(name: str, zh: str = "", en: str = "") -> Said:
    one = procedure()[name]
    number = f"（{one.number}）" if one.number else ""
    return Said(
        f"《{one.zh}》{number}{zh}［{ZH.statuses[one.status]}］",
        f"{one.en}{f', {en}' if en else ''} [{EN.statuses[one.status]}]",
    )
