/** Keeps the address and the scene in step. */
import { effect, signal } from "@preact/signals";
import { attempt } from "./actions";
import { stranger } from "./api";
import { t } from "./i18n";
import { read, write } from "./hash";
import { answer } from "./load";
import { words } from "./panels/search.panel";
import { add } from "./scene";
import { asOf, EMPTY, history, knownAt, layout, panel, scene, selection } from "./state";
import { arrange } from "./view";
import { ACTS } from "./words/acts";

/** The saved case that is open; its panel sets it and reads it. */
export const caseFile = signal<string | null>(null);

let written = "";
let done: () => void;
/** When the address that the page was opened by has been followed. */
export const followed = new Promise<void>((resolve) => (done = resolve));

/** Make the scene what an address says. Questions are asked together and drawn at once. */
export async function follow(address: string): Promise<void> {
  const linked = read(address);
  asOf.value = linked.asOf;
  knownAt.value = linked.knownAt;
  if (linked.layout) layout.value = linked.layout;
  if (linked.panel) panel.value = linked.panel;
  if (linked.q) words.value = linked.q;
  caseFile.value = linked.caseFile;
  if (!linked.loads.length) return;
  await attempt(async () => {
    const answers = await Promise.all(linked.loads.map((load) => answer(load)));
    history.reset(answers.reduce((made, each) => add(made, each.found), EMPTY));
    const named = linked.selected !== null && scene.value.nodes.has(linked.selected);
    const first = named ? linked.selected : [...(answers[0]?.found.nodes ?? [])][0]?.id;
    if (first) selection.value = new Set([first]);
    await arrange(layout.value, t(ACTS.laidOut));
    history.reset(history.scene.value);
  });
}

/** Follow the address now, and write it from then on. */
export async function keepInStep(): Promise<void> {
  await follow(location.hash).finally(done);
  if (stranger.value) return; // asked again once the reader has signed in; the address stays till then
  effect(() => {
    written = write({
      loads: caseFile.value ? [] : scene.value.loads, // a case file says itself what is on its canvas
      asOf: asOf.value,
      knownAt: knownAt.value,
      layout: layout.value,
      selected: selection.value.size === 1 ? [...selection.value][0]! : null,
      panel: panel.value,
      q: panel.value === "search" ? words.value.trim() || null : null,
      caseFile: caseFile.value,
    });
    const next = `#${written}`;
    if (location.hash !== next) window.history.replaceState(null, "", written ? next : location.pathname);
  });
  addEventListener("hashchange", () => {
    if (location.hash.slice(1) !== written) void follow(location.hash);
  });
}
