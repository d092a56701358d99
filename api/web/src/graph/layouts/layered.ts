/** Layers: owners above what they own, or money from left to right. Dagre's network simplex. */
import { Graph, layout } from "@dagrejs/dagre";
import { MONEY, OWNERSHIP } from "../look";
import { seeded } from "./seeded";
import type { Plan, Places } from "./types";

export type Way = "down" | "right";

/** Past this dagre takes too long; longest paths are used instead. */
const MOST = 1500;

/** What belongs to a company points at it; it stands below. */
const UPWARD: ReadonlySet<string> = new Set(["branch", "successor"]);

/** Layers after the edges of the kinds that the way is about; what hangs on them by other kinds stands
 * a layer behind. Without such edges all count. Pinned nodes stay. */
export function layered(plan: Plan, way: Way): Places {
  const kinds = way === "down" ? OWNERSHIP : MONEY;
  const edges = turned(plan, kinds, way);
  const inside = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  const known = plan.nodes.filter((id) => inside.has(id));
  const flat = known.length > MOST ? byDepth(known, edges, way) : byDagre(known, edges, way);
  const set = shaped(flat, way);
  for (const id of plan.pinned) {
    const at = plan.places.get(id);
    if (at && set.has(id)) set.set(id, at);
  }
  return seeded({ ...plan, places: set });
}

/** The edges as they are laid out: those of the way in its direction, each other one away from the end
 * that is on the way. */
function turned(plan: Plan, kinds: ReadonlySet<string>, way: Way): Edges {
  const all = plan.edges.filter((edge) => edge.from !== edge.to);
  const main = all.filter((edge) => kinds.has(edge.kind));
  const on = new Set(main.flatMap((edge) => [edge.from, edge.to]));
  const seen = new Set<string>();
  const found: { from: string; to: string }[] = [];
  const put = (from: string, to: string) => {
    if (seen.has(`${from} ${to}`) || seen.has(`${to} ${from}`)) return;
    seen.add(`${from} ${to}`);
    found.push({ from, to });
  };
  for (const { from, to, kind } of main) way === "down" && UPWARD.has(kind) ? put(to, from) : put(from, to);
  for (const { from, to } of all) on.has(to) && !on.has(from) && way === "right" ? put(to, from) : put(from, to);
  return found;
}

/** Height for width of a picture. */
const SHAPE = 0.6;
const STRETCH = 5;

/** The same layers further apart, as far as the picture has room; in a full layer neighbours stand at
 * different heights, so that their names do not meet. */
function shaped(places: Places, way: Way): Places {
  const all = [...places.values()];
  const across = Math.max(...all.map(([x]) => x)) - Math.min(...all.map(([x]) => x));
  const down = Math.max(...all.map(([, y]) => y)) - Math.min(...all.map(([, y]) => y));
  const by = down > 0 ? Math.max(1, Math.min(STRETCH, (SHAPE * across) / down)) : 1;
  const layers = new Map<number, string[]>();
  for (const [id, [, y]] of [...places].sort((a, b) => a[1][0] - b[1][0])) {
    const known = layers.get(y);
    if (known) known.push(id);
    else layers.set(y, [id]);
  }
  const step = layers.size > 1 ? (0.24 * down * by) / (layers.size - 1) : 0;
  const next: Places = new Map();
  for (const [y, ids] of layers) {
    const heights = way === "right" ? 1 : ids.length > 6 ? 3 : ids.length > 3 ? 2 : 1;
    ids.forEach((id, k) => next.set(id, [places.get(id)![0], y * by - (k % heights) * step]));
  }
  return next;
}

type Edges = readonly { readonly from: string; readonly to: string }[];

function byDagre(nodes: readonly string[], edges: Edges, way: Way): Places {
  const graph = new Graph({ multigraph: false });
  graph.setGraph(
    way === "down" ? { rankdir: "TB", nodesep: 12, ranksep: 14, edgesep: 2 } : { rankdir: "LR", nodesep: 6, ranksep: 20, edgesep: 2 },
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
