"""Writes the three tables of this folder: as offices that nobody asked make them.

Each is odd in another way: encoding, separator, rows above the header and below the data, how
shares, amounts, digits and days are written. Names and numbers are nobody's: credit codes and card
numbers are made here with right check characters.

    python -m tests.clerk.data.make
"""

from __future__ import annotations

from pathlib import Path

from stdnum import luhn
from stdnum.cn import ric, uscc

HERE = Path(__file__).parent


def code(body: str) -> str:
    """A credit code: 17 characters and its check character (GB 32100)."""
    return body + uscc.calc_check_digit(body)


def card(body: str) -> str:
    """A card number with its check digit (Luhn)."""
    return body + luhn.calc_check_digit(body)


def resident(body: str) -> str:
    """A resident id with its check character (GB 11643)."""
    return body + ric.calc_check_digit(body)


def wide(text: str) -> str:
    """Digits, commas and points in full width."""
    return text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,."})


A, B, C, D = (code(f"91440300MA5F{n}X8{n}K")[:18] for n in range(4))
ZHANG, LI, WANG = (resident(f"4403011980010{n}") for n in (1801, 2752, 3903))
CARDS = [card(f"62220240000{n:07d}") for n in range(1, 6)]


def shareholders() -> bytes:
    """GBK, comma; two titles, a serial column, shares as percent text, a total and who made it."""
    rows = [
        ["深圳市福田区部分企业股东（发起人）出资情况表", "", "", "", "", "", "", ""],
        ["制表日期：2026年3月31日", "", "", "", "", "", "单位：万元", ""],
        ["序号", "公司名称", "社会信用代码", "股东姓名/名称", "证件号码", "持股比例", "认缴出资额(万元)", "出资日期"],
        ["1", "深圳市晨曦供应链有限公司", A, "张伟", ZHANG, "51.00%", "510", "2018年3月6日"],
        ["2", "深圳市晨曦供应链有限公司", A, "深圳市启明投资有限公司", B, "49％", "490", "2018年3月6日"],
        ["3", "深圳市启明投资有限公司", B, "李娜", LI, "66.67%", "2,000", "2016/7/1"],
        ["4", "深圳市启明投资有限公司", B, "张伟", ZHANG, "33.33%", "1,000", "2016/7/1"],
        ["5", "深圳市远航贸易有限公司", C, "深圳市晨曦供应链有限公司", A, "100%", "300", "2020.11.20"],
        ["6", "深圳市海岳科技有限公司", D, "王强", WANG, "120%", "100", "2021-05-08"],
        ["合计", "", "", "", "", "", "4,400", ""],
        ["制表人：陈某", "", "", "审核人：", "", "", "", ""],
    ]  # fmt: skip
    return "\r\n".join(",".join(f'"{c}"' if "," in c else c for c in row) for row in rows).encode(
        "gbk"
    )


def invoices() -> bytes:
    """UTF-16 with tabs, as a bureau's export is; buyer before seller, a red letter, a total."""
    rows = [
        ["发票数据导出 2026-01-01 至 2026-03-31"],
        ["序号", "发票代码", "数电票号码", "开票日期", "购方企业名称", "购方识别号", "销方企业名称", "销方识别号",
         "货物或应税劳务名称", "金额", "税率", "税额", "价税合计", "票种", "发票状态"],
        ["1", "", "26442000000000000001", "2026-01-05 10:22:31", "深圳市启明投资有限公司", B, "深圳市晨曦供应链有限公司", A,
         "*供应链服务*咨询费", "100000.00", "13%", "13000.00", "113000.00", "数电票（专票）", "正常"],
        ["2", "", "26442000000000000002", "2026-01-19 16:02:00", "深圳市远航贸易有限公司", C, "深圳市启明投资有限公司", B,
         "*咨询服务*服务费", "99000.00", "13%", "12870.00", "111870.00", "数电票（专票）", "正常"],
        ["3", "", "26442000000000000003", "2026-02-02 09:00:11", "深圳市晨曦供应链有限公司", A, "深圳市远航贸易有限公司", C,
         "*贸易*货款", "98000.00", "13%", "12740.00", "110740.00", "数电票（专票）", "正常"],
        ["4", "", "26442000000000000004", "2026-02-20 11:45:09", "深圳市启明投资有限公司", B, "深圳市晨曦供应链有限公司", A,
         "*供应链服务*咨询费", "-5000.00", "13%", "-650.00", "-5650.00", "数电票（专票）", "红字"],
        ["5", "", "26442000000000000005", "2026-13-40", "深圳市海岳科技有限公司", D, "深圳市晨曦供应链有限公司", A,
         "*供应链服务*咨询费", "100.00", "13%", "13.00", "113.00", "数电票（专票）", "正常"],
        ["合计", "", "", "", "", "", "", "", "", "292100.00", "", "37973.00", "330073.00", "", ""],
    ]  # fmt: skip
    return "\n".join("\t".join(row) for row in rows).encode("utf-16")


def statement() -> bytes:
    """UTF-8 with a BOM, semicolons; full-width digits, times in Chinese, a bank's titles, totals."""
    held = dict(zip(CARDS, ["张伟", "李娜", "王强", "赵敏", "钱磊"], strict=True))
    head = [
        "交易卡号",
        "交易户名",
        "交易日期",
        "交易时间",
        "借贷标志",
        "交易金额",
        "账户余额",
        "对手卡号",
        "对手户名",
        "摘要说明",
    ]
    moves = [
        (0, 1, "2026年3月1日", "09:10:00", "借", "50,000.00"),
        (1, 2, "2026年3月1日", "11:32:08", "借", "49,800.00"),
        (2, 3, "2026年3月2日", "08:00:59", "借", "49,500.00"),
        (3, 0, "2026年3月3日", "20:15:00", "借", "49,000.00"),
        (0, 3, "2026年3月3日", "20:15:00", "贷", "49,000.00"),  # the other side of the one before
        (0, 4, "2026年3月9日", "12:00:00", "借", "八千元整"),
        (4, 0, "2026年3月10日", "12:00:00", "", "100.00"),
    ]  # fmt: skip
    rows = [
        ["××银行股份有限公司客户交易流水查询结果"],
        ["查询单位：某区某局", "查询编号：（2026）第18号"],
        head,
    ]
    for own, other, day, clock, mark, amount in moves:
        rows.append([wide(CARDS[own]), held[CARDS[own]], day, clock, mark, wide(amount), wide("1,000.00"),
                     wide(CARDS[other]), held[CARDS[other]], "转账"])  # fmt: skip
    rows += [
        ["合计", "", "", "", "", wide("255,400.00"), "", "", "", ""],
        ["打印时间：2026-03-31 09:00"],
    ]
    return b"\xef\xbb\xbf" + "\r\n".join(";".join(row) for row in rows).encode()


FILES = {"股东情况表.csv": shareholders, "发票导出.txt": invoices, "交易流水.csv": statement}

if __name__ == "__main__":
    for name, make in FILES.items():
        (HERE / name).write_bytes(make())
