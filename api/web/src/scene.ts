/** Changes of a scene, each a function from scene to scene; and what of it is to be drawn. */
import { edgeKey, type Edge, type Group, type Item, type Load, type Node, type Place, type Scene, type Shown } from "./state";
import { holds } from "./time";

export interface Found {
  readonly nodes: Iterable<Node>;
  readonly relations: Iterable<{ readonly kind: string; readonly from: string; readonly to: string; readonly item: Item }>;
  readonly load?: Load;
  readonly shown?: ReadonlyMap<string, Shown>;
}

/** Put subjects and relations on the canvas; what is there already stays as it is. */
export function add(scene: Scene, found: Found): Scene {
  const nodes = new Map(scene.nodes);
  for (const node of found.nodes) {
    const known = nodes.get(node.id);
    nodes.set(node.id, known ? { ...known, ...node, label: better(node, known) } : node);
  }
  const edges = new Map(scene.edges);
  for (const { kind, from, to, item } of found.relations) {
    const key = edgeKey(kind, from, to);
    const known = edges.get(key);
    if (!known) edges.set(key, { key, kind, from, to, items: [item] });
    else if (!known.items.some((each) => each.fact === item.fact)) edges.set(key, { ...known, items: [...known.items, item] });
  }
  const loads = found.load ? withLoad(scene.loads, found.load) : scene.loads;
  const shown = found.shown ? new Map([...scene.shown, ...found.shown]) : scene.shown;
  return { ...scene, nodes, edges, loads, shown };
}

/** A name rather than an id. */
function better(next: Node, known: Node): string {
  return next.label && next.label !== next.id ? next.label : known.label;
}

function withLoad(loads: readonly Load[], load: Load): readonly Load[] {
  const name = loadName(load);
  return [...loads.filter((each) => loadName(each) !== name), load];
}

/** What tells one question from another; a further page of one is the same question. */
export function loadName(load: Load): string {
  switch (load.what) {
    case "subject":
      return `subject ${load.id}`;
    case "adjacent":
      return `adjacent ${load.id} ${load.kind} ${load.direction}`;
    case "paths":
      return `paths ${load.from} ${load.to}`;
    case "common":
      return `common ${[...load.ids].sort().join(" ")}`;
    case "facts":
      return `facts ${load.ids.join(" ")}`;
  }
}

/** Take subjects off the canvas, with their relations and what was asked about them. */
export function remove(scene: Scene, ids: ReadonlySet<string>): Scene {
  if (![...ids].some((id) => scene.nodes.has(id))) return scene;
  const keep = <T>(from: ReadonlyMap<string, T>) => new Map([...from].filter(([id]) => !ids.has(id)));
  return {
    ...scene,
    nodes: keep(scene.nodes),
    places: keep(scene.places),
    edges: new Map([...scene.edges].filter(([, edge]) => !ids.has(edge.from) && !ids.has(edge.to))),
    pinned: without(scene.pinned, ids),
    hidden: without(scene.hidden, ids),
    loads: scene.loads.filter((load) => !("id" in load && ids.has(load.id))),
    groups: new Map(
      [...scene.groups]
        .map(([id, group]): [string, Group] => [id, { ...group, members: group.members.filter((each) => !ids.has(each)) }])
        .filter(([id, group]) => !ids.has(id) && group.members.length > 1),
    ),
  };
}

export function hide(scene: Scene, ids: ReadonlySet<string>): Scene {
  const members = [...ids].flatMap((id) => scene.groups.get(id)?.members ?? [id]);
  const hidden = new Set([...scene.hidden, ...members]);
  return hidden.size === scene.hidden.size ? scene : { ...scene, hidden };
}

export function showAll(scene: Scene): Scene {
  return scene.hidden.size ? { ...scene, hidden: new Set() } : scene;
}

