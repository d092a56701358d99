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

/** The reader's half of a text that the service writes as `English / 中文` or `中文 / English`. A half
 * that cites a name may have both scripts: the one with more Han is the Chinese one. */
export function half(text: string): string {
  const parts = text.split(" / ");
  if (parts.length !== 2) return text;
  const [a = "", b = ""] = parts;
  const [x, y] = [han(a), han(b)];
  if (x === y) return text;
  return x > y === (lang.value === "zh") ? a : b;
}

/** How much of a text is Han, 0 to 1. */
function han(text: string): number {
  return (text.match(/[\u3400-\u9fff]/g)?.length ?? 0) / Math.max(1, text.length);
}

export function number(value: number): string {
  return value.toLocaleString("en-US");
}
