/** Two languages, switched by the reader and remembered. Texts live in `words/`, one file a part. */
import { signal } from "@preact/signals";

export type Lang = "zh" | "en";
export type Text = readonly [en: string, zh: string];
export type Texts = Readonly<Record<string, Text>>;

const KEPT = "linkrisk.lang";

function first(): Lang {
  const kept = recall(KEPT);
  if (kept === "zh" || kept === "en") return kept;
  return typeof navigator !== "undefined" && !navigator.language.startsWith("zh") ? "en" : "zh";
}

/** What this browser remembers; null where storage is off. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Remember something of the reader's settings; never data. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // storage is off: the setting lasts as long as the page
  }
}

export const lang = signal<Lang>(first());

export function setLang(next: Lang): void {
  lang.value = next;
  remember(KEPT, next);
  document.documentElement.lang = next === "zh" ? "zh-Hans" : "en";
}

/** A text in the reader's language, `{name}` filled in. */
export function t(text: Text, values?: Readonly<Record<string, string | number>>): string {
  const said = text[lang.value === "zh" ? 1 : 0];
  return values ? said.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : said;
}

/** The reader's half of a text that the service writes as `English / 中文` or `中文 / English`. */
export function half(text: string): string {
  const parts = text.split(" / ");
  if (parts.length !== 2) return text;
  const [a = "", b = ""] = parts;
  const han = /[\u3400-\u9fff]/;
  if (han.test(a) === han.test(b)) return text;
  return han.test(a) === (lang.value === "zh") ? a : b;
}

export function number(value: number): string {
  return value.toLocaleString("en-US");
}
