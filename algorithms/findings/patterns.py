"""The words for patterns in Chinese; in English the word itself says what it is."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "transfer_cycle": "资金闭环",
    "fan_in": "多户归集",
    "fan_out": "一户分散",
    "scatter_gather": "分散后归集",
    "gather_scatter": "归集后分散",
    "bipartite": "多对多转账",
    "stack": "多层多对多转账",
    "pass_through": "快进快出",
    "layered_flow": "分层转移",
    "fund_pool": "资金池",
    "rented_account": "出租出借账户",
    "shared_identifiers": "共用标识",
    "dense_block": "稠密团块",
    "claim_gang": "骗保团伙",
    "bid_rigging": "围标串标",
    "exam_gang": "考试作弊团伙",
    "call_den": "电话窝点",
    "invoice_cycle": "环开发票",
    "invoice_pass_through": "过票",
    "invoice_burst": "暴力虚开",
    "goods_mismatch": "进销不符",
    "affiliated_trade": "隐性关联交易",
    "rebate_chain": "骗税链条",
    "payment_return": "资金回流",
    "cluster": "风险群组",
    "case": "案件",
}


def named(pattern: str) -> str:
    """A pattern in Chinese; the word itself where it has no name."""
    return WORDS.get(pattern, pattern)
