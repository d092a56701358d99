/** Lays out away from the page, so that it answers meanwhile. */
import type { LayoutName } from "../../state";
import { lay, type Plan, type Places } from ".";

export interface Job {
  readonly no: number;
  readonly name: LayoutName;
  readonly plan: Plan;
}

export interface Laid {
  readonly no: number;
  readonly places: Places;
}

onmessage = (event: MessageEvent<Job>) => {
  const { no, name, plan } = event.data;
  postMessage({ no, places: lay(name, plan) } satisfies Laid);
};
