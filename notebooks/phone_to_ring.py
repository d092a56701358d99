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
# # 从一部手机到一个团伙
# # From a phone to a ring
#
# **问题**：一部手机在一起诈骗案中出现。谁用过它，这些人还共用什么，其中有没有团伙？
#
# **Question**: a phone turned up in a fraud case. Who used it, what else do they share, is there a
# ring among them?

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
# ## 1 谁用过这部手机 Who used the phone
#
# 取用的人最多的团伙里的一部手机，作为手上的线索。电话号码只以掩码显示。
# The lead: a phone out of the ring that shares most. Numbers are shown masked.

# %%
rings = risk.shared_identifier_rings(as_of=AS_OF)
print(len(rings.rows), "组共用标识的主体 groups that share identifiers;", "cut:", rings.cut)
graph = evidence(risk, {**rings, "results": rings.rows[:12]})
phones = [n for n, d in graph.nodes(data=True) if d["kind"] == "phone"]
phone = max(phones, key=lambda n: (graph.degree(n), n))
print(
    risk.subject(phone)["records"][0]["keys"],
    "由",
    graph.degree(phone),
    "个主体使用 subjects use it",
)

# %%
users = risk.related_parties(subject=phone, depth=1, kinds=["uses_phone"], as_of=AS_OF)
users.frame()[["party", "roles", "facts"]]

# %% [markdown]
# **含义**：这些主体登记了同一号码。**不代表**：他们相识，或同谋。代理记账、园区前台的号码也会如此共用。
#
# **It means** that these subjects registered one number. **It does not mean** that they know each
# other: a bookkeeper's or a reception's number is shared in the same way.

# %% [markdown]
# ## 2 图 The picture
#
# 可拖动、缩放；鼠标停在线上看事实。图例可点击隐藏一类主体。节点过多时只画前面的，并写明数量。
# Move and zoom; point at a line for its facts, click the legend to hide a kind. Where there are too
# many nodes the first ones are drawn, and how many are not is said.

# %%
draw(evidence(risk, users))

# %% [markdown]
# ## 3 他们还共用什么 What else do they share
#
# `common_links` 列出两两之间的共用标识，共用者越多权重越低。
# `common_links` lists what links them; what many share weighs less.

# %%
parties = [row["party"] for row in users.rows][:20]
if len(parties) > 1:
    links = risk.common_links(subjects=parties, as_of=AS_OF)
    print(links.frame().head(10)[["via", "kinds", "subjects", "weight"]])

# %% [markdown]
# ## 4 团伙 The rings
#
# 每一行是一个团伙：`score` 越高越不像偶然，`why` 用一句话说明依据，并列出可能的正当解释。
# A row is a ring: the higher its `score`, the less it looks like chance; `why` says in a sentence
# what it stands on, and what innocent explanations there are.

# %%
mine = [row for row in rings.rows if set(row["members"]) & set(parties)]
for row in mine[:3]:
    print(round(row["score"], 3), row["why"], "\n")
draw(evidence(risk, {**rings, "results": mine[:3]}), title="这些主体所在的团伙 their rings")

# %% [markdown]
# ## 5 与预埋的真相对照 Beside the planted truth
#
# 虚构世界知道答案：哪些团伙是预埋的，哪些只是相似的正当情形（孵化器、园区）。
# The made-up world knows the answer: which rings were planted, and which look-alikes are innocent.

# %%
for innocent in (False, True):
    for scheme in world.planted("shared_identifiers", innocent=innocent):
        known = {risk.subject(name)["id"] for name in scheme["members"]}
        best = max(rings.rows, key=lambda row: len(known & set(row["members"])))
        print(
            "正当的相似情形 look-alike" if innocent else "预埋 planted",
            scheme["look_alike"] or "",
            f"{len(known)} 个成员 members, 找到 found {len(known & set(best['members']))},",
            f"score {best['score']:.3f}",
        )

# %% [markdown]
# **结论的边界**：电话、地址、设备是调查线索，不能作为惩戒延伸的依据（见“从处罚到关联方”）。
#
# **Where it ends**: phones, addresses and devices are leads for an investigator, never a basis for
# extending a measure (see "From a penalty to its related parties").

# %%
risk.close()
