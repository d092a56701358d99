/** Scenes as case files keep them, and findings as they are read: no page in here. */
import { add } from "./scene";
import { ofFacts, type Fact } from "./load";
import { EMPTY, type LayoutName, type Node, type Place, type Scene } from "./state";

/** A scene as `/v1/case-files` takes it. */
export interface SceneSaid {
  readonly ids: readonly string[];
  readonly facts: readonly string[] | null;
  readonly positions: readonly { readonly id: string; readonly x: number; readonly y: number }[];
  readonly pinned: readonly string[];
  readonly hidden: readonly string[];
  readonly groups: readonly { readonly id: string; readonly label: string; readonly members: readonly string[] }[];
  readonly layout: LayoutName;
  readonly as_of: string | null;
  readonly known_at: string | null;
  readonly finding: string | null;
}

/** A scene with what it shows, as an export in JSON has it. */
export interface SceneShown {
  readonly title: string;
  readonly scene: SceneSaid;
  readonly subjects: readonly (Node & { readonly listed: readonly string[] })[];
  readonly facts: readonly Fact[];
  readonly notes: readonly string[];
}

export interface About {
  readonly layout: LayoutName;
  readonly asOf: string | null;
  readonly knownAt: string | null;
  readonly finding: string | null;
}

const MOST_FACTS = 10_000;

/** What is on the canvas, to be kept. `places` are where things stand now. */
export function sceneOut(scene: Scene, places: ReadonlyMap<string, Place>, about: About): SceneSaid {
  const ids = [...scene.nodes.keys()];
  const facts = [...new Set([...scene.edges.values()].flatMap((edge) => edge.items.map((item) => item.fact)))];
  const there = (id: string) => scene.nodes.has(id);
  const positions = ids.flatMap((id) => {
    const at = places.get(id) ?? scene.places.get(id);
    return at ? [{ id, x: at[0], y: at[1] }] : [];
  });
  return {
    ids,
    facts: facts.length > MOST_FACTS ? null : facts,
    positions,
    pinned: [...scene.pinned].filter(there),
    hidden: [...scene.hidden].filter(there),
    groups: [...scene.groups.values()].map((group) => ({ id: group.id, label: group.label, members: group.members.filter(there) })),
    layout: about.layout,
    as_of: about.asOf,
    known_at: about.knownAt,
    finding: about.finding,
  };
}

/** A kept scene on the canvas again. */
export function sceneIn(shown: SceneShown): Scene {
  const { relations } = ofFacts(shown.facts);
  const facts = shown.facts.map((fact) => fact.id);
  const load = facts.length ? { load: { what: "facts", ids: facts } as const } : {};
  const made = add(EMPTY, { nodes: shown.subjects, relations, ...load });
  const there = new Set(shown.subjects.map((each) => each.id));
  return {
    ...made,
    places: new Map(shown.scene.positions.map((at): [string, Place] => [at.id, [at.x, at.y]])),
    pinned: new Set(shown.scene.pinned.filter((id) => there.has(id))),
    hidden: new Set(shown.scene.hidden.filter((id) => there.has(id))),
    groups: new Map(
      shown.scene.groups
        .map((group): [string, Scene["groups"] extends ReadonlyMap<string, infer G> ? G : never] => [group.id, { ...group, members: group.members.filter((id) => there.has(id)) }])
        .filter(([, group]) => group.members.length > 1),
    ),
  };
}

const FLOWS = new Set(["fan_in", "fan_out", "scatter_gather", "gather_scatter", "bipartite", "stack", "pass_through", "layered_flow", "fund_pool", "invoice_pass_through", "invoice_burst", "goods_mismatch", "rebate_chain", "rented_account"]);
const RINGS = new Set(["transfer_cycle", "invoice_cycle", "payment_return"]);

/** The layout that shows a pattern best. */
export function layoutOf(pattern: string): LayoutName {
  if (RINGS.has(pattern)) return "ring";
  return FLOWS.has(pattern) ? "flow" : "force";
}

/** The parts of a finding's `why`: what it is, and what follows each of its known beginnings. */
export function partsOf(why: string): { said: string; more: string | null; innocent: string | null; chance: string | null } {
  let said = "";
  let more: string | null = null;
  let innocent: string | null = null;
  let chance: string | null = null;
  for (const part of why.split("; ")) {
    const after = (...begins: string[]) => begins.filter((each) => part.startsWith(each)).map((each) => part.slice(each.length).trim())[0];
    const [a, b, c] = [after("另有:", "also:"), after("可能的正当解释:", "innocent explanations:"), after("偶然出现的概率", "by chance")];
    if (a !== undefined) more = a;
    else if (b !== undefined) innocent = b === "未见" || b === "none seen" ? null : b;
    else if (c !== undefined) chance = c;
    else said += (said ? "; " : "") + part;
  }
  return { said, more, innocent, chance };
}
