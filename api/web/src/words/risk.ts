import type { Texts } from "../i18n";

export const RISK = {
  title: ["Risk order", "风险排序"],
  score: ["By score", "按评分"],
  spread: ["By propagation", "按传导"],
  ofCard: ["Risk score", "风险评分"],
  kind: ["Kind", "种类"],
  ask: ["Ask", "查询"],
  asking: ["Asking…", "计算中…"],
  long: ["As of {day}. On a large graph the first answer may take minutes.", "截至 {day}。数据量大时首次计算可能需要数分钟。"],
  none: ["Nobody scores that day.", "当日没有得分主体。"],
  noSpread: ["Nobody is reached: no listing in force that day.", "无人被波及: 当日没有生效的名单记录。"],
  notScored: ["No score: nothing was found about it.", "没有评分: 未发现任何线索。"],
  reached: ["Reached by listings of others", "受他人名单波及"],
  notReached: ["No listing of others reaches it.", "没有他人的名单波及该主体。"],
  scoreWhat: ["A calibrated probability, or that of the strongest finding where no model is in use; it orders work and proves nothing.", "校准后的概率; 未启用模型时取最强线索的得分; 仅用于排序, 不是证据。"],
  valueWhat: ["How much the listings of others say of it, 0 to 1; it orders work and proves nothing.", "他人名单对其的传导值, 0 至 1; 仅用于排序, 不是证据。"],
  reasons: ["Why", "理由"],
  byThen: ["{score} by the model {model}, as of {day}", "{score}, 模型 {model}, 截至 {day}"],
  raisedWith: ["Raised with {said} ({name})", "产生时: {said} ({name})"],
  byModel: ["By the model {name}: + raises the log-odds of the score, − lowers them.", "模型 {name}: + 提高评分的对数几率, − 降低。"],
  byRules: ["No model is in use: the score of the strongest finding.", "未启用模型: 取最强线索的得分。"],
  facts: ["On the graph: {n} facts", "在图中查看 {n} 条事实"],
  shownReason: ["{name}: what the reason stands on", "{name}: 该理由所依据的事实"],
  ways: ["Ways on which it came", "传导路径"],
  way: ["Draw the way", "在图中画出路径"],
  allWays: ["Draw all ways", "画出全部路径"],
  shownWays: ["{name}: how risk came to it", "{name}: 风险传导路径"],
  own: ["of it by its own listings", "其中来自自身名单"],
  rest: ["on smaller ways, not shown", "其余较小路径未列出"],
} as const satisfies Texts;

export const BANDS = {
  high: ["high", "高"],
  elevated: ["elevated", "较高"],
  moderate: ["moderate", "中等"],
  low: ["low", "低"],
} as const satisfies Texts;
