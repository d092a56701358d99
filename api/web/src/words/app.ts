import type { Texts } from "../i18n";

export const APP = {
  signIn: ["Sign in", "登录"],
  signInHow: [
    "Open the address that `linkrisk serve` printed, with its token. Or paste an API key or access token here; it is kept in this tab only.",
    "请打开 linkrisk serve 打印的带令牌地址；或在此粘贴 API 密钥或访问令牌 (仅保存在本标签页)。",
  ],
  key: ["Key or token", "密钥或令牌"],
  refused: ["The service does not accept it.", "服务不接受该凭据。"],
  searchHint: ["Name, pinyin, credit code, phone…", "名称、拼音、信用代码、电话…"],
  search: ["Search", "搜索"],
  found: ["{n} found", "找到 {n} 个"],
  foundMore: ["First {n}; narrow the words to see others", "仅列出前 {n} 个, 可补充关键词"],
  byKey: ["by code", "按代码"],
  formerly: ["formerly {name}", "曾用名 {name}"],
  alsoNamed: ["also {name}", "又名 {name}"],
  empty: ["Search for a subject to begin.", "搜索一个主体以开始。"],
  emptyMore: [
    "A name, part of a name, pinyin, a credit code or a phone number will do. Press / to search, ? for all keys.",
    "可输入名称、名称片段、拼音、统一社会信用代码或电话号码。按 / 搜索, 按 ? 查看快捷键。",
  ],
  noWebGL: [
    "This browser can only sketch small graphs (WebGL 2 is missing or switched off). Everything is in the tables: search, cards, subjects and relations.",
    "此浏览器只能显示小型关系图的静态草图 (缺少或已关闭 WebGL 2)。所有内容仍可在表格中查看: 搜索、卡片、主体与关系。",
  ],
  subjects: ["Subjects", "主体"],
  relations: ["Relations", "关系"],
  onCanvas: ["{n} subjects, {m} relations", "{n} 个主体, {m} 条关系"],
} as const satisfies Texts;
