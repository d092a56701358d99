/** Questions that put things on the canvas, and what of the answers goes there. */
import { ask, get, post, Problem, subjectPath, type Envelope, type Truncated } from "./api";
import { add, describe, type Found } from "./scene";
import { asOf, history, knownAt, shownKey, type Item, type Load, type Node, type Shown } from "./state";
import { inForce, today } from "./time";

export interface Adjacent {
  readonly party: string;
  readonly party_kind: string;
  readonly begins: string | null;
  readonly ends: string | null;
  readonly facts: readonly string[];
  readonly share?: number;
  readonly amount?: string;
}

export interface AdjacentGroup {
  readonly kind: string;
  readonly direction: "in" | "out";
  readonly count: number | null;
  readonly parties: number | null;
  readonly recorded: number;
  readonly relations: readonly Adjacent[];
  readonly next: string | null;
}

export interface End {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
}

export interface Source {
  readonly dataset: string;
  readonly file?: string;
  readonly record?: string;
  readonly version?: string;
}

/** A fact as `/v1/facts` tells it. */
export interface Fact {
  readonly kind: string;
  readonly id: string;
  readonly from?: End;
  readonly to?: End;
  readonly subject?: End;
  readonly at?: string | null;
  readonly valid_from?: string | null;
  readonly valid_to?: string | null;
  readonly recorded_at: string;
  readonly source?: Source;
  readonly [field: string]: unknown;
}

export interface SubjectRecord {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly contradictions: readonly { readonly property: string; readonly values: readonly { readonly value: string; readonly records: readonly string[] }[] }[];
  readonly listings: readonly Listing[];
  readonly known_at: string;
  readonly snapshot: string;
}

export interface Listing {
  readonly id?: string;
  readonly list: string;
  readonly domain?: string;
  readonly authority?: string;
  readonly basis?: string;
  readonly decided_on?: string;
  readonly until?: string | null;
  readonly status?: string;
  readonly valid_from?: string | null;
  readonly valid_to?: string | null;
}

/** Relations of a kind and direction that come at once; a hub's others on demand. */
export const PAGE = 100;
/** Up to so many of a kind are put on the canvas unasked. */
export const UNASKED = 20;
const FACTS = 1000;

interface At {
  readonly as_of: string | null;
  readonly known_at: string | null;
}

export function moment(): At {
  return { as_of: asOf.value, known_at: knownAt.value };
}

/** Facts by id, in as many calls as they need. One that was not known then is left out. */
export async function factsOf(ids: readonly string[], at: At = moment()): Promise<Fact[]> {
  const found: Fact[] = [];
  for (let begin = 0; begin < ids.length; begin += FACTS) {
    found.push(...(await known(ids.slice(begin, begin + FACTS), at)));
  }
  return found;
}

async function known(ids: readonly string[], at: At): Promise<readonly Fact[]> {
  if (!ids.length) return [];
  try {
    return (await post<{ results: Fact[] }>("/v1/facts", { ids, known_at: at.known_at })).results;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    if (ids.length === 1) return [];
    const half = ids.length >> 1;
    return [...(await known(ids.slice(0, half), at)), ...(await known(ids.slice(half), at))];
  }
}

/** What facts put on the canvas: both ends, and the relation between them. */
export function ofFacts(facts: readonly Fact[]): { nodes: Node[]; relations: Found["relations"] } {
  const nodes = new Map<string, Node>();
  const relations = [];
  for (const fact of facts) {
    for (const end of [fact.from, fact.to, fact.subject]) if (end) nodes.set(end.id, { id: end.id, kind: end.kind, label: end.label });
    if (!fact.from || !fact.to) continue;
    if (fact.kind === "same_as" && fact.from.id === fact.to.id) continue; // of one subject, no line
    const item: Item = {
      fact: fact.id,
      begins: fact.at ?? fact.valid_from ?? null,
      ends: fact.at ? null : (fact.valid_to ?? null),
      ...(fact["share"] !== undefined && fact["share"] !== null ? { share: Number(fact["share"]) } : {}),
      ...(fact["amount"] !== undefined && fact["amount"] !== null ? { amount: String(fact["amount"]) } : {}),
      ...(typeof fact["role"] === "string" ? { role: fact["role"] } : {}),
    };
    relations.push({ kind: fact.kind, from: fact.from.id, to: fact.to.id, item });
  }
  return { nodes: [...nodes.values()], relations };
}

