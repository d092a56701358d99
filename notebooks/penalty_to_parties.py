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
# # 从处罚到关联方
# # From a penalty to its related parties
#
# **问题**：一家企业被列入失信名单。惩戒可以延及哪些人、哪些企业，依据是什么？
#
# **Question**: a company is on a black list. Whom may the measure reach, and on what basis?

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
# ## 1 一家失信企业 A listed company

# %%
listed = risk.clusters(lists=["black"], min_core=1, as_of=AS_OF)
companies = [m for row in listed.rows for m in row["core"] if m.startswith("cn:uscc:")]
counts = {
    name: len(risk.related_parties(subject=name, depth=1, as_of=AS_OF).rows)
    for name in companies[:20]
}
company = max(counts, key=lambda name: (counts[name], name))
subject = risk.subject(company)
listing = next(row for row in subject["listings"] if row["list"] == "black")
print(subject["label"], company)
listing

# %% [markdown]
# ## 2 关联方 Related parties
#
# 图谱只给出候选。`depth=1` 是当日为真的直接关系。
# The graph finds candidates only; at `depth=1` the relations that were true on the day.

# %%
act = listing["decided_on"]
related = risk.related_parties(subject=company, depth=2, as_of=act)
related.frame()[["party", "roles", "depth", "share"]].head(10)

# %%
draw(evidence(risk, related), most=300)

# %% [markdown]
# ## 3 规则库怎么说 What the rulebook says
#
# 没有条目就没有延伸。规则库是数据：措施 × 关系 × 条件 × 依据 × 有效期。
# No row, no extension. The rulebook is data: measure, relation, condition, basis, validity.

# %%
MEASURE = "consumption_restriction"
answer = risk.extend(subject=company, measure=MEASURE, act=act, as_of=AS_OF)
for row in answer.rows[:12]:
    print(
        row["outcome"], "|", risk.subject(row["party"])["label"], "|", row["roles"], "|", row["why"]
    )
print(len(answer.rows), "个候选 candidates;", "cut:", answer.cut)

# %% [markdown]
# `extend`：规则允许延及；`review`：须由人核实；`exclude`：不得延及，写明原因。
#
# **不代表**：任何人已被惩戒。决定由两名具名人员作出，须先告知、听取申辩。仅为股东或亲属的，不在此列。
#
# `extend`: the rule reaches this party; `review`: a person must look; `exclude`: it does not, and
# why. **It does not mean** that anybody is punished: two named people decide, after notice and a
# hearing. Mere shareholders and relatives are not reached.

# %% [markdown]
# ## 4 换一种措施，换一天 Another measure, another day

# %%
from collections import Counter

for measure in ("consumption_restriction", "judgment_defaulter_list"):
    rows = risk.extend(subject=company, measure=measure, act=act, as_of=AS_OF).rows
    print(measure, dict(Counter(row["outcome"] for row in rows)))
for day in (act, AS_OF):
    rows = risk.related_parties(subject=company, depth=1, as_of=day).rows
    print(day, len(rows), "个直接关联方 direct parties")

# %% [markdown]
# ## 5 证明 The proof
#
# 每一行带着使其成立的最少事实；独立的校验程序（`linkrisk verify-proof`）不用算法代码即可验证。
# Each row carries the fewest facts that make it so; `linkrisk verify-proof` checks it without the
# code that made it.

# %%
row = answer.rows[0]
for fact in risk.facts(row["facts"])["results"]:
    ends = [fact[e]["label"] for e in ("from", "to", "subject") if e in fact]
    print(fact["id"], fact["kind"], " → ".join(ends), fact["source"])

# %%
risk.close()
