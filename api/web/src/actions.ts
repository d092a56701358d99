/** What a reader does, by name: buttons, keys and panels all call these. */
import { Problem } from "./api";
import { half, t } from "./i18n";
import { again, bring, bringAll, more, PAGE } from "./load";
import * as change from "./scene";
import { asOf, complain, history, knownAt, layout, picked, scene, selection, shownKey, tell, type LayoutName, type Load } from "./state";
import { arrange, canvas, day, labelOf, look, shown } from "./view";
import { ACTS } from "./words/acts";
import { WORDS } from "./words/common";

/** Carry out what may fail, and say so in the status line. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    complain(why(error));
    return undefined;
  }
}

/** A failure in the reader's words. */
export function why(error: unknown): string {
  if (error instanceof Problem) return error.status === 0 ? t(WORDS.unreachable) : t(WORDS.failed, { why: error.message });
  return t(WORDS.failed, { why: String(error) });
}

/** Put a subject and what stands at it on the canvas, and look at it. */
export async function open(id: string): Promise<void> {
  await attempt(async () => {
    const known = scene.value.nodes.has(id);
    const { found, truncated } = await bring({ what: "subject", id }, t(ACTS.opened, { name: labelOf(id) }));
    const self = [...found.nodes][0];
    if (self) look(self.id);
    await arrange();
    if (truncated) complain(t(WORDS.truncated, { why: truncated.reason }));
    else tell(t(known ? ACTS.expanded : ACTS.opened, { name: self?.label ?? id }));
  });
}

/** Put some side by side: each with what stands at it, and what they share. */
export async function beside(ids: readonly string[]): Promise<void> {
  if (ids.length < 2) return void (ids[0] && (await open(ids[0])));
  await attempt(async () => {
    const name = t(ACTS.besideOf);
    const loads = [...ids.map((id): Load => ({ what: "subject", id })), { what: "common", ids } as const];
    const cut = (await bringAll(loads, name)).find((each) => each.truncated)?.truncated;
    selection.value = new Set(ids);
    await arrange();
    if (cut) complain(t(WORDS.truncated, { why: half(cut.reason) }));
    else tell(name);
  });
}

/** Put more of one kind at a subject on the canvas. */
export async function expand(id: string, group: { kind: string; direction: "in" | "out" }, size: number = PAGE): Promise<void> {
  await attempt(async () => {
    const came = await more(id, group, t(ACTS.expanded, { name: labelOf(id) }), size);
    await arrange();
    const now = scene.value.shown.get(shownKey(id, group.kind, group.direction));
    tell(t(ACTS.came, { n: came, shown: now?.shown ?? came, count: now?.count ?? now?.recorded ?? came }));
  });
}

/** Draw the evidence of an answer: its facts, looked at in a layout that suits it. The card is that
 * of the subject that the answer is `about`; of null there is none. */
export async function showFacts(ids: readonly string[], name: string, way?: LayoutName, about?: string | null): Promise<void> {
  await attempt(async () => {
    const { found } = await bring({ what: "facts", ids }, name);
    const there = [...found.nodes].map((node) => node.id);
    selection.value = about === null ? new Set() : new Set(about && there.includes(about) ? [...there.filter((id) => id !== about), about] : there);
    await arrange(way ?? layout.value);
    tell(name);
  });
}

/** All ways between the subjects chosen: paths of each pair, and what they share. */
export async function paths(ids: readonly string[]): Promise<void> {
  await attempt(async () => {
    const loads: Load[] = [];
    for (let a = 0; a < ids.length; a++) for (let b = a + 1; b < ids.length; b++) loads.push({ what: "paths", from: ids[a]!, to: ids[b]! });
    const before = scene.value.nodes.size;
    const cut: string[] = [];
    const met = new Set<string>();
    let ways = 0;
    for (const load of loads.slice(0, 15)) {
      const { found, truncated } = await bring(load, t(ACTS.pathsOf, { n: ids.length }));
      for (const node of found.nodes) met.add(node.id);
      ways += met.size;
      if (truncated) cut.push(truncated.reason);
    }
    for (const id of ids) met.delete(id);
    selection.value = new Set([...met, ...ids]); // the card stays that of one who was asked about
    await arrange();
    if (cut.length) complain(t(WORDS.truncated, { why: cut[0]! }));
    else if (!ways) tell(t(ACTS.noPath));
    else tell(t(ACTS.pathsFound, { n: scene.value.nodes.size - before }));
  });
}

