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
# # 股权与控制
# # Ownership and control
#
# **问题**：一家企业最终由谁持有，由谁控制？两者为何不同？
#
# **Question**: who owns a company in the end, and who controls it? Why are the two not the same?

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

world = sample(schemes=None, entities=2_000)
URL = os.environ.get("LINKRISK_URL")
risk = Client(URL) if URL else connect(os.environ.get("LINKRISK_STORE") or world.url)
AS_OF = "2026-07-01"

# %% [markdown]
# ## 1 间接持股 Held through others
#
# 综合持股把每条持股链相乘再相加，循环持股按全部轮次计入。
# Integrated ownership multiplies along each chain and adds the chains up; loops count with all
# their rounds.

# %%
whole = risk.integrated_ownership(as_of=AS_OF)
table = whole.frame()
print(len(table), "行 rows;", "cut:", whole.cut)
far = table[table["direct"].fillna(0).eq(0) & table["integrated"].gt(0.3)]
far.sort_values("integrated", ascending=False)[["owner", "owned", "integrated"]].head()

# %%
company = (far if len(far) else table).sort_values("integrated", ascending=False)["owned"].iloc[0]
owners = risk.integrated_ownership(target=company, as_of=AS_OF)
print(risk.subject(company)["label"], company)
for row in owners.rows:
    print(
        f"{row['integrated']:.2%}",
        "直接 direct",
        row["direct"],
        risk.subject(row["owner"])["label"],
    )

# %%
from api.report import ownership

ownership(risk, owners)

# %% [markdown]
# ## 2 控制 Control
#
# 控制看表决权是否**超过**一半，逐级传递：六成的六成是 36% 的权益，却是控制。恰好 50% 不是控制。
# Control asks for **over** half of the votes, step by step: 60 % of 60 % is 36 % of the capital,
# and control. Exactly 50 % is not.

# %%
control = risk.control(target=company, as_of=AS_OF)
actual = risk.actual_controller(target=company, as_of=AS_OF)
print("控制 control:", [risk.subject(r["controller"])["label"] for r in control.rows])
for row in actual.rows:
    print("实际控制人 actual controller:", risk.subject(row["controller"])["label"], row["limb"])

# %% [markdown]
# ## 3 受益所有人 Beneficial owners
#
# 达到 25% 即是；因控制而是的，`basis` 会写明。
# At 25 % one is; who is so by control has that in `basis`.

# %%
beneficial = risk.beneficial_owners(target=company, as_of=AS_OF)
beneficial.frame()

# %% [markdown]
# **含义**：按登记的持股计算。**不代表**：代持、协议控制以外的安排也已看到；未登记的比例不当作零，
# 而是单独列出（`left_out`）。
#
# **It means** what the register says, computed. **It does not mean** that nominees and agreements
# that nobody registered are seen. An unknown share is not zero: it is left out and said.

# %% [markdown]
# ## 4 谁的一票算数 Whose vote counts
#
# 持股比例不等于话语权：49%、49%、2% 三方的权力相同。
# A share is not power: of 49 %, 49 % and 2 % each has the same.

# %%
power = risk.power_index(company=company, as_of=AS_OF)
power.frame()

# %% [markdown]
# ## 5 时间 Time

# %%
for day in ("2015-01-01", "2020-01-01", AS_OF):
    rows = risk.integrated_ownership(target=company, as_of=day).rows
    print(day, {risk.subject(r["owner"])["label"]: round(r["integrated"], 4) for r in rows[:4]})

# %% [markdown]
# ## 6 交给 networkx Hand-over

# %%
graph = evidence(risk, owners)
print(graph)
draw(graph)

# %%
risk.close()
