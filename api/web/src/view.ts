/** What is to be drawn now, and the few things that only the canvas can do; panels use these. */
import { computed, signal } from "@preact/signals";
import { t } from "./i18n";
import type { Canvas } from "./graph/canvas";
import { run } from "./graph/layouts/run";
import type { Plan } from "./graph/layouts/types";
import { drawn, place, type DrawnEdge, type DrawnNode } from "./scene";
import { asOf, complain, history, layout, scene, selection, shownKey, type LayoutName, type Scene } from "./state";
import { amountOf, percent, short } from "./say";
import { EVENTS, today } from "./time";
import { kindWord } from "./words";

export const day = computed(() => asOf.value ?? today());
export const shown = computed(() => drawn(scene.value, day.value));
export const canvas = signal<Canvas | null>(null);
/** Whether a layout is under way. */
export const laying = signal(false);

function plan(of: Scene, fresh: boolean): Plan {
  const { nodes, edges } = drawn(of, day.value);
  const places = fresh ? new Map([...of.places].filter(([id]) => of.pinned.has(id))) : of.places;
  return {
    nodes: [...nodes.keys()],
    edges: [...edges.values()].map(({ from, to, kind, items }) => ({ from, to, kind, begins: items[0]?.begins ?? null })),
    places,
    pinned: of.pinned,
  };
}

/** Lay the scene out. Asked for by the reader it begins anew and is a command of its own; after an
 * expansion what is there keeps about its place, and it belongs to the command before. */
export async function arrange(name: LayoutName = layout.value, command?: string): Promise<void> {
  layout.value = name;
  laying.value = true;
  try {
    const before = history.scene.value;
    const places = await run(name, plan(before, command !== undefined || name !== "force"));
    if (!places) return;
    if (command) history.apply(command, (now) => place(now, places));
    else history.amend((now) => place(now, places));
    canvas.value?.fit();
  } catch (error) {
    complain(String(error));
  } finally {
    laying.value = false;
  }
}

/** What stands below a subject on the canvas: its name, and of a hub how much of it is shown. */
export function nodeText(node: DrawnNode): string {
  const name = named(node.label, node.id);
  if (node.members) return `${name} (${node.members})`;
  const { shown, of } = hub(node.id);
  return of > shown ? `${name}\u2002${shown.toLocaleString("en-US")}/${of.toLocaleString("en-US")}` : name;
}

/** A subject's name; of one that has none its id, cut where it is a hash. */
export function named(label: string | undefined, id: string): string {
  return label && label !== id ? label : short(id);
}

/** How many relations of the kinds that were opened at a subject are shown, and of how many. */
export function hub(id: string): { shown: number; of: number } {
  let here = 0;
  let of = 0;
  for (const kind of kindsShown(id)) {
    here += kind.shown;
    of += kind.of;
  }
  return { shown: here, of };
}

function kindsShown(id: string): { shown: number; of: number }[] {
  const found = [];
  const prefix = shownKey(id, "", "").slice(0, -1);
  for (const [key, each] of scene.value.shown) {
    if (each.shown > 0 && key.startsWith(prefix)) found.push({ shown: each.shown, of: each.count ?? each.recorded });
  }
  return found;
}

/** What stands on a line: the share, the amount, or the kind. */
export function edgeText(edge: DrawnEdge): string {
  if (edge.kind === "shareholder") {
    const shares = edge.items.map((item) => item.share).filter((share) => share !== undefined);
    if (shares.length) return percent(shares.reduce((sum, each) => sum + each, 0));
  }
  if (EVENTS.has(edge.kind)) {
    const sum = amountOf(edge.items);
    const many = edge.items.length > 1 ? ` ×${edge.items.length}` : "";
    return `${sum ?? kindWord(edge.kind)}${many}`;
  }
  const role = edge.items[0]?.role;
  return role && edge.kind === "officer" ? role : kindWord(edge.kind);
}

/** Look at one subject: mark it, and bring it to the middle where asked. */
export function look(id: string, centre = false): void {
  selection.value = new Set([id]);
  if (centre) canvas.value?.centre(id);
}

export function labelOf(id: string): string {
  return named(scene.value.nodes.get(id)?.label || scene.value.groups.get(id)?.label, id);
}

export { t };