/** Pin what is not pinned; where all are, let them go. */
export function pin(scene: Scene, ids: ReadonlySet<string>): Scene {
  if (!ids.size) return scene;
  const all = [...ids].every((id) => scene.pinned.has(id));
  return { ...scene, pinned: all ? without(scene.pinned, ids) : new Set([...scene.pinned, ...ids]) };
}

/** Show several subjects as one; a group that is in it is taken apart first. */
export function group(scene: Scene, id: string, label: string, ids: ReadonlySet<string>): Scene {
  const members = [...ids].flatMap((each) => scene.groups.get(each)?.members ?? [each]);
  if (members.length < 2) return scene;
  const groups = new Map([...scene.groups].filter(([each]) => !ids.has(each)));
  groups.set(id, { id, label, members });
  return { ...scene, groups };
}

export function ungroup(scene: Scene, id: string): Scene {
  if (!scene.groups.has(id)) return scene;
  return { ...scene, groups: new Map([...scene.groups].filter(([each]) => each !== id)) };
}

export function place(scene: Scene, places: ReadonlyMap<string, Place>): Scene {
  return places.size ? { ...scene, places: new Map([...scene.places, ...places]) } : scene;
}

export function describe(scene: Scene, nodes: Iterable<Node>): Scene {
  const next = new Map(scene.nodes);
  let changed = false;
  for (const node of nodes) {
    const known = next.get(node.id);
    if (!known) continue;
    const told = { ...known, ...node, label: better(node, known) };
    if (told.label === known.label && String(told.listed) === String(known.listed)) continue;
    next.set(node.id, told);
    changed = true;
  }
  return changed ? { ...scene, nodes: next } : scene;
}

function without(from: ReadonlySet<string>, ids: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...from].filter((id) => !ids.has(id)));
}

export interface DrawnNode extends Node {
  readonly pinned: boolean;
  /** Subjects that a group stands for; 0 for a subject. */
  readonly members: number;
  /** Whether any relation drawn now touches it; an island is drawn pale. */
  readonly island: boolean;
}

export interface DrawnEdge extends Edge {
  readonly parts: number; // edges that it stands for
}

export interface Drawn {
  readonly nodes: ReadonlyMap<string, DrawnNode>;
  readonly edges: ReadonlyMap<string, DrawnEdge>;
}

export const GROUP = "group";

/** What is to be drawn of a scene on a day: relations true then, hidden subjects left out, groups in
 * the place of their members. Linear in the scene. */
export function drawn(scene: Scene, day: string): Drawn {
  const stands = new Map<string, string>();
  for (const each of scene.groups.values()) for (const id of each.members) stands.set(id, each.id);
  const at = (id: string) => stands.get(id) ?? id;
  const edges = new Map<string, DrawnEdge>();
  const touched = new Set<string>();
  for (const edge of scene.edges.values()) {
    if (scene.hidden.has(edge.from) || scene.hidden.has(edge.to)) continue;
    const items = edge.items.filter((item) => holds(edge.kind, item, day));
    if (!items.length) continue;
    const from = at(edge.from);
    const to = at(edge.to);
    if (from === to && stands.has(edge.from)) continue;
    const key = edgeKey(edge.kind, from, to);
    const known = edges.get(key);
    edges.set(key, known ? { ...known, items: [...known.items, ...items], parts: known.parts + 1 } : { ...edge, key, from, to, items, parts: 1 });
    touched.add(from).add(to);
  }
  const nodes = new Map<string, DrawnNode>();
  for (const node of scene.nodes.values()) {
    if (scene.hidden.has(node.id) || stands.has(node.id)) continue;
    nodes.set(node.id, { ...node, pinned: scene.pinned.has(node.id), members: 0, island: !touched.has(node.id) });
  }
  for (const each of scene.groups.values()) {
    const members = each.members.filter((id) => scene.nodes.has(id) && !scene.hidden.has(id)).length;
    if (!members) continue;
    nodes.set(each.id, { id: each.id, kind: GROUP, label: each.label, pinned: scene.pinned.has(each.id), members, island: !touched.has(each.id) });
  }
  return { nodes, edges };
}
