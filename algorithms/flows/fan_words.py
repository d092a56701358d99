"""What fans and layers are called, and what speaks for and against them, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from algorithms.findings.scoring import Sign

if TYPE_CHECKING:
    from algorithms.flows.fan_kinds import Candidates

_SAID: Final = {
    "fan_in": "{payers} 个账户在 {days:.1f} 天内汇入一户"
    " / {payers} accounts pay one within {days:.1f} days",
    "fan_out": "一户在 {days:.1f} 天内汇往 {receivers} 个账户"
    " / one account pays {receivers} within {days:.1f} days",
    "scatter_gather": "资金在 {days:.1f} 天内经 {middle} 个中间账户分散后汇集到一户"
    " / money is scattered over {middle} accounts and gathered in one within {days:.1f} days",
    "gather_scatter": "一户从 {payers} 户归集后分散至 {receivers} 户, 历时 {days:.1f} 天"
    " / one account gathers from {payers} and scatters to {receivers} in {days:.1f} days",
    "bipartite": "{payers} 个账户向 {receivers} 个账户密集付款, 历时 {days:.1f} 天"
    " / {payers} accounts each pay many of {receivers} in {days:.1f} days",
    "stack": "资金自 {payers} 户经 {middle} 户至 {receivers} 户, 历时 {days:.1f} 天"
    " / money goes from {payers} accounts over {middle} to {receivers} in {days:.1f} days",
}
_SIGNS: Final = {  # what a positive weight says, and a negative one
    "wages": ("", "发放工资 / wages"),
    "owners": ("", "股东与公司之间 / between owners and their company"),
    "kin": ("", "同一家庭、同一集团或本人账户之间 / within one family, group or owner"),
    "regular": ("", "每月往来 / payments that come back every month"),
    "lone": ("多为仅此一次的往来 / counterparts met but once", ""),
    "mutual": ("", "双方互有往来 / counterparts that pay both ways"),
    "gone": ("资金随即转出 / the money does not stay", "资金留存 / the money stays"),
    "new": ("账户新启用 / an account newly in use", ""),
    "firm": ("", "收付款方为企业 / a company's business"),
    "crowd": ("", "对手方众多 / it has many other counterparts"),
    "living": ("", "企业有工资房租等日常支出 / a company that pays wages or rent"),
    "firms": ("", "对手方多为企业 / its counterparts are companies"),
    "many": ("户数众多 / many accounts", "户数不多 / few accounts"),
}


def said(pattern: str, counts: dict[str, int], days: float) -> tuple[str, str]:
    """What was found, in Chinese and in English."""
    zh, _, en = _SAID[pattern].partition(" / ")
    return zh.format(days=days, **counts), en.format(days=days, **counts)


def signs_of(made: Candidates, i: int) -> list[Sign]:
    """The signs of one candidate; those that weigh next to nothing are left out."""
    found = []
    for name, weights in made.signs.items():
        if weight := round(float(weights[i]), 6):
            zh, _, en = _SIGNS[name][weight < 0].partition(" / ")
            found.append(Sign(name, weight, zh, en))
    return found
