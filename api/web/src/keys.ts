/** The whole page by the keyboard. */
import { signal } from "@preact/signals";
import { common, groupChosen, hideChosen, open, paths, pinChosen, redo, removeChosen, showHidden, undo } from "./actions";
import { t } from "./i18n";
import { focused, step, toggle } from "./panels/subjects.panel";
import { animate, LAYOUTS, stopFlow } from "./parts/stage";
import { stepMonth } from "./parts/timebar";
import { panel, picked, selection } from "./state";
import { arrange, canvas } from "./view";
import { ACTS } from "./words/acts";

export const help = signal(false);
/** Where the focus goes for a search. */
export const SEARCH_BOX = "search-box";

const PAN = 0.08;

type Act = () => void;

const chosen = (): string[] => [...selection.value];

const ACTS_OF: Readonly<Record<string, Act>> = {
  "/": () => document.getElementById(SEARCH_BOX)?.focus(),
  "?": () => (help.value = !help.value),
  j: () => walk(1),
  k: () => walk(-1),
  " ": () => focused.value && toggle(focused.value),
  Enter: () => focused.value && void open(focused.value),
  e: () => void Promise.all(chosen().slice(0, 20).map((id) => open(id))),
  p: pinChosen,
  h: hideChosen,
  H: showHidden,
  g: groupChosen,
  Delete: removeChosen,
  b: () => chosen().length > 1 && void paths(chosen()),
  c: () => chosen().length > 1 && void common(chosen()),
  a: animate,
  f: () => canvas.value?.fit(),
  "+": () => canvas.value?.zoom(1.4),
  "=": () => canvas.value?.zoom(1.4),
  "-": () => canvas.value?.zoom(1 / 1.4),
  "[": () => stepMonth(-1),
  "]": () => stepMonth(1),
  ArrowLeft: () => canvas.value?.pan(-PAN, 0),
  ArrowRight: () => canvas.value?.pan(PAN, 0),
  ArrowUp: () => canvas.value?.pan(0, PAN),
  ArrowDown: () => canvas.value?.pan(0, -PAN),
  Escape: letGo,
  ...Object.fromEntries(LAYOUTS.map((each, k) => [String(k + 1), () => void arrange(each.name, t(ACTS.laidOut))])),
};

function walk(by: number): void {
  panel.value = "subjects";
  step(by);
}

function letGo(): void {
  stopFlow();
  if (picked.value) picked.value = null;
  else selection.value = new Set();
}

/** Whether a key is typed into something. */
function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const typed = typing(event.target);
    if (event.key === "Escape" && typed) {
      (event.target as HTMLElement).blur();
      return;
    }
    if (typed) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z") {
      event.preventDefault();
      (event.shiftKey ? redo : undo)();
      return;
    }
    if (command || event.altKey) return;
    const press = event.target instanceof HTMLElement && /^(BUTTON|SUMMARY|A)$/.test(event.target.tagName);
    if (press && (event.key === "Enter" || event.key === " ")) return;
    const act = ACTS_OF[event.key] ?? ACTS_OF[event.shiftKey ? "" : event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

