/** How values are said: shares as per cent, money with its digits grouped. */
import type { Item } from "./state";

/** A fraction as per cent, six digits at most: 1/3 is 33.3333%. */
export function percent(value: number): string {
  return `${Number((100 * value).toPrecision(6))}%`;
}

/** Decimal text with its digits in groups of three. */
export function money(text: string): string {
  const found = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!found) return text;
  return `${found[1]}${found[2]!.replace(/\B(?=(\d{3})+$)/g, ",")}${found[3] ?? ""}`;
}

/** The sum of decimal texts in hundredths, as text; null where none has an amount. */
export function sum(texts: readonly string[]): string | null {
  if (!texts.length) return null;
  let cents = 0n;
  for (const text of texts) {
    const found = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text);
    if (!found) return null;
    const part = BigInt(found[2]! + (found[3] ?? "").padEnd(2, "0"));
    cents += found[1] ? -part : part;
  }
  const sign = cents < 0n ? "-" : "";
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The amount of some relations together. */
export function amountOf(items: readonly Item[]): string | null {
  const texts = items.map((item) => item.amount).filter((amount) => amount !== undefined);
  const total = sum(texts);
  return total === null ? null : money(total);
}

/** An id for a narrow place: a long hash is cut, a credit code is not. */
export function short(id: string): string {
  const colon = id.lastIndexOf(":");
  const tail = id.slice(colon + 1);
  return tail.length > 20 ? `${id.slice(0, colon + 1)}${tail.slice(0, 8)}…` : id;
}

/** A time to the minute, a date as it is. */
export function when(text: string | null | undefined): string {
  return text ? text.replace("T", " ").slice(0, 16) : "";
}

/** An interval in few words. */
export function span(begins: string | null | undefined, ends: string | null | undefined): string {
  return begins || ends ? `${when(begins).slice(0, 10) || "…"} – ${when(ends).slice(0, 10) || "…"}` : "…";
}
