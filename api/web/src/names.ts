/** What subjects are called that need not be on the canvas: told by the facts that name them. */
import { signal } from "@preact/signals";
import { factsOf } from "./load";
import { named } from "./view";
import { scene } from "./state";

const known = signal<ReadonlyMap<string, { readonly label: string; readonly kind: string }>>(new Map());

/** Learn the names of the ends of facts. */
export async function learnNames(facts: readonly string[]): Promise<void> {
  const told = new Map(known.value);
  for (const fact of await factsOf(facts)) {
    for (const end of [fact.from, fact.to, fact.subject]) if (end) told.set(end.id, { label: end.label, kind: end.kind });
  }
  known.value = told;
}

/** A subject's name; of one that nothing told of, its id. */
export function nameOf(id: string): string {
  return named(known.value.get(id)?.label ?? scene.value.nodes.get(id)?.label, id);
}

export function kindOf(id: string): string | undefined {
  return known.value.get(id)?.kind ?? scene.value.nodes.get(id)?.kind;
}
