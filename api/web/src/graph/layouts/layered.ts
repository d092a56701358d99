/** Layers: owners above what they own, or money from left to right. Dagre's network simplex. */
import { Graph, layout } from "@dagrejs/dagre";
import { MONEY, OWNERSHIP } from "../look";
import { seeded } from "./seeded";
import type { Plan, Places } from "./types";

export type Way = "down" | "right";

/** Past this dagre takes too long; longest paths are used instead. */
const MOST = 1500;

/** Nodes on edges of the kinds that the way is about, in layers; the others beside what they hang on.
 * Pinned nodes stay. */
export function layered(plan: Plan, way: Way): Places {
  const kinds = way === "down" ? OWNERSHIP : MONEY;
  const main = plan.edges.filter((edge) => kinds.has(edge.kind) && edge.from !== edge.to);
  const edges = main.length ? main : plan.edges.filter((edge) => edge.from !== edge.to);
  const inside = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  const known = plan.nodes.filter((id) => inside.has(id));
  const set = known.length > MOST ? byDepth(known, edges, way) : byDagre(known, edges, way);
  for (const id of plan.pinned) {
    const at = plan.places.get(id);
    if (at && set.has(id)) set.set(id, at);
  }
  return seeded({ ...plan, places: set });
}

type Edges = readonly { readonly from: string; readonly to: string }[];

function byDagre(nodes: readonly string[], edges: Edges, way: Way): Places {
  const graph = new Graph({ multigraph: false });
  graph.setGraph(
    way === "down" ? { rankdir: "TB", nodesep: 14, ranksep: 9, edgesep: 3 } : { rankdir: "LR", nodesep: 6, ranksep: 20, edgesep: 2 },
  );
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of nodes) graph.setNode(id, { width: 2, height: 2 });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  return new Map(nodes.map((id) => [id, [graph.node(id).x as number, -(graph.node(id).y as number)] as const]));
}

function byDepth(nodes: readonly string[], edges: Edges, way: Way): Places {
  const incoming = new Map<string, number>(nodes.map((id) => [id, 0]));
  const outgoing = new Map<string, string[]>(nodes.map((id) => [id, []]));
  for (const { from, to } of edges) {
    incoming.set(to, incoming.get(to)! + 1);
    outgoing.get(from)!.push(to);
  }
  const depth = new Map<string, number>();
  const queue = nodes.filter((id) => incoming.get(id) === 0);
  for (const id of queue) depth.set(id, 0);
  const rest = [...nodes];
  for (let k = 0; depth.size < nodes.length || k < queue.length; k++) {
    if (k === queue.length) {
      // what is left goes around in circles: begin at the next one
      let id = rest.pop()!;
      while (depth.has(id)) id = rest.pop()!;
      depth.set(id, 0);
      queue.push(id);
    }
    const id = queue[k]!;
    for (const next of outgoing.get(id)!) {
      const left = incoming.get(next)! - 1;
      incoming.set(next, left);
      if (left > 0 || depth.has(next)) continue;
      depth.set(next, depth.get(id)! + 1);
      queue.push(next);
    }
  }
  const filled = new Map<number, number>();
  return new Map(
    queue.map((id) => {
      const layer = depth.get(id)!;
      const at = filled.get(layer) ?? 0;
      filled.set(layer, at + 1);
      return [id, way === "down" ? ([at * 8, -layer * 12] as const) : ([layer * 22, -at * 8] as const)];
    }),
  );
}
