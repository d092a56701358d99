import type { Texts } from "../i18n";

export const ALERTS = {
  title: ["Alerts", "预警"],
  open: ["Open", "待处理"],
  accepted: ["Accepted", "已采纳"],
  dismissed: ["Dismissed", "已排除"],
  over: ["Over", "已消散"],
  kind: ["Kind", "种类"],
  allKinds: ["Clusters and cases", "群组与案件"],
  cluster: ["Risk cluster", "风险群组"],
  case: ["Case", "案件"],
  byTime: ["The newest first", "最新在前"],
  none: ["No alert here.", "此处没有预警。"],
  never: ["The monitor has not run yet.", "监测尚未运行。"],
  last: ["Run {n}, as of {day}", "第 {n} 次运行, 截至 {day}"],
  nothing: ["nothing changed", "无变化"],
  failed: ["{n} runs failed, the last: {why}", "{n} 次运行失败, 最近一次: {why}"],
  keys: ["{j} {k} next and previous", "{j} {k} 下一项、上一项"],
  isNew: ["What is new", "新情况"],
  then: ["As it was in run {n}", "第 {n} 次运行时的情况"],
  scoreWhat: ["The monitor's own score of the cluster or case: how much there is against its members. It proves nothing.", "监测对该群组或案件的自身得分; 不是证据。"],
  members: ["{n} members", "{n} 个成员"],
  more: ["and {n} more", "另有 {n} 个"],
  shown: ["{what}: {n} facts on the graph", "{what}: {n} 条事实已加入关系图"],
  became: ["What became of it", "群组演变"],
  gone: ["It is there no longer.", "该群组已不存在。"],
  step: ["run {run}: {event}, {n} members", "第 {run} 次运行: {event}, {n} 个成员"],
  joined: ["joined", "加入"],
  left: ["left", "退出"],
  acted: ["{what} by {who}, {at}", "{what}: {who}, {at}"],
  run: ["Run the monitor", "运行监测"],
  runOn: ["As of {day}, as the day below says; not before the day of the last run.", "截至 {day} (与下方日期一致), 不得早于上次运行的日期。"],
  runDo: ["Run", "运行"],
  running: ["Running…", "监测中…"],
  ran: ["Run {n}: {alerts} new alerts", "第 {n} 次运行: 新增 {alerts} 项预警"],
} as const satisfies Texts;

/** What a run saw of a cluster. */
export const EVENTS = {
  present: ["there at first", "期初已有"],
  born: ["born", "新出现"],
  grew: ["grew", "扩大"],
  shrank: ["shrank", "缩小"],
  changed: ["changed", "成员更替"],
  steady: ["unchanged", "未变"],
  merged: ["merged", "合并"],
  split: ["split", "分裂"],
  dissolved: ["dissolved", "消散"],
  absorbed: ["absorbed", "并入"],
} as const satisfies Texts;

/** What an alert calls new. */
export const NEWS = {
  ...EVENTS,
  listed: ["listed", "新列名单"],
  risen: ["score rose", "得分上升"],
  found: ["found", "新发现"],
  members: ["new members", "新增成员"],
  facts: ["new facts", "新增事实"],
  amount: ["amount grew", "金额增加"],
  score: ["score rose", "得分上升"],
} as const satisfies Texts;
