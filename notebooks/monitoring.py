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
# # 监测：风险群组的变化
# # Monitoring: clusters over time
#
# **问题**：哪些被列入名单的主体连在一起？这些群组何时出现，如何增长、合并、分裂、消失？
#
# **Question**: which listed subjects hang together? When did these clusters appear, and how did
# they grow, merge, split, dissolve?

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

world = sample(schemes=None, entities=10_000)
URL = os.environ.get("LINKRISK_URL")
risk = Client(URL) if URL else connect(os.environ.get("LINKRISK_STORE") or world.url)
AS_OF = "2026-07-01"

# %% [markdown]
# ## 1 现在的群组 Clusters now
#
# 核心是名单上的主体；其间由股权、任职等关系相连。`reach` 是核心之间最多隔几层；`min_core=1` 连单个主体也列出。
# The core is on a list; holdings and offices join it, over at most `reach` steps from each side.
# `min_core=1` shows single ones too.

# %%
clusters = risk.clusters(lists=["black", "penalty", "abnormal"], min_core=1, reach=3, as_of=AS_OF)
print(len(clusters.rows), "个群组 clusters;", "cut:", clusters.cut)
clusters.frame()[["id", "score", "born", "why"]].head()

# %% [markdown]
# ## 2 成员与关系 Members and what joins them

# %%
cluster = max(clusters.rows, key=lambda row: (len(row["members"]), row["score"], row["id"]))
print(cluster["why"])
import networkx as nx

members = set(cluster["members"])
near = [risk.related_parties(subject=m, depth=1, as_of=AS_OF) for m in cluster["members"][:100]]
graph = nx.compose_all([evidence(risk, answer) for answer in near]).subgraph(members)
draw(graph)

# %% [markdown]
# ## 3 历史 History
#
# 同一群组在时间中保持同一编号。事件：born 出现、grew 增长、shrank 缩小、merged 合并、split 分裂、
# dissolved 消失。
#
# A cluster keeps its id over time. Events: born, grew, shrank, merged, split, dissolved.

# %%
import pandas as pd

days = [day.date().isoformat() for day in pd.date_range("2024-07-01", AS_OF, freq="MS")]
history = risk.cluster_history(
    lists=["black", "penalty", "abnormal"], min_core=1, reach=3, days=days, as_of=AS_OF
)
events = history.frame()
print(len(events), "个事件 events;", "cut:", history.cut)
events.groupby(["day", "event"]).size().unstack(fill_value=0) if len(events) else events

# %%
for row in history.rows[:5]:
    print(row["day"], row["event"], row["id"], "|", row["why"])

# %% [markdown]
# **含义**：自上次以来发生了什么变化，以及为什么。**不代表**：群组中每个成员都有风险；核心之外的成员只因关系在其中。
# 名单到期或修复后，群组缩小或消失，这不是新的风险，不应再次提醒。
#
# **It means** what changed since the last look, and why. **It does not mean** that every member is
# a risk: those outside the core are there by a relation alone. A cluster that shrinks because a
# listing ended or was repaired is no new risk, and nobody should be alerted again.

# %% [markdown]
# ## 4 当时知道什么 What was known then
#
# `as_of` 问那一天为真的事；`known_at` 问那一刻我们已知的事。复核旧的提醒要用后者。
# `as_of` asks what was true on a day, `known_at` what we knew at a moment: an old alert is judged
# by the latter.

# %%
then = risk.clusters(lists=["black"], min_core=1, as_of="2025-07-01", known_at=clusters["known_at"])
print(
    then["as_of"], then["known_at"][:19], len(then.rows), "个群组 clusters", then["snapshot"][:19]
)

# %%
risk.close()