/** What stands at a subject, by kind: counts alone. */
export function counts(id: string, at: At = moment(), signal?: AbortSignal): Promise<Envelope<AdjacentGroup>> {
  return get<Envelope<AdjacentGroup>>(subjectPath(id, "/adjacent"), { ...at, limit: 0 }, signal);
}

async function page(id: string, group: { kind: string; direction: string }, limit: number, after: string | null, at: At) {
  return get<Envelope<AdjacentGroup>>(subjectPath(id, "/adjacent"), {
    ...at,
    kinds: group.kind,
    direction: group.direction,
    limit,
    after,
  });
}

function foundIn(groups: readonly AdjacentGroup[], id: string, already: ReadonlyMap<string, number>) {
  const shown = new Map<string, Shown>();
  const names: string[] = [];
  for (const group of groups) {
    for (const each of group.relations) names.push(each.facts[0] ?? "");
    const key = shownKey(id, group.kind, group.direction);
    shown.set(key, {
      shown: (already.get(key) ?? 0) + group.relations.length,
      count: group.count,
      recorded: group.recorded,
      next: group.next,
    });
  }
  return { names: names.filter(Boolean), shown };
}

interface Answered {
  readonly found: Found;
  readonly truncated: Truncated | null;
}

/** Ask what a load stands for. */
export async function answer(load: Load, at: At = moment()): Promise<Answered> {
  switch (load.what) {
    case "subject":
      return around(load.id, at);
    case "adjacent": {
      const said = await page(load.id, load, load.limit, null, at);
      const { names, shown } = foundIn(said.results, load.id, new Map());
      const facts = await factsOf(names, at);
      return { found: { ...ofFacts(facts), load, shown }, truncated: said.truncated };
    }
    case "paths": {
      const said = await ask<{ facts: string[]; steps: { facts: string[] }[] }>("paths", { from: load.from, to: load.to, k: 5, ...at });
      const names = new Set(said.results.flatMap((path) => path.steps.flatMap((step) => step.facts.slice(0, 5))));
      return { found: { ...ofFacts(await factsOf([...names], at)), load }, truncated: said.truncated };
    }
    case "common": {
      const said = await ask<{ facts: string[] }>("common-links", { subjects: load.ids, ...at });
      const names = new Set(said.results.slice(0, 50).flatMap((row) => row.facts));
      return { found: { ...ofFacts(await factsOf([...names], at)), load }, truncated: said.truncated };
    }
    case "facts":
      return { found: { ...ofFacts(await factsOf(load.ids, at)), load }, truncated: null };
  }
}

/** A subject with what stands at it: kinds of few relations whole, of the others the counts. */
async function around(id: string, at: At): Promise<Answered> {
  const said = await get<Envelope<AdjacentGroup>>(subjectPath(id, "/adjacent"), { ...at, limit: UNASKED });
  const few = said.results.map((group) =>
    group.next === null && group.relations.length <= UNASKED ? group : { ...group, relations: [], next: null },
  );
  const names = few.flatMap((group) => group.relations.map((each) => each.facts[0] ?? "")).filter(Boolean);
  const [record, facts] = await Promise.all([
    get<SubjectRecord>(subjectPath(id), { known_at: at.known_at }),
    factsOf(names, at),
  ]);
  const { shown } = foundIn(few, record.id, new Map());
  const { nodes, relations } = ofFacts(facts);
  const self: Node = { id: record.id, kind: record.kind, label: called(record), listed: listedIn(record, at.as_of ?? today()) };
  return {
    found: { nodes: [self, ...nodes.filter((each) => each.id !== self.id)], relations, load: { what: "subject", id: record.id }, shown },
    truncated: said.truncated,
  };
}

