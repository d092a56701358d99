"""Names of people and firms, in the proportions that Chinese registers show.

Surname shares: Ministry of Public Security, report on names of 2020 (王 and 李 over 7 %, the first
five together near 30 %); given names follow the fashions of the decades: 王伟 and 张伟 are common.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from ingest.generate.draws import Draws, Ints, weighted

_SHARES: Final = (
    "王 7.25 李 7.19 张 6.83 刘 5.38 陈 4.53 杨 3.08 赵 2.29 黄 2.23 周 2.12 吴 2.05 徐 1.67 "
    "孙 1.54 胡 1.31 朱 1.26 高 1.21 林 1.18 何 1.17 郭 1.15 马 1.07 罗 0.96 梁 0.84 宋 0.81 "
    "郑 0.78 谢 0.72 韩 0.68 唐 0.65 冯 0.64 于 0.62 董 0.61 萧 0.59 程 0.57 曹 0.57 袁 0.54 "
    "邓 0.54 许 0.54 傅 0.51 沈 0.50 曾 0.50 彭 0.49 吕 0.47 苏 0.46 卢 0.46 蒋 0.46 蔡 0.45 "
    "贾 0.42 丁 0.42 魏 0.42 薛 0.40 叶 0.40 阎 0.40 余 0.39 潘 0.39 杜 0.38 戴 0.38 夏 0.38 "
    "钟 0.37 汪 0.37 田 0.37 任 0.37 姜 0.36 范 0.36 方 0.34 石 0.34 姚 0.33 谭 0.33 廖 0.33 "
    "邹 0.32 熊 0.32 金 0.31 陆 0.31 郝 0.30 孔 0.30 白 0.29 崔 0.28 康 0.28 毛 0.27 邱 0.27 "
    "秦 0.26 江 0.26 史 0.25 顾 0.25 侯 0.24 邵 0.24 孟 0.23 龙 0.22 万 0.22 段 0.22 雷 0.21 "
    "钱 0.21 汤 0.20 尹 0.20 黎 0.19 易 0.18 常 0.18 武 0.18 乔 0.17 贺 0.17 赖 0.16 龚 0.16 "
    "文 0.15 庞 0.13 樊 0.13 殷 0.12 施 0.12 陶 0.12 翟 0.11 倪 0.11 严 0.11 牛 0.10 温 0.10 "
    "芦 0.09 季 0.09 俞 0.09 章 0.09 鲁 0.09 葛 0.08 毕 0.08 聂 0.08 焦 0.08 向 0.08 柳 0.07 "
    "邢 0.07 骆 0.07 岳 0.07 齐 0.07 梅 0.07 庄 0.06 涂 0.06 祝 0.06 耿 0.06 关 0.06 费 0.05 "
    "纪 0.05 欧阳 0.08 上官 0.02 司马 0.01 诸葛 0.01 皇甫 0.01"
)
_SURNAMES: Final = _SHARES.split()

SURNAMES: Final = _SURNAMES[::2]
SURNAME: Final = weighted([float(share) for share in _SURNAMES[1::2]])

# Per generation and sex: single characters, then first and second characters of double names.
# The order is popularity; generations are those born before 1970, 1990, 2005, and after.
_GIVEN: Final = (
    (
        0.22,
        "秀英 桂英 玉兰 秀兰 桂兰 凤英 秀珍 玉梅 桂花 淑珍",
        "英 兰 珍 芳 梅 敏 玲 华 萍 琴 云",
        "秀 桂 玉 凤 淑 月 春 美 爱 金 素 翠 惠 红 小",
        "英 兰 珍 芳 梅 华 荣 花 琴 云 霞 香 娥 清 仙",
    ),
    (
        0.22,
        "建国 建华 志强 国强 建军 玉林 德明 文革 卫东 国华",
        "伟 军 平 明 华 勇 强 刚 林 斌 忠",
        "建 国 志 德 文 玉 永 世 金 长 卫 福 学 成 光",
        "华 国 强 明 军 平 林 生 民 祥 东 山 荣 贵 发",
    ),
    (
        0.42,
        "丽娟 晓燕 海燕 婷婷 丽丽 晓红 雪梅 红梅",
        "芳 娜 敏 静 丽 艳 娟 霞 燕 玲 颖 婷 洁 琳 雪",
        "丽 晓 海 红 雪 小 春 美 文 玉 慧 佳 亚 艳 淑",
        "娟 燕 梅 红 丽 华 霞 萍 芳 玲 琴 敏 英 云 莉",
    ),
    (
        0.45,
        "志强 建军 志伟 海涛 文斌 国强 俊杰 小军",
        "伟 强 磊 军 勇 杰 涛 超 明 刚 鹏 斌 辉 波 飞 峰",
        "志 海 建 文 小 国 俊 晓 永 少 立 卫 正 世 家",
        "强 军 伟 涛 斌 峰 明 勇 杰 辉 林 平 刚 华 波",
    ),
    (
        0.25,
        "雨欣 佳怡 欣怡 思雨 梦婷 雅婷 诗雨 静怡",
        "婷 雪 倩 颖 悦 琪 佳 莹 慧 媛 璐 瑶 欣 蕾",
        "佳 思 雨 梦 雅 欣 诗 晓 静 嘉 文 婉 心 美 梓",
        "怡 雨 婷 欣 琪 颖 涵 妍 瑶 雯 洁 萱 敏 彤 慧",
    ),
    (
        0.25,
        "俊杰 浩然 宇航 嘉豪 子豪 文博 志鹏 天宇",
        "鹏 超 浩 杰 宇 帆 凯 涛 磊 阳 鑫 龙 健 航",
        "俊 浩 宇 嘉 子 文 天 志 家 泽 明 博 晨 梓 伟",
        "杰 然 航 豪 博 宇 鹏 轩 涛 辉 阳 鑫 龙 翔 凯",
    ),
    (
        0.07,
        "梓涵 欣怡 子涵 诗涵 雨涵 一诺 可馨 语桐 若汐 沐宸",
        "诺 玥 萱 汐 涵 瑶 妍 悦",
        "梓 欣 子 诗 雨 一 可 语 若 沐 思 芷 佳 依 艺",
        "涵 怡 诺 馨 桐 汐 萱 瑶 晨 彤 妍 琪 宁 玥 心",
    ),
    (
        0.07,
        "浩宇 子轩 宇轩 奕辰 宇航 浩然 沐辰 俊熙 梓睿 一鸣",
        "睿 轩 辰 宸 昊 泽 铭 熙",
        "浩 子 宇 奕 沐 俊 梓 一 泽 嘉 皓 承 景 明 煜",
        "宇 轩 辰 航 然 熙 睿 泽 阳 霖 恒 博 铭 鸣 宸",
    ),
)


def _group(
    single: float, popular: str, ones: str, firsts: str, seconds: str
) -> tuple[list[str], list[float]]:
    texts: list[str] = []
    weights: list[float] = []
    one = ones.split()
    for rank, text in enumerate(one):
        texts.append(text)
        weights.append(single * 2 * (len(one) - rank) / (len(one) * (len(one) + 1)))
    famous = popular.split()
    texts += famous
    weights += [(1 - single) * 0.25 / len(famous)] * len(famous)
    pairs = [
        (a, b, (20 - i) * (20 - j))
        for i, a in enumerate(firsts.split())
        for j, b in enumerate(seconds.split())
        if a != b
    ]
    whole = sum(weight for *_, weight in pairs)
    for a, b, weight in pairs:
        texts.append(a + b)
        weights.append((1 - single) * 0.75 * weight / whole)
    return texts, weights


@dataclass(frozen=True)
class Given:
    """Given names of all groups, and for each group a table that draws from them."""

    texts: list[str]
    tables: Ints


@cache
def given() -> Given:
    """Given names; group 2 * generation + (1 for men)."""
    texts: list[str] = []
    tables = []
    for group in _GIVEN:
        names, weights = _group(*group)
        tables.append(weighted(weights) + len(texts))
        texts += names
    return Given(texts, np.stack(tables))


def generations(years: Ints) -> Ints:
    """The generation of a birth year: 0..3."""
    return np.searchsorted(np.array([1970, 1990, 2005]), years, side="right").astype(np.int64)


def person_names(draws: Draws, at: Ints, family: Ints, years: Ints, men: Ints) -> list[str]:
    """Names of persons `at`; children carry the surname of `family` (a person's own number)."""
    table = given()
    surname = draws.choose("surname", family, SURNAME).tolist()
    entry = (draws.bits("given", at) >> np.uint64(48)).astype(np.int64)
    name = table.tables[2 * generations(years) + men, entry].tolist()
    return [SURNAMES[s] + table.texts[g] for s, g in zip(surname, name, strict=True)]


# A line of business as firms put it in their name; what it invoices (tax classification code),
# the VAT rate in percent, how common it is, and what its small shops call themselves.
_TRADES: Final = (
    ("科技", "3040201", 6, 14, "数码店"),
    ("信息技术", "3040203", 6, 7, "打印店"),
    ("网络科技", "3040202", 6, 7, "网络服务部"),
    ("贸易", "1090511", 13, 8, "商行"),
    ("商贸", "1030307", 13, 10, "便利店"),
    ("电子商务", "1040201", 13, 5, "网店"),
    ("建筑工程", "3050100", 9, 6, "装修队"),
    ("装饰工程", "3050400", 9, 3, "门窗店"),
    ("建材", "1080101", 13, 4, "建材店"),
    ("物流", "3010102", 9, 4, "货运部"),
    ("供应链管理", "3040407", 6, 3, "仓储站"),
    ("电子", "1090505", 13, 4, "电器店"),
    ("机械设备", "1090123", 13, 3, "五金店"),
    ("医药", "1070304", 13, 2, "大药房"),
    ("医疗器械", "1090245", 13, 2, "诊所"),
    ("食品", "1030203", 13, 4, "食品店"),
    ("餐饮管理", "3070401", 6, 4, "小吃店"),
    ("服饰", "1040201", 13, 4, "服装店"),
    ("纺织", "1040101", 13, 2, "布行"),
    ("文化传媒", "3040301", 6, 5, "广告部"),
    ("教育咨询", "3070201", 6, 3, "书店"),
    ("企业管理", "3040801", 6, 4, "理发店"),
    ("投资管理", "3060400", 6, 3, "茶庄"),
    ("房地产开发", "5000000", 9, 2, "房产中介"),
    ("物业管理", "3040802", 6, 2, "家政服务部"),
    ("农业开发", "1010101", 9, 3, "农资店"),
    ("新能源", "1090401", 13, 2, "充电站"),
    ("化工", "1070201", 13, 2, "油漆店"),
    ("石油化工", "1070101", 13, 1, "加油站"),
    ("煤炭销售", "1020101", 13, 1, "煤场"),
    ("金属材料", "1080207", 13, 2, "废品站"),
    ("汽车销售", "1090305", 13, 2, "汽修店"),
    ("人力资源", "3040803", 6, 2, "劳务站"),
    ("会计咨询", "3040603", 6, 1, "代账店"),
    ("旅游开发", "3070301", 6, 1, "旅馆"),
    ("环保科技", "3040103", 6, 2, "水果店"),
)
TRADES: Final = [trade[0] for trade in _TRADES]
GOODS: Final = [trade[1] for trade in _TRADES]
RATES: Final = np.array([trade[2] for trade in _TRADES], dtype=np.int64)
TRADE: Final = weighted([float(trade[3]) for trade in _TRADES])
SHOPS: Final = [trade[4] for trade in _TRADES]

BRAND_1: Final = tuple(
    "云瑞鑫华恒宏盛天中金正信诚海东南博创新星晨佳嘉锦凯联隆美明铭"
    "启乾融润森顺泰腾万旺祥兴旭亚阳亿易永友宇元远悦泽展智卓众安邦"
    "百宝长辰达德鼎丰富冠光广国浩合和弘汇吉江杰景聚君康科蓝乐立利"
)
BRAND_2: Final = tuple(
    "帆达源泰丰信诚德远通盛隆兴航宇图创科邦联海川鸿博睿腾捷迅翔云"
    "阳辉和润茂林康宁安祥福瑞嘉华美佳悦优尚品程途景峰岳晟昊骏麟凯"
    "彩象禾谷田木石岩溪湖洋江风雨星辰月光晖煜焱森锋锐钧铭鑫钰铂锦"
)
BRAND_3: Final = ["", "", "", "", *"元信达合众智联盛和诚汇创新泰源通德丰"]
