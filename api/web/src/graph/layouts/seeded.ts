/** Where nodes begin that have no place yet: beside what they hang on, the same each time. */
import type { Place } from "../../state";
import type { Plan, Places } from "./types";

const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/** Every node's place: kept where it has one, else on a spiral around a neighbour that has one, else
 * on a spiral of its own. Linear in nodes and edges. */
export function seeded(plan: Plan): Places {
  const places: Places = new Map();
  for (const id of plan.nodes) {
    const known = plan.places.get(id);
    if (known) places.set(id, known);
  }
  const beside = neighbours(plan);
  const around = new Map<string, number>();
  const queue = [...places.keys()];
  const put = (id: string, at: Place, turn: number, step: number): void => {
    const r = step * Math.sqrt(turn + 1);
    places.set(id, [at[0] + r * Math.cos(turn * GOLDEN), at[1] + r * Math.sin(turn * GOLDEN)]);
    queue.push(id);
  };
  let islands = 0;
  const rest = [...plan.nodes];
  const spread = 6 * Math.sqrt(plan.nodes.length);
  for (let begin = 0; ; ) {
    for (let k = 0; k < queue.length; k++) {
      const id = queue[k]!;
      for (const other of beside.get(id) ?? []) {
        if (places.has(other)) continue;
        const turn = around.get(id) ?? 0;
        around.set(id, turn + 1);
        put(other, places.get(id)!, turn, 3);
      }
    }
    queue.length = 0;
    while (begin < rest.length && places.has(rest[begin]!)) begin++;
    if (begin === rest.length) return places;
    put(rest[begin]!, [0, 0], islands++, islands ? spread / 4 : 0);
  }
}

export function neighbours(plan: Plan): Map<string, string[]> {
  const beside = new Map<string, string[]>(plan.nodes.map((id) => [id, []]));
  for (const { from, to } of plan.edges) {
    beside.get(from)?.push(to);
    beside.get(to)?.push(from);
  }
  return beside;
}
