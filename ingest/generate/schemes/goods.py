"""What is sold: codes of the tax classification, VAT rates, and who makes what of what.

The first three digits of a code are its group (101 farm products, 102 minerals, ... 109 machines,
110 power, 301 carriage, 304 services). State Taxation Administration, announcement 2017 no. 16.
"""

from __future__ import annotations

from typing import Final

import numpy as np

CODES: Final = (
    "1020101", "1080207", "1010301", "1010101", "1010501", "1050101", "1020302", "1080305",
    "1080208", "1090123", "1040201", "1030203", "1050201", "1060101", "1070304", "1090511",  # made
    "1100101", "3010102", "3040502", "3040201", "3040301", "3040603", "3050100", "3070401",
    "2010100", "3040803", "3070201", "3060400",
)  # fmt: skip
RATE: Final = np.array([13, 13, 9, 9, 9, *[13] * 12, 9, 9, 6, 6, 6, 9, 6, 13, 6, 6, 6])
# Of the eight lines: what makers buy, and what they sell.
RAW: Final = np.arange(8)
MADE: Final = np.arange(8, 16)
ELECTRICITY, CARRIAGE, LEASE, IT, ADVERTS, ACCOUNTING, BUILDING, MEALS, PROCESSING, STAFFING, \
    TEACHING, FINANCE = range(16, 28)  # fmt: skip
SERVICES: Final = np.array([IT, ADVERTS, ACCOUNTING, BUILDING, STAFFING])

# Words of names, by line, for those who dig or grow, make, trade and keep shops.
GROWERS: Final = ("矿业", "金属冶炼", "棉业", "农业", "林业", "浆纸原料", "石油化工原料", "建材")
MAKERS: Final = ("钢铁", "机械制造", "纺织服装", "食品", "家具", "纸业包装", "制药", "电子科技")
TRADERS: Final = (
    "钢材贸易", "机电贸易", "服饰商贸", "食品商贸", "家居贸易", "纸品商贸", "医药商贸", "电子贸易",
)  # fmt: skip
SHOPS: Final = (
    "五金商行",
    "机电经营部",
    "服装店",
    "超市",
    "家具城",
    "文具店",
    "大药房",
    "数码商行",
)
SERVERS: Final = ("信息技术", "广告传媒", "会计咨询", "建筑工程", "人力资源")
