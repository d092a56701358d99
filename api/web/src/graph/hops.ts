/** The way around a cycle. */
import type { DrawnEdge } from "../scene";
import { instant } from "../time";
import { cycleOf } from "./layouts/ring";
import { MONEY } from "./look";

export interface Hop {
  readonly edge: DrawnEdge;
  readonly at: number | null;
}

/** The hops of a cycle in the order of time, begun where money first moved. Relations of money where
 * there is such a cycle, else any. Empty where there is none. */
export function hops(nodes: readonly string[], edges: readonly DrawnEdge[]): Hop[] {
  const money = edges.filter((edge) => MONEY.has(edge.kind));
  for (const over of [money, edges]) {
    const members = cycleOf({ nodes, edges: over.map(({ from, to, kind }) => ({ from, to, kind, begins: null })) });
    if (members.length > 1) return ordered(members, over);
  }
  return [];
}

function ordered(members: readonly string[], edges: readonly DrawnEdge[]): Hop[] {
  const found = members.map((from, k): Hop => {
    const to = members[(k + 1) % members.length]!;
    const edge = edges.find((each) => each.from === from && each.to === to)!;
    const begins = edge.items[0]?.begins ?? null;
    return { edge, at: begins === null ? null : instant(begins) };
  });
  const first = found.reduce((best, hop, k) => ((hop.at ?? Infinity) < (found[best]!.at ?? Infinity) ? k : best), 0);
  return [...found.slice(first), ...found.slice(0, first)];
}
