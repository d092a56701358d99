/** The middle of the page: the canvas with its tools, or what stands in its place. */
import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { common, clear, groupChosen, hideChosen, open, paths, pinChosen, redo, removeChosen, showHidden, undo } from "../actions";
import type { Canvas, Heard } from "../graph/canvas";
import { Flow } from "../graph/flow";
import { hops } from "../graph/hops";
import { LOOKS, SHEETS } from "../graph/look";
import { renderer } from "../graph/webgl";
import { t } from "../i18n";
import { place } from "../scene";
import { dark, history, layout, picked, scene, selection, tell, type LayoutName } from "../state";
import { when } from "../say";
import { arrange, canvas, edgeText, labelOf, laying, nodeText, shown } from "../view";
import { kindWord } from "../words";
import { ACTS } from "../words/acts";
import { APP } from "../words/app";
import { WORDS } from "../words/common";
import { TOOLS } from "../words/tools";
import { followed } from "../link";
import { toggle } from "../panels/subjects.panel";
import { MOST, Sketch } from "./sketch";
import { IconButton, KindMark } from "./ui";

/** Whether this browser can draw by WebGL 2 at all. */
export const webgl = renderer !== null;

/** Loaded only where it can draw: what draws needs WebGL as soon as it is loaded. */
const drawing = webgl ? import("../graph/canvas") : null;

export const LAYOUTS: readonly { readonly name: LayoutName; readonly icon: string }[] = [
  { name: "force", icon: "M12 12 5 6M12 12l7-5M12 12l-4 7M12 12l6 5M12 10.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2M5 4.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8M19 5.6a1.4 1.4 0 1 0 0 2.8M8 17.6a1.4 1.4 0 1 0 0 2.8M18 15.6a1.4 1.4 0 1 0 0 2.8" },
  { name: "tree", icon: "M12 4v5M12 9H6v5M12 9h6v5M10 2h4v3h-4zM4 14h4v4H4zM16 14h4v4h-4z" },
  { name: "ring", icon: "M12 4a8 8 0 1 0 8 8M20 12l-2.5-2.5M20 12l2-3M12 4h.01M4 12h.01M12 20h.01" },
  { name: "flow", icon: "M3 12h12M11 8l4 4-4 4M17 5h4v4h-4zM17 15h4v4h-4z" },
];

const flow = signal<Flow | null>(null);

/** Begin the flow around the cycle on the canvas, or stop it. */
export function animate(): void {
  if (flow.value) {
    flow.value.stop();
    flow.value = null;
    return;
  }
  const { nodes, edges } = shown.value;
  const chosen = [...nodes.keys()];
  const way = hops(chosen, [...edges.values()]);
  if (!way.length || !canvas.value) {
    tell(t(TOOLS.noCycle));
    return;
  }
  const sheet = SHEETS[dark.value ? "dark" : "light"];
  flow.value = new Flow(canvas.value, way, { token: sheet.alarm, track: sheet.accent }, (hop, k) => {
    const first = hop.edge.items[0];
    const what = [when(first?.begins), edgeText(hop.edge)].filter(Boolean).join(" · ");
    tell(t(TOOLS.steps, { k: k + 1, n: way.length, from: labelOf(hop.edge.from), to: labelOf(hop.edge.to), what }));
  });
}

export function stopFlow(): void {
  flow.value?.stop();
  flow.value = null;
}

const heard: Heard = {
  node(id, add) {
    picked.value = null;
    if (add) toggle(id);
    else selection.value = new Set([id]);
  },
  open: (id) => void (scene.value.groups.has(id) ? undefined : open(id)),
  edge: (key) => (picked.value = key),
  stage() {
    selection.value = new Set();
    picked.value = null;
  },
  moved: (places) => history.apply(t(ACTS.moved), (now) => place(now, places)),
};

/** Whether the renderer has drawn once; a sketch stands in its place until then. */
const drawn = signal(false);

/** Once what the address says is on the page: the renderer, made earlier, would hold it up. */
async function sketched(): Promise<void> {
  await followed;
  await frames(2);
}

async function frames(many: number): Promise<void> {
  for (let frame = 0; frame < many; frame++) await new Promise(requestAnimationFrame);
}

/** Follow the scene with a canvas; gives what ends it. */
function draw(made: Canvas): () => void {
  canvas.value = made;
  const off = effect(() => made.show(shown.value, scene.value.places, selection.value, picked.value));
  made.fit();
  return () => {
    off();
    stopFlow();
    canvas.value = null;
    made.kill();
  };
}

export function Stage() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!drawing) return undefined;
    let end: (() => void) | null = null;
    let gone = false;
    void Promise.all([drawing, sketched()]).then(([{ Canvas }]) => {
      if (gone || !box.current) return;
      end = draw(new Canvas(box.current, dark.value, heard, { node: nodeText, edge: edgeText }));
      void frames(2).then(() => (drawn.value = true)); // it has drawn the first, and the page shows it
    });
    return () => {
      gone = true;
      end?.();
    };
  }, [dark.value]);
  return (
    <main class="stage" aria-label={t(WORDS.canvas)}>
      <div class="canvas" ref={box} data-nodes={shown.value.nodes.size} data-edges={shown.value.edges.size} data-laying={laying.value || undefined} data-sketch={drawn.value ? undefined : "true"} />
      {!drawn.value && <Sketch width={box.current?.clientWidth ?? 0} height={box.current?.clientHeight ?? 0} />}
      {!webgl && <NoPicture />}
      {!shown.value.nodes.size && webgl && (
        <div class="welcome">
          <h1>{t(WORDS.title)}</h1>
          <p>{t(APP.empty)}</p>
          <p class="soft">{t(APP.emptyMore)}</p>
        </div>
      )}
      {webgl && <Tools />}
      <Legend />
    </main>
  );
}

