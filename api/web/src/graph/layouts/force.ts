/** Forces: what hangs together comes together. ForceAtlas2, the same picture for the same scene. */
import Graph from "graphology";
import forceAtlas2 from "graphology-layout-forceatlas2";
import { seeded } from "./seeded";
import type { Plan, Places } from "./types";

const SETTINGS = { scalingRatio: 12, gravity: 0.8, slowDown: 4, adjustSizes: false, linLogMode: false, strongGravityMode: true };

/** Rounds that a scene of so many nodes is given: small ones come to rest, large ones in time. */
export function rounds(nodes: number): number {
  return Math.max(60, Math.min(400, Math.round(120_000 / (nodes + 1))));
}

/** O(rounds × (nodes log nodes + edges)). Pinned nodes stay. */
export function force(plan: Plan, iterations: number = rounds(plan.nodes.length)): Places {
  const places = seeded(plan);
  if (plan.nodes.length < 2) return places;
  const graph = new Graph({ type: "directed", multi: false });
  for (const id of plan.nodes) {
    const [x, y] = places.get(id)!;
    graph.addNode(id, { x, y, fixed: plan.pinned.has(id) });
  }
  for (const { from, to } of plan.edges) {
    if (from !== to && graph.hasNode(from) && graph.hasNode(to)) {
      graph.updateEdge(from, to, (known) => ({ weight: Math.min(4, ((known["weight"] as number | undefined) ?? 0) + 1) }));
    }
  }
  const settings = { ...SETTINGS, barnesHutOptimize: plan.nodes.length > 400 };
  const found = forceAtlas2(graph, { iterations, settings, getEdgeWeight: "weight" });
  return new Map(Object.entries(found).map(([id, at]) => [id, [at["x"]!, at["y"]!] as const]));
}
