/** The scene: what is on the canvas, changed by named commands that can be undone. */
import { computed, signal } from "@preact/signals";

export interface Node {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  /** Lists it stands on now, as `black/tax`; absent: not asked. */
  readonly listed?: readonly string[];
}

/** One relation of an edge. `begins`/`ends` half open, null unbounded; an event only begins. */
export interface Item {
  readonly fact: string;
  readonly begins: string | null;
  readonly ends: string | null;
  readonly share?: number;
  readonly amount?: string;
  readonly role?: string;
}

/** All relations of one kind from one subject to another. */
export interface Edge {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly items: readonly Item[];
}

export interface Group {
  readonly id: string;
  readonly label: string;
  readonly members: readonly string[];
}

/** A question that put things on the canvas: asked again at another time, and shared by a link. */
export type Load =
  | { readonly what: "subject"; readonly id: string }
  | { readonly what: "adjacent"; readonly id: string; readonly kind: string; readonly direction: "in" | "out"; readonly limit: number }
  | { readonly what: "paths"; readonly from: string; readonly to: string }
  | { readonly what: "common"; readonly ids: readonly string[] }
  | { readonly what: "facts"; readonly ids: readonly string[] };

/** How much of one kind and direction at a subject is on the canvas. */
export interface Shown {
  readonly shown: number;
  readonly count: number | null;
  readonly recorded: number;
  readonly next: string | null;
}

export type Place = readonly [x: number, y: number];

export interface Scene {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly places: ReadonlyMap<string, Place>;
  readonly pinned: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly loads: readonly Load[];
  readonly shown: ReadonlyMap<string, Shown>;
}

export const EMPTY: Scene = {
  nodes: new Map(),
  edges: new Map(),
  places: new Map(),
  pinned: new Set(),
  hidden: new Set(),
  groups: new Map(),
  loads: [],
  shown: new Map(),
};

export interface Command {
  readonly name: string;
  readonly before: Scene;
  readonly after: Scene;
}

const MOST_UNDONE = 200;

/** A scene with the commands that made it. */
export class History {
  readonly scene = signal<Scene>(EMPTY);
  readonly done = signal<readonly Command[]>([]);
  readonly undone = signal<readonly Command[]>([]);

  /** Carry out a named change; one that changes nothing is none. */
  apply(name: string, change: (scene: Scene) => Scene): void {
    const before = this.scene.value;
    const after = change(before);
    if (after === before) return;
    this.scene.value = after;
    this.done.value = [...this.done.value, { name, before, after }].slice(-MOST_UNDONE);
    this.undone.value = [];
  }

  /** Change the scene in a way that belongs to the last command: where a layout came to rest, what
   * a label turned out to be. */
  amend(change: (scene: Scene) => Scene): void {
    const before = this.scene.value;
    const after = change(before);
    if (after === before) return;
    this.scene.value = after;
    const last = this.done.value.at(-1);
    if (last) this.done.value = [...this.done.value.slice(0, -1), { ...last, after }];
  }

  undo(): Command | undefined {
    const last = this.done.value.at(-1);
    if (!last) return undefined;
    this.done.value = this.done.value.slice(0, -1);
    this.undone.value = [...this.undone.value, last];
    this.scene.value = last.before;
    return last;
  }

  redo(): Command | undefined {
    const next = this.undone.value.at(-1);
    if (!next) return undefined;
    this.undone.value = this.undone.value.slice(0, -1);
    this.done.value = [...this.done.value, next];
    this.scene.value = next.after;
    return next;
  }

  /** Begin anew with a scene, nothing to undo. */
  reset(scene: Scene = EMPTY): void {
    this.scene.value = scene;
    this.done.value = [];
    this.undone.value = [];
  }
}

export const history = new History();
export const scene = computed(() => history.scene.value);

export type LayoutName = "force" | "tree" | "ring" | "flow";

/** What is looked at: not undone, but in the address. */
export const selection = signal<ReadonlySet<string>>(new Set());
export const picked = signal<string | null>(null); // an edge's key
/** The day that is shown; null: today. */
export const asOf = signal<string | null>(null);
/** As it was known then; null: now. */
export const knownAt = signal<string | null>(null);
export const layout = signal<LayoutName>("force");
/** The panel that is open on the left. */
export const panel = signal<string>("search");
export const dark = signal(false);

export interface Said {
  readonly text: string;
  readonly wrong: boolean;
}
/** The last thing that was done or went wrong, told in the status line (aria-live). */
export const said = signal<Said | null>(null);

export function tell(text: string): void {
  said.value = { text, wrong: false };
}

export function complain(text: string): void {
  said.value = { text, wrong: true };
}

export function edgeKey(kind: string, from: string, to: string): string {
  return `${kind}|${from}|${to}`;
}

export function shownKey(id: string, kind: string, direction: string): string {
  return `${id}|${kind}|${direction}`;
}
