# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 虚开发票网络
# # A false-invoice network
#
# **问题**：哪些企业可能在虚开发票？资金是否回流，货物是否对得上，谁在背后？
#
# **Question**: which companies may be issuing false invoices? Does the money come back, do the
# goods fit, who stands behind them?

# %% [markdown]
# ## 连接 Connect
#
# 没有自己的数据时，在这里生成一个虚构的世界。设置 `LINKRISK_URL`（与 `LINKRISK_TOKEN`）则经 HTTP 提问，设置
# `LINKRISK_STORE` 则打开自己的存储；以下各格不变。
#
# Without facts of your own a world is made here, in which nobody exists. LINKRISK_URL (with
# LINKRISK_TOKEN) asks a service over HTTP, LINKRISK_STORE opens a store of yours; the cells below
# stay as they are.

# %%
import os

from api.client import Client, connect, draw, evidence
from api.demo import sample

world = sample()
URL = os.environ.get("LINKRISK_URL")
risk = Client(URL) if URL else connect(os.environ.get("LINKRISK_STORE") or world.url)
AS_OF = "2026-07-01"

# %% [markdown]
# ## 1 可疑的方案 Schemes
#
# `invoice_schemes` 把闭环开票、资金回流、过票、货物不符、暴增等迹象合为一个方案。
# `invoice_schemes` puts the signs together: circles, money that returns, pass-through, goods that
# do not fit, bursts.

# %%
schemes = risk.invoice_schemes(as_of=AS_OF)
print(len(schemes.rows), "个方案 schemes;", "cut:", schemes.cut)
table = schemes.frame()
table[["id", "amount", "begins", "ends", "score"]].head()

# %%
scheme = schemes.rows[0]
for member in scheme["members"]:
    print(risk.subject(member)["label"], member)
print(scheme["why"])

# %% [markdown]
# **含义**：这些事实合在一起不像偶然。**不代表**：已认定虚开。认定须由税务机关查明没有真实交易。
#
# **It means** that these facts together do not look like chance. **It does not mean** that the
# invoices are false: that there was no trade is for the tax authority to find.

# %% [markdown]
# ## 2 发票与资金 Invoices and money
#
# 每条线是事实：发票由销方指向购方，转账由付款方指向收款方。
# Each line is a fact: an invoice runs from seller to buyer, a transfer from payer to payee.

# %%
graph = evidence(risk, {**schemes, "results": [scheme]})
draw(graph)

# %% [markdown]
# ## 3 各项迹象分别看 Sign by sign

# %%
import polars as pl

signs = {
    "闭环 invoice_cycles": risk.invoice_cycles(as_of=AS_OF),
    "资金回流 payment_returns": risk.payment_returns(as_of=AS_OF),
    "过票 invoice_pass_through": risk.invoice_pass_through(as_of=AS_OF),
    "货物不符 goods_mismatch": risk.goods_mismatch(as_of=AS_OF),
    "暴增 invoice_bursts": risk.invoice_bursts(as_of=AS_OF),
    "返利链 rebate_chains": risk.rebate_chains(as_of=AS_OF),
}
pl.DataFrame(
    {
        "sign": list(signs),
        "rows": [len(answer.rows) for answer in signs.values()],
        "best": [max((r["score"] for r in a.rows), default=None) for a in signs.values()],
        "cut": [answer.cut for answer in signs.values()],
    }
)

# %% [markdown]
# ## 4 企业背后是谁 Who stands behind
#
# 成员企业的法定代表人、股东和账户持有人。
# Legal representatives, holders and account holders of the members.

# %%
import networkx as nx

behind = nx.compose_all(
    [
        evidence(risk, risk.related_parties(subject=member, depth=1, as_of=AS_OF))
        for member in scheme["members"][:8]
    ]
)
people = [n for n, d in behind.nodes(data=True) if d["kind"] == "person"]
shared = [n for n in people if len(set(behind.successors(n)) & set(scheme["members"])) > 1]
print("人员 people:", len(people), "; 牵涉两家以上成员的 with two or more members:", shared)
draw(behind, most=200)

# %% [markdown]
# ## 5 与预埋的真相对照 Beside the planted truth

# %%
found = {member for row in schemes.rows for member in row["members"]}
kinds = (
    "invoice_cycle",
    "payment_return",
    "invoice_pass_through",
    "goods_mismatch",
    "rebate_chain",
)
for kind in kinds:
    for innocent in (False, True):
        for planted in world.planted(kind, innocent=innocent):
            known = {risk.subject(name)["id"] for name in planted["members"]}
            print(
                kind,
                f"正当 innocent: {planted['look_alike']}" if innocent else "预埋 planted",
                f"{len(known & found)} / {len(known)} 在方案中 in a scheme",
            )

# %% [markdown]
# 单一迹象会把正当经营（加工、集团内贸易、薄利批发）也列出来；看 `why` 里写的正当解释，再决定查不查。
#
# One sign alone also lists honest trade (processing, groups, thin wholesale): read the innocent
# explanations in `why` before anybody is visited.

# %%
risk.close()