/** What is held against a subject on a day: red lists and what is over are not. */
export function listedIn(record: SubjectRecord, day: string): string[] {
  const against = record.listings.filter((each) => each.list !== "red" && inForce(each, day));
  return against.map((each) => `${each.list}/${each.domain ?? ""}`);
}

/** One more page of a kind at a subject, beside those that are shown; gives how many came. */
export async function more(id: string, group: { kind: string; direction: "in" | "out" }, name: string, size: number = PAGE): Promise<number> {
  const key = shownKey(id, group.kind, group.direction);
  const known = history.scene.value.shown.get(key);
  const begun = known !== undefined && known.shown > 0;
  const at = moment();
  const said = await page(id, group, size, begun ? known.next : null, at);
  const { names, shown } = foundIn(said.results, id, begun ? new Map([[key, known.shown]]) : new Map());
  const facts = await factsOf(names, at);
  const total = shown.get(key)?.shown ?? size;
  const load: Load = { what: "adjacent", id, kind: group.kind, direction: group.direction, limit: Math.min(total, 1000) };
  history.apply(name, (scene) => add(scene, { ...ofFacts(facts), load, shown }));
  return facts.length;
}

/** Ask a load and put what it finds on the canvas as one command. */
export async function bring(load: Load, name: string): Promise<Answered> {
  const answered = await answer(load);
  history.apply(name, (scene) => add(scene, answered.found));
  return answered;
}

/** Ask several loads at once and put what they find on the canvas as one command. */
export async function bringAll(loads: readonly Load[], name: string): Promise<Answered[]> {
  const answers = await Promise.all(loads.map((load) => answer(load)));
  history.apply(name, (scene) => answers.reduce((made, each) => add(made, each.found), scene));
  return answers;
}

const AT_ONCE = 4;

/** Ask everything again at the day and the knowledge set now. With `anew` what was on the canvas goes
 * first: something known then need not be known now. */
export async function again(anew: boolean): Promise<void> {
  const loads = history.scene.value.loads;
  const at = moment();
  const answers: Answered[] = [];
  for (let begin = 0; begin < loads.length; begin += AT_ONCE) {
    const asked = loads.slice(begin, begin + AT_ONCE).map((load) => answer(load, at).catch(gone));
    answers.push(...(await Promise.all(asked)).filter((each) => each !== null));
  }
  const now = moment();
  if (now.as_of !== at.as_of || now.known_at !== at.known_at) return; // the reader has moved on
  history.amend((scene) => {
    const begun = anew ? { ...scene, edges: new Map(), shown: new Map() } : scene;
    const next = answers.reduce((made, each) => add(made, each.found), begun);
    return anew ? dropUnknown(next, answers) : next;
  });
}

function gone(error: unknown): null {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
}

function dropUnknown(scene: ReturnType<typeof add>, answers: readonly Answered[]): ReturnType<typeof add> {
  const known = new Set(answers.flatMap((each) => [...each.found.nodes].map((node) => node.id)));
  return { ...scene, nodes: new Map([...scene.nodes].filter(([id]) => known.has(id))) };
}

/** What a subject is called: its name, else an identifier as its records show it (masked). */
export function called(record: SubjectRecord): string {
  if (record.label !== record.id) return record.label;
  const keys = record.records.map((each) => Object.values((each["keys"] as Record<string, string> | undefined) ?? {}));
  return keys.flat()[0] ?? record.label;
}

/** Say of a subject what its record told. */
export function learned(record: SubjectRecord): void {
  history.amend((scene) => describe(scene, [{ id: record.id, kind: record.kind, label: called(record), listed: listedIn(record, asOf.value ?? today()) }]));
}
