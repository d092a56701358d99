/** From when to when a scene reaches, and how much changes when. */
import type { Edge } from "./state";
import { dayOf, instant, plusDays } from "./time";

export interface Range {
  readonly first: string;
  readonly last: string;
}

/** The days from the first change to the last, today among them; a year where nothing changes. */
export function range(edges: Iterable<Edge>, now: string): Range {
  let first = Infinity;
  let last = instant(now);
  for (const edge of edges) {
    for (const item of edge.items) {
      for (const each of [item.begins, item.ends]) {
        if (each === null) continue;
        const at = instant(each);
        if (at < first) first = at;
        if (at > last) last = at;
      }
    }
  }
  return { first: first < instant(now) ? dayOf(first) : plusDays(now, -365), last: dayOf(last) };
}

/** How many relations begin or end in each of `count` equal parts of a range. */
export function bins(edges: Iterable<Edge>, { first, last }: Range, count: number): number[] {
  const found = new Array<number>(count).fill(0);
  const begin = instant(first);
  const all = Math.max(1, instant(plusDays(last, 1)) - begin);
  for (const edge of edges) {
    for (const item of edge.items) {
      for (const each of [item.begins, item.ends]) {
        if (each === null) continue;
        const at = Math.floor((count * (instant(each) - begin)) / all);
        if (at >= 0 && at < count) found[at]! += 1;
      }
    }
  }
  return found;
}
