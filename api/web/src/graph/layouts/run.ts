/** Run layouts in a worker, the last one asked for wins; in the page where workers are not. */
import type { LayoutName } from "../../state";
import { lay, type Plan, type Places } from ".";
import type { Job, Laid } from "./layout.worker";

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, (places: Places | null) => void>();

function started(): Worker | null {
  if (worker || typeof Worker === "undefined") return worker;
  worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = (event: MessageEvent<Laid>) => {
    waiting.get(event.data.no)?.(event.data.no === last ? event.data.places : null);
    waiting.delete(event.data.no);
  };
  return worker;
}

/** Small scenes are laid out at once. */
const AT_ONCE = 120;

/** Null where another layout was asked for meanwhile. */
export async function run(name: LayoutName, plan: Plan): Promise<Places | null> {
  const no = ++last;
  const away = plan.nodes.length > AT_ONCE ? started() : null;
  if (!away) return lay(name, plan);
  return new Promise((done) => {
    waiting.set(no, done);
    away.postMessage({ no, name, plan } satisfies Job);
  });
}
