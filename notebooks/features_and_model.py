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
# # 特征与模型
# # Features and a model
#
# **问题**：用今天就能问到的答案做特征，一个普通模型能否比一条简单规则更早把可疑账户排到前面？
#
# **Question**: with features out of what linkrisk answers today, does a plain model rank suspicious
# accounts better than a simple rule?
#
# 这是做法的示例，不是产品的风险模型：数据是虚构的，样本很小，分数不得用于任何人。
# This shows how, and is not the product's risk model: the data is made up, the sample small, and no
# score of it may be used on anybody.

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
# ## 1 不泄露未来 Nothing from the future
#
# 每个特征都按 `as_of` 提问：只用那一天之前发生、那一天为真的事实。训练用较早的一天，检验用较晚的一天；
# 训练标签只含那一天之前已开始的案件，检验标签只含两天之间新开始的案件。
#
# Every feature is asked `as_of` a day: what had happened by then and was true then. Training takes
# the earlier day, the test the later one; labels for training are schemes that had begun by the
# first day, those for the test schemes that began between the two.

# %%
TRAIN, TEST = "2025-12-01", "2026-06-01"
PATTERNS = (
    "fan_in",
    "fan_out",
    "scatter_gather",
    "gather_scatter",
    "pass_through",
    "stack",
    "layered_flow",
    "rented_account",
    "fund_pool",
    "transfer_cycle",
    "bipartite",
)

# %%
import pandas as pd


def features(day):
    """A row an account, out of answers as of a day."""
    busy = risk.centrality(kinds=["transfer"], as_of=day, top=10_000).frame()
    made = busy.set_index("subject")[["pagerank", "core", "triangles", "in", "out"]]
    passed = risk.pass_through(as_of=day, max_rows=10_000).rows
    made["passes"] = pd.Series({row["members"][0]: row["score"] for row in passed})
    for name in ("fan_patterns", "layered_flow", "rented_accounts", "fund_pools"):
        best = {}
        for row in risk.ask(name, as_of=day).rows:
            for member in row["members"]:
                best[member] = max(best.get(member, 0.0), row["score"])
        made[name] = pd.Series(best)
    return made[made.index.str.startswith("account:")].fillna(0.0)


train, test = features(TRAIN), features(TEST)
print(train.shape, test.shape)
train.describe().round(3)

# %% [markdown]
# ## 2 标签 Labels
#
# 虚构世界的真相；真实数据里，它是截至那一天已查实的案件。
# The truth of the made-up world; of real data, the cases established by that day.


# %%
def members(since, until):
    """Accounts of planted schemes that began in a span of days."""
    names = {
        name
        for pattern in PATTERNS
        for scheme in world.planted(pattern)
        if since <= (scheme["begins"] or "")[:10] < until
        for name in scheme["members"]
    }
    return {risk.subject(name)["id"] for name in sorted(names)}


known, new = members("0000", TRAIN), members(TRAIN, TEST)
y_train = train.index.isin(known)
test = test[~test.index.isin(known)]  # who was known already is not predicted
y_test = test.index.isin(new)
print("训练 train:", y_train.sum(), "/", len(y_train), "检验 test:", y_test.sum(), "/", len(y_test))

# %% [markdown]
# ## 3 模型与基线 The model and a baseline
#
# 基线有两条：按交易笔数排序；按 `fan_patterns` 的得分排序。模型须胜过两者才值得一用；在这个世界里，
# 简单的规则往往胜出，那就用规则，因为它说得出理由。
# Two baselines: by how many transfers there are, and by the score of `fan_patterns`. A model has to
# beat both. In this world the plain rule often wins: then use the rule, for it can say why.

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", C=0.1))
model.fit(np.log1p(train), y_train)
scores = {
    "基线 baseline: 笔数 transfers": (test["in"] + test["out"]).to_numpy(),
    "基线 baseline: 扇形 fan_patterns": test["fan_patterns"].to_numpy(),
    "模型 model: logistic": model.predict_proba(np.log1p(test))[:, 1],
}
chance = y_test.mean()
comparison = pd.DataFrame(
    {
        "average precision": [average_precision_score(y_test, s) for s in scores.values()],
        "hits in first 50": [
            int(y_test[np.argsort(-s, kind="stable")[:50]].sum()) for s in scores.values()
        ],
    },
    index=list(scores),
).round(3)
print("随机 by chance:", round(chance, 3))
comparison

# %% [markdown]
# ## 4 它看重什么 What it goes by

# %%
weights = model.named_steps["logisticregression"].coef_[0]
pd.Series(weights, index=train.columns).sort_values(key=abs, ascending=False).round(2)

# %% [markdown]
# **含义**：在这个虚构世界里，这组特征这样排序。**不代表**：在真实数据上也是如此，也不代表排在前面的账户有问题。
# 排序只决定先看谁；结论要看事实。
#
# **It means** that in this made-up world these features rank so. **It does not mean** that they
# would on real data, or that an account near the top has done anything. A rank says whom to look at
# first; the facts say what there is.

# %%
first = test.index[np.argsort(-scores["模型 model: logistic"], kind="stable")[0]]
found = risk.fan_patterns(account=first, as_of=TEST)
print(first, len(found.rows), "个扇形模式 fan patterns")
draw(evidence(risk, {**found, "results": found.rows[:2]}), title="排在最前的账户 the first account")

# %%
risk.close()