/** Addresses, phones, accounts and the like that the subjects chosen have in common. */
export async function common(ids: readonly string[]): Promise<void> {
  await attempt(async () => {
    const { found } = await bring({ what: "common", ids }, t(ACTS.commonOf, { n: ids.length }));
    const met = [...found.nodes].length;
    await arrange();
    tell(met ? t(ACTS.commonFound, { n: met }) : t(ACTS.nothingCommon));
  });
}

export function hideChosen(): void {
  const ids = selection.value;
  if (!ids.size) return;
  history.apply(t(ACTS.hid, { n: ids.size }), (now) => change.hide(now, ids));
  tell(t(ACTS.hid, { n: ids.size }));
  selection.value = new Set();
}

export function removeChosen(): void {
  const ids = selection.value;
  if (!ids.size) return;
  history.apply(t(ACTS.removed, { n: ids.size }), (now) => change.remove(now, ids));
  tell(t(ACTS.removed, { n: ids.size }));
  selection.value = new Set();
}

export function showHidden(): void {
  history.apply(t(ACTS.showedAll), change.showAll);
}

export function pinChosen(): void {
  const ids = selection.value;
  if (!ids.size) return;
  const places = canvas.value?.places(ids) ?? new Map();
  history.apply(t(ACTS.pinned, { n: ids.size }), (now) => change.pin(change.place(now, places), ids));
  tell(t(ACTS.pinned, { n: ids.size }));
}

/** Show the subjects chosen as one, or take a chosen group apart. */
export function groupChosen(): void {
  const ids = selection.value;
  const only = ids.size === 1 ? [...ids][0]! : null;
  if (only && scene.value.groups.has(only)) {
    const { members } = scene.value.groups.get(only)!;
    history.apply(t(ACTS.ungrouped), (now) => change.ungroup(now, only));
    selection.value = new Set(members);
    tell(t(ACTS.ungrouped));
    void arrange();
    return;
  }
  if (ids.size < 2) {
    tell(t(ACTS.chooseTwo));
    return;
  }
  const id = `group:${Date.now().toString(36)}`;
  const first = labelOf([...ids][0]!);
  const at = middle(canvas.value?.places(ids));
  history.apply(t(ACTS.grouped, { n: ids.size }), (now) => change.place(change.group(now, id, t(ACTS.groupOf, { name: first }), ids), new Map([[id, at]])));
  selection.value = new Set([id]);
  tell(t(ACTS.grouped, { n: ids.size }));
}

function middle(places: ReadonlyMap<string, readonly [number, number]> | undefined): readonly [number, number] {
  const all = [...(places?.values() ?? [])];
  if (!all.length) return [0, 0];
  return [all.reduce((sum, at) => sum + at[0], 0) / all.length, all.reduce((sum, at) => sum + at[1], 0) / all.length];
}

export function undo(): void {
  const command = history.undo();
  if (command) tell(t(ACTS.undid, { what: command.name }));
}

export function redo(): void {
  const command = history.redo();
  if (command) tell(t(ACTS.redid, { what: command.name }));
}

export function clear(): void {
  history.apply(t(ACTS.cleared), (now) => ({ ...now, nodes: new Map(), edges: new Map(), places: new Map(), pinned: new Set(), hidden: new Set(), groups: new Map(), loads: [], shown: new Map() }));
  selection.value = new Set();
  picked.value = null;
}

export function chooseAll(): void {
  selection.value = new Set(shown.value.nodes.keys());
}

let waiting = 0;

/** Look at another day: what is loaded is filtered at once, then asked again for that day. */
export function setAsOf(next: string | null): void {
  asOf.value = next;
  later(false);
}

/** Look at what was known at another time: everything is asked again. */
export function setKnownAt(next: string | null): void {
  knownAt.value = next;
  later(true);
}

function later(anew: boolean): void {
  clearTimeout(waiting);
  waiting = window.setTimeout(() => {
    void attempt(async () => {
      const before = shown.value.nodes.size;
      await again(anew);
      if (shown.value.nodes.size !== before || anew) await arrange();
      tell(t(ACTS.asOfNow, { day: day.value, n: shown.value.nodes.size, m: shown.value.edges.size }));
    });
  }, 350);
}
