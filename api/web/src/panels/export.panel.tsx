/** What is on the graph taken out: the canvas as it is seen, and drawings and data by the service. */
import { useState } from "preact/hooks";
import { send } from "../api";
import { attempt } from "../actions";
import { sceneOut } from "../casework";
import { lang, t, type Text } from "../i18n";
import { asOf, complain, dark, knownAt, layout, scene, tell } from "../state";
import { SHEETS } from "../graph/look";
import { canvas, day, shown } from "../view";
import { EXPORT } from "../words/casework";
import { give } from "../parts/give";
import type { Panel } from ".";
import "./casework.css";

const FORMS: readonly { readonly form: string; readonly text: Text }[] = [
  { form: "png", text: EXPORT.png },
  { form: "svg", text: EXPORT.svg },
  { form: "pdf", text: EXPORT.pdf },
  { form: "graphml", text: EXPORT.graphml },
  { form: "json", text: EXPORT.json },
];

/** The canvas as one picture: its layers over the ground they stand on. */
export async function pictured(): Promise<Blob | null> {
  const now = canvas.value;
  if (!now) return null;
  const layers = [...now.box.querySelectorAll("canvas")].filter((each) => each.width && each.height);
  const first = layers[0];
  if (!first) return null;
  const whole = document.createElement("canvas");
  whole.width = Math.max(...layers.map((each) => each.width));
  whole.height = Math.max(...layers.map((each) => each.height));
  const pen = whole.getContext("2d");
  if (!pen) return null;
  pen.fillStyle = SHEETS[dark.value ? "dark" : "light"].ground;
  pen.fillRect(0, 0, whole.width, whole.height);
  now.sigma.refresh(); // what was drawn is gone from a layer's memory once it is on the screen
  for (const each of layers) pen.drawImage(each, 0, 0, whole.width, whole.height);
  return new Promise((done) => whole.toBlob(done, "image/png"));
}

async function take(form: string): Promise<void> {
  if (!shown.value.nodes.size) {
    complain(t(EXPORT.empty));
    return;
  }
  await attempt(async () => {
    const name = `linkrisk-${day.value}.${form}`;
    if (form === "png") {
      const made = await pictured();
      if (!made) {
        complain(t(EXPORT.noPicture));
        return;
      }
      give(made, name);
    } else {
      const about = { layout: layout.value, asOf: asOf.value, knownAt: knownAt.value, finding: null };
      const said = sceneOut(scene.value, canvas.value?.places() ?? new Map(), about);
      const title = lang.value === "zh" ? `关系图 ${day.value}` : `Graph ${day.value}`;
      const answer = await send(`/v1/scenes/export?format=${form}`, { method: "POST", body: JSON.stringify({ title, scene: said }), headers: { Accept: "*/*" } });
      give(await answer.blob(), name);
    }
    tell(t(EXPORT.done, { name }));
  });
}

function Export() {
  const [busy, setBusy] = useState<string | null>(null);
  return (
    <div class="panel-body export">
      <p class="soft">{t(EXPORT.how)}</p>
      <ul>
        {FORMS.map(({ form, text }) => (
          <li key={form}>
            <button
              type="button"
              class="plain wide"
              disabled={busy !== null}
              data-form={form}
              onClick={() => {
                setBusy(form);
                void take(form).finally(() => setBusy(null));
              }}
            >
              {t(text)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

export const panel: Panel = { id: "export", title: EXPORT.title, icon: "M12 3v12M7 10l5 5 5-5M4 20h16", order: 60, component: Export, scope: "related" };
