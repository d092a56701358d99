/** Days as the service counts them: at +08:00, intervals half open. */

/** Relations that happen at a moment and stay true afterwards; all others hold over an interval. */
export const EVENTS: ReadonlySet<string> = new Set(["transfer", "withdrawal", "borrows", "deposit", "repay", "call", "invoice", "participated"]);

const ZONE = 8 * 3_600_000;
const DAY = 86_400_000;

/** Today in Asia/Shanghai, as YYYY-MM-DD. */
export function today(now: number = Date.now()): string {
  return new Date(now + ZONE).toISOString().slice(0, 10);
}

/** The first instant of a day, or an ISO time, in milliseconds. */
export function instant(text: string): number {
  return Date.parse(text.length === 10 ? `${text}T00:00:00+08:00` : text);
}

/** The day in Asia/Shanghai that an instant falls on. */
export function dayOf(ms: number): string {
  return new Date(ms + ZONE).toISOString().slice(0, 10);
}

export function plusDays(day: string, days: number): string {
  return dayOf(instant(day) + days * DAY);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((instant(to) - instant(from)) / DAY);
}

/** Whether a relation counts on a day: a state when its interval has the day's last instant, an
 * event when it happened before the day's end. */
export function holds(kind: string, item: { readonly begins: string | null; readonly ends: string | null }, day: string): boolean {
  const end = instant(day) + DAY; // the first instant that is no more of the day
  if (item.begins !== null && instant(item.begins) >= end) return false;
  return EVENTS.has(kind) || item.ends === null || instant(item.ends) >= end;
}

/** Words of a listing's status by which it stands; anything unknown does not. */
const STANDS: ReadonlySet<string> = new Set(["", "active", "in force", "in_force", "有效", "生效", "执行中"]);

/** Whether a listing is in force at the end of a day: its status says so, and its interval has it. */
export function inForce(
  listing: { readonly status?: string | null; readonly valid_from?: string | null; readonly valid_to?: string | null },
  day: string,
): boolean {
  if (!STANDS.has((listing.status ?? "").trim().toLowerCase())) return false;
  return holds("listing", { begins: listing.valid_from ?? null, ends: listing.valid_to ?? null }, day);
}
