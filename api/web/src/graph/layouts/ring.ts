/** A ring: the longest cycle that is found on the circle, in its order; the others outside. */
import { seeded } from "./seeded";
import type { Plan, Places } from "./types";

/** Steps of the search for a long cycle. */
const MOST = 20_000;

/** The members of a long cycle along the edges' directions, in order; empty where there is none, or
 * none was found within the bound. The longest one found: exactly the longest is a hard problem. */
export function cycleOf(plan: Pick<Plan, "nodes" | "edges">): string[] {
  const next = new Map<string, string[]>(plan.nodes.map((id) => [id, []]));
  for (const { from, to } of plan.edges) {
    const known = next.get(from);
    if (known && next.has(to) && from !== to && !known.includes(to)) known.push(to);
  }
  let best: string[] = [];
  let steps = 0;
  for (const start of plan.nodes) {
    const path = [start];
    const on = new Set(path);
    const waiting = [next.get(start)!.slice()];
    while (waiting.length && steps++ < MOST) {
      const to = waiting.at(-1)!.pop();
      if (to === undefined) {
        waiting.pop();
        on.delete(path.pop()!);
      } else if (to === start) {
        if (path.length > best.length && path.length > 1) best = path.slice();
      } else if (!on.has(to)) {
        path.push(to);
        on.add(to);
        waiting.push(next.get(to)!.slice());
      }
    }
    if (best.length === plan.nodes.length || steps >= MOST) break;
  }
  return best;
}

/** The cycle on a circle, clockwise from the top; without one all nodes are on it. */
export function ring(plan: Plan): Places {
  const found = cycleOf(plan);
  const members = found.length > 2 ? found : plan.nodes;
  const radius = Math.max(10, (members.length * 7) / (2 * Math.PI));
  const set: Places = new Map();
  members.forEach((id, k) => {
    const angle = Math.PI / 2 - (2 * Math.PI * k) / members.length;
    const pinned = plan.pinned.has(id) ? plan.places.get(id) : undefined;
    set.set(id, pinned ?? [radius * Math.cos(angle), radius * Math.sin(angle)]);
  });
  return outside(seeded({ ...plan, places: set }), set, radius);
}

/** What is not on the ring goes outside it, on the ray of what it hangs on. */
function outside(places: Places, set: Places, radius: number): Places {
  for (const [id, [x, y]] of places) {
    if (set.has(id)) continue;
    const r = Math.hypot(x, y) || 1;
    if (r < radius * 1.3) places.set(id, [(x / r) * radius * 1.45, (y / r) * radius * 1.45]);
  }
  return places;
}
