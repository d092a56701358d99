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
# # 第一步：从一个人到一个资金环
# # First steps: from a person to a ring
#
# 用一个虚构的小世界演示如何提问、画图、回到过去，并把子图交给 networkx。
# A small world that nobody lives in: ask, draw, go back in time, hand a part over to networkx.

# %% [markdown]
# ## 1 连接 Connect
#
# 演示数据由 `linkrisk demo` 生成；没有就在这里生成。要用自己的数据，设置环境变量 `LINKRISK_STORE`。
# 连接 HTTP 服务：`from api.client import Client; risk = Client("http://127.0.0.1:8000", token)`，
# 以下各格不变。
#
# The data is what `linkrisk demo` makes; where it is missing, it is made here. For your own, set
# LINKRISK_STORE. Over HTTP, `Client(url, token)` takes the place of `connect(url)`; nothing else
# changes.

# %%
import contextlib
import io
import os
from pathlib import Path

from api.client import connect
from api.report import chains, cycle, ownership, surroundings

HERE = Path.cwd()
ROOT = HERE.parent if HERE.name == "notebooks" else HERE
FOLDER = ROOT / "out" / "demo"
STORE = os.environ.get("LINKRISK_STORE") or f"sqlite:///{FOLDER / 'demo.db'}"
if "LINKRISK_STORE" not in os.environ and not (FOLDER / "demo.db").exists():
    from api.demo import run

    with contextlib.redirect_stdout(io.StringIO()):
        run(out=FOLDER, entities=2_000, seed=0)

risk = connect(STORE)
AS_OF = "2026-07-01"

# %% [markdown]
# ## 2 找人 Find a person
#
# 按名字、编号或证件号码查找。个人证件号码只以掩码显示。
# By name, id or official key. Personal identifiers are shown masked.

# %%
rings = risk.transfer_cycles(max_length=8, window=30, as_of=AS_OF)
ring = rings["results"][0]
holders = [
    row["party"]
    for account in ring["members"]
    for row in risk.related_parties(
        subject=account, kinds=["holds_account"], direction="in", as_of=AS_OF
    )["results"]
]
person = next((p for p in holders if risk.subject(p)["kind"] == "person"), holders[0])
name = risk.subject(person)["label"]
risk.search(name, kind="person", limit=5)["results"]

# %%
for record in risk.subject(person)["records"]:
    print(record["name"], record.get("keys"), record["source"])

# %% [markdown]
# ## 3 关联方 Related parties
#
# 图中最多画 `most` 个主体，其余合并成一张卡片并写明数量：没画出来不等于不存在。
# At most `most` parties are drawn; a card counts the others: what is not drawn is not gone.

# %%
related = risk.related_parties(subject=person, depth=2, as_of=AS_OF)
print(len(related["results"]), "关联方 parties;", "truncated:", related["truncated"])
surroundings(risk, related, most=24, fan=8)

# %% [markdown]
# 每一行都带着证据：事实的编号。`risk.facts` 给出它们的内容和来源。
# Each row carries its evidence, the ids of facts; `risk.facts` says what they are and from where.

# %%
row = related["results"][0]
print(row["party"], row["roles"], row["share"])
for fact in risk.facts(row["facts"])["results"]:
    print(fact["id"], fact["kind"], fact["from"]["label"], "→", fact["to"]["label"], fact["source"])

# %% [markdown]
# ## 4 股权 Ownership
#
# 找这个人周围的一家企业，看谁直接和间接持有它，谁控制它。
# A company around this person: who owns it, directly and through others, and who controls it.

# %%
company = next((r["party"] for r in related["results"] if r["party"].startswith("cn:uscc:")), None)
if company:
    owners = risk.integrated_ownership(target=company, as_of=AS_OF)
    for r in owners["results"][:5]:
        print(risk.subject(r["owner"])["label"], r["direct"], r["integrated"])
    print(
        "控制方 controllers:",
        [
            risk.subject(r["controller"])["label"]
            for r in risk.control(target=company, as_of=AS_OF)["results"]
        ],
    )
ownership(risk, owners) if company else "没有企业 no company nearby"

# %% [markdown]
# ## 5 资金环 The ring
#
# 按时间先后回到原点的转账。箭头上是次序、金额和时间，卡片上是账户持有人。
# Transfers that come back in order of time; the order, amount and moment stand at each arrow.

# %%
print(ring["why"])
cycle(risk, rings, 0)

# %% [markdown]
# 两名持有人之间还有别的联系吗？What else links two of the holders?

# %%
other = next((h for h in holders if h != person), None)
if other:
    links = risk.paths(from_=person, to=other, k=3, as_of=AS_OF)
chains(risk, links) if other else "只有一名持有人 one holder only"

# %% [markdown]
# ## 6 时间 Time
#
# `as_of`：那一天为真的事实。`known_at`：那一刻已经知道的事实。更正不覆盖旧记录。
# `as_of`: what was true on that day. `known_at`: what was known at that moment. A correction
# overwrites nothing, so an old decision can be looked at with the eyes of its day.

# %%
for day in ("2015-01-01", "2020-01-01", AS_OF):
    found = risk.related_parties(subject=person, depth=1, as_of=day)
    print(day, len(found["results"]), "直接关联 direct;", found["snapshot"][:19])

# %%
versions = sorted({r["recorded_at"] for r in risk.subject(person)["records"]})
then = risk.related_parties(subject=person, depth=2, as_of=AS_OF, known_at=versions[-1])
now = risk.related_parties(subject=person, depth=2, as_of=AS_OF)
print("当时 then:", then["known_at"], len(then["results"]))
print("现在 now: ", now["known_at"], len(now["results"]))
print("快照是否相同 same snapshot:", then["snapshot"] == now["snapshot"])

# %% [markdown]
# ## 7 交给 networkx Hand-over
#
# 证据就是一张图：每条边一个事实，带着种类、时间和来源。
# The evidence is a graph: an edge a fact, with its kind, time and source.

# %%
import networkx as nx

from api.client import evidence

graph = evidence(risk, related)
print(graph)
sorted(nx.degree(graph), key=lambda pair: (-pair[1], pair[0]))[:5]

# %%
risk.close()