function NoPicture() {
  return (
    <div class={shown.value.nodes.size && shown.value.nodes.size <= MOST ? "sketched" : "welcome"} role="alert">
      <p>{t(APP.noWebGL)}</p>
    </div>
  );
}

function Tools() {
  const n = selection.value.size;
  const chosen = [...selection.value].filter((id) => !scene.value.groups.has(id));
  const hidden = scene.value.hidden.size;
  return (
    <div class="tools" role="toolbar" aria-label={t(TOOLS.tools)}>
      <div class="set">
        {LAYOUTS.map((each, k) => (
          <IconButton key={each.name} icon={each.icon} label={t(TOOLS[each.name])} keys={String(k + 1)} pressed={layout.value === each.name} onClick={() => void arrange(each.name, t(ACTS.laidOut))} />
        ))}
      </div>
      <div class="set">
        <IconButton icon="M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3" label={t(TOOLS.undo)} keys="Ctrl Z" disabled={!history.done.value.length} onClick={undo} />
        <IconButton icon="m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3" label={t(TOOLS.redo)} keys="Ctrl Shift Z" disabled={!history.undone.value.length} onClick={redo} />
      </div>
      <div class="set">
        <IconButton icon="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5" label={t(TOOLS.fit)} keys="F" onClick={() => canvas.value?.fit()} />
        <IconButton icon="M12 5v14M5 12h14" label={t(TOOLS.zoomIn)} keys="+" onClick={() => canvas.value?.zoom(1.4)} />
        <IconButton icon="M5 12h14" label={t(TOOLS.zoomOut)} keys="−" onClick={() => canvas.value?.zoom(1 / 1.4)} />
      </div>
      <div class="set">
        <IconButton icon="M4 18c4 0 4-12 8-12s4 12 8 12M4 16a2 2 0 1 0 0 4M20 16a2 2 0 1 1 0 4" label={t(TOOLS.paths)} keys="B" disabled={chosen.length < 2} onClick={() => void paths(chosen)} />
        <IconButton icon="M9 6a6 6 0 1 0 0 12A6 6 0 0 0 9 6M15 6a6 6 0 1 1 0 12 6 6 0 0 1 0-12" label={t(TOOLS.common)} keys="C" disabled={chosen.length < 2} onClick={() => void common(chosen)} />
        <IconButton icon="M12 15v6M8 4h8l-1 6 3 3v2H6v-2l3-3z" label={t(TOOLS.pin)} keys="P" disabled={!n} onClick={pinChosen} />
        <IconButton icon="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M8 8h5v5H8zM12 12h4v4h-4z" label={t(TOOLS.group)} keys="G" disabled={!n} onClick={groupChosen} />
        <IconButton icon="M3 3l18 18M10.6 6.1A9 9 0 0 1 21 12a13 13 0 0 1-2.4 3M6.3 7.6A13 13 0 0 0 3 12s3 6 9 6a9 9 0 0 0 4-.9" label={t(TOOLS.hide)} keys="H" disabled={!n} onClick={hideChosen} />
        {hidden > 0 && <IconButton icon="M3 12s3-6 9-6 9 6 9 6-3 6-9 6-9-6-9-6zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6" label={t(TOOLS.showAll, { n: hidden })} keys="Shift H" onClick={showHidden} />}
        <IconButton icon="M5 5l14 14M19 5 5 19" label={t(TOOLS.remove)} keys="Delete" disabled={!n} onClick={removeChosen} />
      </div>
      <div class="set">
        <IconButton icon={flow.value ? "M7 5h3v14H7zM14 5h3v14h-3z" : "M12 4a8 8 0 1 1-7 4M5 3v5h5M10.5 9l4.5 3-4.5 3z"} label={t(flow.value ? TOOLS.animateStop : TOOLS.animate)} keys="A" pressed={flow.value !== null} onClick={animate} />
        <IconButton icon="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5" label={t(TOOLS.clear)} disabled={!scene.value.nodes.size} onClick={clear} />
      </div>
      {n > 1 && <span class="chosen-count">{t(TOOLS.chosen, { n })}</span>}
    </div>
  );
}

function Legend() {
  const kinds = [...new Set([...shown.value.nodes.values()].map((node) => node.kind))].sort((a, b) => order(a) - order(b));
  if (!kinds.length) return null;
  return (
    <ul class="legend" aria-label={t(TOOLS.legend)}>
      {kinds.map((kind) => (
        <li key={kind}>
          <KindMark kind={kind} size={12} quiet /> {kindWord(kind)}
        </li>
      ))}
    </ul>
  );
}

function order(kind: string): number {
  return Object.keys(LOOKS).indexOf(kind);
}

