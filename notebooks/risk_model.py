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
# # 风险模型
# # A risk model
#
# **问题**：先看谁？用截至某日的图特征训练一个模型，它是否比只看账户自身流水更早把可疑账户排到前面？
#
# **Question**: whom to look at first? Does a model on features of the graph as of a day rank suspicious
# accounts better than one that sees their own statements alone?
#
# 数据是虚构的；分数只用于排定调查与监测的先后，不得作为延伸惩戒的依据。
#
# The data is made up. A score orders the work of investigators and of monitoring; it is never a
# basis for extending a measure to anybody.

# %% [markdown]
# ## 连接 Connect
#
# 没有自己的数据时，在这里生成一个虚构的世界。设置 `LINKRISK_STORE` 则打开自己的存储；以下各格不变。
#
# Without facts of your own a world is made here, in which nobody exists. LINKRISK_STORE opens a
# store of yours; the cells below stay as they are.

# %%
import os
import uuid

import pandas as pd

from api.client import connect, draw, evidence
from api.demo import sample

world = sample()
risk = connect(os.environ.get("LINKRISK_STORE") or world.url)

# %% [markdown]
# ## 1 标签 Labels
#
# 虚构世界的真相：哪些账户属于预埋的案件，以及案件何时结束（视为被查实的日子）。真实数据里，默认标签是被列入名单者。
#
# The truth of the made-up world: which accounts are of a planted scheme, and when it ended, as if it
# was found out then. Of real data the default labels are who came on a list.

# %%
labels = {}
for scheme in world.schemes:
    when = scheme["ends"] or scheme["begins"]
    if scheme["innocent"] or not when:
        continue
    for name in [*scheme["members"], *(f"world:{tool}" for tool in scheme.get("tools", []))]:
        if name.partition(":")[2].startswith("a") and name.partition(":")[2][1:].isdigit():
            labels[name] = min(labels.get(name, when[:10]), when[:10])
days = pd.Series(sorted(labels.values()))
print(len(labels), "个账户 accounts,", days.iloc[0], "–", days.iloc[-1])

# %% [markdown]
# ## 2 特征 Features
#
# `features` 按某一天取特征：那一天之后的事实一概不在其中。
#
# `features` are as of a day: nothing that happened later is in them.

# %%
FIT, HELD, TEST, UNTIL = (days.iloc[int(q * (len(days) - 1))] for q in (0.0, 0.35, 0.6, 1.0))
FIT = (pd.Timestamp(FIT) - pd.Timedelta(days=1)).date().isoformat()
print("生长 trees:", FIT, "校准 calibration:", HELD, "检验 test:", TEST, "至 until:", UNTIL)
table = risk.features(kind="account", as_of=TEST, groups=["entity", "degree", "money", "shared"])
table.iloc[:3, :6]

# %% [markdown]
# ## 3 训练 Training
#
# 三个日子依次：从第一天起的三天上训练（提升树与逻辑回归），在第二天上定二者权重并校准概率，在第三天上检验；已被查实者不再预测。
#
# Three days, one after another: boosted trees and a logistic regression grow on the first and two
# more before the second, on which their shares and the probabilities are fitted; everything is
# measured on the third. Who was found by a day is not predicted.

# %%
name = f"accounts-{uuid.uuid4().hex[:8]}"
model = risk.train_model(
    name,
    kind="account",
    as_of=FIT,
    calibrate_as_of=HELD,
    test_as_of=TEST,
    until=UNTIL,
    labels=[{"id": who, "day": day} for who, day in labels.items()],
    groups=["entity", "degree", "money", "shared"],
    windows=[30, 90],
    rules=False,
)
print(model["name"], model["calibration"], model["features"], "个特征 features")
print(f"树占比 share of the trees: {model['trees']:.0%}")

# %% [markdown]
# ## 4 与基线相比 Beside the baselines
#
# 同一批自助样本下的指标与区间；模型须胜过只看自身流水的基线，图才算有用。案件尚未开始的，任何模型都看不到：
# 先数一数检验日之后被查实的账户中，案件在检验日已经开始的有多少。世界很小，案件不多，模型与逻辑回归的差别往往在误差之内。
#
# Measures with intervals, under the same draws. The graph is of use where the model beats the
# baseline that sees own statements alone. Of a case that has not begun there is nothing to see, for
# any model: count first how many of those who were found after the day of the test belong to one
# that had. The world is small and its cases are few: what is between model and regression is often
# within the intervals.

# %%
begun = {
    name: scheme["begins"][:10] <= TEST
    for scheme in world.schemes
    for name in scheme["members"]
    if scheme["begins"] and not scheme["innocent"]
}
found = [name for name, day in labels.items() if TEST < day <= UNTIL]
print(f"{sum(begun.get(name, False) for name in found)} / {len(found)}", "已经开始 had begun")
comparison = pd.DataFrame(
    {
        each["name"]: {
            measure: f"{of['value']:.3f} ({of['low']:.3f}–{of['high']:.3f})"
            for measure, of in each["measures"].items()
        }
        for each in model["evaluation"]["table"]
    }
).T
comparison

# %% [markdown]
# ## 5 模型卡 The card

# %%
card = risk.model_card(name)
print(card[:1200])

# %% [markdown]
# ## 6 先看谁，为什么 Whom first, and why
#
# 每个理由都说明特征、取值、贡献与背后的事实。
#
# Every reason says the feature, its value, what it adds and the facts behind it.

# %%
scored = risk.risk_score(model=name, as_of=TEST, top=10)
for row in scored.rows[:3]:
    print(row["id"], round(row["score"], 3), row["band"])
    for reason in row["reasons"][:3]:
        print(
            "   ",
            f"{reason['contribution']:+.2f}",
            reason["why"],
            f"({len(reason['facts'])} 条事实 facts)",
        )

# %%
first = scored.rows[0]
draw(evidence(risk, {**scored, "results": [first]}), title="排在最前的账户 the first account")

# %% [markdown]
# ## 7 漂移 Drift
#
# 稳定性指数 (PSI) 达到 0.25 视为变化很大：模型应重新检验。
#
# A population stability index of 0.25 is a large shift: test the model anew.

# %%
drift = risk.model_drift(name, since=FIT, until=TEST)
pd.DataFrame([drift["score"], *drift["features"][:8]])

# %% [markdown]
# **含义**：在这个虚构世界里，这组特征这样排序，区间有多宽。**不代表**：在真实数据上也是如此，也不代表排在前面的账户有问题。
# 排序只决定先看谁；结论要看事实。
#
# **It means** that in this made-up world these features rank so, and how sure that is. **It does not
# mean** that they would on real data, or that an account near the top has done anything. A rank says
# whom to look at first; the facts say what there is.

# %%
risk.close()
